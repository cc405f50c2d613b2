"""What the request path works with: made once of what was fitted, shared by all queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Protocol

from ..data.catalog import Catalog
from ..retrieval.neighbours import ItemNeighbours
from ..retrieval.space import Space
from ..retrieval.towers import Towers
from ..types import Context, History, Interactions, Interest, Reason, Tag
from .config import SOURCES, FeedConfig, SourceName
from .filters import Screen
from .indexes import Indexes
from .model import FeedModel, fit_all
from .ranker import Features, Ranker, widths_of
from .sources import Lookups, Source, speaking
from .strangers import Strangers
from .tags import TagAnswers

LEAST_TAG = 0.2
"""Least weight of the tags: they are there to bring what the log alone would not."""


class Reasons(Protocol):
    """Knows why a person may be shown an item: the explanation table, or what takes its place."""

    def attach(
        self,
        user_interests: Sequence[Interest],
        item_id: str,
        tag_interest_key: str | None,
        as_of: date,
        *,
        support: Mapping[str, int] | None = None,
        history: History | None = None,
    ) -> Reason:
        """Return the reason, NO_REASON where nothing true is at hand."""
        ...


@dataclass(frozen=True)
class FeedParts:
    """What the request path works with; made once, shared by all queries, changed by none."""

    catalog: Catalog
    space: Space
    sources: Mapping[SourceName, Source]
    features: Features
    ranker: Ranker
    screen: Screen
    strangers: Strangers | None
    tags: TagAnswers
    config: FeedConfig
    reasons: Reasons | None = None
    context: Context | None = None

    @classmethod
    def build(
        cls,
        *,
        catalog: Catalog,
        space: Space,
        neighbours: ItemNeighbours,
        model: FeedModel,
        config: FeedConfig | None = None,
        towers: Towers | None = None,
        indexes: Indexes | None = None,
        reasons: Reasons | None = None,
        context: Context | None = None,
    ) -> FeedParts:
        """Return the parts from what was fitted; items newer than the fit get a vector from their text.

        `indexes` are those of `space` and `towers` as given; without any they are built, which takes minutes for a
        large catalogue.
        """
        config = config or FeedConfig()
        space, grown = space.with_text_share(model.text_share), space
        indexes = indexes or Indexes.build(space, config=config.index)
        if towers is not None and indexes.towers is None:
            indexes = indexes.with_towers(towers, config.index)
        if towers is not None and towers.n_items < len(catalog):
            towers, fewer = towers.add_items(catalog), towers
            indexes = indexes.grown(fewer, towers)
        if space.n_items < len(catalog):
            grown = space.add_items(catalog)
            indexes = indexes.updated(space, grown)
            space = grown
        lookups = Lookups(
            space=space,
            together=neighbours,
            next=model.next,
            close=model.close,
            ease=model.ease,
            words=model.words.updated(catalog, space.encoder),
            stats=model.stats,
            indexes=indexes,
            towers=towers,
        )
        ranker = Ranker.fixed(config.weights, SOURCES) if config.weights else model.ranker
        sources = {name: of for name, of in speaking(lookups, config).items() if ranker.knows(name)}
        names = tuple(sources)
        return cls(
            catalog=catalog,
            space=space,
            sources=sources,
            features=Features(catalog, model.stats, names, config.per_source, widths_of(towers)),
            ranker=ranker.among(names),
            screen=Screen(catalog, exclude_seen=config.exclude_seen),
            strangers=lookups.strangers(),
            tags=TagAnswers(space, indexes, least=config.tag_answer, top=config.per_tag, cache_mb=config.tag_cache_mb),
            config=config,
            reasons=reasons,
            context=context,
        )

    @classmethod
    def fit(cls, catalog: Catalog, log: Interactions, config: FeedConfig | None = None) -> FeedParts:
        """Return the parts from a catalogue and a log alone, without reasons."""
        space, neighbours, model = fit_all(catalog, log, config)
        return cls.build(catalog=catalog, space=space, neighbours=neighbours, model=model, config=config)

    @cached_property
    def tag_weight(self) -> float:
        """What the tags count beside all other sources together: as much as text has proved to tell in this log."""
        shares = self.ranker.shares()
        return self.config.tag_weight * max(shares.get("words", 0.0) + shares.get("text", 0.0), LEAST_TAG)

    def support(self, tags: Sequence[Tag], item: int) -> dict[str, int]:
        """Return how many of the tags of each interest lead to the item's category, by interest key (U28)."""
        category = self.catalog.categories[self.catalog.category_I[item]]
        keys = [tag.interest_key for tag in tags if category and tag.category == category]
        return {key: keys.count(key) for key in dict.fromkeys(keys)}
