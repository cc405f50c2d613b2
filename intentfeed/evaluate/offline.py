"""Recommenders × one split → results: everybody learns the same events and answers the same questions.

Settings are chosen on the valid part, for baselines as for ours. A score on the test part needs `test`, and is then
made by the chosen settings, refitted on what the test part allows. What learns from a seed is fitted once a seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ..data.catalog import Catalog
from ..data.history import interactions
from ..data.split import Split
from ..errors import ConfigError, DataError
from .lines import Lines
from .measure import Measured, drawn, measure, measure_all, measure_sources, merged, parse
from .memory import PeakMemory
from .metrics import METRICS, Shown, shown_by
from .recommender import CannotRun, Lists, Recommender, Sourced, Trainable, Tunable, answers
from .result import Cost, Result, Trial
from .tuning import TuningConfig, Valid, choose_trial, choose_variant, epochs_of, score, settings_of

__all__ = ["EvalConfig", "Method", "Result", "Served", "best_baseline", "compare", "measure"]

CUTS = (1, 3, 5, 10, 20, 50)
"""Where lists are cut off."""
BEYOND = (
    "category_hr@30", "debiased_ndcg@10", "coverage@10", "gini@10", "long_tail@10", "novelty@10", "diversity@10",
    "category_diversity@10",
)  # fmt: skip
"""What else a list should be than right."""


class EvalConfig(TuningConfig):
    """What is measured, and how much may be spent to find settings."""

    metrics: tuple[str, ...] = (*(f"{name}@{k}" for name in ("hr", "ndcg", "recall", "mrr") for k in CUTS), *BEYOND)
    """Metric and cut-off, as printed."""
    seeds: tuple[int, ...] = Field(default=(0,), min_length=1)
    """What learns from a seed is fitted once with each: one for development, five for final tables."""
    reference: str | None = None
    """The method that every other is divided by; by default the best baseline on the valid part."""
    slate: int = Field(default=10, ge=1)
    """Items asked of what answers a whole split by itself: as many as people are shown."""
    draws: int = 1_000
    """Bootstrap draws behind an interval."""
    seed: int = 0
    """Of the draws."""


@runtime_checkable
class Served(Protocol):
    """Something that answers a whole split by itself, such as the batch path run on the cut log."""

    name: ClassVar[str]

    def answer(self, split: Split, catalog: Catalog, k: int) -> Lists:
        """Return the `k` items for each question.

        Raises:
            CannotRun: the split cannot be asked this way.
        """
        ...


Method = Callable[[], Recommender | Served]
"""Makes a fresh one."""


def compare(
    methods: Sequence[Method],
    catalog: Catalog,
    *,
    valid: Split,
    test: Split | None = None,
    config: EvalConfig,
    lines: Lines | None = None,
) -> list[Result]:
    """Return one result a method, in the order given: on `test` where there is one, else on `valid`.

    A method that has nothing to work with, lacks an extra, or breaks off stays in the list with what it said. A whole
    table may take hours: with `lines`, each is kept as soon as it is there, and what is kept is not measured again.

    Raises:
        ConfigError: a metric is unknown, or the reference is not among the methods.
        DataError: a kept line is damaged.
    """
    for name in config.metrics:
        parse(name)
    if parse(config.choose_by)[0] not in METRICS:
        raise ConfigError(f"settings cannot be chosen by {config.choose_by!r}: name one of {', '.join(METRICS)} at a K")
    candidates = [method() for method in methods]
    names = [candidate.name for candidate in candidates]
    if config.reference is not None and config.reference not in names:
        raise ConfigError(f"the reference {config.reference!r} is not at the table: choose one of {', '.join(names)}")
    table = _Table.of(catalog, valid, test, config)
    results = []
    for candidate in candidates:
        found = lines.find(candidate, candidate.name, valid, test, config) if lines else None
        if found is None:
            found = table.line(candidate)
            if lines:
                lines.keep(found, candidate, valid, test, config)
        results.append(found)
    return results


def best_baseline(results: Sequence[Result], config: EvalConfig) -> Result | None:
    """Return the reference: the one that the config names, else the baseline that was best on the valid part."""
    if config.reference is not None:
        return next((each for each in results if each.method == config.reference and each.ran), None)
    known = [(each.valid_score, -at) for at, each in enumerate(results) if each.valid_score is not None]
    known = [(reached, at) for reached, at in known if results[-at].ran and not results[-at].ours]
    return results[-max(known)[1]] if known else None


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The setting that is served, and how it was found."""

    recommender: Recommender
    trials: tuple[Trial, ...] = ()
    score: float | None = None
    """On the valid part; None where the table itself will tell."""
    fitted_in_s: float | None = None
    """Of one that stands as its training on the valid part left it."""


@dataclass(frozen=True, slots=True)
class _Table:
    """One comparison: the questions, the logs, and the rules."""

    valid: Valid
    asked: Valid
    """The part that is asked: the valid one, or the test."""
    shown: Shown
    """What is known of the asked part's items, without lists."""
    config: EvalConfig

    @classmethod
    def of(cls, catalog: Catalog, valid: Split, test: Split | None, config: EvalConfig) -> _Table:
        on_valid = Valid(valid, interactions(valid.fit, catalog), catalog)
        asked = on_valid if test is None else Valid(test, interactions(test.fit, catalog), catalog)
        return cls(on_valid, asked, shown_by(catalog, asked.log, asked.split.cases.target), config)

    @property
    def metrics(self) -> tuple[str, ...]:
        """What is measured: what was asked for, and what settings are chosen by."""
        return tuple(dict.fromkeys((*self.config.metrics, self.config.choose_by)))

    @property
    def k(self) -> int:
        """How many items are asked for."""
        return max(parse(name)[1] for name in self.metrics)

    def line(self, candidate: Recommender | Served) -> Result:
        """Return one method's line, or why there is none."""
        with PeakMemory() as memory:
            try:
                found = self._served(candidate) if isinstance(candidate, Served) else self._fitted(candidate)
            except (CannotRun, ConfigError) as reason:
                return Result(method=candidate.name, cannot=str(reason))
            except (DataError, FloatingPointError) as error:
                return Result(method=candidate.name, settings=settings_of(candidate), failed=str(error))
        return replace(found, cost=replace(found.cost, peak_mib=memory.peak_mib, before_mib=memory.before_mib))

    def _served(self, candidate: Served) -> Result:
        """Return the line of one that answers by itself: so many items as people are shown, and no more."""
        started, k = perf_counter(), min(self.config.slate, self.k)
        ids_PK, scores_PK = candidate.answer(self.asked.split, self.asked.catalog, k)
        cost = Cost(fit_s=perf_counter() - started, n_questions=len(ids_PK))
        _check((ids_PK, scores_PK), self.asked.split, k, candidate.name)
        room = ((0, 0), (0, self.k - k))
        lists = np.pad(ids_PK, room, constant_values=-1), np.pad(scores_PK, room, constant_values=-np.inf)
        measured = measure_all(lists, self.asked.split, self.metrics, self.shown)
        line = Result(method=candidate.name, settings=settings_of(candidate), cost=cost, short=_short(ids_PK))
        return self._scored(line, [measured])

    def _fitted(self, candidate: Recommender) -> Result:
        """Return the line of one that is fitted, with its settings chosen and once a seed."""
        started, on_valid = perf_counter(), self.asked is self.valid
        chosen = self._chosen(candidate)
        tune_s = perf_counter() - started
        if on_valid and chosen.fitted_in_s is not None:
            tune_s -= chosen.fitted_in_s  # the best trial's training is what is served here
        seeds = self.config.seeds if isinstance(chosen.recommender, Trainable) else ()
        line = Result(
            method=candidate.name,
            settings=settings_of(chosen.recommender),
            epochs=epochs_of(chosen.recommender),
            trials=chosen.trials,
            valid_score=chosen.score,
            seeds=seeds,
        )
        runs, fit_s, answer_s, split = list[Measured](), 0.0, 0.0, self.asked.split
        for fitted, seconds in self._fits(chosen, seeds):
            answering = perf_counter()
            lists = answers(fitted, split.cases, self.k, exclude_seen=split.exclude_seen)
            answer_s, fit_s = answer_s + perf_counter() - answering, fit_s + seconds
            _check(lists, split, self.k, candidate.name)
            if not runs:
                line = replace(self._with_sources(line, fitted), short=_short(lists[0]))
            runs.append(measure_all(lists, split, self.metrics, self.shown))
        n = len(runs)
        cost = Cost(fit_s=fit_s / n, tune_s=tune_s, answer_s=answer_s / n, n_questions=len(split.cases))
        return self._scored(replace(line, cost=cost), runs)

    def _chosen(self, candidate: Recommender) -> _Chosen:
        """Return the setting that is best on the valid part, with its score there."""
        config, valid = self.config, self.valid
        if config.tune and isinstance(candidate, Trainable):
            trained, trials = choose_trial(candidate, valid, config, seed=config.seeds[0])
            best = max((trial for trial in trials if trial.score is not None), key=lambda trial: trial.score or 0.0)
            return _Chosen(trained, trials, best.score, best.seconds)
        if config.tune and isinstance(candidate, Tunable):
            candidate.fit(valid.log, valid.catalog)
            variant, trials = choose_variant(candidate, valid, config)
            return _Chosen(variant, trials, max(trial.score or 0.0 for trial in trials))
        if self.asked is valid:
            return _Chosen(candidate)
        candidate.fit(valid.log, valid.catalog)
        return _Chosen(candidate, score=score(candidate, valid.split, config.choose_by))

    def _fits(self, chosen: _Chosen, seeds: Sequence[int]) -> Iterator[tuple[Recommender, float]]:
        """Yield the chosen setting fitted on what the asked part allows, once a seed, with the seconds it took."""
        recommender = chosen.recommender
        for at, seed in enumerate(seeds or (0,)):
            if not at and self.asked is self.valid and chosen.fitted_in_s is not None:
                yield recommender, chosen.fitted_in_s
                continue
            fresh = recommender.seeded(seed) if isinstance(recommender, Trainable) else recommender
            started = perf_counter()
            fresh.fit(self.asked.log, self.asked.catalog)
            yield fresh, perf_counter() - started

    def _with_sources(self, line: Result, fitted: Recommender) -> Result:
        """Return the line with what each source brought, where the method has several."""
        if not isinstance(fitted, Sourced):
            return line
        split, config = self.asked.split, self.config
        found = fitted.sources(split)
        if not found:
            return line
        sources, twice = measure_sources(found, split, draws=config.draws, seed=config.seed)
        return replace(line, sources=sources, duplication=twice)

    def _scored(self, line: Result, runs: Sequence[Measured]) -> Result:
        """Return the line with its scores: the mean over runs question by question, and the draws of that."""
        config, users = self.config, self.asked.split.cases.users
        values, weights = merged(runs)
        line = replace(
            line,
            values=values,
            weights=weights,
            draws=drawn(values, weights, users, n=config.draws, seed=config.seed),
            by_seed={name: tuple(run.wholes[name] for run in runs) for name in self.metrics},
            groups_G=np.mean([run.groups_G for run in runs], axis=0),
            group_hits_G=np.mean([run.group_hits_G for run in runs], axis=0),
        )
        return replace(line, valid_score=line.mean(config.choose_by)) if self.asked is self.valid else line


def _short(ids_PK: NDArray[np.int32]) -> int:
    """Return how many lists are shorter than asked for."""
    return int((ids_PK < 0).any(axis=1).sum())


def _check(lists: Lists, asked: Split, k: int, name: str) -> None:
    """Refuse lists that would score by being wrong: of another shape, with an item twice, or with one seen before."""
    ids_PK = lists[0]
    assert ids_PK.shape == (len(asked.cases), k), f"{name} answered with shape {ids_PK.shape}"
    ordered = np.sort(ids_PK, axis=1)
    assert not ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)).any(), f"{name} listed an item twice"
    if np.isnan(lists[1]).any():
        raise FloatingPointError(f"{name} scored items with what is no number, so that its order means nothing")
    if asked.exclude_seen:
        again = [np.isin(ids, history).any() for ids, history in zip(ids_PK, asked.cases.histories, strict=True)]
        assert not any(again), f"{name} listed an item that was seen before"
