"""The best rows of a matrix by inner product, each scored by itself: the same to the bit in any company."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 4_000_000
"""Numbers held at a time; bounds the memory and changes no result."""
WIDE = 16
"""Rows wider than this many times what is asked for are thinned out before they are packed."""
SPARE = 8
"""Places beyond the k asked for that are scored anew, so that a rounding error at the end decides nothing."""

Found = tuple[NDArray[np.int32], NDArray[np.float32]]
"""rows_QK and scores_QK, best first; -1 and -inf where fewer than k may be returned."""


def search_rows(
    queries_QD: NDArray[np.float32], vectors_RD: NDArray[np.float32], rows_R: NDArray[np.integer[Any]], k: int
) -> Found:
    """Return the k best of `rows_R`, whose vectors are given; the rows ascend."""
    found, scores = best_rows(queries_QD, vectors_RD, k, None)
    if not len(rows_R):
        return found, scores
    return np.where(found >= 0, rows_R[found], -1).astype(np.int32), scores


def best_rows(
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
    return bool((rows_QK >= 0).all() and (scores_QK[:, 1:] < scores_QK[:, :-1]).all())
