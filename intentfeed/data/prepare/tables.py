"""What a family's reader returns: the tables of a data folder, still without a folder."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from .events import Events, natural_order


@dataclass(frozen=True, kw_only=True)
class Tables:
    """A data set as it will lie in its folder."""

    events: Events
    """In order."""
    columns: tuple[str, ...]
    """Of interactions.parquet."""
    items: pl.DataFrame
    users: pl.DataFrame
    rows: pl.DataFrame | None = None
    """Published questions: split, row, user_id, history_item_ids, item_id."""
    counts: dict[str, int] = field(default_factory=dict)
    """What the publisher counts, before anything was left out."""
    left_out: dict[str, int] = field(default_factory=dict)
    """What was left out or filled in, and how often; zeros are not shown."""
    rules: tuple[str, ...] = ()
    """How the events were chosen and ordered: sentences for the README."""


def by_id(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    """Return the rows in the natural order of their ids."""
    return rows[natural_order(rows[column].to_list())]


def catalogue(known: pl.DataFrame, events: Events) -> tuple[pl.DataFrame, int]:
    """Return the items, with a bare row for each that only the events know, and the number of those."""
    bare = sorted(set(events.items) - set(known["item_id"].to_list()))
    rows = pl.concat([known, pl.DataFrame({"item_id": bare}, schema={"item_id": pl.String})], how="diagonal")
    return by_id(rows, "item_id"), len(bare)


def people(events: Events) -> pl.DataFrame:
    """Return user_id and events, of those who have any."""
    n_events = pl.Series("events", events.user).value_counts().sort("events")
    ids = pl.Series("user_id", events.users, dtype=pl.String).gather(n_events["events"])
    return by_id(pl.DataFrame([ids, n_events["count"].cast(pl.Int64).alias("events")]), "user_id")
