"""Recall: which share of the wanted items is among the first k?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def recall(hits_PK: NDArray[np.bool_], wanted_P: NDArray[np.int64], k: int) -> NDArray[np.float64]:
    """Return hits among the first `k` over how many were wanted; with one wanted item this is the hit rate.

    >>> recall(np.array([[True, False, True]]), np.array([4]), 3).tolist()
    [0.5]
    """
    return np.asarray(hits_PK[:, :k].sum(axis=1) / np.maximum(wanted_P, 1))
