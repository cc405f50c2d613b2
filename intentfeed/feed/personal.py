"""The feed's own opinion beside the tools': candidates by its sources, in the order of its ranker, within any mask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..commands.tools import Pool
from ..retrieval.index import Index
from ..types import TextEncoder
from .filters import Allowed
from .gather import Usual
from .parts import FeedParts
from .recommend import Query, Ranked, rank
from .taste import Taste, taste_of


@dataclass(frozen=True)
class TextItems:
    """The text half of the space, as tools see it."""

    vectors_ID: NDArray[np.float32]
    """One row an item."""
    index: Index
    encoder: TextEncoder

    @classmethod
    def of(cls, parts: FeedParts) -> TextItems:
        """Return the text half of a feed's space with its index."""
        return cls(parts.space.text_vectors, parts.tags.indexes.text, parts.space.encoder)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a vector each text, as it is in any company; zero where no word is known."""
        if not len(texts):
            return np.zeros((0, self.vectors_ID.shape[1]), dtype=np.float32)
        return np.concatenate([self.encoder.encode([text]) for text in texts])

    def search(self, query_D: NDArray[np.float32], k: int, mask_I: NDArray[np.bool_]) -> NDArray[np.int32]:
        """Return the k nearest items within the mask."""
        if not query_D.any() or not mask_I.any():
            return np.zeros(0, dtype=np.int32)
        rows_QK, _ = self.index.search(query_D[None], k, mask_I)
        found: NDArray[np.int32] = rows_QK[0][rows_QK[0] >= 0]
        return found


@dataclass(frozen=True)
class Personal:
    """One request by one person, asked of the feed once."""

    query: Query
    parts: FeedParts
    passed: Mapping[int, float] = field(default_factory=dict)
    """What is added to the scores of rows that were passed over."""
    usual: Usual | None = None
    """Keeps what the sources bring to a person from one command to the next."""

    @cached_property
    def taste(self) -> Taste:
        """What the history says."""
        return taste_of(self.query.history, self.query.interests) if self.query.history is not None else Taste()

    @cached_property
    def allowed(self) -> Allowed:
        """What may be shown to this person, whatever they say."""
        return self.parts.screen.allowed(self.taste, self.query.filters)

    def gathered(self, pool: Pool, enough: int, *, keep: Sequence[int] = ()) -> tuple[Pool, Ranked]:
        """Return the pool with its candidates and their personal scores, and all that was ranked.

        Where at least `enough` items are known to meet every preference, only those are looked at; else everything
        in the mask is, and those few, and what the tools nominated. Rows to `keep` are looked at, if they may be shown.
        """
        mask_I, also = pool.mask_I, pool.nominated
        if pool.focus_I is not None:
            focus_I = mask_I & pool.focus_I
            n = int(np.count_nonzero(focus_I))
            if n >= enough:
                mask_I, also = focus_I, also[focus_I[also]]
            elif n:
                also = np.union1d(also, np.flatnonzero(focus_I)).astype(np.int32)
        if len(keep):
            stays = np.array([row for row in keep if pool.mask_I[row]], dtype=np.int32)
            also = np.union1d(also, stays).astype(np.int32)
            if not mask_I[stays].all():
                mask_I = mask_I.copy()
                mask_I[stays] = True
        within = self._within(mask_I)
        ranked = rank(self.query, self.taste, within, self.parts, also=also if len(also) else None, usual=self.usual)
        if self.passed:
            more_C = self._passed(ranked.found.rows)
            ranked = replace(ranked, base_C=ranked.base_C + more_C, total_C=ranked.total_C + more_C)
        kept = ranked.found.kept
        base_C = ranked.total_C[kept].astype(np.float64)
        return replace(pool, rows=ranked.found.rows[kept], base_C=base_C), ranked

    def _passed(self, rows: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return what is added to each of these rows, which ascend."""
        more_C = np.zeros(len(rows), dtype=np.float32)
        passed = np.array(sorted(self.passed), dtype=np.int32)
        at = np.minimum(np.searchsorted(rows, passed), max(len(rows) - 1, 0))
        for place, row in zip(at.tolist(), passed.tolist(), strict=True):
            if len(rows) and rows[place] == row:
                more_C[place] = self.passed[row]
        return more_C

    def _within(self, mask_I: NDArray[np.bool_]) -> Allowed:
        """Return the feed's own filters where the mask asks for no more, else the mask."""
        if mask_I is self.allowed.mask_I:
            return self.allowed
        return Allowed((("demands", lambda rows: mask_I[rows]),), demanding=True)
