"""Weighted sums of a few rows of a large sparse matrix: what a short history says of a large catalogue.

The cost is that of the entries that are touched; nothing as long as the catalogue is filled or searched.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class RowSum:
    """The columns in which a weighted sum of rows has an entry, and the sums there.

    Added up in 64 bits in the order of the rows, so that a sum depends on nothing but them.
    """

    def __init__(self, matrix: Any, rows: NDArray[np.int64], weights: NDArray[np.float64], longest: int = 0) -> None:
        """Add up rows of a CSR matrix; of each row, the first `longest` entries, or all where it is 0."""
        columns, values, n_R = entries(matrix, rows, longest)
        values = values * np.repeat(weights, n_R)
        numbers = np.arange(len(columns))
        self._place = np.empty(matrix.shape[1], dtype=np.int32)  # never filled: what is read is checked
        self._place[columns] = numbers  # of equal columns the last one stays
        last = self._place[columns]
        is_last = last == numbers
        self._columns = columns
        self._group = (np.cumsum(is_last) - 1)[last]
        self.columns: NDArray[np.int32] = columns[is_last]
        """Each once, in no order that means anything."""
        self.sums = np.bincount(self._group, weights=values, minlength=len(self.columns)).astype(np.float32)

    def at(self, columns: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return the sums in these columns, whichever they are; 0 where there is no entry."""
        found = np.zeros(len(columns), dtype=np.float32)
        if len(self._columns):
            inside = columns < len(self._place)
            place = np.where(inside, self._place[np.where(inside, columns, 0)], -1)
            place[(place < 0) | (place >= len(self._columns))] = 0
            hit = (self._columns[place] == columns) & inside
            found[hit] = self.sums[self._group[place[hit]]]
        return found


def entries(
    matrix: Any, rows: NDArray[np.int64], longest: int = 0
) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.int64]]:
    """Return columns and values of the rows' entries, end to end, and how many each row has."""
    starts = matrix.indptr[rows].astype(np.int64)
    n_R = matrix.indptr[rows + 1].astype(np.int64) - starts
    if longest:
        n_R = np.minimum(n_R, longest)
    ends = np.cumsum(n_R)
    places = np.repeat(starts - ends + n_R, n_R) + np.arange(ends[-1] if len(ends) else 0)
    return matrix.indices[places], matrix.data[places], n_R


def top(rows: NDArray[np.int32], scores: NDArray[np.float32], k: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the k best of some rows, equal scores in row order."""
    if len(rows) > k:
        level = np.partition(scores, len(scores) - k)[len(scores) - k] if k else np.inf
        some = np.flatnonzero(scores >= level)
        rows, scores = rows[some], scores[some]
    order = np.lexsort((rows, -scores))[:k]
    return rows[order], scores[order]
