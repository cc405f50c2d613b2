"""A workspace survives crashes: what is there is complete, and what readers see was committed."""

import errno
import multiprocessing
from pathlib import Path

import polars as pl
import pytest

from intentfeed.data.schema import DIGESTS, TOUCHED
from intentfeed.data.store import Store, fingerprint, replacing
from intentfeed.errors import DataError


def digests(*texts: tuple[str, str]) -> pl.DataFrame:
    rows = DIGESTS.to_frame()
    return pl.concat([rows, pl.DataFrame(texts, schema=["user_id", "text"], orient="row")], how="diagonal")


def manifest(**segments: dict[str, list[str]]) -> dict[str, object]:
    return {"models": "m", "catalog": "c", "people": "p", "n_partitions": 1, "segments": segments}


def test_fingerprint_changes_with_any_part() -> None:
    assert fingerprint("a", {"x": 1}) == fingerprint("a", {"x": 1})
    assert len({fingerprint("a"), fingerprint("b"), fingerprint("a", None), fingerprint(["a"])}) == 4


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    with replacing(path) as temporary:
        temporary.write_text("old")
    with pytest.raises(ZeroDivisionError), replacing(path) as temporary:
        temporary.write_text(str(1 // 0))
    assert path.read_text() == "old"
    assert [found.name for found in path.parent.iterdir()] == ["file"]


def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no space left"), replacing(tmp_path / "file"):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_later_file_supersedes_the_users_it_touched(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write("digests", 0, "one", digests(("a", "old"), ("b", "old"), ("c", "old")))
    store.write("digests", 0, "two", digests(("b", "new")))
    store.write("touched", 0, "two", pl.DataFrame({"user_id": ["b", "c"]}, schema=TOUCHED))
    rows = store.read("digests", 0, ["one", "two"]).select("user_id", "text").collect().rows()
    assert rows == [("a", "old"), ("b", "new")], "b is replaced, c is forgotten, a is left alone"


def test_commit_sweeps_what_no_reader_needs(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for print_ in ("one", "two"):
        store.write("digests", 0, print_, digests(("a", print_)))
        (tmp_path / "models" / f"models-{print_}").mkdir(parents=True)
    store.commit(manifest(digests={"0": ["two"]}) | {"models": "two"})
    assert not store.path("digests", 0, "one").exists()
    assert store.scan("digests").select("text").collect().item() == "two"
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["models-two"]


def test_without_a_manifest_there_is_nothing_to_read(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write("digests", 0, "one", digests(("a", "half a run")))
    with pytest.raises(DataError, match="no completed run"):
        store.scan("digests")


def test_another_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"format": 99}')
    with pytest.raises(DataError, match=r"format 99.*new folder"):
        Store(tmp_path).manifest()


def _hold(root: Path, ready: "multiprocessing.synchronize.Event", done: "multiprocessing.synchronize.Event") -> None:
    with Store(root).locked():
        ready.set()
        done.wait(30)


def test_two_runs_cannot_share_a_workspace(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    ready, done = spawn.Event(), spawn.Event()
    other = spawn.Process(target=_hold, args=(tmp_path, ready, done))
    other.start()
    assert ready.wait(60)
    with pytest.raises(DataError, match="in use by another run"), Store(tmp_path).locked():
        pass
    other.kill()
    other.join()
    with Store(tmp_path).locked():
        pass  # the lock went with the process
