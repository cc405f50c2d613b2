"""What the request path learns from the whole log, beyond what retrieval does: frozen until the next `--refit`."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..data.catalog import Catalog
from ..retrieval.ease import ease_weights
from ..retrieval.encode import EncoderConfig, SvdEncoder
from ..retrieval.hidden import Hidden, hide_items, hide_last
from ..retrieval.index import IndexConfig
from ..retrieval.lexical import Lexical
from ..retrieval.neighbours import CLOSE, NEXT, ItemNeighbours, NeighboursConfig
from ..retrieval.space import Space, SpaceConfig
from ..retrieval.towers import Towers
from ..types import Interactions, TextEncoder
from .config import SOURCES, FeedConfig, SourceName
from .filters import Screen
from .gather import Asked
from .indexes import Indexes
from .ranker import Features, Ranker, widths_of
from .sources import Lookups, speaking
from .stats import ItemStats
from .taste import taste_of
from .tune import Examples, learn

SHARES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
"""Weights of the text half in a user's query vector that are tried."""
SCORES = 400_000_000
"""Items times people that the ranker may learn from: bounds a fit on a very large catalogue."""


@dataclass(frozen=True)
class FeedModel:
    """What comes next, what stands close, what is popular, and how candidates are ranked."""

    next: ItemNeighbours
    close: ItemNeighbours
    ease: ItemNeighbours
    words: Lexical
    stats: ItemStats
    ranker: Ranker
    text_share: float
    """Weight of the text half in a user's query vector."""

    @classmethod
    def fit(
        cls,
        catalog: Catalog,
        log: Interactions,
        encoder: TextEncoder,
        config: FeedConfig | None = None,
        *,
        neighbours: NeighboursConfig | None = None,
        space: SpaceConfig | None = None,
        ranked: tuple[Ranker, float] | None = None,
    ) -> FeedModel:
        """Return the model of a log; `neighbours` and `space` are the settings under which those are fitted.

        `ranked` is what `learn_ranker` gave, where it was asked before, with trained towers.
        """
        config = config or FeedConfig()
        neighbours, space = neighbours or NeighboursConfig(), space or SpaceConfig()
        words = Lexical.fit(catalog, encoder)
        ranker, text_share = ranked or learn_ranker(
            catalog, hidden_log(catalog, log, config), encoder, config, neighbours=neighbours, space=space, words=words
        )
        return cls(
            next=ItemNeighbours.fit(log, _like(NEXT, neighbours)),
            close=ItemNeighbours.fit(log, _like(CLOSE, neighbours)),
            ease=ease_weights(log, config.ease),
            words=words,
            stats=ItemStats.fit(log, config.recent_half_life_days),
            ranker=ranker,
            text_share=text_share,
        )

    def ranking(self, ranker: Ranker, text_share: float) -> FeedModel:
        """Return the model with another ranker, such as the one that was learnt beside trained towers."""
        return replace(self, ranker=ranker, text_share=text_share)

    def save(self, folder: Path) -> None:
        """Write `feed.npz`, `feed.json`, `ranker.json`, the words, and the folders `next`, `close` and `ease`."""
        self.next.save(folder / "next")
        self.close.save(folder / "close")
        self.ease.save(folder / "ease")
        self.words.save(folder)
        self.ranker.save(folder / "ranker.json")
        self.stats.save(folder / "feed.npz")
        (folder / "feed.json").write_text(json.dumps({"text_share": self.text_share}))

    @classmethod
    def load(cls, folder: Path) -> FeedModel:
        """Read what `save` wrote."""
        return cls(
            next=ItemNeighbours.load(folder / "next"),
            close=ItemNeighbours.load(folder / "close"),
            ease=ItemNeighbours.load(folder / "ease"),
            words=Lexical.load(folder),
            stats=ItemStats.load(folder / "feed.npz"),
            ranker=Ranker.load(folder / "ranker.json"),
            text_share=json.loads((folder / "feed.json").read_text())["text_share"],
        )


def fit_all(
    catalog: Catalog,
    log: Interactions,
    config: FeedConfig | None = None,
    *,
    encoder: EncoderConfig | None = None,
    neighbours: NeighboursConfig | None = None,
    space: SpaceConfig | None = None,
) -> tuple[Space, ItemNeighbours, FeedModel]:
    """Return all that the request path needs, from a catalogue and a log alone."""
    text = SvdEncoder.fit(catalog, encoder)
    model = FeedModel.fit(catalog, log, text, config, neighbours=neighbours, space=space)
    return Space.fit(catalog, log, text, space), ItemNeighbours.fit(log, neighbours), model


def hidden_log(catalog: Catalog, log: Interactions, config: FeedConfig) -> Hidden:
    """Return the log from which the ranker learns: some people's last items are hidden, and some items altogether."""
    n_users = 0 if config.weights else min(config.tune_users, SCORES // max(log.n_items, 1))
    hidden = hide_last(log, n_users, repeats=not config.exclude_seen)
    return hide_items(hidden, config.strangers if catalog.has_text else 0.0)


def learn_ranker(
    catalog: Catalog,
    hidden: Hidden,
    encoder: TextEncoder,
    config: FeedConfig | None = None,
    *,
    neighbours: NeighboursConfig | None = None,
    space: SpaceConfig | None = None,
    words: Lexical | None = None,
    towers: Towers | None = None,
) -> tuple[Ranker, float]:
    """Return how candidates are ranked, and the share of the text half in a user's query, learnt from hidden items.

    `towers` must not have learnt the hidden items either, or they are trusted more than they deserve.
    """
    config, neighbours, space = config or FeedConfig(), neighbours or NeighboursConfig(), space or SpaceConfig()
    if not hidden.targets:
        return Ranker.fixed(config.weights or dict.fromkeys(SOURCES, 1.0), SOURCES), space.text_share
    at_hidden = Space.fit(catalog, hidden.log, encoder, space)
    lookups = Lookups(
        space=at_hidden,
        together=ItemNeighbours.fit(hidden.log, neighbours),
        next=ItemNeighbours.fit(hidden.log, _like(NEXT, neighbours)),
        close=ItemNeighbours.fit(hidden.log, _like(CLOSE, neighbours)),
        ease=ease_weights(hidden.log, config.ease),
        words=words or Lexical.fit(catalog, encoder),
        stats=ItemStats.fit(hidden.log, config.recent_half_life_days),
        indexes=Indexes.build(at_hidden, towers, IndexConfig(kind="exact")),
        towers=towers,
    )
    return _learn(catalog, hidden, lookups, config)


def _learn(catalog: Catalog, hidden: Hidden, lookups: Lookups, config: FeedConfig) -> tuple[Ranker, float]:
    """Return the ranker that finds the hidden items as they would be served, and the share of the text half."""
    sources = speaking(lookups, config)
    names: tuple[SourceName, ...] = tuple(sources)
    features = Features(catalog, lookups.stats, names, config.per_source, widths_of(lookups.towers))
    screen, strangers = Screen(catalog, exclude_seen=config.exclude_seen), lookups.strangers()
    blocks, halves, targets = list[NDArray[np.float32]](), list[NDArray[np.float32]](), list[int]()
    for history, goal in zip(hidden.histories, hidden.targets, strict=True):
        taste = taste_of(history)
        asked = Asked(sources, taste, screen.allowed(taste), n_items=lookups.n_items, strangers=strangers)
        found = asked.scored(asked.candidates(config.per_source))
        place = int(found.at(np.array([goal]))[0])
        if place == len(found.rows) or found.rows[place] != goal or not found.kept[place]:
            continue  # no ranking finds what no source brings
        found_C = found.kept.nonzero()[0]
        blocks.append(features.of(found, taste)[:, found_C].T)
        targets.append(int(np.searchsorted(found_C, place)))
        if {"text", "taste"} <= set(names):
            halves.append(np.stack([found.score("text"), found.score("taste")])[:, found_C].T)
    examples = Examples.of(features.names, blocks, targets)
    ranker, _ = learn(examples, names, new_items_cost=config.new_items_cost)
    return ranker, _text_share(examples, halves) if halves else SHARES[0]


def _text_share(examples: Examples, halves: list[NDArray[np.float32]]) -> float:
    """Return the share of the text half under which a user's one query vector finds the hidden items best."""
    text_N, log_N = np.concatenate(halves).T
    reached = [(float(examples.utilities(share * text_N + (1 - share) * log_N).mean()), -share) for share in SHARES]
    return -max(reached)[1]


def _like(following: NeighboursConfig, neighbours: NeighboursConfig) -> NeighboursConfig:
    """Return the reading with what the user has set for all neighbours."""
    return following.model_copy(update={"top": neighbours.top, "evidence": neighbours.evidence})
