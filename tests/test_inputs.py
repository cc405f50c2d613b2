"""What came in is known by its files or rows, wherever they lie, and never mixed up with what a run wrote."""

from __future__ import annotations

from pathlib import Path

import fsspec
import polars as pl
import pytest

from intentfeed.data.store import Store, fingerprint
from intentfeed.errors import DataError
from intentfeed.inputs import check_apart, content, describe

ROWS = b"user_id,item_id\nu1,i1\n"


def test_a_source_is_known_by_its_files_wherever_they_lie(tmp_path: Path) -> None:
    here, there = tmp_path / "log.csv", tmp_path / "logs" / "other.csv"
    there.parent.mkdir()
    for path in (here, there):
        path.write_bytes(ROWS)
    with fsspec.open("memory://far/log.csv", "wb") as handle:
        handle.write(ROWS)
    prints = {content(source, "events") for source in (here, str(there.parent), "memory://far/log.csv")}
    assert len(prints) == 1
    assert content(None, "events") == ""
    assert describe("memory://far/log.csv", "events")[0]["size"] == str(len(ROWS))
    here.write_bytes(ROWS + b"u2,i1\n")
    assert content(here, "events") not in prints


def test_a_frame_is_known_by_its_rows() -> None:
    frame = pl.DataFrame({"user_id": ["a", "b"], "item_id": ["x", "y"]})
    assert content(frame, "events") == content(frame.to_arrow(), "events") == content(frame.lazy(), "events")
    assert content(frame, "events") != content(frame.with_columns(item_id=pl.lit("y")), "events")


def test_a_missing_source_says_which(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nothing\.csv: check the path of the item delta"):
        describe(tmp_path / "nothing.csv", "item delta")


@pytest.mark.parametrize(("logs", "workspace"), [("logs", "logs/ws"), ("logs", "logs"), ("ws/events", "ws")])
def test_a_workspace_and_its_input_lie_apart(tmp_path: Path, logs: str, workspace: str) -> None:
    folder = tmp_path / logs
    folder.mkdir(parents=True)
    (folder / "log.csv").write_bytes(ROWS)
    with pytest.raises(DataError, match="choose a workspace beside"):
        check_apart(Store(tmp_path / workspace), {"events": folder})


def test_what_a_run_wrote_is_no_input(tmp_path: Path) -> None:
    store = Store(tmp_path / "ws")
    written = store.path("events", 0, fingerprint("a run"))
    written.mkdir(parents=True)
    (written / "000000.csv").write_bytes(ROWS)
    with pytest.raises(DataError, match="what a run wrote"):
        check_apart(store, {"events": f"{tmp_path}/*/events/*/*.csv"})


def test_a_log_may_lie_beside_the_tables(tmp_path: Path) -> None:
    for path in (tmp_path / "log.csv", tmp_path / "ws" / "raw" / "log.csv"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(ROWS)
    sources = {"events": tmp_path / "ws" / "raw", "items": tmp_path / "log.csv", "users": None}
    check_apart(Store(tmp_path / "ws"), sources)
