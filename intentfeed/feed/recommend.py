"""The request path on one page: gather, screen, rank, compose, explain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..data.catalog import Catalog
from ..retrieval.fuse import fuse_scores, merge_tags
from ..retrieval.index import Found, best
from ..retrieval.neighbours import ItemNeighbours
from ..retrieval.space import Space
from ..types import NO_REASON, Candidate, Context, History, Interactions, Interest, Reason, Slate, SlateItem, Tag
from .config import FeedConfig, Source
from .filters import Filters, Screen, Screened
from .model import FeedModel, fit_all
from .rank import blend, contributors, normal
from .slate import compose, places
from .sources import Sources, scaled
from .tags import TagAnswers, trusts
from .taste import Taste, taste_of, taste_of_rows

BLOCK = 250_000
"""Scores of one source held at a time by `recommend_many`; changes no result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One request for recommendations; of someone never seen, the history of the session is enough."""

    user_id: str | None = None
    history: History | None = None
    interests: Sequence[Interest] = ()
    tags: Sequence[Tag] = ()
    k: int = 10
    filters: Filters = field(default_factory=Filters)


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
    sources: Sources
    weights: Mapping[Source, float]
    screen: Screen
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
        reasons: Reasons | None = None,
        context: Context | None = None,
    ) -> FeedParts:
        """Return the parts from what was fitted; items newer than the fit need a vector in `space`."""
        config = config or FeedConfig()
        space = space.with_text_share(model.text_share)
        if space.n_items < len(catalog):
            space = space.add_items(catalog)
        words = model.words.updated(catalog, space.encoder)
        sources = Sources(space, neighbours, model.following, words, model.popularity_I, config)
        return cls(
            catalog=catalog,
            sources=sources,
            weights=normal(config.weights or model.weights, sources.speaking),
            screen=Screen(catalog, exclude_seen=config.exclude_seen),
            tags=TagAnswers(space, least=config.tag_answer, cache_mb=config.tag_cache_mb),
            config=config,
            reasons=reasons,
            context=context,
        )

    @classmethod
    def fit(cls, catalog: Catalog, log: Interactions, config: FeedConfig | None = None) -> FeedParts:
        """Return the parts from a catalogue and a log alone, without reasons."""
        space, neighbours, model = fit_all(catalog, log, config)
        return cls.build(catalog=catalog, space=space, neighbours=neighbours, model=model, config=config)

    @property
    def tag_weight(self) -> float:
        """What the tags count beside all other sources together: as much as text has proved to tell in this log."""
        return self.config.tag_weight * (self.weights.get("words", 0.0) + self.weights.get("text", 0.0))

    def support(self, tags: Sequence[Tag], item: int) -> dict[str, int]:
        """Return how many of the tags of each interest lead to the item's category, by interest key (U28)."""
        category = self.catalog.categories[self.catalog.category_I[item]]
        keys = [tag.interest_key for tag in tags if category and tag.category == category]
        return {key: keys.count(key) for key in dict.fromkeys(keys)}


@dataclass(frozen=True)
class Gathered:
    """What the sources and the tags say of every item, for one person."""

    scores: Mapping[Source, NDArray[np.float32]]
    """Per source [I], at most 1."""
    tags: Sequence[Tag]
    tag_I: NDArray[np.int32]
    """Which of `tags` brings an item; -1 for none."""
    tag_score_I: NDArray[np.float32]
    """How well an item answers its best tag, at most 1; 0 where no tag brings it."""
    base_I: NDArray[np.float32]
    """The sources together, without tags."""
    total_I: NDArray[np.float32]
    """Sources and tags together; of items that may not be shown too."""


def recommend(query: Query, parts: FeedParts) -> Slate:
    """Return the k items to show for `query`, each with its reason.

    With a history alone, without tags and filters, it shows what `recommend_many` lists.
    """
    taste = taste_of(query.history, query.interests) if query.history is not None else Taste()
    screened = parts.screen.screen(taste, query.filters)
    found = gather(query, taste, screened, parts)
    shown = compose(
        _masked(found.total_I, screened.kept_I),
        _masked(found.base_I, screened.kept_I),
        found.tag_I,
        k=query.k,
        per_tag=places(query.k, parts.config.tag_share),
        category_I=parts.catalog.category_I if query.interests else None,
        per_category=places(query.k, parts.config.category_share),
    )
    slate = explain(query, found, shown, parts)
    return replace(slate, dropped=screened.count(_would_show(found, shown, query.k)))


def recommend_many(
    histories: Sequence[Sequence[int]], k: int, parts: FeedParts, *, exclude_seen: bool | None = None
) -> Found:
    """Return (rows [n, k], scores [n, k]) for histories of item rows, oldest first; -1 and -inf where too few.

    Each row equals what its history gets alone. `exclude_seen` overrides the setting.
    """
    screen = parts.screen if exclude_seen is None else Screen(parts.catalog, exclude_seen=exclude_seen)
    step = max(1, BLOCK // max(len(parts.catalog), 1))
    rows_NK = np.full((len(histories), k), -1, dtype=np.int32)
    scores_NK = np.full((len(histories), k), -np.inf, dtype=np.float32)
    for lo in range(0, len(histories), step):
        tastes = [taste_of_rows(rows) for rows in histories[lo : lo + step]]
        allowed = np.stack([screen.allowed(taste) for taste in tastes])
        base = blend(parts.sources.score_all(tastes, allowed, list(parts.weights)), parts.weights)
        rows_NK[lo : lo + step], scores_NK[lo : lo + step] = best(_masked(base, allowed), k)
    return rows_NK, scores_NK


def candidates(query: Query, parts: FeedParts) -> list[Candidate]:
    """Return what each source and the tags bring, before ranking: one row an item and source, best items first."""
    taste = taste_of(query.history, query.interests) if query.history is not None else Taste()
    screened = parts.screen.screen(taste, query.filters)
    found = gather(query, taste, screened, parts)
    brought: dict[int, list[Candidate]] = {}
    for item in np.flatnonzero(found.tag_I >= 0).tolist():
        tag = found.tags[found.tag_I[item]]
        ids = {"tag": tag.tag, "interest_id": tag.interest_id, "interest_key": tag.interest_key}
        score = float(found.tag_score_I[item])
        brought.setdefault(item, []).append(Candidate(item=item, score=score, source="tag", **ids))
    for source, scores in found.scores.items():
        rows, values = best(_masked(scores, screened.kept_I)[None], parts.config.per_source)
        for item, score in zip(rows[0].tolist(), values[0].tolist(), strict=True):
            if score > 0:
                brought.setdefault(item, []).append(Candidate(item=item, score=score, source=source))
    order = sorted(brought, key=lambda item: (-found.total_I[item], item))
    return [candidate for item in order for candidate in brought[item]]


def gather(query: Query, taste: Taste, screened: Screened, parts: FeedParts) -> Gathered:
    """Return what the sources and the tags say of every item."""
    blocks = parts.sources.score_all([taste], screened.kept_I[None], list(parts.weights))
    scores = {source: block[0] for source, block in blocks.items()}
    base_I = blend(scores, parts.weights)
    tags = list({tag.tag: tag for tag in reversed(query.tags)}.values())[::-1]  # the first of equal ones
    if not tags:
        none = np.full(len(base_I), -1, dtype=np.int32)
        return Gathered(scores, (), none, np.zeros_like(base_I), base_I, base_I)
    tag_I, tag_score_I = ask_tags(tags, taste, screened, parts)
    total_I = base_I + np.float32(parts.tag_weight) * tag_score_I
    return Gathered(scores, tags, tag_I, tag_score_I, base_I, total_I)


def ask_tags(
    tags: Sequence[Tag], taste: Taste, screened: Screened, parts: FeedParts
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return which tag brings each item, -1 for none, and how well the item answers it, the best being 1 [I].

    One fused query a tag (RecGPT-V1, 7.3). Items that may not be shown have a score but no tag.
    """
    space, beta, kept_I = parts.sources.space, parts.config.beta, screened.kept_I
    user_I = space.encode_users([taste.items], [taste.weights])[0] @ space.item_vectors.T
    found = parts.tags.of([tag.tag for tag in tags])
    fused = [
        (rows, trust * fuse_scores(user_I[rows], sem, beta))
        for trust, (rows, sem) in zip(trusts(tags, parts.config.tag_trust), found, strict=True)
    ]
    shown = [(rows[kept_I[rows]], scores[kept_I[rows]]) for rows, scores in fused]
    listed_I, tag_I = merge_tags(shown, len(kept_I), parts.config.per_tag)
    anyhow_I, _ = merge_tags(fused, len(kept_I), len(kept_I))
    score_I = scaled(np.where(kept_I, listed_I, anyhow_I)[None], (tag_I >= 0)[None])[0]
    return tag_I, np.maximum(score_I, 0)


def explain(query: Query, found: Gathered, shown: Sequence[tuple[int, int]], parts: FeedParts) -> Slate:
    """Return the slate with each item's sources, tag, interest and reason."""
    catalog, items = parts.catalog, []
    interest_of_key = {interest.key: interest.interest_id for interest in query.interests}
    for rank, (item, at) in enumerate(shown, start=1):
        tag = found.tags[at] if at >= 0 else None
        weight = parts.tag_weight * float(found.tag_score_I[item]) if tag else 0.0
        reason = _reason(query, item, tag, parts)
        key = reason.interest_key or (tag.interest_key if tag else None)
        items.append(
            SlateItem(
                rank=rank,
                item_id=catalog.item_ids[item],
                title=catalog.titles[item],
                score=float(found.base_I[item]) + weight,
                sources=contributors(found.scores, parts.weights, item, tag=weight),
                tag=tag.tag if tag else None,
                interest_id=interest_of_key.get(key or "", tag.interest_id if tag else "") or None,
                reason=reason,
            )
        )
    return Slate(user_id=query.user_id or "", items=tuple(items))


def _reason(query: Query, item: int, tag: Tag | None, parts: FeedParts) -> Reason:
    if parts.reasons is None or parts.context is None:
        return NO_REASON
    return parts.reasons.attach(
        query.interests,
        parts.catalog.item_ids[item],
        tag.interest_key if tag else None,
        parts.context.as_of,
        support=parts.support(query.tags, item),
        history=query.history,
    )


def _would_show(found: Gathered, shown: Sequence[tuple[int, int]], k: int) -> NDArray[np.bool_]:
    """Return the items [I] that score as well as the last one shown; of a short slate, all that score at all."""
    level = found.total_I[shown[-1][0]] if shown and len(shown) == k else 0
    would: NDArray[np.bool_] = found.total_I >= max(level, np.finfo(np.float32).tiny)
    return would


def _masked(scores: NDArray[np.float32], allowed: NDArray[np.bool_]) -> NDArray[np.float32]:
    return np.where(allowed, scores, np.float32(-np.inf))
