"""Demands, actions, numbers and days as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from ...commands.days import day_at
from ...commands.fields import FieldRegistry
from ...commands.records import Constraint, Demand, Scope, Value
from ...data.catalog import leaf_name

Sign = Literal["must be", "must not be", "rather", "rather not"]
SCOPES: Mapping[Scope, str] = {"session": "this session", "season": "this season", "always": "always"}
ENDED = {
    "retracted": "taken back",
    "replaced": "replaced",
    "cleared": "cleared",
    "reset": "cleared by a fresh start",
    "expired": "ran out",
    "undone": "undone",
    "contradicted": "contradicted",
    "suspended": "set aside for this session",
    "undecidable": "no longer known of the items",
}
ACTED = {
    "impression": "shown", "click": "clicked", "detail_view": "looked at", "review_read": "read reviews of",
    "search": "searched", "favorite": "kept", "cart": "put in the cart", "purchase": "bought", "rate": "rated",
    "tag": "tagged", "like": "liked", "bookmark": "bookmarked", "comment": "commented on", "follow": "followed",
    "review": "reviewed",
}  # fmt: skip
BOUNDS = {"lt": "under", "le": "up to", "gt": "over", "ge": "from"}
IN_TIME = {**BOUNDS, "lt": "before", "gt": "after"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One demand as a chip."""

    id: str
    label: str
    sign: Sign
    wanted: bool
    hard: bool
    about: str
    """The field or facet."""
    quote: str
    round: int
    scope: Scope
    until: date | None


def chip(demand: Demand, registry: FieldRegistry) -> Chip:
    """Return a demand in few words: what it is about, whether it must be or had better be, and who said so when."""
    wanted, hard = demand.polarity == "positive", isinstance(demand, Constraint)
    sign: Sign = ("must be" if wanted else "must not be") if hard else ("rather" if wanted else "rather not")
    return Chip(
        id=demand.id,
        label=label(demand, registry),
        sign=sign,
        wanted=wanted,
        hard=hard,
        about=plainly(demand.field if isinstance(demand, Constraint) else demand.facet),
        quote=demand.quote,
        round=demand.round,
        scope=demand.scope,
        until=demand.until,
    )


def label(demand: Demand, registry: FieldRegistry) -> str:
    """Return what a demand names, wanted or not: `price under 50`, `green or blue`, `floral print`."""
    if not isinstance(demand, Constraint):
        return leaf_name(demand.text) if demand.facet == "category" else demand.text
    field = registry.field(demand.field)
    kind, unit = (field.kind, demand.unit or field.unit) if field else ("value", demand.unit)
    if kind not in ("number", "date"):
        return " or ".join(leaf_name(one) if kind == "category" else one for one in _texts(demand.value))
    name = plainly(demand.field)
    numbers = [_quantity(one, kind, unit) for one in _numbers(demand.value)]
    if demand.op == "between" and len(numbers) == 2:
        about = "around " if demand.approximate else ""
        return f"{name} {about}{numbers[0]} to {numbers[1]}"
    bounds = IN_TIME if kind == "date" or unit == "year" else BOUNDS
    return " ".join(part for part in (name, bounds.get(demand.op, ""), " or ".join(numbers)) if part)


def number(value: float, unit: str = "") -> str:
    """Return a number without needless digits: 50, 49.90, 1,200; a year as it is."""
    whole = float(value).is_integer()
    text = f"{value:,.0f}" if whole else f"{value:,.2f}"
    if unit == "year":
        return f"{value:.0f}"
    return f"{text} {unit}" if unit else text


def day(value: object) -> str:
    """Return a day as 3 May 2025, from a date, a time or ISO text; '' of nothing."""
    if not value:
        return ""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    assert isinstance(value, date)
    return f"{value.day} {value:%b %Y}"


def acted(action: str) -> str:
    """Return an action as what somebody did: `bought`."""
    return ACTED.get(action, plainly(action))


def counted(n: int, one: str, more: str = "") -> str:
    """Return a number with its noun: 1 event, 2 events."""
    return f"{n:,} {one if n == 1 else more or one + 's'}"


def plainly(name: str) -> str:
    """Return a name of the data with blanks: `frame_material` → `frame material`."""
    return name.replace("_", " ").replace(".", " ")


def _texts(value: Value) -> list[str]:
    return [str(one) for one in value] if isinstance(value, tuple) else [str(value)]


def _numbers(value: Value) -> Sequence[float | str]:
    return value if isinstance(value, tuple) else (value,)


def _quantity(value: float | str, kind: str, unit: str) -> str:
    if isinstance(value, str):
        return value
    return day(day_at(value)) if kind == "date" else number(value, unit)
