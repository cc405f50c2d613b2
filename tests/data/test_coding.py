"""The fast ways with strings against the plain ones."""

import numpy as np
import polars as pl
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from intentfeed.data import coding
from intentfeed.data.coding import Lookup, arrow, compact, encode, partitions
from intentfeed.types import partition_of

TEXTS = st.lists(st.none() | st.text(max_size=6) | st.sampled_from(["a", "b", "", "a" * 300]), max_size=60)


@given(TEXTS)
def test_encoding_keeps_every_text_and_names_each_once(values: list[str | None]) -> None:
    coded = encode(pl.Series(values, dtype=pl.String))
    names = coded.values.to_list()
    assert [names[code] if code >= 0 else None for code in coded.codes] == [value or None for value in values]
    assert len(set(names)) == len(names)


@given(TEXTS, TEXTS)
def test_lookup_finds_what_a_dictionary_finds(known: list[str | None], asked: list[str | None]) -> None:
    ids = list(dict.fromkeys(value for value in known if value is not None))
    row_of = {value: row for row, value in enumerate(ids)}
    found = Lookup(pl.Series(ids, dtype=pl.String)).find(pl.Series(asked, dtype=pl.String))
    assert found.tolist() == [-1 if value is None else row_of.get(value, -1) for value in asked]


@given(st.lists(st.text(max_size=40), max_size=40), st.integers(1, 1000))
def test_partitions_are_those_of_every_other_part_of_the_house(users: list[str], n: int) -> None:
    found = partitions(pl.Series(users, dtype=pl.String), n)
    assert found.tolist() == [partition_of(user, n) for user in users]


def test_many_values_outgrow_the_small_table() -> None:
    values = [f"user {number}" for number in range(3 * coding.SMALL)]
    column = pl.Series(values * 2).sample(fraction=1.0, shuffle=True, seed=1)
    coded = encode(column)
    assert coded.values.gather(coded.codes).to_list() == column.to_list()
    assert len(coded.values) == len(values)
    assert Lookup(pl.Series(values)).find(column).tolist() == [int(value[5:]) for value in column]


def test_equal_hashes_are_resolved(monkeypatch) -> None:
    """With a hash of one bit under the first seed, nearly all values clash; the guard sends them to another seed."""
    true = coding._hashes
    monkeypatch.setattr(
        coding, "_hashes", lambda texts, seed: np.ones(len(texts), dtype=np.uint64) if seed == 0 else true(texts, seed)
    )
    column = pl.Series(["a", "b", "a", "c"])
    coded = encode(column)
    assert coded.values.gather(coded.codes).to_list() == column.to_list()
    assert Lookup(pl.Series(["a", "b"])).find(column).tolist() == [0, 1, 0, -1]


def test_compact_keeps_only_what_occurs() -> None:
    values = arrow(pl.Series([f"v{number}" for number in range(100)]))
    found = compact(np.array([7, -1, 3, 7], dtype=np.int32), values)
    assert found.to_pylist() == ["v7", None, "v3", "v7"]
    assert isinstance(found, pa.DictionaryArray)
    assert len(found.dictionary) == 2
