"""The k best of a row of scores, thinned out or not, are what a full sort gives."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from intentfeed.retrieval.nearest import best


@given(
    seed=st.integers(0, 10_000),
    n=st.integers(1, 400),
    k=st.integers(1, 30),
    values=st.sampled_from([2, 7, 1000]),
    hidden=st.sampled_from([0.0, 0.5, 0.98]),
)
@settings(deadline=None, max_examples=80)
def test_the_best_are_those_of_a_full_sort(seed, n, k, values, hidden):
    rng = np.random.default_rng(seed)
    scores = (rng.integers(-values, values, (3, n)) / 8).astype(np.float32)
    scores[rng.random(scores.shape) < hidden] = -np.inf
    rows, found = best(scores, k)
    for at in range(3):
        wanted = [col for col in sorted(range(n), key=lambda col: (-scores[at, col], col)) if scores[at, col] > -np.inf]
        wanted = wanted[:k]
        assert rows[at].tolist() == wanted + [-1] * (k - len(wanted))
        assert found[at].tolist() == [*scores[at, wanted].tolist(), *[-np.inf] * (k - len(wanted))]
