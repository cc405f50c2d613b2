"""Numbers and dates as a model writes them, and limits as they are compared."""

from __future__ import annotations

import math
from datetime import date

import pytest

from intentfeed.commands.amounts import numbers_in, quantity, span_of
from intentfeed.commands.fields import Field
from intentfeed.commands.limits import as_wanted, compared, met_together, was_said
from intentfeed.commands.records import Constraint

PRICE = Field(name="price", kind="number", coverage=1.0, hard=True, low=3.0, high=200.0)
YEAR = Field(name="year", kind="number", unit="year", coverage=1.0, hard=True, low=1950.0, high=2022.0)
WEIGHT = Field(name="weight", kind="number", unit="g", coverage=1.0, hard=True, low=100.0, high=9_000.0)
SINCE = Field(name="published", kind="date", coverage=1.0, hard=True, low=738_000.0, high=739_000.0)


def day(*parts: int) -> float:
    return float(date(*parts).toordinal())


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("under 50", [50.0]), ("1,299.50", [1299.5]), ("$1.2k", [1200.0]), ("2万", [20_000.0]), ("50-80", [50.0, 80.0]),
        ("fifty", []), ("", []), ("-3 degrees", [-3.0]),
    ],
)  # fmt: skip
def test_numbers_are_read_from_text(text: str, numbers: list[float]):
    assert numbers_in(text) == numbers


def test_a_quantity_is_one_number():
    assert quantity("about £50") == 50.0
    assert math.isnan(quantity("5 or 6"))
    assert math.isnan(quantity("cheap"))


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("2000", (day(2000, 1, 1), day(2000, 12, 31))),
        ("1990s", (day(1990, 1, 1), day(1999, 12, 31))),
        ("2024-02", (day(2024, 2, 1), day(2024, 2, 29))),
        ("2024-02-05", (day(2024, 2, 5), day(2024, 2, 5))),
        ("2024-13", None), ("0000", None), ("9999s", None), ("soon", None),
    ],
)  # fmt: skip
def test_a_date_is_all_its_days(text: str, span: tuple[float, float] | None):
    assert span_of(text, "date", "") == span


@pytest.mark.parametrize("text", ["1e400", "9" * 30, "nan", "inf", "", "x" * 500])
def test_what_is_no_sane_number_is_none(text: str):
    assert span_of(text, "number", "") is None


def test_units_are_converted():
    assert span_of("2 kg", "number", "g") == (2000.0, 2000.0)
    assert span_of("50 euros", "number", "") == (50.0, 50.0)


def test_of_a_whole_year_the_end_is_meant():
    spans = [(day(2000, 1, 1), day(2000, 12, 31))]
    assert compared(SINCE, "lt", spans) == ("lt", day(2000, 1, 1))
    assert compared(SINCE, "gt", spans) == ("gt", day(2000, 12, 31))
    assert compared(SINCE, "eq", spans) == ("between", spans[0])
    assert compared(PRICE, "around", [(200.0, 200.0)]) == ("between", (160.0, 240.0))
    assert compared(YEAR, "around", [(1999.0, 1999.0)]) == ("between", (1996.0, 2002.0))
    assert compared(PRICE, "between", [(80.0, 80.0), (50.0, 50.0)]) == ("between", (50.0, 80.0))
    assert compared(PRICE, "resembles", [(80.0, 80.0)]) is None


@pytest.mark.parametrize(("text", "beyond"), [("9999", 1), ("0002", 0)])
def test_around_a_day_at_the_end_of_the_calendar_stays_on_it(text: str, beyond: int):
    found = compared(SINCE, "around", [span_of(text, "date", "") or (0.0, 0.0)])
    assert found is not None
    op, ends = found
    assert (op, isinstance(ends, tuple)) == ("between", True)
    days = [date.fromordinal(int(end)) for end in ends]  # type: ignore[union-attr]
    assert days[beyond] == (date.max if beyond else date.min)


def limit(op, value: float, polarity="positive", quote: str = "q") -> Constraint:
    return Constraint(polarity=polarity, field="price", op=op, value=value, quote=quote)


def test_a_limit_has_one_form():
    assert as_wanted(limit("gt", 100.0, "negative")) == limit("le", 100.0)
    assert as_wanted(limit("lt", 100.0, "negative")) == limit("ge", 100.0)
    assert as_wanted(limit("eq", 100.0, "negative")) == limit("eq", 100.0, "negative")
    assert as_wanted(limit("le", 100.0)) == limit("le", 100.0)


def test_two_limits_of_one_command_make_a_range():
    (met,) = met_together([limit("le", 80.0), limit("ge", 50.0)])
    assert (met.op, met.value) == ("between", (50.0, 80.0))
    assert len(met_together([limit("le", 50.0), limit("ge", 80.0)])) == 2  # no range between them: newest wins later
    assert len(met_together([limit("le", 50.0), limit("le", 80.0)])) == 2


@pytest.mark.parametrize(
    ("field", "number", "quote", "said"),
    [
        (PRICE, 50.0, "under 50", True),
        (PRICE, 40.0, "under 50", False),
        (PRICE, 50.0, "under fifty", True),
        (PRICE, 50.0, "五十以内", True),
        (PRICE, 50.0, "nothing floral", False),
        (PRICE, 40.0, "under fifty", False),
        (PRICE, 10.0, "less than a tenner", True),
        (PRICE, 120.0, "a hundred and twenty", True),
        (WEIGHT, 2000.0, "under 2 kg", True),
        (WEIGHT, 2.0, "under 2 kg", True),
        (WEIGHT, 3000.0, "under 2 kg", False),
        (YEAR, 1990.0, "from the 90s", True),
        (YEAR, 123_456.0, "from the 90s", False),
    ],
)
def test_a_number_must_have_been_said(field: Field, number: float, quote: str, said: bool):
    assert was_said((number, number), field, quote) is said
