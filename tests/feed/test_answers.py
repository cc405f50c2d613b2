"""An answer brings its best first, keeps to what is allowed, and scores what it is shown as it finds it."""

from __future__ import annotations

import numpy as np

from intentfeed.feed.answers import OfOrder, OfVectors
from intentfeed.retrieval.index import ExactIndex


def test_an_order_is_looked_through_for_the_allowed_no_matter_how_deep_they_lie() -> None:
    scores_I = np.arange(200, 0, -1).astype(np.float32)
    answer = OfOrder(np.arange(200, dtype=np.int32), scores_I)
    allowed_I = np.zeros(200, dtype=np.bool_)
    allowed_I[[3, 150, 199]] = True
    rows, scores = answer.search(2, allowed_I)
    assert rows.tolist() == [3, 150]
    assert scores.tolist() == answer.score(rows).tolist() == [197.0, 50.0]
    assert answer.search(2)[0].tolist() == [0, 1]
    assert answer.search(9, allowed_I)[0].tolist() == [3, 150, 199]


def test_of_several_vectors_the_nearest_counts_and_one_that_asks_nothing_is_left_out() -> None:
    vectors_ID = np.eye(3, dtype=np.float32)
    queries_HD = np.array([[1.0, 0.5, 0.0], [0.0, 0.75, 0.0], [0.0, 0.0, 0.0]], dtype=np.float32)
    answer = OfVectors(queries_HD, vectors_ID, ExactIndex(vectors_ID))
    rows, scores = answer.search(2)
    assert (rows.tolist(), scores.tolist()) == ([0, 1], [1.0, 0.75])
    assert answer.score(np.array([0, 1, 3], dtype=np.int32)).tolist() == [1.0, 0.75, 0.0]
    silent = OfVectors(np.zeros((1, 3), dtype=np.float32), vectors_ID, ExactIndex(vectors_ID))
    assert not len(silent.search(2)[0])
