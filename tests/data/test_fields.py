"""Category paths, prices, stock words and attributes in the ways in which catalogues write them."""

import json

import polars as pl
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.data.fields import attributes, category_paths, json_merge, price, prices, status_column, statuses
from intentfeed.data.mapping import IngestConfig

CONFIG = IngestConfig()


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (["Home > Kitchen > Knives", "Home"], ["Home > Kitchen > Knives", "Home"]),
        (["Home|Kitchen | Knives", ""], ["Home > Kitchen > Knives", ""]),
        (["Home/Kitchen", "Home/Bath"], ["Home > Kitchen", "Home > Bath"]),
        (["Relay/Capacitor", "Motors", "Tools"], ["Relay/Capacitor", "Motors", "Tools"]),
        (["Home >  Kitchen>Knives > ", None], ["Home > Kitchen > Knives", None]),
        ([["Home", " Kitchen ", "", None], [], None], ["Home > Kitchen", "", None]),
        ([["Sizes > 10", "A  b"]], ["Sizes - 10 > A b"]),
    ],
)
def test_category_paths(column: list, expected: list) -> None:
    assert category_paths(pl.Series(column), CONFIG, None).to_list() == expected


def test_separators_can_be_stated() -> None:
    config = IngestConfig(category_separators=("::", "/"))
    assert category_paths(pl.Series(["a::b/c|d"]), config, None).to_list() == ["a > b > c|d"]


def test_a_delta_cuts_paths_as_the_catalogue_was_cut() -> None:
    cut = Catalog.of({"item_id": ["1"], "category": ["Home > Kitchen"]})
    flat = Catalog.of({"item_id": ["1", "2"], "category": ["Relay/Capacitor", "Motors"]})
    column = pl.Series(["Home/Bath"])
    assert category_paths(column, CONFIG, cut).to_list() == ["Home > Bath"]
    assert category_paths(column, CONFIG, flat).to_list() == ["Home/Bath"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("12.50", 12.5), ("$1,299", 1299.0), ("€ 1.299,50", 1299.5), ("1 299,50 kr", 1299.5), ("USD 1,299.00", 1299.0),
        ("12,5", 12.5), ("10 - 20", 10.0), ("1.299.000", 1299000.0), ("free", None), ("", None),
        ("CHF 1'250.-", 1250.0),
        ("0.999", 0.999), ("19.", 19.0), ("$.99", 0.99), (".5", 0.5), ("Rs.500", 500.0), ("EUR ,75", 0.75),
    ],
)  # fmt: skip
def test_prices_are_read(written: str, expected: float | None) -> None:
    assert price(written) == expected


def test_price_columns_of_any_type() -> None:
    assert prices(pl.Series([1, None, -3])).to_list() == [1.0, None, None]
    assert prices(pl.Series([1.5, float("nan"), float("inf")])).to_list() == [1.5, None, None]
    assert prices(pl.Series(["$2", "none", None])).to_list() == [2.0, None, None]


def test_stock_is_read_from_words_and_flags() -> None:
    words = pl.Series(["In Stock", "out of stock", "discontinued", "OUT_OF_STOCK", "?", None])
    assert statuses(words).to_list() == ["available", "out_of_stock", "withdrawn", "out_of_stock", None, None]
    assert statuses(pl.Series([True, False])).to_list() == ["available", "out_of_stock"]
    assert statuses(pl.Series([1, 0])).to_list() == ["available", "out_of_stock"]


def test_a_column_of_other_words_is_not_taken_for_stock() -> None:
    assert status_column(pl.DataFrame({"status": ["new", "used"]})) is None
    assert status_column(pl.DataFrame({"status": ["new", "used"], "in_stock": [True, None]})) == "in_stock"


def test_attributes_keep_types_and_drop_what_says_nothing() -> None:
    frame = pl.DataFrame(
        {
            "year": [1995, None],
            "genres": [["a", None, 'b "c"'], []],
            "heated": [True, None],
            "rate": [1.5, float("nan")],
            "maker": ["É\n", ""],
            "size": [{"w": 1}, None],
            "nothing": [None, None],
        }
    )
    first, second = (json.loads(written) for written in attributes(frame, frame.columns))
    assert first == {
        "genres": ["a", 'b "c"'],
        "heated": True,
        "maker": "É\n",
        "rate": 1.5,
        "size": {"w": 1},
        "year": 1995,
    }
    assert list(first) == sorted(first)
    assert second == {}


def test_untyped_columns_take_the_type_of_all_their_values() -> None:
    frame = pl.DataFrame(
        {
            "year": ["1995", ""],
            "weight": ["1", "2.5"],
            "zip": ["07030", "10001"],
            "new": ["True", "false"],
            "mixed": ["1", "a"],
        }
    )
    found = [json.loads(written) for written in attributes(frame, frame.columns, typed=False)]
    assert found == [
        {"year": 1995, "weight": 1.0, "zip": "07030", "new": True, "mixed": "1"},
        {"weight": 2.5, "zip": "10001", "new": False, "mixed": "a"},
    ]


def test_merging_takes_later_keys_and_null_takes_away() -> None:
    assert json.loads(json_merge('{"a": 1, "b": 2}', '{"b": null, "c": [1]}')) == {"a": 1, "c": [1]}
    assert json.loads(json_merge("not json", "{}")) == {"attributes": "not json"}
