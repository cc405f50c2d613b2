"""Data sets and their protocols: a folder as a stranger would lay it out, and the known ones where they are at hand."""

import polars as pl
import pytest

from intentfeed.errors import DataError
from intentfeed.evaluate.baselines.item_knn import ItemKnn, ItemKnnConfig
from intentfeed.evaluate.baselines.text_knn import TextKnn, TextKnnConfig
from intentfeed.evaluate.dataset import read_dataset
from intentfeed.evaluate.offline import EvalConfig, Method, compare


@pytest.fixture
def folder(tmp_path, checkerboard):
    """Return a folder with the checkerboard in it, under foreign names."""
    catalog, events = checkerboard
    log = events.select("user_id", "item_id", pl.lit("buy").alias("behavior"), pl.col("timestamp").dt.epoch("s"))
    log.write_parquet(tmp_path / "interactions.parquet")
    catalog.frame.select("item_id", "title").write_parquet(tmp_path / "items.parquet")
    return tmp_path


def test_a_folder_is_asked_leave_one_out(folder):
    found = read_dataset(folder)
    assert found.protocol.how == "loo"
    assert len(found.catalog) == 40
    assert found.events.height == 540
    assert set(found.events["action"]) == {"purchase"}
    assert len(found.cut("test").cases) == 60
    assert found.raw_items.columns == ["item_id", "title"]


def test_ids_and_rows_say_nothing(folder):
    """The catalogue is shuffled, so that a tie settled by row leaks nothing; the questions stay the same."""
    found = read_dataset(folder)
    assert found.catalog.item_ids != sorted(found.catalog.item_ids)
    backward = pl.read_parquet(folder / "items.parquet").reverse()
    backward.write_parquet(folder / "items.parquet")
    assert read_dataset(folder).cut("test").split_hash == found.cut("test").split_hash


def test_a_split_column_and_rows_are_found(folder):
    log = pl.read_parquet(folder / "interactions.parquet")
    last = pl.int_range(pl.len()).over("user_id") == 8
    log.with_columns(pl.when(last).then(pl.lit("test")).otherwise(pl.lit("train")).alias("split")).write_parquet(
        folder / "interactions.parquet"
    )
    found = read_dataset(folder)
    assert found.protocol.how == "given"
    assert len(found.cut("test").cases) == 60
    assert found.cut("test").split_hash == found.cut("test", how="loo").split_hash, "the same questions, another way"
    rows = {"split": ["test"], "history_item_ids": [["sq00"]], "item_id": ["sq02"]}
    pl.DataFrame(rows).write_parquet(folder / "eval.parquet")
    assert read_dataset(folder).protocol.how == "rows"
    assert len(read_dataset(folder).cut("test").cases) == 1


def test_what_is_missing_is_said(tmp_path, folder):
    with pytest.raises(DataError, match="is no folder"):
        read_dataset(tmp_path / "nowhere")
    (folder / "items.parquet").unlink()
    with pytest.raises(DataError, match=r"has no items\.parquet"):
        read_dataset(folder)
    (folder / "items.parquet").write_text("not a table")
    with pytest.raises(DataError, match="no Parquet file"):
        read_dataset(folder)


@pytest.mark.shared
def test_known_floors_are_met(shared_data):
    """The referee is right if plain methods score here what they are known to score on the published rows."""
    found = read_dataset(shared_data / "amazon-industrial-minionerec")
    assert not found.protocol.split.exclude_seen
    assert len(found.cut("valid").cases) == 4532

    def score(method: Method, *, exclude_seen: bool) -> tuple[float, float]:
        test = found.cut("test", exclude_seen=exclude_seen)
        assert len(test.cases) == 4533
        config = EvalConfig(tune=False, draws=2)
        [result] = compare([method], found.catalog, valid=test, config=config)
        return result.mean("hr@10"), result.mean("ndcg@10")

    text, together = TextKnnConfig(recency=0.5), ItemKnnConfig(penalty=0.0, backward=0.5)
    assert score(lambda: TextKnn(text), exclude_seen=False) == pytest.approx((0.1529, 0.0853), abs=0.001)
    assert score(lambda: ItemKnn(together), exclude_seen=True) == pytest.approx((0.1235, 0.0868), abs=0.001)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "questions", "how"),
    [("amazon-industrial-2018", 8317, "given"), ("movielens-100k", 943, "loo"), ("retailrocket-mb", 2174, "given")],
)
def test_known_sets_are_asked_as_they_should_be(shared_data, name, questions, how):
    found = read_dataset(shared_data / name)
    assert found.protocol.how == how
    assert found.protocol.split.exclude_seen
    test = found.cut("test")
    assert len(test.cases) == questions
    seen = [target in history for history, target in zip(test.cases.histories, test.cases.target, strict=True)]
    assert not any(seen)
    if how == "given" and name.startswith("amazon"):
        assert found.cut("test", how="loo").split_hash == test.split_hash
