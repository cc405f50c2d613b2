"""Meteorological seasons: when the one at hand ends, and when one that is named will have ended. [ours]"""

from __future__ import annotations

from datetime import date
from typing import Literal

Hemisphere = Literal["north", "south"]
Season = Literal["spring", "summer", "autumn", "winter"]
_STARTS: dict[Hemisphere, dict[Season, int]] = {
    "north": {"spring": 3, "summer": 6, "autumn": 9, "winter": 12},
    "south": {"autumn": 3, "winter": 6, "spring": 9, "summer": 12},
}
"""First month of each season."""


def season_of(day: date, hemisphere: Hemisphere = "north") -> Season:
    """Return the season that a day lies in.

    >>> season_of(date(2025, 1, 15)), season_of(date(2025, 1, 15), "south")
    ('winter', 'summer')
    """
    first = day.month // 3 * 3 or 12
    return next(season for season, month in _STARTS[hemisphere].items() if month == first)


def season_ends(day: date, season: Season | None = None, *, hemisphere: Hemisphere = "north") -> date:
    """Return the first day after the season at hand, or after the next end of the season that is named.

    The hemisphere matters for a named one only: seasons turn on the same four days everywhere.

    >>> season_ends(date(2025, 12, 31)), season_ends(date(2025, 10, 5), "winter")
    (datetime.date(2026, 3, 1), datetime.date(2026, 3, 1))
    """
    end = _next_turn(day)
    while season is not None and season_of(_before(end), hemisphere) != season:
        end = _next_turn(end)
    return end


def _next_turn(day: date) -> date:
    month = day.month // 3 * 3 + 3
    return date(day.year + 1, month - 12, 1) if month > 12 else date(day.year, month, 1)


def _before(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)
