"""Events → Parquet files by partition of users: what lies in a workspace, and how it is written fast."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ..types import ACTIONS, NO_TIME
from .coding import arrow, compact
from .normal import TEXTS, Normal

TEXT = pa.dictionary(pa.int32(), pa.large_string())
PART_SCHEMA = pa.schema(
    [
        ("user_id", TEXT),
        ("event_id", pa.int64()),
        ("item_id", TEXT),
        ("action", TEXT),
        ("timestamp", pa.timestamp("us", "UTC")),
        ("position", pa.int64()),
        ("query", TEXT),
        ("value", pa.float64()),
        ("session_id", TEXT),
        ("context", TEXT),
    ]
)


MAX_OPEN = 200
"""With more partitions than these a job writes a file for each batch: so many files cannot stay open."""


def part_folder(folder: Path, part: int) -> Path:
    """Return where the files of a partition are."""
    return folder / f"part-{part:04d}"


class Spread:
    """Appends a job's events to a file of its own in the folder of each partition."""

    def __init__(self, folder: Path, *, job: int, n_partitions: int, item_ids: pa.Array, stack: ExitStack) -> None:
        self._folder, self._job, self._n_partitions = folder, job, n_partitions
        self._item_ids, self._stack = item_ids, stack
        self._writers: dict[int, pq.ParquetWriter] = {}
        self._n_batches = 0

    def write(
        self, events: Normal, rows: NDArray[np.int64], part: NDArray[np.signedinteger], event_id: NDArray[np.int64]
    ) -> None:
        """Write the `rows` of a batch; `part` is the partition of each distinct user."""
        part_of_row = part[events.user.codes[rows]]
        rows = rows[np.argsort(part_of_row, kind="stable")]
        ends = np.cumsum(np.bincount(part_of_row, minlength=self._n_partitions))
        columns = _Columns(events, self._item_ids, rows, event_id)
        lo = 0
        for number, hi in enumerate(ends.tolist()):
            if hi > lo:
                self._append(number, columns.table(lo, hi))
            lo = hi
        self._n_batches += 1

    def _append(self, part: int, table: pa.Table) -> None:
        if self._n_partitions > MAX_OPEN:
            with self._open(part, f"{self._job:06d}-{self._n_batches:06d}") as writer:
                writer.write_table(table)
            return
        if part not in self._writers:
            self._writers[part] = self._stack.enter_context(self._open(part, f"{self._job:06d}"))
        self._writers[part].write_table(table)

    def _open(self, part: int, name: str) -> pq.ParquetWriter:
        folder = part_folder(self._folder, part)
        folder.mkdir(exist_ok=True)
        return pq.ParquetWriter(
            folder / f"{name}.parquet",
            PART_SCHEMA,
            compression="lz4",
            use_dictionary=[*TEXTS, "action"],
            dictionary_pagesize_limit=64 << 20,
            column_encoding=dict.fromkeys(("event_id", "timestamp"), "DELTA_BINARY_PACKED"),
            write_statistics=False,
            store_schema=False,
        )


class _Columns:
    """The columns of a batch in the order of its partitions, to be cut into tables."""

    def __init__(
        self, events: Normal, item_ids: pa.Array, rows: NDArray[np.int64], event_id: NDArray[np.int64]
    ) -> None:
        texts = {"user_id": events.user, "query": events.query, "session_id": events.session_id}
        texts["context"] = events.context
        self._values = {name: arrow(column.values) for name, column in texts.items() if len(column.values)}
        self._codes = {name: texts[name].codes[rows] for name in self._values}
        self._values["item_id"], self._codes["item_id"] = item_ids, events.item[rows]
        self._action = events.action[rows].astype(np.int32)
        self._event_id, self._time_us = event_id[rows], events.time_us[rows]
        self._position = None if events.position is None else events.position[rows]
        self._value = None if events.value is None else events.value[rows]

    def table(self, lo: int, hi: int) -> pa.Table:
        """Return some rows in PART_SCHEMA."""
        n, time_us = hi - lo, self._time_us[lo:hi]
        columns = {name: compact(self._codes[name][lo:hi], values) for name, values in self._values.items()}
        columns |= {name: pa.nulls(n, TEXT) for name in TEXTS if name not in columns}
        columns["event_id"] = pa.array(self._event_id[lo:hi])
        columns["action"] = pa.DictionaryArray.from_arrays(pa.array(self._action[lo:hi]), _ACTION_TEXTS)
        undated = time_us == NO_TIME
        columns["timestamp"] = pa.array(time_us, PART_SCHEMA.field("timestamp").type, mask=undated)
        columns["position"] = pa.nulls(n, pa.int64())
        if self._position is not None:
            columns["position"] = pa.array(self._position[lo:hi], from_pandas=True).cast(pa.int64(), safe=False)
        columns["value"] = pa.nulls(n, pa.float64())
        if self._value is not None:
            columns["value"] = pa.array(self._value[lo:hi], from_pandas=True)
        return pa.table([columns[name] for name in PART_SCHEMA.names], schema=PART_SCHEMA)


_ACTION_TEXTS = pa.array(ACTIONS, pa.large_string())


def read_part(folder: Path) -> pl.DataFrame:
    """Return the events of one partition of `Ingested.parts`, in the columns of schema.EVENTS, in event-id order."""
    events = pl.read_parquet(folder)
    # The files in name order hold the rows in reading order, unless several logs were put together by hand.
    return events if events["event_id"].is_sorted() else events.sort("event_id")
