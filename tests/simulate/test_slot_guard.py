"""The slot guard takes what says the meant thing in any words, and refuses what says more, less or the contrary."""

from __future__ import annotations

import pytest

from intentfeed.commands.records import Constraint, Preference
from intentfeed.simulate.episodes import Casting
from intentfeed.simulate.phrasing import FAMILIES, Saying, TemplatePhraser, wordings
from intentfeed.simulate.shopper import Intention, Mind
from intentfeed.simulate.slot_guard import faults, names, quotes
from intentfeed.simulate.slots import Slot

from .shelf import shelf_cases, shelf_traits
from .test_phrasing import sayings

TRAITS = shelf_traits()
CUES = wordings("en", "a")["cues"]
EPISODE = Casting(TRAITS).cast(shelf_cases(), "multi")[0][0]
NO_BOOTS = Slot(demand=Preference(polarity="negative", facet="category", text="Wear > Boots", quote=""),
                clause="category.no", places={"value": "Boots", "field": "category"}, names=("Boots",), complaint=True,
                key="category")  # fmt: skip
UNDER = Slot(demand=Constraint(polarity="positive", field="price", op="le", value=50.0, quote=""), clause="price.under",
             places={"n": "50", "field": "price"}, names=("50",), key="price")  # fmt: skip
CHEAPER = Slot(
    demand=Constraint(polarity="positive", field="price", op="lt", value=61.5, quote=""),
    clause="price.less",
    places={"field": "price"},
    key="price",
)


def about(*slots: Slot) -> Saying:
    return Saying(episode=EPISODE, number=1, before=Mind(), mind=Mind(), intention=Intention(kind="ask", slots=slots))


@pytest.mark.parametrize("text", ["no boots please, and keep it under 50", "boots? never again. 50 at most",
                                  "I'm fed up with boots! 50.00 is all I have"])  # fmt: skip
def test_what_says_it_passes(text: str):
    assert faults(text, about(NO_BOOTS, UNDER), TRAITS, CUES) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("show me boots under 50", "unwanted"),
        ("no shoes under 50", "Boots"),
        ("no boots, please", "'50'"),
        ("no boots, under 50 or 60", "60"),
        ("no boots under 500", "'50'"),
        ("no boots under 50, something crimson", "crimson"),
    ],
)
def test_what_says_less_or_more_or_the_contrary_is_refused(text: str, why: str):
    colour = next(trait for trait in TRAITS.of(EPISODE.target(1)) if trait.field == "colour").values[0]
    found = faults(text.replace("crimson", colour), about(NO_BOOTS, UNDER), TRAITS, CUES)
    assert any(why.replace("crimson", colour) in fault for fault in found), found


def test_a_comparison_must_compare_and_give_no_number():
    assert faults("something cheaper", about(CHEAPER), TRAITS, CUES) == []
    assert faults("these are too expensive for me", about(CHEAPER), TRAITS, CUES) == []
    assert faults("something nice", about(CHEAPER), TRAITS, CUES)
    assert faults("something cheaper, say 60", about(CHEAPER), TRAITS, CUES)


def test_a_wish_must_not_be_denied():
    assert faults("not under 50", about(UNDER), TRAITS, CUES)


def test_names_are_found_by_word_and_number():
    assert names("I want long skirt things", "Long Skirts")
    assert not names("I want skirts that are long", "Long Skirts")
    assert names("50,00 it is", "50")
    assert names("不要登山鞋了", "登山鞋")


def test_quotes_are_the_clauses_that_say_it():
    assert quotes("Hello there. No boots please, under 50!", about(NO_BOOTS, UNDER)) == ["No boots please", "under 50"]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_clause_of_the_files_passes_its_own_guard(family):
    phraser = TemplatePhraser(TRAITS, family=family)
    wrong = []
    for saying in sayings():
        said = phraser.one(saying)
        if saying.intention.kind == "ask" and len(said.gold.add) == len(saying.intention.slots):
            wrong += [(said.text, fault) for fault in faults(said.text, saying, TRAITS, CUES)]
    assert not wrong, wrong[:8]
