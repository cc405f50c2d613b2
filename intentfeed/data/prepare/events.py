"""All events of a download as numbers, 25 bytes each: what is repeated, thinned out, put in order and split."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .lines import LATEST

TRAIN, VALID, TEST = 0, 1, 2
PARTS = ("train", "valid", "test")
BATCH_ROWS = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Events:
    """Events [N] over users and items by number."""

    users: list[str]
    items: list[str]
    user: NDArray[np.int32]
    item: NDArray[np.int32]
    value: NDArray[np.float32]
    time: NDArray[np.int64]
    """As they came, in seconds or milliseconds; -1 is none."""
    behavior: NDArray[np.int8]
    """Place in `behaviors`."""
    split: NDArray[np.int8]
    behaviors: tuple[str, ...]
    texts: dict[int, str] = field(default_factory=dict)
    """What was written, by row: tags."""

    def __len__(self) -> int:
        return len(self.user)

    def take(self, rows: NDArray[np.int64]) -> Events:
        """Return some of the events, in the order asked for."""
        texts = self.texts
        if texts:
            at = np.full(len(self), -1, dtype=np.int64)
            at[rows] = np.arange(len(rows))
            texts = {int(at[row]): text for row, text in texts.items() if at[row] >= 0}
        names = ("user", "item", "value", "time", "behavior", "split")
        return replace(self, texts=texts, **{name: getattr(self, name)[rows] for name in names})

    def batches(self, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Yield the events as rows of interactions.parquet, a million at a time."""
        users, items = pl.Series(self.users, dtype=pl.String), pl.Series(self.items, dtype=pl.String)
        behaviors, parts = pl.Series(self.behaviors), pl.Series(PARTS)
        place = self.position() if "position" in columns else None
        for lo in range(0, max(len(self), 1), BATCH_ROWS):
            rows = slice(lo, lo + BATCH_ROWS)
            value, time = self.value[rows].astype(np.float64), self.time[rows]
            made = {
                "user_id": users.gather(self.user[rows]),
                "item_id": items.gather(self.item[rows]),
                "behavior": behaviors.gather(self.behavior[rows]),
                "value": pl.Series(value).fill_nan(None),
                "timestamp": pl.select(
                    pl.when(pl.Series(time >= 0)).then(pl.Series(np.where(time > LATEST, time // 1000, time)))
                ).to_series(),
                "tag": pl.Series(
                    [self.texts.get(row) for row in range(lo, lo + len(time))] if self.texts else [None] * len(time),
                    dtype=pl.String,
                ),
                "split": parts.gather(self.split[rows]),
            }
            if place is not None:
                made["position"] = pl.Series(place[rows])
            yield pl.DataFrame([made[name].alias(name) for name in columns])

    def position(self) -> NDArray[np.int32]:
        """Return each event's place among its user's, of events in order."""
        starts = np.flatnonzero(np.r_[True, self.user[1:] != self.user[:-1]]) if len(self) else np.zeros(0, np.int64)
        lengths = np.diff(np.r_[starts, len(self)])
        return (np.arange(len(self)) - np.repeat(starts, lengths)).astype(np.int32)


class Gathering:
    """Takes in events block by block and hands them out as `Events`."""

    def __init__(self, behaviors: tuple[str, ...]) -> None:
        self._behaviors = behaviors
        self._users: dict[str, int] = {}
        self._items: dict[str, int] = {}
        self._parts: list[tuple[NDArray[np.generic], ...]] = []
        self._texts: dict[int, str] = {}
        self.n = 0
        """Events so far."""

    def add(
        self, frame: pl.DataFrame, *, behavior: int = 0, split: int = TRAIN, texts: Sequence[str] | None = None
    ) -> None:
        """Take in rows with the columns of lines.EVENT; a null value or time is none."""
        n = frame.height
        if texts is not None:
            self._texts.update(enumerate(texts, self.n))
        self.n += n
        self._parts.append(
            (
                _coded(frame["user"], self._users),
                _coded(frame["item"], self._items),
                frame["value"].cast(pl.Float32).fill_null(float("nan")).to_numpy(),
                frame["time"].fill_null(-1).to_numpy(),
                np.full(n, behavior, dtype=np.int8),
                np.full(n, split, dtype=np.int8),
            )
        )

    def done(self) -> Events:
        """Return all of them, in the order in which they came."""
        kinds = (np.int32, np.int32, np.float32, np.int64, np.int8, np.int8)
        names = ("user", "item", "value", "time", "behavior", "split")
        columns = {}
        for place, (name, kind) in enumerate(zip(names, kinds, strict=True)):
            columns[name] = np.concatenate([np.zeros(0, kind), *(part[place] for part in self._parts)]).astype(kind)
        self._parts.clear()
        return Events(
            users=list(self._users), items=list(self._items), behaviors=self._behaviors, texts=self._texts, **columns
        )


def _coded(texts: pl.Series, known: dict[str, int]) -> NDArray[np.int32]:
    """Return the number of each text, new ones numbered on."""
    distinct = texts.unique(maintain_order=True)
    numbers = [known.setdefault(text, len(known)) for text in distinct.to_list()]
    if not numbers:
        return np.zeros(0, np.int32)
    return texts.replace_strict(distinct, pl.Series(numbers, dtype=pl.Int32), return_dtype=pl.Int32).to_numpy()


def natural_order(ids: Sequence[str]) -> NDArray[np.int64]:
    """Return the places of ids in order: as numbers where all are, else as texts."""
    texts = pl.Series(ids, dtype=pl.String)
    if len(texts) and texts.str.contains(r"^(0|[1-9]\d{0,17})$").all():
        return np.argsort(texts.cast(pl.Int64).to_numpy(), kind="stable")
    return texts.arg_sort().to_numpy().astype(np.int64)


def in_order(events: Events) -> Events:
    """Return the events by user, time and part; equal ones stay as the publisher wrote them."""
    rank = np.empty(len(events.users), dtype=np.int32)
    rank[natural_order(events.users)] = np.arange(len(rank), dtype=np.int32)
    return events.take(np.lexsort((events.split, events.time, rank[events.user])))


def first_of_each_pair(events: Events) -> Events:
    """Return events in order with a user's earliest of each item alone."""
    pairs = events.user.astype(np.int64) * len(events.items) + events.item
    _, first = np.unique(pairs, return_index=True)
    return events.take(np.sort(first))


def k_core(events: Events, k: int) -> Events:
    """Return the events of users and items that all have `k` of them, and only those users and items."""
    rows = np.arange(len(events), dtype=np.int64)
    while k > 1:
        user, item = events.user[rows], events.item[rows]
        enough = (np.bincount(user, minlength=len(events.users))[user] >= k) & (
            np.bincount(item, minlength=len(events.items))[item] >= k
        )
        if enough.all():
            break
        rows = rows[enough]
    return only_used(events.take(rows))


def only_used(events: Events) -> Events:
    """Return the same events over only the users and items that occur in them."""
    users, user = np.unique(events.user, return_inverse=True)
    items, item = np.unique(events.item, return_inverse=True)
    return replace(
        events,
        users=[events.users[at] for at in users.tolist()],
        items=[events.items[at] for at in items.tolist()],
        user=user.astype(np.int32),
        item=item.astype(np.int32),
    )


def last_out(events: Events) -> Events:
    """Return events in order with each user's last marked as test and the one before as valid.

    Who has fewer than three stays in train, as nothing could be learnt of them.
    """
    place = events.position()
    n_of = np.bincount(events.user, minlength=len(events.users))[events.user]
    split = np.where(place == n_of - 1, TEST, np.where(place == n_of - 2, VALID, TRAIN)).astype(np.int8)
    return replace(events, split=np.where(n_of >= 3, split, TRAIN).astype(np.int8))
