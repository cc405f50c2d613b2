"""Dates as catalogues write them → days. [ours]"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_YEAR_FIRST = re.compile(r"(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?(?:[T ][\d:.]+(?:Z|[+-][\d:]+)?)?")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_DAY_MONTH = re.compile(r"(?:(\d{1,2})(?:st|nd|rd|th)?[ .-]+)?([A-Za-z]{3,9})\.?[ ,-]+(\d{4})")
_MONTH_DAY = re.compile(r"([A-Za-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})")
LONGEST = 40
LAST = date.max.toordinal()


def read_day(text: str, *, day_first: bool = True) -> date | None:
    """Return the day that a text names, the first of the month where it names a month; None for anything else.

    `day_first` says how to read 3/4/2020, where both readings are possible.

    >>> [str(read_day(text)) for text in ("22 Nov 1995", "1995-11-22T00:00", "2020年3月5日", "Sept 1999", "soon")]
    ['1995-11-22', '1995-11-22', '2020-03-05', '1999-09-01', 'None']
    """
    text = text.strip()
    if len(text) > LONGEST:
        return None
    if found := _YEAR_FIRST.fullmatch(text):
        return _day(found[1], found[2], found[3] or "1")
    if found := _YEAR_LAST.fullmatch(text):
        one, other = (found[1], found[2]) if day_first else (found[2], found[1])
        return _day(found[3], other, one)
    if found := _DAY_MONTH.fullmatch(text):
        return _day(found[3], _month(found[2]), found[1] or "1")
    if found := _MONTH_DAY.fullmatch(text):
        return _day(found[3], _month(found[1]), found[2])
    return None


def on_calendar(ordinal: float) -> float:
    """Return the number of a day, or that of the first or last day there is where it lies beyond.

    >>> on_calendar(-300.0), on_calendar(730_000.5) == 730_000.5, on_calendar(4e6) == LAST
    (1.0, True, True)
    """
    return min(max(ordinal, 1.0), float(LAST))


def day_at(ordinal: float) -> date:
    """Return the day of a number, such as an end of a demand: the first or last day there is where it lies beyond."""
    return date.fromordinal(int(on_calendar(ordinal)))


def day_comes_first(texts: Iterable[str]) -> bool:
    """Return whether dates such as 3/4/2020 begin with the day: the column's other dates tell, else they do."""
    parts = [(int(found[1]), int(found[2])) for text in texts if (found := _YEAR_LAST.fullmatch(text.strip()))]
    return not (any(second > 12 for _, second in parts) and not any(first > 12 for first, _ in parts))


def _month(word: str) -> str:
    name = word[:3].lower()
    return str(_MONTHS.index(name) + 1) if name in _MONTHS else "0"


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
