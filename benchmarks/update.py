"""What a day costs: an update with events of 1 % of the users, beside the full run and an empty update.

    python benchmarks/update.py [--users 20000] [--share 0.01] [--events-per-user 100]

Prints (update − empty) / (full − empty), whose bar is 0.05, and checks that no other user's rows changed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

from intentfeed.data.store import Store
from intentfeed.simulate.world import WorldConfig, ensure_world

TABLES = ("digests", "interests", "tags", "slates")


def main() -> None:
    """Make a world, run it whole, update it, print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--share", type=float, default=0.01)
    parser.add_argument("--events-per-user", type=float, default=100.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        config = WorldConfig(n_users=options.users, events_per_user=options.events_per_user, heavy_users=0)
        world = ensure_world(config, root / "worlds")
        workspace, day = root / "ws", root / "day.parquet"
        n_wanted = round(options.users * options.share)
        users = new_day(world.truth("future"), n_wanted, day)

        sources = ["-e", world.events, "-i", world.items, "-u", world.users, "-c", world.context, "-o", workspace]
        full, figures = timed("run", *sources)
        before = tables(workspace)
        empty, _ = timed("update", workspace)
        update, _ = timed("update", workspace, "-e", day)
        after = tables(workspace)
        others = ~pl.col("user_id").is_in(users)
        changed = [name for name in TABLES if not before[name].filter(others).equals(after[name].filter(others))]
        ratio = (update - empty) / (full - empty)
        print(f"users {options.users:,}, events {figures['events']:,}; the day: {len(users):,} users, "
              f"{pl.read_parquet(day).height:,} events")  # fmt: skip
        print(f"full run {full:.1f} s, empty update {empty:.2f} s, update {update:.2f} s")
        print(f"(update - empty) / (full - empty) = {ratio:.4f}   bar 0.05")
        print(f"rows of other users: {'CHANGED in ' + ', '.join(changed) if changed else 'unchanged'}")
        sys.exit(1 if changed else 0)


def new_day(future: pl.DataFrame, n_users: int, path: Path) -> list[str]:
    """Write the events of some users on the day after the log, and return these users."""
    day = future.filter(pl.col("timestamp").dt.date() == future["timestamp"].dt.date().min())
    users: list[str] = day["user_id"].unique().sort().head(n_users).to_list()
    assert len(users) == n_users, f"only {len(users)} users did anything on that day: raise --events-per-user"
    day.filter(pl.col("user_id").is_in(users)).write_parquet(path)
    return users


def timed(*arguments: object) -> tuple[float, dict[str, object]]:
    """Return the seconds of a command as a process of its own, and what it printed."""
    command = [sys.executable, "-c", "from intentfeed.cli.main import main; main()", *map(str, arguments), "--json"]
    start = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return time.perf_counter() - start, json.loads(done.stdout)


def tables(workspace: Path) -> dict[str, pl.DataFrame]:
    """Return the tables of users, sorted by user."""
    return {name: Store(workspace).scan(name).collect().sort("user_id", maintain_order=True) for name in TABLES}


if __name__ == "__main__":
    main()
