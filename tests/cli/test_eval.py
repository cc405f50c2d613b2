"""`intentfeed eval`: parses either a workspace or a folder, prints the hash with every score, says what is wrong."""

import json

import polars as pl
import pytest
from typer.testing import CliRunner

from intentfeed.cli.eval import app
from intentfeed.errors import ConfigError, DataError

QUICK = ["--methods", "popularity,item-knn", "--no-tune"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, checkerboard):
    catalog, events = checkerboard
    folder = tmp_path_factory.mktemp("board")
    events.select("user_id", "item_id", "action", "timestamp").write_parquet(folder / "interactions.parquet")
    catalog.frame.select("item_id", "title").write_parquet(folder / "items.parquet")
    return folder


def asked(*arguments):
    found = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.stdout


def test_a_table_with_its_hashes(folder):
    out = asked("--data", folder, *QUICK)
    assert "validation part" in out
    assert "items seen before are left out" in out
    assert "60 questions, 40 items, 420 events learnt" in out
    assert json.loads(asked("--data", folder, *QUICK, "--json"))["split_hash"] in out
    assert "item-knn" in out


def test_one_object_with_everything(folder):
    found = json.loads(asked("--data", folder, *QUICK, "--json", "--seed", 3))
    assert found["protocol"]["part"] == "valid"
    assert found["protocol"]["ranking"] == "full catalogue"
    assert found["seed"] == 3
    assert found["counts"]["questions"] == 60
    line = found["results"][1]
    assert line["method"] == "item-knn"
    low, high = line["scores"]["ndcg@10"]["interval"]
    assert low <= line["scores"]["ndcg@10"]["mean"] <= high
    assert {"split_hash", "fit_hash", "config_hash", "version"} <= set(found)


def test_test_scores_only_when_final(folder):
    valid, final = (json.loads(asked("--data", folder, *QUICK, "--json", *more)) for more in ([], ["--final"]))
    assert final["protocol"]["part"] == "test"
    assert final["split_hash"] != valid["split_hash"]
    assert "TEST part" in asked("--data", folder, *QUICK, "--final")


def test_the_same_twice_and_the_settings_show_in_the_hash(folder):
    first, again, other = (
        json.loads(asked("compare", "--data", folder, "--json", "--methods", method, "--no-tune"))
        for method in ("item-knn", "item-knn", "popularity")
    )
    for found in (first, again):
        for line in found["results"]:
            del line["cost"]
    assert first == again
    assert first["config_hash"] != other["config_hash"]
    assert first["split_hash"] == other["split_hash"]


def test_fewer_questions_for_a_quick_look(folder):
    assert json.loads(asked("--data", folder, *QUICK, "--json", "--limit", 7))["counts"]["questions"] == 7


def test_repeats_and_other_splits(folder):
    found = json.loads(asked("--data", folder, *QUICK, "--json", "--repeats", "--split", "time"))
    assert found["protocol"]["exclude_seen"] is False
    assert found["protocol"]["split"] == "time"


def test_what_cannot_run_is_listed(folder, tmp_path):
    for name in ("interactions", "items"):
        table = pl.read_parquet(folder / f"{name}.parquet")
        table.drop("title", strict=False).write_parquet(tmp_path / f"{name}.parquet")
    out = asked("--data", tmp_path, "--methods", "popularity,title-tfidf-knn")
    assert "title-tfidf-knn: n/a, the catalogue has no titles" in out


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        (["--seed", "1"], ConfigError, "either a workspace or --data"),
        (["nowhere", "--data", "nowhere"], ConfigError, "either a workspace or --data"),
        (["--data", "nowhere"], DataError, "is no folder"),
        (["nowhere"], DataError, "no completed run"),
        (["--data", "FOLDER", "--split", "kfold"], ConfigError, "no split 'kfold'"),
        (["--data", "FOLDER", "--split", "rows"], DataError, r"eval\.parquet"),
        (["--data", "FOLDER", "--methods", "svd"], ConfigError, "no method 'svd'"),
        (["--data", "FOLDER", "--preset", "movielens"], ConfigError, "no preset 'movielens'"),
    ],
)
def test_a_mistake_gets_one_sentence(folder, arguments, error, sentence):
    with pytest.raises(error, match=sentence):
        asked(*[str(folder) if argument == "FOLDER" else argument for argument in arguments])
