"""Results → one table a scenario, with intervals, what the figures mean, and what was left out."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...simulate.shopper import Scenario
from ..intervals import bootstrap, interval
from .cases import cases_of
from .metrics import DEFINED, METRICS
from .sitting import Outcome, Sitting
from .slots import SlotReport, score

if TYPE_CHECKING:
    from rich.console import Console

OURS, ORACLE, AGENT = "intentfeed", "oracle parser", "InteRecAgent-like"
ABLATED = ("no memory", "whole dialogue", "oracle, no memory")
"""Ours with a part changed, beside those whose name begins with a dash: no baselines."""
SHOWN = {
    "pass@5": "pass", "pass@10": "pass10", "rounds": "AR", "recall@10": "rec10", "ndcg@10": "ndcg", "csr@10": "CSR",
    "csr/hard@10": "hard", "csr/soft@10": "soft", "c_ndcg@10": "cndcg",
}  # fmt: skip
"""Columns of the printed table and their heads; all metrics are in the JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One loop in one scenario: means with their 95 % intervals over users."""

    loop: str
    values: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]
    ms: float
    """Mean time of a command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How much more often one loop passes than another in the same sessions."""

    of: str
    less: str
    value: float
    interval: tuple[float, float]
    """95 %, paired: users are drawn with their sessions of both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One scenario of one data set."""

    scenario: Scenario
    n: int
    """Sessions played."""
    left: Mapping[str, int]
    """Who did not play, by reason."""
    lines: tuple[Line, ...]
    slots: SlotReport | None = None
    """How our parser read the commands of the sessions with our feed."""
    beside: Difference | None = None
    """Ours less the agent of the paper, where both played."""

    @property
    def best_baseline(self) -> Line | None:
        """The one with the highest pass rate; ours, its ablations and the oracle are none."""
        rivals = [line for line in self.lines if is_baseline(line.loop)]
        return max(rivals, key=lambda line: line.values["pass@5"]) if rivals else None

    @property
    def gap_closed(self) -> float:
        """Return the share of the way from the best baseline to the oracle parser that ours goes, in pass rate."""
        by, best = self._passed, self.best_baseline
        if best is None or OURS not in by or ORACLE not in by or by[ORACLE] <= best.values["pass@5"]:
            return math.nan
        return (by[OURS] - best.values["pass@5"]) / (by[ORACLE] - best.values["pass@5"])

    @property
    def gap_told(self) -> str:
        """Return one sentence on the gap: how much of it is closed, or that there is none; '' where nobody can say."""
        by, best = self._passed, self.best_baseline
        if best is None or ORACLE not in by:
            return ""
        if by[ORACLE] <= best.values["pass@5"]:
            how = "as often as" if by[ORACLE] == best.values["pass@5"] else "more often than"
            return f"no gap to close: {best.loop} passes {how} the {ORACLE}"
        if OURS not in by:
            return ""
        return f"ours closes {self.gap_closed:.0%} of the way from {best.loop} to the {ORACLE}"

    @property
    def _passed(self) -> dict[str, float]:
        return {line.loop: line.values["pass@5"] for line in self.lines}


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandsReport:
    """All tables of one data set."""

    dataset: str
    part: str
    split_hash: str
    hard: tuple[str, ...]
    """Fields that a rule decides in this catalogue."""
    soft: tuple[str, ...]
    asked_of: tuple[str, ...]
    """Fields that people ask for."""
    family: str
    rounds: int
    tables: tuple[Table, ...]
    notes: tuple[str, ...] = ()

    def to_json(self, *, examples: bool = True) -> dict[str, Any]:
        """Return the report as JSON values; without `examples` figures alone, no word that was said or sold."""
        return {
            "dataset": self.dataset,
            "part": self.part,
            "split_hash": self.split_hash,
            "fields": {"hard": self.hard, "soft": self.soft, "asked_of": self.asked_of},
            "family": self.family,
            "t_max": self.rounds,
            "definitions": DEFINED,
            "notes": list(self.notes),
            "tables": [_table_json(table, examples=examples) for table in self.tables],
        }

    def print(self, console: Console) -> None:
        """Print head, tables and foot."""
        console.print(
            f"{self.dataset} · {self.part} part · split {self.split_hash} · T_max {self.rounds} · F 10 · clauses "
            f"{self.family}\nhard: {', '.join(self.hard) or 'none'}\nsoft: {', '.join(self.soft) or 'none'}\n"
            f"asked for: {', '.join(self.asked_of)}",
            *self.notes,
            sep="\n",
            soft_wrap=True,
        )
        for table in self.tables:
            _print(table, console)
        console.print("\n".join(f"{name}: {DEFINED[name]}" for name in SHOWN), soft_wrap=True)


def is_baseline(loop: str) -> bool:
    """Return whether a loop is none of ours."""
    return loop not in (OURS, ORACLE, *ABLATED) and not loop.startswith("- ")


def line_of(outcome: Outcome, *, draws: int, seed: int) -> Line:
    """Return a loop's means and intervals: users are drawn with all their sessions, the same for every loop."""
    values_SM = outcome.measured.values_SM
    known_SM = (~np.isnan(values_SM)).astype(np.float64)
    drawn_BM = bootstrap(np.nan_to_num(values_SM), outcome.measured.users, n=draws, seed=seed, weights_PM=known_SM)
    found = {}
    for at, name in enumerate(METRICS):
        column_B = drawn_BM[:, at]
        if not np.isnan(column_B).all():
            found[name] = interval(column_B)
    values = {name: outcome.measured.mean(name) for name in METRICS}
    return Line(loop=outcome.loop, values=values, intervals=found, ms=1000 * outcome.seconds)


def difference(of: Outcome, less: Outcome, *, draws: int, seed: int) -> Difference:
    """Return by how much one loop passes more often than another, session by session."""
    at = METRICS.index("pass@5")
    more_S1 = (of.measured.values_SM - less.measured.values_SM)[:, at : at + 1]
    drawn_B = bootstrap(more_S1, of.measured.users, n=draws, seed=seed)[:, 0]
    return Difference(of=of.loop, less=less.loop, value=float(more_S1.mean()), interval=interval(drawn_B))


def table_of(sitting: Sitting, scenario: Scenario, outcomes: Sequence[Outcome], left: Counter[str]) -> Table:
    """Return the table of a scenario; the slots are those of the commands that our own feed was given."""
    config = sitting.config
    ours, agent = (next((one for one in outcomes if one.loop == name), None) for name in (OURS, AGENT))
    slots = score(cases_of(ours.played), sitting.feed.parser, sitting.matching) if ours is not None else None
    return Table(
        scenario=scenario,
        n=len(outcomes[0].played),
        left=dict(sorted(left.items())),
        lines=tuple(line_of(outcome, draws=config.draws, seed=config.seed) for outcome in outcomes),
        slots=slots,
        beside=difference(ours, agent, draws=config.draws, seed=config.seed) if ours and agent else None,
    )


def report_of(sitting: Sitting, tables: Sequence[Table]) -> CommandsReport:
    """Return the report of a sitting."""
    fields = sitting.feed.registry.fields
    return CommandsReport(
        dataset=sitting.dataset.name,
        part=sitting.part,
        split_hash=sitting.split.split_hash,
        hard=tuple(name for name, field in fields.items() if field.hard),
        soft=tuple(name for name, field in fields.items() if not field.hard),
        asked_of=tuple(sitting.traits.fields),
        family=sitting.config.family,
        rounds=sitting.config.shopper.rounds,
        tables=tuple(tables),
        notes=sitting.notes,
    )


def _table_json(table: Table, *, examples: bool) -> dict[str, Any]:
    best = table.best_baseline
    slots = table.slots.to_json() if table.slots else None
    if slots is not None and not examples:
        del slots["wrong"]
    return {
        "scenario": table.scenario,
        "sessions": table.n,
        "left_out": dict(table.left),
        "best_baseline": best.loop if best else None,
        "gap_closed": _number(table.gap_closed),
        "gap": table.gap_told,
        "beside": asdict(table.beside) if table.beside else None,
        "slots": slots,
        "loops": [
            {
                "loop": line.loop,
                "ms": round(line.ms, 2),
                "values": {name: _number(value) for name, value in line.values.items()},
                "intervals": {name: list(ends) for name, ends in line.intervals.items()},
            }
            for line in table.lines
        ],
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _print(table: Table, console: Console) -> None:
    from rich.table import Table as Printed

    left = ", ".join(f"{n} {why}" for why, n in table.left.items()) or "nobody"
    console.print(f"\n{table.scenario}: {table.n} sessions; left out: {left}", soft_wrap=True)
    printed = Printed(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    printed.add_column("loop", no_wrap=True)
    heads = ["pass", "95 %", *list(SHOWN.values())[1:], "ms"]
    for head in heads:
        printed.add_column(head, justify="right", no_wrap=True)
    for line in table.lines:
        low, high = line.intervals.get("pass@5", (math.nan, math.nan))
        cells = [f"{line.values['pass@5']:.3f}", f"{low:.2f}-{high:.2f}"]
        cells += [_cell(line.values[name], "rounds" in name) for name in list(SHOWN)[1:]]
        printed.add_row(line.loop, *cells, f"{line.ms:.0f}")
    console.print(printed)
    if table.gap_told:
        console.print(table.gap_told, soft_wrap=True)
    if table.beside is not None:
        low, high = table.beside.interval
        less, value = table.beside.less, table.beside.value
        console.print(f"ours less {less}, pass: {value:+.3f} (95 %, paired: {low:+.3f} to {high:+.3f})", soft_wrap=True)
    if table.slots is not None:
        console.print("slots of the commands that our feed was given:\n" + "\n".join(table.slots.lines()))


def _cell(value: float, rounds: bool) -> str:
    return "" if math.isnan(value) else f"{value:.2f}" if rounds else f"{value:.3f}"
