"""What stands, put together from sessions that know nothing of each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from intentfeed.commands.memory import expire
from intentfeed.commands.records import Constraint, Demand, Ended, Memory, Preference
from intentfeed.feed.kept import read_memory
from intentfeed.service.standing import merged
from intentfeed.service.state import Json

FLORAL = Preference(id="c1", polarity="negative", facet="about", text="floral", quote="no floral", scope="always")
CHEAP = Constraint(id="c2", polarity="positive", field="price", op="le", value=50.0, quote="under 50", scope="always")
BLUE = Preference(id="c3", polarity="positive", facet="color", text="blue", quote="blue", scope="session")


def memory(*demands: Demand) -> Memory:
    return Memory(demands=demands, next_number=len(demands) + 1)


def stands(held: Json | None) -> list[str]:
    return [demand.quote for demand in read_memory(held).demands] if held else []


def test_only_what_outlives_the_session_stands() -> None:
    held = merged(None, memory(), memory(FLORAL, BLUE))
    assert stands(held) == ["no floral"]


def test_one_session_does_not_undo_what_another_added() -> None:
    held = merged(None, memory(), memory(FLORAL))  # the first session
    held = merged(held, memory(), memory(CHEAP))  # the second, opened before the first said anything
    assert stands(held) == ["no floral", "under 50"]
    ids = [demand.id for demand in read_memory(held or {}).demands]
    assert len(set(ids)) == 2
    held = merged(held, memory(FLORAL), memory())  # the first takes its own back
    assert stands(held) == ["under 50"]
    assert merged(held, memory(CHEAP), memory()) is None


def test_the_newest_word_on_a_number_holds() -> None:
    held = merged(None, memory(), memory(CHEAP))
    dear = replace(CHEAP, id="c1", value=80.0, quote="under 80")
    assert stands(merged(held, memory(), memory(dear))) == ["under 80"]


def test_the_same_words_twice_stand_once_and_keep_their_first_id() -> None:
    held = merged(None, memory(), memory(FLORAL))
    again = merged(held, memory(), memory(replace(FLORAL, id="c7", quote="nothing floral")))
    assert len(stands(again)) == 1


def test_a_narrower_scope_no_longer_stands() -> None:
    held = merged(None, memory(), memory(FLORAL))
    assert merged(held, memory(FLORAL), memory(replace(FLORAL, scope="session"))) is None


def test_a_round_that_changes_nothing_leaves_it_alone() -> None:
    held = merged(None, memory(), memory(FLORAL))
    assert merged(held, memory(BLUE), memory(BLUE)) is held


def test_what_a_season_suspends_is_kept_until_the_season_is_over() -> None:
    held = merged(None, memory(), memory(CHEAP, FLORAL))
    winter = replace(CHEAP, id="c3", value=80.0, quote="under 80", scope="season", until=date(2026, 3, 1))
    slept = Ended(demand=CHEAP, round=1, why="suspended")
    held = merged(held, memory(CHEAP, FLORAL), Memory(demands=(FLORAL, winter), ended=(slept,), next_number=4))
    assert stands(held) == ["no floral", "under 80"]
    spring = expire(read_memory(held or {}), today=date(2026, 3, 1))
    assert [demand.quote for demand in spring.demands] == ["no floral", "under 50"]
    assert len({demand.id for demand in (*spring.demands, winter)}) == 3
    held = merged(held, read_memory(held or {}), spring)
    assert stands(held) == ["no floral", "under 50"]
    assert read_memory(held or {}).ended == ()


def test_what_was_taken_back_while_it_was_suspended_does_not_stand_again() -> None:
    winter = replace(CHEAP, id="c3", value=80.0, quote="under 80", scope="season", until=date(2026, 3, 1))
    slept = Ended(demand=CHEAP, round=1, why="suspended")
    before = Memory(demands=(FLORAL, winter), ended=(slept,), next_number=4)
    held = merged(None, memory(), before)
    cleared = Ended(demand=winter, round=2, why="cleared", by="forget the price")
    held = merged(held, before, Memory(demands=(FLORAL,), ended=(slept, cleared), next_number=4))
    assert stands(held) == ["no floral"]
    assert expire(read_memory(held or {}), today=date(2026, 3, 1)).demands == read_memory(held or {}).demands
    assert read_memory(held or {}).ended == ()
