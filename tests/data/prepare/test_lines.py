"""Lines → events: the quick way and the careful one agree, and no line is lost without a word."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentfeed.data.prepare import lines
from intentfeed.data.prepare.config import PrepareConfig
from intentfeed.data.prepare.download import open_download
from intentfeed.data.prepare.lines import EVENT, Layout, blocks, read_events
from intentfeed.data.prepare.rejects import Rejects
from intentfeed.errors import DataError

TABS = Layout("\t", ("user", "item", "value", "time"))
COLONS = Layout("::", ("user", "item", "value", "time"))
COMMAS = Layout(",", ("user", "item", "value", "time"))


def member(tmp_path, data: bytes):
    (tmp_path / "events").write_bytes(data)
    return open_download(tmp_path / "events").members[0]


def read(tmp_path, data: bytes, layout: Layout, max_bad: float = 1.0):
    rejects = Rejects(max_bad)
    frames = list(read_events(member(tmp_path, data), layout, rejects, PrepareConfig()))
    return pl.concat(frames).rows(), rejects


@pytest.mark.parametrize("layout", [TABS, COLONS, COMMAS])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_sound_file(tmp_path, layout, end):
    rows = [("1", "2", 3.5, 880_000_000), ("u x", "é", 1.0, 880_000_000_000)]
    data = "".join(layout.separator.join(map(str, row)) + end for row in rows).encode()
    found, rejects = read(tmp_path, data, layout)
    assert found == rows
    assert rejects.rows == {"events": 2}
    assert rejects.n == 0


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["1", " 2", "", "a b", '"q"', "7,7", "x\ty"]),
            st.sampled_from(["5", "", "B0"]),
            st.sampled_from(["1", "2.5", "nan", "inf", "x", ""]),
            st.sampled_from(["880000000", "880000000123", "12", "1e9", "-5", "99999999999999999999"]),
        ),
        max_size=8,
    ),
    st.sampled_from([TABS, COLONS, COMMAS]),
)
def test_both_ways_agree(tmp_path_factory, rows, layout):
    data = "".join(layout.separator.join(row) + "\n" for row in rows)
    body = data.encode().split(b"\n")[:-1]
    quick = lines._at_once(body, layout, layout.columns)
    rejects = Rejects(1.0)
    slow = lines._one_by_one(body, 1, layout, layout.columns, "f", rejects)
    if quick is not None:
        assert rejects.n == 0
        assert quick.with_columns(pl.col("user", "item").str.strip_chars()).equals(slow)
    assert slow.height + rejects.n == sum(1 for line in body if line.strip())


def test_rows_are_numbered_across_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "BLOCK_BYTES", 64)
    good = "1\t2\t3\t880000000\n"
    found, rejects = read(tmp_path, (good * 30 + "bad\n" + good * 10).encode(), TABS)
    assert len(found) == 40
    assert rejects._kept[0]["row"] == 31


def test_a_file_without_a_last_newline_or_without_anything(tmp_path):
    assert len(read(tmp_path, b"1\t2\t3\t880000000", TABS)[0]) == 1
    with pytest.raises(DataError, match="is empty"):
        read(tmp_path, b"", Layout(",", None))
    assert list(blocks(member(tmp_path, b""), PrepareConfig())) == []


def test_a_line_without_end(tmp_path):
    with pytest.raises(DataError, match="holds a line of over"):
        list(blocks(member(tmp_path, b"x" * 40_000_000), PrepareConfig()))


def test_a_file_of_something_else_is_not_read_to_its_end(tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "BLOCK_BYTES", 1 << 16)
    with pytest.raises(DataError, match="fields where 4 are needed"):
        read(tmp_path, b"<html>\n" * 100_000, TABS, max_bad=0.01)


def test_the_columns_of_an_event():
    assert EVENT.names() == ["user", "item", "value", "time"]
