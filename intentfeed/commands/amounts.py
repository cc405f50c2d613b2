"""Numbers and dates as a model writes them, and those that stand in a command: what was compared, what was said.

[ours] A model writes each value as a text; code makes numbers of it, in the unit of the field.
"""

from __future__ import annotations

import calendar
import math
import re
from datetime import date

from .days import read_day
from .units import PLAIN, Unit, converted, measure, number, units

Span = tuple[float, float]
"""First and last number that a text stands for: a year as a date is all its days, 50 is 50 twice."""

MOST = 1e12
"""No item has more of anything."""
_TIMES = {"k": 1e3, "千": 1e3, "万": 1e4, "萬": 1e4, "m": 1e6, "million": 1e6, "百万": 1e6, "亿": 1e8}
_NUMBER = re.compile(rf"(?P<number>{PLAIN})(?:\s?(?P<times>k\b|千|百万|万|萬|亿|million\b))?", re.IGNORECASE)
_YEAR = re.compile(r"(\d{4})s?(?:年)?")
_MONTH = re.compile(r"(\d{4})[-/.年](\d{1,2})月?")


def span_of(text: str, kind: str, unit: str, ends: Span | None = None) -> Span | None:
    """Return the numbers that a value stands for in a field of this kind and unit; dates as ordinal days.

    Where the field tells no unit and the value has one, it is the one in which the number lies between the field's own
    `ends`: of films of 76 to 156, "2 hours" are 120.

    >>> span_of("1,200", "number", ""), span_of("2 kg", "number", "g"), span_of("cheap", "number", "")
    ((1200.0, 1200.0), (2000.0, 2000.0), None)
    >>> span_of("2000-02", "date", "") == (date(2000, 2, 1).toordinal(), date(2000, 2, 29).toordinal())
    True
    """
    if kind == "date":
        return _days(text.strip())
    value = quantity(text)
    told = measure(text)
    if told is not None and unit:
        turned = converted(told[0], given=told[1].name, wanted=unit)
        value = value if turned is None else turned
    elif told is not None and ends is not None and not ends[0] <= value <= ends[1]:
        value = next((each for each in sizes(*told) if ends[0] <= each <= ends[1]), value)
    return None if math.isnan(value) or abs(value) > MOST else (value, value)


def sizes(value: float, given: Unit) -> list[float]:
    """Return a quantity in every unit of its kind, its own first."""
    others = dict.fromkeys(other.factor for other in units().values() if other.kind == given.kind)
    return [value, *(value * given.factor / factor for factor in others if factor != given.factor)]


def quantity(text: str) -> float:
    """Return the number of a text, whatever sign of money or measure stands beside it; NaN where it has none or many.

    >>> quantity("£50"), quantity("1.2k"), quantity("2万"), quantity("5 or 6")
    (50.0, 1200.0, 20000.0, nan)
    """
    found = numbers_in(text)
    return found[0] if len(found) == 1 else math.nan


def numbers_in(text: str) -> list[float]:
    """Return the numbers in digits that stand in a text, in their order.

    >>> numbers_in("between 50 and 1.5k, no 007")
    [50.0, 1500.0, 7.0]
    """
    found = []
    for match in _NUMBER.finditer(text):
        digits = (
            match["number"].lstrip("+-") if match.start() and text[match.start() - 1].isalnum() else match["number"]
        )
        value = number(digits)
        if value is None:
            value = float(digits.lstrip("+-0") or 0) if digits.lstrip("+-").isdigit() else None
        if value is not None:
            found.append(value * _TIMES.get((match["times"] or "").lower(), 1.0))
    return found


def _days(text: str) -> Span | None:
    """Return first and last day of a year, a month or a day."""
    if found := _YEAR.fullmatch(text):
        year = int(found[1])
        last = year + 9 if text.endswith("s") else year
        return _ordinals(year, 1, 1, last, 12, 31)
    if found := _MONTH.fullmatch(text):
        year, month = int(found[1]), int(found[2])
        return _ordinals(year, month, 1, year, month, 0) if 1 <= month <= 12 else None
    day = read_day(text)
    return (float(day.toordinal()), float(day.toordinal())) if day else None


def _ordinals(year: int, month: int, day: int, last_year: int, last_month: int, last_day: int) -> Span | None:
    if not 1 <= year <= last_year <= date.max.year:
        return None
    last = date(last_year, last_month, last_day or calendar.monthrange(last_year, last_month)[1])
    return float(date(year, month, day).toordinal()), float(last.toordinal())
