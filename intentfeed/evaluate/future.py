"""Did the slates of a workspace meet what people did next? Popularity sits beside them."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from ..types import RELIABLE
from ..workspace import Workspace

PAIR = ["user_id", "item_id"]


def hit_rates(ws: Workspace, future: Path, *, k: int = 10) -> dict[str, float]:
    """Return the share of people who, after the log's end, sought out one of the k items shown.

    Sought out means a deliberate event on an item new to the person: never clicked, viewed or bought before. The rate
    is over the people who did that with any item. Popularity shows everybody the items with the most deliberate
    events of the log, those that the person has met left out.
    """
    events = ws.store.scan("events").filter(pl.col("item_id").is_not_null())
    met = events.filter(pl.col("action") != "impression").select(PAIR).unique().collect()
    deliberate = pl.scan_parquet(future).filter(pl.col("action").is_in(RELIABLE) & pl.col("item_id").is_not_null())
    later = deliberate.select(PAIR).unique().collect().join(met, on=PAIR, how="anti")
    known = ws.store.scan("digests").select("user_id").collect()
    people = later.select("user_id").unique().join(known, on="user_id")
    popular = events.filter(pl.col("action").is_in(RELIABLE)).group_by("item_id").len()
    ranked = popular.sort("len", "item_id", descending=[True, False]).select("item_id").collect()
    shown = {
        f"hit_rate@{k}": ws.store.scan("slates").filter(pl.col("rank") <= k).select(PAIR).collect(),
        f"hit_rate@{k}_popularity": _most_popular(ranked, people, met, k),
    }
    rates = {
        name: rows.join(later, on=PAIR).join(people, on="user_id")["user_id"].n_unique() for name, rows in shown.items()
    }
    found = {name: round(hits / max(people.height, 1), 4) for name, hits in rates.items()}
    return {**found, "hit_rate_people": people.height}


def _most_popular(ranked: pl.DataFrame, people: pl.DataFrame, met: pl.DataFrame, k: int) -> pl.DataFrame:
    """Return each person's k most popular items that are new to them."""
    seen = met.join(people, on="user_id")
    most = max(seen.group_by("user_id").len()["len"].to_list(), default=0)
    top = ranked.head(k + most).with_row_index("place")
    fresh = people.join(top, how="cross").join(seen, on=PAIR, how="anti")
    return fresh.sort("place").group_by("user_id", maintain_order=True).head(k)
