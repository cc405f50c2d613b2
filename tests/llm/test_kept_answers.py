"""The answers of a strong model that are kept: what they say still fits the types that read it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from intentfeed.intents.answer import ItemTags
from intentfeed.interests.answer import MinedInterests
from intentfeed.llm.answer import Answer, read_answer

FOLDER = Path(__file__).parents[2] / "benchmarks" / "answers" / "world-0"


@pytest.mark.parametrize(("role", "returns", "n"), [("miner", MinedInterests, 17), ("tagger", ItemTags, 18)])
def test_every_kept_answer_fits_its_type(role: str, returns: type[Answer], n: int) -> None:
    lines = [json.loads(line) for line in (FOLDER / f"{role}-001.answers.jsonl").read_text().splitlines()]
    came = Counter(line["response"]["status_code"] for line in lines)
    assert came[200] == n
    texts = [
        line["response"]["body"]["choices"][0]["message"]["content"]
        for line in lines
        if line["response"]["status_code"] == 200
    ]
    for text in texts:
        answer = read_answer(text, returns)
        rows = answer.model_dump(by_alias=True)["Interests" if role == "miner" else "Item Tags"]
        assert len(rows) >= (1 if role == "miner" else 45)
