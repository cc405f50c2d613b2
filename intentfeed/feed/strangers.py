"""Items that nobody has taken up yet: what would the log say of them, were they known? What it says of their like.

Sources that count events know nothing of a new item and would leave it at the bottom of every slate. It borrows the
scores of the known items that read most like it; how far such borrowed scores are to be trusted, the ranker learns from
known items that were hidden altogether.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..retrieval.index import Index
from .config import SourceName

BORROWED: frozenset[SourceName] = frozenset({"next", "close", "together", "ease"})
"""Sources that count events with the history; others read text, or vectors filled up from text, or need no history."""
KIN = 10
"""Known items that a stranger borrows from."""


class Strangers:
    """Which items nobody has taken up, and which known ones read like each; worked out when first asked for."""

    def __init__(self, known_I: NDArray[np.bool_], text_vectors_ID: NDArray[np.float32], index: Index) -> None:
        self.known_I = known_I
        self._vectors, self._index = text_vectors_ID, index
        self._kin_IK = np.full((0, KIN), -1, dtype=np.int32)
        self._alike_IK = np.zeros((0, KIN), dtype=np.float32)
        self._place_I = np.full(len(known_I), -1, dtype=np.int32)

    def among(self, rows: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Return which of the rows are strangers [C]."""
        strange: NDArray[np.bool_] = ~self.known_I[rows]
        return strange

    def kin(self, rows: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Return the known items [R, K] that read most like each row, and their shares, which add up to 1 or 0."""
        fresh = rows[self._place_I[rows] < 0]
        if len(fresh):
            kin, alike = self._index.search(np.ascontiguousarray(self._vectors[fresh]), KIN, self.known_I)
            alike = np.where(kin >= 0, np.maximum(alike, 0), 0)
            alike = alike / np.maximum(alike.sum(axis=1, keepdims=True), 1e-9)
            n = len(self._kin_IK)
            self._kin_IK = np.concatenate([self._kin_IK, np.maximum(kin, 0)])
            self._alike_IK = np.concatenate([self._alike_IK, alike.astype(np.float32)])
            self._place_I[fresh] = n + np.arange(len(fresh), dtype=np.int32)
        place = self._place_I[rows]
        return self._kin_IK[place], self._alike_IK[place]
