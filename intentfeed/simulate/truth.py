"""What only the world knows: why each event happened, which interests there were, and which of them the log shows."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..types import ACTIONS, RELIABLE
from .events import DAY_S, Events
from .interests import KINDS
from .people import NEVER
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
            "interest": looked_up(_names(setting), events.interest),
        }
    )


def latent_frame(setting: Setting, events: Events, *, start: date, days: int) -> pl.DataFrame:
    """Return every latent interest with its reliable events in the log, and whether the log shows it."""
    it = setting.interests
    shown = (
        (pl.col("n_events") >= MIN_EVENTS)
        & (pl.col("n_days") >= MIN_DAYS)
        & (pl.col("spread_days") >= MIN_SPREAD_DAYS)
        & (pl.col("categories").list.len() > 0)
    )
    return (
        pl.DataFrame(
            {
                "n": pl.Series(np.arange(len(it)), dtype=pl.Int64),
                "user_id": setting.people.frame["user_id"].gather(it.user),
                "interest": _names(setting),
            }
        )
        .hstack(_focus(setting))
        .with_columns(
            pl.Series("kind", KINDS, dtype=pl.String).gather(it.kind),
            pl.Series("strength", it.strength),
            _dates("start", start, it.start),
            _dates("end", start, np.where(it.end > days, np.nan, it.end)),
        )
        .select("n", "user_id", "interest", "name", "parent", "kind", "strength", "start", "end", "focus")
        .join(_evidence(setting, events), on="n", how="left")
        .with_columns(
            pl.col("event_ids").fill_null([]),
            pl.col("categories").fill_null([]),
            shown.fill_null(False).alias("shown"),
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


def _names(setting: Setting) -> pl.Series:
    """Return the id of each latent interest."""
    it = setting.interests
    number = pl.Series(it.number + 1).cast(pl.String).str.zfill(2)
    return setting.people.frame["user_id"].gather(it.user) + "-" + number


def _focus(setting: Setting) -> pl.DataFrame:
    """Return name, parent and focus leaves of each interest, named by its leaf, its two leaves, or the parent."""
    it, leaves = setting.interests, setting.catalogue.leaves
    about = pl.DataFrame(
        {
            "leaf": [leaf.name for leaf in leaves],
            "parent_name": [leaf.parent for leaf in leaves],
            "parent": [leaf.parent_path for leaf in leaves],
            "focus": [leaf.path for leaf in leaves],
        }
    )
    return (
        about[it.pair_leaf]
        .with_columns(n=it.pair_interest)
        .group_by("n", maintain_order=True)
        .agg(pl.first("parent_name", "parent"), "leaf", "focus")
        .with_columns(
            name=pl.when(pl.col("leaf").list.len() > 2)
            .then("parent_name")
            .otherwise(pl.col("leaf").list.join(setting.language.joined))
        )
        .select("name", "parent", "focus")
    )


def _dates(name: str, start: date, days: NDArray[np.float64]) -> pl.Series:
    """Return dates that many days after `start`; null for NaN."""
    whole = pl.Series(name, days, nan_to_null=True).floor().cast(pl.Int32)
    return (whole + (start - date(1970, 1, 1)).days).cast(pl.Date)


def looked_up(names: pl.Series, index: NDArray[np.int64]) -> pl.Series:
    """Return the name at each index; null for -1."""
    rows = pl.Series(index)
    return names.gather(rows.set(rows < 0, None))
