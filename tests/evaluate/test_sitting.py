"""One sitting: validation leaves no trace, a look at the test part is in the ledger first, leaks stop it all."""

import numpy as np
import polars as pl
import pytest

from intentfeed.errors import DataError
from intentfeed.evaluate.dataset import read_dataset
from intentfeed.evaluate.ledger import Ledger
from intentfeed.evaluate.new_items import NewItemsConfig
from intentfeed.evaluate.offline import EvalConfig
from intentfeed.evaluate.sitting import Sitting, looked_at, sit, sit_for_tags
from tests.intents.shop import shop_catalog, shop_log

QUICK = EvalConfig(draws=50, tune=False)
FEW = ("popularity", "item-knn")


@pytest.fixture
def folder(tmp_path, checkerboard):
    """Return the checkerboard with a split column: the last square is the test, the one before valid."""
    catalog, events = checkerboard
    place = pl.int_range(pl.len()).over("user_id")
    side = pl.when(place == 8).then(pl.lit("test")).when(place == 7).then(pl.lit("valid")).otherwise(pl.lit("train"))
    log = events.select("user_id", "item_id", "action", "timestamp", side.alias("split"))
    log.write_parquet(tmp_path / "interactions.parquet")
    catalog.frame.select("item_id", "title").write_parquet(tmp_path / "items.parquet")
    return tmp_path


def test_validation_leaves_no_trace(folder):
    ledger = folder / "ledger.jsonl"
    report = sit(read_dataset(folder), Sitting(methods=FEW, ledger=ledger), QUICK)
    assert not report.final
    assert not ledger.exists()


def test_a_look_is_written_before_it_is_shown(folder, monkeypatch):
    """Who cannot write the line gets no score, and learns it before anything is measured or at the latest then."""
    dataset, ledger = read_dataset(folder), folder / "ledger.jsonl"
    report = sit(dataset, Sitting(methods=FEW, final=True, ledger=ledger), QUICK)
    assert report.final
    assert Ledger(ledger).lines()[0]["hashes"] == [report.split.split_hash]
    with pytest.raises(DataError, match="name another with --ledger"):
        sit(dataset, Sitting(methods=FEW, final=True, ledger=folder), QUICK)

    def full(*_):
        raise OSError("no space left")

    monkeypatch.setattr("os.fsync", full)
    before = ledger.read_bytes()
    with pytest.raises(DataError, match="no test score is shown"):
        sit(dataset, Sitting(methods=FEW, final=True, ledger=ledger), QUICK)
    assert ledger.read_bytes() == before, "what could not be kept is taken back"


def test_looks_are_counted_over_train_sets_and_new_items(folder):
    dataset, ledger = read_dataset(folder), folder / "ledger.jsonl"
    for new_items in (None, NewItemsConfig(share=0.2), None):
        sit(dataset, Sitting(methods=FEW, final=True, ledger=ledger, new_items=new_items), QUICK)
    assert [line["looked_at_before"] for line in Ledger(ledger).lines()] == [0, 1, 2]
    assert looked_at(0).endswith("nobody looked at this test split before")
    assert "looked at 3 times before" in looked_at(3)


def test_a_look_at_a_sample_is_a_look_at_the_whole(folder):
    dataset, ledger = read_dataset(folder), folder / "ledger.jsonl"
    for limit in (7, 9, None):
        sit(dataset, Sitting(methods=FEW, final=True, ledger=ledger, limit=limit), QUICK)
    lines = Ledger(ledger).lines()
    assert [line["looked_at_before"] for line in lines] == [0, 1, 2]
    whole = dataset.cut("test").split_hash
    assert [line["hashes"][-1] for line in lines] == [whole] * 3
    assert [line["hashes"][0] == whole for line in lines] == [False, False, True]


@pytest.mark.parametrize("final", [False, True])
def test_leaks_stop_a_sitting_and_are_named(folder, final):
    log, ledger = pl.read_parquet(folder / "interactions.parquet"), folder / "ledger.jsonl"
    copies = log.filter(pl.col("split") == "test").head(5).with_columns(split=pl.lit("train"))
    pl.concat([log, copies]).write_parquet(folder / "interactions.parquet")
    named = "event 540 of user 'p00' = test event 8.*event 541 of.*event 542 of.*, …"
    with pytest.raises(DataError, match=f"5 events to learn from stand among the held-out rows, too .{named}"):
        sit(read_dataset(folder), Sitting(methods=FEW, final=final, ledger=ledger), QUICK)
    assert not ledger.exists()


def test_tags_are_looked_at_by_the_same_rule(tmp_path):
    catalog = shop_catalog()
    log = shop_log(catalog)
    columns = {
        "user_id": [f"u{user:03d}" for user in log.user.tolist()],
        "item_id": [catalog.item_ids[item] for item in log.item.tolist()],
        "action": ["detail_view"] * len(log),
        "position": np.arange(len(log)),
    }
    pl.DataFrame(columns).write_parquet(tmp_path / "interactions.parquet")
    catalog.frame.select("item_id", "title", "category", "brand").write_parquet(tmp_path / "items.parquet")
    dataset, ledger = read_dataset(tmp_path), tmp_path / "ledger.jsonl"
    report = sit_for_tags(dataset, Sitting(final=True, limit=5, ledger=ledger))
    [line] = Ledger(ledger).lines()
    assert line["kind"] == "tags"
    assert line["limit"] == 5
    assert line["report"]["lines"][0]["hr"] == report.lines[0].hr
    assert line["hashes"] == [dataset.cut("test").split_hash]
