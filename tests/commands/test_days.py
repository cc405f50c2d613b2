"""Dates are read as catalogues write them."""

from __future__ import annotations

from datetime import date

import pytest

from intentfeed.commands.days import day_comes_first, read_day


@pytest.mark.parametrize(
    "text",
    ["1995-11-22", "1995/11/22", "22.11.1995", "22-11-1995", "22 Nov 1995", "22nd November, 1995", "Nov 22, 1995",
     "November 22nd, 1995", "1995年11月22日", "1995-11-22 10:30:00", "1995-11-22T10:30:00+01:00"],
)  # fmt: skip
def test_a_day(text: str) -> None:
    assert read_day(text) == date(1995, 11, 22)


@pytest.mark.parametrize(("text", "day"), [("Nov 1995", date(1995, 11, 1)), ("1995年11月", date(1995, 11, 1))])
def test_a_month_is_its_first_day(text: str, day: date) -> None:
    assert read_day(text) == day


@pytest.mark.parametrize(
    "text", ["", "1995", "1995-13-01", "30 Feb 1995", "soon", "1-2-3", "12/1995", "x" * 100, "5 May"]
)
def test_no_day(text: str) -> None:
    assert read_day(text) is None


def test_the_column_tells_whether_the_day_comes_first() -> None:
    assert day_comes_first(["3/4/2020", "25/12/2020"])
    assert not day_comes_first(["3/4/2020", "12/25/2020"])
    assert day_comes_first(["3/4/2020"])
    assert read_day("3/4/2020", day_first=False) == date(2020, 3, 4)
