"""Command-blind: what the log alone foretells, in the same order for ever, or advancing past what was shown."""

from __future__ import annotations

import numpy as np

from ....simulate.gold import Gold
from ....simulate.sessions import Asked, Feed
from ....types import History
from ...recommender import ReadsEvents, Recommender

PAGES = 6
"""Slates that a list holds: the first, and one for each of T_max commands."""
F = 10


class BlindLoop:
    """Any recommender of the referee's table; what is typed changes nothing (RecBot, 10: SASRec and the like)."""

    def __init__(
        self, name: str, recommender: Recommender, *, exclude_seen: bool = True, exclude_shown: bool = False
    ) -> None:
        self.name, self.recommender = name, recommender
        self.exclude_seen, self.exclude_shown = exclude_seen, exclude_shown

    def open(self, asked: Asked) -> Feed:
        """Return the common first feed; the recommender's own list waits behind it."""
        ranked = [row for row in self._ranked(asked.history) if not self.exclude_shown or row not in asked.first]
        return Feed(rows=asked.first, state=(0, tuple(ranked)))

    def command(self, feed: Feed, text: str, gold: Gold) -> Feed:
        """Return the list, from its start or from where the last slate ended."""
        del text, gold
        page, ranked = feed.state
        start = page * F if self.exclude_shown else 0
        return Feed(rows=ranked[start : start + F], state=(page + 1, ranked))

    def _ranked(self, history: History) -> list[int]:
        k = F * PAGES
        if isinstance(self.recommender, ReadsEvents):
            ids_PK, _ = self.recommender.recommend_events([history], k, exclude_seen=self.exclude_seen)
        else:
            rows = np.asarray(history.item, dtype=np.int32)
            ids_PK, _ = self.recommender.recommend_many([rows], k, exclude_seen=self.exclude_seen)
        return [row for row in ids_PK[0].tolist() if row >= 0]
