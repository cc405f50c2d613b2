"""The played parser and planner: honest answers come from the prompt alone, nonsense fits the schema and is wrong."""

from __future__ import annotations

import json

from intentfeed.commands.answer import ParsedCommand, PlannedChain
from intentfeed.llm.answer import read_answer
from intentfeed.llm.scripted import command_parser, command_planner
from intentfeed.llm.scripted.answers import ANSWERS

USER = """<fields>
- price (number, 5 to 90, also called budget)
- color (one value): red, light blue
</fields>
<memory>
{"kind": "soft", "facet": "color", "text": "red", "id": "c2", "polarity": "positive"}
</memory>
<likely>
- color: light blue
</likely>
<command>
no light blue, at least 20, red is fine
</command>
Task: say what this command changes."""
MEMORY = """<memory>
{"id": "c1", "cell": "positive_hard"}
{"id": "c2", "cell": "negative"}
</memory>"""


def test_the_parser_reads_what_the_prompt_shows() -> None:
    said = read_answer(json.dumps(command_parser.honest("", USER)), ParsedCommand)
    told = [(row.polarity, row.field, row.op, *row.values) for row in said.add]
    assert told == [("negative", "color", "eq", "light blue"), ("positive", "price", "ge", "20")]
    assert [(row.id, row.quote) for row in said.retract] == [("c2", "red is fine")]
    assert said.feedback == "revise"


def test_the_planner_follows_the_rules() -> None:
    said = read_answer(json.dumps(command_planner.honest("", MEMORY)), PlannedChain)
    assert [step.tool for step in said.plan] == ["filter", "matcher", "attenuator", "aggregator"]
    assert said.plan[0].args == {"positive_hard": ["c1"], "negative_hard": []}


def test_nonsense_passes_for_an_answer() -> None:
    bounds = {"command": "no light blue, at least 20, red is fine", "ids": ["c2"]}
    said = read_answer(json.dumps(command_parser.nonsense("", USER)), ParsedCommand, bounds)
    assert "<script>" in said.add[0].values[0]
    assert "drop_tables" in json.dumps(command_planner.nonsense("", MEMORY))


def test_a_prompt_without_sense_breaks_nothing() -> None:
    for text in ("", "<command>\n\n</command>", "<memory>\nnothing\n</memory>", "<command>\n,;.\n</command>"):
        for role in (command_parser, command_planner):
            assert json.dumps(role.honest("", text)) == json.dumps(role.honest("", text))
            assert role.nonsense("", text)


def test_they_are_registered_under_the_names_of_their_schemas() -> None:
    assert ANSWERS[ParsedCommand.__name__].honest is command_parser.honest
    assert ANSWERS[PlannedChain.__name__].honest is command_planner.honest
