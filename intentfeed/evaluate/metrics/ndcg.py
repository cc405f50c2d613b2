"""NDCG: how near to the top are the wanted items, beside the best order possible?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def ndcg(hits_PK: NDArray[np.bool_], wanted_P: NDArray[np.int64], k: int) -> NDArray[np.float64]:
    """Return Σ 1 / log2(rank + 1) over the hits among the first `k`, divided by its largest possible value.

    >>> ndcg(np.array([[False, True, False]]), np.array([1]), 3).round(4).tolist()
    [0.6309]
    """
    gains = 1.0 / np.log2(np.arange(2, k + 2))
    ideal = np.concatenate([[1.0], np.cumsum(gains)])  # nothing wanted: 0 over 1, not 0 over 0
    shown = hits_PK[:, :k]
    return np.asarray(shown @ gains[: shown.shape[1]] / ideal[np.minimum(wanted_P, k)])
