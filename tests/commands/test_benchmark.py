"""The benchmark of answers to commands: it writes questions, reads answers back, and scores both readings."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks import command_answers
from intentfeed.llm.scripted.command_parser import honest
from tests.commands.dresses import shop

WANTED = [
    {
        "text": "nothing floral, under 50",
        "slate": ["sku-0", "sku-1"],
        "want": [
            {"kind": "hard", "polarity": "negative", "field": "pattern", "op": "eq", "value": "floral"},
            {"kind": "hard", "polarity": "positive", "field": "price", "op": "lt", "value": 50.0},
        ],
    },
    {
        "text": "forget the budget",
        "memory": [{"kind": "hard", "polarity": "positive", "field": "price", "op": "le", "value": 80.0}],
        "want": [],
        "clear": ["price"],
        "feedback": "revise",
    },
]


def answered(folder: Path) -> None:
    """Answer every question of a folder as the scripted endpoint would."""
    (file,) = folder.glob("*.requests.jsonl")
    said = []
    for line in map(json.loads, file.read_text("utf-8").splitlines()):
        text = json.dumps(honest("", line["body"]["messages"][1]["content"]))
        body = {"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}
        said.append(json.dumps({"custom_id": line["custom_id"], "response": {"status_code": 200, "body": body}}))
    file.with_name(file.name.replace("requests", "answers")).write_text("\n".join(said), "utf-8")


def test_questions_are_written_and_answers_scored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    _, catalog = shop()
    catalog.frame.select("item_id", "title", "category", "brand", "price").with_columns(
        color=catalog.frame["attributes"].str.json_path_match("$.color"),
        pattern=catalog.frame["attributes"].str.json_path_match("$.pattern"),
    ).write_parquet(tmp_path / "items.parquet")
    (tmp_path / "said.jsonl").write_text("\n".join(map(json.dumps, WANTED)), "utf-8")
    files = ["--commands", str(tmp_path / "said.jsonl"), "--items", str(tmp_path / "items.parquet")]
    monkeypatch.setattr(sys, "argv", ["command_answers", *files, "--answers", str(tmp_path / "batches")])
    with pytest.raises(SystemExit) as stopped:
        command_answers.main()
    assert stopped.value.code == 2
    assert "wrote 2 requests" in capsys.readouterr().out
    answered(tmp_path / "batches")
    command_answers.main()
    told = capsys.readouterr().out
    of_model = told.partition("model:\n")[2]
    assert "hard             1.000  1.000  1.000     2" in of_model
    assert "2 commands, 1.000 wholly right; feedback 1.000" in of_model
    assert "retraction 1.000 of 1" in of_model
    assert "who spoke: {'llm': 2}" in told
    assert told.startswith("grounded:\n")
