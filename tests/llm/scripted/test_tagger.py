"""The played tagger: honest tags come from the prompt alone, nonsense fits the schema and is worth nothing."""

from __future__ import annotations

import json

from intentfeed.intents.answer import ItemTags
from intentfeed.llm.answer import read_answer
from intentfeed.llm.scripted.answers import ANSWERS
from intentfeed.llm.scripted.tagger import honest, nonsense

USER = """<date>
2025-03-20 (spring)
</date>
<interests>
1. Trail Running (active)
2. Mugs & Cups (stable)
</interests>
<behaviour>
Clicks and views
[1] 2025-03-18 (viewed details) | Quell reflective running vest, Morn padded running vest
[2] 2024 (clicked) | Thorn stoneware espresso mugs, Vost padded stoneware mugs, Nurr reflective stoneware cups
</behaviour>
Task: name 6 different items that this person is likely to want next."""
BOUNDS = {"lines": 2, "interests": ["Trail Running", "Mugs & Cups"], "ask": 6, "least": 4}


def test_honest_tags_are_words_of_the_lines_before_names_of_interests() -> None:
    said = read_answer(json.dumps(honest("", USER)), ItemTags, BOUNDS)
    assert len(said.tags) == 6
    assert {row.interest for row in said.tags} == {"1", "2"}
    for row in said.tags:
        word, head = row.tag.split(" ", 1)
        assert word in USER.lower()
        assert head in {"trail running", "mugs", "cups"}
        assert set(row.evidence) <= {1, 2}


def test_the_same_question_gets_the_same_answer() -> None:
    assert honest("", USER) == honest("", USER)
    assert nonsense("", USER) == nonsense("", USER)


def test_nonsense_passes_for_an_answer() -> None:
    said = read_answer(json.dumps(nonsense("", USER.replace("name 6", "name 50"))), ItemTags, BOUNDS)
    assert len(said.tags) == 50
    text = json.dumps(nonsense("", USER))
    assert "<script>" in text
    assert any(row.evidence == [52] for row in said.tags)


def test_a_prompt_without_sense_breaks_nothing() -> None:
    for text in ("", "<interests>\n</interests>", "<behaviour>\n[x] | \n</behaviour>", "[1] a | b"):
        assert honest("", text)["Item Tags"] == []
        assert nonsense("", text)["Steps"]


def test_it_is_registered_under_the_name_of_its_schema() -> None:
    assert ANSWERS[ItemTags.__name__].honest is honest
