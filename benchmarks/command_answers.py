"""What a strong language model makes of typed commands, beside the grounded parser and what they mean.

    python -m benchmarks.command_answers --commands said.jsonl --items items.parquet --answers FOLDER [--language zh]

The first run writes the questions into FOLDER (OpenAI Batch format) and stops; once their answers lie beside them, the
same command reads them back and prints slot F1, exact commands, who spoke and why rows fell. A line of the commands:

    {"text": "nothing floral, under 50", "slate": ["item 7", "item 3"], "today": "2025-03-01", "memory": [demand, …],
     "want": [demand, …], "feedback": "new", "retract": ["c1"], "clear": ["price"]}

where a demand has kind, polarity, field, op and value ("hard"), or kind, polarity, facet and text ("soft"); all but
`text` may be left out. Nobody is called; a line without `want` is read and not scored, and `--show` prints it.
"""

from __future__ import annotations

import argparse
import json
import math
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
from intentfeed.commands.records import Command, Constraint, Delta, Demand, Memory, Shown, plain, read_demand
from intentfeed.config import load_config
from intentfeed.data.catalog import Catalog, leaf_name
from intentfeed.data.items import read_items
from intentfeed.errors import AnswersAwaited
from intentfeed.llm.batch import BatchLLM
from intentfeed.llm.client import Language
from intentfeed.llm.config import LLMConfig
from intentfeed.llm.log import CallLog
from intentfeed.llm.online import KeptAnswers

TODAY = "2025-03-01"
_BARE = {"id": "", "quote": "", "round": 0, "scope": "session", "until": None}
_KINDS = {"lt": "below", "le": "below", "gt": "above", "ge": "above", "between": "between"}

Slot = tuple[str, str, str, str | tuple[float, ...]]
"""Polarity, field or facet, comparison, value."""


@dataclass
class Score:
    """Slots of all commands so far, by hard and soft."""

    found: Counter[str] = field(default_factory=Counter)
    wanted: Counter[str] = field(default_factory=Counter)
    said: Counter[str] = field(default_factory=Counter)
    n_exact: int = 0
    n: int = 0

    def f1(self, *kinds: str) -> float:
        """Return the F1 of hard slots, soft ones, or both."""
        found, wanted, said = (sum(each[kind] for kind in kinds) for each in (self.found, self.wanted, self.said))
        return 2 * found / (wanted + said) if wanted + said else 1.0

    def add(self, line: Mapping[str, Any], delta: Delta) -> bool:
        """Count one command; return whether all of it was read as it was meant."""
        wanted = [_slot(demand_of(held)) for held in line["want"]]
        said = [_slot(demand) for demand in delta.add]
        kinds = ["hard" if held["kind"] == "hard" else "soft" for held in line["want"]]
        left = list(range(len(wanted)))
        for slot, demand in zip(said, delta.add, strict=True):
            hit = next((at for at in left if _same(wanted[at], slot)), None)
            self.said["hard" if isinstance(demand, Constraint) else "soft"] += 1 if hit is None else 0
            if hit is not None:
                left.remove(hit)
                self.said[kinds[hit]] += 1
                self.found[kinds[hit]] += 1
        self.wanted.update(kinds)
        ends = list(delta.retract_ids) == line.get("retract", []) and set(delta.clear_fields) == set(
            line.get("clear", [])
        )
        exact = not left and len(said) == len(wanted) and ends and delta.feedback == line.get("feedback", "new")
        self.n, self.n_exact = self.n + 1, self.n_exact + exact
        return exact

    def __str__(self) -> str:
        return (
            f"slot F1 {self.f1('hard', 'soft'):.3f} (hard {self.f1('hard'):.3f} of {self.wanted['hard']}, soft "
            f"{self.f1('soft'):.3f} of {self.wanted['soft']}), commands read exactly {self.n_exact} of {self.n}"
        )


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
        for name, reader in (("grounded", grounded), ("model", model)):
            report(name, reader, said, commands, show=options.show)
        print(f"who spoke: {dict(model.spoke)}")


def report(
    name: str, reader: Parser, said: Sequence[Mapping[str, Any]], commands: Sequence[Command], *, show: bool
) -> None:
    """Print how well one parser reads the commands, and what it could not take up."""
    score, ignored = Score(), Counter[str]()
    for line, command in zip(said, commands, strict=True):
        delta = reader.parse(command)
        ignored.update(why.rpartition("”: ")[2] for why in delta.ignored)
        exact = score.add(line, delta) if "want" in line else False
        if show and not exact:
            print(f"{name} {command.text!r}\n    {delta.feedback} {[_slot(demand) for demand in delta.add]}")
    print(f"{name}: {score}; fell: {dict(ignored.most_common(8))}")


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


def _slot(demand: Demand) -> Slot:
    told = plain(demand)
    if isinstance(demand, Constraint):
        values = told["value"] if isinstance(told["value"], list) else [told["value"]]
        if all(isinstance(value, int | float) for value in values):
            return demand.polarity, demand.field, _KINDS.get(demand.op, "is"), tuple(float(value) for value in values)
        return demand.polarity, demand.field, "is", " / ".join(sorted(_plain(value) for value in values))
    return demand.polarity, demand.facet, "is", _plain(demand.text)


def _plain(text: object) -> str:
    return " ".join(leaf_name(str(text)).casefold().split()).removesuffix("s")


def _same(one: Slot, other: Slot) -> bool:
    if one[:3] != other[:3]:
        return False
    if isinstance(one[3], str) or isinstance(other[3], str):
        return one[3] == other[3]
    near = (math.isclose(a, b, rel_tol=0.01, abs_tol=0.5) for a, b in zip(one[3], other[3], strict=False))
    return len(one[3]) == len(other[3]) and all(near)


if __name__ == "__main__":
    main()
