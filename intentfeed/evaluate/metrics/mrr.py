"""Reciprocal rank: one over the place of the first wanted item."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def mrr(hits_PK: NDArray[np.bool_], wanted_P: NDArray[np.int64], k: int) -> NDArray[np.float64]:
    """Return 1 / rank of the first hit among the first `k`, or 0 without one; the mean over questions is the MRR.

    >>> mrr(np.array([[False, True, True], [False, False, False]]), np.array([2, 2]), 3).tolist()
    [0.5, 0.0]
    """
    del wanted_P  # only the first counts
    shown = hits_PK[:, :k]
    if not shown.shape[1]:
        return np.zeros(len(shown))
    return np.asarray(shown.any(axis=1) / (shown.argmax(axis=1) + 1.0))
