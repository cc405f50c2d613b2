"""A file that is no log of ours is told, and never written over; what was forgotten is on none of its pages."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from intentfeed.errors import DataError
from intentfeed.llm.logfile import LogFile, packed, unpacked


@pytest.mark.parametrize("content", [b"not a database at all" * 50, b""])
def test_a_file_that_is_no_log_is_told_in_one_sentence(tmp_path: Path, content: bytes):
    path = tmp_path / "llm.sqlite"
    path.write_bytes(content)
    if not content:
        assert LogFile(path).db.execute("SELECT count(*) FROM calls").fetchone() == (
            0,
        )  # an empty file is an empty database
        return
    with pytest.raises(DataError, match=r"llm\.sqlite cannot be used as the log of calls .* move it away"):
        _ = LogFile(path).db


def test_a_log_of_another_version_is_told(tmp_path: Path):
    with sqlite3.connect(tmp_path / "llm.sqlite") as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(DataError, match="another version"):
        _ = LogFile(tmp_path / "llm.sqlite").db


def test_a_text_is_kept_once_and_comes_back(tmp_path: Path):
    file = LogFile(tmp_path / "llm.sqlite")
    keys = {file.text_key("said by 许多") for _ in range(3)}
    file.close()
    keys.add(file.text_key("said by 许多"))
    assert len(keys) == 1
    ((text,),) = file.db.execute("SELECT text FROM texts").fetchall()
    assert unpacked(text) == "said by 许多"
    assert unpacked(packed("half a \ud83d")) == "half a ?"


def test_what_is_forgotten_is_on_no_page(tmp_path: Path):
    file = LogFile(tmp_path / "llm.sqlite")
    file.write("INSERT INTO texts VALUES (?, ?)", ("a secret of ann", b""))
    file.commit()
    file.write("DELETE FROM texts WHERE hash = ?", ("a secret of ann",))
    file.commit()
    file.forget_pages()
    assert not any(b"secret of ann" in path.read_bytes() for path in tmp_path.iterdir())
