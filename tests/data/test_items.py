"""Catalogues of every make, and what a day's delta does to one."""

import json
from pathlib import Path

import polars as pl
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.data.items import item_delta, read_items
from intentfeed.data.mapping import IngestConfig
from intentfeed.data.schema import ITEMS, REJECTS
from intentfeed.errors import ConfigError, DataError

CONFIG = IngestConfig()
ITEM_ROWS = pl.DataFrame(
    {
        "item_id": ["a", "b", "c"],
        "title": ["Knife", None, "Fork"],
        "category": ["Home > Kitchen", "Home", None],
        "price": ["$12.50", "ask", None],
        "year": [1995, 2001, None],
        "in_stock": [True, False, None],
    }
)


def read(frame: pl.DataFrame, config: IngestConfig = CONFIG) -> Catalog:
    return read_items(frame, config)[0]


def test_items_become_a_catalogue() -> None:
    catalog, rejects = read_items(ITEM_ROWS, CONFIG)
    assert catalog.frame.schema == ITEMS
    assert catalog.item_ids == ["a", "b", "c"]
    assert catalog.titles == ["Knife", "", "Fork"]
    assert catalog.frame["category"].to_list() == ["Home > Kitchen", "Home", ""]
    assert catalog.frame["price"].to_list() == [12.5, None, None]
    assert catalog.frame["status"].to_list() == ["available", "out_of_stock", "available"]
    assert catalog.attributes == [{"year": 1995}, {"price_text": "ask", "year": 2001}, {}]
    assert rejects.schema == REJECTS
    assert rejects.height == 0


def test_every_format_gives_the_same_catalogue(tmp_path: Path) -> None:
    frame = ITEM_ROWS.with_columns(year=pl.Series([1995, 2001, 1990]))
    frame.write_parquet(tmp_path / "a.parquet")
    frame.write_csv(tmp_path / "a.csv")
    frame.write_ndjson(tmp_path / "a.jsonl")
    expected = read(frame).frame
    for source in (tmp_path / "a.parquet", tmp_path / "a.csv", tmp_path / "a.jsonl", frame.lazy(), frame.to_arrow()):
        assert read_items(source, CONFIG)[0].frame.equals(expected)


def test_items_without_any_text_are_legal() -> None:
    catalog = read(pl.DataFrame({"item_id": [1, 2]}))
    assert catalog.item_ids == ["1", "2"]
    assert not catalog.has_text
    assert catalog.categories == [""]


def test_of_several_columns_the_first_that_is_filled_counts() -> None:
    frame = pl.DataFrame(
        {"item_id": ["a", "b", "c"], "category": ["Motors", "Tools", None], "path": [["Top", "Motors"], [], None]}
    )
    config = IngestConfig(item_columns={"path": "category", "category": "category"})
    catalog = read(frame, config)
    assert catalog.frame["category"].to_list() == ["Top > Motors", "Tools", ""]
    assert catalog.attributes == [{}, {}, {}]


def test_foreign_names_and_ignored_columns() -> None:
    frame = pl.DataFrame({"asin": ["a"], "name": ["Knife"], "rank": [7], "colour": ["red"]})
    config = IngestConfig(item_columns={"asin": "item_id", "name": "title"}, ignore=("rank",))
    catalog = read(frame, config)
    assert (catalog.item_ids, catalog.titles, catalog.attributes) == (["a"], ["Knife"], [{"colour": "red"}])


def test_packed_attributes_are_unpacked() -> None:
    as_text = pl.DataFrame({"item_id": ["a"], "attributes": ['{"colour": "red", "n": [1, 2]}'], "colour": ["blue"]})
    assert read(as_text).attributes == [{"colour": "blue", "n": [1, 2]}]
    as_struct = pl.DataFrame({"item_id": ["a"], "attributes": [{"colour": "red", "n": [1, 2]}]})
    assert read(as_struct).attributes == [{"colour": "red", "n": [1, 2]}]


def test_hostile_text_is_only_text() -> None:
    title = '"}, {"item_id": "z"} {0} %s __import__("os") \x00 \u202e'
    catalog = read(pl.DataFrame({"item_id": ["a"], "title": [title], 'k"ey': [title]}))
    assert catalog.titles == [title]
    assert catalog.attributes == [{'k"ey': title}]


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (pl.DataFrame({"asin": ["a"]}), '"asin" = "item_id"'),
        (pl.DataFrame({"item_id": ["a", "b", "a", "b", "a"]}), "2 item ids occur more than once, first 'a', 'b'"),
        (pl.DataFrame({"item_id": []}, schema={"item_id": pl.String}), "hold no rows"),
        (pl.DataFrame({"item_id": ["a", None]}), "1 of 2 rows of the items are unusable"),
        (pl.DataFrame({"item_id": ["a"], "title": ["x" * 20_000_000]}), "holds a field of 20,000,000 bytes"),
        (pl.DataFrame({"item_id": ["a", "b"], "title": ["x" * 2_000_000, ""]}), "title above the allowed size"),
    ],
)
def test_an_unusable_catalogue_gets_one_sentence(frame: pl.DataFrame, says: str) -> None:
    with pytest.raises(DataError) as caught:
        read(frame)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_few_bad_items_are_told_and_left_out() -> None:
    rows = {"item_id": [f"i{n}" for n in range(500)], "title": ["t"] * 500, "notes": [["n"]] * 500}
    rows["item_id"][3], rows["title"][4], rows["notes"][5] = "", "x" * 2_000_000, ["y" * 2_000_000]
    catalog, rejects = read_items(pl.DataFrame(rows), CONFIG)
    assert len(catalog) == 497
    assert rejects.select("row", "why").rows() == [
        (3, "no item_id"), (4, "title above the allowed size"), (5, "a field above the allowed size at 'i5'"),
    ]  # fmt: skip
    assert rejects["raw"].str.len_chars().max() <= 200  # type: ignore[operator]


def test_a_mapping_aims_at_a_column_that_exists() -> None:
    with pytest.raises(ConfigError, match="did you mean title"):
        read(pl.DataFrame({"item_id": ["a"]}), IngestConfig(item_columns={"name": "titel"}))


# Deltas

BASE = Catalog(
    read(
        pl.DataFrame(
            {
                "item_id": ["a", "b", "c"],
                "title": ["Knife", "Spoon", "Fork"],
                "category": ["Home > Kitchen"] * 3,
                "price": [10.0, 5.0, 7.0],
                "colour": ["red", "blue", None],
                "year": [1, 2, 3],
            }
        )
    ).frame.with_columns(short=pl.Series(["knife", "spoon", "fork"]))
)


def test_new_items_follow_and_old_ones_keep_their_rows() -> None:
    delta = item_delta(
        BASE, pl.DataFrame({"item_id": ["z", "b"], "title": ["Pan", "Big spoon"], "wide": [True, None]}), CONFIG
    )
    assert delta.catalog.item_ids == ["a", "b", "c", "z"]
    assert delta.catalog.titles == ["Knife", "Big spoon", "Fork", "Pan"]
    assert delta.catalog.frame["short"].to_list() == ["knife", "", "fork", ""]
    assert delta.catalog.frame["price"].to_list() == [10.0, 5.0, 7.0, None]
    assert delta.catalog.attributes[3] == {"wide": True}
    assert delta.catalog.frame.schema == ITEMS
    assert (delta.added, delta.changed) == (["z"], ["b"])
    assert delta.out_of_stock == delta.withdrawn == delta.restocked == []


def test_what_a_row_lacks_stays_and_an_empty_text_clears() -> None:
    rows = pl.DataFrame({"item_id": ["a", "b"], "title": [None, ""], "colour": ["green", ""], "price": [None, 6.0]})
    catalog = item_delta(BASE, rows, CONFIG).catalog
    assert catalog.titles == ["Knife", "", "Fork"]
    assert catalog.frame["price"].to_list() == [10.0, 6.0, 7.0]
    assert catalog.attributes == [{"colour": "green", "year": 1}, {"year": 2}, {"year": 3}]


def test_stock_moves_are_named_and_are_no_change_of_the_item() -> None:
    rows = pl.DataFrame({"item_id": ["a", "b", "z"], "status": ["out_of_stock", "withdrawn", "out of stock"]})
    delta = item_delta(BASE, rows, CONFIG)
    assert (delta.out_of_stock, delta.withdrawn, delta.changed) == (["a", "z"], ["b"], [])
    assert delta.catalog.available_I.tolist() == [False, False, True, False]
    back = item_delta(delta.catalog, pl.DataFrame({"item_id": ["a", "c"], "in_stock": [True, True]}), CONFIG)
    assert (back.restocked, back.out_of_stock, back.withdrawn, back.changed) == (["a"], [], [], [])


def test_a_delta_that_says_what_is_known_changes_nothing() -> None:
    delta = item_delta(BASE, pl.DataFrame({"item_id": ["a"], "title": ["Knife"], "colour": ["red"]}), CONFIG)
    assert delta.catalog.frame.equals(BASE.frame)
    assert delta.changed == delta.added == []


def test_later_rows_go_on_top_of_earlier_ones(tmp_path: Path) -> None:
    lines = [
        {"item_id": "a", "title": "First", "price": 1},
        {"item_id": "z", "title": "Pan"},
        {"item_id": "a", "title": "Second"},
    ]
    lines.append({"item_id": "z", "colour": "black", "status": "withdrawn"})
    (tmp_path / "delta.jsonl").write_text("\n".join(map(json.dumps, lines)))
    delta = item_delta(BASE, tmp_path / "delta.jsonl", CONFIG)
    assert delta.catalog.titles[0] == "Second"
    assert delta.catalog.frame["price"][0] == 1.0
    assert delta.catalog.titles[3] == "Pan"
    assert delta.catalog.attributes[3] == {"colour": "black"}
    assert (delta.added, delta.withdrawn, delta.changed) == (["z"], ["z"], ["a"])


def test_an_unknown_status_is_turned_away() -> None:
    rows = pl.DataFrame({"item_id": ["a"] * 199 + ["b"], "status": ["available"] * 199 + ["gone fishing"]})
    delta = item_delta(BASE, rows, CONFIG)
    assert delta.rejects["why"].to_list() == ["unknown status 'gone fishing'"]
    with pytest.raises(DataError, match="write available, out_of_stock or withdrawn"):
        item_delta(BASE, rows.tail(1), CONFIG)


def test_applying_a_delta_in_two_halves_is_the_same(tmp_path: Path) -> None:
    rows = pl.DataFrame(
        {
            "item_id": ["a", "z", "b"],
            "title": ["A", "Z", None],
            "colour": ["x", None, "y"],
            "status": [None, "out_of_stock", "withdrawn"],
        }
    )
    whole = item_delta(BASE, rows, CONFIG).catalog.frame
    halves = item_delta(item_delta(BASE, rows[:1], CONFIG).catalog, rows[1:], CONFIG).catalog.frame
    assert halves.equals(whole)
