"""The index: which items lie nearest to a vector, under a filter. The contract, and the exact one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError

NARROW = 0.25
"""A filter that leaves less than this share is served by multiplying its rows alone."""
BLOCK = 4_000_000
"""Scores held at a time; bounds the memory and changes no result."""

Found = tuple[NDArray[np.int32], NDArray[np.float32]]
"""rows_QK and scores_QK, best first; -1 and -inf where fewer than k may be returned."""


class Index(Protocol):
    """Item vectors that can be searched by inner product; a row number names an item, as everywhere."""

    def search(self, queries_QD: NDArray[np.float32], k: int, allowed_I: NDArray[np.bool_] | None = None) -> Found:
        """Return the k best rows of each query among the allowed ones, equal scores in row order."""
        ...

    def add(self, rows: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Take in new rows.

        Raises:
            DataError: a row is there already, or the width is another.
        """
        ...

    def update(self, rows: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Replace the vectors of rows that are there."""
        ...

    def delete(self, rows: Sequence[int]) -> None:
        """Let rows never be found again, unless they are added anew."""
        ...

    def save(self, folder: Path) -> None:
        """Write everything into `folder`."""
        ...


class ExactIndex:
    """Plain inner products over all rows: exact, and quick below some hundred thousand items.

    On vectors of a `Space` the scores do not depend on which rows or queries are multiplied together.
    """

    def __init__(self, vectors: NDArray[np.float32], live_I: NDArray[np.bool_] | None = None) -> None:
        self._vectors = vectors
        self._live_I = np.ones(len(vectors), dtype=np.bool_) if live_I is None else live_I

    def __len__(self) -> int:
        return int(self._live_I.sum())

    def search(self, queries_QD: NDArray[np.float32], k: int, allowed_I: NDArray[np.bool_] | None = None) -> Found:
        """Return the k best rows of each query among the allowed ones, equal scores in row order."""
        allowed = self._live_I if allowed_I is None else self._live_I & allowed_I
        rows = np.flatnonzero(allowed)
        if len(rows) > NARROW * len(allowed):
            return self._search_all(queries_QD, k, allowed)
        found, scores = _blocks(queries_QD, self._vectors[rows], k, None)
        known = found >= 0
        return np.where(known, rows[np.where(known, found, 0)] if len(rows) else -1, -1).astype(np.int32), scores

    def _search_all(self, queries_QD: NDArray[np.float32], k: int, allowed: NDArray[np.bool_]) -> Found:
        return _blocks(queries_QD, self._vectors, k, None if allowed.all() else allowed)

    def add(self, rows: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Take in new rows; rows between the last one and a new one stay empty."""
        self._check(rows, vectors)
        self._grow(max(rows, default=-1) + 1)
        if self._live_I[list(rows)].any():
            taken = next(row for row in rows if self._live_I[row])
            raise DataError(f"row {taken} is in the index already: update it instead of adding it")
        self._put(rows, vectors)

    def update(self, rows: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Replace the vectors of rows that are there."""
        self._check(rows, vectors)
        missing = [row for row in rows if row >= len(self._live_I) or not self._live_I[row]]
        if missing:
            raise DataError(f"row {missing[0]} is not in the index: add it instead of updating it")
        self._put(rows, vectors)

    def delete(self, rows: Sequence[int]) -> None:
        """Let rows never be found again, unless they are added anew; unknown ones are let be."""
        known = [row for row in rows if 0 <= row < len(self._live_I)]
        self._live_I = self._live_I.copy()
        self._live_I[known] = False

    def save(self, folder: Path) -> None:
        """Write `index_vectors.npy` and `index_live.npy` into the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "index_vectors.npy", self._vectors)
        np.save(folder / "index_live.npy", self._live_I)

    @classmethod
    def load(cls, folder: Path) -> ExactIndex:
        """Read what `save` wrote; the vectors stay on disk until they are touched."""
        return cls(np.load(folder / "index_vectors.npy", mmap_mode="r"), np.load(folder / "index_live.npy"))

    def _check(self, rows: Sequence[int], vectors: NDArray[np.float32]) -> None:
        if vectors.shape != (len(rows), self._vectors.shape[1]):
            want = (len(rows), self._vectors.shape[1])
            raise DataError(f"vectors of shape {vectors.shape} do not fit the index: give {want}")

    def _grow(self, n: int) -> None:
        more = n - len(self._live_I)
        if more > 0:
            empty = np.zeros((more, self._vectors.shape[1]), dtype=np.float32)
            self._vectors = np.vstack([self._vectors, empty])
            self._live_I = np.concatenate([self._live_I, np.zeros(more, dtype=np.bool_)])

    def _put(self, rows: Sequence[int], vectors: NDArray[np.float32]) -> None:
        self._vectors, self._live_I = np.array(self._vectors), self._live_I.copy()
        self._vectors[list(rows)] = vectors
        self._live_I[list(rows)] = True


def best(scores_QI: NDArray[np.float32], k: int) -> Found:
    """Return the k best columns of each row, equal scores in column order; -inf is never returned.

    Score and column are packed into one whole number, so that a partial sort breaks ties as a full one would.
    """
    n_rows, n = scores_QI.shape
    rows_QK = np.full((n_rows, k), -1, dtype=np.int32)
    scores_QK = np.full((n_rows, k), -np.inf, dtype=np.float32)
    depth = min(k, n)
    if not depth or not n_rows:
        return rows_QK, scores_QK
    bits = (np.ascontiguousarray(scores_QI, dtype=np.float32) + np.float32(0)).view(np.int32)  # -0 becomes 0
    order = bits ^ ((bits >> 31) & np.int32(0x7FFFFFFF))
    packed = (order.astype(np.int64) << 32) | (n - 1 - np.arange(n, dtype=np.int64))
    if depth < n:
        packed = np.partition(packed, n - depth, axis=1)[:, n - depth :]
    packed = -np.sort(-packed, axis=1)
    found = (n - 1 - (packed & 0xFFFFFFFF)).astype(np.int32)
    scores = np.take_along_axis(scores_QI, found, axis=1)
    rows_QK[:, :depth] = np.where(scores > -np.inf, found, -1)
    scores_QK[:, :depth] = scores
    return rows_QK, scores_QK


def _blocks(
    queries_QD: NDArray[np.float32], vectors_ID: NDArray[np.float32], k: int, allowed: NDArray[np.bool_] | None
) -> Found:
    """Return the best rows of each query, a block of queries at a time."""
    step = max(1, BLOCK // max(len(vectors_ID), 1))
    pieces = []
    for lo in range(0, len(queries_QD), step):
        scores = queries_QD[lo : lo + step] @ vectors_ID.T
        if allowed is not None:
            scores[:, ~allowed] = -np.inf
        pieces.append(best(scores, k))
    if not pieces:
        return np.empty((0, k), dtype=np.int32), np.empty((0, k), dtype=np.float32)
    return np.concatenate([rows for rows, _ in pieces]), np.concatenate([scores for _, scores in pieces])
