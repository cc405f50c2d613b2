"""The sentence behind a tag: it says what was done, counts what it cites, and claims no more than the link holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.intents.links import Link
from intentfeed.intents.past import read_past
from intentfeed.intents.reasons import MAX_TITLE, Deeds, deeds_in, reason_for, reason_for_query
from tests.intents.shop import Shop, leaves, past_of

BOOTS = leaves()[0]
DID = Deeds("You bought 2× in Hiking Boots", (0, 1), (100, 101))


def told(link: Link, target: str = leaves()[1], modifiers: tuple[str, ...] = ()) -> str:
    return reason_for(link, DID, target, modifiers=modifiers, modifiers_I=[("warm",), ("warm", "red")])


def test_deeds_are_the_newest_and_every_number_is_over_them(shop: Shop) -> None:
    history = past_of(("detail_view", 0, 9), ("purchase", 1, 8), ("purchase", 30, 7), ("purchase", 1, 6))
    past = read_past(history, shop.catalog.category_I, newest=10, queries=5)
    did = deeds_in(shop.catalog.categories.index(BOOTS), BOOTS, past, shop.catalog, 2)
    assert did.event_ids == (103, 101)
    assert did.items == (1,)
    assert did.told == f"You bought 2× in Hiking Boots, last “{shop.catalog.titles[1]}”"


def test_an_item_without_a_title_is_not_quoted_and_an_order_that_is_none_not_claimed(shop: Shop) -> None:
    bare = Catalog.of({"item_id": ["a", "b"], "category": ["Pans", "Pans"], "title": ["", "Clay Pan"]})
    history = past_of(("purchase", 1, None), ("purchase", 0, None))
    silent = read_past(history, bare.category_I, newest=10, queries=5)
    assert deeds_in(1, "Pans", silent, bare, 5).told == "You bought 2× in Pans"
    unordered = replace(past_of(("purchase", 1, None)), ordered=False)
    past = read_past(unordered, bare.category_I, newest=10, queries=5)
    assert deeds_in(1, "Pans", past, bare, 5).told.endswith("such as “Clay Pan”")


def test_an_own_category_needs_no_further_word() -> None:
    assert told(Link("own", 1), BOOTS) == DID.told


@pytest.mark.parametrize(
    ("lift", "often"),
    [(0.7, ""), (1.04, ""), (1.05, "1.1 times"), (2.449, "2.4 times"), (12.6, "13 times")],
)
def test_company_is_told_in_people_and_never_as_more_than_it_is(lift: float, often: str) -> None:
    text = told(Link("together", 1, both=7, have=20, lift=lift))
    assert "7 of 20 people with something there also have something in Trekking Poles" in text
    assert ("as people at large" in text) == bool(often)
    assert often in text


def test_a_shelf_is_named() -> None:
    assert told(Link("shelf", 1)).endswith("; Trekking Poles stands beside it under Hiking")


def test_a_modifier_is_claimed_where_two_of_the_items_have_it() -> None:
    assert told(Link("own", 1), modifiers=("red", "warm")).endswith("; 2 of these items are described as “warm”")
    assert told(Link("own", 1), modifiers=("red",)) == DID.told


def test_a_search_counts_what_it_cites() -> None:
    assert reason_for_query("clay pot", (9,), BOOTS, cited=5) == (
        "You searched for “clay pot” once, which means Hiking Boots",
        (9,),
    )
    text, ids = reason_for_query("x" * 200, range(8), BOOTS, cited=3)
    assert ids == (0, 1, 2)
    assert "3 times" in text
    assert len(text) < MAX_TITLE + 60


def test_a_long_title_is_cut_between_words_and_its_breaks_are_spaces() -> None:
    long = Catalog.of({"item_id": ["a"], "category": ["Pans"], "title": ["Clay\nPan " + "very good " * 20]})
    past = read_past(past_of(("purchase", 0, 3)), long.category_I, newest=10, queries=5)
    text = deeds_in(1, "Pans", past, long, 5).told
    assert "“Clay Pan very good" in text
    assert text.endswith(("good…”", "very…”"))
    assert "\n" not in text
