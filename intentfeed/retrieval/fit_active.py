"""Train the active-intent-aware score: find the length on hidden items, then learn from the whole log.

The same two trainings as of the towers (`feed/train.py`). What was hidden teaches no intent either: intents are drawn
for the places of the log that a training reads, and a hidden item is in none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ..types import Settings
from .active import ActiveTowers
from .active_config import ActiveConfig
from .active_intents import NONE, Facets
from .active_worth import Judge, Worth
from .fit_towers import FitConfig, Fitted, Progress, TowerData, fit, quiet, torch_or_say
from .held_out import HeldOut


class TrainActiveConfig(Settings):
    """How the active-intent-aware score is trained, and what it is."""

    active: ActiveConfig = ActiveConfig()
    """The network."""
    fit: FitConfig = FitConfig(weight_decay=1e-4, warmup_steps=100, epochs=40, patience=3)
    """The loop."""
    watched: int = Field(default=1_000, ge=0)
    """People whose hidden item says when to stop, at most."""
    least_watched: int = Field(default=20, ge=1)
    """With fewer nobody is asked, and the training has a fixed length."""
    unwatched_epochs: int = Field(default=10, ge=1)
    """That length."""
    watched_share: float = Field(default=0.5, gt=0, lt=1)
    """Share of the time that finding the length may take."""
    judged: int = Field(default=1_000, ge=0)
    """People whose hidden item says whether the score is worth serving, at most [ours]; 0 asks nobody, and it is."""
    shares: tuple[float, ...] = (0.25, 0.5, 0.75, 1.0)
    """Shares of the score in the personal score that are tried on them, up to the one that the feed may give it."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Held-out people, each with an intent that the item they took up answers."""

    held: HeldOut
    intents: tuple[tuple[str, ...], ...]
    """In the catalogue's own words; () where their item has no value that may be named."""
    values: tuple[tuple[int, ...], ...]
    """The same as numbers of `facets`."""
    facets: Facets

    @classmethod
    def of(cls, held: HeldOut, facets: Facets, config: ActiveConfig, *, seed: int = 0) -> Asked:
        """Return them; the intents are drawn as in training, in bare words, from a stream that no training shares."""
        drawn, _ = facets.draw(held.targets, config.intents, np.random.default_rng([seed, 0xA5]))
        values = tuple(tuple(value for value in row if value != NONE) for row in drawn.tolist())
        return cls(held=held, intents=tuple(facets.texts(row) for row in values), values=values, facets=facets)

    def __len__(self) -> int:
        return len(self.intents)

    def some(self, most: int) -> Asked:
        """Return up to `most` of them, evenly spread."""
        rows = np.unique(np.linspace(0, len(self) - 1, min(most, len(self))).astype(int)).tolist()
        histories = tuple(self.held.histories[row] for row in rows)
        held = replace(self.held, histories=histories, targets=self.held.targets[rows])
        intents, values = (tuple(of[row] for row in rows) for of in (self.intents, self.values))
        return Asked(held=held, intents=intents, values=values, facets=self.facets)

    def ndcg(self, towers: ActiveTowers, k: int = 10) -> tuple[float, float]:
        """Return NDCG@k of the items that people took up, asked without their intents and with them."""
        ranks = np.array([self._ranks(towers, row) for row in range(len(self))]).reshape(-1, 2)
        plain, told = (
            (np.where(ranks < k, 1 / np.log2(ranks + 2.0), 0.0).mean(axis=0)).tolist() if len(ranks) else (0.0, 0.0)
        )
        return plain, told

    def _ranks(self, towers: ActiveTowers, row: int) -> NDArray[np.int64]:
        history = self.held.histories[row]
        seen = () if self.held.repeats else history.item
        return ranks_of(towers.scores_many(history, [(), self.intents[row]]), int(self.held.targets[row]), seen)


@dataclass(frozen=True, kw_only=True)
class TrainedActive:
    """What serves, and how it came to be."""

    towers: ActiveTowers
    """Trained on the whole log; where they are not worth serving, without the hidden items."""
    how: Fitted
    """Of the training that was watched; of the whole one where nobody was."""
    ndcg: tuple[float, float] | None
    """Of the watched training, on hidden items: without intents and with them; None where nobody was watched."""
    n_watched: int
    worth: Worth | None = None
    """What they are worth beside what stands in for them; None where nobody was asked to say."""


def ranks_of(scores_QI: NDArray[np.float32], target: int, seen: Sequence[int] | NDArray[np.int32]) -> NDArray[np.int64]:
    """Return how many items a target stands behind in each row, in the middle of those that score as it does."""
    own = scores_QI[:, target][:, None].copy()
    scores_QI = np.array(scores_QI)
    mine = np.asarray(seen, dtype=np.int64)
    scores_QI[:, mine[(mine >= 0) & (mine != target)]] = -np.inf
    ahead = (scores_QI > own).sum(axis=1) + ((scores_QI == own).sum(axis=1) - 1) // 2
    return np.asarray(ahead, dtype=np.int64)


def train_active(
    data: TowerData,
    facets: Facets,
    config: TrainActiveConfig | None = None,
    *,
    repeats: bool = False,
    seed: int = 0,
    seconds: float = 1_200.0,
    judge: Judge | None = None,
    folder: Path | None = None,
    faults: Path | None = None,
    resume: bool = False,
    name: str = "",
    progress: Progress = quiet,
) -> TrainedActive:
    """Return the towers, trained within `seconds`; with a `folder` the training can be resumed after a kill.

    A `judge` says of the towers that have not seen the hidden items whether they are worth serving. Where they are not,
    nothing is learnt from the whole log. Judging takes no time from what serves.

    Raises:
        ConfigError: torch is not installed.
        DataError: the log is too small, the catalogue has nothing to ask for, or the loss became no number.
    """
    torch_or_say()
    from .active_network import ActiveLearner

    config = config or TrainActiveConfig()
    judge = judge if config.judged else None
    held = HeldOut.of(data, most=max(config.watched, config.judged if judge else 0), repeats=repeats)
    hidden = Asked.of(held, facets, config.active)
    asked = hidden.some(config.watched)

    def train(
        part: str, data: TowerData, watch: Callable[[ActiveLearner], float] | None, seconds: float, epochs: float | None
    ) -> tuple[ActiveLearner, Fitted]:
        learner = ActiveLearner(data, facets, config.active, seed=seed)
        fitted = fit(
            learner,  # type: ignore[arg-type]  # it exports what serves intents
            config.fit,
            seed=seed,
            watch=None if watch is None else lambda: watch(learner),
            seconds=seconds,
            epochs=epochs,
            folder=folder / part if folder else None,
            faults=faults,
            resume=resume,
            name=name,
            progress=lambda what, done, of: progress(f"{part}, {what}", done, of),
        )
        return learner, fitted

    epochs, watched, ndcg, worth = float(config.unwatched_epochs), None, None, Worth() if judge else None
    if len(asked) >= config.least_watched:
        share = seconds * config.watched_share
        learner, watched = train("watched", held.data, lambda it: float(np.mean(asked.ndcg(it.export()))), share, None)
        towers, began = learner.export(), time.monotonic()
        epochs, ndcg = watched.epochs, asked.ndcg(towers)
        if judge:
            progress("worth", 0, 1)
            worth = judge(hidden.some(config.judged), towers)
            progress("worth", 1, 1)
            if not worth.serves:
                return TrainedActive(towers=towers, how=watched, ndcg=ndcg, n_watched=len(asked), worth=worth)
        seconds = max(seconds - watched.seconds - (time.monotonic() - began), seconds - share)
    learner, whole = train("whole", data, None, seconds, epochs)
    n_watched = len(asked) if watched else 0
    return TrainedActive(towers=learner.export(), how=watched or whole, ndcg=ndcg, n_watched=n_watched, worth=worth)
