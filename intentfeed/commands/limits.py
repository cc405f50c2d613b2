"""Limits on numbers, as a model says them: which comparison they mean, and whether the person said such a number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from .amounts import Span, numbers_in, sizes
from .days import on_calendar
from .fields import Field
from .reading.cues import load_cues
from .reading.numbers import amount_at
from .reading.tokens import tokenise
from .records import Constraint, Demand, Op
from .units import Unit, unit, units

AROUND = 0.2
"""`around 200` is 200 ± 20 % (RecBot, 3.3)."""
AROUND_YEARS = 3
"""`around 1999` is three years to either side [ours], as the grounded parser has it: a fifth of it says nothing."""
FORGIVEN = 100.0
"""A year or a date may lie this many times the catalogue's own range beyond its ends."""
_ANY_DAY = date(2000, 1, 1)
"""For numbers that no date bears on."""
_OPPOSITE: dict[Op, Op] = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt"}
_LOWER, _UPPER = ("gt", "ge"), ("lt", "le")

Bound = float | tuple[float, float]


def compared(field: Field, op: str, spans: Sequence[Span]) -> tuple[Op, Bound] | None:
    """Return comparison and value; of a span such as a whole year the end that is meant. None where it says nothing.

    Days stay on the calendar, however far `around` reaches.
    """
    low, high = min(span[0] for span in spans), max(span[1] for span in spans)
    match op:
        case "lt" | "less":
            return "lt", low
        case "ge":
            return "ge", low
        case "gt" | "more":
            return "gt", high
        case "le":
            return "le", high
        case "around" | "like":
            margin = AROUND * abs(low + high) / 2
            if field.unit == "year" or field.kind == "date":
                margin = AROUND_YEARS * (365.25 if field.kind == "date" else 1.0)
            low, high = low - margin, high + margin
            return "between", (on_calendar(low), on_calendar(high)) if field.kind == "date" else (low, high)
        case "between" | "in" | "eq" | "contains":
            return ("eq", low) if low == high else ("between", (low, high))
    return None


def as_wanted(constraint: Constraint) -> Constraint:
    """Return a limit in its one form, so that a later one is known to be about the same: what may stay, not what goes.

    "Nothing over 100" and "at most 100" are the same demand. What refuses single values or a range stays as it is.
    """
    if constraint.polarity == "positive" or constraint.op not in _OPPOSITE:
        return constraint
    return replace(constraint, polarity="positive", op=_OPPOSITE[constraint.op])


def met_together(demands: Iterable[Demand]) -> list[Demand]:
    """Return the demands with a lower and an upper limit of one field as one range: memory holds one limit a field."""
    kept: list[Demand] = []
    for demand in demands:
        other = next((each for each in kept if _closes(each, demand)), None)
        if other is None:
            kept.append(demand)
            continue
        assert isinstance(other, Constraint)
        assert isinstance(demand, Constraint)
        ends = sorted(each.value for each in (other, demand) if isinstance(each.value, float))
        quote = demand.quote if other.quote in demand.quote else other.quote
        kept[kept.index(other)] = replace(other, op="between", value=(ends[0], ends[1]), quote=quote)
    return kept


def _closes(one: Demand, other: Demand) -> bool:
    """Return whether two limits leave a range between them."""
    if not isinstance(one, Constraint) or not isinstance(other, Constraint):
        return False
    if (one.field, one.polarity) != (other.field, other.polarity):
        return False
    lower, upper = (one, other) if one.op in _LOWER else (other, one)
    if lower.op not in _LOWER or upper.op not in _UPPER:
        return False
    return isinstance(lower.value, float) and isinstance(upper.value, float) and lower.value <= upper.value


def was_said(span: Span, field: Field, quote: str) -> bool:
    """Return whether a number is the person's: it stands in the quote, in digits or words, in any unit of its kind.

    Years and dates may be meant otherwise ("the nineties", "recent"): of those only the size is judged.
    """
    if field.kind == "date" or field.unit == "year":
        low, high = field.low or 0.0, field.high or 0.0
        margin = FORGIVEN * max(high - low, 1.0)
        return low - margin <= span[0] and span[1] <= high + margin
    return any(abs(number - span[0]) <= 1e-6 * max(1.0, abs(span[0])) for number in _numbers_of(quote, field.unit))


def _numbers_of(quote: str, name: str) -> Iterator[float]:
    """Yield the numbers of a quote, those in words by the grounded parser's reading: as they are, and in other units
    of the kind that the words or the field have."""
    own = unit(name) if name else None
    for number in numbers_in(quote):
        yield number
        if own is not None:
            yield from (number * other.factor / own.factor for other in _alike(own))
    tokens, cues = tokenise(quote), load_cues()
    for at in range(len(tokens)):
        if (found := amount_at(tokens, at, cues, _ANY_DAY)) is not None:
            amount, given = found[1], unit(found[1].unit) if found[1].unit else None
            for end in (amount.low, amount.high):
                yield from sizes(end, given) if given else (end,)


def _alike(own: Unit) -> list[Unit]:
    """Return all units of the same kind."""
    return [other for other in units().values() if other.kind == own.kind]
