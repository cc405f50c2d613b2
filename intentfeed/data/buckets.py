"""Behaviour cut into periods by its age: days, then calendar months, then calendar years (RecGPT-V1, 2.3; U3, U4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

DAY, MONTH, YEAR, UNDATED = range(4)
"""How fine a bucket is; also the order in which they are told, newest first."""
NO_DAY: Final = np.iinfo(np.int64).min
"""Marks an event without a time."""

_STEP: Final = 1 << 24  # room for the distance from today within one granularity; beyond any calendar


@dataclass(frozen=True)
class Buckets:
    """The periods in which something happened, newest first [B]."""

    labels: list[str]
    grain: NDArray[np.int8]
    """DAY, MONTH, YEAR or UNDATED of each."""

    def __len__(self) -> int:
        return len(self.labels)


def cut(
    day_N: NDArray[np.int64],
    *,
    as_of: date,
    day_until: int = 30,
    month_until: int = 365,
    labels: Literal["absolute", "relative"] = "absolute",
) -> tuple[Buckets, NDArray[np.int32]]:
    """Return the buckets that occur, newest first, and the bucket of each day (days since 1970, or NO_DAY).

    An age of at most `day_until` days is told by the day, of at most `month_until` by the calendar month, beyond by
    the calendar year. A day bucket and a month bucket may meet inside one month; their labels differ in form. Days
    after `as_of` stay days.
    """
    dated = day_N != NO_DAY
    low, high = (int(day_N[dated].min()), int(day_N[dated].max())) if dated.any() else (0, -1)
    span = np.arange(low, high + 1, dtype=np.int64)
    table = np.append(_codes(span, as_of, day_until, month_until), UNDATED * _STEP)
    place = np.where(dated, day_N - low, len(span))
    used = np.zeros(len(table), dtype=np.bool_)
    used[place] = True
    codes, inverse = np.unique(table[used], return_inverse=True)
    bucket = np.zeros(len(table), dtype=np.int32)
    bucket[used] = inverse
    grain = ((codes + _STEP // 2) // _STEP).astype(np.int8)
    distance = codes - grain.astype(np.int64) * _STEP
    name = _absolute if labels == "absolute" else _relative
    texts = [name(int(g), int(d), as_of) for g, d in zip(grain, distance, strict=True)]
    return Buckets(texts, grain), bucket[place]


def _codes(day: NDArray[np.int64], as_of: date, day_until: int, month_until: int) -> NDArray[np.int64]:
    """Return numbers that sort newest first: granularity, then how many days, months or years before `as_of`."""
    today = np.datetime64(as_of, "D")
    when = day.astype("datetime64[D]")
    age = today.astype(np.int64) - day
    months = today.astype("datetime64[M]").astype(np.int64) - when.astype("datetime64[M]").astype(np.int64)
    years = today.astype("datetime64[Y]").astype(np.int64) - when.astype("datetime64[Y]").astype(np.int64)
    return np.where(
        age <= day_until,
        DAY * _STEP + age,
        np.where(age <= month_until, MONTH * _STEP + months, YEAR * _STEP + years),
    )


def _absolute(grain: int, distance: int, as_of: date) -> str:
    """Return 2025-03-18, 2025-01 or 2023."""
    if grain == UNDATED:
        return "undated"
    if grain == DAY:
        return (as_of - timedelta(days=distance)).isoformat()
    months = as_of.year * 12 + as_of.month - 1 - distance * (1 if grain == MONTH else 12)
    return f"{months // 12:04}-{months % 12 + 1:02}" if grain == MONTH else f"{months // 12:04}"


def _relative(grain: int, distance: int, as_of: date) -> str:  # noqa: ARG001
    """Return 3 days ago, 2 months ago or 1 year ago; the unit tells the granularity."""
    if grain == UNDATED:
        return "undated"
    unit = ("day", "month", "year")[grain]
    if distance == 0:
        return ("today", "this month", "this year")[grain]
    count = f"{abs(distance)} {unit}{'' if abs(distance) == 1 else 's'}"
    return f"{count} ago" if distance > 0 else f"in {count}"
