"""A run of 500 users against an endpoint that misbehaves: who ends with what, and does the ledger say the truth?

    python -m benchmarks.faults [--users 500] [--rate 0.3] [--outage 60] [--seed 0] [--only calm,mixed]

Four runs of the whole chain, every role thinking with the model: with no faults; with `rate` mixed faults; the same
with the server killed in the middle and back after `outage` seconds; the same with the run killed and started again.
Prints one line a check, and exits with 1 if one fails.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import polars as pl

from intentfeed.data.store import Store
from intentfeed.llm.log import CallLog
from intentfeed.llm.scripted.process import ScriptedProcess
from intentfeed.roles import log_of
from intentfeed.simulate.world import World, WorldConfig, ensure_world

NONSENSE = re.compile(
    r"cures? |90 ?%|100 ?%|<script|</|https?://|ignore (all|any|previous)|system prompt|click here|guarantee|asdf|zzqx",
    re.IGNORECASE,
)
"""What only the scripted nonsense says; the catalogue says none of it, which is checked first."""
LONGEST = 40_000
"""Tokens of the longest question to one of these people."""
SHOWN = {"slates": ("title", "tag", "reason"), "interests": ("name", "reason"), "tags": ("tag", "reason")}


def main() -> None:
    """Run, check, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=500)
    parser.add_argument("--rate", type=float, default=0.3)
    parser.add_argument("--outage", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="calm,mixed,outage,killed")
    options = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        world = ensure_world(WorldConfig(seed=options.seed, n_users=options.users), root / "worlds")
        assert not NONSENSE.search("\n".join(pl.read_parquet(world.items)["title"].to_list()))
        for name in options.only.split(","):
            rate = 0.0 if name == "calm" else options.rate
            with ScriptedProcess({"fault_rate": rate, "seed": options.seed, "drip_ms": 500}) as server:
                start = time.perf_counter()
                accounts = _run(name, world, root / name, server, options.outage)
                print(f"\n{name}: {time.perf_counter() - start:.0f} s, {accounts['requests']:,} requests, faults "
                      f"{accounts['by_fault']}")  # fmt: skip
            for what, true, detail in _checks(name, world, root / name, accounts):
                failed += not true
                print(f"  {'ok  ' if true else 'FAIL'} {what}: {detail}")
    sys.exit(1 if failed else 0)


def _run(name: str, world: World, workspace: Path, server: ScriptedProcess, outage: float) -> dict[str, Any]:
    """Run the chain, disturbed as the name says; return the server's account over all its lives."""
    lives: list[dict[str, Any]] = []
    command = [sys.executable, "-c", "from intentfeed.cli.main import main; main()", "run", "--json"]
    command += ["-e", str(world.events), "-i", str(world.items), "-u", str(world.users), "-c", str(world.context)]
    command += ["-o", str(workspace), "--llm", server.url, "--model", "scripted"]
    command += ["--set", "llm.timeout_s=15", "--set", "llm.explainer.per_interest=5"]
    if name == "killed":
        _kill_on_the_way(command, workspace)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if name == "outage":
        Thread(target=_outage, args=(server, workspace, outage, lives), daemon=True).start()
    out, err = process.communicate()
    if process.returncode:
        raise SystemExit(f"{name}: the run ended with {process.returncode}: {err[-800:]}")
    (workspace / "figures.json").write_text(out)
    lives.append(server.count())
    total: Counter[str] = Counter()
    for life in lives:
        total.update({key: number for key, number in life.items() if isinstance(number, int)})
    faults = sum((Counter(life["by_fault"]) for life in lives), Counter())
    return {**total, "by_fault": dict(faults)}


def _when(workspace: Path, n_calls: int) -> None:
    """Wait until so many calls are in the log."""
    log = CallLog(log_of(workspace))
    while not log.path.exists() or log.totals().n_attempts < n_calls:
        time.sleep(0.2)
    log.close()


def _outage(server: ScriptedProcess, workspace: Path, seconds: float, lives: list[dict[str, Any]]) -> None:
    _when(workspace, 300)
    lives.append(server.count())
    server.stop()
    time.sleep(seconds)
    server.start()


def _kill_on_the_way(command: list[str], workspace: Path) -> None:
    for n_calls in (150, 600):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
        _when(workspace, n_calls)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _checks(name: str, world: World, workspace: Path, server: dict[str, Any]) -> Iterator[tuple[str, bool, str]]:
    store, log = Store(workspace), CallLog(log_of(workspace))
    people = sorted(pl.read_parquet(world.events)["user_id"].unique().to_list())
    tables = {table: store.scan(table).collect() for table in ("digests", "interests", "tags", "slates")}
    for table in ("digests", "slates"):
        found = tables[table]["user_id"].to_list()
        each = found if table == "digests" else sorted(set(found))
        yield f"{table}: everybody, once", sorted(each) == people, f"{len(each)} of {len(people)}"
    doubled = tables["slates"].group_by("user_id", "rank").len()["len"].max()
    yield "no slot twice", doubled == 1, f"at most {doubled} a rank"

    spoke = json.loads((workspace / "figures.json").read_text())["llm"]["spoke"]
    asked = {row.subject for row in log.ledger(by="subject") if row.role == "miner"}
    for table in ("interests", "tags"):
        own = set(tables[table].filter(pl.col("backend") == "llm")["user_id"].to_list())
        share = len(own & asked) / max(len(asked), 1)
        detail = f"{share:.1%} of the {len(asked)} asked about; "
        yield f"{table} by the model", share >= 0.95, detail + str(spoke)
    written = store.scan("explanations").filter(pl.col("interest_key") != "").group_by("backend").len().collect()
    yield "sentences for interests", True, str(dict(written.rows()))

    found = [text for table, columns in SHOWN.items() for column in columns for text in tables[table][column].to_list()]
    bad = sorted({text for text in found if text and NONSENSE.search(text)})
    yield "no nonsense in any table", not bad, f"{len(bad)} texts {bad[:2]}"
    events = store.scan("events").select("user_id", "event_id").collect()
    cited = pl.concat(
        [tables[table].explode("event_ids").select("user_id", event_id="event_ids") for table in ("interests", "tags")]
    ).drop_nulls()
    real = cited.join(events, on=["user_id", "event_id"], how="semi").height
    yield "evidence is the user's own", real == cited.height, f"{real:,} of {cited.height:,} citations"
    yield from _ledger(name, log, server)


def _ledger(name: str, log: CallLog, server: dict[str, Any]) -> Iterator[tuple[str, bool, str]]:
    ours, lost = log.totals(), log.n_lost
    off = server["requests"] - ours.n_attempts
    # A killed run cannot know whether what was in flight reached the server: those attempts stand in the log as lost.
    slack = lost + (64 if name == "outage" else 0)
    yield (
        "attempts = the server's requests",
        abs(off) <= slack,
        f"{ours.n_attempts:,}, {server['requests']:,}, {lost} lost",
    )
    for what, mine in (("tokens_in", ours.tokens_in), ("tokens_out", ours.tokens_out)):
        theirs = server[what]
        # What the server spent on lost attempts nobody here can know; no other token may be missing.
        same = mine == theirs if not lost else 0 <= theirs - mine <= lost * LONGEST
        detail = f"{mine:,} and {theirs:,}" + (f", the rest spent on the {lost} lost attempts" if lost else "")
        yield f"{what} = the server's", same, detail
    paid = server["answered_again"]
    probes = {"killed": 2}.get(name, 0)  # every run begins with one
    detail = f"{paid} questions with a good answer came again, {probes} of them probes"
    yield "no answered call paid twice", paid - probes <= lost, detail


if __name__ == "__main__":
    main()
