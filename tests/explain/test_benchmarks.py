"""The two scripts that keep the explanations honest say what is true, on the small world."""

from __future__ import annotations

import importlib.util
import json
import random
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import polars as pl
import pytest

from intentfeed.explain.frames import shipped
from intentfeed.explain.words import tokens

if TYPE_CHECKING:
    from intentfeed.simulate.world import World

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def script(name: str) -> ModuleType:
    """Return a script as a module."""
    spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def test_planted_falsehoods_are_caught_and_true_reasons_pass(small_world: World) -> None:
    made, _ = script("falsehood_setting"), script("falsehood_kinds")
    planted = script("planted_falsehoods")
    events, items = pl.read_parquet(small_world.events), pl.read_parquet(small_world.items)
    setting = made.setting_of(events, items, random.Random(3))
    true, dropped, kinds, missed = planted.measure(setting, 400)
    assert len(missed) <= 0.02 * kinds.total(), missed
    assert len(dropped) <= 0.02 * len(true), dropped
    assert len(kinds) >= 35
    assert kinds.total() >= 400


def test_falsehoods_in_free_sentences_are_caught_and_most_true_ones_pass(small_world: World) -> None:
    made = script("falsehood_setting")
    free = script("free_falsehoods")
    events, items = pl.read_parquet(small_world.events), pl.read_parquet(small_world.items)
    true, dropped, kinds, missed = free.measure(made.setting_of(events, items, random.Random(3)), 400)
    assert len(missed) <= 0.01 * kinds.total(), missed
    assert len(dropped) <= 0.15 * len(true), dropped
    assert len(kinds) >= 18
    assert kinds.total() >= 400


def recheck(workspace: Path, world: World) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BENCHMARKS / "recheck_reasons.py"), str(workspace)]
    return subprocess.run(
        [*command, "--events", str(world.events), "--items", str(world.items)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_every_shown_reason_holds_against_the_raw_data(small_workspace: Path, small_world: World) -> None:
    done = recheck(small_workspace, small_world)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all shown claims hold" in done.stdout
    assert "slots: interest" in done.stdout


@pytest.mark.parametrize("part", ["text", "field", "event"])
def test_a_false_reason_does_not_pass(small_workspace: Path, small_world: World, tmp_path: Path, part: str) -> None:
    workspace = tmp_path / "workspace"
    shutil.copytree(small_workspace, workspace, ignore=shutil.ignore_patterns("events", "models"))
    path = sorted((workspace / "slates").glob("*.parquet"))[0]
    slates = pl.read_parquet(path)
    rows = slates.to_dicts()
    at = next(n for n, row in enumerate(rows) if any(claim["event_ids"] for claim in row["claims"]))
    if part == "text":
        rows[at]["reason"] += " fireproof"
    elif part == "event":
        for claim in rows[at]["claims"]:
            claim["event_ids"] = [10**9]
    else:
        at = next(n for n, row in enumerate(rows) if any(claim["item_field"] == "brand" for claim in row["claims"]))
        for claim in rows[at]["claims"]:
            claim["value"] = "Nonesuch" if claim["item_field"] == "brand" else claim["value"]
    pl.DataFrame(rows, schema=slates.schema).write_parquet(path)
    done = recheck(workspace, small_world)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "false (" in done.stdout


def test_the_second_opinion_knows_each_empty_word_of_the_frames() -> None:
    empty = script("recheck_reasons").EMPTY
    for frame in shipped().all:
        claimed = {word for words, _ in frame.phrases for word in tokens(words)}
        assert {word for part in frame.fixed for word in part} <= claimed | empty, frame.id


def test_the_second_opinion_shares_no_code() -> None:
    text = (BENCHMARKS / "recheck_reasons.py").read_text()
    assert "import intentfeed" not in text
    assert "from intentfeed" not in text


def test_the_workspace_figures_know_each_frame(small_workspace: Path) -> None:
    manifest = json.loads((small_workspace / "manifest.json").read_text())
    files = [small_workspace / "slates" / f"part-{int(part):04d}-{prints[-1]}.parquet"
             for part, prints in manifest["segments"]["slates"].items()]  # fmt: skip
    slates = pl.concat([pl.read_parquet(file) for file in files])
    share = slates.group_by("frame").len()["len"].max()
    assert isinstance(share, int)
    assert share <= 0.05 * slates.height
