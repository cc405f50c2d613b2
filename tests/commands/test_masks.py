"""Every operator on every kind of field, against a loop over items written by hand."""

from __future__ import annotations

import json
import math
import re
from datetime import date
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentfeed.commands.fields import FieldRegistry
from intentfeed.commands.masks import Masks
from intentfeed.commands.records import Constraint, Op
from intentfeed.data.catalog import Catalog
from intentfeed.errors import DataError

COLOURS = ("red", "Blue", "light blue", "sea-green")
PATHS = ("Wear > Shoes > Running Shoes", "Wear > Shoes", "Wear > Skirts", "Home > Shoes", "Home")
TITLES = ("Long silk skirt", "Silk-lined boots", "Milk jug", "Boot", "真丝长裙", "Running shoes, 2 pairs")
TAGS = ("outdoor", "Winter Hike", "gift")
SIZES = ("38", "40", "42")
ITEMS = [
    {
        "title": TITLES[row % 6] if row % 7 else "",
        "category": PATHS[row % 5] if row % 6 else "",
        "price": float(row * 13 % 97) if row % 5 else None,
        "colour": COLOURS[row % 4] if row % 3 else None,
        "tags": [TAGS[at] for at in range(3) if row >> at & 1],
        "made": date(2020, 1 + row % 12, 1 + row % 28).isoformat(),
        "fits": SIZES[row % 3] + (" EU" if row % 2 else ""),
    }
    for row in range(120)
]
TEXTS = (
    *COLOURS,
    *PATHS,
    *TITLES,
    *TAGS,
    *SIZES,
    "RED",
    "blue",
    "skirts",
    "silk",
    "Shoes",
    "丝",
    "长裙",
    "10",
    "",
    "  ",
)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    names = ("colour", "tags", "made", "fits")
    return Catalog.of(
        {
            "item_id": [f"i{row}" for row in range(len(ITEMS))],
            **{name: [item[name] for item in ITEMS] for name in ("title", "category", "price")},
            "attributes": [json.dumps({name: item[name] for name in names if item[name]}) for item in ITEMS],
        }
    )


@pytest.fixture(scope="module")
def registry(catalog: Catalog) -> FieldRegistry:
    return FieldRegistry.of(catalog)


@pytest.fixture(scope="module")
def masks(catalog: Catalog, registry: FieldRegistry) -> Masks:
    return Masks(registry, catalog)


def asked(field: str, op: str, value: Any, **more: Any) -> Constraint:
    return Constraint(polarity="positive", field=field, op=op, value=value, quote="x", **more)  # type: ignore[arg-type]


def words(text: str) -> list[str]:
    """Return the words of a text; Han characters each alone."""
    return re.findall(r"[一-鿿]|[^\W一-鿿_]+", text.lower())


def has_phrase(text: str, sought: str) -> bool:
    """Return whether the words of one text stand side by side in another, the last one in singular or plural."""
    wanted, held = words(sought), words(text)
    if not wanted:
        return False
    for at in range(len(held) - len(wanted) + 1):
        *before, last = held[at : at + len(wanted)]
        if before == wanted[:-1] and (last == wanted[-1] or plural(last, wanted[-1]) or plural(wanted[-1], last)):
            return True
    return False


def plural(one: str, many: str) -> bool:
    return len(one) > 2 and one.isascii() and one.isalpha() and not one.endswith("s") and many == one + "s"


def amount(value: Any, field: str) -> float:
    """Return the number that a value is for a field; NaN for words."""
    if not isinstance(value, str):
        return float(value)
    if field == "made":
        found = re.fullmatch(r"\s*(\d{4})-(\d\d)-(\d\d)\s*", value)
        return float(date(*map(int, found.groups())).toordinal()) if found else math.nan
    found = re.fullmatch(r"\s*(\d+)(?: EU)?\s*", value)
    return float(found[1]) if found else math.nan


def folded(text: str) -> str:
    return " ".join(text.casefold().split())


def in_words(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def meets(item: dict[str, Any], constraint: Constraint) -> bool:
    """Return whether one item meets a constraint, slowly."""
    name, op = constraint.field, constraint.op
    values = constraint.value if isinstance(constraint.value, tuple) else (constraint.value,)
    held = item[name] if isinstance(item[name], list) else [item[name]]
    held = [value for value in held if value not in (None, "")]
    if name in ("price", "made"):
        if op == "contains":
            op = "in"
        return any(compare(amount(value, name), op, [amount(bound, name) for bound in values]) for value in held)
    if op == "contains":
        return any(has_phrase(value, in_words(sought)) for value in held for sought in values)
    if op in ("eq", "in"):
        if name == "category":
            return any(under(value, in_words(sought)) for value in held for sought in values)
        return any(folded(value) == folded(in_words(sought)) for value in held for sought in values)
    if name == "title":
        return False
    return any(compare(amount(value, name), op, [amount(bound, name) for bound in values]) for value in held)


def under(path: str, sought: str) -> bool:
    """Return whether a path is the one sought or below it; a bare level stands for all paths that end in it."""
    levels, wanted = [folded(level) for level in path.split(" > ")], folded(sought)
    if wanted in {" > ".join(folded(level) for level in known.split(" > ")[:n]) for known in PATHS for n in (1, 2, 3)}:
        return any(" > ".join(levels[:n]) == wanted for n in range(1, len(levels) + 1))
    return wanted in levels


def compare(number: float, op: str, bounds: list[float]) -> bool:
    known = [bound for bound in bounds if not math.isnan(bound)]
    if math.isnan(number) or not known:
        return False
    if op in ("eq", "in"):
        return number in known
    if len(known) < len(bounds):
        return False
    low, high = min(known), max(known)
    return {"lt": number < low, "le": number <= high, "gt": number > high, "ge": number >= low,
            "between": low <= number <= high}[op]  # fmt: skip


numbers = st.one_of(st.integers(-5, 100).map(float), st.sampled_from([737425.0, 737500.0, 737600.5, 40.0]))
texts = st.sampled_from(TEXTS)
values = st.one_of(
    numbers, texts, st.tuples(numbers, numbers).map(lambda two: (min(two), max(two))), st.tuples(texts, texts)
)


@settings(max_examples=600, deadline=None)
@given(
    name=st.sampled_from(["title", "category", "price", "colour", "tags", "made", "fits"]),
    op=st.sampled_from(get_args(Op)),
    value=values,
)
def test_masks_equal_the_slow_loop(masks: Masks, name: str, op: str, value: Any) -> None:
    constraint = asked(name, op, value)
    assert masks.of(constraint).tolist() == [meets(item, constraint) for item in ITEMS]
    assert masks.of(constraint).dtype == np.bool_


def test_the_toy_has_a_field_of_each_kind(registry: FieldRegistry) -> None:
    assert {name: field.kind for name, field in registry.fields.items()} == {
        "title": "text", "category": "category", "price": "number", "colour": "value", "tags": "list", "made": "date",
        "fits": "value", "fits in eu": "number",
    }  # fmt: skip


@pytest.mark.parametrize("op", get_args(Op))
def test_every_operator_finds_something_somewhere(masks: Masks, op: str) -> None:
    by_op: dict[str, list[tuple[str, Any]]] = {
        "eq": [("price", 13.0), ("colour", "red"), ("category", "Home"), ("tags", "gift"), ("made", "2020-02-02")],
        "in": [("price", (13.0, 26.0)), ("colour", ("red", "blue")), ("tags", ("gift", "outdoor"))],
        "contains": [("title", "silk"), ("colour", "blue"), ("category", "shoe"), ("tags", "hike")],
    }
    others: list[tuple[str, Any]] = [("price", 40.0), ("made", 737500.0), ("fits", 40.0)]
    if op == "between":
        others = [("price", (20.0, 60.0)), ("made", (737450.0, 737500.0)), ("fits", (39.0, 41.0))]
    for name, value in by_op.get(op, others):
        found = masks.of(asked(name, op, value))
        assert 0 < found.sum() < len(ITEMS), (name, op, value)


@pytest.mark.parametrize(("name", "op", "value"), [("price", "ge", -1.0), ("tags", "in", TAGS)])
def test_what_is_missing_meets_nothing(masks: Masks, name: str, op: str, value: Any) -> None:
    constraint = asked(name, op, value)
    lacks = [item[name] in (None, []) for item in ITEMS]
    assert any(lacks)
    assert masks.missing(constraint).tolist() == lacks
    assert masks.of(constraint).tolist() == [not lack for lack in lacks]


def test_absence_is_excused_where_many_items_lack_the_field(masks: Masks) -> None:
    shares = {name: masks.missing(asked(name, "eq", "x")).mean() for name in ("colour", "price", "made")}
    assert shares == {"colour": pytest.approx(1 / 3), "price": pytest.approx(0.2), "made": 0.0}
    assert [masks.lenient(asked(name, "eq", "x")) for name in shares] == [True, False, False]


def test_a_constraint_in_another_unit_is_converted() -> None:
    rows = [json.dumps({"weight": f"{row} g"}) for row in range(1, 40)]
    catalog = Catalog.of({"item_id": [f"i{row}" for row in range(39)], "attributes": rows})
    masks = Masks(FieldRegistry.of(catalog), catalog)
    assert masks.of(asked("weight", "le", 0.01, unit="kg")).sum() == 10
    assert masks.of(asked("weight", "le", 10.0, unit="g")).sum() == 10
    assert masks.of(asked("weight", "le", "0.01 kg")).sum() == 10


def test_masks_are_kept_and_cannot_be_changed(masks: Masks) -> None:
    constraint = asked("price", "le", 50.0)
    found = masks.of(constraint)
    assert masks.of(asked("price", "le", 50.0)) is found
    with pytest.raises(ValueError, match="read-only"):
        found[0] = True


def test_the_same_answers_after_very_many_questions(catalog: Catalog, registry: FieldRegistry) -> None:
    masks = Masks(registry, catalog)
    before = [masks.of(asked("price", "le", bound / 8)).tolist() for bound in range(800)]
    assert before == [masks.of(asked("price", "le", bound / 8)).tolist() for bound in range(800)]


def test_an_unknown_field_is_an_error_with_a_name(masks: Masks) -> None:
    with pytest.raises(DataError, match="no field 'sparkle'"):
        masks.of(asked("sparkle", "eq", "much"))


def test_hostile_values_meet_nothing_and_break_nothing(masks: Masks) -> None:
    for value in (
        "'; drop table items; --",
        "(" * 5_000,
        "\u202e\u0000\ud7ff",
        "{{7*7}}",
        ".*",
        "x" * 100_000,
        "-" * 99,
    ):
        for name in ("title", "category", "price", "colour", "tags", "made", "fits"):
            for op in get_args(Op):
                assert not masks.of(asked(name, op, value)).any()
    for number in (math.nan, math.inf, -math.inf):
        assert not masks.of(asked("price", "eq", number)).any()
