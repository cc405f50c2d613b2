"""Quantities are read where there is one, and nowhere else."""

from __future__ import annotations

import pytest

from intentfeed.commands.units import converted, measure, number, unit, units


@pytest.mark.parametrize(
    ("text", "value", "name"),
    [
        ("2 kg", 2.0, "kg"),
        ("2,5kg", 2.5, "kg"), ("500克", 500.0, "g"), ("1,200 ml", 1200.0, "ml"), ("-5 °C", -5.0, "°C"),
        ("€ 12.50", 12.5, "EUR"), ("12.50 €", 12.5, "EUR"), ("$1,299", 1299.0, "USD"), ("5\"", 5.0, "in"),
        ("90 Minutes", 90.0, "min"), ("88 keys", 88.0, "keys"), ("15-inch", 15.0, "in"), ("3 fl oz", 3.0, "fl oz"),
    ],
)  # fmt: skip
def test_a_quantity_has_a_number_and_a_unit(text: str, value: float, name: str) -> None:
    found = measure(text)
    assert found is not None
    assert (found[0], found[1].name) == (value, name)


@pytest.mark.parametrize(
    "text", ["", "kg", "12", "M", "1.2米x1.6米", "2 kg 3 g", "A10", "007 g", "x 5", "2 x 3 cm", "5 " + "k" * 50, "V90"]
)
def test_anything_else_is_no_quantity(text: str) -> None:
    assert measure(text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12.0),
        ("1.299,50", 1299.5),
        ("1,299", 1299.0),
        ("1 299", 1299.0),
        ("-0.5", -0.5),
        ("0", 0.0),
        ("0.75", 0.75),
    ],
)
def test_numbers_in_either_way_of_writing(text: str, value: float) -> None:
    assert number(text) == value


@pytest.mark.parametrize("text", ["", "007", "12 kg", "1e5", "nan", "infinity", "1-2", "x", "9" * 50])
def test_codes_and_words_are_no_numbers(text: str) -> None:
    assert number(text) is None


def test_units_of_one_kind_convert_there_and_back() -> None:
    by_kind: dict[str, set[str]] = {}
    for found in units().values():
        by_kind.setdefault(found.kind, set()).add(found.name)
    for names in by_kind.values():
        for one in names:
            for other in names:
                there = converted(3.0, given=one, wanted=other)
                assert there is not None
                assert converted(there, given=other, wanted=one) == pytest.approx(3.0)
    assert converted(1, given="kg", wanted="EUR") is None
    assert converted(1, given="EUR", wanted="USD") is None
    assert converted(1, given="furlong", wanted="km") is None


def test_every_unit_goes_by_its_own_name() -> None:
    assert all(unit(found.name) == found for found in units().values())
