"""Logs to slates on a small world: complete, true to its sources, and the same however often it is interrupted."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from intentfeed.data.schema import TABLES
from intentfeed.data.store import Store
from intentfeed.evaluate.future import hit_rates
from intentfeed.simulate.world import World
from intentfeed.workspace import load

from ..conftest import run_world


def tables(workspace: Path) -> dict[str, pl.DataFrame]:
    """Return every table of a workspace in an order of its own."""
    store = Store(workspace)
    found = {name: store.scan(name).collect() for name in TABLES}
    keys = {"events": ["event_id"], "explanations": ["interest_key", "item_id"]}
    return {name: frame.sort(keys.get(name, ["user_id"]), maintain_order=True) for name, frame in found.items()}


def assert_same(one: Path, other: Path) -> None:
    left, right = tables(one), tables(other)
    for name in TABLES:
        assert left[name].equals(right[name]), f"{name} differs"


def test_everybody_has_a_digest_and_a_slate(small_world: World, small_workspace: Path) -> None:
    found = tables(small_workspace)
    people = set(pl.read_parquet(small_world.events)["user_id"])
    assert set(found["digests"]["user_id"]) == people
    assert set(found["slates"]["user_id"]) == people
    assert found["slates"].group_by("user_id").len()["len"].max() == 10


def test_event_ids_point_at_the_raw_rows(small_world: World, small_workspace: Path) -> None:
    raw = pl.read_parquet(small_world.events).with_row_index("event_id").cast({"event_id": pl.Int64})
    kept = tables(small_workspace)["events"]
    joined = kept.join(raw, on="event_id", suffix="_raw")
    assert joined.height == kept.height == raw.height
    for column in ("user_id", "item_id", "action", "query"):
        assert joined[column].equals(joined[f"{column}_raw"], null_equal=True), column


def test_interests_cite_their_owners_events(small_workspace: Path) -> None:
    found = tables(small_workspace)
    cited = found["interests"].explode("event_ids").select("user_id", event_id="event_ids").drop_nulls()
    owned = cited.join(found["events"].select("user_id", "event_id"), on=["user_id", "event_id"], how="semi")
    assert cited.height == owned.height > 0


def test_slates_meet_true_interests(small_world: World, small_workspace: Path) -> None:
    """Who has shown interests sees shelves that they truly care for; what is popular seldom is among them."""
    truth = small_world.truth("interests")
    loved = truth.select("user_id", shelf="parent").unique()
    shelf = pl.read_parquet(small_world.items).select("item_id", shelf=pl.col("category").str.replace(" > [^>]*$", ""))
    known = truth.group_by("user_id").len().filter(pl.col("len") >= 4)
    shown = tables(small_workspace)["slates"].join(known, on="user_id").select("user_id", "item_id")
    bought = pl.read_parquet(small_world.events).filter(pl.col("action") == "purchase")
    top = bought.group_by("item_id").len().sort("len", "item_id", descending=[True, False]).head(10)
    popular = shown.select("user_id").unique().join(top.select("item_id"), how="cross")

    def share(rows: pl.DataFrame) -> float:
        return rows.join(shelf, on="item_id").join(loved, on=["user_id", "shelf"], how="semi").height / rows.height

    assert share(shown) > 0.4
    assert share(shown) > 3 * share(popular), (share(shown), share(popular))


def test_hit_rates_count_new_items_only(small_world: World, small_workspace: Path, tmp_path: Path) -> None:
    ws = load(small_workspace)
    slates = tables(small_workspace)["slates"]
    user_id, item_id = slates.select("user_id", "item_id").row(0)
    met = tables(small_workspace)["events"].filter(pl.col("action") == "purchase").select("user_id", "item_id").row(0)
    rows = [(user_id, item_id, "purchase"), (*met, "purchase"), (user_id, item_id, "impression")]
    pl.DataFrame(rows, schema=["user_id", "item_id", "action"], orient="row").write_parquet(tmp_path / "future.parquet")
    rates = hit_rates(ws, tmp_path / "future.parquet")
    assert rates["hit_rate@10"] == 1.0
    assert rates["hit_rate_people"] == 1


def test_nothing_new_means_no_work(small_world: World, small_workspace: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in small_workspace.rglob("*.parquet")}
    outcome = run_world(small_world, small_workspace)
    assert not outcome.worked
    assert outcome.figures["users"] > 0
    assert before == {path: path.stat().st_mtime_ns for path in small_workspace.rglob("*.parquet")}


def test_limit_gives_rows_to_the_first_users_only(small_world: World, small_workspace: Path, tmp_path: Path) -> None:
    outcome = run_world(small_world, tmp_path / "ws", limit=5)
    everybody = tables(small_workspace)
    first = everybody["digests"]["user_id"].sort().head(5).to_list()
    assert outcome.n_touched == 5
    limited = tables(tmp_path / "ws")
    assert limited["digests"]["user_id"].to_list() == first
    for name in ("digests", "interests", "tags"):
        same = everybody[name].filter(pl.col("user_id").is_in(first))
        assert limited[name].equals(same), f"{name}: a user's rows depend on who else is thought of"


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_runs_end_as_an_undisturbed_one(
    seed: int, small_world: World, small_workspace: Path, tmp_path: Path
) -> None:
    workspace, rng = tmp_path / "ws", random.Random(seed)
    command = [sys.executable, "-c", "from intentfeed.cli.main import main; main()", "run"]
    command += ["--events", str(small_world.events), "--items", str(small_world.items), "-o", str(workspace)]
    command += ["--users", str(small_world.users), "--context", str(small_world.context)]
    command += ["--set", "run.workers=2", "--set", "run.n_partitions=4", "--json"]
    kills = 0
    while kills < 3:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
        time.sleep(rng.uniform(1.5, 6.0))
        if process.poll() is not None:
            break
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        kills += 1
        assert not (workspace / "manifest.json").exists() or Store(workspace).manifest() is not None
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    assert kills, "the run was over before the first kill"
    assert_same(workspace, small_workspace)
    leftovers = [path.name for path in workspace.rglob("*") if path.name.startswith(".") and path.name != ".lock"]
    assert not leftovers
    shutil.rmtree(workspace)
