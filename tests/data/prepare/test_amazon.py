"""Amazon reviews of both editions: one review a pair, five a user and an item, pages cleaned of what is no text."""

import gzip
import json

import polars as pl
import pytest

from intentfeed.data.prepare.config import PrepareConfig
from intentfeed.data.prepare.prepare import prepare
from intentfeed.errors import DataError
from intentfeed.evaluate.dataset import read_dataset
from tests.data.prepare.downloads import (
    META_2023,
    amazon_2018,
    as_csv,
    folder,
    gz_lines,
    last_out,
    review_2018,
    reviews_2018,
    rows_of,
)


def test_2018_reviews_are_thinned_ordered_and_split(tmp_path):
    made = prepare(
        "amazon-industrial-2018", folder(tmp_path / "in", amazon_2018()), tmp_path / "amazon-industrial-2018"
    )
    assert made.found == {"reviews": 28, "users": 6, "items": 6}
    assert made.counts == {"interactions": 25, "items": 5, "users": 5}
    assert made.left_out == {
        "later reviews of an item by the same user": 1,
        "reviews of users or items with under 5": 2,
        "items without a row of meta data": 1,
    }
    log = pl.read_parquet(tmp_path / "amazon-industrial-2018" / "interactions.parquet")
    mine = log.filter(user_id="A0")
    assert mine["item_id"].to_list() == ["B000", "B001", "B002", "B003", "B004"]
    assert mine["timestamp"].is_sorted()
    assert mine["position"].to_list() == [0, 1, 2, 3, 4]
    assert mine["split"].to_list() == ["train", "train", "train", "valid", "test"]
    assert mine["value"].to_list() == [5.0] * 5, "the first review counts, not the later one star"
    dataset = read_dataset(tmp_path / "amazon-industrial-2018")
    assert dataset.protocol.how == "given"
    assert len(dataset.cut("test").cases) == 5
    assert dataset.cut("test").split_hash == dataset.cut("test", how="loo").split_hash


def test_pages_become_text_or_nothing(tmp_path):
    prepare("amazon-industrial-2018", folder(tmp_path / "in", amazon_2018()), tmp_path / "out")
    items = {row["item_id"]: row for row in pl.read_parquet(tmp_path / "out" / "items.parquet").to_dicts()}
    assert items["B000"] == {
        "item_id": "B000", "title": "Bolt & Nut Set", "category": "Fasteners",
        "categories": ["Industrial & Scientific", "Fasteners", "Bolts"], "brand": None, "price": 1299.0,
        "description": 'Holds. A "strong" one',
    }  # fmt: skip
    assert items["B001"]["title"] is None, "a script is no title"
    assert items["B001"]["price"] is None, "a style sheet is no price"
    assert items["B001"]["brand"] == "Acme"
    assert items["B001"]["category"] == "Industrial"
    assert items["B001"]["description"] == "Made of steel Rust free"
    assert items["B002"]["price"] == 4.99
    assert items["B002"]["category"] == "Industrial & Scientific"
    assert items["B003"]["title"] == "Glue — the second row says more"
    assert items["B004"]["title"] is None
    assert "B777" not in items
    read = read_dataset(tmp_path / "out", preset="amazon-industrial-2018").catalog.frame
    assert read.filter(item_id="B000")["price"].to_list() == [1299.0]


def test_reviews_alone_and_without_a_core(tmp_path):
    (tmp_path / "Tools_5.json.gz").write_bytes(gz_lines(reviews_2018()))
    made = prepare("amazon-2018", tmp_path / "Tools_5.json.gz", tmp_path / "out", config=PrepareConfig(core=0))
    assert made.counts == {"interactions": 27, "items": 6, "users": 6}
    assert made.left_out["items without a row of meta data"] == 6
    assert rows_of(tmp_path / "out", "interactions", "user_id", "split")[-1] == ("LONELY", "train"), "too few to ask"
    assert made.checks["counts"] == "unknown"
    assert not made.partial


def test_gzip_is_known_by_its_bytes(tmp_path):
    packed = amazon_2018()["Industrial_and_Scientific_5.json.gz"]
    one = folder(tmp_path / "one", {"A_5.json.gz": gzip.decompress(packed)})
    other = folder(tmp_path / "other", {"A_5.json": packed})
    made = [prepare("amazon-2018", source, tmp_path / f"{source.name}-out") for source in (one, other)]
    assert made[0].hashes == made[1].hashes


def test_lines_that_are_no_reviews(tmp_path):
    lost = {"asin": "B000", "overall": 5.0, "unixReviewTime": 1_400_000_000}
    rows = ["{not json", "[1]", lost, review_2018("A1", "B000", 1, overall="bad"), "[" * 2000, *reviews_2018()]
    source = folder(tmp_path / "in", {"A_5.json.gz": gz_lines(rows)})
    with pytest.raises(DataError, match="5 of 33 lines"):
        prepare("amazon-2018", source, tmp_path / "out")
    made = prepare("amazon-2018", source, tmp_path / "out", config=PrepareConfig(max_bad=0.5))
    assert made.rejected == 5
    reasons = [json.loads(line)["reason"] for line in (tmp_path / "out" / "rejects.jsonl").read_text().splitlines()]
    assert reasons == ["not a JSON object", "not a JSON object", "no reviewerID", "the rating or the time is no number",
                       "not a JSON object"]  # fmt: skip
    assert made.counts["interactions"] == 25


@pytest.mark.parametrize("odd", ['{"reviewerID": "\\ud83dA9"}', "", '{"overall": "5.0"}', '{"asin": {"a": 1}}'])
def test_reading_at_once_and_line_by_line_agree(tmp_path, odd):
    """A line that is not sound sends its block the slow way; the others come out alike."""
    reviews = [{**row, "overall": 4} for row in reviews_2018()]
    whole = folder(tmp_path / "whole", {"A_5.json.gz": gz_lines(reviews)})
    mixed = folder(tmp_path / "mixed", {"A_5.json.gz": gz_lines([*reviews, odd])})
    config = PrepareConfig(max_bad=0.5)
    made = [prepare("amazon-2018", source, tmp_path / f"{source.name}-out", config=config) for source in (whole, mixed)]
    assert made[0].hashes == made[1].hashes
    assert made[1].rejected == (1 if odd else 0)


def test_several_categories_in_a_folder(tmp_path):
    more = {"Tools_5.json.gz": gz_lines(reviews_2018()[:1])}
    source = folder(tmp_path / "in", amazon_2018(**more))
    with pytest.raises(DataError, match=r"several files of one kind.*--category"):
        prepare("amazon-2018", source, tmp_path / "out")
    made = prepare("amazon-2018", source, tmp_path / "out", config=PrepareConfig(category="industrial"))
    assert made.counts["interactions"] == 25
    prepare("amazon-industrial-2018", source, tmp_path / "out2")
    assert rows_of(tmp_path / "out") == rows_of(tmp_path / "out2")


def test_2023_published_last_out_split_is_kept(tmp_path):
    source = folder(tmp_path / "in", {**last_out(), "meta_All_Beauty.jsonl.gz": gz_lines(META_2023)})
    made = prepare("amazon-2023", source, tmp_path / "out")
    assert made.rules[0] == "split: the publisher's own last-out files"
    mine = pl.read_parquet(tmp_path / "out" / "interactions.parquet").filter(user_id="AE1")
    assert mine["item_id"].to_list() == ["B1", "B2", "B3", "B4", "B0"]
    assert mine["split"].to_list() == ["train"] * 3 + ["valid", "test"]
    assert mine["timestamp"].to_list()[-2:] == [1_600_000_003] * 2, "seconds, and the order is kept beside them"
    items = {row["item_id"]: row for row in pl.read_parquet(tmp_path / "out" / "items.parquet").to_dicts()}
    assert (items["B0"]["brand"], items["B0"]["category"], items["B0"]["price"]) == ("Soapery", "All Beauty", 9.99)
    assert (items["B1"]["brand"], items["B1"]["category"], items["B1"]["price"]) == ("Creamy", "Skin", None)
    assert items["B2"]["price"] == 12.5
    assert items["B0"]["description"] == "Soft"
    dataset = read_dataset(tmp_path / "out", preset="amazon-industrial-2018")
    test = dataset.cut("test")
    assert [len(history) for history in test.cases.histories] == [4, 4, 4]


def test_2023_one_table_and_raw_reviews_agree(tmp_path):
    reviews = [row for n in range(5) for row in zip_of(n)]
    table = as_csv(["user_id", "parent_asin", "rating", "timestamp"], reviews, "\n")
    lines = [
        {
            "user_id": user,
            "asin": "variant",
            "parent_asin": item,
            "rating": rating,
            "timestamp": moment,
            "text": "<br />",
        }
        for user, item, rating, moment in reversed(reviews)
    ]
    made = [
        prepare(
            "amazon-2023", folder(tmp_path / "csv", {"Toys.csv.gz": gzip.compress(table.encode())}), tmp_path / "1"
        ),
        prepare("amazon-2023", folder(tmp_path / "raw", {"Toys.jsonl.gz": gz_lines(lines)}), tmp_path / "2"),
    ]
    assert made[0].hashes == made[1].hashes
    assert made[0].counts["interactions"] == 25


def zip_of(user: int) -> list[tuple]:
    return [(f"AE{user}", f"B{item}", 5.0, 1_600_000_000_000 + 60_000 * ((user + item) % 5)) for item in range(5)]


def test_a_split_file_that_is_missing_is_named(tmp_path):
    files = last_out()
    del files["All_Beauty.valid.csv"]
    with pytest.raises(DataError, match=r"holds no \S*\.valid\.csv"):
        prepare("amazon-2023", folder(tmp_path / "in", files), tmp_path / "out")


def test_a_column_that_is_missing_is_named(tmp_path):
    source = folder(tmp_path / "in", {"Toys.csv": "user,parent_asin,rating,timestamp\nA,B,5,1600000000000\n"})
    with pytest.raises(DataError, match=r"Toys\.csv has no column 'user_id', only user, parent_asin"):
        prepare("amazon-2023", source, tmp_path / "out")
