"""BM25-weighed co-occurrence: it finds the shelves, and equals the library's own recommender but for the diagonal."""

import numpy as np
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.evaluate.baselines.item_bm25 import ItemBm25, ItemBm25Config
from intentfeed.evaluate.baselines.rows import count_rows
from tests.evaluate.baselines.logs import history, log_of, shelves

pytest.importorskip("implicit")
CATALOG = Catalog.of({"item_id": [f"i{row:03d}" for row in range(41)]})


def fitted(log, **settings):
    found = ItemBm25(ItemBm25Config(**settings))
    found.fit(log, CATALOG)
    return found


def test_it_keeps_to_the_shelf():
    ids, _ = fitted(shelves()).recommend_many([history(0, 1, 2), history(20, 23)], 5, exclude_seen=True)
    assert (ids[0] < 10).all()
    assert (ids[1] // 10 == 2).all()


@pytest.mark.filterwarnings("ignore:Method expects CSR input")
def test_equals_the_librarys_recommender():
    from implicit.nearest_neighbours import BM25Recommender

    rng = np.random.default_rng(1)
    log = log_of([(user, int(item)) for user in range(50) for item in rng.integers(0, 41, size=6)], 41)
    known = BM25Recommender(K=15, K1=1.2, B=0.3, num_threads=1)
    known.fit(count_rows(log), show_progress=False)
    expected = known.similarity.toarray()
    np.fill_diagonal(expected, 0)
    assert fitted(log, neighbors=15, b=0.3)._similarity.toarray() == pytest.approx(expected, rel=1e-6)


def test_what_was_had_last_counts_most():
    ids, _ = fitted(shelves(), recency=0.1).recommend_many([history(0, 1, 2, 33)], 5, exclude_seen=True)
    assert (ids // 10 == 3).all()
