"""One person's data: all of it handed out, and all of it erased, from that moment and from the disk."""

from __future__ import annotations

import fcntl
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from intentfeed.llm.answer import Answer
from intentfeed.llm.client import Call, Message, Reply
from intentfeed.llm.log import CallLog
from intentfeed.roles import log_of
from intentfeed.service.process import ServiceProcess
from intentfeed.workspace import load

from .conftest import opened


class Told(Answer):
    """What a model is asked for."""

    text: str


SAID = "under 41 and no zanzibar-said-words"


def ask_a_model(workspace: Path, subject: str) -> None:
    log = CallLog(log_of(workspace))
    call = Call(
        role="parser", subject=subject, model="m", prompt_id="p", prompt_version=1, prompt_hash="h",
        messages=(Message("system", "same for all"), Message("user", f"said by {subject}")), returns=Told,
        max_tokens=9, temperature=0.0,
    )  # fmt: skip
    log.begin(call, "first")
    log.finish(call, Reply(key=call.key, status="answered", text=f"answered {subject}"))
    log.commit()


def erasure(service: ServiceProcess, user_id: str, *, waits: bool = False, wait_s: float = 120.0) -> dict[str, Any]:
    """Return where an erasure stands once it is done; of one that `waits` for the workspace, once a try has ended."""
    end = time.monotonic() + wait_s
    while True:
        told: dict[str, Any] = service.ask("GET", f"/v1/person/erasure?user_id={user_id}").json
        if told["workspace"] == "nothing" or (waits and told["tries"]) or time.monotonic() > end:
            return told
        time.sleep(0.2)


def test_a_person_reads_and_takes_away_everything(service: ServiceProcess, people: list[str]) -> None:
    user_id, other = people[40], people[41]
    first = opened(service, user_id)
    path = f"/v1/sessions/{first['session_id']}"
    key = {"Idempotency-Key": "before"}
    told = service.ask("POST", f"{path}/commands", {"text": SAID}, headers=key).json
    service.ask("PATCH", f"{path}/preferences/{told['preferences'][0]['id']}", {"scope": "always"})
    item_id = told["items"][0]["item_id"]
    service.ask("POST", f"{path}/feedback", {"item_id": item_id, "action": "favorite"})
    kept = opened(service, other)
    for subject in (user_id, first["session_id"], other):
        ask_a_model(service.workspace, str(subject))

    exported = service.ask("GET", f"/v1/person?user_id={user_id}")
    assert "attachment" in exported.headers["content-disposition"]
    found = exported.json
    (session,) = found["service"]["sessions"]
    assert [one["command"] for one in session["rounds"]][1] == SAID
    assert found["service"]["standing_memory"]["order"]
    assert found["service"]["feedback"][0]["item_id"] == item_id
    assert len(found["workspace"]["slates"]) == 10
    assert {event["user_id"] for event in found["workspace"]["events"]} == {user_id}
    asked = {call["answer"] for call in found["language_model_calls"]}
    assert asked == {f"answered {user_id}", f"answered {first['session_id']}"}
    assert other not in exported.body.decode().split('"')

    done = service.ask("DELETE", f"/v1/person?user_id={user_id}")
    assert done.status == 202
    assert done.json["workspace"] == "pending"
    counts = done.json["erased"]
    assert counts["sessions"] == counts["feedback"] == counts["standing_memories"] == 1
    assert counts["language_model_calls"] == 2

    assert service.ask("GET", path).status == 404, "from this moment on"
    assert service.ask("POST", f"{path}/commands", {"text": SAID}, headers=key).status == 404, "nor by its key"
    again = opened(service, user_id)
    assert (again["known"], again["preferences"]) == (False, [])
    service.ask("DELETE", f"/v1/person?user_id={user_id}")

    assert erasure(service, user_id)["workspace"] == "nothing"
    assert user_id not in load(service.workspace).user_ids()
    assert other in load(service.workspace).user_ids()
    assert service.ask("GET", f"/v1/sessions/{kept['session_id']}").json == kept, "others notice nothing"
    empty = service.ask("GET", f"/v1/person?user_id={user_id}").json
    assert empty["workspace"] is None
    assert empty["service"]["sessions"] == []
    assert empty["language_model_calls"] == []
    for name in ("service.sqlite*", log_of(service.workspace).name + "*"):
        for file in service.workspace.rglob(name):
            held = file.read_bytes()
            assert b"zanzibar" not in held, f"not on any page of {file.name}"
            assert f"answered {user_id}".encode() not in held, f"not on any page of {file.name}"
    assert f"answered {other}" in [
        call["answer"] for call in service.ask("GET", f"/v1/person?user_id={other}").json["language_model_calls"]
    ]


def test_an_erasure_that_must_wait_for_the_workspace_is_honoured_at_once(
    service: ServiceProcess, people: list[str]
) -> None:
    user_id = people[42]
    with (service.workspace / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a run is under way
        assert service.ask("DELETE", f"/v1/person?user_id={user_id}").json["workspace"] == "pending"
        told = erasure(service, user_id, waits=True)
        assert (told["workspace"], told["tries"]) == ("pending", 1)
        assert "in use" in told["why"]
        assert not opened(service, user_id)["known"]
        assert service.ask("GET", f"/v1/person?user_id={user_id}").json["workspace"] is None
        assert "intentfeed_erasures_owed 1.0" in service.ask("GET", "/metrics").body.decode()
    assert service.ask("DELETE", f"/v1/person?user_id={user_id}").status == 202
    assert erasure(service, user_id)["workspace"] == "nothing"
    assert user_id not in load(service.workspace).user_ids()


def test_somebody_unknown_is_erased_and_nothing_is_owed(service: ServiceProcess) -> None:
    opened(service, "a stranger")
    done = service.ask("DELETE", "/v1/person?user_id=a%20stranger").json
    assert done["erased"]["sessions"] == 1
    assert done["workspace"] == "nothing"
    assert service.ask("DELETE", "/v1/person").status == 422


@pytest.fixture(scope="module")
def service(small_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """Yield a service of this file's own: whoever is erased here is missed by no other test."""
    workspace = Path(shutil.copytree(small_workspace, tmp_path_factory.mktemp("erasing") / "ws"))
    with ServiceProcess(workspace, ["--today", "2024-06-03"]) as running:
        yield running


@pytest.fixture(autouse=True)
def _settings_stay(service: ServiceProcess) -> Any:
    """An erasure asks no model, and leaves the settings of the workspace as they are."""
    before = (service.workspace / "config.toml").read_text()
    yield
    assert (service.workspace / "config.toml").read_text() == before
