"""Foreign columns of items and users → ours: category paths, prices, stock, and everything else as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from .catalog import SEPARATOR, Catalog
from .columns import text
from .mapping import IngestConfig

STATUS = {
    "available": "available", "in_stock": "available", "in stock": "available", "instock": "available",
    "true": "available", "1": "available", "yes": "available", "active": "available", "preorder": "available",
    "backorder": "available", "out_of_stock": "out_of_stock", "out of stock": "out_of_stock",
    "outofstock": "out_of_stock", "false": "out_of_stock", "0": "out_of_stock", "no": "out_of_stock",
    "sold_out": "out_of_stock", "sold out": "out_of_stock", "withdrawn": "withdrawn", "deleted": "withdrawn",
    "removed": "withdrawn", "discontinued": "withdrawn", "inactive": "withdrawn",
}  # fmt: skip
"""What a status or availability column may say, without regard to case."""
STATUS_COLUMNS = ("status", "availability", "in_stock", "available", "is_available")
PATH_SIGNS = (" > ", "|")
NUMBER = re.compile(r"[-+]?\d[\d.,'\u00a0\u202f ]*|(?<!\w)[.,]\d+")
INTEGER, DECIMAL = r"^(?:0|-?[1-9]\d{0,17})$", r"^-?(?:0|[1-9]\d{0,17})(?:\.\d+)?$"


# Categories


def category_paths(column: pl.Series, config: IngestConfig, known: Catalog | None) -> pl.Series:
    """Return paths with SEPARATOR between the levels; a list is a path already, a text is cut at a separator."""
    if isinstance(column.dtype, pl.List):
        levels = column.cast(pl.List(pl.String)).list.eval(_clean(pl.element().str.replace_all(SEPARATOR, " - ")))
    else:
        plain = text(column)
        signs = config.category_separators or (*PATH_SIGNS, *(["/"] if _slashed(plain, known) else []))
        for sign in signs:
            plain = plain.str.replace_all(sign, SEPARATOR, literal=True)
        levels = plain.str.split(SEPARATOR.strip()).list.eval(_clean(pl.element()))
    return levels.list.eval(pl.element().filter(pl.element() != "")).list.join(SEPARATOR)


def _clean(level: pl.Expr) -> pl.Expr:
    return level.str.replace_all(r"\s+", " ").str.strip_chars()


def _slashed(plain: pl.Series, known: Catalog | None) -> bool:
    """Whether `/` parts levels: in most paths of a catalogue; for a delta, if the catalogue was read so."""
    if known is not None and any(known.categories):
        return any(SEPARATOR in path for path in known.categories) and not any("/" in path for path in known.categories)
    filled = plain.filter(plain != "")
    other = filled.str.contains(SEPARATOR, literal=True) | filled.str.contains("|", literal=True)
    return not other.any() and int(filled.str.contains("/", literal=True).sum()) * 2 > len(filled)


# Prices


def prices(column: pl.Series) -> pl.Series:
    """Return prices as floats; of a text the first number counts, in either way of writing decimals."""
    if column.dtype.is_numeric():
        found = column.cast(pl.Float64)
    else:
        plain = text(column)
        distinct = plain.unique().drop_nulls()
        found = plain.replace_strict(
            distinct, [price(value) for value in distinct], default=None, return_dtype=pl.Float64
        )
    return pl.select(pl.when(found.is_finite() & (found >= 0)).then(found)).to_series()


def price(written: str) -> float | None:
    """Return the first number of a text.

    >>> price("€ 1.299,50"), price("$1,299"), price("12.5 - 20"), price("$.99"), price("on request")
    (1299.5, 1299.0, 12.5, 0.99, None)
    """
    match = NUMBER.search(written)
    if match is None:
        return None
    plain = re.sub(r"[^\d.,+-]", "", match.group()).rstrip(".,")
    mark = max(plain.rfind("."), plain.rfind(","))
    both = "." in plain and "," in plain
    many = mark >= 0 and plain.count(plain[mark]) > 1
    thousands = mark >= 0 and not both and (many or (plain[mark] == "," and len(plain) - mark == 4))
    if mark < 0 or thousands:
        return float(re.sub(r"[.,]", "", plain))
    return float(re.sub(r"[.,]", "", plain[:mark]) + "." + plain[mark + 1 :])


# Stock


def status_column(frame: pl.DataFrame) -> str | None:
    """Return the column that says whether an item can be had: one of the usual names, with only words we know."""
    for name in STATUS_COLUMNS:
        if name in frame.columns and statuses(frame[name]).null_count() == blank(text(frame[name])).sum():
            return name
    return None


def statuses(column: pl.Series) -> pl.Series:
    """Return available, out_of_stock or withdrawn; null where the word is unknown or missing."""
    plain = text(column).str.strip_chars().str.to_lowercase()
    return plain.replace_strict(STATUS, default=None, return_dtype=pl.String)


def blank(column: pl.Series) -> pl.Series:
    """Return where a text is missing or ''."""
    return column.is_null() | (column == "").fill_null(False)


# Everything else


def attributes(frame: pl.DataFrame, names: Iterable[str], *, clear: bool = False, typed: bool = True) -> pl.Series:
    """Return one JSON object a row, keys sorted, without nulls, '' and empty lists; with `clear`, '' becomes null.

    Lists, numbers and booleans stay what they are; of untyped columns the type is that of all values together.
    """
    parts = []
    for name in sorted(names):
        column = frame[name] if typed else typed_column(frame[name])
        part = _json(column, clear=clear)
        if part is not None:
            parts.append(pl.select(pl.lit(f"{json.dumps(name, ensure_ascii=False)}: ") + part).to_series().alias(name))
    if not parts:
        return pl.Series("attributes", ["{}"] * frame.height, dtype=pl.String)
    joined = pl.DataFrame(parts).select(
        pl.lit("{") + pl.concat_str(pl.all(), separator=", ", ignore_nulls=True) + pl.lit("}")
    )
    return joined.to_series().alias("attributes")


def _json(column: pl.Series, *, clear: bool) -> pl.Series | None:
    """Return each value as JSON, null where it says nothing; None for a column that never does."""
    kind = column.dtype
    if kind.is_float():
        column = pl.select(pl.when(column.is_finite()).then(column)).to_series()
    elif isinstance(kind, pl.List | pl.Array):
        column = column.cast(pl.List(kind.inner)).list.drop_nulls()
        column = pl.select(pl.when(column.list.len() > 0).then(column)).to_series()
    elif not (kind.is_integer() or kind == pl.Boolean or isinstance(kind, pl.Struct)):
        column = text(column)
    if column.null_count() == len(column):
        return None
    written = column.alias("v").to_frame().select(pl.struct("v").struct.json_encode()).to_series()
    inner = written.str.slice(5).str.head(-1)  # {"v":…}
    nothing = column.is_null()
    if column.dtype == pl.String:
        empty = (column == "").fill_null(False)
        inner = pl.select(pl.when(empty).then(pl.lit("null")).otherwise(inner)).to_series()
        nothing = nothing if clear else nothing | empty
    return pl.select(pl.when(~nothing).then(inner)).to_series()


def typed_column(column: pl.Series) -> pl.Series:
    """Return a column of texts as numbers or booleans where every value is one; a leading zero keeps it text."""
    if column.dtype != pl.String:
        return column
    filled = column.filter(~blank(column))
    if not len(filled):
        return column
    plain = pl.select(pl.when(~blank(column)).then(column)).to_series().alias(column.name)
    if filled.str.contains(INTEGER).all():
        return plain.cast(pl.Int64, strict=False)
    if filled.str.contains(DECIMAL).all():
        return plain.cast(pl.Float64)
    if filled.str.to_lowercase().is_in(["true", "false"]).all():
        return plain.str.to_lowercase() == "true"
    return column


def merged(below: Sequence[str | None], above: Sequence[str | None]) -> list[str]:
    """Return JSON objects row by row, the keys of `above` on top; null takes a key away."""
    return [json_merge(old or "{}", new) if new else old or "{}" for old, new in zip(below, above, strict=True)]


def json_merge(*texts: str) -> str:
    """Return JSON objects as one, later keys on top; null takes a key away, and what is no object counts as text."""
    found: dict[str, Any] = {}
    for written in texts:
        try:
            value = json.loads(written) if written.strip() else {}
        except (ValueError, RecursionError):
            value = written
        found |= value if isinstance(value, dict) else {"attributes": value}
    return json.dumps(
        {key: found[key] for key in sorted(found) if found[key] not in (None, "", [])}, ensure_ascii=False
    )
