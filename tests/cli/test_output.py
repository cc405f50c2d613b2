"""What comes from outside is shown and never acted on, by the terminal as by our own markup."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console

from intentfeed.cli.output import emit, figure_rows, plain, visible
from tests.cli.test_bad_input import intentfeed

HOSTILE = "Lamp\x1b[2J\x1b]0;taken\x07 \x9b31m \u202egpj.exe\n 1  Another [bold]lamp[/] \\"


def test_nothing_hidden_is_left_and_letters_of_any_script_are() -> None:
    assert visible(HOSTILE).isprintable()
    assert visible("Décor 山高 “x” 🙂 עברית") == "Décor 山高 “x” 🙂 עברית"


def test_markup_in_a_text_is_a_text() -> None:
    out = StringIO()
    Console(file=out, width=200, force_terminal=True, highlight=False).print(f"[dim]{plain(HOSTILE)}[/]")
    assert "[bold]lamp[/] \\" in out.getvalue()
    assert out.getvalue().count("\x1b") == 2, "dim on and off, and nothing else"


def test_an_object_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    emit({"path": Path("a"), "text": HOSTILE})
    assert json.loads(capsys.readouterr().out) == {"path": "a", "text": HOSTILE}


@pytest.mark.parametrize("after", [0, 50])
def test_a_share_of_nothing_is_no_error(after: int) -> None:
    figures = {
        "users": 0, "events": 0, "reliable_events": 0, "tokens_before": 100, "tokens_after": after,
        "reason_interest_share": 0.5, "reason_item_share": 0.5, "reason_none_share": 0.0, "interests_per_user": 0.0,
        "rejected_interests_per_user": 0.0, "tags_per_user": 0.0, "seconds": {"read": 1.0, "fit": 2.0},
    }  # fmt: skip
    rows = dict(figure_rows(figures))
    assert rows["tokens before → after compression"] == ("100 → 50 (2.0 to 1)" if after else "100 → 0")
    assert rows["seconds: total"] == "3.0"


def test_a_hostile_catalogue_cannot_reach_the_terminal(tmp_path: Path) -> None:
    items = {"item_id": [f"i{n}" for n in range(12)], "title": [f"{HOSTILE} {n}" for n in range(12)]}
    events = {"user_id": ["u\x1b[2J"] * 6, "item_id": items["item_id"][:6], "action": ["purchase"] * 6}
    pl.DataFrame(items).write_parquet(tmp_path / "items.parquet")
    pl.DataFrame(events).write_parquet(tmp_path / "events.parquet")
    ws = tmp_path / "ws"
    paths = ["-e", tmp_path / "events.parquet", "-i", tmp_path / "items.parquet", "-o", ws]
    assert intentfeed("run", *paths, "--set", "run.workers=1").returncode == 0
    for asked in (["show", ws], ["show", ws, "--user", "u\x1b[2J", "--digest", "--rejected"],
                  ["recommend", ws, "--history", "i1"], ["show", ws, "--user", "\x1b[2J"]):  # fmt: skip
        done = intentfeed(*asked)
        told = done.stdout + done.stderr
        assert told
        assert all(line.isprintable() for line in told.split("\n")), repr(told)
