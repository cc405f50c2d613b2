"""`intentfeed eval commands` and `intentfeed simulate sessions`, on a shelf."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from intentfeed.cli.main import app
from tests.evaluate.commands.shop import shelf_dataset

LOOPS = "intentfeed; oracle parser; bm25, all"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shelf")
    shelf_dataset(folder)
    return folder


def test_the_table_is_printed_and_told_as_json(shelf: Path):
    asked = ["eval", "commands", "--data", str(shelf), "--loops", LOOPS, "--scenario", "single", "--limit", "12"]
    done = CliRunner().invoke(app, [*asked, "--json"])
    assert done.exit_code == 0, done.output
    table = json.loads(done.stdout)["reports"][0]["tables"][0]
    assert [one["loop"] for one in table["loops"]] == ["intentfeed", "oracle parser", "bm25, all"]
    assert table["best_baseline"] == "bm25, all"
    assert 0 < table["sessions"] <= 12
    printed = CliRunner().invoke(app, asked)
    assert "oracle parser" in printed.stdout
    assert "hard: " in printed.stdout


def test_sessions_are_written_as_lines(shelf: Path, tmp_path: Path):
    done = CliRunner().invoke(
        app, ["simulate", "sessions", "--data", str(shelf), "-o", str(tmp_path), "--scenario", "multi", "--limit", "8"]
    )
    assert done.exit_code == 0, done.output
    [written] = tmp_path.rglob("*.jsonl")
    lines = [json.loads(line) for line in written.read_text().splitlines()]
    assert {"command", "gold", "plan", "prefs_after"} <= set(lines[0])


@pytest.mark.parametrize("more", [["--scenario", "duel"], ["--loops", "zen"], ["--family", "z"]])
def test_what_there_is_not_ends_with_two(shelf: Path, more: list[str]):
    from intentfeed.errors import IntentfeedError

    done = CliRunner().invoke(app, ["eval", "commands", "--data", str(shelf), "--limit", "5", *more])
    assert done.exit_code == 2 or isinstance(done.exception, IntentfeedError)
