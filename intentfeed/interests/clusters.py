"""Groups of items that the same people choose close together: the interests of a catalogue without text [ours]."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ..types import NO_TIME, Interactions
from .signs import liked

BASKET_S = 7 * 86_400
"""Choices of one person within this window went together."""
BASKET_N = 20
"""The same where the log has no time: so many choices in a row."""
MAX_BASKET = 200
"""Distinct items; a larger basket says little about any pair and costs its square."""
MAX_EVENTS = 5_000_000
"""Events that are looked at; of a longer log every second, third … person."""
SHRINK = 1.0
"""Baskets that must be outweighed before a similarity counts in full."""


def clusters(log: Interactions, *, min_similarity: float, min_size: int) -> list[NDArray[np.int32]]:
    """Return groups of item rows, most chosen item first in each, widest support first among them.

    The most chosen item that no group holds leads the next one and takes every free item that goes with it in at
    least `min_similarity` (shrunk cosine over baskets) and two baskets. Every item is in one group at most.
    """
    similar = _similarity(_baskets(log), min_similarity)
    support_I = np.bincount(log.item[liked(log)], minlength=log.n_items)
    free = np.ones(log.n_items, dtype=bool)
    groups = []
    for leader in np.lexsort((np.arange(log.n_items), -support_I)).tolist():
        if not free[leader] or support_I[leader] < 2:
            continue
        near = similar.indices[similar.indptr[leader] : similar.indptr[leader + 1]]
        members = near[free[near]]
        if len(members) + 1 < min_size:
            continue
        members = members[np.lexsort((members, -support_I[members]))]
        group = np.concatenate([[leader], members]).astype(np.int32)
        free[group] = False
        groups.append(group)
    return groups


def _baskets(log: Interactions) -> sparse.csr_matrix:
    """Return basket_BI: 1 where the item was chosen in the basket."""
    rows = np.flatnonzero(liked(log) & (log.user % max(1, -(-len(log) // MAX_EVENTS)) == 0))
    user, item, time_s = log.user[rows], log.item[rows], log.time_s[rows]
    first = np.searchsorted(user, user)  # the log is sorted by user
    place = np.arange(len(rows)) - first
    window = np.where(time_s == NO_TIME, place // BASKET_N, (time_s - time_s[first]) // BASKET_S)
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (user[1:] != user[:-1]) | (window[1:] != window[:-1])
    basket = np.cumsum(new) - 1
    shape = (int(basket[-1]) + 1 if len(rows) else 0, log.n_items)
    chosen = sparse.csr_matrix((np.ones(len(rows), np.float32), (basket, item)), shape=shape)
    chosen.data[:] = 1.0
    size = np.diff(chosen.indptr)
    return chosen[(size >= 2) & (size <= MAX_BASKET)]


def _similarity(basket_BI: sparse.csr_matrix, least: float) -> sparse.csr_matrix:
    """Return the shrunk cosine of all pairs of items that share two baskets, where it is at least `least`."""
    together = (basket_BI.T @ basket_BI).tocoo()
    count_I = np.asarray(basket_BI.sum(axis=0)).ravel()
    cosine = together.data / (np.sqrt(count_I[together.row] * count_I[together.col]) + SHRINK)
    keep = (cosine >= least) & (together.data >= 2) & (together.row != together.col)
    shape = (basket_BI.shape[1], basket_BI.shape[1])
    return sparse.csr_matrix((cosine[keep], (together.row[keep], together.col[keep])), shape=shape)
