"""Every record that crosses a folder, and the few protocols that have two real users.

Times are aware UTC in records and epoch seconds in arrays. Arrays carry their axes as a suffix:
U users, I items, T tags, D dimensions, N events of one user.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

Action = Literal[
    "impression", "click", "detail_view", "review_read", "search", "favorite", "cart", "purchase",
    "rate", "tag", "like", "bookmark", "comment", "follow", "review",
]  # fmt: skip
"""The closed set of actions; the order is the stored code and never changes."""

ACTIONS: tuple[Action, ...] = get_args(Action)
ACTION_CODE: dict[str, int] = {action: code for code, action in enumerate(ACTIONS)}
RELIABLE: frozenset[Action] = frozenset(ACTIONS) - {"impression", "click"}
"""Deliberate actions (RecGPT-V1, 2.1) and, ours, the deliberate ones of other domains. A plain click is not."""

JUDGING: frozenset[Action] = frozenset({"rate", "review"})
"""Actions whose value judges the item, where they have one; of any other it is a price, a count or a weight [ours]."""

Backend = Literal["grounded", "llm", "nano"]
Stage = Literal["emerging", "active", "stable", "fading"]
Willingness = Literal["spontaneity", "necessity"]
Reasonableness = Literal["strong", "weak", "none", "hallucination"]
ReasonKind = Literal["interest", "item", "none"]
NO_TIME = np.iinfo(np.int64).min
"""Marks a missing time in an int64 array."""


class Settings(BaseModel):
    """Base of every stage's frozen config; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def partition_of(user_id: str, n_partitions: int) -> int:
    """Return the partition that holds `user_id`: stable across machines, versions and runs."""
    return zlib.crc32(user_id.encode()) % n_partitions


@dataclass(frozen=True, slots=True)
class History:
    """One user's events in time, oldest first, as columns of equal length [N].

    `time_s` is epoch seconds, or NO_TIME where the log has none; then the order is that of `position`, or, where
    the log has neither, `ordered` is False and the order means nothing.
    """

    user_id: str
    attributes: Mapping[str, str]
    event_id: NDArray[np.int64]
    """Row number of the event in the raw input: what evidence cites, and what a reader can look up."""
    action: NDArray[np.int8]
    """Index into ACTIONS."""
    item: NDArray[np.int32]
    """Row in the catalogue; -1 for a search."""
    time_s: NDArray[np.int64]
    value: NDArray[np.float64]
    """Rating or weight; NaN where absent."""
    query: Sequence[str | None]
    ordered: bool = True

    def __len__(self) -> int:
        return len(self.event_id)

    @classmethod
    def of_items(
        cls, items: Sequence[int] | NDArray[np.int32], *, user_id: str = "", action: Action = "detail_view"
    ) -> History:
        """Return the history of somebody of whom only some items (catalogue rows, oldest first) are known."""
        n = len(items)
        return cls(
            user_id=user_id,
            attributes={},
            event_id=np.full(n, -1, dtype=np.int64),
            action=np.full(n, ACTION_CODE[action], dtype=np.int8),
            item=np.array(items, dtype=np.int32),
            time_s=np.full(n, NO_TIME, dtype=np.int64),
            value=np.full(n, np.nan),
            query=[None] * n,
        )


@dataclass(frozen=True, slots=True)
class Interactions:
    """The whole log as training data: parallel columns sorted by user, then time. No person's name, only a number."""

    user: NDArray[np.int32]
    item: NDArray[np.int32]
    action: NDArray[np.int8]
    time_s: NDArray[np.int64]
    value: NDArray[np.float64]
    n_users: int
    n_items: int
    ordered: bool = True
    """Whether the log has time or place; without, the order of a user's rows means nothing."""

    def __len__(self) -> int:
        return len(self.user)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interest:
    """Something a person likes, for months, with the events that show it (RecGPT-V1, 3)."""

    user_id: str
    interest_id: str
    """Unique within the user: `matched interest_01` from the pool, `extended interest_01` beyond it."""
    key: str
    """Which interest it is, across users: the pool's key, or a key of the same form for an extended one."""
    name: str
    """What a person reads."""
    listed: bool
    """In the interest pool, or extended beyond it."""
    stage: Stage
    confidence: float
    willingness: Willingness
    reasonableness: Reasonableness
    status: Literal["kept", "rejected", "ended"]
    reason: str
    """Why it was kept, rejected or ended, from the behaviour."""
    event_ids: tuple[int, ...]
    categories: tuple[str, ...] = ()
    """Category paths the evidence lies in, most frequent first."""
    since: date | None = None
    """First evidence."""
    until: date | None = None
    """When it ended."""
    mined_on: date | None = None
    was_named: str | None = None
    """The name before the last rename."""
    backend: Backend = "grounded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A phrase that describes items to look for: modifier and core word, no brand, no model (RecGPT-V1, 4)."""

    user_id: str
    rank: int
    tag: str
    interest_id: str
    interest_key: str
    reason: str
    category: str
    """φ(tag): a category path of the catalogue, or '' where the catalogue has none."""
    score: float
    event_ids: tuple[int, ...]
    """Past events that speak for it."""
    backend: Backend = "grounded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One statement inside a reason, with its evidence: an item's field, a person's events, or an interest."""

    kind: Literal["item", "event", "interest", "season"]
    text: str
    """The words of the reason that make this claim."""
    item_field: str | None = None
    """For `item`: which field of the shown item (title, category, brand, price, or an attribute's name)."""
    value: str | None = None
    """What the field holds, what the action was, which interest or season is meant."""
    event_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """What is said about one shown item, and why it may be said."""

    text: str
    kind: ReasonKind
    interest_key: str | None = None
    claims: tuple[Claim, ...] = ()
    frame: str = ""
    """Id of the sentence frame, so that variety can be measured."""
    backend: Backend = "grounded"


NO_REASON = Reason(text="", kind="none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An item that a source brought, before ranking."""

    item: int
    """Row in the catalogue."""
    score: float
    source: str
    tag: str | None = None
    interest_id: str | None = None
    interest_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SlateItem:
    """One shown item: where it stands, what brought it, why."""

    rank: int
    item_id: str
    title: str
    score: float
    sources: tuple[str, ...]
    tag: str | None
    interest_id: str | None
    reason: Reason = NO_REASON


@dataclass(frozen=True, slots=True, kw_only=True)
class Slate:
    """The ordered items shown to one user, and what was dropped on the way with the filter that did it."""

    user_id: str
    items: tuple[SlateItem, ...]
    dropped: Mapping[str, int] = field(default_factory=dict)

    @property
    def item_ids(self) -> list[str]:
        """The item ids in order."""
        return [shown.item_id for shown in self.items]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The day for which we think: it sets what is recent and what is in season."""

    as_of: date
    notes: tuple[str, ...] = ()
    """Texts of the context table that hold on this day: weather, holiday, trend."""


class TextEncoder(Protocol):
    """Maps texts to unit vectors of one space; an empty or unknown text becomes the zero vector."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors_TD, rows of length 1 or 0."""
        ...


class Neighbours(Protocol):
    """Knows which items go together in the log."""

    def scores(self, items: Sequence[int], weights: Sequence[float]) -> NDArray[np.float32]:
        """Return scores_I: how much each item of the catalogue goes with the weighted `items`."""
        ...


class Executor(Protocol):
    """Runs one function over independent partitions, on one core or many machines."""

    def map(self, fn: Any, jobs: Sequence[Any]) -> Iterable[Any]:
        """Yield `fn(job)` for each job as it completes, in any order."""
        ...
