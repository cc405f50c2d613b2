"""Periods by age, at the edges where one granularity ends and the next begins."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from intentfeed.data.buckets import NO_DAY, cut

TODAY = date(2025, 3, 1)


def labelled(*days: date | None, labels: str = "absolute") -> list[str]:
    numbers = [NO_DAY if day is None else (day - date(1970, 1, 1)).days for day in days]
    buckets, place = cut(np.array(numbers, dtype=np.int64), as_of=TODAY, labels=labels)  # type: ignore[arg-type]
    return [buckets.labels[number] for number in place.tolist()]


@pytest.mark.parametrize(
    ("age", "absolute", "relative"),
    [
        (-2, "2025-03-03", "in 2 days"),
        (0, "2025-03-01", "today"),
        (30, "2025-01-30", "30 days ago"),
        (31, "2025-01", "2 months ago"),
        (365, "2024-03", "12 months ago"),
        (366, "2024", "1 year ago"),
        (20_000, "1970", "55 years ago"),
    ],
)
def test_each_age_has_its_period(age: int, absolute: str, relative: str) -> None:
    day = TODAY - timedelta(days=age)
    assert labelled(day) == [absolute]
    assert labelled(day, labels="relative") == [relative]


def test_the_newest_come_first_and_the_undated_last() -> None:
    days = [None, *(TODAY - timedelta(days=age) for age in (800, 0, 100, 3))]
    numbers = [NO_DAY if day is None else (day - date(1970, 1, 1)).days for day in days]
    buckets, _ = cut(np.array(numbers, dtype=np.int64), as_of=TODAY)
    assert buckets.labels == ["2025-03-01", "2025-02-26", "2024-11", "2022", "undated"]
    assert len(cut(np.zeros(0, dtype=np.int64), as_of=TODAY)[0]) == 0
