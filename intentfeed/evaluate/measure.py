"""Lists → values: every metric by its printed name, and how the values of several seeds become one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..data.split import Split
from ..errors import ConfigError
from .intervals import bootstrap, interval
from .metrics import LIST_METRICS, METRICS, WHOLE_METRICS, Shown, group_hit_rates, group_shares
from .metrics.sources import Sources, duplication, exclusive_recall, source_recall
from .recommender import Lists
from .result import Source

GROUPS_AT = 10
"""Slots that the popularity groups share, and in which their hits are counted."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The metrics of one set of lists; `weights` has those that weigh their questions, `wholes` has all as numbers."""

    values: dict[str, NDArray[np.float64]]
    weights: dict[str, NDArray[np.float64]]
    wholes: dict[str, float | None]
    groups_G: NDArray[np.float64]
    group_hits_G: NDArray[np.float64]


def measure(lists: Lists, split: Split, names: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """Return the value for each question [P] of the split, of the metrics that look at a question alone."""
    hits_PK = lists[0] == split.cases.target[:, None]
    wanted_P = np.ones(len(split.cases), dtype=np.int64)
    values = {}
    for name in names:
        metric, k = parse(name)
        values[name] = METRICS[metric](hits_PK, wanted_P, k)
    return values


def measure_all(lists: Lists, split: Split, names: Sequence[str], shown: Shown) -> Measured:
    """Return all the metrics; `shown` is the part's record, whose lists are replaced by these."""
    shown = replace(shown, ids_PK=lists[0])
    values, weights, wholes = dict[str, NDArray[np.float64]](), dict[str, NDArray[np.float64]](), {}
    for name in names:
        metric, k = parse(name)
        if metric in WHOLE_METRICS:
            wholes[name] = WHOLE_METRICS[metric](shown, k)
        elif metric in METRICS:
            values[name] = measure(lists, split, (name,))[name]
            wholes[name] = float(values[name].mean())
        else:
            values_P, weights_P = LIST_METRICS[metric](shown, k)
            has = bool(weights_P.sum() > 0)
            wholes[name] = float(np.average(values_P, weights=weights_P)) if has else None
            if has:
                values[name], weights[name] = values_P, weights_P
    return Measured(values, weights, wholes, group_shares(shown, GROUPS_AT), group_hit_rates(shown, GROUPS_AT))


def merged(runs: Sequence[Measured]) -> tuple[dict[str, NDArray[np.float64]], dict[str, NDArray[np.float64]]]:
    """Return values and weights of each question [P], the mean over runs: one a seed."""
    values, weights = {}, {}
    for name in [name for name in runs[0].values if all(name in run.values for run in runs)]:
        if name not in runs[0].weights:
            values[name] = np.mean([run.values[name] for run in runs], axis=0)
            continue
        weights[name] = np.mean([run.weights[name] for run in runs], axis=0)
        sums_P = np.mean([run.values[name] * run.weights[name] for run in runs], axis=0)
        values[name] = np.divide(sums_P, weights[name], out=np.zeros_like(sums_P), where=weights[name] > 0)
    return values, weights


def drawn(
    values: Mapping[str, NDArray[np.float64]],
    weights: Mapping[str, NDArray[np.float64]],
    users: Sequence[str],
    *,
    n: int,
    seed: int,
) -> dict[str, NDArray[np.float64]]:
    """Return the bootstrap means [B] of each metric."""
    ones = np.ones(len(users))
    values_PM = np.stack(list(values.values()), axis=1)
    weights_PM = np.stack([weights.get(name, ones) for name in values], axis=1)
    draws_BM = bootstrap(values_PM, users, n=n, seed=seed, weights_PM=weights_PM)
    return {name: draws_BM[:, column] for column, name in enumerate(values)}


def measure_sources(sources: Sources, split: Split, *, draws: int, seed: int) -> tuple[dict[str, Source], float | None]:
    """Return what each source brought, alone too, and the share of candidates that more than one brought."""
    target_P, users = split.cases.target, split.cases.users
    found, alone = source_recall(sources, target_P), exclusive_recall(sources, target_P)
    draws_by = drawn(alone, {}, users, n=draws, seed=seed)
    twice_P, n_P = duplication(sources)
    each = {
        name: Source(
            recall=float(found[name].mean()),
            exclusive=float(alone[name].mean()),
            exclusive_interval=interval(draws_by[name]),
            mean_length=float((ids_PK >= 0).sum(axis=1).mean()),
        )
        for name, ids_PK in sources.items()
    }
    return each, float(np.average(twice_P, weights=n_P)) if n_P.sum() else None


def parse(name: str) -> tuple[str, int]:
    """Return metric and cut-off of a printed name such as `ndcg@10`.

    Raises:
        ConfigError: there is no such metric, or no cut-off.
    """
    metric, _, k = name.partition("@")
    known = [*METRICS, *LIST_METRICS, *WHOLE_METRICS]
    if metric not in known or not k.isdigit() or int(k) < 1:
        raise ConfigError(f"there is no metric {name!r}: write NAME@K with one of {', '.join(known)}")
    return metric, int(k)
