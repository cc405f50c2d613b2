"""The ledger: lines are whole, never lost, and name the code, the questions and the settings behind the scores."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from intentfeed.errors import DataError
from intentfeed.evaluate import ledger as module
from intentfeed.evaluate.ledger import Ledger, commit_of, default_path, ledger_line

REPORT = {
    "dataset": "board",
    "results": [
        {"method": "a", "settings": {"depth": 1}, "scores": {"hr@10": {"mean": 0.5, "interval": [0.4, float("nan")]}}},
        {"method": "b", "cannot": "no text"},
    ],
}


def line(*hashes, **more):
    return ledger_line(REPORT, kind="compare", hashes=hashes, dataset="board", **more)


def test_a_line_holds_what_made_the_scores(tmp_path):
    ledger = Ledger(tmp_path / "deep" / "ledger.jsonl")
    ledger.check()
    ledger.append(line("s1", train="strict"))
    [found] = ledger.lines()
    assert {"kind", "date", "commit", "version", "hashes", "machine", "report"} <= set(found)
    assert found["train"] == "strict"
    assert found["machine"]["cores"] >= 1
    assert len(found["report"]["results"][0]["settings_hash"]) == 16
    assert found["report"]["results"][0]["scores"]["hr@10"]["interval"] == [0.4, None], "JSON knows no NaN"
    assert "settings_hash" not in found["report"]["results"][1]


def test_the_hash_of_settings_goes_by_method_and_settings():
    def hash_of(method, settings):
        held = ledger_line({"results": [{"method": method, "settings": settings}]}, kind="compare", hashes=[])
        return held["report"]["results"][0]["settings_hash"]

    assert hash_of("a", {"x": 1, "y": 2}) == hash_of("a", {"y": 2, "x": 1})
    assert len({hash_of("a", {"x": 1}), hash_of("b", {"x": 1}), hash_of("a", {"x": 2})}) == 3


def test_looks_are_counted_by_split(tmp_path):
    ledger = Ledger(tmp_path / "ledger.jsonl")
    assert ledger.looks(["s1"]) == 0
    for hashes in (["s1"], ["s2", "s1"], ["s3"]):
        ledger.append(line(*hashes))
    assert ledger.looks(["s1"]) == 2
    assert ledger.looks(["s2", "s3"]) == 2
    assert ledger.looks(["s4"]) == 0


def test_lines_of_many_writers_stay_whole(tmp_path):
    ledger = Ledger(tmp_path / "ledger.jsonl")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: ledger.append({"hashes": [str(number)], "padding": "x" * 200_000}), range(60)))
    assert sorted(int(each["hashes"][0]) for each in ledger.lines()) == list(range(60))


def test_an_end_that_was_lost_is_mended(tmp_path):
    path = tmp_path / "ledger.jsonl"
    ledger = Ledger(path)
    ledger.append(line("s1"))
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    ledger.append(line("s2"))
    assert [each["hashes"] for each in ledger.lines()] == [["s1"], ["s2"]]


def test_what_was_written_is_never_changed(tmp_path):
    path = tmp_path / "ledger.jsonl"
    ledger = Ledger(path)
    ledger.append(line("s1"))
    before = path.read_bytes()
    ledger.append(line("s2"))
    assert path.read_bytes().startswith(before)


@pytest.mark.parametrize("damage", ['{"kind": "comp', "[1, 2]", '{"kind": "compare"}'])
def test_damage_is_said_before_anything_is_measured(tmp_path, damage):
    path = tmp_path / "ledger.jsonl"
    Ledger(path).append(line("s1"))
    with path.open("a") as file:
        file.write(damage + "\n")
    with pytest.raises(DataError, match="line 2 of the ledger"):
        Ledger(path).check()


def test_a_ledger_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    for act in (Ledger(tmp_path / "file" / "ledger.jsonl").check, Ledger(tmp_path).check):
        with pytest.raises(DataError, match="name another with --ledger"):
            act()
    with pytest.raises(DataError, match="no test score is shown"):
        Ledger(tmp_path).append(line("s1"))


def test_the_commit_and_whether_the_tree_differs(tmp_path):
    def git(*command):
        subprocess.run(["git", "-C", str(tmp_path), "-c", "user.name=n", "-c", "user.email=e", *command], check=True)

    assert commit_of(tmp_path) is None, "no checkout, as when installed from a wheel"
    git("init", "-q")
    assert commit_of(tmp_path) is None, "nothing was committed yet"
    (tmp_path / "code.py").write_text("1")
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "ledger.jsonl").write_text("")
    git("add", "code.py", "benchmarks")
    git("commit", "-qm", "First")
    commit = commit_of(tmp_path)
    assert commit is not None
    assert len(commit) == 40
    (tmp_path / "benchmarks" / "ledger.jsonl").write_text("{}\n")
    assert commit_of(tmp_path) == commit, "the ledger grows with every look"
    (tmp_path / "code.py").write_text("2")
    assert commit_of(tmp_path) == f"{commit}-dirty"


def test_where_the_ledger_is(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "CHECKOUT", tmp_path)
    assert default_path().as_posix() == "ledger.jsonl"
    (tmp_path / ".git").mkdir()
    assert default_path() == tmp_path / "benchmarks" / "ledger.jsonl"


def test_one_line_is_one_line(tmp_path):
    path = tmp_path / "ledger.jsonl"
    Ledger(path).append(line("s1", notes=["two\nlines\u2028three"]))
    assert path.read_text().count("\n") == 1
    assert json.loads(path.read_text())["notes"] == ["two\nlines\u2028three"]
    assert Ledger(path).lines()[0]["notes"] == ["two\nlines\u2028three"]
