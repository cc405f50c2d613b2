"""What the table says of the gap, and of ours beside the agent of the paper."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from rich.console import Console

from intentfeed.evaluate.commands.metrics import METRICS, Measured
from intentfeed.evaluate.commands.report import CommandsReport, Table, difference, line_of
from intentfeed.evaluate.commands.sitting import Outcome

USERS = [f"u{at // 2}" for at in range(20)]


def outcome(loop: str, passed: Sequence[int]) -> Outcome:
    values_SM = np.zeros((len(passed), len(METRICS)))
    values_SM[:, METRICS.index("pass@5")] = passed
    measured = Measured(values_SM=values_SM, users=USERS[: len(passed)])
    return Outcome(loop=loop, scenario="multi", played=[], measured=measured, seconds=0.01)


def table(**passed: float) -> Table:
    names = {"ours": "intentfeed", "oracle": "oracle parser", "agent": "InteRecAgent-like", "bm25": "bm25, all"}
    outcomes = {name: outcome(names[name], [1] * int(20 * share) + [0] * int(20 - 20 * share)) for name, share in
                passed.items()}  # fmt: skip
    both = {"ours", "agent"} <= set(passed)
    return Table(
        scenario="multi",
        n=20,
        left={},
        lines=tuple(line_of(one, draws=200, seed=0) for one in outcomes.values()),
        beside=difference(outcomes["ours"], outcomes["agent"], draws=200, seed=0) if both else None,
    )


def printed(made: Table) -> str:
    report = CommandsReport(dataset="shelf", part="valid", split_hash="0", hard=(), soft=(), asked_of=(), family="a",
                            rounds=5, tables=(made,))  # fmt: skip
    console = Console(record=True, width=130, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    report.print(console)
    told = report.to_json()["tables"][0]
    assert told["gap"] == made.gap_told
    assert (told["beside"] is None) == (made.beside is None)
    return console.export_text()


@pytest.mark.parametrize(
    ("passed", "sentence"),
    [
        ({"ours": 0.6, "oracle": 0.8, "agent": 0.4}, "ours closes 50% of the way from InteRecAgent-like to the oracle"),
        ({"ours": 0.6, "oracle": 0.8, "agent": 0.4, "bm25": 0.8}, "no gap to close: bm25, all passes as often as"),
        ({"ours": 0.6, "oracle": 0.8, "agent": 0.9}, "no gap to close: InteRecAgent-like passes more often than the"),
    ],
)
def test_the_gap_is_told_wherever_it_is_zero_too(passed: dict[str, float], sentence: str):
    made = table(**passed)
    assert math.isnan(made.gap_closed) == ("no gap" in sentence)
    text = printed(made)
    assert sentence in text
    assert "ours less InteRecAgent-like, pass: " in text


def test_nothing_is_said_of_what_did_not_play():
    assert table(ours=0.6, agent=0.4).gap_told == ""
    assert "ours less" not in printed(table(ours=0.6, oracle=0.8, bm25=0.5))


def test_the_difference_is_taken_session_by_session():
    even = [at % 2 for at in range(20)]
    same = difference(outcome("intentfeed", even), outcome("InteRecAgent-like", even), draws=200, seed=0)
    assert (same.value, same.interval) == (0.0, (0.0, 0.0)), "paired: what varies over people alike is no difference"
    better = difference(outcome("intentfeed", [1] * 20), outcome("InteRecAgent-like", even), draws=200, seed=0)
    assert better.value == 0.5
    assert better.interval == (0.5, 0.5), "each person passes once more of twice"
