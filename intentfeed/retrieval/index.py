"""The index: which items lie nearest to a vector, under a filter. The contract, the settings, and the exact one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ..errors import DataError
from ..types import Settings
from .nearest import Found, best_rows, search_rows

__all__ = ["ExactIndex", "Found", "Index", "IndexConfig"]

NARROW = 0.25
"""A filter that leaves less than this share is served by multiplying its rows alone."""


class IndexConfig(Settings):
    """Which index holds the vectors, and how well it must find."""

    kind: Literal["auto", "exact", "hnsw", "ivf"] = "auto"
    """Exact, a graph, lists, or whichever of them suits."""
    exact_below: int = Field(default=100_000, ge=0)
    """With "auto", fewer vectors than this are searched exactly."""
    target_recall: float = Field(default=0.995, gt=0, lt=1)
    """Share of the exact answer that an approximate one must hold, measured when it is built."""
    at_k: int = Field(default=100, ge=1)
    """Length of the answers that are measured."""
    n_queries: int = Field(default=256, ge=8)
    """Queries that measure it, where none are given."""
    effort: int | None = Field(default=None, ge=1)
    """`efSearch` of the graph or `nprobe` of the lists; none: as little as reaches the target."""
    exact_rows: int = Field(default=2_000, ge=0)
    """Filters that leave at most this many rows are always served exactly, whatever the kind."""
    m: int = Field(default=32, ge=2, le=128)
    """Neighbors of an item in the graph."""
    ef_construction: int = Field(default=100, ge=1)
    """Candidates looked at when an item is linked into the graph."""
    n_lists: int | None = Field(default=None, ge=1)
    """Lists; none: four times the root of the number of vectors."""
    rounds: int = Field(default=10, ge=1)
    """Rounds of k-means that place the lists."""
    points: int = Field(default=64, ge=1)
    """Vectors a list that k-means looks at."""
    seed: int = Field(default=1234, ge=0)
    """Of k-means and of the sampled queries."""
    fresh_share: float = Field(default=0.02, ge=0, le=1)
    """Added vectors are searched exactly until there are more of them than this share; then they are linked in."""
    dead_share: float = Field(default=0.2, gt=0, le=1)
    """Beyond this share of deleted or replaced vectors the index is built anew from those that live."""


class Index(Protocol):
    """Item vectors that can be searched by inner product; a row number names an item, as everywhere."""

    def __len__(self) -> int:
        """Return the number of rows that can be found."""
        ...

    def search(self, queries_QD: NDArray[np.float32], k: int, allowed_I: NDArray[np.bool_] | None = None) -> Found:
        """Return the k best rows of each query among the allowed ones, equal scores in row order."""
        ...

    def like(self, rows: NDArray[np.integer[Any]], k: int, allowed_I: NDArray[np.bool_] | None = None) -> Found:
        """Return the k best rows for the vectors of some rows that are held, among the allowed ones."""
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

    Scores do not depend on which rows or queries are multiplied together. Nor do the rows found on vectors of a
    `Space`; elsewhere they are exact but for rows that differ by a rounding error at the end of the list.
    """

    def __init__(self, vectors: NDArray[np.float32], live_I: NDArray[np.bool_] | None = None) -> None:
        self._vectors = vectors
        self._live_I = np.ones(len(vectors), dtype=np.bool_) if live_I is None else live_I
        self._own = False

    def __len__(self) -> int:
        return int(np.count_nonzero(self._live_I))

    def search(self, queries_QD: NDArray[np.float32], k: int, allowed_I: NDArray[np.bool_] | None = None) -> Found:
        """Return the k best rows of each query among the allowed ones, equal scores in row order."""
        check_queries(queries_QD, self._vectors.shape[1], k)
        allowed = self._live_I & fitting(allowed_I, len(self._live_I))
        rows = np.flatnonzero(allowed)
        if len(rows) <= NARROW * len(allowed):
            return search_rows(queries_QD, self._vectors[rows], rows, k)
        return best_rows(queries_QD, self._vectors, k, None if allowed.all() else allowed)

    def like(self, rows: NDArray[np.integer[Any]], k: int, allowed_I: NDArray[np.bool_] | None = None) -> Found:
        """Return the k best rows for the vectors of some rows that are held, among the allowed ones."""
        return self.search(np.ascontiguousarray(self._vectors[rows]), k, allowed_I)

    def add(self, rows: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Take in new rows; rows between the last one and a new one stay empty."""
        check_rows(rows, vectors, self._vectors.shape[1])
        refuse_taken(rows, self._live_I)
        self._grow(max(rows, default=-1) + 1)
        self._put(rows, vectors)

    def update(self, rows: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Replace the vectors of rows that are there."""
        check_rows(rows, vectors, self._vectors.shape[1])
        refuse_missing(rows, self._live_I)
        self._put(rows, vectors)

    def delete(self, rows: Sequence[int]) -> None:
        """Let rows never be found again, unless they are added anew; unknown ones are let be."""
        known = [row for row in rows if 0 <= row < len(self._live_I)]
        self._live_I = self._live_I.copy()
        self._live_I[known] = False

    def save(self, folder: Path) -> None:
        """Write `index_vectors.npy` and `index_live.npy` into the folder, then `index.json`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "index.json").unlink(missing_ok=True)
        replace_array(folder / "index_vectors.npy", self._vectors)
        replace_array(folder / "index_live.npy", self._live_I)
        (folder / "index.json").write_text('{"kind": "exact"}\n')

    @classmethod
    def load(cls, folder: Path) -> ExactIndex:
        """Read what `save` wrote; the vectors stay on disk until they are touched."""
        vectors = np.asarray(np.load(folder / "index_vectors.npy", mmap_mode="r"))
        return cls(vectors, np.load(folder / "index_live.npy"))

    def _grow(self, n: int) -> None:
        more = n - len(self._live_I)
        if more > 0:
            empty = np.zeros((more, self._vectors.shape[1]), dtype=np.float32)
            self._vectors, self._own = np.vstack([self._vectors, empty]), True
            self._live_I = np.concatenate([self._live_I, np.zeros(more, dtype=np.bool_)])

    def _put(self, rows: Sequence[int], vectors: NDArray[np.float32]) -> None:
        if not self._own:  # those that were given, or lie on disk, stay as they are
            self._vectors, self._own = np.array(self._vectors), True
        self._live_I = self._live_I.copy()
        self._vectors[list(rows)] = vectors
        self._live_I[list(rows)] = True


def check_queries(queries_QD: NDArray[np.float32], dims: int, k: int) -> None:
    """Raise unless the queries are as wide as the index and something is asked for.

    Raises:
        DataError: another width, or k below 1.
    """
    if queries_QD.ndim != 2 or queries_QD.shape[1] != dims:
        raise DataError(f"queries of shape {queries_QD.shape} do not fit the index: give (n, {dims})")
    if k < 1:
        raise DataError(f"k is {k}, and a search returns rows: ask for at least 1")


def check_rows(rows: Sequence[int], vectors: NDArray[np.float32], dims: int) -> None:
    """Raise unless every row is a number of its own and has one vector of the right width.

    Raises:
        DataError: another shape, a row twice, a row below 0, or a vector that is not finite.
    """
    if vectors.shape != (len(rows), dims):
        raise DataError(f"vectors of shape {vectors.shape} do not fit the index: give {(len(rows), dims)}")
    if len(set(rows)) < len(rows) or min(rows, default=0) < 0:
        raise DataError("rows given to the index repeat or lie below 0: give each row once, counted from 0")
    finite_R = np.isfinite(vectors).all(axis=1)
    if not finite_R.all():
        row = rows[int(np.argmin(finite_R))]
        raise DataError(f"the vector of row {row} holds a number that is not finite: encode the item again")


def refuse_taken(rows: Sequence[int], live_I: NDArray[np.bool_]) -> None:
    """Raise if one of the rows is there already.

    Raises:
        DataError: it is.
    """
    taken = [row for row in rows if row < len(live_I) and live_I[row]]
    if taken:
        raise DataError(f"row {taken[0]} is in the index already: update it instead of adding it")


def refuse_missing(rows: Sequence[int], live_I: NDArray[np.bool_]) -> None:
    """Raise if one of the rows is not there.

    Raises:
        DataError: it is not.
    """
    missing = [row for row in rows if row >= len(live_I) or not live_I[row]]
    if missing:
        raise DataError(f"row {missing[0]} is not in the index: add it instead of updating it")


def fitting(allowed_I: NDArray[np.bool_] | None, n: int) -> NDArray[np.bool_] | np.bool_:
    """Return the filter, or plain truth where there is none.

    Raises:
        DataError: it is of another length than the rows.
    """
    if allowed_I is None:
        return np.True_
    if allowed_I.shape != (n,) or allowed_I.dtype != np.bool_:
        raise DataError(f"a filter of {allowed_I.dtype}{allowed_I.shape} does not fit the index: give {n} booleans")
    return allowed_I


def replace_array(path: Path, array: NDArray[Any]) -> None:
    """Write the array beside the path and move it there: whoever has the old file mapped keeps the old file."""
    fresh = path.with_suffix(".tmp.npy")
    np.save(fresh, array)
    fresh.replace(path)
