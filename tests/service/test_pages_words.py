"""Demands, numbers, days and actions as a person reads them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from intentfeed.commands.fields import FieldRegistry
from intentfeed.commands.records import Constraint, Preference
from intentfeed.data.catalog import Catalog
from intentfeed.service.pages.wording import wording_in
from intentfeed.service.pages.words import chip, counted, number

ENGLISH = wording_in("en")


@pytest.fixture(scope="module")
def registry() -> FieldRegistry:
    columns = {
        "item_id": [f"i{at}" for at in range(40)],
        "title": [f"Chair number {at}" for at in range(40)],
        "category": ["Home > Seats > Chairs"] * 40,
        "price": [float(at) for at in range(40)],
        "attributes": [
            f'{{"colour": "{("green", "blue")[at % 2]}", "released": "20{at % 20 + 10}-05-03"}}' for at in range(40)
        ],
    }  # fmt: skip
    return FieldRegistry.of(Catalog.of(columns))


def hard(field: str, op: str, value: object, **more: object) -> Constraint:
    told: dict[str, object] = {"id": "c1", "polarity": "positive", "quote": "so", **more}
    return Constraint(field=field, op=op, value=value, **told)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("demand", "label"),
    [
        (hard("released", "between", (-700.0, 4e6)), "released 1 Jan 1 to 31 Dec 9999"),
        (hard("price", "lt", 50.0), "price under 50"),
        (hard("price", "le", 49.9, unit="EUR"), "price up to 49.90 EUR"),
        (hard("price", "ge", 1200.0), "price from 1,200"),
        (hard("price", "between", (40.0, 60.0), approximate=True), "price around 40 to 60"),
        (hard("released", "gt", float(date(2020, 5, 3).toordinal())), "released after 3 May 2020"),
        (hard("colour", "in", ("blue", "green")), "blue or green"),
        (hard("category", "eq", "Home > Seats > Chairs"), "Chairs"),
        (hard("gone", "eq", "a field that the catalogue lost"), "a field that the catalogue lost"),
        (Preference(polarity="negative", facet="about", text="floral print", quote="no flowers"), "floral print"),
        (Preference(polarity="positive", facet="category", text="Home > Seats", quote="seats"), "Seats"),
    ],
)
def test_a_label_names_the_thing_itself(demand: Constraint, label: str, registry: FieldRegistry) -> None:
    assert chip(demand, registry, ENGLISH).label == label


@pytest.mark.parametrize(
    ("polarity", "is_hard", "sign"),
    [
        ("positive", True, "must be"),
        ("negative", True, "must not be"),
        ("positive", False, "rather"),
        ("negative", False, "rather not"),
    ],
)
def test_wanted_and_must_are_told_in_words(polarity: str, is_hard: bool, sign: str, registry: FieldRegistry) -> None:
    soft = Preference(polarity=polarity, facet="about", text="oak", quote="oak")  # type: ignore[arg-type]
    demand = hard("colour", "eq", "green", polarity=polarity) if is_hard else soft
    assert chip(demand, registry, ENGLISH).sign == sign


def test_numbers_days_and_counts_are_plain() -> None:
    assert [number(50.0), number(1234.5), number(1999.0, "year"), number(3.0, "kg")] == [
        "50",
        "1,234.50",
        "1999",
        "3 kg",
    ]
    day = ENGLISH.days.of
    assert day("2025-05-03T10:00:00+00:00") == day(datetime(2025, 5, 3, tzinfo=UTC)) == "3 May 2025"
    assert day(None) == ""
    assert [counted(1, "event"), counted(2, "event")] == ["1 event", "2 events"]
    assert [ENGLISH.did("purchase"), ENGLISH.did("something_new")] == ["bought", "something new"]


def test_ordinals_are_words_that_the_parser_reads() -> None:
    ranks = (1, 10, 11, 12, 21, 22, 23, 24, 111)
    assert [ENGLISH.examples.refusing(rank).split()[3] for rank in ranks] == [
        "first", "tenth", "11th", "12th", "21st", "22nd", "23rd", "24th", "111th",
    ]  # fmt: skip
