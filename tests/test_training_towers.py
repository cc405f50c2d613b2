"""Towers in a workspace: trained from what it holds, kept through updates and refits, gone when it begins anew."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import intentfeed
from intentfeed.batch import run
from intentfeed.config import load_config
from intentfeed.daily import update
from intentfeed.data.store import Store
from intentfeed.errors import ConfigError, DataError
from intentfeed.manifest import Manifest
from intentfeed.retrieval.paper_events import name_key
from intentfeed.training_towers import train_config, train_towers
from intentfeed.types import ACTIONS, History
from intentfeed.workspace import Workspace
from tests.retrieval.tastes import PER_SHELF, SHELVES, Tastes, tastes

pytest.importorskip("torch")
SMALL = ["kind=paper", "paper.dims=16", "paper.field_dims=16", "paper.id_dims=8", "paper.hidden=[32]", "fit.threads=1",
         "fit.checkpoint_s=0"]  # fmt: skip
QUICK = train_config([*SMALL, "fit.epochs=3"])
N_ITEMS = 4 * PER_SHELF
TAGS = [f"heavy {name[:-1]}" for name in SHELVES]


def frames(world: Tastes) -> dict[str, pl.DataFrame]:
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
    return {"events": events, "items": catalog.frame.select("item_id", "title", "category", "brand", "price")}


@pytest.fixture(scope="module")
def world() -> Tastes:
    return tastes(60)


@pytest.fixture(scope="module")
def made(world: Tastes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a finished workspace without towers."""
    folder = tmp_path_factory.mktemp("made") / "ws"
    config = load_config(overrides=["run.workers=1", "run.n_partitions=2"])
    run(**frames(world), workspace=folder, config=config)
    return folder


@pytest.fixture(scope="module")
def trained(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the same with towers that had time to learn."""
    folder = tmp_path_factory.mktemp("trained") / "ws"
    shutil.copytree(made, folder)
    train_towers(folder, config=train_config([*SMALL, "fit.epochs=12", "fit.patience=12"]), seed=1)
    return folder


def copy(workspace: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(workspace, tmp_path / "ws"))


def towers_in(workspace: Path) -> Any:
    return intentfeed.load(workspace).models.towers


def tower_folders(workspace: Path) -> list[Path]:
    return sorted(workspace.glob("models/*towers*")) + sorted(workspace.glob("models/.staging-*"))


def figures(workspace: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((workspace / "metrics.json").read_text())
    return found.get("towers", {})


def histories(world: Tastes, users: Iterable[int]) -> list[History]:
    return [world.history(user) for user in users]


def test_a_workspace_without_towers_has_none(made: Path) -> None:
    assert towers_in(made) is None
    assert figures(made) == {}


def test_they_learn_from_what_the_workspace_holds(trained: Path, world: Tastes) -> None:
    towers, said = towers_in(trained), figures(trained)
    users = towers.encode_users(histories(world, range(60)))[:, 0]
    shown = np.argsort(-(users @ towers.item_vectors.T), axis=1)[:, :10] // PER_SHELF
    assert np.mean([np.isin(shown[user], world.likes[user]).mean() for user in range(60)]) > 0.75
    asked = np.argsort(-(towers.encode_tags(TAGS) @ towers.item_vectors.T), axis=1)[:, :10] // PER_SHELF
    assert (asked == np.arange(4)[:, None]).mean() > 0.75
    assert said["ndcg@10"] > 1.3 * said["ndcg@10_popularity"]
    assert (said["kind"], said["items"], said["users"], said["tagged_items"]) == ("paper", N_ITEMS, 60, N_ITEMS)
    assert len(tower_folders(trained)) == 1  # nothing of the training is left


def test_the_same_again_does_nothing_and_another_seed_replaces(trained: Path, tmp_path: Path) -> None:
    workspace = copy(trained, tmp_path)
    again = train_towers(workspace, config=train_config([*SMALL, "fit.epochs=12", "fit.patience=12"]), seed=1)
    assert not again.worked
    assert again.figures == figures(workspace)
    (workspace / "metrics.json").unlink()  # as after a kill between the manifest and the figures
    assert not train_towers(workspace, config=train_config([*SMALL, "fit.epochs=12", "fit.patience=12"]), seed=1).worked
    assert again.figures == figures(workspace)
    before = tower_folders(workspace)
    other = train_towers(workspace, config=QUICK, seed=2)
    assert other.worked
    assert len(tower_folders(workspace)) == 1
    assert tower_folders(workspace) != before
    assert figures(workspace)["seed"] == 2


def test_a_killed_training_goes_on_and_ends_the_same(made: Path, tmp_path: Path) -> None:
    """In either part of it; the files are equal byte for byte."""
    unbroken = copy(made, tmp_path / "a")
    train_towers(unbroken, config=QUICK)
    for at in ("watched, epoch 2", "whole, epoch 1"):
        broken = copy(made, tmp_path / at)

        steps: list[str] = []

        def kill(what: str, done: int, _of: int, at: str = at) -> None:
            if what == at and done == 3:
                raise KeyboardInterrupt

        def tell(what: str, _done: int, _of: int, steps: list[str] = steps) -> None:
            steps.append(what)

        with pytest.raises(KeyboardInterrupt):
            train_towers(broken, config=QUICK, progress=kill)
        assert towers_in(broken) is None  # readers see the state before
        train_towers(broken, config=QUICK, resume=True, progress=tell)
        assert steps[0] == at
        ours, theirs = (sorted(tower_folders(folder)[0].glob("towers*")) for folder in (broken, unbroken))
        assert [path.name for path in ours] == [path.name for path in theirs]
        for mine, yours in zip(ours, theirs, strict=True):
            assert mine.read_bytes() == yours.read_bytes(), mine.name


def test_an_update_brings_new_items_and_a_refit_keeps_the_towers(trained: Path, world: Tastes, tmp_path: Path) -> None:
    workspace = copy(trained, tmp_path)
    before, said = towers_in(trained), figures(trained)
    fields = {"title": "red hose number", "category": "shop > hoses", "brand": "brand1", "price": 12.0}
    items = pl.DataFrame([{"item_id": "fresh", **fields}])
    update(workspace, items=items)
    after = towers_in(workspace)
    assert after.n_items == before.n_items + 1
    assert (after.item_vectors[:N_ITEMS] == before.item_vectors).all()
    nearest = np.argsort(-(after.encode_tags(["hose"])[0] @ after.item_vectors.T))[: PER_SHELF + 1]
    assert N_ITEMS in nearest
    update(workspace, refit=True)
    kept = towers_in(workspace)
    assert (kept.item_vectors == after.item_vectors).all()
    some = histories(world, range(3))
    assert (kept.encode_users(some) == before.encode_users(some)).all()
    assert figures(workspace) == said
    assert Manifest.of(Store(workspace).completed()).models != said["models"]  # they outlived the models beside them


def test_who_is_deleted_is_a_stranger_to_the_towers(trained: Path, world: Tastes, tmp_path: Path) -> None:
    workspace = copy(trained, tmp_path)
    before = towers_in(trained)
    update(workspace, delete=["user 3"])
    after = towers_in(workspace)
    stranger = world.history(3, named=False)
    assert (after.encode_users(histories(world, [3])) == before.encode_users([stranger])).all()
    assert (after.encode_users(histories(world, [4])) == before.encode_users(histories(world, [4]))).all()
    (folder,) = tower_folders(workspace)
    assert name_key("user 4") in np.load(folder / "towers_user_keys.npy")
    assert name_key("user 3") not in np.load(folder / "towers_user_keys.npy")


def test_a_new_beginning_loses_them_and_says_why(trained: Path, world: Tastes, tmp_path: Path) -> None:
    workspace = copy(trained, tmp_path)
    inputs = frames(world)
    inputs["events"] = inputs["events"].head(500)
    run(**inputs, workspace=workspace, config=load_config(overrides=["run.workers=1", "run.n_partitions=2"]))
    assert towers_in(workspace) is None
    assert figures(workspace)["kept"] is False
    assert "train them again" in figures(workspace)["why"]
    assert tower_folders(workspace) == []


def test_a_manifest_from_before_there_were_towers_loads(made: Path, tmp_path: Path) -> None:
    workspace = copy(made, tmp_path)
    path = workspace / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["towers"]
    path.write_text(json.dumps(manifest))
    assert Workspace(workspace).models.towers is None


def test_what_cannot_be_trained_says_why(made: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no completed run"):
        train_towers(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"has 660 events that say what somebody likes, towers need 1,000"):
        train_towers(made, config=train_config(["least_events=1000"]))
    with pytest.raises(ConfigError, match=r"no setting paper\.dim: did you mean dims"):
        train_config(["paper.dim=3"])


def test_a_loss_that_breaks_leaves_its_batch_where_updates_let_it_be(made: Path, tmp_path: Path) -> None:
    workspace = copy(made, tmp_path)
    with pytest.raises(DataError, match="train with a lower rate than 1e"):
        train_towers(workspace, config=train_config([*SMALL, "fit.lr=1e30"]))
    (path,) = (workspace / "rejects").glob("bad-batch-*.npz")
    with np.load(path) as batch:
        assert "codes" in batch
    update(workspace, refit=True)
    assert path.exists()


def command(*arguments: object, before: str = "") -> subprocess.CompletedProcess[str]:
    code = f"{before}\nfrom intentfeed.cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, "train", "towers", *map(str, arguments)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_command_line(made: Path, tmp_path: Path) -> None:
    workspace = copy(made, tmp_path)
    settings = [word for pair in [*SMALL, "fit.epochs=2"] for word in ("--set", pair)]
    done = command(workspace, "--json", *settings)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    said = json.loads(done.stdout)
    assert said["worked"] is True
    assert said["towers"] == figures(workspace)


@pytest.mark.parametrize(
    ("arguments", "before", "words"),
    [
        (["nowhere"], "", "holds no completed run"),
        (["WS", "--kind", "eiffel"], "", "give paper or sequence"),
        (["WS"], "import sys; sys.modules['torch'] = None", "pip install 'intentfeed[train]'"),
    ],
)
def test_one_sentence_and_exit_2(made: Path, arguments: list[str], before: str, words: str) -> None:
    done = command(*(made if word == "WS" else word for word in arguments), before=before)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1
    assert words in done.stderr
