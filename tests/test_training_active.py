"""Active towers in a workspace: trained from what it holds, heard by its interactive feed, kept through updates."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import intentfeed
from intentfeed.active_files import active_of
from intentfeed.batch import run
from intentfeed.cli.output import active_line
from intentfeed.config import load_config
from intentfeed.daily import update
from intentfeed.data.store import Store
from intentfeed.errors import ConfigError, DataError
from intentfeed.feed.active import FeedJudge
from intentfeed.manifest import Manifest
from intentfeed.retrieval.active import ActiveTowers
from intentfeed.retrieval.active_worth import Worth
from intentfeed.training_active import active_config, train_active_towers
from intentfeed.types import ACTIONS, History
from tests.retrieval.styles import N_ITEMS, PER_SHELF, SHELVES, Styles, shelf_of, styles

pytest.importorskip("torch")
SMALL = ["active.sequence.dims=16", "active.sequence.layers=1", "active.sequence.length=12",
         "active.sequence.log_dims=16", "active.sequence.batch=32", "active.sequence.least_steps=1",
         "active.sequence.dropout=0.1", "active.hidden=32", "active.facing=16", "fit.lr=0.005", "fit.warmup_steps=0",
         "fit.threads=1", "fit.checkpoint_s=0"]  # fmt: skip
QUICK = active_config([*SMALL, "fit.epochs=2", "judged=0"])
LEARNT = active_config([*SMALL, "fit.epochs=8", "fit.patience=8", "judged=0"])
JUDGED = active_config([*SMALL, "fit.epochs=1", "fit.lr=0.000001"])
"""Nothing is learnt in one epoch of steps that small."""
ALL = np.arange(N_ITEMS, dtype=np.int32)
ONE = ["run.workers=1", "run.n_partitions=2"]


def frames(world: Styles) -> dict[str, pl.DataFrame]:
    log, catalog = world.data.log, world.data.catalog
    began = datetime(2024, 3, 1, tzinfo=UTC)
    events = pl.DataFrame(
        {
            "user_id": [world.data.user_ids[user] for user in log.user.tolist()],
            "item_id": [catalog.item_ids[row] for row in log.item.tolist()],
            "action": [ACTIONS[code] for code in log.action.tolist()],
            "timestamp": [began + timedelta(minutes=at) for at in range(len(log))],
        }
    )
    return {"events": events, "items": catalog.frame.select("item_id", "title", "category", "brand")}


@pytest.fixture(scope="module")
def world() -> Styles:
    return styles(60)


@pytest.fixture(scope="module")
def made(world: Styles, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a finished workspace without active towers."""
    folder = tmp_path_factory.mktemp("made") / "ws"
    run(**frames(world), workspace=folder, config=load_config(overrides=ONE))
    return folder


@pytest.fixture(scope="module")
def trained(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the same with active towers that had time to learn."""
    folder = Path(shutil.copytree(made, tmp_path_factory.mktemp("trained") / "ws"))
    train_active_towers(folder, config=LEARNT, seed=1)
    return folder


def copy(workspace: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(workspace, tmp_path / "ws"))


def active_in(workspace: Path) -> ActiveTowers | None:
    store = Store(workspace)
    manifest = Manifest.of(store.completed())
    return active_of(store, manifest.active, intentfeed.load(workspace).models.catalog)


def folders(workspace: Path) -> list[Path]:
    return sorted(workspace.glob("models/active-*")) + sorted(workspace.glob("models/.staging-*"))


def figures(workspace: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((workspace / "metrics.json").read_text())
    return found.get("active", {})


def test_a_workspace_without_them_has_none(made: Path) -> None:
    assert active_in(made) is None
    assert figures(made) == {}


def test_they_learn_from_what_the_workspace_holds(trained: Path) -> None:
    towers, said = active_in(trained), figures(trained)
    assert towers is not None
    for place, name in enumerate(SHELVES):
        rows, _ = towers.search(History.of_items([3, 7]), [name], 4)  # four of that style are there, whatever was met
        assert (shelf_of(rows) == place).mean() > 0.8
    assert said["ndcg@10_asked"] > 1.5 * said["ndcg@10"]
    assert (said["items"], said["users"], said["values"]) == (N_ITEMS, 60, len(SHELVES) + 3)
    assert len(folders(trained)) == 1  # nothing of the training is left


def test_the_interactive_feed_hears_with_them(trained: Path, made: Path, tmp_path: Path) -> None:
    feed = intentfeed.load(copy(trained, tmp_path)).interactive
    assert isinstance(feed.active, ActiveTowers)
    assert intentfeed.load(made).interactive.active is None


def test_the_same_again_does_nothing_and_another_seed_replaces(trained: Path, tmp_path: Path) -> None:
    workspace = copy(trained, tmp_path)
    again = train_active_towers(workspace, config=LEARNT, seed=1)
    assert not again.worked
    assert again.figures == figures(workspace)
    (workspace / "metrics.json").unlink()  # as after a kill between the manifest and the figures
    assert not train_active_towers(workspace, config=LEARNT, seed=1).worked
    assert again.figures == figures(workspace)
    before = folders(workspace)
    assert train_active_towers(workspace, config=QUICK, seed=2).worked
    assert len(folders(workspace)) == 1
    assert folders(workspace) != before


def test_a_killed_training_goes_on_and_ends_the_same(made: Path, tmp_path: Path) -> None:
    unbroken, broken, steps = copy(made, tmp_path / "a"), copy(made, tmp_path / "b"), list[str]()
    train_active_towers(unbroken, config=QUICK)

    def kill(what: str, done: int, _of: int) -> None:
        if what == "whole, epoch 1" and done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_active_towers(broken, config=QUICK, progress=kill)
    assert active_in(broken) is None  # readers see the state before
    train_active_towers(broken, config=QUICK, resume=True, progress=lambda what, _done, _of: steps.append(what))
    assert steps[0] == "whole, epoch 1"
    one, other = (active_in(folder) for folder in (unbroken, broken))
    assert one is not None
    assert other is not None
    for history in (History.of_items([]), History.of_items([4, 8, 15])):
        told = [(), ("lamps",), ("old mill", "tents")]
        assert (one.scores_many(history, told) == other.scores_many(history, told)).all()


def test_an_update_brings_new_items_and_a_refit_keeps_them(trained: Path, tmp_path: Path) -> None:
    workspace, before, said = copy(trained, tmp_path), active_in(trained), figures(trained)
    assert before is not None
    item = {"item_id": "fresh", "title": "model none", "category": "shop > hoses", "brand": "old mill"}
    update(workspace, items=pl.DataFrame([item]))
    history, told = History.of_items([3, 7]), ["hoses"]
    after = active_in(workspace)
    assert after is not None
    assert after.n_items == N_ITEMS + 1
    assert (after.scores(history, told, ALL) == before.scores(history, told, ALL)).all()
    new = after.scores(history, told, np.array([N_ITEMS], dtype=np.int32))[0]
    assert (after.scores(history, told, ALL) > new).sum() < 2 * PER_SHELF
    update(workspace, refit=True)
    kept = active_in(workspace)
    assert kept is not None
    assert (kept.scores(history, told, ALL) == before.scores(history, told, ALL)).all()
    assert figures(workspace) == said


def test_what_learnt_nothing_is_kept_and_serves_nobody(made: Path, tmp_path: Path) -> None:
    workspace = copy(made, tmp_path)
    told = train_active_towers(workspace, config=JUDGED).figures
    assert told == figures(workspace)
    assert told["serves"] is False
    assert told["ndcg@10_with"] - told["ndcg@10_without"] <= 2 * told["ndcg@10_error"]
    assert told["questions"] == 60
    assert told["why"] in active_line(told)
    assert len(folders(workspace)) == 1, "another training need not come to the same again"
    assert active_in(workspace) is None
    assert intentfeed.load(workspace).interactive.active is None
    assert not train_active_towers(workspace, config=JUDGED).worked


def test_what_is_worth_it_serves_with_its_share(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, found = copy(made, tmp_path), Worth(share=0.25, ndcg=(0.3, 0.2), error=0.01, n=60)
    monkeypatch.setattr(FeedJudge, "__call__", lambda _self, _asked, _towers: found)
    told = train_active_towers(workspace, config=JUDGED).figures
    assert (told["serves"], told["share"], told["ndcg@10_with"], told["ndcg@10_without"]) == (True, 0.25, 0.3, 0.2)
    feed = intentfeed.load(workspace).interactive
    assert isinstance(feed.active, ActiveTowers)
    assert feed.config.matcher.active == 0.25


def test_what_was_written_before_anybody_judged_serves_as_it_did(trained: Path, tmp_path: Path) -> None:
    workspace = copy(trained, tmp_path)
    assert not {"serves", "share"} & figures(workspace).keys()  # as of a training that asked nobody
    feed = intentfeed.load(workspace).interactive
    assert isinstance(feed.active, ActiveTowers)
    assert feed.config.matcher.active == 0.5


def test_a_new_beginning_loses_them_and_says_why(trained: Path, world: Styles, tmp_path: Path) -> None:
    workspace, inputs = copy(trained, tmp_path), frames(world)
    run(
        events=inputs["events"].head(400), items=inputs["items"], workspace=workspace, config=load_config(overrides=ONE)
    )
    assert active_in(workspace) is None
    assert figures(workspace)["kept"] is False
    assert "intentfeed train active" in figures(workspace)["why"]
    assert folders(workspace) == []


def test_a_manifest_from_before_there_were_any_loads(made: Path, tmp_path: Path) -> None:
    path = copy(made, tmp_path) / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["active"]
    path.write_text(json.dumps(manifest))
    assert active_in(path.parent) is None


def test_what_cannot_be_trained_says_why(made: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no completed run"):
        train_active_towers(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"has 720 events that say what somebody likes, an active score needs 1,000"):
        train_active_towers(made, config=active_config(["least_events=1000"]))
    with pytest.raises(ConfigError, match=r"no setting active\.facin: did you mean facing"):
        active_config(["active.facin=3"])


def test_the_command_line(made: Path, tmp_path: Path) -> None:
    workspace = copy(made, tmp_path)
    more = [word for setting in [*SMALL, "fit.epochs=1"] for word in ("--set", setting)]
    code = "from intentfeed.cli.main import main; main()"
    told = [sys.executable, "-c", code, "train", "active", str(workspace), "--json", *more]
    done = subprocess.run(told, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["worked"] is True
    assert said["active"] == figures(workspace)


def test_a_line_says_what_they_came_to(trained: Path) -> None:
    said = figures(trained)
    line = active_line(said)
    assert line.startswith("8 values to ask for, trained on 720 events up to 2024-03-0")
    assert f"ndcg@10 {said['ndcg@10_asked']:.4f} of those who ask, {said['ndcg@10']:.4f} of those who do not" in line
    assert active_line({"kept": False, "why": "because"}) == "gone: because"
