"""What only the world knows: why each event happened, which interests there were, and which of them the log shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..types import ACTIONS, RELIABLE
from .events import DAY_S, Events
from .interests import KINDS
from .people import NEVER
from .shop import Leaf
from .visits import CAUSES, Setting

MIN_EVENTS = 4
"""Reliable events that an interest must leave in the log to count as shown,"""
MIN_DAYS = 3
"""on so many days,"""
MIN_SPREAD_DAYS = 28
"""the first and the last so far apart."""


def behaviour_frame(setting: Setting, events: Events) -> pl.DataFrame:
    """Return why each event of the log happened, by row number."""
    return pl.DataFrame(
        {
            "row": pl.Series(np.arange(len(events)), dtype=pl.Int64),
            "cause": pl.Series(CAUSES, dtype=pl.String).gather(events.cause),
            "interest": looked_up(pl.Series(list(_names(setting)), dtype=pl.String), events.interest),
        }
    )


def latent_frame(setting: Setting, events: Events, *, start: date, days: int) -> pl.DataFrame:
    """Return every latent interest with its reliable events in the log, and whether the log shows it."""
    it, leaves = setting.interests, setting.catalogue.leaves
    seen = _evidence(setting, events)
    pairs = pl.DataFrame({"interest": it.pair_interest, "leaf": it.pair_leaf})
    focus = pairs.group_by("interest", maintain_order=True).agg("leaf").sort("interest")["leaf"].to_list()
    user_ids = setting.people.frame["user_id"].to_list()
    end = [None if day > days else int(day) for day in it.end.tolist()]
    return (
        pl.DataFrame(
            {
                "n": pl.Series(np.arange(len(it)), dtype=pl.Int64),
                "user_id": pl.Series([user_ids[u] for u in it.user.tolist()], dtype=pl.String),
                "interest": pl.Series(list(_names(setting)), dtype=pl.String),
                "name": pl.Series([_name(leaves, rows) for rows in focus], dtype=pl.String),
                "parent": pl.Series([leaves[rows[0]].parent_path for rows in focus], dtype=pl.String),
                "kind": pl.Series(KINDS, dtype=pl.String).gather(it.kind),
                "strength": it.strength,
                "start": _dates(start, [int(day) for day in it.start.tolist()]),
                "end": _dates(start, end),
                "focus": pl.Series([[leaves[row].path for row in rows] for rows in focus], dtype=pl.List(pl.String)),
            }
        )
        .join(seen, on="n", how="left")
        .with_columns(
            pl.col("event_ids").fill_null([]),
            pl.col("categories").fill_null([]),
            (
                (pl.col("n_events") >= MIN_EVENTS)
                & (pl.col("n_days") >= MIN_DAYS)
                & (pl.col("spread_days") >= MIN_SPREAD_DAYS)
                & (pl.col("categories").list.len() > 0)
            )
            .fill_null(False)
            .alias("shown"),
        )
        .sort("n")
        .drop("n", "n_events", "n_days", "spread_days")
    )


def people_frame(setting: Setting) -> pl.DataFrame:
    """Return what moves each person: the leading lifestyle, the price level, how many latent interests."""
    people = setting.people
    return pl.DataFrame(
        {
            "user_id": people.frame["user_id"],
            "lifestyle": people.lifestyle,
            "tier": people.tier,
            "n_latent": np.bincount(setting.interests.user, minlength=len(people)),
            **{f"{name}_day": pl.Series(day).set(pl.Series(day == NEVER), None) for name, day in people.since.items()},
        }
    )


def _evidence(setting: Setting, events: Events) -> pl.DataFrame:
    """Return the reliable events of each interest: how many, over how many days, in which leaves."""
    codes = np.array([ACTIONS.index(action) for action in sorted(RELIABLE)])
    rows = np.flatnonzero((events.interest >= 0) & np.isin(events.action, codes))
    item = events.item[rows]
    paths = pl.Series([leaf.path for leaf in setting.catalogue.leaves], dtype=pl.String)
    frame = pl.DataFrame(
        {
            "n": events.interest[rows],
            "row": pl.Series(rows, dtype=pl.Int64),
            "day": events.time_s[rows] // DAY_S,
            "category": looked_up(paths, np.where(item >= 0, setting.catalogue.leaf[np.maximum(item, 0)], -1)),
        }
    )
    seen = frame.group_by("n").agg(
        pl.col("row").sort().alias("event_ids"),
        pl.len().alias("n_events"),
        pl.col("day").n_unique().alias("n_days"),
        (pl.col("day").max() - pl.col("day").min()).alias("spread_days"),
    )
    where = (
        frame.drop_nulls("category")
        .group_by("n", "category")
        .len()
        .sort("n", "len", "category", descending=[False, True, False])
        .group_by("n", maintain_order=True)
        .agg(pl.col("category").alias("categories"))
    )
    return seen.join(where, on="n", how="left").with_columns(pl.col("n").cast(pl.Int64))


def _names(setting: Setting) -> Iterator[str]:
    """Yield the id of each latent interest."""
    it = setting.interests
    for user, number in zip(it.user.tolist(), it.number.tolist(), strict=True):
        yield f"{setting.people.frame['user_id'][user]}-{number + 1:02d}"


def _name(leaves: Sequence[Leaf], rows: list[int]) -> str:
    """Return what to call an interest: its leaf, its two leaves, or the parent."""
    if len(rows) > 2:
        return leaves[rows[0]].parent
    return " and ".join(leaves[row].name for row in rows)


def _dates(start: date, days: list[int] | list[int | None]) -> pl.Series:
    """Return dates that many days after `start`; null stays null."""
    first = start.toordinal()
    return pl.Series([None if day is None else date.fromordinal(first + day) for day in days], dtype=pl.Date)


def looked_up(names: pl.Series, index: NDArray[np.int64]) -> pl.Series:
    """Return the name at each index; null for -1."""
    rows = pl.Series(index)
    return names.gather(rows.set(rows < 0, None))
