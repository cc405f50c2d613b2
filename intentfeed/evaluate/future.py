"""Did the slates of a workspace meet what people did next? Popularity sits beside them."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from ..types import RELIABLE
from ..workspace import Workspace


def hit_rates(ws: Workspace, future: Path, *, k: int = 10) -> dict[str, float]:
    """Return the share of people with a deliberate event, after the log's end, on one of the k items shown.

    Counted over the people who touched an item deliberately at all in that time. `popularity` shows everybody the
    items with the most deliberate events of the log that the person has not touched before.
    """
    later = (
        pl.scan_parquet(future)
        .filter(pl.col("action").is_in(RELIABLE) & pl.col("item_id").is_not_null())
        .select("user_id", "item_id")
        .unique()
        .collect()
    )
    slates = ws.store.scan("slates").filter(pl.col("rank") <= k).select("user_id", "item_id").collect()
    people = later.select("user_id").unique().join(ws.store.scan("digests").select("user_id").collect(), on="user_id")
    if people.is_empty():
        return {f"hit_rate@{k}": 0.0, f"hit_rate@{k}_popularity": 0.0}

    def rate(shown: pl.DataFrame) -> float:
        hits = shown.join(later, on=["user_id", "item_id"]).select("user_id").unique()
        return round(hits.join(people, on="user_id").height / people.height, 4)

    return {f"hit_rate@{k}": rate(slates), f"hit_rate@{k}_popularity": rate(_popular(ws, people, k))}


def _popular(ws: Workspace, people: pl.DataFrame, k: int) -> pl.DataFrame:
    """Return each person's k most popular items that are new to them."""
    known = ws.store.scan("events").filter(pl.col("item_id").is_not_null())
    met = known.filter(pl.col("action") != "impression").select("user_id", "item_id").unique()
    seen = met.join(people.lazy(), on="user_id").collect()
    ranked = (
        known.filter(pl.col("action").is_in(RELIABLE))
        .group_by("item_id")
        .len()
        .sort("len", "item_id", descending=[True, False])
    )
    most = max(seen.group_by("user_id").len()["len"].to_list(), default=0)
    top = ranked.head(k + most).select("item_id").collect().with_row_index("place")
    fresh = people.join(top, how="cross").join(seen, on=["user_id", "item_id"], how="anti")
    return fresh.sort("place").group_by("user_id", maintain_order=True).head(k)
