"""What leads from one category to another: people who have both, or the same shelf of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..data.catalog import SEPARATOR, parent
from .likes import Likes

How = Literal["own", "together", "shelf", "query"]
NONE, SHELF, TOGETHER, OWN = range(4)
"""How a category is reached, weakest first."""
DENSE_BELOW = 2_048
"""Up to so many categories the pairs are held as a plain matrix, which is faster to read."""


@dataclass(frozen=True, slots=True)
class Link:
    """What a tag rests on."""

    how: How
    source: int
    """Category of the past behaviour; 0 for a search."""
    both: int = 0
    """For `together`: people who have both categories."""
    have: int = 0
    """People who have the source."""


@dataclass(frozen=True, slots=True)
class Led:
    """Which categories some behaviour leads to, as columns over all of them."""

    how_C: NDArray[np.int8]
    source_C: NDArray[np.int32]
    both_C: NDArray[np.int64]
    have_C: NDArray[np.int64]

    def link(self, code: int) -> Link:
        """Return what leads to one category that is led to."""
        source, how = int(self.source_C[code]), int(self.how_C[code])
        if how == TOGETHER:
            return Link("together", source, int(self.both_C[code]), int(self.have_C[source]))
        return Link("own" if how == OWN else "shelf", source)


class Links:
    """People by category and by pair of categories, and which categories share a parent below the top."""

    def __init__(self, together_CC: Any, paths: Sequence[str]) -> None:
        self.together_CC = together_CC
        """CSR: people who have both; the diagonal holds those who have one."""
        self.people_C = np.asarray(together_CC.diagonal(), dtype=np.int64)
        above = [parent(path) for path in paths]
        shelves = {path: code + 1 for code, path in enumerate(sorted({p for p in above if SEPARATOR in p}))}
        self.shelf_C = np.array([shelves.get(path, 0) for path in above], dtype=np.int32)
        """Number of the parent; 0 where that is a whole department, which says too little."""
        self._on_shelf = [np.flatnonzero(self.shelf_C == shelf) for shelf in range(len(shelves) + 1)]
        small = together_CC.shape[0] <= DENSE_BELOW
        self._dense_CC = together_CC.toarray().astype(np.int64) if small else None

    @classmethod
    def fit(cls, log: Likes, category_I: NDArray[np.int32], paths: Sequence[str]) -> Links:
        """Return the links that the log's likes show."""
        from scipy.sparse import csr_matrix

        ones = np.ones(len(log.user), dtype=np.int32)
        has = csr_matrix((ones, (log.user, category_I[log.item])), shape=(log.n_users, len(paths)))
        has.data[:] = 1
        has.sum_duplicates()
        has.data[:] = 1
        together = (has.T @ has).tocsr()
        together.sort_indices()
        return cls(together, paths)

    def lead(self, sources: Sequence[int], weights: Sequence[float], n_people: int, least: int) -> Led:
        """Return which categories any of `sources` leads to, each by the link that is strongest, weighed.

        One goes with another where people have both more often than chance would have it.
        """
        n_categories = len(self.people_C)
        how_C = np.zeros(n_categories, dtype=np.int8)
        source_C = np.zeros(n_categories, dtype=np.int32)
        both_C = np.zeros(n_categories, dtype=np.int64)
        if not sources:
            return Led(how_C, source_C, both_C, self.people_C)
        own = np.asarray(sources, dtype=np.int64)
        for code in reversed(sources):
            if self.shelf_C[code]:
                beside = self._on_shelf[self.shelf_C[code]]
                how_C[beside], source_C[beside] = SHELF, code
        both_SC = self._rows(own)
        chance_SC = np.maximum(self.people_C[own][:, None] * self.people_C[None, :], 1)
        strength_SC = both_SC / np.sqrt(chance_SC) * np.asarray(weights)[:, None]
        strength_SC[(both_SC < least) | (both_SC * n_people <= chance_SC)] = 0
        best_C = strength_SC.argmax(axis=0)
        found = np.flatnonzero(strength_SC[best_C, np.arange(n_categories)] > 0)
        how_C[found], source_C[found] = TOGETHER, own[best_C[found]]
        both_C[found] = both_SC[best_C[found], found]
        how_C[own], source_C[own] = OWN, own
        how_C[0] = NONE
        return Led(how_C, source_C, both_C, self.people_C)

    def _rows(self, codes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return both_SC of these categories."""
        rows: NDArray[np.int64]
        rows = self._dense_CC[codes] if self._dense_CC is not None else self.together_CC[codes].toarray()
        return rows.astype(np.int64, copy=False)
