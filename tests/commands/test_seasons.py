"""Seasons turn on the first of March, June, September and December."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentfeed.commands.seasons import season_ends, season_of


@pytest.mark.parametrize(
    ("day", "end"),
    [
        (date(2025, 1, 1), date(2025, 3, 1)),
        (date(2025, 2, 28), date(2025, 3, 1)), (date(2025, 3, 1), date(2025, 6, 1)),
        (date(2025, 8, 31), date(2025, 9, 1)), (date(2025, 11, 30), date(2025, 12, 1)),
        (date(2025, 12, 1), date(2026, 3, 1)),
    ],
)  # fmt: skip
def test_the_season_at_hand(day: date, end: date) -> None:
    assert season_ends(day) == end


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.booleans())
def test_a_season_ends_where_another_begins(day: date, southern: bool) -> None:
    end = season_ends(day)
    now = season_of(day, southern=southern)
    assert season_of(end, southern=southern) != now
    assert {season_of(day + timedelta(n), southern=southern) for n in range((end - day).days)} == {now}
    assert season_ends(day, now, southern=southern) == end


def test_a_named_season_ends_when_it_does_there() -> None:
    assert season_ends(date(2025, 10, 5), "summer") == date(2026, 9, 1)
    assert season_ends(date(2025, 10, 5), "summer", southern=True) == date(2026, 3, 1)


def test_january_is_winter_in_the_north_only() -> None:
    months = [season_of(date(2025, month, 1), southern=True) for month in range(1, 13)]
    assert months == ["summer"] * 2 + ["autumn"] * 3 + ["winter"] * 3 + ["spring"] * 3 + ["summer"]
