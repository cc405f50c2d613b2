"""What a source says to one person: its best items, and the exact score of any that it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..retrieval.index import Index
from ..retrieval.lexical import Wording
from ..retrieval.sums import RowSum, top

Listed = tuple[NDArray[np.int32], NDArray[np.float32]]
"""Rows and scores, best first."""


class Answer(Protocol):
    """What a source says to one person."""

    def search(self, k: int, allowed_I: NDArray[np.bool_] | None = None) -> Listed:
        """Return up to k items, best first, among the allowed ones; equal scores in row order."""
        ...

    def score(self, rows: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return the exact score of each of these items; 0 where the source knows nothing of one."""
        ...


@dataclass(frozen=True)
class OfSum:
    """A sparse sum as an answer."""

    sum: RowSum

    def search(self, k: int, allowed_I: NDArray[np.bool_] | None = None) -> Listed:
        """Return up to k of the allowed items, best first."""
        rows, scores = self.sum.columns, self.sum.sums
        if allowed_I is not None:
            kept = allowed_I[rows]
            rows, scores = rows[kept], scores[kept]
        return top(rows, scores, k)

    def score(self, rows: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return the exact score of each of these items."""
        return self.sum.at(rows)


@dataclass(frozen=True)
class OfWords:
    """Words as an answer."""

    wording: Wording

    def search(self, k: int, allowed_I: NDArray[np.bool_] | None = None) -> Listed:
        """Return up to k of the allowed items, best first."""
        return self.wording.search(k, allowed_I)

    def score(self, rows: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return the exact score of each of these items."""
        return self.wording.score(rows)


@dataclass(frozen=True)
class OfVectors:
    """One or more query vectors as an answer; an item counts as what it is to the nearest of them."""

    queries_HD: NDArray[np.float32]
    vectors_ID: NDArray[np.float32]
    index: Index

    def search(self, k: int, allowed_I: NDArray[np.bool_] | None = None) -> Listed:
        """Return up to k of the allowed items, best first."""
        asking = self.queries_HD.any(axis=1)
        if not asking.any():
            return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32)
        rows_HK, scores_HK = self.index.search(self.queries_HD[asking], k, allowed_I)
        found = rows_HK >= 0
        if len(rows_HK) == 1:
            return rows_HK[found], scores_HK[found]
        rows, first = np.unique(rows_HK[found], return_inverse=True)
        scores = np.full(len(rows), -np.inf, dtype=np.float32)
        np.maximum.at(scores, first, scores_HK[found])
        return top(rows, scores, k)

    def score(self, rows: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return the exact score of each of these items."""
        known = rows < len(self.vectors_ID)
        if not known.all():
            scores = np.zeros(len(rows), dtype=np.float32)
            scores[known] = self.score(rows[known])
            return scores
        scored: NDArray[np.float32] = (self.vectors_ID[rows] @ self.queries_HD.T).max(axis=1)
        return scored


@dataclass(frozen=True)
class OfOrder:
    """A fixed order as an answer."""

    order_I: NDArray[np.int32]
    scores_I: NDArray[np.float32]

    def search(self, k: int, allowed_I: NDArray[np.bool_] | None = None) -> Listed:
        """Return up to k of the allowed items, best first."""
        rows = self.order_I[:k] if allowed_I is None else _first(self.order_I, allowed_I, k)
        return rows, self.scores_I[rows]

    def score(self, rows: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return the exact score of each of these items."""
        return self.scores_I[rows]


def _first(order_I: NDArray[np.int32], allowed_I: NDArray[np.bool_], k: int) -> NDArray[np.int32]:
    """Return the first k allowed ones, looking no further than needed."""
    lo, step = 0, 4 * k
    found = [order_I[:0]]
    while lo < len(order_I) and sum(map(len, found)) < k:
        some = order_I[lo : lo + step]
        found.append(some[allowed_I[some]])
        lo, step = lo + step, 2 * step
    return np.concatenate(found)[:k]
