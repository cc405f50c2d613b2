"""Ours at the table: retrieval from a history, the slates of the whole chain, and a workspace scored as it stands."""

import polars as pl
import pytest

from intentfeed.batch import run
from intentfeed.config import load_config
from intentfeed.errors import ConfigError
from intentfeed.evaluate.dataset import read_dataset, read_workspace
from intentfeed.evaluate.methods import methods
from intentfeed.evaluate.offline import EvalConfig, compare

HERE = ["run.workers=1", "run.n_partitions=2"]
QUICK = EvalConfig(draws=20)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, checkerboard):
    catalog, events = checkerboard
    folder = tmp_path_factory.mktemp("board")
    events.select("user_id", "item_id", "action", "timestamp").write_parquet(folder / "events.parquet")
    catalog.frame.select("item_id", "title").write_parquet(folder / "items.parquet")
    return folder


def scores(dataset, names):
    made = methods(dataset, names)
    results = compare(made, dataset.catalog, valid=dataset.cut("valid"), config=QUICK)
    assert [result.cannot for result in results] == [None] * len(results)
    return {result.method: result.mean("hr@10") for result in results}


def test_ours_and_its_slates_walk_on_and_popularity_does_not(folder):
    found = scores(read_dataset(folder, overrides=HERE), ["popularity", "intentfeed", "intentfeed-slates"])
    assert found["intentfeed"] == 1
    assert found["intentfeed-slates"] > 0.9
    assert found["popularity"] < 0.5


def test_a_workspace_is_scored_on_its_own_log(folder, tmp_path):
    run(
        folder / "events.parquet",
        folder / "items.parquet",
        workspace=tmp_path / "ws",
        config=load_config(overrides=HERE),
    )
    dataset, workspace = read_dataset(folder, overrides=HERE), read_workspace(tmp_path / "ws")
    assert workspace.cut("valid").split_hash == dataset.cut("valid").split_hash
    names = ["popularity", "intentfeed-slates"]
    assert scores(workspace, names) == pytest.approx(scores(dataset, names), abs=0.05)


def test_the_cut_log_holds_no_answer(folder):
    """The chain is run on the raw rows of known events only: none of the answers."""
    dataset = read_dataset(folder)
    valid = dataset.cut("valid")
    rows = dataset.raw_events[valid.known["event_id"].sort().to_list()]
    assert rows.height == 60 * 7
    left = rows.join(valid.known.select("user_id", "item_id"), on=["user_id", "item_id"], how="anti")
    assert left.is_empty()
    ids = dataset.catalog.item_ids
    answers = {"user_id": valid.cases.users, "item_id": [ids[item] for item in valid.cases.target.tolist()]}
    assert rows.join(pl.DataFrame(answers), on=["user_id", "item_id"]).is_empty()


def test_an_unknown_method_is_named_with_the_nearest(folder):
    with pytest.raises(ConfigError, match="did you mean item-knn"):
        methods(read_dataset(folder), ["itemknn"])
