"""Train the active-intent-aware score: find the length on hidden items, then learn from the whole log.

The same two trainings as of the towers (`feed/train.py`). What was hidden teaches no intent either: intents are drawn
for the places of the log that a training reads, and a hidden item is in none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ..types import Settings
from .active import ActiveTowers
from .active_config import ActiveConfig
from .active_intents import Facets
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


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Held-out people, each with an intent that the item they took up answers."""

    held: HeldOut
    intents: tuple[tuple[str, ...], ...]
    """In the catalogue's own words; () where their item has no value that may be named."""

    @classmethod
    def of(cls, held: HeldOut, facets: Facets, config: ActiveConfig, *, seed: int = 0) -> Asked:
        """Return them; the intents are drawn as in training, in bare words, from a stream that no training shares."""
        values, _ = facets.draw(held.targets, config.intents, np.random.default_rng([seed, 0xA5]))
        return cls(held=held, intents=tuple(facets.texts(row) for row in values.tolist()))

    def ndcg(self, towers: ActiveTowers, k: int = 10) -> tuple[float, float]:
        """Return NDCG@k of the items that people took up, asked without their intents and with them."""
        ranks = np.array([self._ranks(towers, row) for row in range(len(self.intents))]).reshape(-1, 2)
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
    """Trained on the whole log."""
    how: Fitted
    """Of the training that was watched; of the whole one where nobody was."""
    ndcg: tuple[float, float] | None
    """Of the watched training, on hidden items: without intents and with them; None where nobody was watched."""
    n_watched: int


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
    folder: Path | None = None,
    faults: Path | None = None,
    resume: bool = False,
    name: str = "",
    progress: Progress = quiet,
) -> TrainedActive:
    """Return the towers, trained within `seconds`; with a `folder` the training can be resumed after a kill.

    Raises:
        ConfigError: torch is not installed.
        DataError: the log is too small, the catalogue has nothing to ask for, or the loss became no number.
    """
    torch_or_say()
    from .active_network import ActiveLearner

    config = config or TrainActiveConfig()
    held = HeldOut.of(data, most=config.watched, repeats=repeats)
    asked = Asked.of(held, facets, config.active)

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

    epochs, watched, ndcg = float(config.unwatched_epochs), None, None
    if len(held) >= config.least_watched:
        share = seconds * config.watched_share
        learner, watched = train("watched", held.data, lambda it: float(np.mean(asked.ndcg(it.export()))), share, None)
        epochs, ndcg = watched.epochs, asked.ndcg(learner.export())
        seconds = max(seconds - watched.seconds, seconds - share)
    learner, whole = train("whole", data, None, seconds, epochs)
    n_watched = len(held) if watched else 0
    return TrainedActive(towers=learner.export(), how=watched or whole, ndcg=ndcg, n_watched=n_watched)
