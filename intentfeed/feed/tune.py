"""Who can tell people's last item from what came before? Asked of the log itself, to learn how candidates are ranked.

Items are hidden (`retrieval/hidden.py`), the sources fitted on the rest, and what puts the hidden items highest is
learnt: first one weight a source, by coordinate ascent; then, from enough people, one a feature, by a listwise softmax.
Deterministic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .config import SourceName
from .ranker import OF_ITEM, Ranker

STEPS = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5)
"""Weights that are tried. None is zero: a source that the many hardly need speaks for new items and for odd people."""
START = 0.2
"""Weight of every source but the best one before any is moved."""
ROUNDS = 4
GAIN = 1e-4
"""Least gain that moves a weight: less is chance."""
RIDGE = 10.0
"""Of the softmax, in people, on features of spread one. Choosing it by folds cost a tenth on movielens-100k."""
FREE = tuple(f"item.{kind}" for kind in OF_ITEM if kind != "seen")
"""Features whose weight may fall below zero."""
CONSTANT = 1e-4
"""A feature that varies less says nothing."""
FEWEST = 40
"""With fewer people than this nothing is learnt beyond a weight a source."""
MOST = 500
"""Candidates of a person that are learnt from, those first that do best by the sources' weights."""
SHOWN = 10
"""Places of a slate: where an item must stand to be found."""
RAISES = 50
"""Steps in which new items are raised; the smallest that finds most of them is kept."""


@dataclass(frozen=True)
class Examples:
    """Features of people's candidates, laid end to end, and where each person's hidden item is among them."""

    names: tuple[str, ...]
    features_NF: NDArray[np.float32]
    start_P: NDArray[np.int64]
    target_P: NDArray[np.int64]

    @classmethod
    def of(cls, names: Sequence[str], blocks: Sequence[NDArray[np.float32]], targets: Sequence[int]) -> Examples:
        """Return the examples of people's features_CF and the places of their hidden items therein."""
        starts = np.cumsum([0, *(len(block) for block in blocks)])[:-1]
        features = np.concatenate(blocks) if blocks else np.zeros((0, len(names)), dtype=np.float32)
        return cls(tuple(names), features, starts, starts + np.array(targets, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.start_P)

    @property
    def sizes_P(self) -> NDArray[np.int64]:  # noqa: N802
        """Candidates a person."""
        return np.diff(np.append(self.start_P, len(self.features_NF)))

    def among(self, people: NDArray[np.int64]) -> Examples:
        """Return the examples of some people."""
        edges = [*self.start_P.tolist(), len(self.features_NF)]
        blocks = [self.features_NF[edges[p] : edges[p + 1]] for p in people.tolist()]
        return Examples.of(self.names, blocks, (self.target_P - self.start_P)[people].tolist())

    def best(self, total_N: NDArray[np.float32], n: int) -> Examples:
        """Return the examples with each person's `n` best candidates and the hidden item, in their order."""
        blocks, targets = [], []
        for (lo, hi), target in zip(
            pairwise([*self.start_P.tolist(), len(total_N)]), self.target_P.tolist(), strict=True
        ):
            kept = np.sort(np.unique(np.append(np.argsort(-total_N[lo:hi], kind="stable")[:n], target - lo)))
            blocks.append(self.features_NF[lo:hi][kept])
            targets.append(int(np.searchsorted(kept, target - lo)))
        return Examples.of(self.names, blocks, targets)

    def hits(self, total_N: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Return whether each hidden item is among the first ten [P]."""
        goal = np.repeat(total_N[self.target_P], self.sizes_P)
        return np.asarray(np.add.reduceat(total_N > goal, self.start_P, dtype=np.int64) < SHOWN)

    def utilities(self, total_N: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the discounted gain of each hidden item over the whole list [P]: less jumpy than its top alone."""
        goal = np.repeat(total_N[self.target_P], self.sizes_P)
        above = np.add.reduceat(total_N > goal, self.start_P, dtype=np.int64)
        level = np.add.reduceat(total_N == goal, self.start_P, dtype=np.int64) - 1
        return np.asarray(1 / np.log2(above + level / 2 + 2))  # equal ones by lot: row order may tell something


def learn(examples: Examples, speaking: Sequence[SourceName], *, new_items_cost: float = 0.0) -> tuple[Ranker, float]:
    """Return the ranker that puts the hidden items highest, and the mean discounted gain that it reaches.

    New items are then raised, at the cost of no more than this share of the hits on known ones.
    """
    if not len(examples):
        return Ranker.fixed(dict.fromkeys(speaking, 1.0), speaking), 0.0
    columns = {name: examples.features_NF[:, examples.names.index(f"{name}.score")] for name in speaking}
    weights, utility = _ascend(columns, lambda total: float(examples.utilities(total).mean()))
    simple = Ranker.fixed(weights, speaking)
    if len(examples) < FEWEST:
        return simple, utility
    start_F = np.array([simple.weights.get(name, 0.0) for name in examples.names])
    few = examples.best((examples.features_NF @ start_F).astype(np.float32), MOST)
    ranker, utility = _learn(few)
    return raised(ranker, examples, new_items_cost), utility


def raised(ranker: Ranker, examples: Examples, cost: float) -> Ranker:
    """Return the ranker that gives new items as much room as known ones can spare: `cost` of their hits [ours].

    By their odds alone new items hardly come up: each is an unlikely next one, and a feed that never shows them never
    learns better. They are raised by how well they read, `item.new`: what goes with nothing stays where it is.
    """
    if cost <= 0 or "item.new" not in examples.names:
        return ranker
    new_N = examples.features_NF[:, examples.names.index("item.new")]
    known_P = new_N[examples.target_P] == 0
    if known_P.all() or not known_P.any():
        return ranker
    weights_F = np.array([ranker.weights.get(name, 0.0) for name in examples.names])
    total_N = examples.features_NF @ weights_F
    allowed = (1 - cost) * np.count_nonzero(examples.hits(total_N)[known_P])
    best, most = 0.0, -1
    for raise_ in (np.arange(RAISES) / RAISES * ranker.most()).tolist():  # as much as all sources together is too much
        hits_P = examples.hits(total_N + raise_ * new_N)
        if np.count_nonzero(hits_P[known_P]) < allowed:
            break
        if (found := int(np.count_nonzero(hits_P[~known_P]))) > most:
            best, most = raise_, found
    return replace(ranker, weights={**ranker.weights, "item.new": ranker.weights.get("item.new", 0.0) + best})


def _learn(examples: Examples) -> tuple[Ranker, float]:
    """Return the ranker by the softmax, and the mean discounted gain that it reaches."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # sums of another order differ in the last bit
        weights_F = _softmax(examples, RIDGE / len(examples))
    reached = float(examples.utilities(examples.features_NF @ weights_F).mean())
    return _ranker(dict(zip(examples.names, weights_F.tolist(), strict=True))), reached


def _ranker(weights: dict[str, float]) -> Ranker:
    """Return the ranker with weights on the scale of the sources alone: the best that all can add is 1."""
    total = Ranker(weights).most() or 1.0
    return Ranker({name: weight / total for name, weight in weights.items()}, learnt=True)


def _loss(examples: Examples, total_N: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Return the mean surprise at the hidden items, and its gradient by the scores [N]."""
    sizes = examples.sizes_P
    peak = np.maximum.reduceat(total_N, examples.start_P)
    odds = np.exp(total_N - np.repeat(peak, sizes))
    sums = np.add.reduceat(odds, examples.start_P)
    loss = float((np.log(sums) + peak - total_N[examples.target_P]).mean())
    slope = odds / np.repeat(sums, sizes)
    slope[examples.target_P] -= 1
    return loss, slope / len(examples)


def _softmax(examples: Examples, ridge: float) -> NDArray[np.float64]:
    """Return the weights [F] that are least surprised; each feature pays for what it moves, whatever its scale.

    What a source says never speaks against an item: a weight below zero fits noise, and hides who brought the item.
    Nor does it that an item was seen before: where it may come again, a log whose repeats were merged would teach that.
    """
    from scipy.optimize import minimize

    X = examples.features_NF
    spread_F = X.std(axis=0, dtype=np.float64)
    scale_F = np.divide(1, spread_F, out=np.zeros_like(spread_F), where=spread_F > CONSTANT)

    def surprise(weights_F: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        loss, slope_N = _loss(examples, (X @ (weights_F * scale_F).astype(np.float32)).astype(np.float64))
        slope_F = (slope_N.astype(np.float32) @ X) * scale_F
        return loss + 0.5 * ridge * float(weights_F @ weights_F), slope_F + ridge * weights_F

    bounds = [(None if name in FREE else 0.0, None) for name in examples.names]
    start = np.zeros(X.shape[1])
    found = minimize(surprise, start, jac=True, bounds=bounds, method="L-BFGS-B", options={"maxiter": 200})
    return np.asarray(found.x * scale_F)


def _ascend(
    scores: dict[SourceName, NDArray[np.float32]], measure: Callable[[NDArray[np.float32]], float]
) -> tuple[dict[SourceName, float], float]:
    """Return weights by coordinate ascent from the best single source; the first of equals wins."""
    alone = {source: measure(column) for source, column in scores.items()}
    first = max(alone, key=lambda source: alone[source])
    weights: dict[SourceName, float] = {source: 1.0 if source == first else START for source in scores}
    utility = measure(_rest(scores, weights))
    for _ in range(ROUNDS):
        before = dict(weights)
        for source in (source for source in scores if source != first):
            utility = _best_step(weights, source, scores, measure, utility)
        if weights == before:
            break
    return weights, utility


def _best_step(
    weights: dict[SourceName, float],
    source: SourceName,
    scores: dict[SourceName, NDArray[np.float32]],
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


def _rest(scores: dict[SourceName, NDArray[np.float32]], weights: dict[SourceName, float]) -> NDArray[np.float32]:
    """Return the weighted sum of the sources in `weights`."""
    total = np.zeros_like(next(iter(scores.values())))
    for source, weight in weights.items():
        total += np.float32(weight) * scores[source]
    return total
