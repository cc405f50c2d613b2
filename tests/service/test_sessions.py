"""Sessions beside each other: what one thread does while another is in the middle of something."""

from __future__ import annotations

import gc
import shutil
import time
import weakref
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from intentfeed.service.config import ServiceConfig
from intentfeed.service.keys import NOBODY
from intentfeed.service.metrics import Meters
from intentfeed.service.models import Opening
from intentfeed.service.pages.cards import painter
from intentfeed.service.pages.people import introduced
from intentfeed.service.refusal import Refusal
from intentfeed.service.serving import Serving
from intentfeed.service.sessions import Asked, Sessions
from intentfeed.service.sqlite import SqliteState
from intentfeed.service.state import Answer, Conflict, Json

ASKED = Asked(caller=NOBODY, what="a request")
TODAY = date(2024, 6, 3)


class Meanwhile(SqliteState):
    """A state in which something happens right after the standing memory of a person was read."""

    then: Callable[[], object] | None = None

    def memory(self, user_id: str) -> Json | None:
        """Return the standing memory of a person."""
        found = super().memory(user_id)
        then, self.then = self.then, None
        if then is not None:
            then()
        return found


@pytest.fixture(scope="module")
def workspace(small_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(small_workspace, tmp_path_factory.mktemp("sessions") / "ws"))


@pytest.fixture(scope="module")
def serving(workspace: Path) -> Serving:
    return Serving(workspace, TODAY)


@pytest.fixture
def state(tmp_path: Path) -> Meanwhile:
    return Meanwhile(tmp_path / "service.sqlite")


def hall_of(state: SqliteState, serving: Serving, **settings: object) -> Sessions:
    return Sessions(state, serving, Meters(), ServiceConfig.model_validate(settings))


def of(user_id: str, **more: object) -> Opening:
    return Opening.model_validate({"user_id": user_id, **more})


def say(hall: Sessions, session_id: str, text: str) -> Answer:
    return hall.change(ASKED, session_id, lambda feed, session, today: feed.command(session, text, today=today))


def rescope(hall: Sessions, session_id: str) -> None:
    """Let everything that was said in a session hold for good."""
    for one in hall.preferences(NOBODY, session_id)["preferences"]:
        demand_id = one["id"]
        hall.change(
            ASKED, session_id,
            lambda feed, session, today, name=demand_id: feed.rescope(session, name, "always", today=today),  # type: ignore[misc]
        )  # fmt: skip


@pytest.mark.parametrize("owed", [True, False], ids=["of the workspace", "a stranger"])
def test_who_is_erased_while_a_feed_is_opened_is_not_brought_back(
    state: Meanwhile, serving: Serving, people: list[str], owed: bool
) -> None:
    hall, user_id = hall_of(state, serving), people[45] if owed else "a stranger"
    first = hall.open(ASKED, of(user_id)).session_id
    say(hall, first, "under 41")
    rescope(hall, first)
    assert state.memory(user_id) is not None
    state.then = lambda: state.erase(user_id, at=time.time(), owed=owed)
    with pytest.raises(Conflict):
        hall.open(ASKED, of(user_id))
    assert state.of_person(user_id)["sessions"] == []
    again = hall.open(ASKED, of(user_id)).session_id
    assert hall.preferences(NOBODY, again)["preferences"] == []
    assert not hall.feed(NOBODY, again)["known"]
    assert state.memory(user_id) is None


def test_an_older_state_of_the_workspace_does_not_stay_in_memory(
    state: Meanwhile, workspace: Path, people: list[str]
) -> None:
    serving = Serving(workspace, TODAY)
    hall = hall_of(state, serving)
    session_id = hall.open(ASKED, of(people[46])).session_id
    painter(serving.now.ws)
    introduced(serving.now.ws)
    old = weakref.ref(serving.now.ws)
    (workspace / "manifest.json").touch()  # as an update leaves it
    hall.refresh()
    gc.collect()
    assert old() is None, "neither sessions nor pages hold it"
    assert hall.feed(NOBODY, session_id)["round"] == 0


def test_what_several_sessions_add_for_good_is_limited_together(
    state: Meanwhile, serving: Serving, people: list[str]
) -> None:
    hall, user_id = hall_of(state, serving, preferences=3), people[47]
    ids = [hall.open(ASKED, of(user_id)).session_id for _ in range(4)]
    for session_id, text in zip(ids, ["no red", "no blue", "no wood"], strict=False):
        say(hall, session_id, text)
        rescope(hall, session_id)
    assert len((state.memory(user_id) or {})["order"]) == 3
    say(hall, ids[3], "no cotton")
    with pytest.raises(Refusal, match="no more than 3"):
        rescope(hall, ids[3])
    assert len((state.memory(user_id) or {})["order"]) == 3
    assert len(hall.preferences(NOBODY, ids[3])["preferences"]) == 1, "it holds in the session, as before"


def test_a_long_record_is_told_page_by_page(state: Meanwhile, serving: Serving, people: list[str]) -> None:
    hall = hall_of(state, serving)
    session_id = hall.open(ASKED, of(people[3], k=3)).session_id
    for at in range(7):
        say(hall, session_id, f"under {90 - at}")
    told: list[int] = []
    before: int | None = None
    sizes: list[int] = []
    while before is not None or not sizes:
        record = hall.rounds(NOBODY, session_id, before, 3)
        told = [*(one["round"] for one in record["rounds"]), *told]
        sizes.append(len(record["rounds"]))
        assert record["n_rounds"] == 8
        before = record["before"]
    assert told == list(range(8))
    assert sizes == [3, 3, 2]
    assert hall.rounds(NOBODY, session_id, 0)["rounds"] == []


def test_sessions_in_memory_are_bounded_by_what_they_have_shown(
    state: Meanwhile, serving: Serving, people: list[str]
) -> None:
    small, large = (hall_of(state, serving, items_in_memory=most) for most in (12, 1_000))
    session_id = small.open(ASKED, of(people[3], k=5)).session_id
    for at in range(4):
        say(small, session_id, f"under {90 - at}")
        assert small._ready._n_items <= 12
    assert len(small._ready._held) == 0, "it has shown 25"
    assert small.feed(NOBODY, session_id) == large.feed(NOBODY, session_id), "and is read from the database"
    other = small.open(ASKED, of(people[3], k=5)).session_id
    assert list(small._ready._held) == [other]


def test_a_session_that_has_shown_too_much_goes_on_in_another(
    state: Meanwhile, serving: Serving, people: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intentfeed.service.sessions.MOST_SHOWN", 12)
    hall = hall_of(state, serving)
    session_id = hall.open(ASKED, of(people[3], k=5)).session_id
    say(hall, session_id, "under 90")
    say(hall, session_id, "under 89")
    with pytest.raises(Refusal, match="has shown 12 items"):
        say(hall, session_id, "under 88")
    assert hall.feed(NOBODY, session_id)["round"] == 2
