"""What may be asked for of an item, and which items do it."""

from __future__ import annotations

import json

import pytest

from intentfeed.commands.fields import FieldRegistry
from intentfeed.commands.masks import Masks
from intentfeed.data.catalog import Catalog
from intentfeed.simulate.traits import Traits, TraitsConfig

from .shelf import shelf_traits


def test_traits_of_an_item_are_its_telling_fields():
    held = {trait.field: trait for trait in shelf_traits().of(4)}
    assert set(held) == {"category", "brand", "price", "year", "colour", "material"}
    assert held["category"].values == ("Wear > Long Skirts", "Wear")
    assert not held["category"].hard
    assert not held["material"].hard, "a field of a quarter of the items is no rule"
    assert held["price"].hard
    assert held["price"].number == pytest.approx(153.99)


def test_what_few_have_or_most_have_is_not_asked_for():
    catalog = Catalog.of(
        {
            "item_id": [f"i{row}" for row in range(40)],
            "title": [f"no {row}" for row in range(40)],
            "brand": ["Common"] * 30 + ["Middle"] * 8 + ["Rare"] * 2,
        }
    )
    registry = FieldRegistry.of(catalog)
    traits = Traits(catalog, registry, Masks(registry, catalog))
    assert [traits.of(row) for row in (0, 39)] == [(), ()]
    assert [trait.values for trait in traits.of(31)] == [("Middle",)]
    assert Traits(catalog, registry, Masks(registry, catalog), TraitsConfig(least_items=2)).of(39)[0].values == (
        "Rare",
    )


def test_a_value_that_gives_the_title_away_is_not_asked_for():
    catalog = Catalog.of(
        {
            "item_id": [f"i{row}" for row in range(20)],
            "title": ["Gorilla Glue"] + [f"no {row}" for row in range(19)],
            "brand": ["Gorilla Glue"] * 10 + ["Other"] * 10,
        }
    )
    registry = FieldRegistry.of(catalog)
    traits = Traits(catalog, registry, Masks(registry, catalog))
    assert traits.of(0) == ()
    assert traits.of(1)[0].values == ("Gorilla Glue",)


def test_of_two_fields_that_say_the_same_the_fuller_one_is_asked_for():
    genres = [["Drama", "War"], ["Drama", "Crime"], ["Comedy"], ["Comedy", "Crime"]] * 10
    attributes = [json.dumps({"genres": held, "year": 1980 + row, "release_date": f"{1980 + row}-06-01"})
                  for row, held in enumerate(genres)]  # fmt: skip
    catalog = Catalog.of(
        {
            "item_id": [f"i{row}" for row in range(40)],
            "title": [f"film {row}" for row in range(40)],
            "category": [held[0] for held in genres],
            "attributes": attributes,
        }
    )
    registry = FieldRegistry.of(catalog)
    traits = Traits(catalog, registry, Masks(registry, catalog))
    assert traits.twin("category") == "genres"
    assert traits.twin("release_date") == "year"
    assert set(traits.fields) == {"genres", "year"}


def test_demands_are_met_by_the_masks_and_turned_by_polarity():
    traits = shelf_traits()
    skirt = next(trait for trait in traits.of(0) if trait.field == "category")
    wanted = traits.meets(traits.demand(skirt, "Wear"))
    assert wanted.tolist() == [row < 60 for row in range(120)]
    unwanted = traits.meets(traits.demand(skirt, "Wear > Long Skirts", polarity="negative"))
    assert unwanted.tolist() == [row >= 20 for row in range(120)]
