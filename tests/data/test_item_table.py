"""The item table: equal texts share a code, records are counted in full, texts are plain."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from intentfeed.data.catalog import Catalog
from intentfeed.data.item_table import item_table, plain, plain_texts
from intentfeed.data.tokens import count_tokens


def test_equal_texts_share_a_code() -> None:
    table = item_table(pl.DataFrame({"item_id": list("abcd"), "short": ["x", "y", "x", ""]}))
    assert table.frame["code"].to_list() == [0, 1, 0, 3]
    assert table.frame["short"].to_list() == ["x", "y", "x", "item d"]
    assert item_table(table) is table


def test_a_record_is_all_but_the_description() -> None:
    catalog = Catalog.of(
        {
            "item_id": ["a", "b"],
            "title": ["Trail vest", ""],
            "category": ["Outdoor > Vests", ""],
            "attributes": ['{"size": "M"}', "{}"],
            "description": ["long " * 50, "long"],
            "short": ["vest", ""],
        }
    )
    frame = item_table(catalog.frame).frame
    record = 'Trail vest, Outdoor > Vests, {"size": "M"}'
    assert frame["record_tokens"].to_list() == [count_tokens(record), count_tokens("item b")]


@given(st.lists(st.text(st.characters(codec="utf-8") | st.sampled_from(" ,|()\n\xa0ab"), max_size=12), max_size=6))
def test_looking_only_at_texts_that_need_it_changes_nothing(texts: list[str]) -> None:
    series = pl.Series("text", texts, dtype=pl.String)
    assert plain_texts(series).to_list() == series.to_frame().select(plain(pl.col("text")))["text"].to_list()
