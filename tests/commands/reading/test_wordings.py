"""What people say in other words than those that anybody thought of: one cause a test, on films and in a shop."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest

from intentfeed.commands.fields import FieldRegistry
from intentfeed.commands.grounded import GroundedParser
from intentfeed.commands.records import Command, Constraint, Demand, Memory, Preference, Shown
from intentfeed.data.catalog import Catalog
from tests.commands.catalogues import films, films_zh
from tests.commands.said import TODAY

Brief = set[tuple[str, str, object]]
ROWS = (0, 1, 2, 3, 4)
PRICES = (10.0, 20.0, 30.0, 40.0, 50.0, 60.0)
STARS = (2.0, 3.0, 3.5, 4.0, 4.5, 5.0)


@cache
def shop() -> GroundedParser:
    """Return the parser of a shop with prices, ratings, colours and people whom things are for."""
    kinds = ("Garden > Kettles & Grills", "Home > Lamps", "Home > Rugs")
    rows = range(60)
    catalog = Catalog.of(
        {
            "item_id": [str(row) for row in rows],
            "title": [f"Modell {row} {('grill', 'lamp', 'rug')[row % 3]}" for row in rows],
            "category": [kinds[row % 3] for row in rows],
            "brand": [("Arbeck", "Bolmer", "Cestra", "Dunvik")[row % 4] for row in rows],
            "price": [PRICES[row % 6] for row in rows],
            "attributes": [
                json.dumps(
                    {
                        "rating": STARS[row % 6],
                        "colour": ("red", "olive", "white")[row // 3 % 3],
                        "audience": ("women", "men", "kids", "unisex")[row // 2 % 4],
                    }
                )
                for row in rows
            ],
        }
    )
    return GroundedParser(FieldRegistry.of(catalog), catalog)


@cache
def cinema() -> GroundedParser:
    catalog = films()
    return GroundedParser(FieldRegistry.of(catalog), catalog)


@cache
def cinema_zh() -> GroundedParser:
    catalog = films_zh()
    return GroundedParser(FieldRegistry.of(catalog), catalog)


def command(text: str, held: tuple[Demand, ...] = ()) -> Command:
    slate = tuple(Shown(position=at + 1, row=row) for at, row in enumerate(ROWS))
    return Command(text=text, slate=slate, memory=Memory(demands=held, next_number=len(held) + 1), round=2, today=TODAY)


def told(parser: GroundedParser, text: str) -> Brief:
    return {brief(demand) for demand in parser.parse(command(text)).add}


def brief(demand: Demand) -> tuple[str, str, object]:
    sign = "+" if demand.polarity == "positive" else "-"
    if isinstance(demand, Constraint):
        return f"{sign}{demand.field}", demand.op, demand.value
    return f"{sign}{demand.facet}", "~", demand.text


MIDDLE_PRICE, MIDDLE_STARS = float(np.median(PRICES[:5])), float(np.median(STARS[:5]))


def colour(value: str, *, wanted: bool = True) -> tuple[str, str, object]:
    hard = shop()._registry.fields["colour"].hard
    return ("+" if wanted else "-") + "colour", "eq" if hard else "~", value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a higher rating", ("+rating", "gt", MIDDLE_STARS)),
        ("the rating of all of these is far too low", ("+rating", "gt", MIDDLE_STARS)),
        ("why is the price so high?", ("+price", "lt", MIDDLE_PRICE)),
        ("a smaller price than the fourth one", ("+price", "lt", 40.0)),
        ("less price than 25", ("+price", "lt", 25.0)),
        ("could the price come down a notch?", ("+price", "lt", MIDDLE_PRICE)),
        ("dearer than I had in mind", ("+price", "lt", MIDDLE_PRICE)),
        ("it costs more than what you show me", ("+price", "gt", MIDDLE_PRICE)),
        ("that costs less than the second one", ("+price", "lt", 20.0)),
        ("the first one costs too much", ("+price", "lt", 10.0)),
        ("I would not pay as much as the third one", ("+price", "lt", 30.0)),
        ("aren't these a bit dear?", ("+price", "lt", MIDDLE_PRICE)),
        ("isn't there anything cheaper?", ("+price", "lt", MIDDLE_PRICE)),
    ],
)
def test_compares_whatever_is_named_with_the_screen(text: str, expected: tuple[str, str, object]) -> None:
    assert told(shop(), text) == {expected}


def test_each_comparison_has_its_own_place() -> None:
    found = told(shop(), "cheaper, with a higher rating than the first one")
    assert found == {("+price", "lt", MIDDLE_PRICE), ("+rating", "gt", 2.0)}


@pytest.mark.parametrize(
    ("text", "op", "value"),
    [
        ("pre-1990 ones", "lt", 1990.0),
        ("no post-1990 stuff", "le", 1990.0),
        ("I want none that are older than 1990", "ge", 1990.0),
        ("spare me whatever came before 1990", "ge", 1990.0),
        ("nothing with a year that goes beyond 1990", "le", 1990.0),
    ],
)
def test_refused_bounds_turn_once(text: str, op: str, value: float) -> None:
    assert told(cinema(), text) == {("+year", op, value)}


def test_a_list_of_refused_bounds_is_a_range() -> None:
    found = told(shop(), "I would not want to pay less than 20 or more than 40")
    assert found == {("+price", "between", (20.0, 40.0))}


@pytest.mark.parametrize(
    "text",
    [
        "The kids are at my mother's so it is quiet. Red lamps please.",
        "I've just put the grill away. Red lamps please.",
        "The grill's smoking. Red lamps please.",
        "My niece told me to try this. Red lamps please.",
        "I'll be frank, you're a star. Red lamps please.",
        "Thanks a million. Red lamps please.",
        "Sorry for the rugs and all that. Red lamps please.",
        "not to be a nuisance, but red lamps please",
    ],
)
def test_facts_of_a_day_are_no_wishes(text: str) -> None:
    assert told(shop(), text) == {colour("red"), ("+category", "~", "Lamps")}


def test_a_childs_age_and_likes_are() -> None:
    assert any(field == "+audience" for field, _, _ in told(shop(), "my niece loves lamps"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("any colour but red", {colour("red", wanted=False)}),
        ("any colour except red, Arbeck (brand)", {colour("red", wanted=False), ("+brand", "eq", "Arbeck")}),
        ("no red for the colour and Arbeck for the brand", {colour("red", wanted=False), ("+brand", "eq", "Arbeck")}),
        ("red isn't really my thing", {colour("red", wanted=False)}),
        ("lamps and red isn't my thing", {("+category", "~", "Lamps"), colour("red", wanted=False)}),
        ("leave the Arbeck ones out", {("-brand", "eq", "Arbeck")}),
        ("gone right off Arbeck, Bolmer is what I want", {("-brand", "eq", "Arbeck"), ("+brand", "eq", "Bolmer")}),
        ("no Arbeck and could you make it red", {("-brand", "eq", "Arbeck"), colour("red")}),
        ("you wouldn't have any Arbeck, would you?", {("+brand", "eq", "Arbeck")}),
        ("I was hoping for Arbeck as the brand", {("+brand", "eq", "Arbeck")}),
        ("if the brand was Arbeck I'd be over the moon", {("+brand", "eq", "Arbeck")}),
        ("let me see what you have from Arbeck", {("+brand", "eq", "Arbeck")}),
        ("can you make the brand Arbeck?", {("+brand", "eq", "Arbeck")}),
        ("skip Arbeck and Bolmer would be nice", {("-brand", "eq", "Arbeck"), ("+brand", "eq", "Bolmer")}),
        ("Arbeck or Bolmer, don't care which", {("+brand", "in", ("Arbeck", "Bolmer"))}),
        ("either Arbeck or Bolmer is fine, nothing else", {("+brand", "in", ("Arbeck", "Bolmer"))}),
        ("Arbeck would do, Bolmer is fine too", {("+brand", "in", ("Arbeck", "Bolmer"))}),
    ],
)  # fmt: skip
def test_refusals_and_wishes_in_roundabout_words(text: str, expected: Brief) -> None:
    assert told(shop(), text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "forget what I said about wanting Arbeck",
        "scratch my request for Arbeck, I don't care either way",
        "forget that I ever asked for Arbeck",
        "Arbeck isn't what I'm after any longer",
        "I'm not fussed about Arbeck any more",
    ],
)
def test_takes_back_what_is_named(text: str) -> None:
    held = (
        Constraint(id="c1", polarity="positive", field="brand", op="eq", value="Arbeck", quote="Arbeck"),
        Preference(id="c2", polarity="positive", facet="category", text="Lamps", quote="lamps"),
    )
    delta = shop().parse(command(text, held))
    assert (delta.retract_ids, delta.add, delta.feedback) == (("c1",), (), "revise")


@pytest.mark.parametrize("text", ["the price can be anything now", "drop the limit I put on the price"])
def test_takes_back_a_limit(text: str) -> None:
    held = Constraint(id="c1", polarity="positive", field="price", op="le", value=30.0, quote="30")
    assert "price" in shop().parse(command(text, (held,))).clear_fields


@pytest.mark.parametrize(
    "text", ["wipe everything I told you", "let's start afresh", "would you mind forgetting everything I asked for?"]
)
def test_starts_afresh(text: str) -> None:
    delta = shop().parse(command(text))
    assert (delta.feedback, delta.add) == ("reset", ())


@pytest.mark.parametrize("text", ["next batch please", "keep 'em coming", "Let me be honest with you."])
def test_asks_for_nothing_in_particular(text: str) -> None:
    assert shop().parse(command(text)).add == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("不要比1990年还早的", {("+年份", "ge", 1990.0)}),
        ("比第二部新的", None),
    ],
)
def test_compares_in_chinese(text: str, expected: Brief | None) -> None:
    found = told(cinema_zh(), text)
    year = cinema_zh()._registry.numbers_I("年份") if "年份" in cinema_zh()._registry.fields else None
    if expected is None:
        assert year is not None
        expected = {("+年份", "gt", float(year[1]))}
    assert found == expected


def test_another_value_that_will_do_in_chinese() -> None:
    both = told(cinema_zh(), "喜剧可以，剧情也可以")
    assert any(op == "in" and set(value) == {"喜剧", "剧情"} for _, op, value in both if isinstance(value, tuple)), both
