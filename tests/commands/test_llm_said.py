"""Right answers to commands as people type them come through the checks whole: these cost a good model nothing.

The answers were written by hand, as the prompt asks for them; the commands and their meaning are those of `said`.
"""

from __future__ import annotations

import json
from typing import Any

from intentfeed.commands.fields import FieldRegistry
from intentfeed.commands.llm import LLMParser
from intentfeed.llm.client import Reply
from intentfeed.llm.config import LLMConfig
from intentfeed.llm.online import KeptAnswers
from tests.commands import said
from tests.commands.catalogues import articles, films
from tests.commands.dresses import Verbatim

Row = tuple[Any, ...]
ANSWERS: dict[str, list[Row]] = {
    "a comedy under 100 minutes": [
        ("a comedy", "+", "genre", "eq", ["Comedy"]), ("under 100 minutes", "+", "runtime", "lt", ["100"]),
    ],
    "newer please, 2010 or later": [("2010 or later", "+", "year", "ge", ["2010"])],
    "no war films, no westerns": [
        ("no war films", "-", "genre", "eq", ["War"]), ("no westerns", "-", "genre", "eq", ["westerns"]),
    ],
    "japanese or french": [("japanese or french", "+", "language", "in", ["Japanese", "French"])],
    "less than 2 hours": [("less than 2 hours", "+", "runtime", "lt", ["120"])],
    "nothing by Tom Okafor this week": [("nothing by Tom Okafor this week", "-", "director", "eq", ["tom okafor"])],
    "something funny for the family": [
        ("something funny", "+", "about", "like", ["funny"]), ("for the family", "+", "genre", "eq", ["Family"]),
    ],
    "too long": [("too long", "+", "minutes", "less", [])],
    "recent stuff about climate": [
        ("about climate", "+", "topic", "contains", ["climate"]), ("recent", "+", "published", "more", []),
    ],
    "opinion pieces bore me": [("opinion pieces bore me", "-", "topic", "contains", ["opinion"])],
}  # fmt: skip
REGISTRIES = {"films": (films(), FieldRegistry.of(films())), "articles": (articles(), FieldRegistry.of(articles()))}


def answer(text: str) -> str:
    """Return the answer to a command as a model writes it."""
    rows = [
        {"quote": quote, "polarity": "positive" if sign == "+" else "negative", "field": field, "op": op,
         "values": values, "than": [], "holds": "session"}
        for quote, sign, field, op, values in ANSWERS[text]
    ]  # fmt: skip
    return json.dumps({"feedback": "new", "add": rows, "retract": [], "clear": [], "tightens": False, "widens": False})


class Kept:
    """Answers at hand."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def reply(self, key: str) -> Reply | None:
        """Return the answer to a question."""
        return Reply(key=key, status="answered", text=self.texts[key]) if key in self.texts else None


def test_right_answers_come_through_whole():
    kept = Kept()
    parsers = {
        name: LLMParser(
            registry, catalog, KeptAnswers(kept), Verbatim(), llm=LLMConfig(model="any"), language="en"
        )
        for name, (catalog, registry) in REGISTRIES.items()
    }  # fmt: skip
    lines = [line for line in said.lines("en", "open") if line["text"] in ANSWERS]
    for line in lines:
        parser = parsers[line["catalogue"]]
        kept.texts[parser.call(said.command_of(line, parser.registry)).key] = answer(line["text"])
    score = said.score(lines, lambda name: (parsers[name], parsers[name].registry))
    assert len(lines) >= 8
    assert sum(parser.spoke["llm"] for parser in parsers.values()) == len(lines)
    assert score.f1(*said.CELLS) == 1.0, "\n".join(score.wrong)
    assert not score.wrong
