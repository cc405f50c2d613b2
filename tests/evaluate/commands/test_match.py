"""When two slots are one: cases by hand, each way."""

from __future__ import annotations

import pytest

from intentfeed.commands.records import Constraint, Demand, Op, Preference
from intentfeed.evaluate.commands.match import Matching, agree
from tests.simulate.shelf import shelf_traits

TRAITS = shelf_traits()
MATCHING = Matching.of(TRAITS.registry, TRAITS.catalog)


def hard(field: str, op: Op, value, polarity="positive") -> Constraint:
    return Constraint(polarity=polarity, field=field, op=op, value=value, quote="")


def soft(facet: str, text: str, polarity="positive") -> Preference:
    return Preference(polarity=polarity, facet=facet, text=text, quote="")


@pytest.mark.parametrize(
    ("found", "gold"),
    [
        (hard("price", "lt", 50.0), hard("price", "le", 50.0)),
        (hard("price", "le", 50.3), hard("price", "le", 50.0)),
        (hard("price", "gt", 50.0, "negative"), hard("price", "le", 50.0)),
        (hard("price", "between", (32.0, 48.0)), hard("price", "between", (32.0, 48.1))),
        (hard("brand", "in", ("dunvik",)), hard("brand", "eq", "Dunvik")),
        (hard("brand", "in", ("Dunvik", "Arbeck")), hard("brand", "in", ("Arbeck", "Dunvik"))),
        (hard("year", "in", (1991.0, 1980.0)), hard("year", "in", (1980.0, 1991.0))),
        (hard("year", "ge", 1991.0), hard("year", "gt", 1990.0)),
        (soft("category", "Boots"), soft("category", "Wear > Boots")),
        (soft("category", "Wear > Boots > Laced"), soft("category", "Wear > Boots")),
        (soft("about", "floral prints"), soft("about", "floral print")),
        (soft("about", "oak wood"), soft("material", "oak")),
        (soft("material", "oak"), soft("about", "made of oak")),
    ],
)
def test_one_thing(found: Demand, gold: Demand):
    assert agree(found, gold, MATCHING)


@pytest.mark.parametrize(
    ("found", "gold"),
    [
        (hard("price", "le", 55.0), hard("price", "le", 50.0)),
        (hard("price", "ge", 50.0), hard("price", "le", 50.0)),
        (hard("price", "le", 50.0, "negative"), hard("price", "le", 50.0)),
        (hard("price", "between", (32.0, 60.0)), hard("price", "between", (32.0, 48.0))),
        (hard("brand", "eq", "Dunvik", "negative"), hard("brand", "eq", "Dunvik")),
        (hard("brand", "eq", "Arbeck"), hard("brand", "eq", "Dunvik")),
        (hard("brand", "eq", "Dunvik"), hard("brand", "in", ("Dunvik", "Arbeck"))),
        (hard("brand", "in", ("Dunvik", "Arbeck")), hard("brand", "eq", "Dunvik")),
        (hard("brand", "in", ("Dunvik", "Arbeck")), hard("brand", "in", ("Dunvik", "Arbeck", "Corvane"))),
        (soft("colour", "red"), hard("colour", "in", ("red", "blue"))),
        (hard("colour", "eq", "Dunvik"), hard("brand", "eq", "Dunvik")),
        (hard("year", "gt", 1980.0), hard("year", "gt", 1990.0)),
        (soft("category", "Wear"), soft("category", "Wear > Boots")),
        (soft("category", "Home > Rugs"), soft("category", "Wear > Boots")),
        (soft("about", "plain"), soft("about", "floral print")),
        (soft("about", "oak", "negative"), soft("material", "oak")),
        (soft("material", "oak"), soft("category", "Wear > Boots")),
        (soft("about", "cheap"), hard("price", "le", 50.0)),
    ],
)
def test_two_things(found: Demand, gold: Demand):
    assert not agree(found, gold, MATCHING)
