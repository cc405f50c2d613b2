"""MiniOneRec's rows: the questions exactly, and the log that the rows tell."""

import polars as pl
import pytest

from intentfeed.data.prepare.prepare import prepare
from intentfeed.errors import DataError
from intentfeed.evaluate.dataset import read_dataset
from tests.data.prepare.downloads import as_csv, folder, minionerec, rows_of


def test_rows_become_questions_and_a_log(tmp_path):
    made = prepare("amazon-industrial-minionerec", folder(tmp_path / "in", minionerec()), tmp_path / "out")
    assert made.found == {"train_rows": 4, "valid_rows": 1, "test_rows": 2, "items": 5}
    assert rows_of(tmp_path / "out", "eval") == [
        ("valid", 0, "A1", ["0", "1", "2"], "3"),
        ("test", 0, "A2", ["3", "1", "1"], "0"),
        ("test", 1, "A9", ["2"], "4"),
    ]
    log = rows_of(tmp_path / "out", "interactions", "user_id", "item_id", "position", "split")
    assert log == [
        ("A1", "0", 0, "train"), ("A1", "1", 1, "train"), ("A1", "2", 2, "train"), ("A1", "3", 3, "valid"),
        ("A2", "3", 0, "train"), ("A2", "1", 1, "train"), ("A2", "1", 2, "train"), ("A2", "0", 3, "test"),
        ("A9", "2", 0, "test"), ("A9", "4", 1, "test"),
    ]  # fmt: skip
    items = {row["item_id"]: row for row in pl.read_parquet(tmp_path / "out" / "items.parquet").to_dicts()}
    assert items["1"]["brand"] == "Acme"
    assert items["0"]["categories"] == ["Industrial & Scientific", "Tapes", "Duct"]
    assert items["4"]["title"] is None
    assert made.left_out == {"items without a title": 1}
    dataset = read_dataset(tmp_path / "out", preset="amazon-industrial-minionerec")
    test = dataset.cut("test")
    assert (test.how, test.exclude_seen, len(test.cases)) == ("rows", False, 2)
    assert test.fit.height == 6, "train only: neither valid nor test rows, nor a first event that only a test row shows"


def test_titles_from_the_rows_where_there_is_no_catalogue(tmp_path):
    files = {name: text for name, text in minionerec().items() if not name.startswith(("index", "info"))}
    prepare("amazon-industrial-minionerec", folder(tmp_path / "in", files), tmp_path / "out")
    titles = dict(rows_of(tmp_path / "out", "items", "item_id", "title"))
    assert titles["4"] == "Item 4, with a comma and a 'quote'"


def test_a_category_has_to_be_chosen(tmp_path):
    source = folder(tmp_path / "in", minionerec())
    with pytest.raises(DataError, match="several files of one kind"):
        prepare("minionerec", source, tmp_path / "out")
    with pytest.raises(DataError, match=r"holds no \*/valid/"):
        prepare("amazon-industrial-minionerec", folder(tmp_path / "less", cut(minionerec())), tmp_path / "out")


def cut(files: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in files.items() if not name.startswith("valid")}


def test_rows_of_another_kind_are_refused(tmp_path):
    files = minionerec()
    name = next(name for name in files if name.startswith("train/Ind"))
    files[name] = as_csv(["user_id", "item_id"], [("A", 1)])
    with pytest.raises(DataError, match="has no column 'history_item_id', only user_id, item_id"):
        prepare("amazon-industrial-minionerec", folder(tmp_path / "in", files), tmp_path / "out")


@pytest.mark.shared
def test_published_rows_ask_what_the_known_set_asks(shared_data, tmp_path):
    rows = pl.read_parquet(shared_data / "amazon-industrial-minionerec" / "eval.parquet")
    files = minionerec()
    for part in ("valid", "test"):
        name = next(name for name in files if name.startswith(f"{part}/"))
        asked = rows.filter(split=part).select("user_id", "history_item_ids", "item_id").rows()
        files[name] = as_csv(
            ["user_id", "history_item_id", "item_id"], [(u, [int(i) for i in held], item) for u, held, item in asked]
        )
    source, out = folder(tmp_path / "in", files), tmp_path / "out"
    made = prepare("amazon-industrial-minionerec", source, out, questions=questions)
    assert made.checks["test"] == made.checks["valid"] == "ok"
    assert made.partial, "train is a toy here, and the counts say so"
    assert "partial: 4 of 36,259 train rows" in made.note
    known = read_dataset(shared_data / "amazon-industrial-minionerec")
    assert made.hashes["test"] == known.cut("test").split_hash


def questions(made, preset):
    dataset = read_dataset(made, preset=preset)
    return {part: dataset.cut(part).split_hash for part in ("valid", "test")}
