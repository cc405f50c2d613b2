"""A feed over the toy shop that can be told things by hand-written deltas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from intentfeed.commands.fields import FieldRegistry
from intentfeed.commands.records import Command, Constraint, Delta, Preference
from intentfeed.feed.interactive import InteractiveFeed
from intentfeed.feed.parts import FeedParts
from intentfeed.feed.rounds import Session

from .worlds import history

TODAY = date(2026, 10, 1)


def hard(field: str, op: Any, value: Any, quote: str, **more: Any) -> Constraint:
    return Constraint(**{"polarity": "positive", "field": field, "op": op, "value": value, "quote": quote, **more})


def soft(facet: str, text: str, quote: str, **more: Any) -> Preference:
    return Preference(**{"polarity": "positive", "facet": facet, "text": text, "quote": quote, **more})


SAID: dict[str, Delta] = {
    "under 30": Delta(feedback="new", add=(hard("price", "le", 30.0, "under 30"),)),
    "under 20": Delta(feedback="new", add=(hard("price", "le", 20.0, "under 20"),)),
    "tents": Delta(feedback="new", add=(soft("category", "Tent", "tents"),)),
    "kettles": Delta(feedback="new", add=(soft("category", "Kettle", "kettles"),)),
    "no Acme": Delta(feedback="new", add=(soft("brand", "Acme", "no Acme", polarity="negative"),)),
    "never Acme": Delta(feedback="new", add=(hard("brand", "eq", "Acme", "never Acme", polarity="negative"),)),
    "never Bolt": Delta(feedback="new", add=(hard("brand", "eq", "Bolt", "never Bolt", polarity="negative"),)),
    "something blue": Delta(feedback="new", add=(soft("colors", "Blue", "something blue"),)),
    "around 14": Delta(
        feedback="new", add=(hard("price", "between", (11.2, 16.8), "around 14", approximate=True),)
    ),
    "from Nobody": Delta(feedback="new", add=(hard("brand", "eq", "Nobody", "from Nobody"),)),
    "forget the price": Delta(feedback="revise", clear_fields=("price",)),
    "lovely": Delta(feedback="satisfied"),
    "start over": Delta(feedback="reset"),
    "something round": Delta(feedback="new", add=(soft("about", "round", "something round"),)),
    "": Delta(feedback="neutral"),
}  # fmt: skip


@dataclass
class Reads:
    """Knows these sentences, and keeps what it was shown."""

    seen: list[Command] = field(default_factory=list)

    def parse(self, command: Command) -> Delta:
        self.seen.append(command)
        return SAID[command.text]


def feed_of(parts: FeedParts, **more: Any) -> InteractiveFeed:
    return InteractiveFeed.build(parts, _reads, **more)


def _reads(_registry: FieldRegistry) -> Reads:
    return Reads()


def session(feed: InteractiveFeed, *said: str, past: Sequence[int] = (0, 1, 2), k: int = 5, **more: Any) -> Session:
    """Return a session after some sentences."""
    found = feed.open(session_id="s1", history=history(past), today=TODAY, k=k, **more)
    for text in said:
        found = feed.command(found, text, today=TODAY)
    return found


def rows(found: Session) -> list[int]:
    return [int(item_id[1:]) for item_id in found.slate.item_ids]
