"""What the catalogue itself knows of a demand, and by which field."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest

from intentfeed.commands.fields import FieldRegistry
from intentfeed.commands.masks import Masks
from intentfeed.commands.records import Demand
from intentfeed.commands.witness import Witness
from intentfeed.data.catalog import Catalog
from tests.commands.tooling import context, hard, soft, unwanted

CASES: list[tuple[Demand, list[int] | None]] = [
    (soft("category", "Home > Lamps"), [3, 4, 5]),
    (soft("category", "Lamps"), [3, 4, 5]),
    (soft("category", "home"), [0, 1, 2, 3, 4, 5]),
    (soft("color", "Green"), [3, 4, 6, 8]),  # the floor lamp has no colour: its title says it
    (soft("about", "green"), [3, 4, 6, 8]),
    (soft("about", "oak"), [0, 10]),
    (soft("material", "plastic"), [2, 5, 7, 8]),
    (soft("about", "folding desks"), [2]),  # whole words of a title, singular or plural
    (soft("about", "fold"), None),
    (soft("color", "turquoise"), None),
    (soft("about", ""), None),
    (soft("about", "lamp green"), None),
    (soft("material", "green"), [4]),  # no material is called so; a title says it
    (hard("price", "le", 30.0), [3, 5, 8]),
]


@pytest.mark.parametrize(("demand", "rows"), CASES, ids=lambda case: getattr(case, "text", ""))
def test_who_holds_what_is_named(demand: Demand, rows: list[int] | None) -> None:
    held_I = context(demand).witness.held_I(demand)
    assert (None if held_I is None else np.flatnonzero(held_I).tolist()) == rows
    flipped = context(demand).witness.held_I(unwanted(demand))  # what is named is the same, wanted or not
    assert (None if flipped is None else np.flatnonzero(flipped).tolist()) == rows


def test_a_witness_names_the_field_and_what_it_holds() -> None:
    told = context(
        soft("color", "green"),
        unwanted(soft("category", "Desks")),
        hard("price", "le", 50.0),
        soft("about", "lamp"),
        soft("about", "qzxv"),
    )
    lamp = {met.demand_id: asdict(met) for met in told.witness.of_all(told.memory, 4)}
    assert lamp == {
        "c1": {"demand_id": "c1", "holds": True, "field": "title", "value": "Green floor lamp"},
        "c2": {"demand_id": "c2", "holds": True, "field": "category", "value": "Home > Lamps"},
        "c3": {"demand_id": "c3", "holds": False, "field": "price", "value": "60"},
        "c4": {"demand_id": "c4", "holds": True, "field": "title", "value": "Green floor lamp"},
    }
    desk = {met.demand_id: (met.holds, met.field, met.value) for met in told.witness.of_all(told.memory, 0)}
    assert desk == {
        "c1": (False, "color", "brown"),
        "c2": (False, "category", "Home > Desks"),
        "c3": (False, "price", "120"),
        "c4": (False, "", ""),
    }


def test_the_same_question_is_answered_from_what_is_kept() -> None:
    told = context()
    one = told.witness.held_I(soft("about", "Oak"))
    assert told.witness.held_I(soft("about", " oak ")) is one
    fields = told.witness.fields(soft("material", "oak"))
    assert [one.field for one in fields] == ["material"]
    assert told.witness.fields(soft("material", "Oak ")) is fields
    assert told.witness.fields(soft("color", "oak")) is not fields


def test_a_value_that_another_field_says_in_full_is_read_there() -> None:
    """A film's category is the first of its genres; a maker that is called like a colour is no colour."""
    genres = [["Action"], ["Action", "Drama"], ["Drama", "Action"], ["Drama"], ["Comedy", "Drama"]] * 8
    made_by = ["Orange", "Plum", "Plum", "Orange", "Plum"] * 8
    colors = ["Plum", "Orange", "Orange", "Plum", "Plum"] * 8
    films = Catalog.of(
        {
            "item_id": [f"f{at}" for at in range(40)],
            "title": [f"Film {at}" for at in range(40)],
            "category": [held[0] for held in genres],
            "attributes": [
                json.dumps({"genres": held, "studio": made, "color": color})
                for held, made, color in zip(genres, made_by, colors, strict=True)
            ],
        }
    )
    registry = FieldRegistry.of(films)
    witness = Witness(films, registry, Masks(registry, films))
    told = soft("category", "Action")
    assert [one.field for one in witness.fields(told)] == ["category", "genres"]
    held_I = witness.held_I(told)
    assert held_I is not None
    assert held_I.tolist() == ["Action" in held for held in genres]
    assert [one.field for one in witness.fields(soft("color", "Orange"))] == ["color"]
