"""The words say what is meant, in families that share no clause, and never name the item."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from intentfeed.commands.records import Constraint, Preference
from intentfeed.simulate.episodes import Casting
from intentfeed.simulate.leaks import leaks
from intentfeed.simulate.phrasing import FAMILIES, Saying, TemplatePhraser, wordings
from intentfeed.simulate.shopper import Intention, Mind, Shopper
from intentfeed.simulate.slots import Slot

from .shelf import shelf_cases, shelf_traits

TRAITS = shelf_traits()
SHOPPER = Shopper(TRAITS)
EPISODES = [*Casting(TRAITS).cast(shelf_cases(), "multi")[0], *Casting(TRAITS).cast(shelf_cases(), "drift")[0]]
PLACES = {"value", "other", "field", "n", "m", "place"}


def sayings() -> list[Saying]:
    rng = np.random.default_rng(3)
    found = []
    for episode in EPISODES:
        for number in range(1, 5):
            rows = tuple(rng.permutation(120)[:10].tolist())
            intention = SHOPPER.intention(episode, Mind(), rows, number)
            found.append(Saying(episode=episode, number=number, before=Mind(), mind=Mind(), intention=intention))
    return found


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_families_say_the_same_things_in_clauses_of_their_own(language):
    for one, other in combinations(FAMILIES, 2):
        a, b = wordings(language, one), wordings(language, other)
        assert set(a["clauses"]) == set(b["clauses"])
        for part in ("clauses", "retract"):
            for name in a[part]:
                assert a[part][name]
                assert b[part][name]
        told = [{wording for clause in words["clauses"].values() for wording in clause} for words in (a, b)]
        assert not told[0] & told[1]
        for name in ("praise", "more", "reset", "again"):
            assert not set(a[name]) & set(b[name])


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("family", FAMILIES)
def test_clauses_have_only_places_that_are_filled(language, family):
    words = wordings(language, family)
    for wording in (wording for clause in words["clauses"].values() for wording in clause):
        assert set(re.findall(r"\{(.*?)\}", wording)) <= PLACES
    for name, clauses in words["clauses"].items():
        needed = {"value"} if name.split(".")[1] in ("want", "no") else set()
        assert all(needed <= set(re.findall(r"\{(.*?)\}", wording)) for wording in clauses), name
    assert len(words["ordinals"]) == 5


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("family", FAMILIES)
def test_every_demand_stands_in_the_text_with_its_quote_and_names(language, family):
    phraser = TemplatePhraser(TRAITS, language=language, family=family)
    n = 0
    for saying in sayings():
        said = phraser.one(saying)
        for demand in said.gold.add:
            n += 1
            assert demand.quote
            assert demand.quote.casefold() in said.text.casefold()
        for slot in saying.intention.slots[: len(said.gold.add)]:
            assert all(name.casefold() in said.text.casefold() for name in slot.names)
        assert len(said.gold.add) == len(said.keys) <= len(saying.intention.slots)
    assert n > 200


def test_no_text_gives_the_item_away():
    for saying in sayings():
        said = TemplatePhraser(TRAITS, family="b").one(saying)
        target = saying.episode.target(saying.number)
        assert not leaks(said.text, TRAITS.catalog.titles[target], TRAITS.catalog.item_ids[target])


def test_what_would_give_the_item_away_is_said_with_less_or_not_at_all():
    saying = next(saying for saying in sayings() if saying.intention.kind == "ask")
    title = TRAITS.catalog.titles[saying.episode.target(saying.number)]
    telling = Slot(demand=Preference(polarity="positive", facet="about", text=title, quote=""), clause="category.want",
                   places={"value": title}, names=(title,), key="x")  # fmt: skip
    brand = Slot(demand=Constraint(polarity="positive", field="brand", op="eq", value="Dunvik", quote=""),
                 clause="category.want", places={"value": "Dunvik"}, names=("Dunvik",), key="brand")  # fmt: skip
    phraser = TemplatePhraser(TRAITS)
    alone = phraser.one(replace(saying, intention=Intention(kind="ask", slots=(telling,))))
    assert (alone.gold.feedback, alone.gold.add) == ("neutral", ())
    assert alone.refused >= 5
    both = phraser.one(replace(saying, intention=Intention(kind="ask", slots=(brand, telling))))
    assert [demand.value for demand in both.gold.add if isinstance(demand, Constraint)] == ["Dunvik"]


def test_the_same_words_in_every_run_and_others_in_the_other_family():
    one, again, other = (
        [said.text for said in TemplatePhraser(TRAITS, family=family).say(sayings())] for family in ("a", "a", "b")
    )
    assert one == again
    assert not [left for left, right in zip(one, other, strict=True) if left == right and len(left) > 12]


def test_what_a_value_holds_is_never_filled_in_again():
    slot = Slot(demand=Preference(polarity="positive", facet="about", text="{n}", quote=""), clause="about.want",
                places={"value": "{n} {0.__class__}", "n": "7"}, key="x")  # fmt: skip
    assert "{n} {0.__class__}" in TemplatePhraser(TRAITS).clause(slot, np.random.default_rng(0))


def test_terse_people_type_small_and_little_and_chatty_ones_more():
    by = {"terse": [], "normal": [], "chatty": []}
    for saying in sayings():
        if saying.intention.kind == "ask":
            by[saying.episode.persona.verbosity].append(TemplatePhraser(TRAITS).one(saying).text)
    assert all(text == text.lower() for text in by["terse"])
    mean = {ways: np.mean([len(text) for text in texts]) for ways, texts in by.items()}
    assert mean["terse"] < mean["normal"] < mean["chatty"]


def test_a_change_of_mind_names_what_is_taken_back():
    skirts = Preference(polarity="positive", facet="category", text="Wear > Long Skirts", quote="long skirts")
    limit = Constraint(polarity="positive", field="price", op="le", value=50.0, quote="under 50")
    brand = Slot(demand=Constraint(polarity="positive", field="brand", op="eq", value="Dunvik", quote=""),
                 clause="brand.want", places={"value": "Dunvik"}, names=("Dunvik",), key="brand")  # fmt: skip
    before = Mind(said=(("category", skirts), ("price", limit)))
    intention = Intention(kind="ask", slots=(brand,), stale=(skirts, limit), turned="marked")
    saying = Saying(episode=EPISODES[-1], number=2, before=before, mind=Mind(), intention=intention)
    said = TemplatePhraser(TRAITS).one(saying)
    assert (said.gold.feedback, said.gold.retracts, said.gold.clears) == ("revise", (skirts,), ("price",))
    assert "long skirts" in said.text.lower()
    assert "price" in said.text.lower()
    reset = TemplatePhraser(TRAITS).one(
        replace(saying, intention=Intention(kind="ask", slots=(brand,), reset=True, turned="marked"))
    )
    assert reset.gold.feedback == "reset"
