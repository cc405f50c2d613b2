"""Recommenders × one split → results: everybody learns the same events and answers the same questions.

Settings are chosen on the valid part, for baselines as for ours. A score on the test part needs `final`, and is then
made by the chosen settings, refitted on what the test part allows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ..data.catalog import Catalog
from ..data.history import interactions
from ..data.split import Split
from ..types import Interactions, Settings
from .intervals import bootstrap, interval, ratio_interval
from .metrics import METRICS
from .recommender import CannotRun, Lists, Recommender, Tunable, answers


class EvalConfig(Settings):
    """What is measured."""

    metrics: tuple[str, ...] = ("hr@1", "hr@3", "hr@5", "hr@10", "ndcg@3", "ndcg@5", "ndcg@10", "mrr@10")
    """Metric and cut-off, as printed."""
    choose_by: str = "ndcg@10"
    """What settings are chosen by, on the valid part."""
    tune: bool = True
    """Try each method's few settings; off, each runs as it comes."""
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


@dataclass(frozen=True, kw_only=True)
class Result:
    """One line of the table: what a method scored, question by question, or why it could not."""

    method: str
    settings: dict[str, Any] = field(default_factory=dict)
    """Those in force, where the method has any."""
    tried: int = 1
    """How many settings were tried on the valid part."""
    values: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    """One value a question [P] for each metric."""
    draws: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    """Bootstrap means [B] for each metric."""
    fit_s: float = 0.0
    """Seconds to learn, with the trials."""
    answer_s: float = 0.0
    """Seconds to answer all the questions once."""
    short: int = 0
    """Questions answered with fewer items than asked for."""
    cannot: str | None = None
    """Why it could not run."""

    def mean(self, metric: str) -> float:
        """Return the mean over the questions."""
        return float(self.values[metric].mean())

    def interval(self, metric: str) -> tuple[float, float]:
        """Return the 95 % bootstrap interval of the mean."""
        return interval(self.draws[metric])

    def ratio_to(self, other: Result, metric: str) -> tuple[float, float] | None:
        """Return the paired 95 % interval of this mean over the other's."""
        return ratio_interval(self.draws[metric], other.draws[metric])


def compare(
    methods: Sequence[Method], catalog: Catalog, *, valid: Split, test: Split | None = None, config: EvalConfig
) -> list[Result]:
    """Return one result a method, in the order given: on `test` where there is one, else on `valid`."""
    learnt_from = {id(part): interactions(part.fit, catalog) for part in (valid, test) if part is not None}
    results = []
    for method in methods:
        candidate = method()
        try:
            results.append(_run(candidate, catalog, valid, test, learnt_from, config))
        except CannotRun as reason:
            results.append(Result(method=candidate.name, cannot=str(reason)))
    return results


def _run(
    candidate: Recommender | Served,
    catalog: Catalog,
    valid: Split,
    test: Split | None,
    learnt_from: dict[int, Interactions],
    config: EvalConfig,
) -> Result:
    """Return one method's line."""
    asked, k = test or valid, max(int(name.partition("@")[2]) for name in config.metrics)
    started, tried = perf_counter(), 1
    if isinstance(candidate, Served):
        lists, answer_s = candidate.answer(asked, catalog, k), 0.0
    else:
        if isinstance(candidate, Tunable) and config.tune:
            candidate.fit(learnt_from[id(valid)], catalog)
            candidate, tried = _chosen(candidate, valid, config)
        if tried == 1 or asked is not valid:
            candidate.fit(learnt_from[id(asked)], catalog)
        answering = perf_counter()
        lists = answers(candidate, asked.cases, k, exclude_seen=asked.exclude_seen)
        answer_s = perf_counter() - answering
    _check(lists, asked, k, candidate.name)
    values = measure(lists, asked, config.metrics)
    drawn = bootstrap(np.stack(list(values.values()), axis=1), asked.cases.users, n=config.draws, seed=config.seed)
    settings = getattr(candidate, "config", None)
    return Result(
        method=candidate.name,
        settings=settings.model_dump(mode="json") if isinstance(settings, Settings) else {},
        tried=tried,
        values=values,
        draws={name: drawn[:, column] for column, name in enumerate(values)},
        fit_s=perf_counter() - started - answer_s,
        answer_s=answer_s,
        short=int((lists[0] < 0).any(axis=1).sum()),
    )


def _chosen(candidate: Tunable, valid: Split, config: EvalConfig) -> tuple[Recommender, int]:
    """Return the best of the fitted candidate's variants on the valid part, the first of equals, and how many ran."""
    k = int(config.choose_by.partition("@")[2])
    best: tuple[float, Recommender] | None = None
    tried = 0
    for variant in candidate.variants():
        lists = answers(variant, valid.cases, k, exclude_seen=valid.exclude_seen)
        score = float(measure(lists, valid, (config.choose_by,))[config.choose_by].mean())
        tried += 1
        if best is None or score > best[0]:
            best = score, variant
    assert best is not None, "a tunable recommender has at least one setting"
    return best[1], tried


def _check(lists: Lists, asked: Split, k: int, name: str) -> None:
    """Refuse lists that would score by being wrong: of another shape, with an item twice, or with one seen before."""
    ids_PK = lists[0]
    assert ids_PK.shape == (len(asked.cases), k), f"{name} answered with shape {ids_PK.shape}"
    ordered = np.sort(ids_PK, axis=1)
    assert not ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)).any(), f"{name} listed an item twice"
    if asked.exclude_seen:
        again = [np.isin(ids, history).any() for ids, history in zip(ids_PK, asked.cases.histories, strict=True)]
        assert not any(again), f"{name} listed an item that was seen before"


def measure(lists: Lists, split: Split, names: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """Return each metric's value for each question [P] of the split."""
    hits_PK = lists[0] == split.cases.target[:, None]
    wanted_P = np.ones(len(split.cases), dtype=np.int64)
    values = {}
    for name in names:
        metric, _, k = name.partition("@")
        values[name] = METRICS[metric](hits_PK, wanted_P, int(k))
    return values
