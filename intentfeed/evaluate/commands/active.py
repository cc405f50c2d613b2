"""The active-intent-aware score of a sitting (RecBot, 5.2), trained on what the sitting may learn from."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ...data.catalog import Catalog
from ...errors import DataError
from ...feed.active import FeedJudge
from ...retrieval.active import ActiveTowers
from ...retrieval.active_intents import Facets
from ...retrieval.active_worth import UNJUDGED
from ...retrieval.fit_active import TrainActiveConfig, TrainedActive, train_active
from ...retrieval.fit_towers import TowerData
from ...types import Interactions, TextEncoder

UNTRAINED = (
    "no active-intent-aware score was trained (--active trains one): the feed's own score of the history stood in for "
    "it, and the loop '- active intent' is not in the tables"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """The score, where there is one that is served, with its share, and one sentence for the report."""

    towers: ActiveTowers | None
    told: str
    share: float = 0.0
    """In the personal score."""


def learnt(
    catalog: Catalog,
    log: Interactions,
    encoder: TextEncoder,
    *,
    repeats: bool,
    seed: int,
    seconds: float,
    config: TrainActiveConfig,
    judge: FeedJudge,
) -> Learnt:
    """Return the score, trained within about `seconds`; none, with the reason, where there is nothing to learn or
    hidden items say that the feed is better without it, as in a workspace.

    A training that ends by its time depends on the machine; the sentence says which one did.

    Raises:
        ConfigError: torch is not installed.
    """
    data = TowerData(catalog=catalog, log=log, encoder=encoder, tags={})
    began = time.monotonic()
    try:
        facets = Facets.of(catalog, config.active.intents)
        trained = train_active(data, facets, config, repeats=repeats, seed=seed, seconds=seconds, judge=judge)
    except DataError as error:
        return Learnt(towers=None, told=f"no active-intent-aware score: {error}; the feed's own score stood in for it")
    told = _told(trained, time.monotonic() - began)
    if trained.worth is None:  # nobody was to be asked
        return Learnt(towers=trained.towers, told=told, share=min(UNJUDGED, judge.commands.matcher.active))
    if not trained.worth.serves:
        return Learnt(
            towers=None, told=f"{told}; {trained.worth.why}, and the loop '- active intent' is not in the tables"
        )
    return Learnt(towers=trained.towers, told=f"{told}; {trained.worth.why}", share=trained.worth.share)


def _told(trained: TrainedActive, seconds: float) -> str:
    ends = {"time": "its time was up", "patience": "hidden items said so", "epochs": "that is its length"}
    told = f"the active-intent-aware score was trained on the log of this sitting in {seconds:.0f} s, "
    told += f"{trained.how.epochs:.1f} epochs ({ends[trained.how.why]})"
    if trained.ndcg is None:
        return told
    silent, asked = trained.ndcg
    return f"{told}; NDCG@10 of {trained.n_watched} hidden items {silent:.3f} unasked, {asked:.3f} asked for in a word"
