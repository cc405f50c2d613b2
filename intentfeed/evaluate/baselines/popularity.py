"""Popularity: what most people had. The floor under every table."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...data.catalog import Catalog
from ...types import Interactions
from ..recommender import Histories, Lists, chunks, stack, top_k


class Popularity:
    """Ranks by the number of people who had an item; the same list for everybody, but for what they have seen."""

    name: ClassVar[str] = "popularity"

    def __init__(self) -> None:
        self.people_I: NDArray[np.float32] = np.zeros(0, dtype=np.float32)
        """How many people had each item [I]."""

    def fit(self, interactions: Interactions, catalog: Catalog) -> None:
        """Count people, not events: one person's hundred views of an item are one."""
        pairs = np.unique(interactions.user.astype(np.int64) * len(catalog) + interactions.item)
        self.people_I = np.bincount(pairs % len(catalog), minlength=len(catalog)).astype(np.float32)

    def recommend_many(self, histories: Histories, k: int, *, exclude_seen: bool) -> Lists:
        """Return the most popular items, for each history the same."""
        found = [
            top_k(np.tile(self.people_I, (len(piece), 1)), piece, k, exclude_seen=exclude_seen)
            for piece in chunks(histories)
        ]
        return stack(found, k)
