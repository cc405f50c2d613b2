"""How much of what was said does a parser find? Precision, recall and F1 of slots by cell, against gold (RecBot, 6.4).

Two kinds of gold: the simulator's, which knows what it said, and files of commands that people wrote (`score_file`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from ...commands.fields import FieldRegistry
from ...commands.parser import Parser
from ...commands.records import Constraint, Delta, Demand
from ...data.catalog import Catalog
from ...data.items import read_items
from ...data.mapping import IngestConfig
from ...simulate.gold import about_of
from ...simulate.sessions import TODAY
from .cases import SlotCase, written_case, written_lines
from .match import Matching, agree

CELLS = ("positive hard", "positive soft", "negative hard", "negative soft")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """One thing that a parser got wrong."""

    name: str
    text: str
    kind: str
    """missed, invented, feedback, retraction."""
    cell: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotReport:
    """What a parser found of what was said."""

    n: int
    hits: Mapping[str, tuple[int, int, int]]
    """By cell: found and true, found, true."""
    feedback: float
    """Share of commands whose feedback is exactly right."""
    feedback_coarse: float
    """The same with new and revise taken as one: both change the memory in the same way."""
    retraction: float
    """Share of commands with something to take back in which just that is taken back; NaN where there is none."""
    n_retractions: int
    exact: float
    """Share of commands with every slot right, none too much, and just what was taken back."""
    wrong: tuple[Wrong, ...] = ()

    def scores(self, *cells: str) -> tuple[float, float, float]:
        """Return precision, recall and F1 of some cells together; of all where none is named."""
        both, found, true = (sum(self.hits[cell][at] for cell in cells or CELLS) for at in range(3))
        precision, recall = both / found if found else float(not true), both / true if true else float(not found)
        return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0

    def f1(self, kind: str) -> float:
        """Return F1 of `hard` or `soft` slots."""
        return self.scores(*(cell for cell in CELLS if cell.endswith(kind)))[2]

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        groups = {**{cell: (cell,) for cell in CELLS}, "hard": tuple(cell for cell in CELLS if "hard" in cell),
                  "soft": tuple(cell for cell in CELLS if "soft" in cell), "all": CELLS}  # fmt: skip
        cells = {
            name: dict(zip(("precision", "recall", "f1", "n"), (*self.scores(*group),
                           sum(self.hits[cell][2] for cell in group)), strict=True))
            for name, group in groups.items()
        }  # fmt: skip
        return {"n": self.n, "cells": cells, "feedback": self.feedback, "feedback_coarse": self.feedback_coarse,
                "retraction": self.retraction, "n_retractions": self.n_retractions, "exact": self.exact,
                "wrong": [{name: getattr(one, name) for name in Wrong.__slots__} for one in self.wrong]}  # fmt: skip

    def lines(self) -> list[str]:
        """Return the figures as lines of text."""
        told = self.to_json()["cells"]
        head = f"{'':15s} {'P':>6s} {'R':>6s} {'F1':>6s} {'n':>5s}"
        rows = [
            f"{name:15s} {one['precision']:6.3f} {one['recall']:6.3f} {one['f1']:6.3f} {one['n']:5d}"
            for name, one in told.items()
        ]
        coarse = f"(new and revise as one {self.feedback_coarse:.3f})"
        tail = f"{self.n} commands, {self.exact:.3f} wholly right; feedback {self.feedback:.3f} {coarse}"
        tail += f"; retraction {self.retraction:.3f} of {self.n_retractions}"
        return [head, *rows, tail]


def score(cases: Iterable[SlotCase], parser: Parser, matching: Matching) -> SlotReport:
    """Return how a parser does on commands whose gold is known."""
    tally = _Tally()
    for case in cases:
        tally.add(case, parser.parse(case.command), matching)
    return tally.report()


@dataclass
class _Tally:
    n: int = 0
    hits: dict[str, list[int]] = field(default_factory=lambda: {cell: [0, 0, 0] for cell in CELLS})
    feedback: int = 0
    coarse: int = 0
    retracted: int = 0
    n_retractions: int = 0
    exact: int = 0
    wrong: list[Wrong] = field(default_factory=list)

    def add(self, case: SlotCase, delta: Delta, matching: Matching) -> None:
        """Count one command."""
        self.n += 1
        right = self._slots(case, delta.add, matching)
        same = delta.feedback == case.gold.feedback
        coarse = _coarse(delta.feedback) == _coarse(case.gold.feedback)
        self.feedback += same
        self.coarse += coarse
        if not same:
            self._say(case, "feedback", "", case.gold.feedback, delta.feedback)
        taken = self._retraction(case, delta, matching)
        self.exact += right and taken and coarse

    def _slots(self, case: SlotCase, found: Sequence[Demand], matching: Matching) -> bool:
        """Count slots, each gold one matched with at most one found; return whether all is right."""
        left = list(found)
        right = True
        for gold in case.gold.add:
            cell = cell_of(gold)
            self.hits[cell][2] += 1
            hit = next((one for one in left if agree(one, gold, matching)), None)
            if hit is None:
                right = False
                self._say(case, "missed", cell, told(gold), "; ".join(map(told, left)))
                continue
            left.remove(hit)
            self.hits[cell][0] += 1
            self.hits[cell][1] += 1
        for one in left:
            if any(agree(one, gold, matching) for gold in case.gold.add):
                continue  # said twice over: one slot found in two ways is not invented
            right = False
            self.hits[cell_of(one)][1] += 1
            self._say(case, "invented", cell_of(one), "", told(one))
        return right

    def _retraction(self, case: SlotCase, delta: Delta, matching: Matching) -> bool:
        """Count whether just what is taken back was taken back, by id, by field, or by its contrary being added."""
        held = {demand.id: demand for demand in case.command.memory.demands}
        gone = {
            key for key, demand in held.items()
            if key in delta.retract_ids or about_of(demand) in delta.clear_fields
        }  # fmt: skip
        meant = {
            key for key, demand in held.items()
            if about_of(demand) in case.gold.clears or any(agree(demand, one, matching) for one in case.gold.retracts)
        }  # fmt: skip
        if case.gold.feedback == "reset":
            return True  # the feedback says it
        replaced = {key for key in meant - gone
                    if any(about_of(one) == about_of(held[key]) and one.polarity != held[key].polarity
                           and _text(one) == _text(held[key]) for one in delta.add)}  # fmt: skip
        right = gone | replaced == meant or (bool(meant) and meant <= gone | replaced and not gone - meant)
        if meant:
            self.n_retractions += 1
            self.retracted += right
        if not right:
            self._say(case, "retraction", "", "; ".join(told(held[key]) for key in sorted(meant)),
                      "; ".join(told(held[key]) for key in sorted(gone)))  # fmt: skip
        return right

    def _say(self, case: SlotCase, kind: str, cell: str, expected: str, found: str) -> None:
        self.wrong.append(
            Wrong(name=case.name, text=case.command.text, kind=kind, cell=cell, expected=expected, found=found)
        )

    def report(self) -> SlotReport:
        """Return what was counted."""
        n = max(1, self.n)
        return SlotReport(
            n=self.n,
            hits={cell: (one[0], one[1], one[2]) for cell, one in self.hits.items()},
            feedback=self.feedback / n,
            feedback_coarse=self.coarse / n,
            retraction=self.retracted / self.n_retractions if self.n_retractions else float("nan"),
            n_retractions=self.n_retractions,
            exact=self.exact / n,
            wrong=tuple(self.wrong),
        )


def _coarse(feedback: str) -> str:
    return "new" if feedback == "revise" else feedback


def cell_of(demand: Demand) -> str:
    """Return the cell of a demand (RecBot, 3.2)."""
    return f"{demand.polarity} {'hard' if isinstance(demand, Constraint) else 'soft'}"


def told(demand: Demand) -> str:
    """Return a demand in few words."""
    sign = "+" if demand.polarity == "positive" else "-"
    if isinstance(demand, Constraint):
        return f"{sign}{demand.field} {demand.op} {demand.value}"
    return f"{sign}{demand.facet}: {demand.text}"


def _text(demand: Demand) -> object:
    return demand.value if isinstance(demand, Constraint) else demand.text


def score_file(
    path: Path,
    feeds_path: Path,
    items_path: Path,
    parser: Parser | Callable[[FieldRegistry, Catalog], Parser],
    *,
    today: date = TODAY,
) -> SlotReport:
    """Return how a parser does on commands that people wrote.

    `path` holds one command a line: `id`, `feed` (the number of one), `before` (what held, each as a wish with its
    id), `text` and `gold` (`feedback`, `wishes`, `retracts`, `clears`). `feeds_path` holds one feed a line: `n`, its
    number, and `feed`, the item ids. `items_path` holds the catalogue. `parser` is a parser, or makes one.

    Raises:
        DataError: a file cannot be read, or a command stands before a feed or item that there is not.
    """
    raw = pl.read_parquet(items_path) if items_path.suffix == ".parquet" else pl.read_ndjson(items_path)
    catalog, _ = read_items(raw, IngestConfig())
    registry = FieldRegistry.of(catalog)
    made = parser(registry, catalog) if callable(parser) else parser
    feeds = {str(line["n"]): line["feed"] for line in written_lines(feeds_path, "n", "feed")}
    told = written_lines(path, "id", "feed", "text", "gold")
    cases = [written_case(line, feeds, catalog, registry, today=today) for line in told]
    return score(cases, made, Matching.of(registry, catalog))


def by_kind(report: SlotReport) -> Counter[str]:
    """Return how often a parser was wrong in which way."""
    return Counter(f"{one.kind} {one.cell}".strip() for one in report.wrong)
