"""Which interests lead to which items: the pairs that the explanation table has sentences for (RecGPT-V1, 8.2)."""

from __future__ import annotations

import polars as pl

from ..data.catalog import Catalog
from .config import ExplainConfig
from .shelves import Shelves, facet_rows

PAIRS = pl.Schema(
    {"interest_key": pl.String, "interest_name": pl.String, "item_id": pl.String, "item": pl.Int64}
)  # fmt: skip
"""An interest and an item that it leads to, with its row in the catalogue; key '' asks for the item alone."""


def pairs_from_tags(
    tags: pl.DataFrame, interests: pl.DataFrame, catalog: Catalog, config: ExplainConfig | None = None
) -> pl.DataFrame:
    """Return interest × item wherever they share a category: interest → its tags → φ(tag) → items.

    Where "reasonably connected" (8.2) ends is ours. A category counts where evidence of the interest lies, tag or no
    tag, and a tag's category where it stands on the same shelf. An interest named like an attribute's value, as a
    director is, leads only to items that have it. Elsewhere the item speaks for itself.

    The name of an interest is the one that most people have for its key; a key that nobody holds is left out. Every
    available item is there once more with key '', for the misses. Columns of PAIRS, sorted by key, then row.
    """
    shown = pl.DataFrame(
        {
            "item_id": catalog.item_ids,
            "item": range(len(catalog)),
            "category": catalog.frame["category"],
            "available": catalog.available_I,
        },
        schema={"item_id": pl.String, "item": pl.Int64, "category": pl.String, "available": pl.Boolean},
    ).filter("available")
    names = (
        interests.filter(pl.col("status") == "kept")
        .group_by("key", "name")
        .len()
        .sort("len", "name", descending=[True, False])
        .unique("key", keep="first", maintain_order=True)
        .select(interest_key="key", interest_name="name")
    )
    at_least = (config or ExplainConfig()).min_tags
    by_tag = tags.group_by("interest_key", "category").len().filter(pl.col("len") >= at_least)
    held = interests.filter(pl.col("status") == "kept").select(interest_key="key", category="categories")
    own = held.explode("category").filter(pl.col("category") != "").unique()
    leads = pl.concat([by_tag.select("interest_key", "category"), own]).filter(pl.col("category") != "").unique()
    leads = leads.with_columns(near=_is_near(leads, own, Shelves.of(catalog)))
    pairs = _connected(leads.join(shown, on="category").join(names, on="interest_key"), catalog).select(PAIRS.names())
    alone = shown.select(interest_key=pl.lit(""), interest_name=pl.lit(""), item_id="item_id", item="item")
    return pl.concat([alone, pairs]).unique().sort("interest_key", "item")


def _is_near(leads: pl.DataFrame, own: pl.DataFrame, shelves: Shelves) -> pl.Series:
    """Return whether each category that an interest leads to is near one of its evidence; of none, all are."""
    evidence: dict[str, list[str]] = {}
    for key, category in own.select("interest_key", "category").sort("interest_key", "category").iter_rows():
        evidence.setdefault(key, []).append(category)
    rows = leads.select("interest_key", "category").iter_rows()
    return pl.Series([shelves.near(category, evidence.get(key, ())) for key, category in rows], dtype=pl.Boolean)


def _connected(pairs: pl.DataFrame, catalog: Catalog) -> pl.DataFrame:
    """Return the pairs that are connected: of an interest named like an attribute's value those whose item has it, of
    any other those that are near."""
    named = set(pairs["interest_name"].str.to_lowercase().unique().to_list())
    having = facet_rows(catalog, named)
    small = pl.col("interest_name").str.to_lowercase()
    facets = pl.DataFrame(
        [(name, row) for name, rows in having.items() for row in sorted(rows)],
        schema={"name": pl.String, "item": pl.Int64},
        orient="row",
    )
    is_facet = small.is_in(sorted(having))
    kept = pairs.filter(is_facet).with_columns(name=small).join(facets, on=["name", "item"]).drop("name")
    return pl.concat([pairs.filter(~is_facet, pl.col("near")), kept])
