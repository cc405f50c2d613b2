"""A workspace survives crashes: what is there is complete, and what readers see was committed."""

import errno
import multiprocessing
from pathlib import Path

import polars as pl
import pytest

from intentfeed.data.schema import DIGESTS, TOUCHED
from intentfeed.data.store import Store, fingerprint, replacing
from intentfeed.errors import DataError

ONE, TWO = fingerprint("one"), fingerprint("two")


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
    for print_ in (ONE, TWO):
        store.write("digests", 0, print_, digests(("a", print_)))
        (tmp_path / "models" / f"models-{print_}").mkdir(parents=True)
    store.commit(manifest(digests={"0": [TWO]}) | {"models": TWO})
    assert not store.path("digests", 0, ONE).exists()
    assert store.scan("digests").select("text").collect().item() == TWO
    assert [path.name for path in (tmp_path / "models").iterdir()] == [f"models-{TWO}"]


def test_commit_deletes_nothing_that_is_not_ours(tmp_path: Path) -> None:
    """A person may choose a folder in which `models/` or `events/` are their own."""
    theirs = [
        tmp_path / "models" / "weights.bin",
        tmp_path / "models" / "models-of-trains" / "loco.txt",
        tmp_path / "events" / "events.csv",
        tmp_path / "events" / "part-00000-9e1c0f5a-7d2b-4a57-8a7e-c000.snappy.parquet",
        tmp_path / "items" / "items-2024.parquet",
        tmp_path / "digests" / ".notes",
    ]
    for path in theirs:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("mine")
    Store(tmp_path).commit(manifest(digests={"0": [TWO]}) | {"models": TWO})
    assert all(path.read_text() == "mine" for path in theirs)


def test_a_sweep_that_is_cut_short_leaves_nothing_that_looks_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed while it deletes: the folder has lost its name, and the marker that says it is there went first."""
    events, models = tmp_path / "events", tmp_path / "models"
    for folder in (events / f"part-0000-{ONE}", models / f"models-{ONE}"):
        folder.mkdir(parents=True)
        (folder / "half").write_text("of it")
    (events / f"taken-{ONE}.json").write_text("{}")
    with monkeypatch.context() as killed:
        killed.setattr("shutil.rmtree", lambda _path: (_ for _ in ()).throw(KeyboardInterrupt))
        for folder in (events, models):
            with pytest.raises(KeyboardInterrupt):
                Store(tmp_path)._delete(folder, set())
    assert {path.name[:5] for folder in (events, models) for path in folder.iterdir()} == {".gone"}
    Store(tmp_path).commit(manifest(digests={"0": [TWO]}) | {"models": TWO})
    assert not [*events.iterdir(), *models.iterdir()], "the next commit takes the rest"


def test_a_new_run_drops_the_rejects_of_earlier_ones_and_an_update_keeps_them(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for print_ in (ONE, TWO):
        with replacing(tmp_path / "rejects" / f"events-{print_}.jsonl") as path:
            path.write_text("{}")
    store.commit(manifest(digests={"0": [ONE]}) | {"base": ONE, "run": TWO})
    assert len(list((tmp_path / "rejects").iterdir())) == 2
    store.commit(manifest(digests={"0": [TWO]}) | {"base": TWO, "run": TWO})
    assert [path.name for path in (tmp_path / "rejects").iterdir()] == [f"events-{TWO}.jsonl"]


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


def test_a_name_that_reads_as_a_pattern_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="choose another folder"), Store(tmp_path / "ws [1]").locked():
        pass
    assert not list(tmp_path.iterdir())
