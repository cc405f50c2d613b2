"""Demands of one command put together: repeats go, choices of one field and the ends of one range become one. [ours]"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..fields import FieldRegistry
from ..records import Constraint, Demand, Preference


def without_replaced(demands: Sequence[Demand], compared: Sequence[Demand]) -> list[Demand]:
    """Return the demands without comparisons on a field that an amount bounds too: `newer please, 2010 or later`."""
    bounded = {one.field for one in demands if isinstance(one, Constraint) and one not in compared and numbers(one)}
    return [one for one in demands if not (one in compared and isinstance(one, Constraint) and one.field in bounded)]


def without_contrary(demands: Sequence[Demand]) -> list[Demand]:
    """Return the demands without those that a later one says the contrary of: `Socks again? No socks!`."""
    return [one for at, one in enumerate(demands) if not any(_contrary(one, other) for other in demands[at + 1 :])]


def _contrary(one: Demand, other: Demand) -> bool:
    return one.polarity != other.polarity and _said(one) == _said(other)


def _said(demand: Demand) -> tuple[str, object]:
    if isinstance(demand, Preference):
        return demand.facet, demand.text.casefold()
    return f"{demand.field} {demand.op}", demand.value


def merged(demands: Sequence[Demand], registry: FieldRegistry) -> list[Demand]:
    """Return the demands without repeats; several values of a field that has one at a time become one demand."""
    found: list[Demand] = []
    for demand in demands:
        place = next((at for at, other in enumerate(found) if _same_slot(demand, other, registry)), None)
        if place is None:
            found.append(demand)
        else:
            found[place] = either(found[place], demand)
    return found


def _same_slot(one: Demand, other: Demand, registry: FieldRegistry) -> bool:
    if isinstance(one, Preference) and isinstance(other, Preference):
        return (
            one.facet == other.facet and one.polarity == other.polarity and one.text.casefold() == other.text.casefold()
        )
    if not (isinstance(one, Constraint) and isinstance(other, Constraint)):
        return False
    if one.field != other.field or one.polarity != other.polarity:
        return False
    if one.op in ("eq", "in") and other.op in ("eq", "in"):
        if one.polarity == "negative" and one.value != other.value and not one.quote.startswith(other.quote):
            return False  # each refused by a word of its own
        single = registry.fields[one.field].kind in ("value", "category")
        return (single and isinstance(one.value, str | tuple) and one.scope == other.scope) or one.value == other.value
    return (one.op == other.op and one.value == other.value) or _closes(one, other)


def is_choice(last: Demand, demand: Constraint) -> bool:
    """Return whether two values joined by "or" are a choice of one field."""
    return (
        isinstance(last, Constraint)
        and last.field == demand.field
        and last.polarity == demand.polarity
        and last.op in ("eq", "in")
    )


def _closes(one: Constraint, other: Constraint) -> bool:
    """Return whether two bounds are the two ends of one range."""
    lower, upper = ("gt", "ge"), ("lt", "le")
    ends = (one.op in lower and other.op in upper) or (one.op in upper and other.op in lower)
    ranges = one.op == other.op == "between" and _touch(one, other)
    return ranges or (ends and isinstance(one.value, float | int) and isinstance(other.value, float | int))


def _touch(one: Constraint, other: Constraint) -> bool:
    """Return whether two ranges overlap or follow each other, as two decades do."""
    first, second = sorted((numbers(one), numbers(other)))
    return second[0] <= first[1] + 1


def either(one: Demand, other: Demand) -> Demand:
    """Return two demands of one slot as one: any of their values, or all between their ends."""
    if not (isinstance(one, Constraint) and isinstance(other, Constraint)) or one.value == other.value:
        return one
    if one.op == "between":
        ends = numbers(one) + numbers(other)
        return replace(one, value=(min(ends), max(ends)))
    if isinstance(one.value, float | int) and isinstance(other.value, float | int):
        low, high = sorted((float(one.value), float(other.value)))
        return replace(one, op="between", value=(low, high))
    values = sorted({str(value) for demand in (one, other) for value in several(demand)})
    return replace(one, op="in", value=tuple(values))


def several(demand: Constraint) -> tuple[str | float, ...]:
    """Return the values of a demand, be it one or more."""
    return demand.value if isinstance(demand.value, tuple) else (demand.value,)


def numbers(demand: Constraint) -> tuple[float, ...]:
    """Return the numbers of a demand; () where its values are words."""
    return tuple(float(value) for value in several(demand) if isinstance(value, float | int))
