"""Events → histories: one user's events in time, and the whole log as training data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl

from ..types import ACTIONS, NO_TIME, History, Interactions
from .catalog import Catalog

ORDER = ["user_id", "timestamp", "position", "event_id"]
"""Time, then place in the sequence, then row of the input: stable, so that equal times keep their order."""


def _coded(events: pl.DataFrame, catalog: Catalog) -> pl.DataFrame:
    """Return the events in ORDER with `item` and `action` as numbers and `time_s`; undated events come last."""
    rows = pl.DataFrame({"item_id": catalog.item_ids, "item": np.arange(len(catalog), dtype=np.int32)})
    return (
        events.sort(ORDER, nulls_last=True, maintain_order=True)
        .join(rows, on="item_id", how="left", maintain_order="left")
        .with_columns(
            pl.col("item").fill_null(-1),
            pl.col("action").cast(pl.Enum(ACTIONS)).to_physical().cast(pl.Int8),
            (pl.col("timestamp").dt.epoch("us") // 1_000_000).fill_null(NO_TIME).alias("time_s"),
            pl.col("value").fill_null(float("nan")),
        )
    )


def histories(events: pl.DataFrame, catalog: Catalog, people: Mapping[str, str] | None = None) -> Iterator[History]:
    """Yield one History a user, in user-id order.

    `events` has the columns of schema.EVENTS; `people` maps a user id to its attributes as a JSON object.
    Items that the catalogue does not hold become -1, like searches; ingest has rejected them before.
    """
    people = people or {}
    coded = _coded(events, catalog)
    users, starts = np.unique(coded["user_id"].to_numpy(), return_index=True)
    edges = [*starts.tolist(), coded.height]
    event_id, action = coded["event_id"].to_numpy(), coded["action"].to_numpy()
    item, time_s = coded["item"].to_numpy(), coded["time_s"].to_numpy()
    value, query = coded["value"].to_numpy(), coded["query"].to_list()
    position = coded["position"].is_not_null().to_numpy()
    for user_id, lo, hi in zip(users.tolist(), edges[:-1], edges[1:], strict=True):
        yield History(
            user_id=user_id,
            attributes=json.loads(people.get(user_id, "{}")),
            event_id=event_id[lo:hi],
            action=action[lo:hi],
            item=item[lo:hi],
            time_s=time_s[lo:hi],
            value=value[lo:hi],
            query=query[lo:hi],
            ordered=bool(position[lo:hi].any() or (time_s[lo:hi] != NO_TIME).any()),
        )


def interactions(events: pl.DataFrame, catalog: Catalog) -> Interactions:
    """Return the item events of everybody as training data, sorted by user, then time."""
    coded = _coded(events, catalog).filter(pl.col("item") >= 0)
    users, user = np.unique(coded["user_id"].to_numpy(), return_inverse=True)
    return Interactions(
        user=user.astype(np.int32),
        item=coded["item"].to_numpy(),
        action=coded["action"].to_numpy(),
        time_s=coded["time_s"].to_numpy(),
        value=coded["value"].to_numpy(),
        n_users=len(users),
        n_items=len(catalog),
    )
