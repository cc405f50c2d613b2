"""What may be said of an item comes from its fields and its category, and from nothing else."""

import json

import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.explain.facts import FactsConfig
from intentfeed.explain.item_facts import ItemFacts
from intentfeed.explain.trade import Trade

from .outfitter import outfitter


@pytest.fixture(scope="module")
def facts() -> ItemFacts:
    catalog = outfitter()
    return ItemFacts(catalog, Trade.fit(catalog, FactsConfig()), domain="shop")


def said(facts: ItemFacts, item_id: str, slot: str) -> list[str]:
    return [fact.text for fact in facts.of(facts.catalog.row_of[item_id]).get(slot, [])]


def test_the_head_of_the_title_says_what_the_item_is(facts: ItemFacts) -> None:
    assert said(facts, "tent05", "noun") == ["ultralight tent"]
    assert said(facts, "woolrug00", "noun") == ["plain wool rug"]


def test_an_attribute_that_titles_put_before_a_noun_is_a_feature(facts: ItemFacts) -> None:
    assert "ultralight" in said(facts, "tent05", "feature")
    assert "waterproof" not in said(facts, "tent05", "feature")


def test_a_value_alone_is_a_detail_with_its_attribute(facts: ItemFacts) -> None:
    assert "olive colour" in said(facts, "tent05", "detail")


def test_only_the_cheapest_quarter_is_called_cheap(facts: ItemFacts) -> None:
    cheap = [n for n in range(12) if "price:low" in facts.of(facts.catalog.row_of[f"tent{n:02d}"])]
    dear = [n for n in range(12) if "price:high" in facts.of(facts.catalog.row_of[f"tent{n:02d}"])]
    assert (cheap, dear) == ([0, 1, 2], [9, 10, 11])


def test_a_season_word_or_brand_is_never_made_up(facts: ItemFacts) -> None:
    bare = Catalog.of({"item_id": ["a", "b"], "title": ["", ""]})
    nothing = ItemFacts(bare, Trade.fit(bare, FactsConfig()), domain="shop")
    assert nothing.of(0) == {}


def test_people_and_genres_are_facts_of_films_alone() -> None:
    own = json.dumps({"directors": ["Agnes Varda"], "genres": ["Drama", "War"], "year": 1962})
    film = Catalog.of({"item_id": ["f"], "title": ["Cleo"], "category": ["Drama"], "attributes": [own]})
    trade = Trade.fit(film, FactsConfig())
    found = ItemFacts(film, trade, domain="films").of(0)
    assert [fact.text for fact in found["director"] + found["genre"] + found["year"]] == ["Agnes Varda", "war", "1962"]
    assert "director" not in ItemFacts(film, trade, domain="shop").of(0)
