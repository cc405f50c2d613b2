"""Amounts as people say them."""

from __future__ import annotations

from datetime import date

import pytest

from intentfeed.commands.reading.cues import load_cues
from intentfeed.commands.reading.numbers import Amount, amount_at
from intentfeed.commands.reading.tokens import tokenise, without_fillers


def amount(text: str) -> Amount | None:
    found = amount_at(without_fillers(tokenise(text)), 0, load_cues(), date(2025, 3, 1))
    return found[1] if found else None


@pytest.mark.parametrize(
    ("text", "value", "money"),
    [
        ("50", 50, False),
        ("£50", 50, True),
        ("50 quid", 50, True),
        ("1,299.50 euros", 1299.5, True),
        ("1.2k", 1200, False),
        ("two hundred and fifty dollars", 250, True),
        ("a hundred bucks", 100, True),
        ("fifty-five pounds", 55, True),
        ("a tenner", None, False),
        ("tenner", 10, True),
        ("a grand", 1000, False),
        ("twenty five", 25, False),
        ("五百", 500, False),
        ("一千五", 1500, False),
        ("两百块", 200, True),
        ("百来块", 100, True),
        ("三百五十元", 350, True),
        ("一万二", 12000, False),
        ("300元", 300, True),
        ("十五", 15, False),
        ("US$ 20", 20, True),
    ],
)
def test_numbers(text: str, value: float | None, money: bool) -> None:
    found = amount(text)
    if value is None:
        assert found is None
    else:
        assert found is not None
        assert (found.low, found.high, found.money) == (value, value, money)


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("30 l", 30, "l"),
        ("30l", 30, "l"),
        ("two hours", 2, "h"),
        ("an hour and a half", 1.5, "h"),
        ("half an hour", 0.5, "h"),
        ("一个半小时", 1.5, "h"),
        ("90分钟", 90, "min"),
        ("2.5 kg", 2.5, "kg"),
        ("15 inches", 15, "in"),
    ],
)
def test_units(text: str, value: float, unit: str) -> None:
    found = amount(text)
    assert found is not None
    assert (found.low, found.unit) == (value, unit)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("90s", 1990, 1999),
        ("1980s", 1980, 1989),
        ("nineties", 1990, 1999),
        ("90年代", 1990, 1999),
        ("三四百块", 300, 400),
    ],
)
def test_two_ends(text: str, low: float, high: float) -> None:
    found = amount(text)
    assert found is not None
    assert (found.low, found.high) == (low, high)


@pytest.mark.parametrize("text", ["a dress", "one in blue", "the", "an", "and a half", "k", "9" * 40])
def test_no_numbers(text: str) -> None:
    found = amount(text)
    assert found is None or (found.worded and not found.unit), "a small word is an amount only beside a bound"


def test_years_are_seen() -> None:
    assert amount("1999").year  # type: ignore[union-attr]
    assert not amount("1999 euros").year  # type: ignore[union-attr]
    assert amount("2023年").dated  # type: ignore[union-attr]
