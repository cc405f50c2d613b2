"""Logs to slates with a language model at every role, over HTTP, and whatever goes wrong on the way."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import polars as pl
import pytest

from intentfeed.batch import Outcome
from intentfeed.config import load_config
from intentfeed.daily import update
from intentfeed.data.store import Store
from intentfeed.errors import AnswersAwaited, BudgetError, EndpointError
from intentfeed.judging import judge
from intentfeed.llm.log import CallLog
from intentfeed.llm.scripted.process import ScriptedProcess
from intentfeed.roles import log_of
from intentfeed.simulate.world import World
from intentfeed.workspace import load

from ..conftest import run_world
from .test_run import tables

SETTINGS = ["run.workers=1", "run.n_partitions=4", "llm.model=scripted", "llm.explainer.per_interest=2"]
NONSENSE = re.compile(r"cures? |90 ?%|<script|https?://|ignore (all|any|previous)|system prompt", re.IGNORECASE)


@pytest.fixture
def workspace(small_workspace: Path, tmp_path: Path) -> Path:
    """Return a workspace in which everything is read and fitted, and nobody has been asked."""
    shutil.copytree(small_workspace, tmp_path / "ws")
    return tmp_path / "ws"


def think(world: World, workspace: Path, endpoint: str, *settings: str, **options: Any) -> Outcome:
    """Run with a model at this endpoint, twelve people."""
    config = load_config(overrides=[*SETTINGS, f'llm.endpoint="{endpoint}"', *settings])
    return run_world(world, workspace, config=config, **options)


def answered(url: str, line: dict[str, Any]) -> str:
    """Return the line of an answers file for a line of a requests file, answered by an endpoint."""
    body = json.dumps(line["body"]).encode()
    request = Request(f"{url}/chat/completions", body, {"Content-Type": "application/json"})
    with urlopen(request, timeout=30) as reply:
        said = {"status_code": reply.status, "body": json.loads(reply.read())}
    return json.dumps({"id": "x", "custom_id": line["custom_id"], "response": said, "error": None})


def by_backend(workspace: Path, table: str) -> dict[str, int]:
    """Return how many users have rows of each backend."""
    rows = Store(workspace).scan(table).select("user_id", "backend").unique().collect()
    return dict(rows.group_by("backend").len().iter_rows())


def test_every_role_thinks_and_the_ledger_tells_the_truth(
    small_world: World, workspace: Path, scripted: Callable[..., ScriptedProcess]
) -> None:
    server = scripted()
    outcome = think(small_world, workspace, server.url)
    assert outcome.worked
    log, counted = CallLog(log_of(workspace)), server.count()
    ours = log.totals()
    assert (ours.n_attempts, ours.tokens_in, ours.tokens_out) == tuple(
        counted[name] for name in ("requests", "tokens_in", "tokens_out")
    )
    roles = {row.role: row for row in log.ledger()}
    assert set(roles) == {"probe", "shortener", "miner", "tagger", "explainer"}
    people = set(pl.read_parquet(small_world.events)["user_id"])
    assert {row.subject for row in log.ledger(by="subject") if row.role == "miner"} <= people
    for table in ("interests", "tags"):
        assert by_backend(workspace, table)["llm"] >= 0.9 * roles["miner"].n_calls
    said = Store(workspace).scan("explanations").filter(pl.col("backend") == "llm").collect()
    assert said.height > 50
    assert not think(small_world, workspace, server.url).worked, "nothing new, nothing done"
    assert server.count() == counted, "nobody was asked"


def test_no_prompt_names_a_person_or_an_item_by_its_id(
    small_world: World, workspace: Path, scripted: Callable[..., ScriptedProcess]
) -> None:
    think(small_world, workspace, scripted().url, limit=8)
    log = CallLog(log_of(workspace))
    items, users = (pl.read_parquet(path) for path in (small_world.items, small_world.users))
    names = {*users["user_id"].to_list(), *items["item_id"].to_list()}
    told = [message.content for key in log.all_keys() for message in log.messages(key)]
    assert len(told) > 100
    words = {word for text in told for word in re.findall(r"[\w-]+", text)}
    assert not words & names


def test_faults_cost_no_user_and_let_no_nonsense_through(
    small_world: World, workspace: Path, scripted: Callable[..., ScriptedProcess]
) -> None:
    server = scripted(fault_rate=0.3, seed=3, drip_ms=400, faults="429,500,drop,cut,malformed,schema,prose,nonsense")
    think(small_world, workspace, server.url, "llm.attempts=8")
    found = tables(workspace)
    people = set(pl.read_parquet(small_world.events)["user_id"])
    assert set(found["digests"]["user_id"]) == set(found["slates"]["user_id"]) == people
    assert not found["slates"].select("user_id", "rank").is_duplicated().any()
    asked = {row.subject for row in CallLog(log_of(workspace)).ledger(by="subject") if row.role == "miner"}
    for table in ("interests", "tags"):
        own = set(found[table].filter(pl.col("backend") == "llm")["user_id"])
        assert len(own & asked) >= 0.9 * len(asked), table  # of 46 people; 500 are counted in benchmarks/faults.py
    texts = [*found["slates"]["reason"], *found["slates"]["title"], *found["interests"]["name"], *found["tags"]["tag"]]
    assert not [text for text in texts if text and NONSENSE.search(text)]
    events = found["events"].select("user_id", "event_id")
    for table in ("interests", "tags"):
        cited = found[table].explode("event_ids").select("user_id", event_id="event_ids").drop_nulls()
        assert cited.join(events, on=["user_id", "event_id"], how="anti").is_empty(), table


def test_a_run_is_replayed_without_the_endpoint(
    small_world: World, workspace: Path, scripted: Callable[..., ScriptedProcess]
) -> None:
    server = scripted(fault_rate=0.2, seed=1, faults="429,malformed,nonsense")
    think(small_world, workspace, server.url, limit=8)
    before = tables(workspace)
    server.stop()
    manifest = workspace / "manifest.json"
    kept = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**kept, "thought": "of another time"}))
    assert think(small_world, workspace, "replay", limit=8).worked
    after = tables(workspace)
    assert all(before[name].equals(after[name]) for name in before)


def test_a_run_killed_on_the_way_goes_on_and_pays_nothing_twice(
    small_world: World, workspace: Path, scripted: Callable[..., ScriptedProcess]
) -> None:
    server = scripted(latency_ms=30)
    command = [sys.executable, "-c", "from intentfeed.cli.main import main; main()", "run", "--json"]
    command += ["-e", str(small_world.events), "-i", str(small_world.items), "-u", str(small_world.users)]
    command += ["-c", str(small_world.context), "-o", str(workspace), "--llm", server.url, "--model", "scripted"]
    command += [part for setting in SETTINGS for part in ("--set", setting)] + ["--set", "llm.in_flight=4"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    while not log_of(workspace).exists() or CallLog(log_of(workspace)).totals().n_attempts < 80:
        assert process.poll() is None, "it was over before it could be killed"
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    lost = CallLog(log_of(workspace)).n_lost
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["llm"]["questions"]["answered"] > 100
    assert lost <= 4
    assert server.count()["answered_again"] <= lost + 1, "what was in flight at the kill, and the probe"


def test_a_budget_that_runs_out_leaves_the_rest_to_the_grounded_roles(
    small_world: World, workspace: Path, scripted: Callable[..., ScriptedProcess]
) -> None:
    server = scripted()
    few = ("llm.roles=['miner']", "llm.budget.tokens=60000", "llm.in_flight=1")
    outcome = think(small_world, workspace, server.url, *few)
    spoke = outcome.figures["llm"]["spoke"]
    assert spoke["miner llm"] > 0
    assert spoke["miner grounded/no answer"] > 0
    assert CallLog(log_of(workspace)).totals().tokens_in < 60_000
    n = server.count()["requests"]
    outcome = think(small_world, workspace, server.url, "llm.roles=['miner']")
    assert "miner grounded/no answer" not in outcome.figures["llm"]["spoke"]
    assert server.count()["answered_again"] == 1, "the probe, which every run begins with"
    assert server.count()["requests"] > n

    with pytest.raises(BudgetError, match="budget"):
        think(small_world, workspace, server.url, "llm.budget.tokens=0")


def test_a_run_may_stop_instead(small_world: World, workspace: Path, scripted: Callable[..., ScriptedProcess]) -> None:
    before = (workspace / "manifest.json").read_text()
    few = ("llm.roles=['miner']", "llm.budget.tokens=60000", "llm.in_flight=1", "llm.on_fault=stop")
    with pytest.raises(BudgetError, match=r"questions to the miner were answered.*run the same command again"):
        think(small_world, workspace, scripted().url, *few)
    assert (workspace / "manifest.json").read_text() == before, "what stood before still stands"


def test_a_run_in_which_hardly_anybody_is_answered_stops(small_world: World, workspace: Path) -> None:
    with pytest.raises(EndpointError, match=r"only 0 of 46 questions to the miner were answered \(replay"):
        think(small_world, workspace, "replay", "llm.roles=['miner']")


def test_the_estimate_asks_nobody_and_is_near_the_truth(
    small_world: World, workspace: Path, scripted: Callable[..., ScriptedProcess]
) -> None:
    server = scripted()
    price = ("llm.price.input=1.0", "llm.price.cached=0.0", "llm.price.output=2.0", "llm.roles=['miner','tagger']")
    estimate = think(small_world, workspace, server.url, *price, estimate=True).estimate
    assert estimate is not None
    assert server.count()["requests"] == 0
    think(small_world, workspace, server.url, *price)
    ledger = {row.role: row for row in CallLog(log_of(workspace)).ledger()}
    for role in estimate.roles:
        assert role.n_calls == ledger[role.role].n_calls
        assert 0.7 < role.tokens_in / ledger[role.role].usage.tokens_in < 1.4, role
    spent = sum((role.tokens_in - role.tokens_cached) * 1.0 + role.tokens_out * 2.0 for role in estimate.roles) / 1e6
    assert estimate.cost_usd == pytest.approx(spent, abs=0.001)


def test_who_is_asked_about_is_a_choice(
    small_world: World, workspace: Path, scripted: Callable[..., ScriptedProcess]
) -> None:
    def asked(*settings: str) -> int:
        estimate = think(
            small_world, workspace, "http://127.0.0.1:9/v1", "llm.roles=['miner']", *settings, estimate=True
        ).estimate
        assert estimate is not None
        return estimate.n_calls

    everybody = asked()
    assert everybody == 46
    assert 0.2 * everybody < asked("llm.who.share=0.5") < 0.8 * everybody
    assert asked("llm.who.top=0.25") == 12
    assert 9 <= asked("llm.who.top=0.25", "llm.who.top_by=spend") <= 12, "who spent much in few events is left out"
    men = pl.read_parquet(small_world.users).filter(pl.col("gender") == "male").height
    assert men - 2 <= asked('llm.who.where={"gender"="male"}') <= men


def test_batch_files_go_round(
    small_world: World, workspace: Path, tmp_path: Path, scripted: Callable[..., ScriptedProcess]
) -> None:
    server, folder, rounds = scripted(), tmp_path / "batches", 0
    for _ in range(12):
        try:
            outcome = think(small_world, workspace, str(folder), limit=8)
            break
        except AnswersAwaited as waiting:
            rounds += 1
            for path in waiting.files:
                lines = [json.loads(line) for line in path.read_text().splitlines()]
                assert not [line for line in lines if "user" in line["custom_id"]]
                answers = [answered(server.url, line) for line in reversed(lines)]
                path.with_name(path.name.replace(".requests.", ".answers.")).write_text("\n".join(answers))
    assert outcome.worked
    assert 4 <= rounds <= 6
    assert by_backend(workspace, "interests")["llm"] >= 6


def test_an_update_asks_about_those_whom_it_touches_and_forgets_those_who_leave(
    small_world: World, workspace: Path, scripted: Callable[..., ScriptedProcess]
) -> None:
    server = scripted()
    think(small_world, workspace, server.url)
    judged = judge(load(workspace), n_users=40, per_user=1)
    assert judged.n_unjudged == 0
    events = pl.read_parquet(small_world.events)
    first, second = sorted(events["user_id"].unique())[:2]
    asked_before = CallLog(log_of(workspace))
    n = {row.subject: row.n_calls for row in asked_before.ledger(by="subject") if row.role == "miner"}
    asked_before.close()
    new = events.filter(pl.col("user_id") == first).tail(5).with_columns(pl.col("timestamp").dt.offset_by("20d"))
    outcome = update(workspace, events=new, delete=[second])
    log = CallLog(log_of(workspace))
    after = {row.subject: row.n_calls for row in log.ledger(by="subject") if row.role == "miner"}
    assert outcome.n_touched == 2
    assert after.pop(first) == n.pop(first) + 1
    n.pop(second, None)
    assert after == n, "nobody else was asked about, and who left is gone"
    kept = pl.concat([pl.read_parquet(path) for path in (workspace / "verdicts").glob("*.parquet")])
    assert kept.height
    assert kept.filter(pl.col("user_id") == second).is_empty()
