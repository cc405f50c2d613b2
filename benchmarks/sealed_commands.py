"""Slot F1 on the 200 sealed commands, as it is: the grounded parser, and a strong language model's kept answers.

    python -m benchmarks.sealed_commands

The answers in `answers/sealed-LANG.jsonl` were given once, to version 1 of the parser's own prompt
(`prompts/commands/parse.md`), in fresh contexts that saw nothing else; the checks of `LLMParser` read them anew.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from intentfeed.commands.fields import FieldRegistry
from intentfeed.commands.grounded import GroundedParser
from intentfeed.commands.llm import LLMParser
from intentfeed.commands.parser import Parser
from intentfeed.commands.records import Command, Delta
from intentfeed.config import load_config
from intentfeed.data.catalog import Catalog
from intentfeed.data.items import read_items
from intentfeed.evaluate.commands.slots import score_file
from intentfeed.llm.client import Language, Reply
from intentfeed.llm.config import LLMConfig
from intentfeed.llm.log import CallLog
from intentfeed.llm.online import KeptAnswers

HERE = Path(__file__).parent
SEALED, ANSWERS = HERE / "sealed", HERE / "answers"
LANGUAGES: tuple[Language, ...] = ("en", "zh")


class Answered:
    """The model's parser, with answers that were given before; a command without one is read by the grounded parser."""

    def __init__(self, model: LLMParser, answers: dict[str, str]) -> None:
        self.model, self.answers = model, answers

    def parse(self, command: Command) -> Delta:
        """Return what the kept answer says, once the checks have passed."""
        if command.text not in self.answers:
            return self.model.grounded.parse(command)
        reply = Reply(key="", status="answered", text=self.answers[command.text])
        found, _ = self.model.read(reply, command)
        return self.model.grounded.parse(command) if found is None else found


def parsers(catalog: Catalog, language: Language, log: Path) -> dict[str, Parser]:
    """Return who reads the commands in front of a sealed catalogue, by name; `log` is a scratch file."""
    registry = FieldRegistry.of(catalog)
    grounded = GroundedParser(registry, catalog)
    llm = LLMConfig(endpoint="http://nobody.invalid", model="strong")
    model = LLMParser(registry, catalog, KeptAnswers(CallLog(log)), grounded, llm=llm, language=language)
    texts = {line["id"]: line["text"] for line in _lines(SEALED / f"commands-{language}.jsonl")}
    kept = {texts[line["id"]]: json.dumps(line["answer"]) for line in _lines(ANSWERS / f"sealed-{language}.jsonl")}
    return {"grounded": grounded, "strong model": Answered(model, kept)}


def main() -> None:
    """Print the table."""
    table = Table(box=None, pad_edge=False)
    for head in ("", "parser", "hard P", "R", "F1", "soft P", "R", "F1", "feedback", "taken back", "exact"):
        table.add_column(head, justify="left" if head in ("", "parser") else "right")
    for language in LANGUAGES:
        catalog, _ = read_items(str(SEALED / f"items-{language}.parquet"), load_config().ingest)
        with tempfile.TemporaryDirectory() as folder:
            scored = parsers(catalog, language, Path(folder) / "llm.sqlite")
        for name, parser in scored.items():
            commands, feeds = (SEALED / f"{kind}-{language}.jsonl" for kind in ("commands", "feeds"))
            found = score_file(commands, feeds, SEALED / f"items-{language}.parquet", parser).to_json()
            cells = [
                found["cells"][kind][score] for kind in ("hard", "soft") for score in ("precision", "recall", "f1")
            ]
            more = [found[key] for key in ("feedback", "retraction", "exact")]
            table.add_row(language, name, *(f"{value:.3f}" for value in (*cells, *more)))
    Console().print(table)


def _lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


if __name__ == "__main__":
    main()
