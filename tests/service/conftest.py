"""A service over a small workspace, as a real process, started once a test run; and one with keys."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from intentfeed.service.keys import new_key
from intentfeed.service.process import Reply, ServiceProcess
from intentfeed.simulate.world import WorldConfig, ensure_world
from intentfeed.workspace import load

from ..conftest import run_world


@pytest.fixture(scope="session")
def people(small_workspace: Path) -> list[str]:
    """Return the users of the small workspace; each test file takes others, so that none meets another's."""
    return load(small_workspace).user_ids()


@pytest.fixture(scope="session")
def service(small_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """Yield a service on the loopback address, without keys."""
    workspace = Path(shutil.copytree(small_workspace, tmp_path_factory.mktemp("served") / "ws"))
    with ServiceProcess(workspace, ["--today", "2024-06-03"]) as running:
        yield running


@pytest.fixture(scope="session")
def chinese_workspace(common: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a finished run over a small Chinese world."""
    size = {"seed": 7, "n_users": 12, "n_items": 700, "events_per_user": 80.0, "heavy_users": 0, "language": "zh"}
    world = ensure_world(WorldConfig.model_validate(size), common / "worlds")
    folder = tmp_path_factory.mktemp("chinese") / "ws"
    run_world(world, folder)
    return folder


@pytest.fixture(scope="session")
def chinese_people(chinese_workspace: Path) -> list[str]:
    """Return the users of the Chinese workspace."""
    return load(chinese_workspace).user_ids()


@pytest.fixture(scope="session")
def chinese_service(chinese_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """Yield a service of the Chinese workspace, without keys."""
    workspace = Path(shutil.copytree(chinese_workspace, tmp_path_factory.mktemp("served-chinese") / "ws"))
    with ServiceProcess(workspace, ["--today", "2024-06-03"]) as running:
        yield running


@dataclass(frozen=True)
class Guarded:
    """A service with keys, and the keys."""

    running: ServiceProcess
    server: str
    other: str
    """Of another server."""
    person: str
    """Of one person alone."""
    slow: str
    """May ask five times a minute."""
    user_id: str

    def ask(self, key: str, method: str, path: str, body: object = None, **headers: str) -> Reply:
        """Return what a caller with a key is answered; '' is no key."""
        sent = {"Authorization": f"Bearer {key}"} if key else {}
        return self.running.ask(method, path, body, headers={**sent, **headers})


@pytest.fixture(scope="session")
def guarded(small_workspace: Path, people: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """Yield a service that asks for keys."""
    folder = tmp_path_factory.mktemp("guarded")
    workspace = Path(shutil.copytree(small_workspace, folder / "ws"))
    server, other = new_key("shop"), new_key("other")
    person, slow = new_key("phone", people[0]), new_key("slow")
    (folder / "keys.toml").write_text("\n".join([server[1], other[1], person[1], slow[1], "per_minute = 5\n"]))
    settings = ("failures_per_minute=1000", "person_per_minute=1000", "preferences=4")  # no test uses up another's
    arguments = ["--keys", str(folder / "keys.toml"), "--host", "0.0.0.0"]
    arguments += [part for setting in settings for part in ("--set", setting)]
    with ServiceProcess(workspace, [*arguments, "--today", "2024-06-03"]) as running:
        running.url = running.url.replace("0.0.0.0", "127.0.0.1")
        yield Guarded(running, server[0], other[0], person[0], slow[0], people[0])


def opened(service: ServiceProcess, user_id: str | None = None, **more: object) -> dict[str, object]:
    """Return the first feed of a new session."""
    reply = service.ask("POST", "/v1/sessions", {**({"user_id": user_id} if user_id else {}), **more})
    assert reply.status == 201, reply.body
    found: dict[str, object] = reply.json
    return found
