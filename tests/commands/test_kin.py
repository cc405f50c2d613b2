"""Nearness in the category tree: what is asked for, then what stands beside it, then what taste would bring."""

from __future__ import annotations

import json

import numpy as np
import pytest

from intentfeed.commands.asked import meant
from intentfeed.commands.attenuator import Attenuator, AttenuatorArgs
from intentfeed.commands.kin import Kin
from intentfeed.commands.matcher import Matcher, MatcherArgs
from intentfeed.commands.tools import ToolContext
from intentfeed.data.catalog import Catalog
from tests.commands.tooling import context, hard, pool, soft

SHELVES = (
    ["Sport > Bikes > Mountain"] * 2
    + ["Sport > Bikes > Road"] * 2
    + ["Sport > Balls > Golf"] * 2
    + ["Care > Razors"] * 4
)
TITLES = ["bike ada", "bike bob", "bike cid", "racer dot", "ball eve", "ball fay", "razor gus", "razor hal",
          "razor ivy", "razor jon"]  # fmt: skip
RED = (0, 4, 6, 7)


def shop() -> Catalog:
    return Catalog.of({
        "item_id": [f"i{row}" for row in range(10)],
        "title": TITLES,
        "category": SHELVES,
        "attributes": [json.dumps({"color": "red" if row in RED else "blue"}) for row in range(10)],
    })  # fmt: skip


def asked(*demands, screen: tuple[int, ...] = ()) -> ToolContext:  # type: ignore[no-untyped-def]
    items = shop()
    return context(*demands, items=items, kin=Kin(items), screen=np.array(screen, dtype=np.int32))


def order(told: ToolContext, *, fond: int = 1) -> list[int]:
    """Return the rows, best first, of somebody who is fond of razors, or of nothing."""
    args = MatcherArgs(positive=tuple(one.id for one in told.memory.preferences if one.polarity == "positive"))
    found = Matcher().run(pool(base=[fond * row for row in range(10)], n=10), args, told)
    return np.argsort(-found.scores["matcher"] - found.scores.get("kin", 0), kind="stable").tolist()


def test_the_levels_that_two_categories_share_are_how_near_they_are() -> None:
    kin = Kin(shop())
    near_I = kin.near_of(kin.named(np.isin(np.arange(10), (0, 1))))
    assert near_I.tolist() == pytest.approx([1, 1, 2 / 3, 2 / 3, 1 / 3, 1 / 3, 0, 0, 0, 0])


def test_a_word_that_holds_of_a_whole_shelf_names_a_kind_and_one_that_is_strewn_does_not() -> None:
    kin, rows = Kin(shop()), np.arange(10)
    assert kin.is_kind(np.isin(rows, (6, 7, 8, 9)))
    assert not kin.is_kind(np.isin(rows, (4, 6)))
    assert not kin.is_kind(np.zeros(10, dtype=np.bool_))


def test_the_nearest_are_taken_level_by_level() -> None:
    kin, every = Kin(shop()), np.ones(10, dtype=np.bool_)
    near_I = kin.near(np.array([0], dtype=np.int32))
    assert kin.nearest(near_I, every, 5).tolist() == [0, 1, 2, 3]
    assert kin.nearest(near_I, every, 6).tolist() == [0, 1, 2, 3, 4, 5]


def test_where_a_kind_runs_out_its_own_shelf_comes_next_whatever_taste_says() -> None:
    assert set(order(asked(soft("category", "Mountain")))[:2]) == {0, 1}
    assert set(order(asked(soft("category", "Mountain")))[2:4]) == {2, 3}
    assert set(order(asked(soft("about", "bike")))[:3]) == {0, 1, 2}, "a word that names one does as well"


def test_a_kind_comes_before_its_properties() -> None:
    found = order(asked(soft("category", "Mountain"), soft("color", "red")))
    assert found[:2] == [0, 1]
    assert set(found[2:4]) == {2, 3}, "blue bikes of another kind come before red razors"


def test_without_a_kind_the_screen_says_of_which_kind() -> None:
    assert set(order(asked(hard("price", "le", 50.0), screen=(0, 1)), fond=0)[:4]) == {0, 1, 2, 3}
    assert set(order(asked(soft("color", "red"), screen=(0, 1)))[:4]) == set(RED), "what is asked for comes first"
    assert order(asked(soft("color", "red"), screen=(0, 1)), fond=0)[0] == 0


def test_a_kind_that_is_unwanted_is_no_kind_of_the_screen() -> None:
    golf = soft("category", "Golf", polarity="negative")
    found = order(asked(golf, screen=(4, 6)))
    assert set(found[:4]) == {6, 7, 8, 9}
    assert order(asked(soft("category", "Sport", polarity="negative"), screen=(0,))) == list(range(10))[::-1]


def test_what_is_unwanted_is_not_looked_at_where_the_rest_fills_the_slate() -> None:
    told = asked(soft("category", "Mountain"), soft("color", "red", polarity="negative"))
    found = Attenuator().nominate(pool(n=10), AttenuatorArgs(negative=("c2",)), told)
    assert np.flatnonzero(~found.mask_I).tolist() == list(RED)


def test_a_kind_that_is_wanted_is_looked_at_though_what_holds_it_is_unwanted() -> None:
    told = asked(soft("category", "Sport", polarity="negative"), soft("category", "Mountain"))
    nominated = Matcher().nominate(pool(n=10), MatcherArgs(positive=("c2",)), told)
    assert Attenuator().nominate(nominated, AttenuatorArgs(negative=("c1",)), told).mask_I.all()


def test_nearness_is_worked_out_once_and_told_in_the_pool() -> None:
    told, args = asked(soft("category", "Mountain")), MatcherArgs(positive=("c1",))
    nominated = Matcher().nominate(pool(n=10), args, told)
    assert nominated.near_I is not None
    assert Matcher().run(nominated, args, told).scores["kin"].tolist() == nominated.near_I.tolist()
    assert Matcher().run(pool(n=10), args, told).scores["kin"].tolist() == nominated.near_I.tolist()
    silent = Matcher().nominate(pool(n=10), MatcherArgs(), asked())
    assert silent.near_I is None


def test_the_kind_that_is_meant_is_any_of_those_asked_for_and_within_what_is_demanded() -> None:
    found = meant(asked(soft("category", "Mountain", round=1), soft("category", "Golf", round=3), soft("color", "red")))
    assert found is not None
    assert np.flatnonzero(found.held_I).tolist() == [0, 1, 4, 5]
    assert (found.quotes, found.round) == (("Mountain", "Golf"), 3)
    both = meant(asked(soft("category", "Sport"), hard("category", "eq", "Sport > Bikes")))
    assert both is not None
    assert np.flatnonzero(both.held_I).tolist() == [0, 1, 2, 3]
    assert meant(asked(soft("color", "red"), soft("category", "Golf", polarity="negative"))) is None
