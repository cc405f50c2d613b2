"""Texts ↔ numbers, fast: distinct values, rows of a catalogue, partitions of users.

Works on 64-bit hashes in open-addressing tables, vectorised; a second hash guards each match, and a clash is resolved
by other seeds. That is several times faster than encoding or joining strings, and a log is mostly its ids.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

SMALL = 1 << 12
"""Slots of the first try: few distinct values, all in the nearest cache."""
MAX_PROBES = 64
GUARD = 7919
"""Offset of the second hash's seed."""


@dataclass(frozen=True)
class Coded:
    """A column of texts as numbers [N] into its distinct values; -1 is null or ''."""

    codes: NDArray[np.int32]
    values: pl.Series
    """Distinct texts, in no order."""

    def lengths(self) -> NDArray[np.int64]:
        """Return the bytes of each distinct value."""
        return self.values.str.len_bytes().cast(pl.Int64).to_numpy()

    def per_row(self, of_value: NDArray[np.generic], null: object) -> NDArray[np.generic]:
        """Return what holds of each row's value, and `null` where it has none."""
        return np.append(of_value, np.array([null], dtype=of_value.dtype))[self.codes]  # -1 finds the last


def arrow(texts: pl.Series) -> pa.Array:
    """Return strings as Arrow has them."""
    return texts.to_arrow().cast(pa.large_string())


def compact(codes: NDArray[np.int32], values: pa.Array) -> pa.Array:
    """Return texts as Parquet writes them best: numbers into only those values that occur."""
    seen = np.zeros(len(values) + 1, dtype=bool)
    seen[codes] = True
    used = np.flatnonzero(seen[:-1])
    place = np.full(len(seen), -1, dtype=np.int32)
    place[used] = np.arange(len(used), dtype=np.int32)
    codes = place[codes]
    return pa.DictionaryArray.from_arrays(
        pa.array(codes, mask=codes < 0 if seen[-1] else None), values.take(pa.array(used))
    )


def encode(texts: pl.Series) -> Coded:
    """Return a column of strings as numbers."""
    n = len(texts)
    rows = texts.is_not_null().arg_true().to_numpy() if texts.null_count() else None
    some = texts if rows is None else texts.gather(rows)
    if not len(some):
        return Coded(np.full(n, -1, dtype=np.int32), pl.Series([], dtype=pl.String))
    codes, first = _distinct(some)
    values = some.gather(first)
    blank = (values == "").arg_true()
    if len(blank):
        codes = np.where(codes == blank[0], np.int32(-1), codes)
    if rows is None:
        return Coded(codes, values)
    full = np.full(n, -1, dtype=np.int32)
    full[rows] = codes
    return Coded(full, values)


def _distinct(texts: pl.Series) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return the number of each text's value, and the first row of each value."""
    n, seed = len(texts), 0
    size = SMALL
    while True:
        keys = _hashes(texts, seed)
        table = np.zeros(size, dtype=np.uint64)
        slots = _insert(table, keys)
        if slots is None:
            size = max(2 * size, 1 << int(np.ceil(np.log2(2 * n + 1))))
            continue
        owner = np.zeros(size, dtype=np.int64)
        owner[slots[::-1]] = np.arange(n - 1, -1, -1)
        guard = _hashes(texts, seed + GUARD)
        if not (guard == guard[owner[slots]]).all():
            seed += 1
            continue
        used = np.flatnonzero(table)
        dense = np.zeros(size, dtype=np.int32)
        dense[used] = np.arange(len(used), dtype=np.int32)
        return dense[slots], owner[used]


def _hashes(texts: pl.Series, seed: int) -> NDArray[np.uint64]:
    return texts.hash(seed).to_numpy() | np.uint64(1)  # 0 marks an empty slot


def _insert(table: NDArray[np.uint64], keys: NDArray[np.uint64]) -> NDArray[np.int64] | None:
    """Put the keys into the table and return the slot of each, or None where it is too small.

    All keys of a round are written at once; of those that want one slot the last one wins, the others move on.
    """
    mask = np.uint64(len(table) - 1)
    slots = ((keys >> np.uint64(1)) & mask).astype(np.int64)
    table[slots] = keys
    if np.count_nonzero(table) > len(table) // 2:
        return None
    todo = np.flatnonzero(table[slots] != keys)
    for _ in range(MAX_PROBES):
        if not len(todo):
            return slots
        at = (slots[todo] + 1) & int(mask)
        wanted = keys[todo]
        empty = table[at] == 0
        table[at[empty]] = wanted[empty]
        slots[todo] = at
        todo = todo[table[at] != wanted]
    return None


class Lookup:
    """Finds the rows of texts in a list of distinct ones."""

    def __init__(self, values: pl.Series) -> None:
        self._seed = 0
        keys = _hashes(values, 0)
        while (np.diff(np.sort(keys)) == 0).any():
            self._seed += 1
            keys = _hashes(values, self._seed)
        self._guard = _hashes(values, self._seed + GUARD)
        size = max(SMALL, 1 << int(np.ceil(np.log2(2 * len(values) + 1))))
        slots = None
        while slots is None:
            self._table = np.zeros(size, dtype=np.uint64)
            slots = _insert(self._table, keys)
            size *= 2
        self._row = np.full(len(self._table), -1, dtype=np.int32)
        self._row[slots] = np.arange(len(values), dtype=np.int32)

    def find(self, texts: pl.Series) -> NDArray[np.int32]:
        """Return the row of each text, -1 where the list does not hold it or it is null."""
        keys, mask = _hashes(texts, self._seed), len(self._table) - 1
        slots = ((keys >> np.uint64(1)) & np.uint64(mask)).astype(np.int64)
        found = self._table[slots]
        todo = np.flatnonzero((found != keys) & (found != 0))
        while len(todo):
            slots[todo] = at = (slots[todo] + 1) & mask
            found = self._table[at]
            todo = todo[(found != keys[todo]) & (found != 0)]
        rows = np.where(self._table[slots] == keys, self._row[slots], np.int32(-1))
        if len(self._guard):
            rows[_hashes(texts, self._seed + GUARD) != self._guard[rows]] = -1
        if texts.null_count():
            rows[texts.is_null().to_numpy()] = -1
        return rows


def _crc_table() -> NDArray[np.uint32]:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, np.uint32(0xEDB88320) ^ (table >> np.uint32(1)), table >> np.uint32(1))
    return table


_CRC = _crc_table()


def partitions(user_ids: pl.Series, n_partitions: int) -> NDArray[np.signedinteger]:
    """Return what `types.partition_of` says of each id, of all at once."""
    array = arrow(user_ids)
    _, offsets_, bytes_ = array.buffers()
    offsets = np.frombuffer(offsets_, dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    data = np.frombuffer(bytes_, dtype=np.uint8) if bytes_ is not None and bytes_.size else np.zeros(1, dtype=np.uint8)
    start, length = offsets[:-1], np.diff(offsets)
    crc = np.full(len(array), 0xFFFFFFFF, dtype=np.uint32)
    for place in range(int(length.max(initial=0))):
        on = slice(None) if place < length.min() else np.flatnonzero(length > place)
        crc[on] = _CRC[(crc[on] ^ data[start[on] + place]) & np.uint32(0xFF)] ^ (crc[on] >> np.uint32(8))
    # numpy sorts 16-bit numbers by radix, wider ones more slowly.
    kind = np.int16 if n_partitions <= 1 << 15 else np.int32
    return ((crc ^ np.uint32(0xFFFFFFFF)) % np.uint32(n_partitions)).astype(kind)
