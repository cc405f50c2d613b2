"""One raw column → values of one kind, with a mark on what could not be read."""

from __future__ import annotations

from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..types import NO_TIME
from .coding import encode

TimeUnit = Literal["auto", "s", "ms", "us", "ns"]
TIME_FORMATS = (
    "%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M%#z", "%Y-%m-%d %H:%M", "%Y-%m-%d"
)  # fmt: skip
"""ISO 8601, after `T` has become a blank and `Z` has become `+00:00`."""
FIRST_US, LAST_US = (int(np.datetime64(day, "us").astype(np.int64)) for day in ("1900-01-01", "2200-01-01"))
UNREADABLE = NO_TIME + 1
PER_US = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}
EXACT_FLOAT = 2**53


def text(column: pl.Series) -> pl.Series:
    """Return any column as strings; a whole number is written without a point."""
    kind = column.dtype
    if kind == pl.String:
        return column
    if kind.is_float():
        whole = (column == column.floor()) & (column.abs() < EXACT_FLOAT)
        frame = pl.select(
            pl.when(column.is_nan()).then(None)
            .when(whole).then(column.cast(pl.Int64, strict=False).cast(pl.String))
            .otherwise(column.cast(pl.String))
        )  # fmt: skip
        return frame.to_series().alias(column.name)
    if isinstance(kind, pl.List):
        return column.cast(pl.List(pl.String)).list.join(", ")
    if isinstance(kind, pl.Struct):
        return pl.select(pl.when(column.is_not_null()).then(column.struct.json_encode())).to_series()
    return column.cast(pl.String, strict=False)


def longest(column: pl.Series) -> int:
    """Return the bytes of the longest text."""
    return int(column.str.len_bytes().fill_null(0).to_numpy().max(initial=0))


def times(
    column: pl.Series, unit: TimeUnit = "auto", pattern: str | None = None
) -> tuple[NDArray[np.int64], NDArray[np.bool_] | None]:
    """Return microseconds since the epoch, NO_TIME where null, and which rows are unreadable (None: none).

    Numbers are epoch seconds, milli-, micro- or nanoseconds by their size, value by value; a time without zone is UTC;
    text is ISO 8601 or digits; with a `pattern`, text and numbers are what it says. What lies outside 1900 to 2200 is
    unreadable.
    """
    kind = column.dtype
    if kind == pl.Null:
        return np.full(len(column), NO_TIME, dtype=np.int64), None
    if isinstance(kind, pl.Datetime) or kind == pl.Date:
        us = column.cast(pl.Datetime("us")).cast(pl.Int64).fill_null(NO_TIME).to_numpy()
    elif kind.is_integer() and pattern is None:
        us = _epoch(column.cast(pl.Int64, strict=False).fill_null(NO_TIME).to_numpy(), unit)
    elif (kind.is_float() or kind.is_decimal()) and pattern is None:
        numbers = column.cast(pl.Float64).fill_null(np.nan).to_numpy()
        us = np.where(np.isnan(numbers), NO_TIME, _epoch_float(np.nan_to_num(numbers), unit))
    else:
        coded = encode(text(column))
        us = coded.per_row(_parse(coded.values, unit, pattern), NO_TIME).astype(np.int64)
    bad = (us != NO_TIME) & ((us < FIRST_US) | (us >= LAST_US))
    return us, bad if bad.any() else None


def _parse(values: pl.Series, unit: TimeUnit, pattern: str | None) -> NDArray[np.int64]:
    """Return microseconds of each text, UNREADABLE where it is no time."""
    plain = values.str.strip_chars()
    if pattern:
        parsed = plain.str.to_datetime(pattern, time_unit="us", strict=False)
        return parsed.dt.epoch("us").fill_null(UNREADABLE).to_numpy()
    whole = plain.set(~plain.str.contains(r"^[+-]?\d{5,19}$"), None).cast(pl.Int64, strict=False)
    broken = plain.set(~plain.str.contains(r"^[+-]?\d{5,19}\.\d+$"), None).cast(pl.Float64, strict=False)
    us = _iso(plain).fill_null(UNREADABLE).to_numpy()
    us = np.where(whole.is_not_null(), _epoch(whole.fill_null(0).to_numpy(), unit), us)
    return np.where(broken.is_not_null(), _epoch_float(broken.fill_null(0.0).to_numpy(), unit), us)


def _iso(plain: pl.Series) -> pl.Series:
    normal = plain.str.replace(r"^(\d{4}-\d\d-\d\d)[T_]", "${1} ").str.replace(r"\s*(?:Z|UTC)$", "+00:00")
    found = pl.Series([None] * len(plain), dtype=pl.Int64)
    for pattern in TIME_FORMATS:
        if not found.has_nulls():
            break
        more = normal.str.to_datetime(pattern, time_unit="us", strict=False).dt.epoch("us")
        found = pl.select(pl.coalesce(found, more)).to_series()
    return found


def _epoch(numbers: NDArray[np.int64], unit: TimeUnit) -> NDArray[np.int64]:
    """Return microseconds of epoch numbers; what is beyond any date is UNREADABLE."""
    size = np.abs(np.where(numbers == NO_TIME, 0, numbers))
    if unit == "auto":
        if int(size.max(initial=0)) < 10**11:
            return _epoch(numbers, "s")
        units: tuple[TimeUnit, ...] = ("s", "ms", "us")
        us = np.select([size < 10**11, size < 10**14, size < 10**17], [_epoch(numbers, u) for u in units])
        us = np.where(size >= 10**17, numbers // 1_000, us)
    elif unit == "ns":
        us = numbers // 1_000
    else:
        factor = int(PER_US[unit])
        us = np.where(size < LAST_US // factor, numbers * factor, UNREADABLE)
    return np.where(numbers == NO_TIME, NO_TIME, us)


def _epoch_float(numbers: NDArray[np.float64], unit: TimeUnit) -> NDArray[np.int64]:
    size = np.abs(numbers)
    factor = np.select([size < 1e11, size < 1e14, size < 1e17], [1e6, 1e3, 1.0], 1e-3)
    us = np.rint(numbers * (factor if unit == "auto" else PER_US[unit]))
    fits = np.abs(us) < 9e18
    return np.where(fits, np.where(fits, us, 0.0).astype(np.int64), UNREADABLE)


def numbers(column: pl.Series) -> tuple[NDArray[np.float64], NDArray[np.bool_] | None]:
    """Return the column as floats, NaN where null, and which rows are no finite number (None: none)."""
    kind = column.dtype
    if kind == pl.Null:
        return np.full(len(column), np.nan), None
    if kind.is_numeric() or kind == pl.Boolean:
        found = column.cast(pl.Float64).fill_null(np.nan).to_numpy()
    else:
        coded = encode(text(column))
        values = coded.values.str.strip_chars().cast(pl.Float64, strict=False).fill_null(np.inf)
        found = coded.per_row(values.to_numpy(), np.nan).astype(np.float64)
    bad = np.isinf(found)
    return found, bad if bad.any() else None
