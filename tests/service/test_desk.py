"""Once and in turn: equal requests sent at the same moment, and different ones to one session."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from intentfeed.errors import DataError
from intentfeed.service.config import ServiceConfig
from intentfeed.service.desk import Desk, every
from intentfeed.service.metrics import Meters
from intentfeed.service.process import Reply, ServiceProcess
from intentfeed.service.refusal import Refusal
from intentfeed.service.sqlite import SqliteState

from .conftest import opened


def at_once(service: ServiceProcess, asks: list[tuple[str, str, Any, dict[str, str]]]) -> list[Reply]:
    with ThreadPoolExecutor(len(asks)) as pool:
        replies = [pool.submit(service.ask, method, path, body, headers=sent) for method, path, body, sent in asks]
        return [reply.result() for reply in replies]


def rounds(service: ServiceProcess, session_id: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = service.ask("GET", f"/v1/sessions/{session_id}/rounds").json["rounds"]
    return found


@pytest.mark.parametrize(
    ("path", "body"),
    [("commands", {"text": "under 48"}), ("feedback", {"action": "favorite"})],
    ids=["command", "feedback"],
)
def test_what_is_sent_many_times_is_done_once(
    service: ServiceProcess, people: list[str], path: str, body: dict[str, Any]
) -> None:
    first = opened(service, people[12])
    if path == "feedback":
        body = {**body, "item_id": first["items"][0]["item_id"]}  # type: ignore[index]
    before = len(service.ask("GET", "/v1/events?limit=10000").json["events"])
    where, key = f"/v1/sessions/{first['session_id']}/{path}", {"Idempotency-Key": f"once-{path}"}
    replies = at_once(service, [("POST", where, body, key)] * 8)
    replies.append(service.ask("POST", where, body, headers=key))
    assert {reply.status for reply in replies} == {200}
    assert len({reply.body for reply in replies}) == 1
    assert sum(reply.headers.get("idempotency-replayed") == "true" for reply in replies) == 8
    assert [one["kind"] for one in rounds(service, first["session_id"])][1:] == [path.removesuffix("s")]
    after = len(service.ask("GET", "/v1/events?limit=10000").json["events"])
    assert after - before == (path == "feedback")


def test_a_key_is_for_one_request(service: ServiceProcess, people: list[str]) -> None:
    first, key = opened(service, people[13]), {"Idempotency-Key": "mine"}
    path = f"/v1/sessions/{first['session_id']}"
    assert service.ask("POST", f"{path}/commands", {"text": "under 48"}, headers=key).status == 200
    for method, where, body in (
        ("POST", f"{path}/commands", {"text": "under 49"}),
        ("POST", f"{path}/undo", None),
        ("POST", f"/v1/sessions/{opened(service)['session_id']}/commands", {"text": "under 48"}),
    ):
        reply = service.ask(method, where, body, headers=key)
        assert (reply.status, reply.json["error"]["where"]) == (409, "Idempotency-Key")
    assert len(rounds(service, first["session_id"])) == 2


def test_a_refusal_does_not_use_a_key_up(service: ServiceProcess, people: list[str]) -> None:
    first, key = opened(service, people[13]), {"Idempotency-Key": "again"}
    path = f"/v1/sessions/{first['session_id']}"
    assert service.ask("POST", f"{path}/undo", headers=key).status == 409
    service.ask("POST", f"{path}/commands", {"text": "under 48"})
    assert service.ask("POST", f"{path}/undo", headers=key).status == 200


def test_opening_twice_under_a_key_opens_one(service: ServiceProcess, people: list[str]) -> None:
    ask = ("POST", "/v1/sessions", {"user_id": people[13]}, {"Idempotency-Key": "open"})
    replies = at_once(service, [ask] * 6)
    assert {reply.status for reply in replies} == {201}
    assert len({reply.json["session_id"] for reply in replies}) == 1


def test_two_things_said_at_once_are_both_heard_one_after_the_other(service: ServiceProcess, people: list[str]) -> None:
    session_id = opened(service, people[14])["session_id"]
    path = f"/v1/sessions/{session_id}/commands"
    replies = at_once(service, [("POST", path, {"text": f"under {90 - at}"}, {}) for at in range(10)])
    assert {reply.status for reply in replies} == {200}
    assert sorted(reply.json["round"] for reply in replies) == list(range(1, 11))
    told = rounds(service, session_id)
    assert [one["round"] for one in told] == list(range(11))
    for before, after in pairwise(told):
        assert after["prefs_before"] == before["prefs_after"]


def test_many_sessions_at_once_get_what_each_alone_gets(service: ServiceProcess, people: list[str]) -> None:
    """The feed is shared by all threads: company changes no answer."""
    asked = [(people[at % 8 + 15], f"under {30 + 5 * at}, no {word}") for at, word in enumerate(
        ["red", "wood", "classic", "plastic", "kids", "cotton", "blue", "heavy", "steel", "board", "lamp", "set"]
    )]  # fmt: skip

    def alone(user_id: str, text: str) -> list[str]:
        session_id = opened(service, user_id)["session_id"]
        reply = service.ask("POST", f"/v1/sessions/{session_id}/commands", {"text": text})
        return [reply.json["diff"]["words"], *[card["item_id"] for card in reply.json["items"]]]

    by_one = [alone(*one) for one in asked]
    with ThreadPoolExecutor(len(asked)) as pool:
        assert list(pool.map(lambda one: alone(*one), asked)) == by_one


def test_a_session_is_ended_by_many_at_once(service: ServiceProcess, people: list[str]) -> None:
    session_id = opened(service, people[13])["session_id"]
    replies = at_once(service, [("DELETE", f"/v1/sessions/{session_id}", None, {})] * 8)
    assert {(reply.status, reply.body) for reply in replies} == {(200, replies[0].body)}
    assert service.ask("DELETE", f"/v1/sessions/{session_id}").status == 200


def test_a_chore_goes_on_after_whatever_went_wrong(caplog: pytest.LogCaptureFixture) -> None:
    wrong = [DataError("another version"), OSError("no such file"), pl.exceptions.ComputeError("swept"), KeyError("x")]
    meters, done = Meters(), asyncio.Event()
    left = [error for error in wrong for _ in range(3)]

    async def chore() -> None:
        if left:
            raise left.pop(0)
        done.set()

    async def look() -> None:
        doing = asyncio.create_task(every(0.001, chore, name="refresh", meters=meters))
        await asyncio.wait_for(done.wait(), 30)
        doing.cancel()

    asyncio.run(look())
    assert b'intentfeed_chores_failed_total{chore="refresh"} 12.0' in meters.text()
    assert len(caplog.records) == len(wrong), "what stays wrong is told once"


def test_who_comes_to_read_when_too_many_wait_is_told_so(tmp_path: Path) -> None:
    state, may_go = SqliteState(tmp_path / "service.sqlite"), threading.Event()

    async def come() -> list[object]:
        desk = Desk(state, Meters(), ServiceConfig(waiting=3), 1)
        early = [asyncio.create_task(desk.read(may_go.wait)) for _ in range(3)]
        await asyncio.sleep(0)
        late = await asyncio.gather(desk.read(may_go.wait), return_exceptions=True)
        may_go.set()
        told: list[object] = [*await asyncio.gather(*early), *late, await desk.read(may_go.wait)]
        await desk.close()
        return told

    *early, late, again = asyncio.run(come())
    assert early == [True] * 3
    assert isinstance(late, Refusal)
    assert (late.status, late.headers["Retry-After"]) == (503, "1")
    assert again is True, "whoever comes later is read to"
