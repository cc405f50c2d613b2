"""Raw items → the catalogue, and a catalogue with what a day changed in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from ..errors import DataError
from .catalog import Catalog
from .columns import text
from .fields import attributes, blank, category_paths, json_merge, prices, status_column, statuses
from .mapping import IngestConfig, check_targets, missing, sources_of
from .read import Source
from .schema import ITEMS
from .table import RawTable, read_table

__all__ = ["CatalogDelta", "item_delta", "read_items"]

TEXTS = ("title", "brand", "description")
OURS = ("item_id", *TEXTS, "category", "price", "attributes", "status")


@dataclass(frozen=True, kw_only=True)
class CatalogDelta:
    """A catalogue after a day, and what the day did to it; item ids in catalogue order."""

    catalog: Catalog
    """Old items keep their rows, new ones follow; `short` is '' where it has to be made (again)."""
    added: list[str]
    changed: list[str]
    """Old items of which anything but the status changed."""
    out_of_stock: list[str]
    withdrawn: list[str]
    restocked: list[str]
    rejects: pl.DataFrame
    """schema.REJECTS."""


def read_items(source: Source, config: IngestConfig) -> tuple[Catalog, pl.DataFrame]:
    """Return the catalogue in the order of the input, and the rows that are no item with the reason.

    Raises:
        DataError: there is no item_id, an id occurs twice, no item is left, or more than `max_bad` of the rows are bad.
    """
    check_targets(config.item_columns, OURS, "item_columns")
    ours, rejects = _normal(read_table(source, "items", config), config, known=None)
    twice = ours.filter(ours["item_id"].is_duplicated())["item_id"].unique(maintain_order=True)
    if len(twice):
        names = ", ".join(repr(item_id[:40]) for item_id in twice[:3])
        raise DataError(f"{len(twice):,} item ids occur more than once, first {names}: keep one row for each item")
    return Catalog(_filled(ours)), rejects


def _filled(ours: pl.DataFrame) -> pl.DataFrame:
    """Return the columns of schema.ITEMS, with what an item has by default."""
    default = {"attributes": "{}", "status": "available", "price": None}
    columns = [
        (pl.col(name) if name in ours.columns else pl.lit(None)).cast(kind).fill_null(pl.lit(default.get(name, "")))
        if name != "price"
        else (pl.col(name) if name in ours.columns else pl.lit(None)).cast(kind)
        for name, kind in ITEMS.items()
    ]
    return ours.select(column.alias(name) for column, name in zip(columns, ITEMS, strict=True)).rechunk()


def item_delta(catalog: Catalog, source: Source, config: IngestConfig) -> CatalogDelta:
    """Return the catalogue with the rows of a delta applied, and what they changed.

    A row has an `item_id` and any other columns of an item; what it lacks or leaves null stays as it was, '' clears a
    text, and attributes are replaced one by one. Of several rows for one item the later go on top of the earlier.

    Raises:
        DataError: there is no item_id, or more than `max_bad` of the rows are bad.
    """
    check_targets(config.item_columns, OURS, "item_columns")
    rows, rejects = _normal(read_table(source, "item delta", config), config, known=catalog)
    rows = rows.group_by("item_id", maintain_order=True).agg(
        pl.col(name).drop_nulls() if name == "attributes" else pl.col(name).drop_nulls().last()
        for name in rows.columns[1:]
    )
    added = rows.filter(~rows["item_id"].is_in(catalog.frame["item_id"].implode()))["item_id"]
    before = pl.concat([catalog.frame, _filled(added.to_frame())])
    after = _applied(before, rows)

    old = np.arange(len(before)) < len(catalog)
    fields = [name for name in ITEMS if name not in ("short", "status")]
    same = np.logical_and.reduce([before[name].eq_missing(after[name]).to_numpy() for name in fields])
    moved = (before["status"] != after["status"]).to_numpy()
    short = pl.select(pl.when(pl.Series(same & old)).then(before["short"]).otherwise(pl.lit(""))).to_series()
    ids, status = before["item_id"], after["status"]
    return CatalogDelta(
        catalog=Catalog(after.with_columns(short.alias("short")).select(ITEMS.names()).rechunk()),
        added=added.to_list(),
        changed=ids.filter(pl.Series(~same & old)).to_list(),
        out_of_stock=ids.filter(pl.Series(moved) & (status == "out_of_stock")).to_list(),
        withdrawn=ids.filter(pl.Series(moved) & (status == "withdrawn")).to_list(),
        restocked=ids.filter(pl.Series(moved) & (status == "available")).to_list(),
        rejects=rejects,
    )


def _applied(before: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the items with the filled fields of the delta's rows on top."""
    joined = before.join(rows, on="item_id", how="left", maintain_order="left", suffix="_new")
    fields = [name for name in rows.columns if name not in ("item_id", "attributes")]
    joined = joined.with_columns(pl.coalesce(f"{name}_new", name).alias(name) for name in fields)
    if "attributes" in rows.columns:
        pairs = joined.select("attributes", "attributes_new").rows()
        merged = [json_merge(old, *new) if new else old for old, new in pairs]
        joined = joined.with_columns(pl.Series("attributes", merged, dtype=pl.String))
    return joined.select(before.columns)


# Rows in our columns


def _normal(raw: RawTable, config: IngestConfig, known: Catalog | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return item_id and those of our columns that the input has, and the rejects; a delta keeps '' as a value."""
    found = raw.frame.columns
    sources = {ours: sources_of(ours, found, config.item_columns) for ours in OURS}
    if not sources["item_id"]:
        raise missing(f"the {raw.what}", "item_id", found, "item_columns")
    strict = bool(sources["status"]) and (known is not None or "status" in config.item_columns.values())
    if not strict:
        guess = status_column(raw.frame)
        sources["status"] = [guess] if guess else []

    bad, frame = raw.without_long_fields(config), raw.frame
    columns = {ours: _text(frame, sources[ours]) for ours in ("item_id", *TEXTS) if sources[ours]}
    if sources["category"]:
        paths = [category_paths(frame[name], config, known).alias(name) for name in sources["category"]]
        columns["category"] = _text(pl.DataFrame(paths), sources["category"])
    extra = {}
    if sources["price"]:
        price = frame[sources["price"][0]]
        columns["price"] = prices(price)
        unread = pl.select(pl.when(columns["price"].is_null() & ~blank(text(price))).then(text(price))).to_series()
        extra = {"price_text": unread} if unread.null_count() < len(unread) else {}
    if sources["status"]:
        said = frame[sources["status"][0]]
        columns["status"] = statuses(said)
        if strict:
            unknown = columns["status"].is_null() & ~blank(text(said))
            bad = bad.mark(unknown, "status", text(said), "unknown status {}")
    taken = {name for names in sources.values() for name in names} | set(OURS) | set(config.ignore)
    rest = [name for name in found if name not in taken]
    columns["attributes"] = _attributes(raw, rest, sources["attributes"], extra, clear=known is not None)
    bad = bad.mark(blank(columns["item_id"]), "id", columns["item_id"], "no item_id")
    bad = bad.mark(
        columns["attributes"].str.len_bytes() > config.max_field_bytes,
        "size",
        columns["item_id"],
        "a field above the allowed size at {}",
    )
    rejects = raw.check(bad, config)
    return pl.DataFrame(columns).filter(bad.good), rejects


def _text(frame: pl.DataFrame, names: Sequence[str]) -> pl.Series:
    """Return the first of the columns that is filled, row by row."""
    columns = [text(frame[name]) for name in names]
    if len(columns) == 1:
        return columns[0]
    filled = [pl.when(~blank(column)).then(column) for column in columns]
    return pl.select(pl.coalesce(*filled, columns[-1])).to_series()


def _attributes(
    raw: RawTable, names: Sequence[str], packed: Sequence[str], extra: dict[str, pl.Series], *, clear: bool
) -> pl.Series:
    """Return all further columns as JSON, on top of what an `attributes` column holds as JSON or as a struct."""
    frame = raw.frame.with_columns(column.alias(name) for name, column in extra.items())
    found = attributes(frame, [*names, *extra], clear=clear, typed=raw.typed)
    if not packed:
        return found
    below = text(raw.frame[packed[0]]).fill_null("{}")
    merged = [json_merge(old, new) for old, new in zip(below, found, strict=True)]
    return pl.Series("attributes", merged, dtype=pl.String)
