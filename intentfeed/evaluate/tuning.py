"""How settings are chosen: on the valid part, with the same budget for ours and for theirs.

At most ten trials of at most five minutes a method and data set. Who only reweighs what was learnt (`Tunable`) tries
its variants; who must learn anew (`Trainable`) is watched while it does, and keeps the length that was best.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice
from time import perf_counter
from typing import Any

from pydantic import Field

from ..data.catalog import Catalog
from ..data.split import Split, sample
from ..errors import DataError
from ..types import Interactions, Settings
from .measure import measure, parse
from .recommender import CannotRun, Paced, Recommender, Trainable, Tunable, answers
from .result import Trial


class TuningConfig(Settings):
    """The budget, the same for every method."""

    choose_by: str = "ndcg@10"
    """What settings are chosen by, on the valid part."""
    tune: bool = True
    """Try each method's few settings; off, each runs as it comes."""
    trials: int = Field(default=10, ge=1)
    """Most settings that a method may try."""
    trial_s: float = Field(default=300.0, gt=0)
    """Most seconds that a trial may train."""
    watch: int = Field(default=5_000, ge=1)
    """Questions, drawn by lot, by which a training is watched; the choice between trials asks them all."""


@dataclass(frozen=True, slots=True)
class Valid:
    """The valid part and what may be learnt for it."""

    split: Split
    log: Interactions
    catalog: Catalog


def choose_variant(candidate: Tunable, valid: Valid, config: TuningConfig) -> tuple[Recommender, tuple[Trial, ...]]:
    """Return the best variant of a candidate that has learnt the valid part's log, the first of equals; and all."""
    tried, best = list[Trial](), list[tuple[float, Recommender]]()
    started = perf_counter()
    for variant in islice(candidate.variants(), config.trials):
        reached = score(variant, valid.split, config.choose_by)
        seconds, started = perf_counter() - started, perf_counter()
        tried.append(Trial(settings=settings_of(variant), score=reached, seconds=seconds))
        if not best or reached > best[0][0]:
            best = [(reached, variant)]
    assert best, "a tunable recommender has at least one setting"
    return best[0][1], tuple(tried)


def choose_trial(
    candidate: Trainable, valid: Valid, config: TuningConfig, *, seed: int
) -> tuple[Trainable, tuple[Trial, ...]]:
    """Return the best of a candidate's trials, trained from `seed`, the first of equals; and the record of all.

    A trial that breaks off is recorded with what it said, and the others go on.

    Raises:
        CannotRun: the method has nothing to work with.
        DataError, FloatingPointError: every trial broke off; the first one's error.
    """
    tried, best, broken = list[Trial](), list[tuple[float, Trainable]](), list[Exception]()
    for trial in (candidate.trials() or [candidate])[: config.trials]:
        trial, started = trial.seeded(seed), perf_counter()
        try:
            trial.fit_watched(valid.log, valid.catalog, watch(trial, valid.split, config), seconds=config.trial_s)
        except CannotRun:
            raise
        except (DataError, FloatingPointError) as error:
            broken.append(error)
            seconds = perf_counter() - started
            tried.append(Trial(settings=settings_of(trial), score=None, seconds=seconds, failed=str(error)))
            continue
        seconds, reached = perf_counter() - started, score(trial, valid.split, config.choose_by)
        tried.append(Trial(settings=settings_of(trial), score=reached, seconds=seconds, epochs=epochs_of(trial)))
        if not best or reached > best[0][0]:
            best = [(reached, trial)]
    if not best:
        raise broken[0]
    return best[0][1], tuple(tried)


def watch(recommender: Recommender, split: Split, config: TuningConfig) -> Callable[[], float]:
    """Return what scores a recommender as it stands, on a sample of the questions that is always the same."""
    few = replace(split, cases=sample(split.cases, config.watch)) if len(split.cases) > config.watch else split
    return lambda: score(recommender, few, config.choose_by)


def score(recommender: Recommender, split: Split, choose_by: str) -> float:
    """Return the mean of one metric over the questions."""
    lists = answers(recommender, split.cases, parse(choose_by)[1], exclude_seen=split.exclude_seen)
    return float(measure(lists, split, (choose_by,))[choose_by].mean())


def settings_of(recommender: object) -> dict[str, Any]:
    """Return the settings in force, where there are any: all of its config, or the parts that it says it `reads`."""
    settings, reads = getattr(recommender, "config", None), getattr(recommender, "reads", None)
    return settings.model_dump(mode="json", include=reads) if isinstance(settings, Settings) else {}


def epochs_of(recommender: object) -> float | None:
    """Return how long a trained one learns, where it tells."""
    return float(recommender.epochs) if isinstance(recommender, Paced) else None
