"""A model that is slow, or gone: the grounded answer comes within the time, and says so."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from intentfeed.config import dump_config, load_config
from intentfeed.llm.scripted.process import ScriptedProcess
from intentfeed.service.process import ServiceProcess

from .conftest import opened


@pytest.mark.parametrize("state", ["slow", "gone"])
def test_the_grounded_answer_comes_in_time_and_says_so(
    small_workspace: Path, tmp_path: Path, people: list[str], scripted: Callable[..., ScriptedProcess], state: str
) -> None:
    endpoint = scripted(latency_ms=120_000)
    if state == "gone":
        endpoint.stop()
    workspace = Path(shutil.copytree(small_workspace, tmp_path / "ws"))
    config = load_config(
        workspace / "config.toml",
        overrides=[f'llm.endpoint="{endpoint.url}"', 'llm.model="scripted"', 'llm.roles=["parser"]'],
    )
    (workspace / "config.toml").write_text(dump_config(config))
    with ServiceProcess(workspace, ["--today", "2024-06-03"]) as service:
        session_id = opened(service, people[0])["session_id"]
        started = time.monotonic()
        told = service.ask("POST", f"/v1/sessions/{session_id}/commands", {"text": "under 45"}).json
        assert time.monotonic() - started < 60, "far less than the model takes"
        assert told["understood"]["speaker"] == "grounded"
        assert told["preferences"][0]["field"] == "price"
        assert 'intentfeed_rounds_total{kind="command",speaker="grounded"} 1.0' in service.ask(
            "GET", "/metrics"
        ).body.decode()  # fmt: skip
