"""What holds after each command, and the invariants of RecBot, 3.4, over random commands."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentfeed.commands.evidence import content
from intentfeed.commands.fields import FieldRegistry
from intentfeed.commands.memory import (
    Consolidated,
    apply,
    consolidate,
    drop,
    expire,
    rescope,
    restored,
    standing,
    undo,
)  # fmt: skip
from intentfeed.commands.normal import key
from intentfeed.commands.ranges import Ranges, allowed, meet
from intentfeed.commands.records import (
    Constraint,
    Delta,
    Demand,
    Ended,
    Memory,
    Preference,
    Scope,
    plain,
    read_demand,
)  # fmt: skip
from intentfeed.data.catalog import Catalog

TODAY = date(2025, 10, 5)
COLOURS = ("red", "blue", "light blue", "green")
PATHS = ("Wear > Shoes > Running Shoes", "Wear > Shoes", "Wear > Skirts", "Home > Lamps")


def toy() -> FieldRegistry:
    n = 64
    attributes = [
        json.dumps({
            "colour": COLOURS[row % 4], "tags": ["gift", "outdoor", "sale"][: row % 3 + 1], "year": 1980 + row % 40,
            "weight": f"{row + 1} g",
        })
        for row in range(n)
    ]  # fmt: skip
    return FieldRegistry.of(
        Catalog.of(
            {
                "item_id": [f"i{row}" for row in range(n)],
                "title": [f"Thing {row}" for row in range(n)],
                "category": [PATHS[row % 4] for row in range(n)],
                "price": [float(row) for row in range(n)],
                "attributes": attributes,
            }
        )
    )


REGISTRY = toy()


def rule(field: str, op: str, value: Any, quote: str = "", *, no: bool = False, **more: Any) -> Constraint:
    polarity = "negative" if no else "positive"
    return Constraint(polarity=polarity, field=field, op=op, value=value, quote=quote or f"{value}", **more)  # type: ignore[arg-type]


def leaning(facet: str, text: str, quote: str = "", *, no: bool = False, **more: Any) -> Preference:
    polarity = "negative" if no else "positive"
    return Preference(polarity=polarity, facet=facet, text=text, quote=quote or text, **more)  # type: ignore[arg-type]


def heard(memory: Memory, utterance: str, *add: Demand, round: int = 1, **delta: Any) -> Consolidated:  # noqa: A002
    """Consolidate one command whose quotes, unless they were given, are the whole of it."""
    said = tuple(demand if demand.quote in utterance else replace(demand, quote=utterance) for demand in add)
    change = Delta(**{"feedback": "new", **delta}, add=said)
    found = consolidate(memory, change, quote_source=utterance, round=round, today=TODAY, registry=REGISTRY)
    assert found.memory == apply(
        memory, change, quote_source=utterance, round=round, today=TODAY, registry=REGISTRY
    )  # both say the same
    return found


def after(*commands: tuple[str, Sequence[Demand]], **last: Any) -> Memory:
    """Return the memory after commands in turn; `last` goes into the last delta."""
    memory = Memory()
    for at, (utterance, add) in enumerate(commands):
        more = last if at == len(commands) - 1 else {}
        memory = heard(memory, utterance, *add, round=at, **more).memory
    return memory


def brief(memory: Memory) -> list[tuple[Any, ...]]:
    """Return what holds as short tuples."""
    return [
        ("-" if d.polarity == "negative" else "+", d.field, d.op, d.value)
        if isinstance(d, Constraint)
        else ("-" if d.polarity == "negative" else "+", d.facet, d.text)
        for d in memory.demands
    ]


def why(memory: Memory) -> list[tuple[str, str]]:
    return [(ended.demand.id, ended.why) for ended in memory.ended]


# Preserve


@pytest.mark.parametrize("feedback", ["satisfied", "neutral"])
def test_a_satisfied_turn_leaves_the_memory_as_it_is_to_the_byte(feedback: str) -> None:
    memory = after(("red under 50", [rule("colour", "eq", "red"), rule("price", "le", 50.0, "under 50")]))
    found = heard(memory, "lovely, red", rule("colour", "eq", "blue", "red"), feedback=feedback, retract_ids=("c1",))
    assert found.memory is memory


# Integrate and resolve: numbers


def price(op: str, value: Any, quote: str, **more: Any) -> tuple[str, list[Demand]]:
    return quote, [rule("price", op, value, quote, **more)]


@pytest.mark.parametrize(
    ("first", "second", "tightens", "left"),
    [
        (price("in", (10.0, 30.0), "10 or 30"), price("between", (0.0, 20.0), "not 0 to 20", no=True), False,
         [("+", "price", "eq", 30.0), ("-", "price", "between", (0.0, 20.0))]),
        (price("between", (0.0, 20.0), "not 0 to 20", no=True), price("in", (10.0, 30.0), "10 or 30"), False,
         [("+", "price", "in", (10.0, 30.0))]),
        (price("le", 50.0, "under 50"), price("le", 80.0, "under 80"), False, [("+", "price", "le", 80.0)]),
        (price("le", 50.0, "under 50"), price("le", 40.0, "under 40"), False, [("+", "price", "le", 40.0)]),
        (price("le", 50.0, "under 50"), price("ge", 20.0, "over 20"), False,
         [("+", "price", "le", 50.0), ("+", "price", "ge", 20.0)]),
        (price("le", 50.0, "under 50"), price("ge", 60.0, "over 60"), False, [("+", "price", "ge", 60.0)]),
        (price("lt", 50.0, "under 50"), price("ge", 50.0, "from 50"), False, [("+", "price", "ge", 50.0)]),
        (price("le", 50.0, "up to 50"), price("ge", 50.0, "from 50"), False,
         [("+", "price", "le", 50.0), ("+", "price", "ge", 50.0)]),
        (price("between", (20.0, 50.0), "20 to 50"), price("le", 40.0, "under 40"), False,
         [("+", "price", "le", 40.0)]),
        (price("le", 40.0, "under 40"), price("between", (20.0, 50.0), "20 to 50"), False,
         [("+", "price", "between", (20.0, 50.0))]),
        (price("le", 50.0, "under 50"), price("lt", 40.0, "cheaper"), True, [("+", "price", "lt", 40.0)]),
        (price("le", 50.0, "under 50"), price("lt", 60.0, "cheaper"), True, [("+", "price", "le", 50.0)]),
        (price("between", (20.0, 50.0), "20 to 50"), price("lt", 40.0, "cheaper"), True,
         [("+", "price", "between", (20.0, 50.0)), ("+", "price", "lt", 40.0)]),
        (price("ge", 60.0, "over 60"), price("lt", 40.0, "cheaper"), True, [("+", "price", "lt", 40.0)]),
        (price("le", 50.0, "under 50"), price("gt", 40.0, "nothing over 40", no=True), False,
         [("-", "price", "gt", 40.0)]),
        (price("le", 50.0, "under 50"), price("lt", 20.0, "nothing below 20", no=True), False,
         [("+", "price", "le", 50.0), ("-", "price", "lt", 20.0)]),
        (price("gt", 40.0, "nothing over 40", no=True), price("ge", 60.0, "over 60"), False,
         [("+", "price", "ge", 60.0)]),
        (price("eq", 20.0, "not 20", no=True), price("eq", 30.0, "not 30", no=True), False,
         [("-", "price", "eq", 20.0), ("-", "price", "eq", 30.0)]),
        (price("eq", 20.0, "not 20", no=True), price("le", 50.0, "under 50"), False,
         [("-", "price", "eq", 20.0), ("+", "price", "le", 50.0)]),
        (price("eq", 20.0, "not 20", no=True), price("eq", 20.0, "20"), False, [("+", "price", "eq", 20.0)]),
        (price("eq", 20.0, "20"), price("eq", 20.0, "not 20", no=True), False, [("-", "price", "eq", 20.0)]),
    ],
)  # fmt: skip
def test_a_second_word_on_the_same_number(
    first: tuple[str, list[Demand]], second: tuple[str, list[Demand]], tightens: bool, left: list[tuple[Any, ...]]
) -> None:
    memory = after(first, second, tightens=tightens)
    assert brief(memory) == left
    assert {ended.why for ended in memory.ended} <= {"replaced", "contradicted"}


def test_a_bound_that_no_number_passes_with_the_other_ends_it_as_contradicted() -> None:
    memory = after(price("ge", 20.0, "over 20"), price("le", 50.0, "under 50"), price("le", 10.0, "under 10"))
    assert brief(memory) == [("+", "price", "le", 10.0)]
    assert why(memory) == [("c1", "contradicted"), ("c2", "replaced")]


def test_numbers_are_kept_in_the_unit_of_the_field() -> None:
    memory = after(("below 0.02 kg", [rule("weight", "lt", 0.02, unit="kg")]))
    assert brief(memory) == [("+", "weight", "lt", 20.0)]
    assert memory.constraints[0].unit == "g"


def test_two_bounds_in_one_breath_are_a_range() -> None:
    memory = after(("over 20, under 50", [rule("price", "ge", 20.0), rule("price", "le", 50.0)]))
    assert brief(memory) == [("+", "price", "ge", 20.0), ("+", "price", "le", 50.0)]


def test_of_two_words_on_one_bound_in_one_breath_the_later_counts() -> None:
    found = heard(Memory(), "under 50, no, 40", rule("price", "le", 50.0), rule("price", "le", 40.0))
    assert brief(found.memory) == [("+", "price", "le", 40.0)]
    assert found.ignored == ("price le 50.0: the command says otherwise after it",)


# Integrate and resolve: words


def colour(value: Any, utterance: str, **more: Any) -> tuple[str, list[Demand]]:
    return utterance, [rule("colour", "eq" if isinstance(value, str) else "in", value, utterance, **more)]


def test_of_a_single_valued_field_the_newest_holds() -> None:
    memory = after(colour("red", "red ones"), colour("blue", "blue ones"))
    assert brief(memory) == [("+", "colour", "eq", "blue")]
    assert why(memory) == [("c1", "replaced")]


def test_also_adds_a_value() -> None:
    memory = after(colour("red", "red ones"), colour("blue", "also blue"), widens=True)
    assert brief(memory) == [("+", "colour", "in", ("red", "blue"))]
    assert [(demand.id, demand.quote) for demand in memory.demands] == [("c1", "also blue")]
    again = heard(memory, "also blue", *colour("blue", "also blue")[1], widens=True).memory
    assert again == memory


def test_two_values_in_one_breath_are_alternatives() -> None:
    memory = after(("red or blue", [rule("colour", "eq", "red"), rule("colour", "eq", "blue")]))
    assert brief(memory) == [("+", "colour", "in", ("red", "blue"))]


def test_of_a_list_all_values_hold() -> None:
    memory = after(("gifts", [rule("tags", "eq", "gift")]), ("outdoor", [rule("tags", "eq", "outdoor")]))
    assert brief(memory) == [("+", "tags", "eq", "gift"), ("+", "tags", "eq", "outdoor")]


def test_refusals_add_up() -> None:
    memory = after(colour("red", "no red", no=True), colour("blue", "no blue", no=True))
    assert brief(memory) == [("-", "colour", "eq", "red"), ("-", "colour", "eq", "blue")]


@pytest.mark.parametrize(("first", "second"), [(False, True), (True, False)])
def test_of_wanting_and_refusing_the_same_the_newest_holds(first: bool, second: bool) -> None:
    memory = after(colour("red", "red", no=first), colour("RED", "red", no=second))
    assert brief(memory) == [("-" if second else "+", "colour", "eq", "RED")]
    assert why(memory) == [("c1", "contradicted")]


def test_refusing_one_value_leaves_the_others_wanted() -> None:
    memory = after(colour(("red", "blue"), "red or blue"), colour("red", "not red", no=True))
    assert brief(memory) == [("+", "colour", "eq", "blue"), ("-", "colour", "eq", "red")]
    assert [(ended.demand.id, ended.demand, ended.why) for ended in memory.ended] == [
        ("c1", replace(memory.constraints[0], value="red"), "contradicted")
    ]
    back = after(colour(("red", "blue"), "no red, no blue", no=True), colour("red", "red is fine"))
    assert brief(back) == [("-", "colour", "eq", "blue"), ("+", "colour", "eq", "red")]


def test_refusing_another_value_is_no_conflict() -> None:
    memory = after(colour("red", "red"), colour("blue", "no blue", no=True))
    assert brief(memory) == [("+", "colour", "eq", "red"), ("-", "colour", "eq", "blue")]


def test_a_refused_shelf_takes_along_what_lies_on_it_and_not_what_lies_around() -> None:
    running, shoes = rule("category", "eq", PATHS[0], "shoes"), rule("category", "eq", PATHS[1], "shoes")
    against = replace(shoes, polarity="negative")
    assert brief(after(("shoes", [running]), ("no shoes", [against]))) == [("-", "category", "eq", PATHS[1])]
    assert brief(after(("no shoes", [against]), ("shoes", [running]))) == [("+", "category", "eq", PATHS[0])]
    inside = replace(running, polarity="negative")
    both = after(("shoes", [shoes]), ("no running shoes", [inside]))
    assert brief(both) == [("+", "category", "eq", PATHS[1]), ("-", "category", "eq", PATHS[0])]


def test_preferences_of_free_words_add_up_and_say_things_once() -> None:
    memory = after(
        ("long skirts", [leaning("about", "long skirts")]),
        ("something romantic", [leaning("about", "romantic")]),
        ("long skirts, I said", [leaning("about", "long skirt", "long skirts")]),
    )
    assert brief(memory) == [("+", "about", "long skirts"), ("+", "about", "romantic")]
    assert [demand.round for demand in memory.demands] == [0, 1]


def test_a_preference_gives_way_on_a_single_valued_facet_unless_both_are_wanted() -> None:
    first, second = ("sandals", [leaning("category", "sandals")]), ("boots", [leaning("category", "boots")])
    assert brief(after(first, second)) == [("+", "category", "boots")]
    assert brief(after(first, second, widens=True)) == [("+", "category", "sandals"), ("+", "category", "boots")]


def test_the_name_of_the_facet_does_not_make_another_thing_of_it() -> None:
    memory = after(
        ("in light blue", [leaning("colour", "light blue")]),
        ("light blue colour", [leaning("colour", "light blue colour")]),
    )
    assert brief(memory) == [("+", "colour", "light blue")]
    other = after(("no florals", [leaning("about", "floral", no=True)]), ("floral", [leaning("pattern", "floral")]))
    assert brief(other) == [("+", "about", "floral")]


def test_a_rule_and_a_preference_for_the_same_value_are_one() -> None:
    soft, hard = ("red please", [leaning("colour", "red")]), colour("red", "only red")
    assert brief(after(soft, hard)) == [("+", "colour", "eq", "red")]
    assert brief(after(hard, soft)) == [("+", "colour", "eq", "red")]
    assert brief(after(hard, ("no red", [leaning("about", "red", no=True)]))) == [("-", "about", "red")]
    assert brief(after(hard, ("light blue", [leaning("colour", "light blue")]))) == [("+", "colour", "light blue")]


# Guards


def test_what_quotes_nothing_of_the_command_is_not_added() -> None:
    delta = Delta(feedback="new", add=(leaning("about", "floral", "no flowers"),))
    found = consolidate(Memory(), delta, quote_source="show me red", round=1, today=TODAY, registry=REGISTRY)
    assert found.memory == Memory()
    assert found.ignored == ("about 'floral': its quote 'no flowers' is not in the command",)


def test_what_no_field_can_decide_is_a_preference() -> None:
    memory = after(("nothing of silk", [rule("fabric", "eq", "silk", "silk", no=True)]))
    assert brief(memory) == [("-", "about", "silk")]
    memory = after(("below 5 carat", [rule("carats", "lt", 5.0, "below 5 carat")]))
    assert brief(memory) == [("+", "about", "below 5 carat")]
    assert brief(after(("floral", [leaning("pattern", "floral")]))) == [("+", "about", "floral")]


def test_words_for_a_number_are_ignored_and_said() -> None:
    found = heard(Memory(), "cheap", rule("price", "le", "cheap"), rule("price", "le", float("nan")))
    assert found.memory == Memory()
    assert all(note.endswith("price is compared with numbers") for note in found.ignored)
    assert len(found.ignored) == 2


# Taking back


def held() -> Memory:
    return after(
        ("under 50", [rule("price", "le", 50.0, "under 50")]),
        ("something red", [rule("colour", "eq", "red", "red")]),
        ("no floral prints", [leaning("about", "floral print", "floral prints", no=True)]),
    )


@pytest.mark.parametrize(
    ("utterance", "demand_id"),
    [
        ("forget the budget", "c1"), ("the price does not matter", "c1"), ("I no longer need the limit of 50", "c1"),
        ("any colour is fine", "c2"), ("color doesn't matter", "c2"), ("it need not be red", "c2"),
        ("florals are okay after all", "c3"), ("prints are fine", "c3"), ("flaral prinst are fine", "c3"),
        ("预算不重要", "c1"),
    ],
)  # fmt: skip
def test_a_retraction_that_speaks_of_it_removes_exactly_one(utterance: str, demand_id: str) -> None:
    found = heard(held(), utterance, feedback="revise", retract_ids=(demand_id,))
    assert {demand.id for demand in found.memory.demands} == {"c1", "c2", "c3"} - {demand_id}
    assert why(found.memory) == [(demand_id, "retracted")]
    assert found.memory.ended[0].by == utterance
    assert not found.ignored


@pytest.mark.parametrize(
    "utterance", ["show me something blue", "I want a lamp", "the one on the left", "", "no no no"]
)
def test_a_retraction_without_evidence_is_ignored_and_said(utterance: str) -> None:
    found = heard(held(), utterance, retract_ids=("c1", "c3", "c9"))
    assert found.memory == held()
    assert len(found.ignored) == 3


def test_clearing_forgets_all_that_was_said_of_a_field() -> None:
    memory = after(
        ("over 20, under 50", [rule("price", "ge", 20.0), rule("price", "le", 50.0)]),
        ("red", [rule("colour", "eq", "red")]),
    )
    found = heard(memory, "forget my budget", clear_fields=("price",))
    assert brief(found.memory) == [("+", "colour", "eq", "red")]
    assert why(found.memory) == [("c1", "cleared"), ("c2", "cleared")]
    kept = heard(memory, "forget it", clear_fields=("price", "tags"))
    assert kept.memory == memory
    assert len(kept.ignored) == 2


def test_a_reset_keeps_what_it_restates_and_what_was_said_for_good() -> None:
    memory = after(
        ("never any fur", [leaning("about", "fur", no=True, scope="always")]),
        ("red under 50", [rule("colour", "eq", "red"), rule("price", "le", 50.0)]),
    )
    found = heard(memory, "start over, but under 50", rule("price", "le", 50.0, "under 50"), feedback="reset").memory
    assert [(demand.id, demand.quote) for demand in found.demands] == [("c1", "fur"), ("c3", "under 50")]
    assert why(found) == [("c2", "reset")]
    gone = heard(memory, "forget everything, for good", feedback="reset", retract_ids=("c1",)).memory
    assert gone.demands == ()


# Time and edits by hand


def test_a_season_ends_with_the_season() -> None:
    memory = after(("no wool this season", [leaning("about", "wool", no=True, scope="season")]))
    assert memory.demands[0].until == date(2025, 12, 1)
    assert expire(memory, today=date(2025, 11, 30)) is memory
    over = expire(memory, today=date(2025, 12, 1))
    assert over.demands == ()
    assert why(over) == [("c1", "expired")]


def scopes() -> Memory:
    names: tuple[Scope, ...] = ("session", "season", "always")
    return after(*((f"{name} thing", [leaning("about", f"{name} thing", scope=name)]) for name in names))


def test_what_outlives_a_session_begins_the_next() -> None:
    ended = expire(scopes(), today=TODAY, session_ended=True)
    assert why(ended) == [("c1", "expired")]
    stays = standing(scopes())
    assert [(demand.id, demand.round) for demand in stays.demands] == [("c2", 0), ("c3", 0)]
    assert stays.next_number == 4
    assert standing(stays) == stays
    dropped = standing(drop(drop(scopes(), "c1"), "c3"))
    assert why(dropped) == [("c3", "retracted")]
    assert standing(drop(scopes(), "c3", today=TODAY)).ended[0].day == TODAY
    assert [(one.round, one.day) for one in expire(scopes(), today=date(2026, 1, 1), round=7).ended] == [
        (7, date(2026, 1, 1))
    ]
    said = heard(scopes(), "no always thing", leaning("about", "always thing", no=True, scope="always")).memory
    assert said.ended[-1].day == TODAY


def test_what_would_have_ended_already_is_not_taken_up() -> None:
    found = heard(Memory(), "red", leaning("about", "red", until=TODAY))
    assert found.memory == Memory()
    assert len(found.ignored) == 1


def test_saying_it_again_for_longer_makes_it_hold_longer_and_not_the_other_way() -> None:
    memory = after(("no wool", [leaning("about", "wool", no=True)]))
    for scope, expected in (("season", "season"), ("always", "always"), ("session", "always")):
        memory = heard(memory, f"no wool {scope}", leaning("about", "wool", no=True, scope=scope)).memory
        assert [(demand.id, demand.scope) for demand in memory.demands] == [("c1", expected)]
    assert memory.demands[0].until is None


def lasting(memory: Memory) -> list[tuple[str, str]]:
    return [(demand.id, demand.quote) for demand in standing(memory).demands]


def test_what_is_said_for_a_session_only_suspends_what_was_said_for_good() -> None:
    always = ("always under 30", [rule("price", "le", 30.0, "under 30", scope="always")])
    memory = after(always, ("under 40 this session", [rule("price", "le", 40.0, "under 40")]))
    assert [demand.quote for demand in memory.demands] == ["under 40"]
    assert why(memory) == [("c1", "suspended")]
    assert lasting(memory) == [("c1", "under 30")]
    assert standing(memory).ended == ()
    assert lasting(drop(memory, "c2")) == lasting(memory)
    again = heard(memory, "under 50", rule("price", "le", 50.0, "under 50")).memory
    assert lasting(again) == lasting(memory)
    gone = heard(memory, "forget the price", feedback="revise", clear_fields=("price",)).memory
    assert lasting(gone) == []
    newest = heard(again, "always under 20", rule("price", "le", 20.0, "always under 20", scope="always")).memory
    assert lasting(newest) == [("c4", "always under 20")]
    back = undo((after(always), memory), today=TODAY, round=3)[-1]
    assert lasting(back) == lasting(memory)
    assert lasting(drop(back, "c1")) == []


def test_what_is_said_for_a_season_only_suspends_what_was_said_for_good() -> None:
    always = ("always under 30", [rule("price", "le", 30.0, "under 30", scope="always")])
    memory = after(always, ("under 40 this season", [rule("price", "le", 40.0, "under 40", scope="season")]))
    assert why(memory) == [("c1", "suspended")]
    assert lasting(memory) == [("c2", "under 40")]
    later = standing(memory)
    assert expire(later, today=date(2025, 11, 30)) is later
    over = expire(later, today=date(2025, 12, 1))
    assert [(demand.id, demand.quote, demand.scope) for demand in over.demands] == [("c1", "under 30", "always")]
    assert lasting(over) == [("c1", "under 30")]
    assert expire(over, today=date(2026, 6, 1)) is over
    dropped = expire(drop(over, "c1"), today=date(2026, 6, 1))
    assert dropped.demands == (), "what was dropped by hand does not come back"
    today = heard(memory, "under 50 today", rule("price", "le", 50.0, "under 50")).memory
    assert lasting(today) == [("c2", "under 40")], "today is over before the season is"
    assert [demand.id for demand in expire(standing(today), today=date(2025, 12, 1)).demands] == ["c1"]
    gone = heard(memory, "forget the price", feedback="revise", clear_fields=("price",)).memory
    assert lasting(expire(gone, today=date(2025, 12, 1))) == []


def test_the_same_just_for_today_stands_in_for_what_was_said_for_good() -> None:
    always = ("never any wool", [leaning("about", "wool", no=True, scope="always")])
    memory = after(always, ("no wool, just for today", [leaning("about", "wool", no=True)]))
    assert [(demand.id, demand.scope) for demand in memory.demands] == [("c2", "session")]
    assert why(memory) == [("c1", "suspended")]
    assert lasting(memory) == lasting(drop(memory, "c2")) == [("c1", "wool")]
    assert expire(memory, today=TODAY, session_ended=True).demands == after(always).demands
    twice = heard(memory, "no wool, just for today", leaning("about", "wool", no=True)).memory
    assert twice.demands == memory.demands
    unsaid = after(always, ("no wool", [leaning("about", "wool", no=True)]))
    assert [(demand.id, demand.scope) for demand in unsaid.demands] == [("c1", "always")]


def test_nothing_of_what_was_said_for_good_is_lost_to_a_part_of_it() -> None:
    always = ("always red or blue", [rule("colour", "in", ("red", "blue"), "red or blue", scope="always")])
    memory = after(always, ("no red today", [rule("colour", "eq", "red", "no red", no=True)]))
    assert brief(memory) == [("+", "colour", "eq", "blue"), ("-", "colour", "eq", "red")]
    assert standing(memory).demands == after(always).demands
    wider = after(always, ("also green today", [rule("colour", "eq", "green", "green")]), widens=True)
    assert brief(wider) == [("+", "colour", "in", ("red", "blue", "green"))]
    assert standing(wider).demands == after(always).demands


def test_refusing_another_thing_for_good_does_not_keep_a_refusal_away() -> None:
    no_red, no_blue = (rule("colour", "eq", value, f"no {value}", no=True, scope="always") for value in ("red", "blue"))
    memory = after(("no red", [no_red]), ("no blue", [no_blue]), ("red today", [rule("colour", "eq", "red")]))
    assert brief(memory) == [("-", "colour", "eq", "blue"), ("+", "colour", "eq", "red")]
    assert lasting(memory) == [("c1", "no red"), ("c2", "no blue")]


def test_demands_know_the_day_on_which_they_were_said() -> None:
    memory = after(("no wool", [leaning("about", "wool", no=True)]), ("under 30", [rule("price", "le", 30.0)]))
    assert [demand.said for demand in memory.demands] == [TODAY, TODAY]
    held = plain(memory.demands[1])
    assert held["said"] == "2025-10-05"
    del held["said"]
    assert read_demand(held).said is None, "what was written before it was known is read"
    assert plain(read_demand(held)) == held, "and written as it was"
    delta = Delta(feedback="new", add=(leaning("about", "wool", "no wool", no=True),))
    later = apply(memory, delta, quote_source="no wool", round=2, today=TODAY + timedelta(days=3), registry=REGISTRY)
    assert later.demands[0].said == TODAY, "it was said first then"


def test_free_words_are_suspended_one_by_one() -> None:
    fur, wool = (leaning("about", text, no=True, scope="always") for text in ("fur", "wool"))
    memory = after(("no fur", [fur]), ("no wool", [wool]), ("wool today", [leaning("about", "wool", "wool today")]))
    assert lasting(memory) == [("c2", "wool"), ("c1", "fur")]


def test_edits_by_hand() -> None:
    memory = held()
    dropped = drop(memory, "c2", round=5)
    assert [demand.id for demand in dropped.demands] == ["c1", "c3"]
    assert dropped.ended == (Ended(demand=memory.demands[1], round=5, why="retracted"),)
    assert drop(memory, "c9") is memory
    longer = rescope(memory, "c1", "season", today=TODAY)
    assert (longer.demands[0].scope, longer.demands[0].until) == ("season", date(2025, 12, 1))
    assert rescope(longer, "c1", "session", today=TODAY) == memory
    assert rescope(memory, "c9", "always", today=TODAY) is memory


def test_undo_goes_back_one_change_at_a_time() -> None:
    one = after(("under 50", [rule("price", "le", 50.0)]))
    two = heard(one, "red", rule("colour", "eq", "red"), round=2).memory
    nothing = heard(two, "thanks", feedback="satisfied", round=3).memory
    three = heard(nothing, "under 80", rule("price", "le", 80.0), round=4).memory
    history: tuple[Memory, ...] = (Memory(), one, two, nothing, three)
    seen = []
    for _ in range(5):
        history = undo(history, today=TODAY, round=5)
        seen.append([demand.id for demand in history[-1].demands])
    assert seen == [["c1", "c2"], ["c1"], [], [], []]
    assert why(history[-1]) == [("c1", "replaced"), ("c3", "undone"), ("c2", "undone"), ("c1", "undone")]
    assert history[-1].next_number == 4
    fresh = heard(history[-1], "blue", rule("colour", "eq", "blue")).memory
    assert fresh.demands[0].id == "c4"
    assert undo((), today=TODAY, round=1) == ()


def test_undo_does_not_bring_back_what_has_expired() -> None:
    before = after(("no wool", [leaning("about", "wool", no=True, scope="season")]))
    now = drop(before, "c1")
    assert restored(now, before, today=TODAY, round=2).demands == before.demands
    assert restored(now, before, today=date(2026, 1, 1), round=2).demands == ()


# The dress dialogue (RecBot, 13)

DIALOGUE: tuple[tuple[str, str, tuple[Demand, ...]], ...] = (
    ("Why are these all short skirts? It's autumn, I'd like to see long ones.", "new", (
        leaning("category", "long skirt", "I'd like to see long ones"),
        leaning("about", "autumn", "It's autumn"),
        leaning("category", "short skirt", "all short skirts", no=True),
    )),
    ("Any in light blue?", "new", (leaning("colour", "light blue", "light blue"),)),
    ("Just around 200.", "new", (
        rule("price", "between", (160.0, 240.0), "around 200", approximate=True),
    )),
    ("No floral dresses, please.", "new", (leaning("pattern", "floral print", "No floral dresses", no=True),)),
    ("Lovely, thank you!", "satisfied", ()),
)  # fmt: skip


def test_the_dress_dialogue() -> None:
    memory, told = Memory(), []
    for at, (utterance, feedback, add) in enumerate(DIALOGUE):
        memory = heard(memory, utterance, *add, round=at, feedback=feedback).memory
        told.append(json.dumps([plain(demand) for demand in memory.demands]))
    assert brief(memory) == [
        ("+", "category", "long skirt"), ("+", "about", "autumn"), ("-", "category", "short skirt"),
        ("+", "colour", "light blue"), ("+", "price", "between", (160.0, 240.0)), ("-", "about", "floral print"),
    ]  # fmt: skip
    assert [(demand.id, demand.round) for demand in memory.demands] == [
        ("c1", 0), ("c2", 0), ("c3", 0), ("c4", 1), ("c5", 2), ("c6", 3),
    ]  # fmt: skip
    assert not memory.ended
    assert told[3] == told[4]
    assert [len(json.loads(held)) for held in told] == [3, 4, 5, 6, 6]


# Invariants over random commands (RecBot, 3.4)

WORDS = (*COLOURS, "gift", "outdoor", "floral", "blue colour", "shoes")
SCOPES: tuple[Scope, ...] = get_args(Scope)


def everything() -> list[Demand]:
    """Return demands of every kind on the toy's fields, sensible or not, wanted and refused, for every scope."""
    found: list[Demand] = []
    for name in ("price", "year"):
        found += [rule(name, op, bound) for op in ("lt", "le", "gt", "ge", "eq") for bound in (0.0, 20.0, 30.0, 60.0)]
        found += [rule(name, "between", ends) for ends in ((0.0, 20.0), (20.0, 30.0), (30.0, 60.0), (60.0, 60.0))]
        found += [rule(name, "in", ends) for ends in ((0.0, 30.0), (20.0, 60.0))]
    pools = {"colour": COLOURS, "category": (*PATHS, "Wear"), "tags": WORDS, "title": WORDS, "nowhere": WORDS[:3]}
    for name, pool in pools.items():
        found += [rule(name, op, value) for op in ("eq", "contains") for value in pool]
        found += [rule(name, "in", two) for two in pairwise(pool)]
    for facet in ("about", "colour", "category", "tags", "pattern"):
        found += [leaning(facet, text) for text in WORDS]
    found = [replace(demand, quote=f"say {demand.quote}") for demand in found]
    found += [replace(demand, polarity="negative") for demand in found]
    return [replace(demand, scope=SCOPES[at % 3]) for at, demand in enumerate(found)]


EVERYTHING = everything()


@st.composite
def commands(draw: st.DrawFn) -> tuple[str, Delta]:
    """An utterance, and a delta that quotes it now and then wrongly."""
    add = tuple(draw(st.lists(st.sampled_from(EVERYTHING), max_size=3)))
    ids = tuple(draw(st.lists(st.sampled_from([f"c{n}" for n in range(1, 9)]), max_size=2)))
    clear = tuple(draw(st.lists(st.sampled_from(["price", "colour", "about", "nowhere"]), max_size=1)))
    feedback = draw(st.sampled_from(["new", "new", "new", "revise", "reset", "satisfied", "neutral"]))
    flags = draw(st.sampled_from([{}, {}, {"tightens": True}, {"widens": True}]))
    more = draw(st.sampled_from(["", "", "forget the price", "no red any more", "start over"]))
    said = [demand.quote for demand in add[draw(st.sampled_from([0, 0, 0, 1])) :]]
    return "; ".join([*said, more]), Delta(feedback=feedback, add=add, retract_ids=ids, clear_fields=clear, **flags)  # type: ignore[arg-type]


def turns(memory: Memory, said: Sequence[tuple[str, Delta]]) -> list[Memory]:
    """Return the memory before, and after each command."""
    found = [memory]
    for at, (utterance, delta) in enumerate(said):
        found.append(apply(found[-1], delta, quote_source=utterance, round=at, today=TODAY, registry=REGISTRY))
    return found


dialogues = st.lists(commands(), min_size=1, max_size=6)


@settings(max_examples=150, deadline=None)
@given(dialogues)
def test_the_same_command_twice_is_the_command_once(said: list[tuple[str, Delta]]) -> None:
    once = turns(Memory(), said)[-1]
    twice = turns(once, [said[-1]])[-1]
    assert [plain(demand) for demand in twice.demands] == [plain(demand) for demand in once.demands]
    assert twice == once


@settings(max_examples=150, deadline=None)
@given(dialogues)
def test_ids_grow_and_are_never_used_again(said: list[tuple[str, Delta]]) -> None:
    memories = turns(Memory(), said)
    for before, memory in pairwise(memories):
        held = [demand.id for demand in memory.demands]
        gone = [ended.demand.id for ended in memory.ended if ended.why != "contradicted"]
        in_part = {ended.demand.id for ended in memory.ended if ended.why == "contradicted"}
        assert len(set(held + gone)) == len(held + gone)
        assert {*held, *gone, *in_part} == {f"c{n}" for n in range(1, memory.next_number)}
        assert memory.ended[: len(before.ended)] == before.ended
        new = [demand for demand in memory.demands if before.demand(demand.id) is None]
        assert all(int(demand.id[1:]) >= before.next_number for demand in new)


@settings(max_examples=150, deadline=None)
@given(dialogues)
def test_nothing_is_wanted_and_refused_at_once(said: list[tuple[str, Delta]]) -> None:
    for memory in turns(Memory(), said):
        wanted, refused = sayings(memory, "positive"), sayings(memory, "negative")
        assert not wanted & refused
        for name in ("price", "year"):
            bounds = ranges(memory, name)
            assert all(meet(one, other) for one in bounds for other in bounds)


def sayings(memory: Memory, polarity: str) -> set[tuple[str, str]]:
    """Return the (field, value) pairs of one polarity; preferences by their words, whatever their facet."""
    found = set()
    for demand in memory.demands:
        if demand.polarity != polarity:
            continue
        if isinstance(demand, Preference):
            words = content(demand.text) - {"colour"}
            found.add(("soft", " ".join(sorted(words or {demand.text}))))
        elif demand.op in ("eq", "in"):
            values = demand.value if isinstance(demand.value, tuple) else (demand.value,)
            found |= {(demand.field, key(f"{value}")) for value in values}
    return found


def ranges(memory: Memory, name: str) -> list[Ranges]:
    held = [demand for demand in memory.constraints if demand.field == name and demand.op != "contains"]
    return [found for demand in held if (found := allowed(demand)) is not None]


@settings(max_examples=120, deadline=None)
@given(dialogues)
def test_what_a_command_does_not_mention_survives(said: list[tuple[str, Delta]]) -> None:
    *earlier, (utterance, delta) = said
    before = turns(Memory(), earlier)[-1]
    only_adds = replace(delta, retract_ids=(), clear_fields=(), feedback="new")
    found = turns(before, [(utterance, only_adds)])[-1]
    mentioned = {demand.field if isinstance(demand, Constraint) else demand.facet for demand in only_adds.add}
    soft = any(isinstance(demand, Preference) or demand.field == "nowhere" for demand in only_adds.add)
    for demand in before.demands:
        about = demand.field if isinstance(demand, Constraint) else demand.facet
        if about in mentioned or (isinstance(demand, Preference) and mentioned) or (soft and about != "price"):
            continue
        assert demand in found.demands


@settings(max_examples=120, deadline=None)
@given(dialogues, st.integers(1, 12))
def test_a_retraction_removes_exactly_what_it_names_or_nothing(said: list[tuple[str, Delta]], number: int) -> None:
    before = turns(Memory(), said)[-1]
    delta = Delta(feedback="revise", retract_ids=(f"c{number}",))
    found = turns(before, [("forget the price", delta)])[-1]
    gone = [demand for demand in before.demands if demand not in found.demands]
    named = before.demand(f"c{number}")
    about_price = named is not None and isinstance(named, Constraint) and named.field == "price"
    assert gone == ([named] if about_price else [])


@settings(max_examples=120, deadline=None)
@given(dialogues, st.integers(0, 400))
def test_undo_restores_what_held_and_time_takes_only_what_is_over(said: list[tuple[str, Delta]], days: int) -> None:
    memories = turns(Memory(), said)
    back = undo(memories, today=TODAY, round=9)
    changed = [memory for memory in memories if memory.demands != memories[-1].demands]
    assert back[-1].demands == (changed[-1].demands if changed else memories[-1].demands)
    day = TODAY + timedelta(days)
    for over in (False, True):
        left = expire(memories[-1], today=day, session_ended=over)
        stays = [d for d in memories[-1].demands
                 if (d.until is None or d.until > day) and not (over and d.scope == "session")]  # fmt: skip
        assert list(left.demands)[: len(stays)] == stays
        again = left.demands[len(stays) :]
        suspended = [ended.demand for ended in memories[-1].ended if ended.why == "suspended"]
        assert all(demand in suspended for demand in again)
        assert len(left.ended) + len(stays) == len(memories[-1].ended) + len(memories[-1].demands)
        assert expire(left, today=day, session_ended=over) is left


@settings(max_examples=100, deadline=None)
@given(dialogues)
def test_a_memory_goes_to_json_and_back(said: list[tuple[str, Delta]]) -> None:
    memory = turns(Memory(), said)[-1]
    told = json.loads(json.dumps([plain(demand) for demand in memory.demands]))
    assert tuple(read_demand(held) for held in told) == memory.demands


def test_free_words_stand_side_by_side_though_an_attribute_is_called_as_their_facet() -> None:
    rows = range(40)
    talks = Catalog.of({
        "item_id": [f"i{row}" for row in rows],
        "title": [f"talk {row}" for row in rows],
        "attributes": [json.dumps({"about": ("cats", "dogs", "birds")[row % 3]}) for row in rows],
    })  # fmt: skip
    registry = FieldRegistry.of(talks)
    assert registry.fields["about"].kind == "value"
    memory = Memory()
    for at, text in enumerate(("something cosy", "for winter hikes")):
        delta = Delta(feedback="new", add=(leaning("about", text),))
        memory = apply(memory, delta, quote_source=text, round=at, today=TODAY, registry=registry)
    assert [demand.id for demand in memory.demands] == ["c1", "c2"]
    assert memory.ended == ()
    cats = Delta(feedback="new", add=(rule("about", "eq", "cats"),))
    ruled = apply(memory, cats, quote_source="cats", round=3, today=TODAY, registry=registry)
    cosy = Delta(feedback="new", add=(leaning("about", "quiet"),))
    both = apply(ruled, cosy, quote_source="quiet", round=4, today=TODAY, registry=registry)
    assert [demand.id for demand in both.demands] == ["c1", "c2", "c3", "c4"]
