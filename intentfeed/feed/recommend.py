"""The request path on one page: gather, screen, rank, compose, explain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..retrieval.fuse import Answers, fuse_scores, merge_tags
from ..retrieval.index import Found
from ..retrieval.sums import top
from ..types import NO_REASON, Candidate, History, Interest, Reason, Slate, SlateItem, Tag
from .config import FeedConfig
from .filters import Allowed, Filters, Screen
from .gather import Asked, Gathered, Usual
from .parts import FeedParts
from .ranker import TOO_SMALL, Ranker, contributors
from .slate import compose, places
from .tags import trusts
from .taste import Taste, taste_of

FAME = Ranker({"popular.score": 0.05})
"""Somebody of whom nothing is known is shown what is popular, and before it whatever a tag asks for."""
TAGGED = 300
"""Items that the tags bring into the ranking, those first that answer best; and of each tag its best few."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One request for recommendations; of someone never seen, the history of the session is enough."""

    user_id: str | None = None
    history: History | None = None
    interests: Sequence[Interest] = ()
    tags: Sequence[Tag] = ()
    k: int = 10
    filters: Filters = field(default_factory=Filters)


@dataclass(frozen=True)
class Ranked:
    """The candidates of one query with their scores; of those too that may not be shown."""

    found: Gathered
    features_FC: NDArray[np.float32]
    tags: Sequence[Tag]
    tag_C: NDArray[np.int32]
    """Which of `tags` brings an item; -1 for none."""
    tag_score_C: NDArray[np.float32]
    """How well an item answers its best tag, at most 1; 0 where no tag brings it."""
    base_C: NDArray[np.float32]
    """The sources together, without tags."""
    total_C: NDArray[np.float32]
    """Sources and tags together."""
    ranker: Ranker
    """Who made `base_C` of the features."""


def recommend(query: Query, parts: FeedParts) -> Slate:
    """Return the k items to show for `query`, each with its reason.

    With a history alone, without tags and filters, it shows what `recommend_many` lists.
    """
    taste = taste_of(query.history, query.interests) if query.history is not None else Taste()
    allowed = parts.screen.allowed(taste, query.filters)
    ranked = rank(query, taste, allowed, parts)
    kept, rows = ranked.found.kept, ranked.found.rows
    shown = compose(
        _masked(ranked.total_C, kept),
        _masked(ranked.base_C, kept),
        ranked.tag_C,
        k=query.k,
        per_tag=places(query.k, parts.config.tag_share),
        category_I=parts.catalog.category_I[rows] if query.interests else None,
        per_category=places(query.k, parts.config.category_share),
    )
    slate = explain(query, ranked, shown, parts)
    return replace(slate, dropped=allowed.dropped(rows[_would_show(ranked, shown, query.k)]))


def recommend_many(
    histories: Sequence[Sequence[int] | History], k: int, parts: FeedParts, *, exclude_seen: bool | None = None
) -> Found:
    """Return (rows [n, k], scores [n, k]) for histories, or for item rows, oldest first; -1 and -inf where too few.

    Each row equals what its history gets alone. `exclude_seen` overrides the setting.
    """
    screen = parts.screen if exclude_seen is None else Screen(parts.catalog, exclude_seen=exclude_seen)
    rows_NK = np.full((len(histories), k), -1, dtype=np.int32)
    scores_NK = np.full((len(histories), k), -np.inf, dtype=np.float32)
    for at, told in enumerate(histories):
        history = told if isinstance(told, History) else History.of_items([row for row in told if row >= 0])
        taste = taste_of(history)
        ranked = rank(Query(history=history, k=k), taste, screen.allowed(taste), parts)
        rows, scores = top(ranked.found.rows[ranked.found.kept], ranked.total_C[ranked.found.kept], k)
        rows_NK[at, : len(rows)], scores_NK[at, : len(rows)] = rows, scores
    return rows_NK, scores_NK


def candidates(query: Query, parts: FeedParts) -> list[Candidate]:
    """Return what each source and the tags bring, before ranking: one row an item and source, best items first."""
    taste = taste_of(query.history, query.interests) if query.history is not None else Taste()
    ranked = rank(query, taste, parts.screen.allowed(taste, query.filters), parts)
    rows, kept = ranked.found.rows.tolist(), ranked.found.kept
    brought: dict[int, list[Candidate]] = {}
    for at in np.flatnonzero((ranked.tag_C >= 0) & kept).tolist():
        tag = ranked.tags[ranked.tag_C[at]]
        ids = {"tag": tag.tag, "interest_id": tag.interest_id, "interest_key": tag.interest_key}
        score = float(ranked.tag_score_C[at])
        brought.setdefault(at, []).append(Candidate(item=rows[at], score=score, source="tag", **ids))
    for name in ranked.found.names:
        score_C, listed_C = (ranked.features_FC[parts.features.row(name, kind)] for kind in ("score", "listed"))
        for at in np.flatnonzero((listed_C > 0) & kept).tolist():
            brought.setdefault(at, []).append(Candidate(item=rows[at], score=float(score_C[at]), source=name))
    order = sorted(brought, key=lambda at: (-ranked.total_C[at], at))
    return [candidate for at in order for candidate in brought[at]]


def rank(
    query: Query,
    taste: Taste,
    allowed: Allowed,
    parts: FeedParts,
    *,
    also: NDArray[np.int32] | None = None,
    usual: Usual | None = None,
) -> Ranked:
    """Return the candidates that the sources and the tags bring, and the rows of `also`, with their scores.

    `usual` keeps what the sources bring, for whoever asks more than once.
    """
    asked = Asked(parts.sources, taste, allowed, n_items=len(parts.catalog), strangers=parts.strangers, usual=usual)
    rows = asked.candidates(max(parts.config.per_source, query.k))
    if also is not None:
        rows = np.union1d(rows, also).astype(np.int32)
    tags = list({tag.tag: tag for tag in reversed(query.tags)}.values())[::-1]  # the first of equal ones
    brought = ask_tags(tags, taste, asked, rows, query.k, parts) if tags else NOTHING
    if len(brought.rows):
        rows = np.union1d(rows, brought.rows)
    found = asked.scored(rows)
    features_FC = parts.features.of(found, taste)
    ranker = parts.ranker if taste.met else FAME  # it was never taught to serve somebody unknown
    base_C = ranker.score(features_FC, parts.features.names)
    tag_C, tag_score_C = np.full(len(rows), -1, dtype=np.int32), np.zeros(len(rows), dtype=np.float32)
    at = found.at(brought.rows)
    tag_C[at], tag_score_C[at] = brought.tag, brought.score
    total_C = base_C + np.float32(parts.tag_weight) * tag_score_C if tags else base_C
    return Ranked(found, features_FC, tags, tag_C, tag_score_C, base_C, total_C, ranker)


@dataclass(frozen=True)
class Brought:
    """What the tags bring [B]."""

    rows: NDArray[np.int32]
    tag: NDArray[np.int32]
    """-1 for an item that a tag would bring if it might be shown."""
    score: NDArray[np.float32]
    """How well an item answers its best tag, the best one being 1."""


NOTHING = Brought(np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32))


def ask_tags(
    tags: Sequence[Tag], taste: Taste, asked: Asked, near: NDArray[np.int32], k: int, parts: FeedParts
) -> Brought:
    """Return which items the tags bring: of each tag its own best, and those near the person that answer it.

    One fused query a tag (RecGPT-V1, 7.3); its score is that of tag and person by linearity.
    """
    space, config, texts = parts.space, parts.config, [tag.tag for tag in tags]
    user_D = space.encode_users([taste.items], [taste.weights])[0]
    answers = parts.tags.of(texts)
    if asked.narrow:
        near = asked.allowed.rows if asked.allowed.demanding else near
    else:
        near = np.sort(top(near, space.item_vectors[near] @ user_D, config.per_tag)[0])
    sem_TR = parts.tags.scores(texts, near)
    rows_T = [
        np.union1d(answer.rows, near[sem_R >= answer.level]) for answer, sem_R in zip(answers, sem_TR, strict=True)
    ]
    if asked.allowed.demanding and not asked.narrow:
        enough = _each(k, config)
        poor = [tag for tag, rows in enumerate(rows_T) if np.count_nonzero(asked.allowed.of(rows)) < enough]
        found = parts.tags.filtered([texts[tag] for tag in poor], asked.allowed.rows)
        for tag, rows in zip(poor, found, strict=True):
            rows_T[tag] = np.union1d(rows_T[tag], rows)
    pool = np.unique(np.concatenate(rows_T))
    vectors_BD, kept = space.item_vectors[pool], asked.allowed.of(pool)
    user_B = vectors_BD @ user_D
    fused = []
    for trust, rows, answer, tag_D in zip(
        trusts(tags, config.tag_trust), rows_T, answers, space.encode_tags(texts), strict=True
    ):
        at = np.searchsorted(pool, rows)
        sem = vectors_BD[at] @ tag_D
        at, sem = at[sem >= answer.level].astype(np.int32), sem[sem >= answer.level]
        fused.append((at, trust * fuse_scores(user_B[at], sem, config.beta)))
    shown = [(at[kept[at]], scores[kept[at]]) for at, scores in fused]
    listed_B, tag_B = merge_tags(shown, len(pool), config.per_tag)
    anyhow_B, _ = merge_tags(fused, len(pool), len(pool))
    best = float(listed_B[tag_B >= 0].max(initial=0))
    scale = np.float32(best if best > TOO_SMALL else 1)
    score_B = (np.where(kept, listed_B, anyhow_B) / scale).astype(np.float32)
    few = _few(score_B, shown, _each(k, config))
    return Brought(pool[few], tag_B[few], np.clip(score_B[few], 0, 1))


def _each(k: int, config: FeedConfig) -> int:
    """Return how many items of one tag are worth ranking: what it may bring to the slate, twice, and some to spare."""
    return 2 * places(k, config.tag_share) + 3


def _few(score_B: NDArray[np.float32], shown: Sequence[Answers], each: int) -> NDArray[np.int64]:
    """Return the places of the items worth ranking: the best of all tags, and `each` tag's best."""
    some = np.zeros(len(score_B), dtype=np.bool_)
    some[top(np.arange(len(score_B), dtype=np.int32), score_B, TAGGED)[0]] = True
    for at, scores in shown:
        some[top(at, scores, each)[0]] = True
    return np.flatnonzero(some & (score_B > -np.inf))


def explain(query: Query, ranked: Ranked, shown: Sequence[tuple[int, int]], parts: FeedParts) -> Slate:
    """Return the slate with each item's sources, tag, interest and reason."""
    catalog, items, names = parts.catalog, [], parts.features.names
    interest_of_key = {interest.key: interest.interest_id for interest in query.interests}
    for place, (at, tag_at) in enumerate(shown, start=1):
        item = int(ranked.found.rows[at])
        tag = ranked.tags[tag_at] if tag_at >= 0 else None
        weight = parts.tag_weight * float(ranked.tag_score_C[at]) if tag else 0.0
        reason = _reason(query, item, tag, parts)
        key = reason.interest_key or (tag.interest_key if tag else None)
        items.append(
            SlateItem(
                rank=place,
                item_id=catalog.item_ids[item],
                title=catalog.titles[item],
                score=float(ranked.base_C[at]) + weight,
                sources=contributors(ranked.ranker.parts(ranked.features_FC[:, at], names), tag=weight),
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


def _would_show(ranked: Ranked, shown: Sequence[tuple[int, int]], k: int) -> NDArray[np.bool_]:
    """Return the candidates [C] that score as well as the last one shown; of a short slate, all that score at all."""
    level = ranked.total_C[shown[-1][0]] if shown and len(shown) == k else 0
    would: NDArray[np.bool_] = ranked.total_C >= max(level, np.finfo(np.float32).tiny)
    return would


def _masked(scores: NDArray[np.float32], allowed: NDArray[np.bool_]) -> NDArray[np.float32]:
    return np.where(allowed, scores, np.float32(-np.inf))
