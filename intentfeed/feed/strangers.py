"""Items that nobody has taken up yet: what would the log say of them, were they known? What it says of their like.

Sources that count events know nothing of a new item and would leave it at the bottom of every slate. It borrows the
scores of the known items that read most like it; how far such borrowed scores are to be trusted, the ranker learns from
known items that were hidden altogether.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..retrieval.index import ExactIndex, Found, Index
from ..retrieval.nearest import search_rows
from .config import SourceName

BORROWED: frozenset[SourceName] = frozenset({"next", "close", "together", "ease", "towers", "interests"})
"""Sources that learnt from events on the item itself; others read text, or vectors filled up from text, or need no
history. Towers know a new item by its text, too, and still found it half as often as by its like (docs/LOG.md)."""
KIN = 10
"""Known items that a stranger borrows from."""
COMPARED = 50_000
"""Up to so many known items a stranger is compared with each: an index would come across strangers most of the time."""


class Strangers:
    """Which items nobody has taken up, and which known ones read like each; worked out when first asked for."""

    def __init__(self, known_I: NDArray[np.bool_], text_vectors_ID: NDArray[np.float32], index: Index) -> None:
        self.known_I = known_I
        self._vectors, self._index = text_vectors_ID, index
        place_I = np.cumsum(~known_I, dtype=np.int32) - 1
        n = int(place_I[-1]) + 1 if len(place_I) else 0
        self._place_I = place_I
        self._kin_SK = np.empty((n, KIN), dtype=np.int32)  # a row for each stranger, filled when it is asked for
        self._share_SK = np.empty((n, KIN), dtype=np.float32)
        self._asked_S = np.zeros(n, dtype=np.bool_)

    def among(self, rows: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Return which of the rows are strangers [C]."""
        strange: NDArray[np.bool_] = ~self.known_I[rows]
        return strange

    def kin(self, rows: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Return the known items [R, K] that read most like these strangers, and their shares, 1 or 0 in all."""
        place = self._place_I[rows]
        fresh = ~self._asked_S[place]
        if fresh.any():  # threads that ask at once write the same
            kin, alike = self._nearest(rows[fresh])
            alike = np.where(kin >= 0, np.maximum(alike, 0), 0)
            self._kin_SK[place[fresh]] = np.maximum(kin, 0)
            self._share_SK[place[fresh]] = alike / np.maximum(alike.sum(axis=1, keepdims=True), 1e-9)
            self._asked_S[place[fresh]] = True
        return self._kin_SK[place], self._share_SK[place]

    def _nearest(self, rows: NDArray[np.int32]) -> Found:
        """Return the known items nearest to some strangers."""
        if isinstance(self._index, ExactIndex) or len(self._known[0]) > COMPARED:
            return self._index.like(rows, KIN, self.known_I)
        known, vectors_RD = self._known
        return search_rows(np.ascontiguousarray(self._vectors[rows]), vectors_RD, known, KIN)

    @cached_property
    def _known(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Rows of the known items, and the vectors of those that are compared."""
        rows = np.flatnonzero(self.known_I)
        return rows, np.ascontiguousarray(self._vectors[rows if len(rows) <= COMPARED else rows[:0]])
