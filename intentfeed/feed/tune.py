"""How much should each source count? Asked of the log itself: who can tell people's last item from what came before?

One item of each of a few people is hidden, the sources are fitted on the rest, and the weights are chosen that put
the hidden items highest. Deterministic; no outside validation or test row is touched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..retrieval.evidence import Evidence, evidence
from ..retrieval.index import best
from ..types import Interactions
from .config import SOURCES, Source
from .sources import Sources
from .taste import Taste, taste_of_rows

STEPS = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5)
"""Weights that are tried. None is zero: a source that the many hardly need speaks for new items and for odd people."""
START = 0.2
"""Weight of every source but the best one before any is moved."""
SHARES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
ROUNDS = 4
GAIN = 1e-4
"""Least gain that moves a weight: less is chance."""
DEPTH = 150
"""Best items of each source among which a hidden one is looked for."""
BLOCK = 400_000
"""Scores of one source held at a time."""
EQUAL: dict[Source, float] = dict.fromkeys(SOURCES, 1.0)


@dataclass(frozen=True)
class Tuned:
    """What was chosen, and how well it did."""

    weights: dict[Source, float]
    text_share: float
    """Weight of the text half in a user's query vector."""
    n_users: int
    utility: float


@dataclass(frozen=True)
class Hidden:
    """The log without the last item of some people, and those items."""

    log: Interactions
    tastes: list[Taste]
    targets: list[int]


def hide_last(log: Interactions, n_users: int) -> Hidden:
    """Return the log without every trace of the last distinct item of up to `n_users` people, evenly spread.

    Who has fewer than two items is never asked.
    """
    found = evidence(log)
    lengths = np.diff(found.starts)
    able = np.flatnonzero(lengths >= 2)
    if not len(able) or n_users <= 0:
        return Hidden(log, [], [])
    asked = able[np.unique(np.linspace(0, len(able) - 1, min(n_users, len(able))).astype(np.int64))]
    last = found.item[found.starts[asked + 1] - 1]
    hidden = np.full(log.n_users, -1, dtype=np.int64)
    hidden[asked] = last
    keep = hidden[log.user] != log.item
    columns = {name: getattr(log, name)[keep] for name in ("user", "item", "action", "time_s", "value")}
    return Hidden(replace(log, **columns), _tastes(found, asked.tolist()), last.tolist())


def _tastes(found: Evidence, users: list[int]) -> list[Taste]:
    starts = found.starts
    return [taste_of_rows(found.item[starts[user] : starts[user + 1] - 1].tolist()) for user in users]


def tune(sources: Sources, hidden: Hidden) -> Tuned:
    """Return the weights under which `sources`, fitted on the hidden log, rank the hidden items best."""
    if not hidden.targets:
        return Tuned(dict(EQUAL), sources.space.config.text_share, 0, 0.0)
    scores, halves, at = _table(sources, hidden)
    weights, utility = _ascend(scores, at)
    shares = [(at.utility(share * halves[0] + (1 - share) * halves[1]), -share) for share in SHARES]
    share = -max(shares)[1] if halves[0].any() else SHARES[0]
    return Tuned(weights, share, len(hidden.targets), utility)


@dataclass(frozen=True)
class _Places:
    """Where each person's candidates lie in the flat table, and where the hidden item is among them."""

    start: NDArray[np.int64]
    target: NDArray[np.int64]

    def utility(self, total: NDArray[np.float32]) -> float:
        """Return the mean discounted gain of the hidden items over the whole list: less jumpy than its top alone."""
        goal = np.repeat(total[self.target], np.diff(np.append(self.start, len(total))))
        above = np.add.reduceat(total > goal, self.start, dtype=np.int64)
        level = np.add.reduceat(total == goal, self.start, dtype=np.int64) - 1
        rank = above + level / 2  # equal ones by lot: rows may lie in an order that tells something
        return float((1 / np.log2(rank + 2)).mean())


def _table(
    sources: Sources, hidden: Hidden
) -> tuple[dict[Source, NDArray[np.float32]], list[NDArray[np.float32]], _Places]:
    """Return each source's scores of every person's candidates, laid end to end, and the two halves' plain ones."""
    step = max(1, BLOCK // max(sources.n_items, 1))
    columns: dict[Source, list[NDArray[np.float32]]] = {source: [] for source in sources.speaking}
    halves: list[list[NDArray[np.float32]]] = [[], []]
    start, target, n = [], [], 0
    for lo in range(0, len(hidden.targets), step):
        tastes, targets = hidden.tastes[lo : lo + step], hidden.targets[lo : lo + step]
        allowed = np.ones((len(tastes), sources.n_items), dtype=np.bool_)
        for row, taste in enumerate(tastes):
            allowed[row, list(taste.seen)] = False
        block = sources.score_all(tastes, allowed, sources.speaking)
        plain = [sources.score("text", tastes), sources.score("taste", tastes)]
        listed = [best(np.where(allowed, scores, -np.inf).astype(np.float32), DEPTH)[0] for scores in block.values()]
        for row, goal in enumerate(targets):
            found = np.unique(np.concatenate([*(rows[row] for rows in listed), [goal]]))
            found = found[found >= 0]
            for source, scores in block.items():
                columns[source].append(scores[row, found])
            for half, scores in zip(halves, plain, strict=True):
                half.append(scores[row, found])
            start.append(n)
            target.append(n + int(np.searchsorted(found, goal)))
            n += len(found)
    flat = {source: np.concatenate(parts) for source, parts in columns.items()}
    return flat, [np.concatenate(half) for half in halves], _Places(np.array(start), np.array(target))


def _ascend(scores: dict[Source, NDArray[np.float32]], at: _Places) -> tuple[dict[Source, float], float]:
    """Return weights by coordinate ascent from the best single source; the first of equals wins."""
    alone = {source: at.utility(column) for source, column in scores.items()}
    first = max(alone, key=lambda source: alone[source])
    weights: dict[Source, float] = {source: 1.0 if source == first else START for source in scores}
    utility = at.utility(_rest(scores, weights))
    for _ in range(ROUNDS):
        before = dict(weights)
        for source in (source for source in scores if source != first):
            utility = _best_step(weights, source, scores, at.utility, utility)
        if weights == before:
            break
    return weights, utility


def _best_step(
    weights: dict[Source, float],
    source: Source,
    scores: dict[Source, NDArray[np.float32]],
    measure: Callable[[NDArray[np.float32]], float],
    utility: float,
) -> float:
    """Set the weight of one source to the step that gains most, if any gains enough; return the utility reached."""
    rest = _rest(scores, {other: weight for other, weight in weights.items() if other != source})
    for step in STEPS:
        if step != weights[source]:
            reached = measure(rest + np.float32(step) * scores[source])
            if reached > utility + GAIN:
                utility, weights[source] = reached, step
    return utility


def _rest(scores: dict[Source, NDArray[np.float32]], weights: dict[Source, float]) -> NDArray[np.float32]:
    """Return the weighted sum of the sources in `weights`."""
    total = np.zeros_like(next(iter(scores.values())))
    for source, weight in weights.items():
        total += np.float32(weight) * scores[source]
    return total
