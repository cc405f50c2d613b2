"""Slot F1 on commands of simulated people, in a shop and in clauses that nothing was tuned on, parser beside parser.

    python -m benchmarks.simulated_commands                 # grounded, scripted over HTTP, a strong model's answers
    python -m benchmarks.simulated_commands --ask FOLDER    # the questions for a model, one file each
    python -m benchmarks.simulated_commands --draw          # other people's commands: their answers fall silent

`simulated/` holds the commands as they were said, what was on the screen and held, and what they truly say. The
scripted endpoint knows cue words and no shop: it exercises the way there and back, and says little about a model.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.sealed_commands import Answered
from intentfeed.commands.fields import FieldRegistry
from intentfeed.commands.grounded import GroundedParser
from intentfeed.commands.llm import LLMParser
from intentfeed.commands.parser import Parser
from intentfeed.commands.records import Command, Memory, Shown, plain, read_demand
from intentfeed.config import load_config
from intentfeed.data.catalog import Catalog
from intentfeed.data.items import read_items
from intentfeed.evaluate.commands.cases import SlotCase, cases_of
from intentfeed.evaluate.commands.match import Matching
from intentfeed.evaluate.commands.run import chosen, world_dataset
from intentfeed.evaluate.commands.sitting import Sitting, SittingConfig
from intentfeed.evaluate.commands.slots import score
from intentfeed.llm.config import LLMConfig
from intentfeed.llm.log import CallLog
from intentfeed.llm.online import KeptAnswers, open_online
from intentfeed.llm.scripted.process import ScriptedProcess
from intentfeed.simulate.gold import Gold
from intentfeed.simulate.phrasing import HELD_OUT

HERE = Path(__file__).parent
PLAYED, ANSWERS = HERE / "simulated", HERE / "answers" / "simulated-en.jsonl"
SEED, USERS, N = 311, 200, 150
"""The shop, the people in it, and how many of their commands are kept."""


def draw() -> None:
    """Play sessions with our feed and keep every so many of their commands, none of them twice."""
    with tempfile.TemporaryDirectory() as scratch:
        dataset = world_dataset(SEED, USERS, "en", Path(scratch))
        sitting = Sitting(dataset=dataset, limit=100, config=SittingConfig(family=HELD_OUT, seed=SEED))
        loops = chosen(sitting.loops(), ("intentfeed",))
        played = [one for scenario in ("multi", "drift") for one in sitting.run(scenario, loops)[0][0].played]
        different = list({case.command.text: case for case in cases_of(played)}.values())
        kept = different[:: max(1, len(different) // N)][:N]
        PLAYED.mkdir(exist_ok=True)
        sold = dataset.catalog.frame.drop("row", strict=False)
        sold.write_parquet(PLAYED / "items.parquet")
        lines = (json.dumps(told(f"{at:03d}", case, dataset.catalog)) for at, case in enumerate(kept))
        (PLAYED / "commands.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def told(name: str, case: SlotCase, catalog: Catalog) -> dict[str, Any]:
    """Return a case as JSON values."""
    command, gold = case.command, case.gold
    return {
        "id": name, "text": command.text, "round": command.round, "today": command.today.isoformat(),
        "slate": [catalog.item_ids[shown.row] for shown in command.slate],
        "memory": [plain(demand) for demand in command.memory.demands],
        "gold": {"feedback": gold.feedback, "add": [plain(one) for one in gold.add],
                 "retracts": [plain(one) for one in gold.retracts], "clears": list(gold.clears)},
    }  # fmt: skip


def case_of(line: Mapping[str, Any], catalog: Catalog) -> SlotCase:
    """Return the case of a line."""
    held, gold = tuple(map(read_demand, line["memory"])), line["gold"]
    command = Command(
        text=line["text"],
        slate=tuple(Shown(position=at, row=catalog.row_of[item]) for at, item in enumerate(line["slate"], start=1)),
        memory=Memory(demands=held, next_number=len(held) + 1),
        round=line["round"],
        today=date.fromisoformat(line["today"]),
    )
    meant = Gold(
        feedback=gold["feedback"],
        add=tuple(map(read_demand, gold["add"])),
        retracts=tuple(map(read_demand, gold["retracts"])),
        clears=tuple(gold["clears"]),
    )
    return SlotCase(name=line["id"], command=command, gold=meant)


def main() -> None:
    """Draw, ask, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draw", action="store_true", help="play the sessions anew")
    parser.add_argument("--ask", type=Path, help="folder for the questions")
    options = parser.parse_args()
    if options.draw:
        return draw()
    catalog, _ = read_items(str(PLAYED / "items.parquet"), load_config().ingest)
    cases = [case_of(line, catalog) for line in _lines(PLAYED / "commands.jsonl")]
    with ExitStack() as stack:
        scored = parsers(catalog, cases, stack)
        if options.ask is not None:
            return _ask(scored, cases, options.ask)
        _print(scored, cases, catalog)
    return None


def parsers(catalog: Catalog, cases: list[SlotCase], stack: ExitStack) -> dict[str, Parser]:
    """Return who is scored, by name; what they need is open until the stack is left."""
    registry = FieldRegistry.of(catalog)
    grounded = GroundedParser(registry, catalog)
    log = CallLog(Path(stack.enter_context(tempfile.TemporaryDirectory())) / "llm.sqlite")
    server = stack.enter_context(ScriptedProcess())
    scripted = LLMConfig(endpoint=server.url, model="scripted")
    strong = LLMConfig(endpoint="http://nobody.invalid", model="strong")
    kept = {line["id"]: json.dumps(line["answer"]) for line in _lines(ANSWERS)} if ANSWERS.exists() else {}
    model = LLMParser(registry, catalog, KeptAnswers(log), grounded, llm=strong, language="en")
    return {
        "grounded": grounded,
        "scripted": LLMParser(registry, catalog, open_online(scripted, log), grounded, llm=scripted, language="en"),
        "strong model": Answered(model, {case.command.text: kept[case.name] for case in cases if case.name in kept}),
    }


def _ask(scored: Mapping[str, Parser], cases: list[SlotCase], folder: Path) -> None:
    """Write the questions that the model's parser would send."""
    asker = scored["strong model"]
    assert isinstance(asker, Answered)
    folder.mkdir(parents=True, exist_ok=True)
    for case in cases:
        call = asker.model.call(case.command)
        text = "\n\n".join(f"# {message.role}\n\n{message.content}" for message in call.messages)
        (folder / f"{case.name}.md").write_text(text, encoding="utf-8")


def _print(scored: Mapping[str, Parser], cases: list[SlotCase], catalog: Catalog) -> None:
    matching = Matching.of(FieldRegistry.of(catalog), catalog)
    table = Table(box=None, pad_edge=False)
    for head in ("parser", "hard P", "R", "F1", "soft P", "R", "F1", "feedback", "taken back", "exact"):
        table.add_column(head, justify="left" if head == "parser" else "right")
    for name, parser in scored.items():
        found = score(cases, parser, matching).to_json()
        cells = [found["cells"][kind][of] for kind in ("hard", "soft") for of in ("precision", "recall", "f1")]
        more = [found[key] for key in ("feedback", "retraction", "exact")]
        table.add_row(name, *(f"{value:.3f}" for value in (*cells, *more)))
    Console().print(table)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip())


if __name__ == "__main__":
    main()
