"""What stands, put together from sessions that know nothing of each other."""

from __future__ import annotations

from dataclasses import replace

from intentfeed.commands.records import Constraint, Demand, Memory, Preference
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
