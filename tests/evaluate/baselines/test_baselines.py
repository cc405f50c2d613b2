"""Baselines on a checkerboard: people walk along squares of one colour, so the next square is known."""

import numpy as np
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.data.history import interactions
from intentfeed.data.split import split
from intentfeed.evaluate.baselines.item_knn import TRIED, ItemKnn, ItemKnnConfig
from intentfeed.evaluate.baselines.popularity import Popularity
from intentfeed.evaluate.baselines.recency import recency_rows
from intentfeed.evaluate.baselines.text_knn import TextKnn, TextKnnConfig
from intentfeed.evaluate.offline import measure
from intentfeed.evaluate.recommender import CannotRun


def fitted(recommender, board):
    catalog, events = board
    asked = split(events, catalog, part="test")
    recommender.fit(interactions(asked.fit, catalog), catalog)
    return recommender, asked


def score(recommender, board, metric):
    recommender, asked = fitted(recommender, board)
    lists = recommender.recommend_many(asked.cases.histories, 20, exclude_seen=True)
    return float(measure(lists, asked, (metric,))[metric].mean())


def own_colour(recommender, board, k=8):
    recommender, asked = fitted(recommender, board)
    ids, _ = recommender.recommend_many(asked.cases.histories, k, exclude_seen=True)
    return float((ids % 2 == asked.cases.target[:, None] % 2).mean())


def test_item_knn_walks_on(checkerboard):
    assert own_colour(ItemKnn(), checkerboard) == 1
    assert score(ItemKnn(ItemKnnConfig(backward=0)), checkerboard, "hr@1") == 1
    assert score(ItemKnn(), checkerboard, "hr@3") == 1, "a walk may also have come from the other side"


def test_text_knn_keeps_to_the_colour_and_knows_no_way(checkerboard):
    assert own_colour(TextKnn(), checkerboard) == 1
    assert score(TextKnn(), checkerboard, "hr@20") == 1
    assert score(TextKnn(), checkerboard, "hr@1") < 0.3


def test_popularity_knows_neither(checkerboard):
    assert 0.3 < own_colour(Popularity(), checkerboard) < 0.7
    assert score(Popularity(), checkerboard, "hr@3") < 0.3


def test_popularity_counts_people_not_events():
    catalog = Catalog.of({"item_id": ["a", "b", "c"]})
    log = interactions_of([(0, 0)] * 9 + [(0, 1), (1, 1)], catalog)
    popular = Popularity()
    popular.fit(log, catalog)
    assert popular.people_I.tolist() == [1, 2, 0]


def interactions_of(pairs, catalog):
    from intentfeed.types import Interactions

    user, item = (np.array(column, dtype=np.int32) for column in zip(*pairs, strict=True))
    zeros = np.zeros(len(user))
    return Interactions(
        user=user, item=item, action=zeros.astype(np.int8), time_s=zeros.astype(np.int64), value=zeros,
        n_users=int(user.max()) + 1, n_items=len(catalog),
    )  # fmt: skip


def test_item_knn_by_hand():
    """One walk a-b-c: neighbours count 1/2, two apart 1/3; every item counts once, so the norms are 1."""
    catalog = Catalog.of({"item_id": ["a", "b", "c", "d"]})
    near = ItemKnn(ItemKnnConfig(recency=0.5))
    near.fit(interactions_of([(0, 0), (0, 1), (0, 2)], catalog), catalog)
    ids, scores = near.recommend_many([np.array([0, 1], dtype=np.int32)], 2, exclude_seen=True)
    assert ids.tolist()[0][0] == 2
    assert scores[0, 0] == pytest.approx(1 / 2 + 0.5 * 1 / 3)
    assert scores[0, 1] == 0


def test_item_knn_variants_equal_fits_of_their_own(checkerboard):
    first, asked = fitted(ItemKnn(), checkerboard)
    variants = list(first.variants())
    assert len(variants) == len(TRIED) == 10
    for variant in variants[3:9:2]:
        alone, _ = fitted(ItemKnn(variant.config), checkerboard)
        both = [each.recommend_many(asked.cases.histories, 5, exclude_seen=True) for each in (variant, alone)]
        assert np.array_equal(both[0][0], both[1][0])
        assert np.array_equal(both[0][1], both[1][1])


def test_text_knn_weighs_words_by_rarity_and_the_past_by_recency():
    titles = ["steel hammer", "steel screws", "copper wire", "steel wire", "garden hose"]
    catalog = Catalog.of({"item_id": list("abcde"), "title": titles})
    log = interactions_of([(0, 0)], catalog)
    text = TextKnn(TextKnnConfig(recency=0.1))
    text.fit(log, catalog)
    ids, _ = text.recommend_many([np.array([4, 2], dtype=np.int32)], 1, exclude_seen=True)
    assert ids.tolist() == [[3]], "wire, the newest"
    ids, _ = text.recommend_many([np.array([0], dtype=np.int32)], 4, exclude_seen=True)
    assert set(ids[0, :2].tolist()) == {1, 3}


def test_text_knn_says_when_there_is_no_text():
    with pytest.raises(CannotRun, match="no titles"):
        TextKnn().fit(interactions_of([(0, 0)], Catalog.of({"item_id": ["a"]})), Catalog.of({"item_id": ["a"]}))


def test_recency_by_hand():
    rows = recency_rows([np.array([2, 0, 2]), np.array([], dtype=np.int32)], 3, 0.5).toarray()
    assert rows.tolist() == [[0.5, 0, 1.25], [0, 0, 0]]
    assert recency_rows([np.array([1, 1, 0])], 2, 1.0).toarray().tolist() == [[1, 2]]
    assert recency_rows([], 2, 0.5).shape == (0, 2)
