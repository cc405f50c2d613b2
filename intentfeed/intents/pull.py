"""What goes with each item, summed by category: counted in the log, or as its neighbours say. [ours]"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..types import Neighbours
from .likes import Likes


def co_occurrence(log: Likes, category_I: NDArray[np.int32], n_categories: int) -> Any:
    """Return CSR [I, C]: cosine of co-occurrence with other items, summed by their category."""
    from scipy.sparse import diags

    X = log.matrix()
    norm = np.sqrt(np.maximum(np.asarray(X.sum(axis=0)).ravel(), 1))
    scaled = (X @ diags(1 / norm)).tocsr()
    by_category = _one_hot(category_I, n_categories)
    own = diags(np.asarray(scaled.multiply(scaled).sum(axis=0)).ravel()) @ by_category  # an item with itself
    pull = (scaled.T @ (scaled @ by_category) - own).tocsr()
    pull.data = np.maximum(pull.data, 0)
    pull.eliminate_zeros()
    return pull.astype(np.float32)


def pull_of(log: Likes, category_I: NDArray[np.int32], n_categories: int, neighbours: Neighbours) -> Any:
    """Return CSR [I, C]: what the neighbours hold to go with each item, summed by category."""
    from scipy.sparse import csr_matrix

    edges, columns, data = [0], [], []
    seen = np.bincount(log.item, minlength=log.n_items) > 0
    for item in range(log.n_items):
        if seen[item]:
            scores_I = neighbours.scores([item], [1.0])
            at = np.flatnonzero(scores_I[: len(category_I)])
            sums_C = np.bincount(category_I[at], weights=scores_I[at], minlength=n_categories)
            near = np.flatnonzero(sums_C > 0)
            columns.append(near)
            data.append(sums_C[near])
        edges.append(edges[-1] + (len(columns[-1]) if seen[item] else 0))
    flat = np.concatenate([np.zeros(0), *data]).astype(np.float32)
    place = np.concatenate([np.zeros(0, np.int64), *columns])
    return csr_matrix((flat, place, edges), shape=(log.n_items, n_categories))


def _one_hot(category_I: NDArray[np.int32], n_categories: int) -> Any:
    from scipy.sparse import csr_matrix

    ones = np.ones(len(category_I), dtype=np.float32)
    return csr_matrix((ones, (np.arange(len(category_I)), category_I)), shape=(len(category_I), n_categories))
