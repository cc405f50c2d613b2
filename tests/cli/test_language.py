"""The Chinese shop from the command line: made, measured, and refused by name where there is none."""

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from intentfeed.cli.main import app
from intentfeed.errors import ConfigError

SMALL = ("--users", "6", "--items", "700", "--events-per-user", "60")


def test_a_chinese_world_is_written(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app, ["simulate", "world", "-o", str(tmp_path / "w"), "--language", "zh", *SMALL, "--json"]
    )
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["items"] == 700
    assert pl.read_parquet(tmp_path / "w" / "items.parquet")["title"].str.contains(r"\p{Han}").all()


@pytest.mark.parametrize("command", [["simulate", "world", "-o", "w"], ["demo", "-o", "w", "--no-serve"]])
def test_another_language_is_refused_before_anything_is_written(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, [*command, "--language", "fr"])
    assert isinstance(done.exception, ConfigError)
    assert "choose en or zh" in str(done.exception)
    assert not list(tmp_path.iterdir())
