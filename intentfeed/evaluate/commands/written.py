"""Commands that people wrote, with gold by hand → records: wishes become demands, hard or soft by the registry."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np

from ...commands.days import read_day
from ...commands.fields import Field, FieldRegistry
from ...commands.records import (
    Constraint,
    Demand,
    Feedback,
    Memory,
    Op,
    Polarity,
    Preference,
    Scope,
    Value,
)
from ...errors import DataError
from ...simulate.bounds import AROUND
from ...simulate.gold import Gold, about_of
from ...simulate.traits import ABOUT
from .match import shares_word

FREE = ("about", "is")
SCOPES: dict[str, Scope] = {scope: scope for scope in get_args(Scope)}


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenGold:
    """A gold as records, and what of it no field of this catalogue can hold."""

    gold: Gold
    unscorable: tuple[str, ...] = ()


def gold_in(held: Mapping[str, Any], rows: Sequence[int], registry: FieldRegistry, memory: Memory) -> WrittenGold:
    """Return the gold of a command in front of the shown `rows`."""
    feedback = str(held.get("feedback", "new"))
    if feedback not in get_args(Feedback):
        raise DataError(f"there is no feedback {feedback!r}: choose one of {', '.join(get_args(Feedback))}")
    add: list[Demand] = []
    lost: list[str] = []
    for wish in held.get("wishes") or []:
        demand = demand_in(wish, rows, registry)
        if demand is None:
            lost.append(f"{wish.get('field')} {wish.get('op')} {wish.get('value')}")
        else:
            add.append(demand)
    retracts = tuple(
        one for named in held.get("retracts") or [] if (one := _retracted(named, rows, registry, memory)) is not None
    )
    clears = tuple(str(name) for name in held.get("clears") or [])
    gold = Gold(feedback=feedback, add=tuple(add), retracts=retracts, clears=clears)  # type: ignore[arg-type]
    return WrittenGold(gold=gold, unscorable=tuple(lost))


def written_memory(before: Sequence[Mapping[str, Any]], rows: Sequence[int], registry: FieldRegistry) -> Memory:
    """Return what held before a command, oldest first: wishes as those of a gold, each under its own id."""
    held: list[Demand] = []
    for number, wish in enumerate(before, start=1):
        demand = demand_in(wish, rows, registry)
        if demand is not None:
            held.append(replace(demand, id=str(wish.get("id") or f"c{number}"), round=number))
    return Memory(demands=tuple(held), next_number=len(before) + 1)


def demand_in(wish: Mapping[str, Any], rows: Sequence[int], registry: FieldRegistry) -> Demand | None:
    """Return one wish as a demand: hard or soft by the registry, a relative number by the shown rows; None where no
    field can hold it."""
    polarity: Polarity = "negative" if wish.get("polarity") in ("negative", "-", "unwanted") else "positive"
    name, op, value = str(wish.get("field") or ABOUT), str(wish.get("op") or "eq"), wish.get("value")
    known = registry.field(name)
    quote, scope = str(wish.get("quote") or ""), SCOPES.get(str(wish.get("lasts") or "session"), "session")
    if known is None or known.kind == "text" or (op in FREE and known.kind not in ("number", "date")):
        return Preference(
            polarity=polarity, facet=name if known else ABOUT, text=_said(value), quote=quote, scope=scope
        )
    if known.kind in ("number", "date"):
        found = _number(op, value, known, rows, registry)
        if found is None:
            return None
        told, numbers, approximate = found
        return Constraint(polarity=polarity, field=name, op=told, value=numbers, unit=known.unit, quote=quote,
                          approximate=approximate, scope=scope)  # fmt: skip
    if not known.hard:
        return Preference(polarity=polarity, facet=name, text=_said(value), quote=quote, scope=scope)
    many = isinstance(value, list | tuple)
    parts: Value = tuple(str(part) for part in value) if many and value is not None else str(value)
    return Constraint(polarity=polarity, field=name, op="in" if many else "eq", value=parts, quote=quote, scope=scope)


def _number(
    op: str, value: Any, field: Field, rows: Sequence[int], registry: FieldRegistry
) -> tuple[Op, Value, bool] | None:
    """Return operator, number or range, and whether it is approximate."""
    if isinstance(value, Mapping) and "than" in value:
        places = value["than"] if isinstance(value["than"], list) else [value["than"]]
        shown = [rows[int(place) - 1] for place in places if 1 <= int(place) <= len(rows)] or list(rows)
        numbers = registry.numbers_I(field.name)[shown]
        known = numbers[np.isfinite(numbers)]
        value = float(np.median(known)) if len(known) else math.nan
    if op == "about":
        middle = _as_number(value, field)
        return None if middle is None else ("between", ((1 - AROUND) * middle, (1 + AROUND) * middle), True)
    if op == "between":
        ends = [_as_number(part, field) for part in value] if isinstance(value, list | tuple) else []
        if len(ends) != 2 or ends[0] is None or ends[1] is None:
            return None
        return "between", (min(ends[0], ends[1]), max(ends[0], ends[1])), False
    number = _as_number(value, field)
    if number is None or op not in get_args(Op):
        return None
    return op, number, False  # type: ignore[return-value]


def _as_number(value: Any, field: Field) -> float | None:
    """Return a number, of a date its ordinal day; None where it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if math.isfinite(value) else None
    day = read_day(str(value)) if field.kind == "date" else None
    if day is not None:
        return float(day.toordinal())
    try:
        return float(str(value))
    except ValueError:
        return None


def _retracted(named: Any, rows: Sequence[int], registry: FieldRegistry, memory: Memory) -> Demand | None:
    """Return what is taken back: named by its id, its place in `before`, its field, or as a wish."""
    if isinstance(named, Mapping):
        return demand_in(named, rows, registry)
    if isinstance(named, int):
        return memory.demands[named - 1] if 1 <= named <= len(memory.demands) else None
    known = memory.demand(str(named))
    if known is not None:
        return known
    exact = (one for one in memory.demands if about_of(one) == named or named in (one.quote, _plain(one)))
    alike = (one for one in memory.demands if shares_word(str(named), _plain(one)))
    return next(exact, None) or next(alike, None)


def _plain(demand: Demand) -> str:
    return str(demand.value) if isinstance(demand, Constraint) else demand.text


def _said(value: Any) -> str:
    return " ".join(str(part) for part in value) if isinstance(value, list | tuple) else str(value)
