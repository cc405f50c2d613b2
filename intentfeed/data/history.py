"""Events → histories: one user's events in time, and the whole log as training data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..types import ACTION_CODE, NO_TIME, History, Interactions
from .catalog import Catalog
from .coding import encode

ORDER = ["user_id", "timestamp", "position", "event_id"]
"""Time, then place in the sequence, then row of the input: stable, so that equal times keep their order."""
LAST = np.iinfo(np.int64).max
"""Sorts behind every time and every place: undated events come last."""


@dataclass(frozen=True)
class _Coded:
    """Events [N] in ORDER, all in numbers."""

    users: list[str]
    """User ids in order."""
    user: NDArray[np.int32]
    event_id: NDArray[np.int64]
    action: NDArray[np.int8]
    item: NDArray[np.int32]
    """Row in the catalogue; -1 for a search, and for an item that the catalogue does not hold."""
    time_s: NDArray[np.int64]
    value: NDArray[np.float64]
    placed: NDArray[np.bool_]
    """Whether the event has a position."""
    order: NDArray[np.int64]
    """Row of each event in the table that it came from."""


def _coded(events: pl.DataFrame, catalog: Catalog) -> _Coded:
    """Return the events in ORDER as numbers; strings are looked at once for each user and action."""
    found = encode(events["user_id"])
    by_name = found.values.arg_sort()
    rank = np.empty(len(found.values), dtype=np.int32)
    rank[by_name.to_numpy()] = np.arange(len(found.values), dtype=np.int32)
    user = rank[found.codes]
    time_us = events["timestamp"].dt.epoch("us").fill_null(LAST).to_numpy()
    position = events["position"]
    event_id = events["event_id"].to_numpy()
    order = np.lexsort((event_id, position.fill_null(LAST).to_numpy(), time_us, user))

    action = encode(events["action"])
    codes = np.array([ACTION_CODE[name] for name in action.values.to_list()], dtype=np.int8)
    time_s = np.where(time_us == LAST, NO_TIME, time_us // 1_000_000)
    value = events["value"].fill_null(float("nan")).to_numpy()
    return _Coded(
        users=found.values.gather(by_name).to_list(),
        user=user[order],
        event_id=event_id[order],
        action=codes[action.codes[order]],
        item=catalog.lookup.find(events["item_id"])[order],
        time_s=time_s[order],
        value=value[order],
        placed=position.is_not_null().to_numpy()[order],
        order=order,
    )


def histories(events: pl.DataFrame, catalog: Catalog, people: Mapping[str, str] | None = None) -> Iterator[History]:
    """Yield one History a user, in user-id order.

    `events` has the columns of schema.EVENTS; `people` maps a user id to its attributes as a JSON object.
    Items that the catalogue does not hold become -1, like searches; ingest has rejected them before.
    """
    people = people or {}
    coded = _coded(events, catalog)
    query = events["query"].gather(coded.order).to_list()
    edges = np.searchsorted(coded.user, np.arange(len(coded.users) + 1)).tolist()
    for user_id, lo, hi in zip(coded.users, edges[:-1], edges[1:], strict=True):
        yield History(
            user_id=user_id,
            attributes=json.loads(people.get(user_id, "{}")),
            event_id=coded.event_id[lo:hi],
            action=coded.action[lo:hi],
            item=coded.item[lo:hi],
            time_s=coded.time_s[lo:hi],
            value=coded.value[lo:hi],
            query=query[lo:hi],
            ordered=bool(coded.placed[lo:hi].any() or (coded.time_s[lo:hi] != NO_TIME).any()),
        )


def interactions(events: pl.DataFrame, catalog: Catalog) -> Interactions:
    """Return the item events of everybody as training data, sorted by user, then time."""
    return interactions_of(events, catalog)[0]


def interactions_of(events: pl.DataFrame, catalog: Catalog) -> tuple[Interactions, list[str]]:
    """Return the item events of everybody as training data, and whose number is which."""
    coded = _coded(events, catalog)
    of_item = coded.item >= 0
    users, user = np.unique(coded.user[of_item], return_inverse=True)
    log = Interactions(
        user=user.astype(np.int32),
        item=coded.item[of_item],
        action=coded.action[of_item],
        time_s=coded.time_s[of_item],
        value=coded.value[of_item],
        n_users=len(users),
        n_items=len(catalog),
        ordered=bool(coded.placed.any() or (coded.time_s != NO_TIME).any()),
    )
    return log, [coded.users[number] for number in users.tolist()]
