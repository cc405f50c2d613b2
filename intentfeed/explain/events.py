"""What the log says of an event, and what a sentence may call it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from ..types import ACTIONS, History

DEEDS = {
    "purchase": "purchase", "cart": "cart pick", "favorite": "favourite", "detail_view": "earlier view",
    "review_read": "earlier read", "rate": "rating", "tag": "tagged item", "like": "like", "bookmark": "bookmark",
    "comment": "comment", "follow": "follow", "review": "review",
}  # fmt: skip
"""What an action is called in a sentence."""
TOGETHER = "together"


@dataclass(frozen=True, slots=True)
class EventFact:
    """What the raw log says of one event."""

    user_id: str
    action: str
    item: int
    """Row of the catalogue; -1 for a search."""


EventLookup = Callable[[int], EventFact | None]
"""Maps an event id to what the log says, or None where it has no such event."""


class Together(Protocol):
    """Knows how many people chose both of two items."""

    def others(self, item: int, other: int, *, own: Collection[int]) -> int:
        """Return how many people acted on both, beside the one whose own choices are given."""
        ...


def lookup_of(history: History) -> EventLookup:
    """Return a lookup that knows one person's events."""
    facts = {
        int(event): EventFact(history.user_id, ACTIONS[int(action)], int(item))
        for event, action, item in zip(history.event_id, history.action, history.item, strict=True)
    }
    return facts.get
