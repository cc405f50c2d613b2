"""How long do people wait for the next feed over HTTP, and how many can be served?

    python -m benchmarks.serve_load                        50 people, each a command every 10 s, 100,000 items
    python -m benchmarks.serve_load --highest              and the highest rate that keeps p95 at 400 ms
    python -m benchmarks.serve_load --workspace WS         on a workspace of one's own

A real `intentfeed serve` over a sample shop of that many items, asked over HTTP by a process that keeps a schedule:
each request has its time, and what it waits for the ones before it counts as waiting. People open a session each, then
say one thing after another, drawn from the catalogue's own brands, categories and prices with one seed; one request in
eight is an undo, one a click. Prints percentiles of the wait in milliseconds, of commands and of all, and errors.
The bar is about commands alone: 95 % of them wait 400 ms at most, and nothing fails. Give the service cores of its own
where there are some: `--service-cores 1`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from intentfeed.batch import run
from intentfeed.config import load_config
from intentfeed.service.process import ServiceProcess
from intentfeed.simulate.world import WorldConfig, ensure_world
from intentfeed.workspace import Workspace, load

BAR_MS = 400.0


@dataclass
class Waits:
    """What was measured."""

    ms: dict[str, list[float]] = field(default_factory=dict)
    """By what was asked: command, undo, click."""
    errors: list[str] = field(default_factory=list)

    def add(self, kind: str, ms: float) -> None:
        """Note one wait."""
        self.ms.setdefault(kind, []).append(ms)

    def row(self) -> dict[str, Any]:
        """Return percentiles of commands and of everything, and how much went wrong, with a few examples."""
        everything = [wait for waits in self.ms.values() for wait in waits]
        told = {"errors": len(self.errors), "examples": self.errors[:3]}
        return told | {"commands": _percentiles(self.ms.get("command", [])), "all": _percentiles(everything)}


def _percentiles(ms: list[float]) -> dict[str, Any]:
    p50, p95, p99 = np.percentile(ms, [50, 95, 99]).tolist() if ms else (None,) * 3
    return {"n": len(ms)} | {
        name: None if value is None else round(value, 1)
        for name, value in (("p50_ms", p50), ("p95_ms", p95), ("p99_ms", p99))
    }


def kept(row: dict[str, Any]) -> bool:
    """Return whether the bar was kept: commands were heard, 95 % of them in time, and nothing failed."""
    p95 = row["commands"]["p95_ms"]
    return row["errors"] == 0 and p95 is not None and p95 <= BAR_MS


class Line:
    """One connection that stays open, as a browser's."""

    def __init__(self, url: str) -> None:
        self._where = urlsplit(url)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Return status and JSON."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._where.hostname, self._where.port)
        reader, writer = self._streams
        raw = json.dumps(body).encode() if body is not None else b""
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(raw)}\r\n\r\n".encode() + raw)
        status = int((await reader.readline()).split()[1])
        length = 0
        while (line := await reader.readline()).strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        return status, json.loads(await reader.readexactly(length))


def phrases(ws: Workspace, n: int, seed: int) -> list[str]:
    """Return things that people say to this catalogue."""
    rng, frame = np.random.default_rng(seed), ws.models.catalog.frame
    brands = [brand for brand in frame["brand"].unique(maintain_order=True).to_list() if brand][:400]
    leaves = [path.rsplit(" > ", 1)[-1] for path in ws.models.catalog.categories if path]
    prices = frame["price"].drop_nulls().to_numpy()
    made = []
    for _ in range(n):
        limit = round(float(np.quantile(prices, rng.uniform(0.2, 0.9))))
        brand, leaf = brands[rng.integers(len(brands))], leaves[rng.integers(len(leaves))]
        frames = [
            f"under {limit}", f"no more {leaf}", f"nothing from {brand}", f"more {leaf}, under {limit}",
            "cheaper please", f"only {brand}", f"something for {leaf} but not {brand}", "forget the price",
            "like the first one but cheaper", "start over",
        ]  # fmt: skip
        made.append(frames[rng.integers(len(frames))])
    return made


async def person(
    url: str, opening: dict[str, Any], said: list[str], every_s: float, first_s: float, end: float, waits: Waits
) -> None:
    """Say one thing every so often until the end; each wait counts from the moment it was due."""
    line = Line(url)
    status, feed = await line.ask("POST", "/v1/sessions", opening)
    if status >= 400:
        waits.errors.append(f"opening: {status} {feed}"[:200])
        return
    path, due = f"/v1/sessions/{feed['session_id']}", time.monotonic() + first_s
    for at, text in enumerate(said * 1_000):
        if due >= end:
            return
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        if at % 8 == 5:
            kind, ask = "undo", line.ask("POST", f"{path}/undo")
        elif at % 8 == 7 and feed["items"]:
            taken = {"item_id": feed["items"][0]["item_id"], "action": "click"}
            kind, ask = "click", line.ask("POST", f"{path}/feedback", taken)
        else:
            kind, ask = "command", line.ask("POST", f"{path}/commands", {"text": text})
        status, told = await ask
        waits.add(kind, (time.monotonic() - due) * 1e3)
        if status == 200:
            feed = told
        elif not (status == 409 and kind == "undo"):  # nothing to undo is an answer
            waits.errors.append(f"{status} {told}"[:200])
        due += every_s


async def crowd(
    url: str, openings: list[dict[str, Any]], said: list[str], n: int, every_s: float, seconds: float
) -> Waits:
    """Return what n people waited."""
    waits, rng = Waits(), np.random.default_rng(n)
    opening_s = 0.25 * n  # sessions are opened before the clock starts
    end = time.monotonic() + opening_s + seconds
    firsts = opening_s + rng.uniform(0, every_s, size=n)
    people = [
        person(
            url,
            openings[at % len(openings)],
            said[at % len(said) :] + said[: at % len(said)],
            every_s,
            first,
            end,
            waits,
        )
        for at, first in enumerate(firsts)
    ]
    await asyncio.gather(*people)
    return waits


def sample(folder: Path, n_items: int) -> Path:
    """Return a workspace over a sample shop of so many items, made once."""
    workspace = folder / f"ws-{n_items}"
    if not (workspace / "manifest.json").exists():
        made = WorldConfig(seed=5, n_users=200, n_items=n_items, events_per_user=300.0, heavy_users=0)
        world = ensure_world(made, folder / "worlds")
        config = load_config(overrides=["run.workers=1", "run.n_partitions=4"])
        run(str(world.events), str(world.items), users=str(world.users), workspace=workspace, config=config)
    return workspace


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path)
    parser.add_argument("--folder", type=Path, default=Path("serve-load"), help="where the sample goes")
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--every", type=float, default=10.0, help="seconds between two commands of a person")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--strangers", action="store_true", help="people of whom only eight items are known, no tags")
    parser.add_argument("--highest", action="store_true", help="look for the highest rate, too")
    parser.add_argument("--service-cores", default="", help="cores of the service, such as 0,1; by default all")
    args = parser.parse_args()
    workspace = args.workspace or sample(args.folder, args.items)
    ws = load(workspace)
    openings: list[dict[str, Any]] = [{"user_id": user_id} for user_id in ws.user_ids()]
    if args.strangers:
        rows = np.random.default_rng(2).integers(len(ws.models.catalog), size=(200, 8)).tolist()
        openings = [{"history": [ws.models.catalog.item_ids[row] for row in history]} for history in rows]
    said = phrases(ws, 400, seed=1)
    found: dict[str, Any] = {
        "items": len(ws.models.catalog),
        "people": args.people,
        "every_s": args.every,
        "strangers": args.strangers,
    }
    del ws
    with ServiceProcess(workspace) as service:
        if args.service_cores:
            os.sched_setaffinity(service.pid, {int(core) for core in args.service_cores.split(",")})
        found["load"] = asyncio.run(crowd(service.url, openings, said, args.people, args.every, args.seconds)).row()
        if args.highest:
            found["rates"], found["highest_per_s"] = highest(service, openings, said, args.seconds)
        found["service_cores"] = len(os.sched_getaffinity(service.pid))
        stages = [
            line for line in service.ask("GET", "/metrics").body.decode().splitlines()
            if line.startswith(("intentfeed_stage_seconds_sum", "intentfeed_stage_seconds_count"))
        ]  # fmt: skip
    found["stage_mean_ms"] = mean_stages(stages)
    print(json.dumps(found, indent=1))
    sys.exit(0 if kept(found["load"]) else 1)


def highest(
    service: ServiceProcess, openings: list[dict[str, Any]], said: list[str], seconds: float
) -> tuple[dict[str, Any], float | None]:
    """Return what each rate (requests a second) gave, and the highest that kept the bar without an error."""
    rates: dict[str, Any] = {}
    best = None
    for per_s in (5, 8, 12, 16, 20, 25, 30, 40, 50, 65, 80):
        n = max(10, per_s * 2)
        row = asyncio.run(crowd(service.url, openings, said, n, n / per_s, seconds / 2)).row()
        rates[str(per_s)] = row
        if not kept(row):
            break
        best = float(per_s)
    return rates, best


def mean_stages(lines: list[str]) -> dict[str, float]:
    """Return the mean milliseconds of each stage, from the service's own counters."""
    held: dict[str, dict[str, float]] = {}
    for line in lines:
        name, _, value = line.rpartition(" ")
        stage = name.split('stage="')[1].split('"')[0]
        held.setdefault(stage, {})["sum" if "_sum" in name else "count"] = float(value)
    return {stage: round(1e3 * both["sum"] / both["count"], 1) for stage, both in held.items() if both["count"]}


if __name__ == "__main__":
    main()
