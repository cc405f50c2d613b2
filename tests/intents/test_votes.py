"""Votes: the right shelf first, one by one as many at once, weights that few users cannot swing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from intentfeed.intents.likes import liked_events, likes, recency
from intentfeed.intents.votes import VOTES, CategoryVotes
from intentfeed.types import ACTION_CODE, NO_TIME, Interactions
from tests.intents.shop import Shop, past_of


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


def test_ratings_below_the_own_mean_are_no_likes() -> None:
    log = _log([0, 0, 0, 1, 1], [0, 1, 2, 0, 1], value=[5, 1, 4, 2, 2])
    found = likes(log, 10)
    assert list(zip(found.user.tolist(), found.item.tolist(), strict=True)) == [(0, 0), (0, 2), (1, 0), (1, 1)]


def test_an_item_counts_once_where_it_was_last_liked() -> None:
    found = likes(_log([0, 0, 0], [4, 2, 4]), 10)
    assert found.item.tolist() == [2, 4]
    assert found.age.tolist() == [1, 0]


def test_clicks_count_only_where_there_is_nothing_better() -> None:
    assert liked_events(past_of(("click", 0, 3), ("review_read", 1, 2), ("click", 2, 1))).tolist() == [1]
    assert liked_events(past_of(("impression", 0, 3), ("click", 1, 2), ("click", 2, 1))).tolist() == [1, 2]


def _log(user: list[int], item: list[int], value: list[float] | None = None) -> Interactions:
    n = len(user)
    return Interactions(
        user=np.array(user, np.int32),
        item=np.array(item, np.int32),
        action=np.full(n, ACTION_CODE["rate"], np.int8),
        time_s=np.full(n, NO_TIME),
        value=np.array(value, float) if value else np.full(n, np.nan),
        n_users=max(user) + 1,
        n_items=5,
    )
