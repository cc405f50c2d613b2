"""Ranges say of numbers what the masks do."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from intentfeed.commands.fields import FieldRegistry
from intentfeed.commands.masks import Masks
from intentfeed.commands.ranges import Ranges, allowed, meet, side, within
from intentfeed.commands.records import Constraint
from intentfeed.data.catalog import Catalog

PRICES = [value / 2 for value in range(21)] + [math.nextafter(5, 0), math.nextafter(5, 9)]
CATALOG = Catalog.of({"item_id": [f"i{row}" for row in range(len(PRICES))], "price": PRICES})
MASKS = Masks(FieldRegistry.of(CATALOG), CATALOG)
bounds = st.integers(0, 10).map(float)


@st.composite
def constraints(draw: st.DrawFn) -> Constraint:
    op = draw(st.sampled_from(["eq", "in", "lt", "le", "gt", "ge", "between"]))
    ends = (draw(bounds), draw(bounds))
    value: Any = (min(ends), max(ends)) if op == "between" else ends if op == "in" else ends[0]
    polarity = draw(st.sampled_from(["positive", "negative"]))
    return Constraint(polarity=polarity, field="price", op=op, value=value, quote="x")  # type: ignore[arg-type]


def passing(constraint: Constraint) -> list[bool]:
    met = MASKS.of(constraint)
    return [bool(passes) for passes in (met if constraint.polarity == "positive" else ~met)]


def ranges(constraint: Constraint) -> Ranges:
    found = allowed(constraint)
    assert found is not None
    return found


@given(constraints())
def test_ranges_let_through_what_masks_let_through(constraint: Constraint) -> None:
    found = ranges(constraint)
    assert [any(low <= price <= high for low, high in found) for price in PRICES] == passing(constraint)
    if side(found) in ("upper", "lower"):
        assert len(found) == 1


@given(constraints(), constraints())
def test_two_meet_and_one_lies_within_the_other_as_their_numbers_do(one: Constraint, other: Constraint) -> None:
    first, second = passing(one), passing(other)
    if any(a and b for a, b in zip(first, second, strict=True)):
        assert meet(ranges(one), ranges(other))
    if within(ranges(one), ranges(other)):
        assert all(b for a, b in zip(first, second, strict=True) if a)


def test_words_have_no_range() -> None:
    assert allowed(Constraint(polarity="positive", field="price", op="eq", value="red", quote="red")) is None
    assert allowed(Constraint(polarity="positive", field="price", op="in", value=("red", "blue"), quote="red")) is None
