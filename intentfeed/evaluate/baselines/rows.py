"""People × items as sparse rows, and sums of vectors that are the same in any company: what several baselines share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...types import Interactions


def count_rows(log: Interactions) -> Any:
    """Return how often each user had each item as CSR [U, I], float32, columns in order."""
    from scipy.sparse import csr_matrix

    ones = np.ones(len(log), dtype=np.float32)
    rows = csr_matrix((ones, (log.user, log.item)), shape=(log.n_users, log.n_items))
    rows.sum_duplicates()
    return rows


def weighted_sums(weights_PF: NDArray[np.float32], vectors_FI: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return weights_PF @ vectors_FI [P, I], each row added up in one order whoever is asked beside it.

    A dense product adds in an order that depends on the shape, so that one question alone would score otherwise in the
    last bit than among others.
    """
    from scipy.sparse import csr_matrix

    sums: NDArray[np.float32] = csr_matrix(weights_PF) @ np.ascontiguousarray(vectors_FI)
    return sums
