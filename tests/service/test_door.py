"""The door, asked in this process: keys that change hands, addresses, and what a service says of mistakes."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from intentfeed.service.api import Door, create_app
from intentfeed.service.config import ServiceConfig
from intentfeed.service.guard import Guard
from intentfeed.service.keys import Keys, load_keys, new_key
from intentfeed.service.metrics import Meters
from intentfeed.service.pages.html import problem
from intentfeed.service.rates import Rates
from intentfeed.service.sessions import ROUNDS_TOLD

from .inside import ask


@pytest.fixture(scope="module")
def workspace(small_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(small_workspace, tmp_path_factory.mktemp("door") / "ws"))


def keyed(workspace: Path, folder: Path, *made: tuple[str, str], **settings: object) -> ASGIApp:
    """Return a service with keys as `new_key` makes them."""
    (folder / "keys.toml").write_text("\n".join(section for _, section in made))
    keys = load_keys(folder / "keys.toml", {})
    return create_app(workspace, Door(keys=keys), ServiceConfig.model_validate(settings))


def test_a_key_that_was_given_to_somebody_else_replays_nothing(
    workspace: Path, tmp_path: Path, people: list[str]
) -> None:
    first, second = new_key("phone", people[0]), new_key("phone", people[1])
    once = {"Idempotency-Key": "today"}
    before = ask(keyed(workspace, tmp_path, first), "POST", "/v1/sessions", {}, key=first[0], headers=once)
    assert (before.status, before.json["user_id"]) == (201, people[0])
    after = ask(keyed(workspace, tmp_path, second), "POST", "/v1/sessions", {}, key=second[0], headers=once)
    assert after.status == 409
    assert people[0] not in after.body.decode()
    again = ask(keyed(workspace, tmp_path, first), "POST", "/v1/sessions", {}, key=first[0], headers=once)
    assert again.body == before.body, "to the same person it is said again"


def test_right_keys_are_heard_beside_wrong_ones(workspace: Path, tmp_path: Path) -> None:
    made = new_key("shop")
    app = keyed(workspace, tmp_path, made, failures_per_minute=3)
    wrong = [ask(app, "GET", "/v1/events", key="if_wrong").status for _ in range(5)]
    assert wrong == [401] * 3 + [429] * 2
    assert ask(app, "GET", "/v1/events", key=made[0]).status == 200
    assert ask(app, "GET", "/v1/events", key="if_wrong", address="192.0.2.9").status == 401, "another address"


async def _fails(scope: Scope, receive: Receive, send: Send) -> None:
    raise ValueError("something that nobody thought of")


def test_what_nobody_thought_of_is_answered_in_json(caplog: pytest.LogCaptureFixture) -> None:
    config = ServiceConfig()
    guard = Guard(
        _fails, keys=Keys(), rates=Rates(config), meters=Meters(), config=config, hosts=(), origins=(), as_page=problem
    )
    reply = ask(guard, "GET", "/health")
    assert (reply.status, reply.headers["content-type"]) == (500, "application/json")
    assert set(reply.json["error"]) == {"what", "where", "how"}
    assert "nobody thought of" not in reply.body.decode()
    assert len(caplog.records) == 1


def test_the_limits_of_texts_and_histories_are_those_that_are_set(workspace: Path, people: list[str]) -> None:
    app = create_app(workspace, Door(), ServiceConfig(text_characters=12, history_items=2), today=date(2024, 6, 3))
    feed = ask(app, "POST", "/v1/sessions", {"user_id": people[2]}).json
    commands = f"/v1/sessions/{feed['session_id']}/commands"
    assert ask(app, "POST", commands, {"text": "under 48 now"}).status == 200
    ids = [card["item_id"] for card in feed["items"][:3]]
    assert ask(app, "POST", "/v1/sessions", {"history": ids[:2]}).status == 201
    for path, body, where in (
        (commands, {"text": "under 48 now!"}, "body.text"),
        ("/v1/sessions", {"history": ids}, "body.history"),
    ):
        reply = ask(app, "POST", path, body)
        assert (reply.status, reply.json["error"]["where"]) == (422, where)


def test_an_answer_that_is_said_again_says_so_as_a_stream_too(workspace: Path, people: list[str]) -> None:
    app = create_app(workspace, Door(), today=date(2024, 6, 3))
    session_id = ask(app, "POST", "/v1/sessions", {"user_id": people[2]}).json["session_id"]
    sent = {"Accept": "text/event-stream", "Idempotency-Key": "streamed"}
    first, again = (
        ask(app, "POST", f"/v1/sessions/{session_id}/commands", {"text": "under 48"}, headers=sent) for _ in range(2)
    )
    assert "idempotency-replayed" not in first.headers
    assert b"event: ranked" in first.body
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["content-type"].startswith("text/event-stream")
    assert first.body.partition(b"event: feed")[2] == again.body.partition(b"event: feed")[2] != b""


@pytest.mark.parametrize("path", ["/person?user_id=", "/feed/x/why", "/feed/x/rounds?before=soon"])
def test_a_browser_is_told_in_a_page_that_its_address_is_wrong(workspace: Path, path: str) -> None:
    reply = ask(create_app(workspace, Door()), "GET", path, headers={"Accept": "text/html"})
    assert reply.status == 422
    assert reply.headers["content-type"].startswith("text/html")
    assert b"<h1" in reply.body


def test_the_engineers_page_leads_from_the_newest_rounds_to_the_first(workspace: Path, people: list[str]) -> None:
    app = create_app(workspace, Door(), today=date(2024, 6, 3))
    session_id = ask(app, "POST", "/v1/sessions", {"user_id": people[3], "k": 2}).json["session_id"]
    for at in range(ROUNDS_TOLD + 1):
        ask(app, "POST", f"/v1/sessions/{session_id}/commands", {"text": f"under {90 - at}"})
    page = f"/feed/{session_id}/rounds"
    newest = ask(app, "GET", page).body.decode()
    assert newest.count('<section class="round"') == ROUNDS_TOLD
    assert f"<h1>{ROUNDS_TOLD + 2} rounds</h1>" in newest
    assert f"{page}?before=2" in newest
    assert "Newer rounds" not in newest
    oldest = ask(app, "GET", f"{page}?before=2").body.decode()
    assert oldest.count('<section class="round"') == 2
    assert "Older rounds" not in oldest
    assert f"{page}?before={ROUNDS_TOLD + 2}" in oldest
    record = ask(app, "GET", f"/v1/sessions/{session_id}/rounds?before=2").json
    assert [one["round"] for one in record["rounds"]] == [0, 1]
    assert record["before"] is None
    assert ask(app, "GET", f"/v1/sessions/{session_id}/rounds?limit=101").status == 422
