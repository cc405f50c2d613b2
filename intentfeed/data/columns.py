"""One raw column → values of one kind, with a mark on what could not be read. Distinct values are read once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..types import NO_TIME

TIME_FORMATS = ("%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d")
"""ISO 8601, after `T` has become a blank and `Z` has become `+00:00`."""
FIRST_US, LAST_US = (np.datetime64(day, "us").astype(np.int64) for day in ("1900-01-01", "2200-01-01"))
EPOCH_US = {"s": 1_000_000.0, "ms": 1_000.0, "us": 1.0, "ns": 1e-3}


@dataclass(frozen=True)
class Coded:
    """A column of texts as numbers [N] into its distinct values; -1 is null or ''."""

    codes: NDArray[np.int32]
    values: pa.Array
    """Distinct texts."""

    @property
    def n_bytes(self) -> NDArray[np.int64]:
        """Length of each distinct value."""
        return pc.binary_length(self.values).to_numpy(zero_copy_only=False).astype(np.int64)

    def per_row(self, of_value: NDArray[np.generic], null: object) -> NDArray[np.generic]:
        """Return what holds of each row's value, and `null` where it has none."""
        return np.append(of_value, np.array([null], dtype=of_value.dtype))[self.codes]  # -1 finds the last

    def used(self) -> Coded:
        """Return the same column with only the values that occur in it."""
        seen = np.zeros(len(self.values) + 1, dtype=bool)
        seen[self.codes] = True
        used = np.flatnonzero(seen[:-1])
        if len(used) == len(self.values):
            return self
        place = np.full(len(seen), -1, dtype=np.int32)
        place[used] = np.arange(len(used), dtype=np.int32)
        return Coded(place[self.codes], self.values.take(pa.array(used)))

    def array(self) -> pa.Array:
        """Return the column as Arrow writes it best."""
        mask = self.codes < 0
        if not len(self.values):
            return pa.nulls(len(self.codes), pa.dictionary(pa.int32(), pa.string()))
        return pa.DictionaryArray.from_arrays(pa.array(self.codes, mask=mask if mask.any() else None), self.values)


def empty(n: int) -> Coded:
    """Return a column of nulls."""
    return Coded(np.full(n, -1, dtype=np.int32), pa.array([], pa.string()))


def coded(column: pa.ChunkedArray) -> Coded:
    """Return any column as texts; a whole number is written without a point, '' is null."""
    if pa.types.is_null(column.type):
        return empty(len(column))
    if not pa.types.is_dictionary(column.type):
        if pa.types.is_nested(column.type):
            column = pa.chunked_array([_json(column)])
        column = column.dictionary_encode()
    whole = column.unify_dictionaries().combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        whole = whole.chunk(0) if whole.num_chunks else pa.array([], column.type)
    values = texts(whole.dictionary)
    codes = whole.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
    blank = np.flatnonzero(pc.fill_null(pc.equal(values, ""), True).to_numpy(zero_copy_only=False))
    if len(blank):
        codes = np.where(np.isin(codes, blank), np.int32(-1), codes)
    return Coded(codes, values)


def texts(values: pa.Array) -> pa.Array:
    """Return the values as strings."""
    kind = values.type
    if pa.types.is_string(kind):
        return values
    if pa.types.is_floating(kind):
        numbers = values.to_numpy(zero_copy_only=False).astype(np.float64)
        written = [None if np.isnan(x) else str(int(x)) if float(x).is_integer() else repr(float(x)) for x in numbers]
        return pa.array(written, pa.string())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        # Spark writes strings without saying so; what is no text then shows as replacement characters.
        return pa.array([None if v is None else v.decode(errors="replace") for v in values.to_pylist()], pa.string())
    return values.cast(pa.string())


def _json(column: pa.ChunkedArray) -> pa.Array:
    frame = pl.from_arrow(pa.table({"v": column}))
    assert isinstance(frame, pl.DataFrame)
    if isinstance(frame.schema["v"], pl.List):
        frame = frame.select(pl.col("v").cast(pl.List(pl.String)).list.join(", "))
    else:
        frame = frame.select(pl.when(pl.col("v").is_not_null()).then(pl.col("v").struct.json_encode()))
    return frame["v"].to_arrow().cast(pa.string())


def times(
    column: pa.ChunkedArray, unit: str = "auto", pattern: str | None = None
) -> tuple[NDArray[np.int64], NDArray[np.bool_] | None]:
    """Return microseconds since the epoch, NO_TIME where null, and which rows are unreadable (None: none).

    Numbers are epoch seconds, milli-, micro- or nanoseconds by their size, value by value; a time without zone is UTC;
    text is ISO 8601, digits, or `pattern`. What lies outside 1900 to 2200 is unreadable.
    """
    kind = column.type
    if pa.types.is_null(kind):
        return np.full(len(column), NO_TIME, dtype=np.int64), None
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        micro = column.cast(pa.timestamp("us", getattr(kind, "tz", None)), safe=False).cast(pa.int64())
        us = micro.fill_null(NO_TIME).to_numpy()
    elif pa.types.is_integer(kind):
        us = _epoch(column.cast(pa.int64(), safe=False).fill_null(NO_TIME).to_numpy(), unit)
    elif pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        numbers = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        us = np.where(np.isnan(numbers), NO_TIME, _epoch_float(np.nan_to_num(numbers), unit))
    else:
        column_ = coded(column)
        value_us = parse_times(column_.values, unit, pattern)
        us = column_.per_row(value_us, NO_TIME)
    bad = (us != NO_TIME) & ((us < FIRST_US) | (us >= LAST_US))
    return us, bad if bad.any() else None


def parse_times(values: pa.Array, unit: str, pattern: str | None) -> NDArray[np.int64]:
    """Return microseconds of each text; the least int64 + 1 where it is unreadable."""
    series = pl.Series(values).cast(pl.String)
    plain = series.str.strip_chars()
    digits = plain.str.contains(r"^[+-]?\d{5,19}(\.\d+)?$")
    numbers = plain.set(~digits.fill_null(False), None)
    whole = _epoch(numbers.cast(pl.Int64, strict=False).fill_null(NO_TIME).to_numpy(), unit)
    broken = _epoch_float(numbers.cast(pl.Float64, strict=False).fill_null(0.0).to_numpy(), unit)
    epoch = np.where(numbers.str.contains(".", literal=True).fill_null(False).to_numpy(), broken, whole)
    if pattern:
        parsed = plain.str.to_datetime(pattern, time_unit="us", strict=False)
        if parsed.dtype.time_zone:  # type: ignore[attr-defined]
            parsed = parsed.dt.convert_time_zone("UTC")
        text = parsed.dt.epoch("us")
    else:
        text = _iso(plain)
    us = np.where(digits.fill_null(False).to_numpy() & (not pattern), epoch, text.fill_null(NO_TIME).to_numpy())
    return np.where(us == NO_TIME, NO_TIME + 1, us)


def _iso(plain: pl.Series) -> pl.Series:
    normal = plain.str.replace(r"^(\d{4}-\d\d-\d\d)[T_]", "${1} ").str.replace(r"\s*(?:Z|UTC)$", "+00:00")
    zoned, *local = TIME_FORMATS
    found = normal.str.to_datetime(zoned, time_unit="us", strict=False).dt.epoch("us")
    for pattern in local:
        if not found.has_nulls():
            break
        more = normal.str.to_datetime(pattern, time_unit="us", strict=False).dt.epoch("us")
        found = pl.select(pl.coalesce(found, more)).to_series()
    return found


def _epoch(numbers: NDArray[np.int64], unit: str) -> NDArray[np.int64]:
    """Return microseconds of epoch numbers; what is far beyond any date stays so."""
    size = np.abs(np.where(numbers == NO_TIME, 0, numbers))
    top = int(size.max(initial=0))
    if unit == "s" or (unit == "auto" and top < 10**11):
        us = np.where(size < 10**12, numbers * 1_000_000, numbers)
    elif unit == "ms":
        us = np.where(size < 10**15, numbers * 1_000, numbers)
    elif unit == "us":
        us = numbers
    elif unit == "ns":
        us = numbers // 1_000
    else:
        us = np.select(
            [size < 10**11, size < 10**14, size < 10**17],
            [numbers * 1_000_000, numbers * 1_000, numbers],
            numbers // 1_000,
        )
    return np.where(numbers == NO_TIME, NO_TIME, us)


def _epoch_float(numbers: NDArray[np.float64], unit: str) -> NDArray[np.int64]:
    size = np.abs(numbers)
    if unit == "auto":
        factor = np.select([size < 1e11, size < 1e14, size < 1e17], [1e6, 1e3, 1.0], 1e-3)
    else:
        factor = np.full(len(numbers), EPOCH_US[unit])
    return np.clip(np.rint(numbers * factor), -9e18, 9e18).astype(np.int64)


def numbers(column: pa.ChunkedArray) -> tuple[NDArray[np.float64], NDArray[np.bool_] | None]:
    """Return the column as floats, NaN where null, and which rows are no finite number (None: none)."""
    kind = column.type
    if pa.types.is_null(kind):
        return np.full(len(column), np.nan), None
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
        found = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        bad = np.isinf(found)
    else:
        texts_ = coded(column)
        values = pl.Series(texts_.values).cast(pl.String).str.strip_chars().cast(pl.Float64, strict=False)
        of_value = values.fill_null(np.inf).to_numpy()
        found = texts_.per_row(of_value, np.nan)
        bad = np.isinf(found)
    return found, bad if bad.any() else None
