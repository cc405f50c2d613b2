"""What a person did, as tagging needs it: liked events by category, the newest items, searches, the last month."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from ..types import ACTION_CODE, ACTIONS, NO_TIME, History
from .likes import IMPRESSION, liked_events

SEARCH = ACTION_CODE["search"]
DEEDS = {
    "click": "clicked", "detail_view": "viewed", "review_read": "read reviews of", "favorite": "saved",
    "cart": "put in the cart", "purchase": "bought", "rate": "rated", "tag": "tagged", "like": "liked",
    "bookmark": "bookmarked", "comment": "commented on", "follow": "followed", "review": "reviewed",
}  # fmt: skip
"""How each action is told; strongest words are looked for by count, not by order."""


@dataclass(frozen=True, slots=True)
class Past:
    """One person's history, read once."""

    history: History
    liked: NDArray[np.int64]
    """Places in the history of liked events, oldest first."""
    code: NDArray[np.int32]
    """Category of each."""
    items: NDArray[np.int32]
    """Distinct liked items, newest first."""
    queries: tuple[tuple[str, tuple[int, ...]], ...]
    """Distinct searches, newest first, with their event ids."""

    def events_in(self, code: int, most: int) -> NDArray[np.int64]:
        """Return places in the history of the newest liked events in a category, newest first."""
        places: NDArray[np.int64] = self.liked[self.code == code][::-1][:most]
        return places

    def deeds(self, places: NDArray[np.int64]) -> str:
        """Return what these events were, in words: "bought 2× and viewed 1×"."""
        count = Counter(ACTIONS[code] for code in self.history.action[places].tolist())
        told = [f"{DEEDS[action]} {n}×" for action, n in sorted(count.items(), key=lambda pair: (-pair[1], pair[0]))]
        return told[0] if len(told) == 1 else ", ".join(told[:-1]) + " and " + told[-1]


def read_past(history: History, category_I: NDArray[np.int32], *, newest: int, queries: int) -> Past:
    """Return the history as tagging needs it: at most `newest` distinct items and `queries` distinct searches."""
    liked = liked_events(history)
    backwards = history.item[liked][::-1]
    _, first = np.unique(backwards, return_index=True)
    items = backwards[np.sort(first)][:newest].astype(np.int32)
    code = category_I[history.item[liked]].astype(np.int32)
    return Past(history, liked, code, items, _searches(history, queries))


def _searches(history: History, most: int) -> tuple[tuple[str, tuple[int, ...]], ...]:
    found: dict[str, list[int]] = {}
    for place in np.flatnonzero(history.action == SEARCH)[::-1].tolist():
        text = (history.query[place] or "").strip().lower()[:200]
        if text and (text in found or len(found) < most):
            found.setdefault(text, []).append(int(history.event_id[place]))
    return tuple((text, tuple(ids)) for text, ids in found.items())


def recent(history: History, as_of: date, days: int, most: int) -> tuple[NDArray[np.int32], list[str]]:
    """Return the items met and the texts searched in the `days` up to and including `as_of`, newest first, once each.

    Impressions do not count: nobody asked for them. A log without time has no last days.
    """
    end = datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC) + timedelta(days=1)
    low, high = int((end - timedelta(days=days)).timestamp()), int(end.timestamp())
    inside = (history.time_s != NO_TIME) & (history.time_s >= low) & (history.time_s < high)
    inside &= history.action != IMPRESSION
    backwards = history.item[inside & (history.item >= 0)][::-1]
    _, first = np.unique(backwards, return_index=True)
    items = backwards[np.sort(first)][:most].astype(np.int32)
    places = np.flatnonzero(inside & (history.action == SEARCH))[::-1].tolist()
    texts = dict.fromkeys((history.query[place] or "").strip().lower()[:200] for place in places)
    return items, [text for text in texts if text][:most]
