"""The calendar of a world: seasons, holidays, weather and trends, and how they move what people do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .language import Language
from .shop import SEASONS, Leaf

REGIONS = ("north coast", "river valley", "lake district", "southern plain", "capital", "highlands")
PEAKS = {
    "spring": (105, 32),
    "summer": (190, 38),
    "autumn": (285, 32),
    "winter": (15, 42),
    "christmas": (345, 11),
    "halloween": (295, 9),
}
"""Day of the year on which each season's trade peaks, and its spread in days."""
HOLIDAYS = {
    (2, 14): "Valentine's Day",
    (3, 20): "First day of spring",
    (5, 12): "Mother's Day",
    (6, 16): "Father's Day",
    (10, 31): "Halloween",
    (11, 28): "Black Friday sales",
    (12, 25): "Christmas",
    (12, 31): "New Year's Eve",
}
WEATHER = {
    "spring": ("Mild and sunny, first warm weekend", "Showers all week", "Pollen count high"),
    "summer": ("Heat wave, up to 35 °C", "Thunderstorms at night", "Warm and dry"),
    "autumn": ("Stormy with heavy rain", "Golden, dry autumn days", "First frost at night"),
    "winter": ("Snow down to the valleys", "Icy roads and hard frost", "Grey, wet and mild"),
}


@dataclass(frozen=True, slots=True)
class Trend:
    """A leaf that everybody looks at for some weeks."""

    leaf: int
    day: int
    length: int


def intensity(start: date, days: int) -> NDArray[np.float64]:
    """Return intensity_SD: how much trade each season (row, as in SEASONS) does on each day; the mean is near 1."""
    first = start.timetuple().tm_yday
    of_year = (np.arange(days) + first - 1) % 365.25
    rows = [np.ones(days)]
    for season in SEASONS[1:]:
        peak, spread = PEAKS[season]
        gap = np.abs(of_year - peak)
        gap = np.minimum(gap, 365.25 - gap)
        rows.append(0.12 + 2.6 * np.exp(-0.5 * (gap / spread) ** 2))
    return np.array(rows)


def draw_trends(rng: np.random.Generator, leaves: list[Leaf], days: int) -> list[Trend]:
    """Return about five trends a year, each two to five weeks long."""
    open_to = [i for i, leaf in enumerate(leaves) if leaf.role == "interest" and not leaf.consumable]
    chosen = rng.choice(open_to, size=max(1, days // 73), replace=False)
    return [Trend(int(leaf), int(rng.integers(0, max(1, days - 20))), int(rng.integers(14, 36))) for leaf in chosen]


def context_frame(
    rng: np.random.Generator, start: date, days: int, *, leaves: list[Leaf], trends: list[Trend], language: Language
) -> pl.DataFrame:
    """Return the context table: date, place (null for everywhere), kind, text."""
    rows: list[tuple[date, str | None, str, str]] = []
    for offset in range(days):
        day = start + timedelta(days=offset)
        season = season_of(day)
        if offset == 0 or season != season_of(day - timedelta(days=1)):
            rows.append((day, None, "season", language.season_begins(season)))
        if (day.month, day.day) in language.holidays:
            rows.append((day, None, "holiday", language.holidays[day.month, day.day]))
        if offset % 7 == 0:
            rows += [(day, region, "weather", str(rng.choice(language.weather[season]))) for region in language.regions]
    for trend in trends:
        rows.append((start + timedelta(days=trend.day), None, "trend", language.trend(leaves[trend.leaf])))
    schema = {"date": pl.Date, "place": pl.String, "kind": pl.String, "text": pl.String}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.sort("date", "kind", "place", "text", nulls_last=False)


def season_of(day: date) -> str:
    """Return the meteorological season of the northern half."""
    return ("winter", "spring", "summer", "autumn")[day.month % 12 // 3]
