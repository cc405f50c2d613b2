"""Data sets and their protocols: a folder as a stranger would lay it out, and the known ones where they are at hand."""

from dataclasses import replace

import polars as pl
import pytest

from intentfeed.errors import ConfigError, DataError
from intentfeed.evaluate.baselines.item_knn import ItemKnn, ItemKnnConfig
from intentfeed.evaluate.baselines.text_knn import TextKnn, TextKnnConfig
from intentfeed.evaluate.dataset import Protocol, TrainSet, read_dataset
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


def test_published_rows_with_ids_of_any_type_and_none_missing(folder):
    """Ids are compared as texts; a row that cannot be asked is named, and no traceback reaches the user."""
    log = pl.read_parquet(folder / "interactions.parquet")
    items = {name: str(number) for number, name in enumerate(sorted(log["item_id"].unique()))}
    last = pl.int_range(pl.len()).over("user_id") == 8
    side = pl.when(last).then(pl.lit("test")).otherwise(pl.lit("train"))
    log.with_columns(pl.col("item_id").replace_strict(items), split=side).write_parquet(folder / "interactions.parquet")
    pl.DataFrame({"item_id": list(items.values())}).write_parquet(folder / "items.parquet")

    def read(**changed):
        rows = {"split": ["test"] * 2, "history_item_ids": [[0, 1], [2]], "item_id": [2, 3], **changed}
        kept = {name: values for name, values in rows.items() if values is not None}
        pl.DataFrame(kept, strict=False).write_parquet(folder / "eval.parquet")
        return read_dataset(folder).cut("test").cases

    assert sorted(len(history) for history in read().histories) == [1, 2]
    for changed, sentence in (
        ({"history_item_ids": None}, "eval.parquet has no column 'history_item_ids'"),
        ({"history_item_ids": ["0 1", "2"]}, "eval.parquet are no lists"),
        ({"history_item_ids": [[0], None]}, "row 1 of .*eval.parquet has no history_item_ids"),
        ({"item_id": [None, 3]}, "row 0 of .*eval.parquet has no item_id"),
    ):
        with pytest.raises(DataError, match=sentence):
            read(**changed)


def test_train_sets_by_the_values_of_a_column(folder):
    """A named train set takes some rows of train; the questions stay the same, the hash of what is learnt does not."""
    log = pl.read_parquet(folder / "interactions.parquet")
    place, person = pl.int_range(pl.len()).over("user_id"), pl.col("user_id").rank("dense")
    log.with_columns(
        split=pl.when(place == 8)
        .then(pl.lit("test"))
        .when(place == 7)
        .then(pl.lit("valid"))
        .otherwise(pl.lit("train")),
        source=(person % 3).cast(pl.Int64),
    ).write_parquet(folder / "interactions.parquet")
    found = read_dataset(folder)
    trains = {
        "all": TrainSet(),
        "some": TrainSet(column="source", values=("0", "2")),
        "bare": TrainSet(learn_valid=False),
    }
    assert "source" not in found.events.columns
    with pytest.raises(DataError, match=r"goes by the columns 'source'.*--train all"):
        replace(found, protocol=Protocol(how="given", trains=trains)).cut("test", train="some")
    source = pl.read_parquet(folder / "interactions.parquet")["source"].cast(pl.String)
    found = replace(
        found, protocol=Protocol(how="given", trains=trains), events=found.events.with_columns(source=source)
    )
    whole, some, bare = (found.cut("test", train=name) for name in trains)
    assert (whole.fit.height, some.fit.height, bare.fit.height) == (480, 40 * 7 + 60, 420)
    assert len({whole.fit_hash, some.fit_hash, bare.fit_hash}) == 3
    assert (whole.train, some.train) == ("all", "some")
    assert found.cut("valid", train="bare").split_hash == found.cut("valid").split_hash
    with pytest.raises(ConfigError, match="no train set 'strict': choose one of all, some, bare"):
        found.cut("test", train="strict")


def test_a_prepared_folder_says_itself_what_is_missing(folder):
    assert read_dataset(folder).protocol.note == ""
    (folder / "prepared.json").write_text('{"note": "half of the download"}')
    found = read_dataset(folder).protocol
    assert found.note == found.partial == "half of the download"


def test_a_prepared_folder_is_asked_by_the_preset_that_it_names(folder):
    """Under any name of the folder; what preset and folder both say is said once, and a note alone misses nothing."""
    held = '{"note": "each pair occurs once; no known order", "partial": false, "preset": "amazon-industrial-2018"}'
    (folder / "prepared.json").write_text(held)
    found = read_dataset(folder)
    assert found.protocol.how == "given"
    assert found.protocol.note == "each pair occurs once; no known order"
    assert found.protocol.partial == ""
    assert found.config.ingest.ignore == ("events",)
    assert read_dataset(folder, preset="movielens-1m").protocol.how == "loo", "who names another gets it"


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
def test_what_the_published_rows_may_be_learnt_from(shared_data):
    found = read_dataset(shared_data / "amazon-industrial-minionerec")
    learnt = {name: found.cut("test", train=name) for name in found.protocol.trains}
    assert {name: part.fit.height for name, part in learnt.items()} == {
        "all": 41_179, "with-valid": 45_711, "strict": 14_649,
    }  # fmt: skip
    assert len({part.split_hash for part in learnt.values()}) == 1
    assert "recovered in part" in found.protocol.note


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
