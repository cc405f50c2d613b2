"""Towers and the ranker that weighs them, learnt together: what `intentfeed train towers` and the referee both do.

Some people's last items are hidden. Towers learn from the rest for as long as they find the hidden items better; the
ranker then learns from the same items how far to trust them beside the other sources. Last the towers learn as long
from the whole log: what serves has seen everybody's newest events, and nothing was ranked that was learnt by heart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import Field

from ..retrieval.fit_towers import FitConfig, Fitted, Learner, Progress, TowerData, fit, quiet, torch_or_say
from ..retrieval.held_out import HeldOut, named
from ..retrieval.neighbours import NeighboursConfig
from ..retrieval.paper_config import PaperConfig
from ..retrieval.sequence_config import SequenceConfig
from ..retrieval.space import SpaceConfig
from ..retrieval.towers import Kind, Towers
from ..types import Settings
from .config import FeedConfig
from .model import hidden_log, learn_ranker
from .ranker import Ranker


class TrainConfig(Settings):
    """How towers are trained, and what they are."""

    kind: Kind = "sequence"
    """Ours, or the paper's."""
    fit: FitConfig = FitConfig(weight_decay=1e-4, warmup_steps=100, epochs=40, patience=3)
    """The loop."""
    sequence: SequenceConfig = SequenceConfig()
    """Our towers."""
    paper: PaperConfig = PaperConfig()
    """The paper's towers."""
    watched: int = Field(default=2_000, ge=0)
    """People whose hidden item says when to stop, at most."""
    least_watched: int = Field(default=20, ge=1)
    """With fewer nobody is asked, and the training has a fixed length."""
    unwatched_epochs: int = Field(default=10, ge=1)
    """That length."""
    watched_share: float = Field(default=0.5, gt=0, lt=1)
    """Share of the time that finding the length may take; the rest is for the training that serves."""


@dataclass(frozen=True, kw_only=True)
class TrainedFeed:
    """What serves, and how it came to be."""

    towers: Towers
    """Trained on the whole log."""
    ranker: Ranker
    """Knows how far to trust them."""
    text_share: float
    """Weight of the text half in a user's query vector; chosen with the ranker."""
    how: Fitted
    """Of the training that was watched; of the whole one where nobody was."""
    held: HeldOut


def learner_of(data: TowerData, config: TrainConfig, *, seed: int) -> Learner:
    """Return the untrained model of the kind that is set; needs the extra `train`."""
    if config.kind == "paper":
        from ..retrieval.paper_network import PaperLearner

        return PaperLearner(data, config.paper, seed=seed)
    from ..retrieval.sequence_network import SequenceLearner

    return SequenceLearner(data, config.sequence, seed=seed)


def train_feed(
    data: TowerData,
    config: TrainConfig | None = None,
    *,
    feed: FeedConfig | None = None,
    neighbours: NeighboursConfig | None = None,
    space: SpaceConfig | None = None,
    seed: int = 0,
    seconds: float = 1_200.0,
    folder: Path | None = None,
    faults: Path | None = None,
    resume: bool = False,
    name: str = "",
    progress: Progress = quiet,
) -> TrainedFeed:
    """Return towers and ranker, trained within `seconds`; with a `folder` the training can be resumed after a kill.

    Raises:
        ConfigError: torch is not installed.
        DataError: the log is too small, or the loss became no number; the batch is saved in `faults`.
    """
    torch_or_say()
    config, feed = config or TrainConfig(), feed or FeedConfig()
    hidden = hidden_log(data.catalog, data.log, feed)
    hidden = replace(hidden, histories=named(hidden, data))
    held = HeldOut.of(data, hidden, most=config.watched, repeats=not feed.exclude_seen)

    def train(
        part: str, data: TowerData, watch: Callable[[Learner], float] | None, seconds: float, epochs: float | None
    ) -> tuple[Learner, Fitted]:
        learner = learner_of(data, config, seed=seed)
        fitted = fit(
            learner,
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

    epochs, at_hidden, watched = float(config.unwatched_epochs), None, None
    if len(held) >= config.least_watched:
        share = seconds * config.watched_share
        learner, watched = train("watched", held.data, lambda it: held.ndcg(it.export()), share, None)
        epochs, at_hidden = watched.epochs, learner.export()
        seconds = max(seconds - watched.seconds, seconds - share)  # a slow validation takes nothing from what serves
    ranker, text_share = learn_ranker(
        data.catalog, hidden, data.encoder, feed, neighbours=neighbours, space=space, towers=at_hidden
    )
    learner, whole = train("whole", data, None, seconds, epochs)
    return TrainedFeed(towers=learner.export(), ranker=ranker, text_share=text_share, how=watched or whole, held=held)
