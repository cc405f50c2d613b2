"""The state: all of a write or none, once, in order, forgotten for good."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from intentfeed.errors import DataError
from intentfeed.service.sqlite import SqliteState
from intentfeed.service.state import Answer, Conflict, SessionRow, Write

FIRST = SessionRow(
    session_id="s1", owner="shop", user_id="u1", opened=100.0, used=100.0, round=0, person={"history": "secret-history"}
)
ANSWER = Answer(
    owner="shop", key="k1", asked="hash", session_id="s1", user_id="u1", status=200, body="secret-answer", at=100.0
)


@pytest.fixture
def state(tmp_path: Path) -> SqliteState:
    return SqliteState(tmp_path / "service.sqlite")


def next_of(row: SessionRow, **more: object) -> SessionRow:
    return replace(row, version=row.version + 1, round=row.round + 1, **more)  # type: ignore[arg-type]


def test_what_is_written_is_there_for_the_next_process(state: SqliteState) -> None:
    state.write(Write(session=FIRST, round={"round": 0}, answer=ANSWER))
    state.write(Write(session=next_of(FIRST), round={"round": 1}, event={"item_id": "i1", "action": "click"}))
    state.close()
    again = SqliteState(state.path)
    assert again.session("s1") == next_of(FIRST)
    assert again.rounds("s1") == [{"round": 0}, {"round": 1}]
    assert again.answer("shop", "k1") == ANSWER
    assert [(event["number"], event["item_id"]) for event in again.events(0, 10)] == [(1, "i1")]


def test_a_write_that_fails_leaves_nothing(state: SqliteState) -> None:
    state.write(Write(session=FIRST, round={"round": 0}, answer=ANSWER))
    with pytest.raises(Conflict):
        state.write(
            Write(
                session=next_of(FIRST), round={"round": 1}, event={"item_id": "i1", "action": "click"},
                standing=lambda _: {"demands": 1}, answer=ANSWER,
            )
        )  # fmt: skip
    assert state.session("s1") == FIRST
    assert len(state.rounds("s1")) == 1
    assert state.events(0, 10) == []
    assert state.memory("u1") is None


@pytest.mark.parametrize(
    "late",
    [replace(FIRST, version=3), replace(FIRST, version=2, session_id="s2"), FIRST],
    ids=["skips", "gone", "twice"],
)
def test_a_write_must_follow_on_the_last(state: SqliteState, late: SessionRow) -> None:
    state.write(Write(session=FIRST))
    with pytest.raises(Conflict):
        state.write(Write(session=late))


def test_of_many_that_follow_on_the_same_one_is_written(state: SqliteState) -> None:
    state.write(Write(session=FIRST))

    def late(number: int) -> bool:
        try:
            state.write(Write(session=next_of(FIRST), round={"round": number}))
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(late, range(24))) == 1
    assert len(state.rounds("s1")) == 1


def test_a_standing_memory_is_made_of_the_last_one(state: SqliteState) -> None:
    row = FIRST
    state.write(Write(session=row, standing=lambda held: {"seen": [held]}))
    row = next_of(row)
    state.write(Write(session=row, standing=lambda held: {"seen": [held]}))
    assert state.memory("u1") == {"seen": [{"seen": [None]}]}
    state.write(Write(session=next_of(row), standing=lambda _: None))
    assert state.memory("u1") is None


def test_an_ended_session_is_read_and_not_written(state: SqliteState) -> None:
    state.write(Write(session=FIRST, round={"round": 0}, answer=ANSWER))
    hour = 3_600.0
    kept = state.tidy(now=100 + 2 * hour, idle_s=hour, keep_s=10 * hour, answers_s=hour)
    assert kept == {"ended": 1, "deleted": 0, "answers": 1}
    ended = state.session("s1")
    assert ended is not None
    assert ended.ended == 100
    with pytest.raises(Conflict):
        state.write(Write(session=next_of(FIRST)))
    assert state.tidy(now=100 + 11 * hour, idle_s=hour, keep_s=10 * hour, answers_s=hour)["deleted"] == 1
    assert state.session("s1") is None
    assert state.rounds("s1") == []


def test_who_is_erased_is_on_no_page_of_the_file(state: SqliteState) -> None:
    other = replace(FIRST, session_id="s2", user_id="u2", person={"history": "kept-history"})
    for row in (FIRST, other):
        state.write(Write(session=row, round={"round": 0, "command": f"said by {row.user_id}"}))
    last = next_of(FIRST)
    state.write(
        Write(session=last, event={"item_id": "secret-item", "action": "click"}, answer=ANSWER,
              standing=lambda _: {"said": "secret-standing"})
    )  # fmt: skip
    before = b"".join(path.read_bytes() for path in state.path.parent.iterdir())
    assert b"secret-history" in before
    counts = state.erase("u1", at=200.0, owed=True)
    assert counts == {"rounds": 1, "answers": 1, "feedback": 1, "sessions": 1, "standing_memories": 1}
    left = b"".join(path.read_bytes() for path in state.path.parent.iterdir())
    for secret in (b"secret-history", b"secret-answer", b"secret-item", b"secret-standing", b"said by u1"):
        assert secret not in left
    assert b"kept-history" in left
    assert state.of_person("u1") == {"sessions": [], "standing_memory": None, "feedback": [], "answers_kept": 0}
    gone = state.is_gone("u1")
    assert gone is not None
    state.settle(["u1"], "in use")
    assert [(note.user_id, note.tries, note.why) for note in state.gone()] == [("u1", 1, "in use")]
    state.settle(["u1"])
    assert state.gone() == []
    assert b"u1" not in b"".join(path.read_bytes() for path in state.path.parent.iterdir())


@pytest.mark.parametrize("owed", [True, False], ids=["of the workspace", "a stranger"])
def test_nothing_made_of_a_person_is_written_once_they_are_erased(state: SqliteState, owed: bool) -> None:
    before = state.erasures("u1")
    state.erase("u1", at=1.0, owed=owed)
    with pytest.raises(Conflict, match="erased"):
        state.write(Write(session=FIRST, erasures=before))
    state.write(Write(session=FIRST, erasures=state.erasures("u1")))
    assert state.session("s1") == FIRST


def test_numbers_of_events_are_never_used_again(state: SqliteState) -> None:
    click = {"item_id": "i1", "action": "click"}
    state.write(Write(session=FIRST, event=click))
    state.erase("u1", at=1.0, owed=False)
    state.write(Write(session=replace(FIRST, session_id="s9"), event=click))
    assert [event["number"] for event in state.events(0, 10)] == [2]
    assert state.events(2, 10) == []


def test_a_foreign_file_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "service.sqlite"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(DataError, match="move it away"):
        SqliteState(path)
    path.unlink()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(DataError, match="another version"):
        SqliteState(path)
