"""ALS through implicit: it finds the shelves, and a history's vector is the one that the model would have learnt."""

import numpy as np
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.evaluate.baselines.als import Als, AlsConfig
from tests.evaluate.baselines.logs import history, shelves

pytest.importorskip("implicit")
CATALOG = Catalog.of({"item_id": [f"i{row:03d}" for row in range(41)]})


def fitted(log, **settings):
    als = Als(AlsConfig(**{"factors": 8, "regularization": 0.1, "recency": 1.0, **settings}))
    als.fit(log, CATALOG)
    return als


def test_it_keeps_to_the_shelf():
    ids, _ = fitted(shelves()).recommend_many(
        [history(0, 1, 2), history(20, 23), history(33, 39, 30)], 5, exclude_seen=True
    )
    for row, shelf in enumerate((0, 2, 3)):
        assert (ids[row] // 10 == shelf).mean() >= 0.8


def test_a_historys_vector_solves_its_own_least_squares():
    """(YᵀY + Yᵀ(C - I)Y + λI) x = YᵀC·1, with confidence α for what was had and 1 for the rest."""
    als = fitted(shelves(), alpha=7.0, regularization=0.3)
    items_IF = als._model.item_factors.astype(np.float64)
    past = history(0, 1, 2, 40)
    confidence = np.ones(41)
    confidence[past] = 7.0
    wanted = np.zeros(41)
    wanted[past] = 1
    system = items_IF.T @ (confidence[:, None] * items_IF) + 0.3 * np.eye(8)
    vector = np.linalg.solve(system, items_IF.T @ (confidence * wanted))
    ids, scores = als.recommend_many([past], 41, exclude_seen=False)
    assert scores[0] == pytest.approx((items_IF @ vector)[ids[0]], abs=1e-3)


def test_variants_that_learn_alike_share_what_was_learnt():
    log = shelves(n_users=24)
    variants = list(fitted(log, iterations=2).variants())
    alone = Als(variants[-1].config)
    alone.fit(log, CATALOG)
    both = [each.recommend_many([history(0, 1)], 6, exclude_seen=True) for each in (variants[-1], alone)]
    assert np.array_equal(both[0][0], both[1][0])
    assert np.array_equal(both[0][1], both[1][1])
    assert len({id(variant._model) for variant in variants}) < len(variants)
