"""Orders and runs of integer columns: the arithmetic under compression, in one place."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.integer[Any]]


def sorted_by(*keys: tuple[Ints, int]) -> Ints:
    """Return the stable order of rows by the keys, the first most significant.

    Each key comes with a bound above its values. Keys and row number are packed into one integer where they fit: a
    plain sort of those is several times faster than sorting indices, and Polars' three times faster than NumPy's.
    """
    n = len(keys[0][0])
    bits = [max(bound - 1, 0).bit_length() for _, bound in keys]
    row_bits = max(n - 1, 0).bit_length()
    if sum(bits) + row_bits > 63:
        return np.lexsort([key for key, _ in reversed(keys)])
    packed = np.zeros(n, dtype=np.int64)
    for (key, _), width in zip(keys, bits, strict=True):
        packed <<= width
        packed |= key
    packed <<= row_bits
    packed |= np.arange(n)
    return pl.Series(packed).sort().to_numpy() & ((1 << row_bits) - 1)


def run_starts(*columns: Ints) -> Ints:
    """Return where a run of equal rows begins, 0 included; empty for no rows."""
    changed = np.zeros(len(columns[0]), dtype=np.bool_)
    changed[:1] = True
    for column in columns:
        changed[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(changed)


def lengths(starts: Ints, n: int) -> Ints:
    """Return the length of each run, of `n` rows in all."""
    return np.diff(starts, append=n)


def spread(starts: Ints, sizes: Ints) -> Ints:
    """Return the row numbers of several stretches, one after the other: starts[0], starts[0] + 1, …"""
    ends = np.cumsum(sizes)
    rows: Ints = np.arange(int(ends[-1]) if len(ends) else 0) + np.repeat(starts - (ends - sizes), sizes)
    return rows


def compact(values: Ints, bound: int) -> tuple[Ints, Ints]:
    """Return the distinct values, sorted, and the place of each value among them; for values below a modest bound."""
    used = np.zeros(bound, dtype=np.bool_)
    used[values] = True
    place = np.cumsum(used, dtype=np.int32)
    place -= 1
    return np.flatnonzero(used), place[values]
