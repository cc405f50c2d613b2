"""Meteorological seasons: when the one at hand ends, and when one that is named will have ended. [ours]"""

from __future__ import annotations

from datetime import date
from typing import Literal

Season = Literal["spring", "summer", "autumn", "winter"]
_STARTS: dict[Season, int] = {"spring": 3, "summer": 6, "autumn": 9, "winter": 12}
"""First month of each season in the north."""


def season_of(day: date, *, southern: bool = False) -> Season:
    """Return the season that a day lies in.

    >>> season_of(date(2025, 1, 15)), season_of(date(2025, 1, 15), southern=True)
    ('winter', 'summer')
    """
    first = (day.month + 6 * southern) % 12 // 3 * 3 or 12
    return next(season for season, month in _STARTS.items() if month == first)


def season_ends(day: date, season: Season | None = None, *, southern: bool = False) -> date:
    """Return the first day after the season at hand, or after the next end of the season that is named.

    The hemisphere matters for a named one only: seasons turn on the same four days everywhere.

    >>> season_ends(date(2025, 12, 31)), season_ends(date(2025, 10, 5), "winter")
    (datetime.date(2026, 3, 1), datetime.date(2026, 3, 1))
    """
    end = _next_turn(day)
    while season is not None and season_of(_before(end), southern=southern) != season:
        end = _next_turn(end)
    return end


def _next_turn(day: date) -> date:
    month = day.month // 3 * 3 + 3
    return date(day.year + 1, month - 12, 1) if month > 12 else date(day.year, month, 1)


def _before(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)
