"""Which pairs of interest and item are asked about in one question: some items of one interest [ours]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

GROUP = "group"
"""Column that `with_groups` adds: pairs of one question have the same number, those that nobody asks about -1."""


@dataclass(frozen=True, slots=True)
class Group:
    """One interest and the items of a question, in the order of their numbers."""

    key: str
    name: str
    items: tuple[int, ...]


def grouped(
    pairs: pl.DataFrame, *, size: int, per_interest: int, alone: bool, popularity: Sequence[int] | None = None
) -> list[Group]:
    """Return the questions that pairs come to: `size` items of an interest to each, the most popular first.

    Depends on the pairs and their popularity alone, not on their order. Pairs that `with_groups` has numbered keep
    their groups, so that a part of a table comes to the same questions as the whole, where it tears none apart.
    """
    if GROUP not in pairs.columns:
        pairs = with_groups(pairs, size=size, per_interest=per_interest, alone=alone, popularity=popularity)
    numbered = pairs.filter(pl.col(GROUP) >= 0).sort(GROUP, "place")
    found = numbered.group_by(GROUP, maintain_order=True).agg(
        pl.col("interest_key").first(), pl.col("interest_name").first(), "item"
    )
    rows = found.select("interest_key", "interest_name", "item").iter_rows()
    return [Group(key, name, tuple(items)) for key, name, items in rows]


def with_groups(
    pairs: pl.DataFrame,
    *,
    size: int,
    per_interest: int = 0,
    alone: bool = False,
    popularity: Sequence[int] | None = None,
) -> pl.DataFrame:
    """Return the pairs with the number of their question and their place in it; -1 where nobody asks."""
    fame = pl.Series(popularity, dtype=pl.Int64) if popularity is not None else None
    rows = pairs.select("interest_key", "item").with_row_index("row")
    rows = rows.with_columns(fame=fame.gather(rows["item"]) if fame is not None else pl.lit(0))
    asked = rows.filter((pl.col("interest_key") != "") | pl.lit(alone)).sort(
        "interest_key", "fame", "item", descending=[False, True, False]
    )
    asked = asked.with_columns(rank=pl.int_range(pl.len()).over("interest_key"))
    if per_interest:
        asked = asked.filter(pl.col("rank") < per_interest)
    asked = asked.with_columns(part=pl.col("rank") // size, place=pl.col("rank") % size)
    asked = asked.with_columns(group=(pl.struct("interest_key", "part").rle_id()).cast(pl.Int64))
    numbers = rows.join(asked.select("row", GROUP, "place"), on="row", how="left", maintain_order="left")
    return pairs.with_columns(numbers[GROUP].fill_null(-1).alias(GROUP), numbers["place"].fill_null(-1).alias("place"))


def slices(pairs: pl.DataFrame, size: int) -> list[pl.DataFrame]:
    """Return numbered pairs in parts of about `size` that tear no question apart: what goes to one worker at once."""
    ordered = pairs.sort(GROUP, "item", "interest_key")
    cuts, at = [0], 0
    groups = ordered[GROUP].to_list()
    while at + size < len(groups):
        at += size
        while 0 < at < len(groups) and groups[at] >= 0 and groups[at] == groups[at - 1]:
            at += 1
        cuts.append(at)
    return [ordered[start:end] for start, end in zip(cuts, [*cuts[1:], len(groups)], strict=True) if end > start]
