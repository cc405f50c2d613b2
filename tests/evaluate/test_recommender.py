"""The list from the scores: against a slow twin, with ties that follow no order of the catalogue."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from intentfeed.evaluate.recommender import tie_breaker, top_k

NOBODY = np.zeros(0, dtype=np.int32)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([0.0, 0.5, 1.0, -np.inf]), min_size=1, max_size=30), st.integers(1, 35), st.data())
def test_equals_sorting_everything(scores, k, data):
    seen = data.draw(st.lists(st.integers(0, len(scores) - 1), max_size=10))
    history = np.array(seen, dtype=np.int32)
    ids, best = top_k(np.array([scores], dtype=np.float32), [history], k, exclude_seen=True)
    tie = tie_breaker(len(scores))
    may = [i for i, score in enumerate(scores) if score > -np.inf and i not in seen]
    slow = sorted(may, key=lambda i: (-scores[i], tie[i]))[:k]
    assert ids[0].tolist() == slow + [-1] * (k - len(slow))
    assert best[0, : len(slow)].tolist() == [scores[i] for i in slow]
    assert np.isneginf(best[0, len(slow) :]).all()


def test_ties_leak_nothing_of_the_order_of_the_catalogue():
    ids, _ = top_k(np.zeros((1, 10_000), dtype=np.float32), [NOBODY], 1_000, exclude_seen=False)
    assert abs(ids.mean() - 5_000) < 300


def test_scores_are_left_as_they_were():
    scores = np.ones((1, 4), dtype=np.float32)
    top_k(scores, [np.array([1], dtype=np.int32)], 2, exclude_seen=True)
    assert (scores == 1).all()
