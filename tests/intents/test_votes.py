"""Votes: the right shelf first, one by one as many at once, weights that few users cannot swing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from intentfeed.intents.likes import likes, recency
from intentfeed.intents.votes import VOTES, CategoryVotes
from tests.intents.shop import Shop


def test_the_shelf_of_the_past_comes_first(shop: Shop) -> None:
    votes = shop.tagger.model.votes
    for shelf in range(4):
        items = np.array([shelf * 60, shelf * 60 + 14], np.int32)
        top = np.argsort(-votes.scores_of(items, np.ones(2, np.float32)))[:5]
        paths = {shop.tagger.model.paths[code].split(" > ")[0] for code in top}
        assert paths == {shop.catalog.frame["category"][shelf * 60].split(" > ")[0]}


def test_one_person_is_told_the_same_as_many(shop: Shop) -> None:
    votes, log = shop.tagger.model.votes, likes(shop.log, 100)
    weight = recency(log.age, 0.5)
    rows = csr_matrix((weight, (log.user, log.item)), shape=(log.n_users, log.n_items))
    scores = votes.scores(rows)
    for user in range(0, 80, 9):
        own = rows[user]
        assert np.allclose(votes.scores_of(own.indices, own.data), scores[user], atol=1e-5)


def test_nobody_known_gets_what_is_popular(shop: Shop) -> None:
    votes = shop.tagger.model.votes
    scores = votes.scores_of(np.zeros(0, np.int32), np.zeros(0, np.float32))
    assert scores[0] == 0
    assert scores.argmax() in np.flatnonzero(votes.popular_C == votes.popular_C.max()) or scores.max() > 0


def test_weights_sum_to_one_and_none_is_silenced(shop: Shop) -> None:
    weights = shop.tagger.model.votes.weights
    assert list(weights) == list(VOTES)
    assert abs(sum(weights.values()) - 1) < 1e-9
    assert min(weights.values()) > 0.01


def test_saves_and_loads(shop: Shop, tmp_path: Path) -> None:
    votes = shop.tagger.model.votes
    votes.save(tmp_path)
    again = CategoryVotes.load(tmp_path)
    items, weight = np.array([3, 77], np.int32), np.array([1, 0.5], np.float32)
    assert np.array_equal(votes.scores_of(items, weight), again.scores_of(items, weight))
