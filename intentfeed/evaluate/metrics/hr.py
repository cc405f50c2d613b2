"""Hit rate: was any wanted item among the first k?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def hr(hits_PK: NDArray[np.bool_], wanted_P: NDArray[np.int64], k: int) -> NDArray[np.float64]:
    """Return 1 for each question with a hit among its first `k`, else 0.

    >>> hr(np.array([[False, True], [False, False]]), np.array([1, 1]), 2).tolist()
    [1.0, 0.0]
    """
    del wanted_P  # one is enough, however many were wanted
    return np.asarray(hits_PK[:, :k].any(axis=1), dtype=np.float64)
