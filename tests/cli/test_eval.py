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


def test_test_scores_only_when_final_and_then_in_the_ledger(folder, tmp_path):
    ledger = tmp_path / "ledger.jsonl"
    valid = json.loads(asked("--data", folder, *QUICK, "--json"))
    assert not ledger.exists()
    final = json.loads(asked("--data", folder, *QUICK, "--json", "--final", "--ledger", ledger))
    assert final["protocol"]["part"] == "test"
    assert final["split_hash"] != valid["split_hash"]
    assert "by the ledger, nobody looked at this test split before" in final["notes"]
    out = asked("--data", folder, *QUICK, "--final", "--ledger", ledger)
    assert "TEST part" in out
    assert "this test split was looked at once before" in out
    first, second = (json.loads(line) for line in ledger.read_text().splitlines())
    assert first["hashes"] == second["hashes"] == [final["split_hash"]]
    assert first["report"]["results"][1]["scores"] == final["results"][1]["scores"]
    assert (first["dataset"], first["train"], first["kind"]) == (folder.name, "all", "compare")
    assert first["split"]["how"] == "loo"
    assert first["split"]["own"]
    assert (first["looked_at_before"], second["looked_at_before"]) == (0, 1)
    assert first["seeds"] == [0]
    assert first["machine"]["cores"] >= 1


def test_a_look_at_a_sample_or_another_split_says_so(folder, tmp_path):
    ledger = tmp_path / "ledger.jsonl"
    asked("--data", folder, *QUICK, "--final", "--ledger", ledger, "--limit", 7, "--split", "time")
    [line] = (json.loads(line) for line in ledger.read_text().splitlines())
    assert line["limit"] == 7
    assert not line["split"]["own"]
    assert any("only 7 of" in note for note in line["notes"])


def test_a_ledger_that_is_damaged_stops_the_run_before_it_starts(folder, tmp_path):
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_text("not a line\n")
    with pytest.raises(DataError, match="line 1 of the ledger"):
        asked("--data", folder, *QUICK, "--final", "--ledger", ledger)
    assert ledger.read_text() == "not a line\n"


def test_new_items_in_two_groups_with_what_hiding_costs(folder, tmp_path):
    ledger = tmp_path / "ledger.jsonl"
    options = ["--data", folder, "--methods", "popularity,title-tfidf-knn,item-knn", "--no-tune", "--new-items", 0.2]
    found = json.loads(asked(*options, "--json"))
    assert found["hidden_items"] == 8
    assert found["new"]["counts"]["questions"] + found["others"]["counts"]["questions"] == 60
    assert found["new"]["reference"] == "title-tfidf-knn"
    assert found["cost_of_hiding"]["hr@10"]["item-knn"]["ratio"] > 0.5
    out = asked(*options, "--final", "--ledger", ledger)
    assert "answers that were hidden" in out
    assert "items hidden / nothing hidden" in out
    [line] = (json.loads(line) for line in ledger.read_text().splitlines())
    assert line["kind"] == "new-items"
    assert len(line["hashes"]) == 2
    assert line["report"]["hidden_hash"] != found["hidden_hash"], "the test part hides other items"
    plain = json.loads(asked("--data", folder, *QUICK, "--json", "--final", "--ledger", ledger))
    assert "this test split was looked at once before, by its hash in the ledger" in plain["notes"], (
        "new items are a look, too"
    )


def test_seeds_trials_and_a_reference(folder):
    found = json.loads(
        asked(
            "--data",
            folder,
            *QUICK,
            "--json",
            "--seeds",
            3,
            "--trials",
            2,
            "--trial-seconds",
            9,
            "--reference",
            "item-knn",
        )
    )
    assert found["seeds"] == [0, 1, 2]
    assert (found["config"]["trials"], found["config"]["trial_s"]) == (2, 9.0)
    assert found["reference"] == "item-knn"


def test_a_page(folder, tmp_path):
    asked("--data", folder, *QUICK, "--page", tmp_path / "table.html")
    assert "item-knn" in (tmp_path / "table.html").read_text()


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
        (["nowhere", "--set", "feed.k=5"], ConfigError, "the settings of its run"),
        (["nowhere", "--preset", "movielens-100k"], ConfigError, "the settings of its run"),
        (["--data", "FOLDER", "--split", "kfold"], ConfigError, "no split 'kfold'"),
        (["--data", "FOLDER", "--split", "rows"], DataError, r"eval\.parquet"),
        (["--data", "FOLDER", "--split", "given"], DataError, "no column `split` to go by: choose --split loo"),
        (["--data", "FOLDER", "--methods", "svd"], ConfigError, "no method 'svd'"),
        (["--data", "FOLDER", "--preset", "movielens"], ConfigError, "no preset 'movielens'"),
        (["--data", "FOLDER", "--train", "strict"], ConfigError, "no train set 'strict': choose one of all"),
        (["--data", "FOLDER", "--new-items", "0"], ConfigError, "more than 0 and at most 0.5"),
        (["--data", "FOLDER", "--new-items", "0.1", "--page", "x.html"], ConfigError, "leave one of the two out"),
        (["--data", "FOLDER", "--keep-in-histories"], ConfigError, "add it, such as --new-items 0.1"),
        (["--data", "FOLDER", "--ledger", "x.jsonl"], ConfigError, "with --final only"),
        (["--data", "FOLDER", *QUICK, "--reference", "ease"], ConfigError, "'ease' is not at the table"),
    ],
)
def test_a_mistake_gets_one_sentence(folder, arguments, error, sentence):
    with pytest.raises(error, match=sentence):
        asked(*[str(folder) if argument == "FOLDER" else argument for argument in arguments])


@pytest.mark.parametrize(
    "option",
    [["--seeds", "0"], ["--trials", "11"], ["--trials", "0"], ["--trial-seconds", "301"], ["--new-items", "0.6"]],
)
def test_what_is_out_of_range_is_a_usage_error(folder, option):
    found = CliRunner().invoke(app, ["--data", str(folder), *option])
    assert found.exit_code == 2
    assert option[0] in found.output
