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

NARROW = 0.25
"""A filter that leaves less than this share is served by multiplying its rows alone."""
BLOCK = 4_000_000
"""Numbers held at a time; bounds the memory and changes no result."""
WIDE = 16
"""Rows wider than this many times what is asked for are thinned out before they are packed."""
SPARE = 8
"""Places beyond the k asked for that are scored anew, so that a rounding error at the end decides nothing."""

Found = tuple[NDArray[np.int32], NDArray[np.float32]]
"""rows_QK and scores_QK, best first; -1 and -inf where fewer than k may be returned."""


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
        return _blocks(queries_QD, self._vectors, k, None if allowed.all() else allowed)

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


def search_rows(
    queries_QD: NDArray[np.float32], vectors_RD: NDArray[np.float32], rows_R: NDArray[np.integer[Any]], k: int
) -> Found:
    """Return the k best of `rows_R`, whose vectors are given; the rows ascend."""
    found, scores = _blocks(queries_QD, vectors_RD, k, None)
    if not len(rows_R):
        return found, scores
    return np.where(found >= 0, rows_R[found], -1).astype(np.int32), scores


def replace_array(path: Path, array: NDArray[Any]) -> None:
    """Write the array beside the path and move it there: whoever has the old file mapped keeps the old file."""
    fresh = path.with_suffix(".tmp.npy")
    np.save(fresh, array)
    fresh.replace(path)


def product(queries_QD: NDArray[np.float32], vectors_QKD: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return scores_QK, each a dot product of its own: the same to the bit in any company."""
    scores_QK: NDArray[np.float32] = np.vecdot(vectors_QKD, queries_QD[:, None, :])
    return scores_QK


def best(scores_QI: NDArray[np.float32], k: int) -> Found:
    """Return the k best columns of each row, equal scores in column order; -inf is never returned.

    Score and column are packed into one whole number, so that a partial sort breaks ties as a full one would. Of wide
    rows only what reaches the k-th score is packed.
    """
    n_rows, n = scores_QI.shape
    rows_QK = np.full((n_rows, k), -1, dtype=np.int32)
    scores_QK = np.full((n_rows, k), -np.inf, dtype=np.float32)
    depth = min(k, n)
    if not depth or not n_rows:
        return rows_QK, scores_QK
    scores_QI = np.ascontiguousarray(scores_QI, dtype=np.float32)
    columns_QC = _reaching(scores_QI, depth) if n > WIDE * depth else None
    if columns_QC is None:
        found_QK, best_QK = _packed(scores_QI, depth)
    else:
        reaching_QC = np.where(columns_QC < 0, np.float32(-np.inf), np.take_along_axis(scores_QI, columns_QC, axis=1))
        found_QK, best_QK = _packed(reaching_QC, depth)
        found_QK = np.take_along_axis(columns_QC, found_QK, axis=1)
    rows_QK[:, :depth] = np.where(best_QK > -np.inf, found_QK, -1)
    scores_QK[:, :depth] = best_QK
    return rows_QK, scores_QK


def _reaching(scores_QI: NDArray[np.float32], depth: int) -> NDArray[np.int32] | None:
    """Return the columns that reach the `depth`-th score of their row, ascending, -1 behind; None if many tie."""
    n_rows, n = scores_QI.shape
    last_Q = np.partition(scores_QI, n - depth, axis=1)[:, n - depth]
    row_C, column_C = np.nonzero(scores_QI >= last_Q[:, None])
    count_Q = np.bincount(row_C, minlength=n_rows)
    if count_Q.max() > 2 * depth:
        return None
    columns_QC = np.full((n_rows, count_Q.max()), -1, dtype=np.int32)
    columns_QC[row_C, np.arange(len(row_C)) - np.repeat(np.cumsum(count_Q) - count_Q, count_Q)] = column_C
    return columns_QC


def _packed(scores_QI: NDArray[np.float32], depth: int) -> Found:
    """Return the `depth` best columns of each row and their scores, by packed numbers."""
    n = scores_QI.shape[1]
    bits = (scores_QI + np.float32(0)).view(np.int32)  # -0 becomes 0
    order = bits ^ ((bits >> 31) & np.int32(0x7FFFFFFF))
    packed = (order.astype(np.int64) << 32) | (n - 1 - np.arange(n, dtype=np.int64))
    if depth < n:
        packed = np.partition(packed, n - depth, axis=1)[:, n - depth :]
    packed = -np.sort(-packed, axis=1)
    found = (n - 1 - (packed & 0xFFFFFFFF)).astype(np.int32)
    return found, np.take_along_axis(scores_QI, found, axis=1)


def _blocks(
    queries_QD: NDArray[np.float32], vectors_ID: NDArray[np.float32], k: int, allowed: NDArray[np.bool_] | None
) -> Found:
    """Return the best rows of each query, a block of queries at a time."""
    step = max(1, BLOCK // max(len(vectors_ID), min(k, len(vectors_ID)) * vectors_ID.shape[1], 1))
    pieces = []
    for lo in range(0, len(queries_QD), step):
        scores = queries_QD[lo : lo + step] @ vectors_ID.T
        if allowed is not None:
            scores[:, ~allowed] = -np.inf
        pieces.append(_settled(queries_QD[lo : lo + step], vectors_ID, best(scores, k + SPARE), k))
    if not pieces:
        return np.empty((0, k), dtype=np.int32), np.empty((0, k), dtype=np.float32)
    return np.concatenate([rows for rows, _ in pieces]), np.concatenate([scores for _, scores in pieces])


def _settled(queries_QD: NDArray[np.float32], vectors_ID: NDArray[np.float32], found: Found, k: int) -> Found:
    """Return the k best of what was found, scored one by one."""
    rows_QK, _ = found
    if not len(vectors_ID):
        return rows_QK[:, :k], found[1][:, :k]
    return ordered(rows_QK, product(queries_QD, vectors_ID[rows_QK]), k)


def ordered(rows_QK: NDArray[np.integer[Any]], scores_QK: NDArray[np.float32], k: int) -> Found:
    """Return the first k by falling score, equal ones by row; a row below 0 is none, and goes last."""
    n = rows_QK.shape[1]
    if n < k:
        rows_QK = np.pad(rows_QK, ((0, 0), (0, k - n)), constant_values=-1)
        scores_QK = np.pad(scores_QK, ((0, 0), (0, k - n)))
    if falling(rows_QK, scores_QK):
        return rows_QK[:, :k].astype(np.int32), scores_QK[:, :k]
    scores_QK = np.where(rows_QK < 0, np.float32(-np.inf), scores_QK)
    place_QK = np.lexsort((rows_QK, -scores_QK), axis=-1)[:, :k]
    first_QK = np.take_along_axis(rows_QK, place_QK, axis=1).astype(np.int32)
    return first_QK, np.take_along_axis(scores_QK, place_QK, axis=1)


def falling(rows_QK: NDArray[np.integer[Any]], scores_QK: NDArray[np.float32]) -> bool:
    """Return whether every place holds a row, and a lower score than the one before: nothing is left to order."""
    return bool(rows_QK.min(initial=0) >= 0 and (scores_QK[:, 1:] < scores_QK[:, :-1]).all())
