"""A workspace with towers of its own: they serve as a source, and updates touch those concerned and nobody else."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import intentfeed
from intentfeed.batch import run
from intentfeed.config import load_config
from intentfeed.daily import update
from intentfeed.data.catalog import Catalog
from intentfeed.data.store import Store
from intentfeed.errors import DataError
from intentfeed.feed.ranker import Ranker
from intentfeed.feed.taste import taste_of_rows
from intentfeed.manifest import Manifest
from intentfeed.retrieval.index import ExactIndex
from intentfeed.tower_files import TowersInUse, about, forget_in_towers, keep_towers, towers_of
from intentfeed.training_towers import train_config, train_towers
from intentfeed.types import Slate
from intentfeed.workspace import Workspace
from tests.retrieval.tastes import PER_SHELF, Tastes, tastes

from .test_training_towers import frames

pytest.importorskip("torch")
TINY = train_config(
    ["fit.epochs=8", "fit.lr=0.005", "fit.threads=1", "sequence.dims=16", "sequence.layers=1", "sequence.length=12",
     "sequence.log_dims=16", "sequence.least_steps=1", "sequence.batch=32"]
)  # fmt: skip
N_ITEMS = 4 * PER_SHELF
OWN = {"towers", "interests"}


@pytest.fixture(scope="module")
def world() -> Tastes:
    return tastes(60)


@pytest.fixture(scope="module")
def untrained(world: Tastes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("untrained") / "ws"
    run(**frames(world), workspace=folder, config=load_config(overrides=["run.workers=1", "run.n_partitions=2"]))
    return folder


@pytest.fixture(scope="module")
def trained(untrained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(shutil.copytree(untrained, tmp_path_factory.mktemp("trained") / "ws"))
    train_towers(folder, config=TINY, seed=1)
    return folder


@pytest.fixture
def workspace(trained: Path, tmp_path: Path) -> Path:
    """Return a copy, free to be changed."""
    return Path(shutil.copytree(trained, tmp_path / "ws"))


def sources(slates: list[Slate]) -> set[str]:
    return {source for slate in slates for item in slate.items for source in item.sources}


def in_use(folder: Path) -> TowersInUse:
    found = Workspace(folder).models.trained
    assert found is not None
    return found


def told(found: TowersInUse) -> tuple[object, ...]:
    return found.ranker, found.text_share, found.towers.item_vectors.tobytes()


def slates(folder: Path) -> pl.DataFrame:
    return Store(folder).scan("slates").collect().sort("user_id", "rank")


# As they serve


def test_towers_are_a_source_of_what_is_served(trained: Path, untrained: Path) -> None:
    served, before = intentfeed.load(trained), intentfeed.load(untrained)
    users = [f"user {n}" for n in range(12)]
    assert OWN & sources([served.recommend(user) for user in users])
    assert not OWN & sources([before.recommend(user) for user in users])
    assert set(served.feed.sources) >= OWN
    assert served.feed.ranker == in_use(trained).ranker != before.feed.ranker


def test_many_equal_one_by_one(trained: Path, world: Tastes) -> None:
    served, ids = intentfeed.load(trained), world.data.catalog.item_ids
    asked = [[ids[row] for row in world.history(user).item] for user in range(8)]
    found, scores = served.recommend_many(asked, k=6)
    for row, history in enumerate(asked):
        alone = served.recommend_many([history], k=6)
        assert alone[0][0].tolist() == found[row].tolist()
        assert np.array_equal(alone[1][0], scores[row])
        assert [item.item_id for item in served.recommend(history=history, k=6).items] == found[row].tolist()


def test_their_index_finds_what_their_vectors_say(trained: Path) -> None:
    found = in_use(trained)
    queries = found.towers.item_vectors[:5]
    rows, scores = found.index.search(np.ascontiguousarray(queries), 3, None)
    assert rows[:, 0].tolist() == [0, 1, 2, 3, 4]
    assert np.abs(scores[:, 0] - np.square(queries).sum(axis=1)).max() < 1e-6


# As they are updated


def test_new_events_change_the_rows_of_their_users_alone(workspace: Path, world: Tastes) -> None:
    update(workspace, refit=True)  # the slates of everybody, as the towers would have them
    before = slates(workspace)
    assert OWN & set(before["sources"].explode().to_list())
    mine = world.history(3).item[-1]
    new = frames(world)["events"].tail(1).with_columns(
        user_id=pl.lit("user 3"),
        item_id=pl.lit(world.data.catalog.item_ids[(int(mine) + 1) % N_ITEMS]),
        timestamp=pl.col("timestamp").dt.offset_by("5m"),
    )  # fmt: skip
    kept = told(in_use(workspace))
    assert update(workspace, events=new).n_touched == 1
    after = slates(workspace)
    others = pl.col("user_id") != "user 3"
    assert after.filter(others).equals(before.filter(others))
    assert not after.filter(~others).equals(before.filter(~others))
    assert told(in_use(workspace)) == kept


def test_a_new_item_is_found_by_the_towers_and_their_index(workspace: Path) -> None:
    fields = {"title": "red hose", "category": "shop > hoses", "brand": "brand1", "price": 12.0}
    update(workspace, items=pl.DataFrame([{"item_id": "fresh", **fields}]))
    found = in_use(workspace)
    assert found.towers.n_items == N_ITEMS + 1
    query = np.ascontiguousarray(found.towers.item_vectors[[N_ITEMS]])
    rows, _ = found.index.search(query, PER_SHELF + 1, None)
    assert N_ITEMS in rows[0]
    assert (rows[0] // PER_SHELF == 2).sum() > PER_SHELF / 2
    served = intentfeed.load(workspace)
    assert (
        served.feed.sources["towers"].ask(taste_of_rows([N_ITEMS])).score(np.array([N_ITEMS], dtype=np.int32))[0] != 0
    )


def test_a_changed_item_moves_in_towers_and_index(workspace: Path, trained: Path) -> None:
    fields = {"title": "red hose", "category": "shop > hoses", "brand": "brand1", "price": 12.0}
    update(workspace, items=pl.DataFrame([{"item_id": "i03", **fields}]))
    before, after = in_use(trained), in_use(workspace)
    moved = (before.towers.item_vectors != after.towers.item_vectors).any(axis=1)
    assert np.flatnonzero(moved).tolist() == [3]
    rows, _ = after.index.search(np.ascontiguousarray(after.towers.item_vectors[[3]]), 1, None)
    assert rows.tolist() == [[3]]


def test_who_leaves_leaves_the_others_with_their_towers(workspace: Path, trained: Path) -> None:
    update(workspace, delete=["user 3"])
    assert told(in_use(workspace)) == told(in_use(trained))
    assert "user 3" not in slates(workspace)["user_id"].to_list()


# The files


def test_what_is_kept_is_what_is_read(trained: Path, tmp_path: Path) -> None:
    store, manifest = Store(trained), Manifest.of(Store(trained).completed())
    folder = store.towers_path(manifest.towers)
    catalog = Catalog.load(folder / "catalog.parquet")
    found = in_use(trained)
    other = Store(tmp_path)
    ranker = Ranker({"towers.score": 0.75, "popular.score": 0.25}, learnt=True)
    mine = replace(found, ranker=ranker, text_share=0.3)
    said = {"kind": "sequence", "models": manifest.models, "text_share": 0.9}
    for _ in range(2):  # the second replaces the first
        keep_towers(other, "0123456789abcdef", mine, catalog, folder / "encoder", said)
    again = towers_of(other, "0123456789abcdef", catalog)
    assert again is not None
    assert told(again) == (ranker, 0.3, found.towers.item_vectors.tobytes())
    assert about(other, "0123456789abcdef") == {**said, "text_share": 0.3}
    assert [path.name for path in other.towers_path("0123456789abcdef").parent.iterdir()] == [
        other.towers_path("0123456789abcdef").name
    ], "nothing half-written is left"
    assert isinstance(again.index, ExactIndex)


def test_no_fingerprint_no_towers(trained: Path) -> None:
    store = Store(trained)
    assert towers_of(store, "", Workspace(trained).models.catalog) is None
    assert forget_in_towers(store, "", ["user 3"]) == ""


def test_nobody_forgotten_is_the_same_fingerprint_and_somebody_another(workspace: Path) -> None:
    store = Store(workspace)
    print_ = Manifest.of(store.completed()).towers
    assert forget_in_towers(store, print_, []) == print_
    new = forget_in_towers(store, print_, ["user 3", "user 1"])
    assert new != print_
    assert forget_in_towers(store, print_, {"user 1", "user 3"}) == new
    catalog = Workspace(workspace).models.catalog
    ours, theirs = (towers_of(store, each, catalog) for each in (print_, new))
    assert ours is not None and theirs is not None  # noqa: PT018
    assert told(ours) == told(theirs)
    assert about(store, print_) == about(store, new)


def test_towers_of_another_catalogue_are_refused(trained: Path) -> None:
    store, catalog = Store(trained), Workspace(trained).models.catalog
    print_ = Manifest.of(store.completed()).towers
    with pytest.raises(DataError, match="know another catalogue: train them anew"):
        towers_of(store, print_, Catalog(catalog.frame.reverse()))
    with pytest.raises(DataError, match="know another catalogue"):
        towers_of(store, print_, Catalog(catalog.frame.head(10)))
