"""What one could say now: commands made from this catalogue and from what is on the screen, each one understood."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date

import numpy as np

from ...commands.normal import key
from ...commands.records import Command, Delta, Shown
from ...data.catalog import leaf_name
from ...feed.rounds import Session
from ..serving import Snapshot
from .wording import wording_in
from .wording.names import ExampleWords

MOST = 5
MOST_VALUES = 60
"""Values of a field that are usual enough to be proposed."""
LONGEST = 48
"""Characters of an example."""


def examples(session: Session, snapshot: Snapshot, today: date) -> list[str]:
    """Return a few commands that the parser understands whole, of different kinds, none of which holds already."""
    found: list[str] = []
    asked = {demand.quote for demand in session.memory.demands}
    for text in _thought_of(session, snapshot):
        if text in found or text in asked or len(text) > LONGEST:
            continue
        if _understood(text, session, snapshot, today):
            found.append(text)
        if len(found) == MOST:
            break
    return found


def _understood(text: str, session: Session, snapshot: Snapshot, today: date) -> bool:
    shown = tuple(Shown(position=at, row=row) for at, row in enumerate(session.rows, start=1))
    told = Command(text=text, slate=shown, memory=session.memory, round=session.round + 1, today=today)
    parser = snapshot.feed.parser
    delta: Delta = getattr(parser, "grounded", parser).parse(told)  # no model is asked whether it would understand
    return bool(delta.add) and not delta.ignored


def _thought_of(session: Session, snapshot: Snapshot) -> Iterator[str]:
    words = wording_in(snapshot.language).examples
    if not session.rows:
        return
    yield from _cheaper(session, snapshot, words)
    yield from _values(session, snapshot, words)
    yield from _brands(session, snapshot, words)
    if len(session.rows) > 1:
        yield words.more_like
    yield from _recent(session, snapshot, words)
    yield from _others(session, snapshot, words)


def _cheaper(session: Session, snapshot: Snapshot, words: ExampleWords) -> Iterator[str]:
    """Yield a bound that about half of what is shown would meet."""
    field = snapshot.feed.registry.field("price")
    if field is None or not field.hard:
        return
    shown = snapshot.feed.registry.numbers_I("price")[list(session.rows)]
    if np.isfinite(shown).sum() >= 2 and (middle := float(np.nanmedian(shown))) > 0:
        step = 10 ** math.floor(math.log10(middle)) / 2
        yield words.under.format(number=f"{max(round(middle / step), 1) * step:g}")


def _values(session: Session, snapshot: Snapshot, words: ExampleWords) -> Iterator[str]:
    """Yield a value that can be read in a title on the screen, and that much of the catalogue has: `only white`."""
    registry, catalog = snapshot.feed.registry, snapshot.ws.models.catalog
    found: dict[str, int] = {}
    for name, field in registry.fields.items():
        if field.kind not in ("value", "list") or name == "brand":
            continue
        usual = dict(zip(field.values[:MOST_VALUES], field.counts, strict=False))
        for row in session.rows:
            held = registry.held(row, name)
            for value in held if isinstance(held, tuple) else ():
                if value in usual and not any(map(str.isdigit, value)) and key(value) in key(catalog.titles[row]):
                    found[value.lower()] = usual[value]
    if found:
        yield words.only.format(value=max(found, key=lambda value: (found[value], value)))


def _brands(session: Session, snapshot: Snapshot, words: ExampleWords) -> Iterator[str]:
    """Yield the brand that is shown most, unwanted."""
    registry = snapshot.feed.registry
    if "brand" in registry.fields:
        held = [found[0] for row in session.rows if isinstance(found := registry.held(row, "brand"), tuple)]
        if held:
            yield words.not_from.format(brand=max(held, key=lambda brand: (held.count(brand), brand)))


def _others(session: Session, snapshot: Snapshot, words: ExampleWords) -> Iterator[str]:
    """Yield something that the person cares about, or that the catalogue is full of, and that is not on the screen."""
    catalog = snapshot.ws.models.catalog
    shown = {str(catalog.field(row, "category")) for row in session.rows}
    interests = [path for one in session.interests for path in one.categories[:1]]
    field = snapshot.feed.registry.field("category")
    usual = [path for path in (field.values if field else ()) if path in set(catalog.categories)][:40]
    for path in [*interests, *usual]:
        if path and path not in shown:
            yield words.kind.format(kind=leaf_name(path).lower())


def _recent(session: Session, snapshot: Snapshot, words: ExampleWords) -> Iterator[str]:
    """Yield a bound on a year, where the items have one: films, books."""
    registry = snapshot.feed.registry
    for name, field in registry.fields.items():
        if field.unit == "year" and field.hard:
            middle = np.nanmedian(registry.numbers_I(name)[list(session.rows)])
            if np.isfinite(middle):
                yield words.after.format(year=int(middle))
