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

    def from_sources(
        self, sources: Sequence[int], weights: Sequence[float], n_people: int, least: int
    ) -> dict[int, Link]:
        """Return, for each category that any of `sources` leads to, the link that is strongest, weighed.

        One goes with another where people have both more often than chance would have it.
        """
        if not sources:
            return {}
        both_SC = self.together_CC[list(sources)].toarray()
        have_S = self.people_C[list(sources)]
        chance_SC = np.maximum(have_S[:, None] * self.people_C[None, :], 1)
        strength_SC = both_SC / np.sqrt(chance_SC) * np.asarray(weights)[:, None]
        strength_SC[(both_SC < least) | (both_SC * n_people <= chance_SC)] = 0
        best_C, top_C = strength_SC.argmax(axis=0), strength_SC.max(axis=0)
        found = self._shelf(sources)
        for code in np.flatnonzero(top_C > 0).tolist():
            at = int(best_C[code])
            found[code] = Link("together", sources[at], int(both_SC[at, code]), int(have_S[at]))
        for code in sources:
            found[code] = Link("own", code)
        found.pop(0, None)
        return found

    def _shelf(self, sources: Sequence[int]) -> dict[int, Link]:
        """Return the categories that share a parent with a source, the first source winning."""
        found: dict[int, Link] = {}
        for source in sources:
            shelf = self.shelf_C[source]
            if shelf:
                for code in np.flatnonzero(self.shelf_C == shelf).tolist():
                    found.setdefault(code, Link("shelf", source))
        return found
