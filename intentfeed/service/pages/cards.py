"""One item of the slate as a card: its picture, its own words and price, what it meets, what it was before."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from ...commands.fields import Field, FieldRegistry
from ...commands.normal import key
from ...data.catalog import leaf_name
from ...feed.rounds import Session
from ...types import SlateItem
from ..serving import Frozen, Snapshot
from .pictures import Painter, Picture
from .wording import Wording, wording_in
from .words import Chip, chip

MOST_FACTS, LONGEST_FACT = 2, 32


@dataclass(frozen=True, kw_only=True)
class Mark:
    """Whether an item meets one demand."""

    chip: Chip
    holds: bool


@dataclass(frozen=True, kw_only=True)
class Card:
    """What a card shows."""

    key: str
    """A name for markup that no other item of the slate has."""
    item_id: str
    rank: int
    title: str
    category: str
    brand: str
    price: str
    priced: bool
    """Whether this catalogue has prices at all."""
    facts: tuple[tuple[str, str], ...]
    marks: tuple[Mark, ...]
    reason: str
    move: str
    """That it is new, that it was shown in an earlier round, how far it rose or fell, or nothing."""
    picture: Picture
    refusal: str
    """The command that turns it away."""


def cards(session: Session, snapshot: Snapshot) -> list[Card]:
    """Return the cards of what is on the screen."""
    words = wording_in(snapshot.language)
    chips = {demand.id: chip(demand, snapshot.feed.registry, words) for demand in session.memory.demands}
    pairs = zip(session.slate.items, session.rows, strict=True)
    return [_card(item, row, session, snapshot, chips, words) for item, row in pairs]


def _card(
    item: SlateItem, row: int, session: Session, snapshot: Snapshot, chips: Mapping[str, Chip], words: Wording
) -> Card:
    registry, last = snapshot.feed.registry, session.last
    told = registry.card(row)
    price = registry.held(row, "price") if "price" in registry.fields else None
    unit = registry.fields["price"].unit if "price" in registry.fields else ""
    return Card(
        key=f"i{zlib.crc32(item.item_id.encode('utf-8', 'replace')):08x}",
        item_id=item.item_id,
        rank=item.rank,
        title=item.title or item.item_id,
        category=leaf_name(str(told.get("category", ""))),
        brand=str(told.get("brand", "")),
        price=_price(price, unit) if isinstance(price, float) else "",
        priced="price" in registry.fields,
        facts=_facts(told, registry, words),
        marks=tuple(
            Mark(chip=chips[met.demand_id], holds=met.holds)
            for met in last.meets.get(item.item_id, ())
            if met.demand_id in chips
        ),
        reason=item.reason.text,
        move=_move(item.item_id, session, words),
        picture=painter(snapshot.ws).of(row),
        refusal=words.examples.refusing(item.rank),
    )


_painters: WeakKeyDictionary[Frozen, Painter] = WeakKeyDictionary()


def painter(ws: Frozen) -> Painter:
    """Return who draws the items of a workspace."""
    found = _painters.get(ws)
    if found is None:
        found = _painters[ws] = Painter(ws.interactive.registry, ws.models.catalog)
    return found


def _price(price: float, unit: str) -> str:
    return f"{price:,.2f} {unit}".strip()


def _facts(told: Mapping[str, object], registry: FieldRegistry, words: Wording) -> tuple[tuple[str, str], ...]:
    """Return a few attributes that tell this item from others, and that its title does not tell already."""
    title, found = key(str(told.get("title", ""))), []
    for name, value in told.items():
        field = registry.field(name)
        if name in ("title", "category", "brand", "price") or field is None or field.kind in ("date", "number"):
            continue
        values = [str(one) for one in value] if isinstance(value, list) else [str(value)]
        text = words.comma.join(one for one in values if key(one) not in title and not _is_usual(one, field))
        if 0 < len(text) <= LONGEST_FACT:
            found.append((words.named(name), text))
    return tuple(found[:MOST_FACTS])


def _is_usual(value: str, field: Field) -> bool:
    """Return whether most items have a value, which then says little of any."""
    return bool(field.values) and field.values[0] == value and field.counts[0] * 2 > sum(field.counts)


def _move(item_id: str, session: Session, words: Wording) -> str:
    """Return how an item came to where it is, in the last round; nothing of a first feed, where all is new."""
    last = session.last
    if last.kind == "open":
        return ""
    if any(change.item_id == item_id for change in last.diff.came):
        return words.card.back if any(item_id in one.slate.item_ids for one in session.rounds[:-2]) else words.card.new
    for change in last.diff.moved:
        if change.item_id == item_id and change.rank and change.was:
            step = change.was - change.rank
            return words.card.up.format(n=step) if step > 0 else words.card.down.format(n=-step)
    return ""
