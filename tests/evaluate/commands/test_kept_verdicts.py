"""The benchmarks that read what was judged and answered once: what is missing is said, and breaks nothing."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from benchmarks import simulated_commands
from benchmarks.fulfilment import shares
from benchmarks.sealed_commands import Answered
from intentfeed.commands.grounded import GroundedParser
from intentfeed.commands.llm import LLMParser
from intentfeed.commands.records import Command
from intentfeed.config import load_config
from intentfeed.data.items import read_items
from intentfeed.llm.config import LLMConfig
from intentfeed.llm.log import CallLog
from intentfeed.llm.online import KeptAnswers
from tests.commands.dresses import shop


def test_a_command_without_a_kept_answer_is_read_by_the_grounded_parser(tmp_path: Path):
    registry, catalog = shop()
    grounded = GroundedParser(registry, catalog)
    llm = LLMConfig(endpoint="http://nobody.invalid", model="strong")
    model = LLMParser(
        registry, catalog, KeptAnswers(CallLog(tmp_path / "llm.sqlite")), grounded, llm=llm, language="en"
    )
    parser = Answered(model, {"cheaper": json.dumps({"nonsense": 1})})
    for text in ("under 50", "cheaper"):
        command = Command(text=text, round=1, today=date(2024, 6, 3))
        assert parser.parse(command) == grounded.parse(command)


def test_kept_commands_of_simulated_people_are_read_back_whole():
    catalog, _ = read_items(str(simulated_commands.PLAYED / "items.parquet"), load_config().ingest)
    lines = [
        json.loads(line) for line in (simulated_commands.PLAYED / "commands.jsonl").read_text("utf-8").splitlines()
    ]
    cases = [simulated_commands.case_of(line, catalog) for line in lines]
    assert [simulated_commands.told(case.name, case, catalog) for case in cases] == lines
    assert len({case.command.text for case in cases}) == simulated_commands.N, "answers are found by the text"
    answers = [json.loads(line)["id"] for line in simulated_commands.ANSWERS.read_text("utf-8").splitlines()]
    assert answers == [case.name for case in cases]


def test_triples_without_a_verdict_are_counted():
    triples = [{"id": f"{language}-{at}", "key": f"{language}{at}"} for language in ("en", "zh") for at in range(2)]
    verdicts = {"en0": True, "en1": False, "zh0": True, "zh1": True}
    assert shares(triples, verdicts) == (
        ["en: 50.0 % of 2 fulfilled", "zh: 100.0 % of 2 fulfilled", "all: 75.0 % of 4 fulfilled"], 0
    )  # fmt: skip
    del verdicts["zh1"]
    told, n_silent = shares(triples, verdicts)
    assert n_silent == 1, "the command then exits 1"
    assert told[-1] == "all: 66.7 % of 3 fulfilled; 1 without a verdict"
    assert shares(triples, {}) == ([f"{name}: none of 0 fulfilled; {n} without a verdict" for name, n in
                                    (("en", 2), ("zh", 2), ("all", 4))], 4)  # fmt: skip
