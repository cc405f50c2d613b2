"""Results → a table to read and an object to keep: every score beside its split hash, settings hash and interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .. import __version__
from ..data.split import DESCRIBED, Split
from ..data.store import fingerprint
from .dataset import Dataset
from .offline import EvalConfig, Result

SHOWN = ("hr@1", "hr@3", "hr@10", "ndcg@10")
"""Columns of the table; all that was measured is in the JSON."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """One table: what was asked, by which rules, and what each method scored."""

    dataset: Dataset
    split: Split
    config: EvalConfig
    results: Sequence[Result]

    @property
    def final(self) -> bool:
        """Whether these are test scores."""
        return self.split.part == "test"

    @property
    def config_hash(self) -> str:
        """Return what changes when any setting of the evaluation or of a method does."""
        return fingerprint(self.config.model_dump(mode="json"), [[r.method, r.settings] for r in self.results])

    def counts(self) -> dict[str, Any]:
        """Return how much was learnt from and how much was asked."""
        cases, fit = self.split.cases, self.split.fit
        again = [target in history for history, target in zip(cases.histories, cases.target, strict=True)]
        learnt = fit["item_id"].unique()
        known = {self.dataset.catalog.row_of[item_id] for item_id in learnt.to_list()}
        return {
            "questions": len(cases),
            "users_asked": len(set(cases.users)),
            "items": len(self.dataset.catalog),
            "events_learnt": fit.height,
            "users_learnt": fit["user_id"].n_unique(),
            "items_learnt": len(learnt),
            "history_mean": round(float(np.mean([len(history) for history in cases.histories])), 2),
            "targets_seen_before": round(float(np.mean(again)), 4),
            "targets_never_learnt": round(float(np.mean([t not in known for t in cases.target.tolist()])), 4),
        }

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "dataset": self.dataset.name,
            "protocol": {
                "split": self.split.how,
                "part": self.split.part,
                "ordered": self.split.ordered,
                "ranking": "full catalogue",
                "exclude_seen": self.split.exclude_seen,
                "note": self.dataset.protocol.note,
            },
            "split_hash": self.split.split_hash,
            "fit_hash": self.split.fit_hash,
            "config_hash": self.config_hash,
            "seed": self.config.seed,
            "version": __version__,
            "counts": self.counts(),
            "results": [self._line(result) for result in self.results],
        }

    def _line(self, result: Result) -> dict[str, Any]:
        if result.cannot is not None:
            return {"method": result.method, "cannot": result.cannot}
        scores = {
            name: {"mean": round(result.mean(name), 5), "interval": [round(x, 5) for x in result.interval(name)]}
            for name in result.values
        }
        return {
            "method": result.method,
            "scores": scores,
            "settings": result.settings,
            "settings_tried": result.tried,
            "answers_too_short": result.short,
            "fit_s": round(result.fit_s, 2),
            "answer_s": round(result.answer_s, 2),
        }

    def print(self, console: Console) -> None:
        """Show the table on a terminal."""
        console.print(self._head(), soft_wrap=True)
        console.print(self._table())
        console.print(self._foot(), soft_wrap=True)

    def _head(self) -> Text:
        counts, split = self.counts(), self.split
        repeats = "items seen before are left out" if split.exclude_seen else "items seen before may come again"
        drawn = "" if split.ordered else ", drawn by lot (the log has no order)"
        part = "TEST" if self.final else "validation"
        lines = [
            f"{self.dataset.name} · {DESCRIBED[split.how]}{drawn} · {part} part · full catalogue · {repeats}",
            f"{counts['questions']:,} questions, {counts['items']:,} items, {counts['events_learnt']:,} events learnt"
            f" · split {split.split_hash} · fit {split.fit_hash}",
        ]
        return Text("\n".join([*lines, self.dataset.protocol.note] if self.dataset.protocol.note else lines))

    def _table(self) -> Table:
        shown = [name for name in SHOWN if name in self.config.metrics]
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
        table.add_column("method", no_wrap=True)
        for name in (*shown, f"{self.config.choose_by} 95 %", "fit s", "ask/s"):
            table.add_column(name, justify="right", no_wrap=True)
        for result in self.results:
            if result.cannot is not None:
                table.add_row(result.method, *["n/a"] * len(shown))
                continue
            low, high = result.interval(self.config.choose_by)
            speed = f"{len(self.split.cases) / result.answer_s:,.0f}" if result.answer_s else "–"
            scores = [f"{result.mean(name):.4f}" for name in shown]
            table.add_row(result.method, *scores, f"{low:.4f}–{high:.4f}", f"{result.fit_s:.1f}", speed)
        return table

    def _foot(self) -> Text:
        lines = [f"{result.method}: n/a, {result.cannot}" for result in self.results if result.cannot is not None]
        tried = [f"{result.method} {result.tried}" for result in self.results if result.tried > 1]
        lines += [f"settings tried on validation: {', '.join(tried)}"] if tried else []
        lines += [self._against_best()] if self._against_best() else []
        lines.append(f"config {self.config_hash} · seed {self.config.seed} · intentfeed {__version__}")
        if not self.final and tried:
            lines.append("Settings were chosen on these very questions; --final asks the test part.")
        return Text("\n".join(lines), style="dim")

    def _against_best(self) -> str:
        """Return how ours compares with the best of the others, in pairs; '' where either is missing."""
        metric = self.config.choose_by
        ran = [result for result in self.results if result.cannot is None]
        ours = [result for result in ran if result.method.startswith("intentfeed")]
        others = [result for result in ran if not result.method.startswith("intentfeed")]
        if not ours or not others:
            return ""
        mine, best = (max(group, key=lambda result: result.mean(metric)) for group in (ours, others))
        ratio = mine.ratio_to(best, metric)
        if ratio is None:
            return ""
        whole = mine.mean(metric) / best.mean(metric)
        return f"{mine.method} / {best.method}: {metric} × {whole:.3f}, paired 95 % {ratio[0]:.3f}–{ratio[1]:.3f}"
