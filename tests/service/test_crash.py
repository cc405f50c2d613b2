"""Killed in the middle, or told to stop: what was answered is there, nothing is there by halves, all can go on."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from intentfeed.service.process import ServiceProcess

from .conftest import opened


@pytest.fixture(scope="module")
def mortal(small_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    workspace = Path(shutil.copytree(small_workspace, tmp_path_factory.mktemp("mortal") / "ws"))
    with ServiceProcess(workspace, ["--today", "2024-06-03"]) as running:
        yield running


class Talker(threading.Thread):
    """Says one thing after another in one session until the service is gone."""

    def __init__(self, service: ServiceProcess, session_id: str) -> None:
        super().__init__()
        self.service, self.session_id = service, session_id
        self.answered: list[dict[str, Any]] = []
        self.unanswered: tuple[str, dict[str, Any]] | None = None

    def run(self) -> None:
        for at in range(10_000):
            key, body = f"{self.session_id}-{at}", {"text": f"under {90 - at % 60}"}
            self.unanswered = key, body
            try:
                reply = self.service.ask("POST", self.path, body, headers={"Idempotency-Key": key})
            except (OSError, HTTPException):
                return
            assert reply.status == 200, reply.body
            self.answered.append(reply.json)
            self.unanswered = None

    @property
    def path(self) -> str:
        return f"/v1/sessions/{self.session_id}/commands"


def record(service: ServiceProcess, session_id: str) -> list[dict[str, Any]]:
    rounds: list[dict[str, Any]] = []
    before = ""
    while before is not None:
        told = service.ask("GET", f"/v1/sessions/{session_id}/rounds{before and f'?before={before}'}").json
        rounds, before = [*told["rounds"], *rounds], told["before"]
    assert len(rounds) == told["n_rounds"]
    assert [one["round"] for one in rounds] == list(range(len(rounds)))
    for before, after in pairwise(rounds):
        assert after["prefs_before"] == before["prefs_after"]
    return rounds


def test_a_kill_loses_nothing_that_was_answered(mortal: ServiceProcess, people: list[str]) -> None:
    idle = opened(mortal, people[30])
    talkers = [Talker(mortal, str(opened(mortal, user_id)["session_id"])) for user_id in people[31:36]]
    for talker in talkers:
        talker.start()
    while sum(len(talker.answered) for talker in talkers) < 15:
        time.sleep(0.01)
    mortal.kill()
    for talker in talkers:
        talker.join()
    with sqlite3.connect(mortal.workspace / "service.sqlite") as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    mortal.start()
    assert mortal.ask("GET", f"/v1/sessions/{idle['session_id']}").json == idle
    for talker in talkers:
        rounds = record(mortal, talker.session_id)
        assert len(rounds) - 1 in (len(talker.answered), len(talker.answered) + 1)
        for round_, answer in zip(rounds[1:], talker.answered, strict=False):
            assert (round_["round"], round_["command"]) == (answer["round"], answer["command"])
            assert [one["item_id"] for one in round_["next_feed"]] == [one["item_id"] for one in answer["items"]]
        assert talker.unanswered is not None, "each was cut off in the middle of something"
        key, body = talker.unanswered
        assert mortal.ask("POST", talker.path, body, headers={"Idempotency-Key": key}).status == 200
        assert len(record(mortal, talker.session_id)) == len(talker.answered) + 2, "said again, done once"


def test_told_to_stop_it_finishes_what_it_has_begun(mortal: ServiceProcess, people: list[str]) -> None:
    session_ids = [str(opened(mortal, user_id)["session_id"]) for user_id in people[36:40]]

    def say(session_id: str) -> dict[str, Any] | None:
        try:
            reply = mortal.ask("POST", f"/v1/sessions/{session_id}/commands", {"text": "under 44"})
        except (OSError, HTTPException):
            return None
        assert reply.status == 200, reply.body
        told: dict[str, Any] = reply.json
        return told

    waiting = session_ids * 3
    with ThreadPoolExecutor(len(waiting)) as pool:
        asked = [pool.submit(say, session_id) for session_id in waiting]
        while not any(one.done() for one in asked):
            time.sleep(0.005)
        assert mortal.terminate() == 0
        answers = [one.result() for one in asked]
    assert sum(answer is not None for answer in answers) >= 2
    with sqlite3.connect(mortal.workspace / "service.sqlite") as db:
        ((n_rounds,),) = db.execute(
            f"SELECT count(*) FROM rounds WHERE place > 1 AND session_id IN ({','.join('?' * len(session_ids))})",
            session_ids,
        )
    assert n_rounds == sum(answer is not None for answer in answers), "whatever was done was answered"
