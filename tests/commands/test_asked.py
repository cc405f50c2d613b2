"""Which kinds of things are asked for, and what stands nearest to them."""

from __future__ import annotations

import numpy as np

from intentfeed.commands.asked import Kind, in_turn, kinds_asked, meant, near_kinds
from intentfeed.commands.filter import Filter, FilterArgs
from intentfeed.commands.kin import Kin
from intentfeed.commands.matcher import Matcher, MatcherArgs
from intentfeed.commands.tools import ToolContext
from intentfeed.data.catalog import Catalog
from tests.commands.tooling import context, hard, pool, soft

ROWS = (
    ("Tabletop Telescope, Black", "Sport > Optics > Stars", "steel", "quiet"),
    ("Mirror Telescope with Tripod", "Sport > Optics > Stars", "steel", "robust"),
    ("Star Chart, A2", "Sport > Optics > Stars", "paper", "quiet"),
    ("Small Binoculars", "Sport > Optics > Birds", "steel", "robust"),
    ("Bird Call", "Sport > Optics > Birds", "wood", "robust"),
    ("Running Shoe", "Sport > Running", "linen", "quiet"),
    ("Quiet Kettle", "Kitchen > Kettles", "steel", "quiet"),
    ("Quiet Fan", "Home > Fans", "wood", "quiet"),
    ("Quiet Mixer", "Kitchen > Mixers", "steel", "quiet"),
    ("Tripod, Tall", "Photo > Tripods", "steel", "robust"),
    ("Spoon Set", "Kitchen > Spoons", "wood", "robust"),
    ("Duvet Cover Set", "Home > Beds", "linen", "robust"),
    ("Pan Set", "Kitchen > Pans", "steel", "robust"),
    ("Mirror Tripod Bag", "Photo > Bags", "linen", "robust"),
)
N = len(ROWS)


def shop() -> Catalog:
    return Catalog.of(
        {
            "item_id": [f"i{row}" for row in range(N)],
            "title": [row[0] for row in ROWS],
            "category": [row[1] for row in ROWS],
            "attributes": [f'{{"material": "{row[2]}", "feature": "{row[3]}"}}' for row in ROWS],
        }
    )


def asked(*demands, k: int = 4) -> ToolContext:  # type: ignore[no-untyped-def]
    items = shop()
    return context(*demands, items=items, kin=Kin(items), k=k)


def kinds(told: ToolContext) -> tuple[Kind, ...]:
    return kinds_asked(told.memory.preferences, told.memory.constraints, told.witness, told.kin)


def order(told: ToolContext, base: list[float] | None = None) -> list[int]:
    """Return the rows, best first, of somebody whose taste is the other way round."""
    args = MatcherArgs(positive=tuple(one.id for one in told.memory.preferences))
    found = Matcher().run(pool(base=base or [float(row) for row in range(N)], n=N), args, told)
    return np.argsort(-found.scores["matcher"] - found.scores["kin"], kind="stable").tolist()


def test_a_noun_of_titles_comes_before_a_property_that_is_a_field() -> None:
    found = order(asked(soft("about", "telescope"), soft("feature", "quiet")))
    assert found[:2] == [0, 1], "a quiet one, then one that is not"
    assert found[2] == 2, "what runs out is filled from the same shelf"
    assert set(found[3:5]) == {3, 4}, "then from the one beside it, before all that is quiet"


def test_all_that_is_said_of_the_thing_itself_is_the_noun_and_no_more() -> None:
    assert [kind.demand.text for kind in kinds(asked(soft("about", "quiet")))] == [], "it ends no phrase"
    part = soft("about", "tripod", quote="with a tripod")
    assert [kind.demand.text for kind in kinds(asked(soft("about", "telescope"), part))] == ["telescope"]
    wood = kinds(asked(soft("about", "wood"), soft("about", "telescope")))
    assert [kind.demand.text for kind in wood] == ["telescope"], "a value of a field is a property"


def test_a_noun_that_is_strewn_is_a_kind_alone_and_none_beside_another() -> None:
    alone = asked(soft("about", "set"))
    assert [kind.strewn for kind in kinds(alone)] == [True]
    assert set(order(alone)[:3]) == {10, 11, 12}
    assert [kind.demand.text for kind in kinds(asked(soft("category", "Kettles"), soft("about", "set")))] == ["Kettles"]


def test_few_of_a_noun_are_no_stand_in_for_more_words_than_titles_know() -> None:
    assert kinds(asked(soft("about", "garden binoculars"))) == ()
    assert [kind.demand.text for kind in kinds(asked(soft("about", "binoculars")))] == ["binoculars"]
    assert [kind.demand.text for kind in kinds(asked(soft("about", "camping kettle")))] == ["camping kettle"], "a shelf"


def test_a_kind_within_another_narrows_it() -> None:
    found = kinds(asked(soft("category", "Optics"), soft("about", "telescope")))
    assert [(kind.demand.text, kind.narrows) for kind in found] == [("Optics", False), ("telescope", True)]
    assert order(asked(soft("category", "Optics"), soft("about", "telescope")))[:2] == [1, 0]


def test_any_of_several_kinds_will_do() -> None:
    told = asked(soft("about", "telescope"), soft("category", "Kettles"))
    assert set(order(told)[:3]) == {0, 1, 6}
    focus_I = Matcher().nominate(pool(n=N), MatcherArgs(positive=("c1", "c2")), told).focus_I
    assert focus_I is not None
    assert np.flatnonzero(focus_I).tolist() == [0, 1, 6]


def test_each_of_several_kinds_has_its_turn() -> None:
    found = order(asked(soft("about", "telescope"), soft("category", "Kettles"), soft("category", "Pans")))
    assert set(found[:3]) == {1, 6, 12}, "then the other telescope"
    assert found[3] == 0
    scores = np.array([9.0, 8.0, 7.0, 6.0, 5.0])
    of_KC = np.array([[1, 1, 1, 0, 0], [0, 0, 0, 1, 0]], dtype=np.bool_)
    assert in_turn(scores, np.zeros(5, dtype=np.int64), of_KC).tolist() == [9, 7, 6, 8, 5]
    assert in_turn(scores, np.array([1, 1, 1, 0, 0]), of_KC).tolist() == scores.tolist(), "the rest of the wish first"


def test_words_beside_a_kind_say_which_of_it() -> None:
    assert order(asked(soft("about", "mirror telescope")))[:2] == [1, 0], "a title has both"
    assert order(asked(soft("about", "tabletop optical telescope")), base=[0.0] * N)[:2] == [0, 1], "or one of them"


def test_the_nearest_stand_on_the_same_shelf_or_are_called_so_in_part() -> None:
    told = asked(soft("about", "mirror telescope"))
    assert told.kin is not None
    near_I, steps = near_kinds(kinds(told), told.kin)
    assert steps == told.kin.depth + 2
    assert near_I[1] == 1
    assert 1 > near_I[0] > near_I[2] > near_I[3] > near_I[5] > near_I[6] == 0


def test_a_value_gives_way_before_a_noun_and_what_is_next_of_kin_fills_the_rest() -> None:
    quiet = hard("feature", "eq", "quiet", quote="quiet")
    told = asked(soft("about", "telescope"), quiet, k=5)
    found = Filter().run(pool(n=N), FilterArgs(positive_hard=("c2",)), told)
    assert found.mask_I[[0, 1, 2, 3, 4]].all()
    assert [(one.demand_id, one.how) for one in found.relaxed] == [("c2", "let go")]
    assert found.bonus_I is not None
    assert found.bonus_I[0] > found.bonus_I[2] > found.bonus_I[3] == 0, "what has it comes first among its like"
    paper = hard("material", "eq", "paper", quote="paper")
    short = Filter().run(pool(n=N), FilterArgs(positive_hard=("c2",)), asked(soft("about", "telescope"), paper))
    assert np.flatnonzero(short.mask_I).tolist() == [0, 1, 2], "a short slate of what is near stays short"
    steel = Filter().run(pool(n=N), FilterArgs(positive_hard=("c2",)), asked(soft("about", "kettle"), quiet, k=1))
    assert np.flatnonzero(steel.mask_I).tolist() == [0, 2, 5, 6, 7, 8], (
        "where the kind fills the slate nothing is let in"
    )


def test_a_bound_of_a_number_gives_way_for_no_kin() -> None:
    items = shop()
    frame = items.frame.with_columns(price=np.arange(N, dtype=np.float64))
    priced = Catalog(frame)
    told = context(soft("about", "telescope"), hard("price", "le", 1.0), items=priced, kin=Kin(priced), k=4)
    found = Filter().run(pool(n=N), FilterArgs(positive_hard=("c2",)), told)
    assert np.flatnonzero(found.mask_I).tolist() == [0, 1]


def test_where_titles_are_names_a_word_of_them_is_no_kind() -> None:
    shelves = ("Drama", "Comedy", "War", "Crime")
    words = ("Star", "Night", "Man", "House", "River", "Love")
    rows = [(f"The {word}", shelf) for word in words for shelf in shelves]
    items = Catalog.of({
        "item_id": [f"i{row}" for row in range(len(rows))],
        "title": [title for title, _ in rows],
        "category": [shelf for _, shelf in rows],
    })  # fmt: skip
    told = context(soft("about", "star"), items=items, kin=Kin(items))
    assert not Kin(items).titles_tell
    assert Kin(shop()).titles_tell
    assert kinds(told) == ()


def test_the_kind_that_is_meant_may_be_a_noun() -> None:
    found = meant(asked(soft("about", "telescope", round=2), soft("feature", "quiet")))
    assert found is not None
    assert (np.flatnonzero(found.held_I).tolist(), found.quotes, found.round) == ([0, 1], ("telescope",), 2)
