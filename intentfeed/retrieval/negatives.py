"""What a positive is told from: items that a user has not taken, that carry another tag, that stand on another shelf.

Candidates are drawn once a batch and shared by its rows; a mask says which of them are negatives of which row, so that
an item that somebody did take is never held against it (U27).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int32] | NDArray[np.int64]


class Taken:
    """Which items belong to each user, or to each tag."""

    def __init__(self, rows: Rows, items: Rows, *, n_rows: int, n_items: int) -> None:
        order = np.lexsort((items, rows))
        self.items = np.asarray(items)[order].astype(np.int64)
        self.starts = np.searchsorted(np.asarray(rows)[order], np.arange(n_rows + 1))
        self.n_items = n_items

    def absent(self, rows_N: Rows, candidates_M: Rows) -> NDArray[np.bool_]:
        """Return for each row which of the candidates, no two of them equal, are none of its items [N, M]."""
        place_I = np.full(self.n_items, -1, dtype=np.int64)
        place_I[candidates_M] = np.arange(len(candidates_M))
        at, row = runs(self.starts[rows_N], self.starts[np.asarray(rows_N) + 1])
        place = place_I[self.items[at]]
        allowed = np.ones((len(rows_N), len(candidates_M)), dtype=np.bool_)
        allowed[row[place >= 0], place[place >= 0]] = False
        return allowed


class Shelves:
    """Which items stand in each category; 0 is no category, and nothing is known of its items."""

    def __init__(self, category_I: Rows) -> None:
        self.category_I = np.asarray(category_I).astype(np.int64)
        self._order = np.argsort(self.category_I, kind="stable")
        n = int(self.category_I.max(initial=0)) + 1
        self._starts = np.searchsorted(self.category_I[self._order], np.arange(n + 1))

    def same(self, items_N: Rows, n: int, generator: np.random.Generator) -> NDArray[np.int64]:
        """Return `n` items [N, n] of each item's category, drawn evenly with replacement (C_v⁺)."""
        category_N = self.category_I[items_N]
        lo, hi = self._starts[category_N], self._starts[category_N + 1]
        return self._order[generator.integers(lo[:, None], hi[:, None], size=(len(category_N), n))]

    def elsewhere(self, items_N: Rows, candidates_M: Rows) -> NDArray[np.bool_]:
        """Return which candidates are of another category than each item [N, M] (C_v⁻); of none is of no other."""
        other_M = self.category_I[candidates_M]
        different: NDArray[np.bool_] = self.category_I[items_N][:, None] != other_M
        return different & (other_M > 0)


def evenly(n_items: int, n: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """Return `n` different items, or all where there are no more, in row order, each as likely as any other."""
    if n >= n_items:
        return np.arange(n_items)
    return np.sort(generator.choice(n_items, size=n, replace=False, shuffle=False))


def runs(starts_N: Rows, ends_N: Rows) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all places from each start to before its end, one after the other, and which of the N each belongs to."""
    starts, ends = (np.asarray(places, dtype=np.int64) for places in (starts_N, ends_N))
    lengths = np.maximum(ends - starts, 0)
    owner = np.repeat(np.arange(len(lengths)), lengths)
    before = np.cumsum(lengths) - lengths
    return np.arange(len(owner)) - before[owner] + starts[owner], owner
