"""Intra-list diversity: how little do the items of one list resemble each other? (Ziegler et al., WWW 2005)."""

from __future__ import annotations

from typing import Any

import numpy as np

from .shown import Shown, Weighed


def diversity(shown: Shown, k: int) -> Weighed:
    """Return 1 - mean cosine of the titles over all pairs of the first `k` of each list.

    Items without a title are left out, and lists with fewer than two that have one weigh nothing.

    >>> from scipy.sparse import csr_matrix
    >>> one = Shown(ids_PK=np.array([[0, 1, 2]], dtype=np.int32), target_P=np.array([0]), n_people=1,
    ...             people_I=np.ones(3, int), category_I=np.zeros(3, int), text_IV=csr_matrix([[1, 0], [1, 0], [0, 1]]))
    >>> diversity(one, 3)[0].round(3).tolist()
    [0.667]
    """
    if shown.text_IV is None:
        return np.zeros(len(shown.ids_PK)), np.zeros(len(shown.ids_PK))
    square_I = _squares(shown.text_IV)
    n_P = shown.of_items(square_I > 0, k).sum(axis=1).astype(np.float64)
    # the square of a sum holds each pair's product twice, and each row's own square once
    twice_P = _squares(_members(shown, k) @ shown.text_IV) - shown.of_items(square_I, k).sum(axis=1)
    return 1 - twice_P / np.maximum(n_P * (n_P - 1), 1), (n_P > 1).astype(np.float64)


def _members(shown: Shown, k: int) -> Any:
    """Return the lists as CSR [P, I] of ones."""
    from scipy.sparse import csr_matrix

    filled_PK = shown.filled(k)
    edges = np.concatenate([[0], np.cumsum(filled_PK.sum(axis=1))])
    items = shown.ids_PK[:, :k][filled_PK]
    return csr_matrix((np.ones(len(items)), items, edges), shape=(len(filled_PK), len(shown.people_I)))


def _squares(rows: Any) -> Any:
    """Return the squared length of each row of a CSR matrix."""
    return np.asarray(rows.multiply(rows).sum(axis=1), dtype=np.float64).ravel()
