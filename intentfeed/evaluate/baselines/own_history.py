"""Own history: what somebody had, again. The floor wherever items are bought more than once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ...data.catalog import Catalog
from ...types import Interactions, Settings
from ..recommender import CannotRun, Histories, Lists, chunks, stack, top_k
from .popularity import Popularity
from .recency import recency_rows


class OwnHistoryConfig(Settings):
    """How the past is weighed."""

    recency: float = Field(default=0.9, gt=0, le=1)
    """Weight of an event beside the one after it; 1 counts how often, near 0 only when last."""


class OwnHistory:
    """Ranks what the history holds by frequency and recency, then everything else by popularity."""

    name: ClassVar[str] = "own-history"

    def __init__(self, config: OwnHistoryConfig | None = None) -> None:
        self.config = config or OwnHistoryConfig()
        self._popular_I: NDArray[np.float32] = np.zeros(0, dtype=np.float32)

    def fit(self, interactions: Interactions, catalog: Catalog) -> None:
        """Count people, for the end of the list."""
        popular = Popularity()
        popular.fit(interactions, catalog)
        self._popular_I = popular.people_I / (popular.people_I.max(initial=0) + 1)

    def recommend_many(self, histories: Histories, k: int, *, exclude_seen: bool) -> Lists:
        """Return the history's items again, then what is popular.

        Raises:
            CannotRun: what was seen is to be left out.
        """
        if exclude_seen:
            raise CannotRun("only new items are asked for, and this one repeats the old")
        found = []
        for piece in chunks(histories):
            own_PI = recency_rows(piece, len(self._popular_I), self.config.recency).toarray()
            scores_PI = np.where(own_PI > 0, 1 + own_PI, self._popular_I[None])
            found.append(top_k(scores_PI, piece, k, exclude_seen=False))
        return stack(found, k)

    def variants(self) -> Iterator[OwnHistory]:
        """Yield last first, most frequent first and between, the likeliest first; the popularity is shared."""
        for recency in (0.3, 0.9, 0.7, 0.5, 0.8, 0.95, 1.0):
            other = OwnHistory(OwnHistoryConfig(recency=recency))
            other._popular_I = self._popular_I
            yield other
