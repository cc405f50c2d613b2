"""What numbers a constraint lets through, as intervals: do two go together, does one imply the other? [ours]

Ends belong to the interval; an open end is the next number that a float can hold.
"""

from __future__ import annotations

import math
from typing import Literal

from .records import Constraint

Interval = tuple[float, float]
Ranges = tuple[Interval, ...]
"""Disjoint intervals in order."""
EVERYTHING: Ranges = ((-math.inf, math.inf),)


def allowed(constraint: Constraint) -> Ranges | None:
    """Return the numbers with which an item passes, the polarity applied; None where the value is no number."""
    met = _met(constraint)
    if met is None:
        return None
    return met if constraint.polarity == "positive" else _without(met)


def _met(constraint: Constraint) -> Ranges | None:
    value = constraint.value
    numbers = [held for held in (value if isinstance(value, tuple) else (value,)) if not isinstance(held, str)]
    if not numbers or (isinstance(value, tuple) and len(numbers) < len(value)):
        return None
    least, most = min(numbers), max(numbers)
    match constraint.op:
        case "lt":
            return ((-math.inf, math.nextafter(least, -math.inf)),)
        case "le":
            return ((-math.inf, most),)
        case "gt":
            return ((math.nextafter(most, math.inf), math.inf),)
        case "ge":
            return ((least, math.inf),)
        case "between":
            return ((least, most),)
        case _:
            return tuple((held, held) for held in sorted(set(numbers)))


def _without(ranges: Ranges) -> Ranges:
    """Return all other numbers."""
    found, start = [], -math.inf
    for low, high in ranges:
        if low > start:
            found.append((start, math.nextafter(low, -math.inf)))
        start = math.nextafter(high, math.inf)
    if start < math.inf:
        found.append((start, math.inf))
    return tuple(found)


def meet(one: Ranges, other: Ranges) -> bool:
    """Return whether any number is in both."""
    return any(max(a, c) <= min(b, d) for a, b in one for c, d in other)


def within(inner: Ranges, outer: Ranges) -> bool:
    """Return whether all numbers of `inner` are in `outer`."""
    return all(any(c <= a and b <= d for c, d in outer) for a, b in inner)


def side(ranges: Ranges) -> Literal["upper", "lower", "both", "hole"]:
    """Return which side is bounded: above, below, both; or whether something in the middle is kept out."""
    if len(ranges) > 1 and ranges[0][0] == -math.inf and ranges[-1][1] == math.inf:
        return "hole"
    low, high = (ranges[0][0], ranges[-1][1]) if ranges else (0.0, 0.0)
    if low == -math.inf:
        return "upper"
    return "lower" if high == math.inf else "both"
