"""Results → an object to keep: every score beside its interval, its seeds, and the hashes of what was asked and learnt.

The same report is a table on a terminal (`print`), a JSON object (`to_json`) and a page (`write_page`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from .. import __version__
from ..data.history import interactions
from ..data.split import DESCRIBED, Split
from ..data.store import fingerprint
from .dataset import DEFAULT_TRAIN, Dataset
from .metrics import log_shares
from .metrics.shown import people_of
from .offline import EvalConfig, best_baseline
from .result import Result, Trial

COMPARED = ("ndcg@10", "hr@10", "debiased_ndcg@10")
"""By which ours are divided by each of the others, beside what settings are chosen by."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """One table: what was asked, by which rules, and what each method scored."""

    dataset: Dataset
    split: Split
    config: EvalConfig
    results: Sequence[Result]
    notes: tuple[str, ...] = ()
    """What else a reader must know."""

    @property
    def final(self) -> bool:
        """Whether these are test scores."""
        return self.split.part == "test"

    @property
    def config_hash(self) -> str:
        """Return what changes when any setting of the evaluation or of a method does."""
        return fingerprint(self.config.model_dump(mode="json"), [[r.method, r.settings] for r in self.results])

    @cached_property
    def reference(self) -> Result | None:
        """The method that the others are divided by; None where no baseline ran."""
        return best_baseline(self.results, self.config)

    @cached_property
    def all_notes(self) -> list[str]:
        """Everything that a reader of the scores must know, of the data set, the split and this run."""
        return [note for note in (self.dataset.protocol.note, *self.split.notes, *self.notes) if note]

    @cached_property
    def counts(self) -> dict[str, Any]:
        """How much was learnt from and how much was asked."""
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

    @cached_property
    def log_groups(self) -> list[float]:
        """Share of the interactions learnt from that each popularity group holds, most popular first."""
        people_I = people_of(interactions(self.split.fit, self.dataset.catalog))
        return [round(float(share), 5) for share in log_shares(people_I)]

    @property
    def headline(self) -> str:
        """What was asked, in one line."""
        split = self.split
        repeats = "items seen before are left out" if split.exclude_seen else "items seen before may come again"
        drawn = "" if split.ordered else ", drawn by lot (the log has no order)"
        part = "TEST" if self.final else "validation"
        name = self.dataset.name if split.train == DEFAULT_TRAIN else f"{self.dataset.name} · train: {split.train}"
        return f"{name} · {DESCRIBED[split.how]}{drawn} · {part} part · full catalogue · {repeats}"

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain values."""
        split = self.split
        return {
            "dataset": self.dataset.name,
            "protocol": {
                "split": split.how,
                "part": split.part,
                "train": split.train,
                "ordered": split.ordered,
                "ranking": "full catalogue",
                "exclude_seen": split.exclude_seen,
                "note": self.dataset.protocol.note,
            },
            "notes": self.all_notes,
            "split_hash": split.split_hash,
            "fit_hash": split.fit_hash,
            "config_hash": self.config_hash,
            "seed": self.config.seed,
            "seeds": list(self.config.seeds),
            "config": self.config.model_dump(mode="json"),
            "version": __version__,
            "counts": self.counts,
            "log_share_by_popularity_group": self.log_groups,
            "reference": self.reference.method if self.reference else None,
            "results": [self._line(result) for result in self.results],
        }

    def _line(self, result: Result) -> dict[str, Any]:
        if not result.ran:
            kind = "cannot" if result.cannot is not None else "failed"
            return {"method": result.method, "ours": result.ours, kind: result.cannot or result.failed}
        return {
            "method": result.method,
            "ours": result.ours,
            "scores": {name: _score(result, name) for name in result.by_seed},
            "slot_share_by_popularity_group": None if result.groups_G is None else _rounded(result.groups_G),
            "hr@10_by_popularity_group_of_the_answer": (
                None if result.group_hits_G is None else _rounded(result.group_hits_G)
            ),
            "against_reference": self._ratios(result, self.reference, tuple(result.draws)) if self.reference else {},
            "against_each": self._against_each(result),
            "seeds": list(result.seeds),
            "deterministic": not result.seeds,
            "settings": result.settings,
            "epochs": result.epochs,
            "settings_tried": result.tried,
            "valid_score": None if result.valid_score is None else round(result.valid_score, 5),
            "trials": [_trial(trial) for trial in result.trials],
            "sources": {name: asdict(source) for name, source in result.sources.items()},
            "duplication": result.duplication,
            "answers_too_short": result.short,
            "measured_at": result.commit,
            "cost": _cost(result),
        }

    def _against_each(self, result: Result) -> dict[str, Any]:
        """Return one of ours over each of the others."""
        if not result.ours:
            return {}
        metrics = tuple(dict.fromkeys((self.config.choose_by, *COMPARED)))
        others = [other for other in self.results if other.ran and other is not result]
        return {other.method: self._ratios(result, other, metrics) for other in others}

    def _ratios(self, result: Result, other: Result, metrics: Sequence[str]) -> dict[str, Any]:
        return {name: ratio for name in metrics if (ratio := ratio_of(result, other, name)) is not None}

    def print(self, console: Console) -> None:
        """Show the table on a terminal."""
        from .table import print_report

        print_report(self, console)

    def write_page(self, path: Path) -> None:
        """Write the report as one HTML file that needs nothing beside it."""
        from .page import render_page

        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(render_page(self), encoding="utf-8")


def ratio_of(result: Result, other: Result, metric: str) -> dict[str, Any] | None:
    """Return one mean over the other with its paired interval; None where either has none or one is nothing."""
    if metric not in result.draws or metric not in other.draws or not other.mean(metric) > 0:
        return None
    ends = result.ratio_to(other, metric)
    return {
        "ratio": round(result.mean(metric) / other.mean(metric), 4),
        "interval": None if ends is None else _rounded(ends),
    }


def _score(result: Result, name: str) -> dict[str, Any] | None:
    """Return mean, interval and spread of a metric; None where it means nothing on this data set."""
    if not result.has(name):
        return None
    found: dict[str, Any] = {"mean": round(result.mean(name), 5)}
    if name in result.draws:
        found["interval"] = _rounded(result.interval(name))
    spread = result.spread(name)
    if spread is not None:
        found |= {"sd_over_seeds": round(spread, 5), "by_seed": _rounded(result.by_seed[name])}
    return found


def _trial(trial: Trial) -> dict[str, Any]:
    score = None if trial.score is None else round(trial.score, 5)
    more = {"failed": trial.failed} if trial.failed else {"epochs": trial.epochs} if trial.epochs is not None else {}
    return {"settings": trial.settings, "score": score, **more}


def _cost(result: Result) -> dict[str, Any]:
    """Return what it took: all that is not the same in every run stands here, and only here."""
    cost = result.cost
    each = cost.per_thousand_s
    return {
        "fit_s": round(cost.fit_s, 2),
        "tune_s": round(cost.tune_s, 2),
        "answer_s": round(cost.answer_s, 2),
        "seconds_per_1000_questions": None if each is None else round(each, 3),
        "peak_rss_mib": round(cost.peak_mib),
        "rss_before_mib": round(cost.before_mib),
        "trials_s": [round(trial.seconds, 1) for trial in result.trials],
    }


def _rounded(values: Any) -> list[float | None]:
    return [None if value is None or math.isnan(value) else round(float(value), 5) for value in values]
