"""What a strong language model makes of typed commands, beside the grounded parser and what they mean.

    python -m benchmarks.command_answers --commands said.jsonl --items items.parquet --answers FOLDER [--language zh]

The first run writes the questions into FOLDER (OpenAI Batch format) and stops; once their answers lie beside them, the
same command reads them back and prints precision, recall and F1 of slots by cell, commands read wholly right, who spoke
and why rows fell. A line of the commands:

    {"text": "nothing floral, under 50", "slate": ["item 7", "item 3"], "today": "2025-03-01", "memory": [demand, …],
     "want": [demand, …], "feedback": "new", "retract": ["c1"], "clear": ["price"]}

where a demand has kind, polarity, field, op and value ("hard"), or kind, polarity, facet and text ("soft"); all but
`text` may be left out. Nobody is called; a line without `want` is read and not scored, and `--show` prints it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from intentfeed.commands.fields import FieldRegistry
from intentfeed.commands.grounded import GroundedParser
from intentfeed.commands.llm import LLMParser
from intentfeed.commands.parser import Parser
from intentfeed.commands.records import Command, Delta, Demand, Memory, Shown, read_demand
from intentfeed.config import load_config
from intentfeed.data.catalog import Catalog
from intentfeed.data.items import read_items
from intentfeed.errors import AnswersAwaited
from intentfeed.evaluate.commands.cases import SlotCase
from intentfeed.evaluate.commands.match import Matching
from intentfeed.evaluate.commands.slots import score, told
from intentfeed.llm.batch import BatchLLM
from intentfeed.llm.client import Language
from intentfeed.llm.config import LLMConfig
from intentfeed.llm.log import CallLog
from intentfeed.llm.online import KeptAnswers
from intentfeed.simulate.gold import Gold

TODAY = "2025-03-01"
_BARE = {"id": "", "quote": "", "round": 0, "scope": "session", "until": None}


@dataclass
class Recorded:
    """Parses, and keeps what it said."""

    parser: Parser
    deltas: list[Delta] = field(default_factory=list)

    def parse(self, command: Command) -> Delta:
        """Return what the parser says."""
        self.deltas.append(self.parser.parse(command))
        return self.deltas[-1]


def main() -> None:
    """Write the questions, or print what their answers are worth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commands", type=Path, required=True)
    parser.add_argument("--items", type=Path, required=True)
    parser.add_argument("--answers", type=Path, required=True, help="folder of batch files")
    parser.add_argument("--language", choices=("en", "zh"), help="of the prompts [by the titles]")
    parser.add_argument("--domain", choices=("shop", "films", "articles"), default="shop")
    parser.add_argument("--model", default="strong")
    parser.add_argument("--show", action="store_true", help="print the commands that were not read exactly")
    options = parser.parse_args()
    catalog, _ = read_items(str(options.items), load_config().ingest)
    registry, grounded = FieldRegistry.of(catalog), GroundedParser(FieldRegistry.of(catalog), catalog)
    said = [json.loads(line) for line in options.commands.read_text("utf-8").splitlines() if line.strip()]
    commands = [command_of(line, catalog) for line in said]
    titles: Language = "zh" if catalog.language == "zh" else "en"
    language: Language = options.language or titles
    llm = LLMConfig(endpoint=str(options.answers), model=options.model, domain=options.domain)
    with tempfile.TemporaryDirectory() as folder:
        log = CallLog(Path(folder) / "llm.sqlite")
        model = LLMParser(registry, catalog, KeptAnswers(log), grounded, llm=llm, language=language)
        try:
            for _ in BatchLLM(options.answers, llm, log).complete_many(model.calls(commands)):
                pass
        except AnswersAwaited as waiting:
            print(waiting)
            sys.exit(2)
        matching = Matching.of(registry, catalog)
        for name, reader in (("grounded", grounded), ("model", model)):
            report(name, reader, said, commands, matching, show=options.show)
        print(f"who spoke: {dict(model.spoke)}")


def report(
    name: str,
    reader: Parser,
    said: Sequence[Mapping[str, Any]],
    commands: Sequence[Command],
    matching: Matching,
    *,
    show: bool,
) -> None:
    """Print how well one parser reads the commands, and what it could not take up."""
    parser, pairs = Recorded(reader), list(zip(said, commands, strict=True))
    scored = score([case_of(line, command) for line, command in pairs if "want" in line], parser, matching)
    print("\n".join([f"{name}:", *scored.lines()]))
    if show:
        for wrong in scored.wrong:
            print(f"{wrong.text!r}: {wrong.kind} {wrong.cell} expected {wrong.expected!r}, found {wrong.found!r}")
    for _, command in (pair for pair in pairs if "want" not in pair[0]):
        delta = parser.parse(command)
        if show:
            print(f"{command.text!r}: {delta.feedback} {'; '.join(map(told, delta.add))}")
    fell = Counter(why.rpartition("”: ")[2] for delta in parser.deltas for why in delta.ignored)
    print(f"fell: {dict(fell.most_common(8))}")


def case_of(line: Mapping[str, Any], command: Command) -> SlotCase:
    """Return a line with what it means as a case."""
    gold = Gold(
        feedback=line.get("feedback", "new"),
        add=tuple(map(demand_of, line["want"])),
        retracts=tuple(held for held in command.memory.demands if held.id in line.get("retract", ())),
        clears=tuple(line.get("clear", ())),
    )
    return SlotCase(name=command.text, command=command, gold=gold)


def command_of(line: Mapping[str, Any], catalog: Catalog) -> Command:
    """Return the command of a line."""
    rows = [catalog.row_of[item_id] for item_id in line.get("slate", [])]
    held = tuple(demand_of({"id": f"c{at}", **demand}) for at, demand in enumerate(line.get("memory", []), start=1))
    return Command(
        text=line["text"],
        slate=tuple(Shown(position=at, row=row) for at, row in enumerate(rows, start=1)),
        memory=Memory(demands=held, next_number=len(held) + 1),
        round=int(bool(held)),
        today=date.fromisoformat(line.get("today", TODAY)),
    )


def demand_of(held: Mapping[str, Any]) -> Demand:
    """Return a demand from as few of its fields as a line holds."""
    more = {"unit": "", "approximate": False} if held["kind"] == "hard" else {}
    return read_demand({**_BARE, **more, **held})


if __name__ == "__main__":
    main()
