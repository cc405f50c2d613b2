"""What came in is known by its files or rows, wherever they lie, and never mixed up with what a run wrote."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import fsspec
import polars as pl
import pytest

from intentfeed.data.schema import EVENTS
from intentfeed.data.store import Store, fingerprint
from intentfeed.errors import DataError
from intentfeed.inputs import check_apart, check_day, content, describe

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


def test_a_day_before_all_events_is_refused(tmp_path: Path) -> None:
    store, print_ = Store(tmp_path), fingerprint("a run")
    dated = [datetime(2024, 5, 6, 23, tzinfo=UTC), datetime(2024, 7, 1, tzinfo=UTC)]
    for part, time in enumerate(dated):
        folder = store.path("events", part, print_)
        folder.mkdir(parents=True)
        rows = pl.DataFrame({"user_id": [f"u{part}"], "timestamp": [time]})
        rows.select(pl.col(n) if n in rows.columns else pl.lit(None).cast(k).alias(n) for n, k in EVENTS.items()).cast(
            EVENTS
        ).write_parquet(folder / "0.parquet")
    files = dict.fromkeys((0, 1), (print_,))
    check_day(store, files, date(2024, 5, 6))
    with pytest.raises(DataError, match="on or before 2024-05-05, the first is of 2024-05-06: choose a later day"):
        check_day(store, files, date(2024, 5, 5))
    check_day(store, {}, date(2024, 5, 5))
