"""Demands and numbers as a person reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ...commands.days import day_at
from ...commands.fields import FieldRegistry
from ...commands.records import Constraint, Demand, Scope, Value
from ...data.catalog import leaf_name
from .wording import Wording
from .wording.names import DemandWords


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One demand as a chip."""

    id: str
    label: str
    sign: str
    """Whether it must be, or had better be, or the contrary."""
    wanted: bool
    hard: bool
    about: str
    """The field or facet."""
    quote: str
    round: int
    scope: Scope
    until: date | None


def chip(demand: Demand, registry: FieldRegistry, words: Wording) -> Chip:
    """Return a demand in few words: what it is about, whether it must be or had better be, and who said so when."""
    wanted, hard = demand.polarity == "positive", isinstance(demand, Constraint)
    told = words.demands
    sign = (told.must_be if wanted else told.must_not_be) if hard else (told.rather if wanted else told.rather_not)
    return Chip(
        id=demand.id,
        label=label(demand, registry, words),
        sign=sign,
        wanted=wanted,
        hard=hard,
        about=words.named(demand.field if isinstance(demand, Constraint) else demand.facet),
        quote=demand.quote,
        round=demand.round,
        scope=demand.scope,
        until=demand.until,
    )


def label(demand: Demand, registry: FieldRegistry, words: Wording) -> str:
    """Return what a demand names, wanted or not: `price under 50`, `green or blue`, `floral print`."""
    if not isinstance(demand, Constraint):
        return leaf_name(demand.text) if demand.facet == "category" else demand.text
    field = registry.field(demand.field)
    kind, unit = (field.kind, demand.unit or field.unit) if field else ("value", demand.unit)
    if kind not in ("number", "date"):
        return words.demands.any_of.join(leaf_name(one) if kind == "category" else one for one in _texts(demand.value))
    name = words.named(demand.field)
    numbers = [words.days.of(day_at(one)) if kind == "date" and not isinstance(one, str) else _quantity(one, unit)
               for one in _numbers(demand.value)]  # fmt: skip
    if demand.op == "between" and len(numbers) == 2:
        range_of = words.demands.around if demand.approximate else words.demands.between
        return range_of.format(field=name, low=numbers[0], high=numbers[1])
    bound = _bound(demand.op, words.demands, in_time=kind == "date" or unit == "year")
    return bound.format(field=name, values=words.demands.any_of.join(numbers))


def _bound(op: str, words: DemandWords, *, in_time: bool) -> str:
    """Return the sentence of a bound."""
    plain = {"lt": words.under, "le": words.at_most, "gt": words.over, "ge": words.at_least}
    timed = {"lt": words.before, "le": words.until, "gt": words.after, "ge": words.since}
    return (timed if in_time else plain).get(op, words.equals)


def number(value: float, unit: str = "") -> str:
    """Return a number without needless digits: 50, 49.90, 1,200; a year as it is."""
    whole = float(value).is_integer()
    text = f"{value:,.0f}" if whole else f"{value:,.2f}"
    if unit == "year":
        return f"{value:.0f}"
    return f"{text} {unit}" if unit else text


def counted(n: int, one: str, more: str = "") -> str:
    """Return a number with its noun: 1 event, 2 events."""
    return f"{n:,} {one if n == 1 else more or one + 's'}"


def _texts(value: Value) -> list[str]:
    return [str(one) for one in value] if isinstance(value, tuple) else [str(value)]


def _numbers(value: Value) -> Sequence[float | str]:
    return value if isinstance(value, tuple) else (value,)


def _quantity(value: float | str, unit: str) -> str:
    return value if isinstance(value, str) else number(value, unit)
