"""The settings of the request path."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import Field

from ..retrieval.ease import EaseConfig
from ..retrieval.index import IndexConfig
from ..types import Settings

SourceName = Literal[
    "next", "close", "together", "taste", "lasting", "ease", "words", "text", "towers", "interests", "popular",
    "recent",
]  # fmt: skip
SOURCES: tuple[SourceName, ...] = get_args(SourceName)
"""What brings an item, besides tags: what follows the history, what stands close to it in people's days, what goes
with it, what such people like now, what they always liked (`lasting`, `ease`), what has the same words, what has the
same sense, what trained encoders find for what comes next and for each of several interests, and what everybody likes,
ever or of late."""


class FeedConfig(Settings):
    """How many are shown, what they are chosen from, and what each source counts."""

    k: int = Field(default=10, ge=1)
    """Items on a slate."""
    exclude_seen: bool = True
    """Leave out items of the history."""
    sources: tuple[SourceName, ...] = SOURCES
    """Sources that are asked; those with nothing to say are silent anyway."""
    per_source: int = Field(default=100, ge=1)
    """Candidates that each source brings."""
    per_tag: int = Field(default=100, ge=1)
    """Candidates that each tag brings (U23)."""
    tag_share: float = Field(default=0.1, gt=0, le=1)
    """Largest share of the slate that one tag may bring (U23); at least one item."""
    category_share: float = Field(default=0.3, gt=0, le=1)
    """Largest share of the slate that one category may have, where interests are known; the rest waits behind."""
    beta: float = Field(default=0.5, ge=0, le=1)
    """Weight of the user beside the tag in a tag's query (U24)."""
    tag_answer: float = Field(default=0.5, ge=0, le=1)
    """An item is a tag's only where it answers the tag this well beside the tag's best item [ours]. At 0, as in the
    paper, whatever the fused query finds is the tag's, even where it was the user alone who brought it."""
    tag_weight: float = Field(default=1.0, ge=0)
    """Weight of the tags beside the sources that read text, `words` and `text`, together; tags are text too."""
    tag_trust: float = Field(default=0.25, ge=0)
    """Power of a tag's own score beside the best tag's, by which its items' scores are multiplied; at 0 all tags of a
    person count alike, as in the paper."""
    weights: dict[SourceName, float] | None = None
    """Weight of each source; by default a small ranker is fitted with the log, on the last item of some people."""
    next_half_life: float = Field(default=3.0, gt=0)
    """Places in the history after which an item counts half, for what comes next or stands close."""
    together_half_life: float = Field(default=7.0, gt=0)
    """The same for what goes together."""
    words_half_life: float = Field(default=1.0, gt=0)
    """The same for shared words."""
    recent_half_life_days: float = Field(default=90.0, gt=0)
    """Days after which an event counts half for what is popular of late, where the log has time."""
    ease: EaseConfig = EaseConfig()
    """What a whole history says, in a catalogue that is not too large."""
    tune_users: int = Field(default=4_000, ge=0)
    """People whose last item the ranker learns from; 0 leaves all sources equal."""
    strangers: float = Field(default=0.05, ge=0, lt=1)
    """Share of the items that are hidden altogether while the ranker learns, so that it learns to place new ones; none
    where items have no text."""
    new_items_cost: float = Field(default=0.02, ge=0, lt=1)
    """Share of the hits on known items that may be given up while the ranker learns, so that new ones are found more
    often; 0 ranks both by their odds alone."""
    tag_cache_mb: int = Field(default=64, ge=0)
    """Memory for the answers to tags that people share."""
    index: IndexConfig = IndexConfig(exact_below=50_000, target_recall=0.97)
    """What finds vectors: several sources bring candidates and each is scored exactly, so some may be missed."""
