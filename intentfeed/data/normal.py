"""One batch of raw rows → events in our columns, with a number for what is wrong with each row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..errors import DataError
from ..types import ACTION_CODE, partition_of
from .columns import Coded, coded, empty, numbers, times
from .mapping import IngestConfig, action_of, sources_of
from .read import RawBatch

TEXTS = ("user_id", "item_id", "query", "session_id", "context")
COLUMNS = ("user_id", "item_id", "action", "timestamp", "position", "query", "value", "session_id", "context")
OK, NO_USER, ACTION, TIME, ITEM, SIZE, NUMBER = range(7)
KIND = ("", "user", "action", "time", "item", "size", "number")
EXAMPLE = 40
"""Characters of a bad value that a message shows."""


@dataclass(frozen=True, kw_only=True)
class Normal:
    """A batch in our columns [N]; `why` is OK for an event, `kept` is False for what the filter leaves out."""

    user: Coded
    item: Coded
    item_row: NDArray[np.int32]
    """Row in the catalogue of each distinct item; -1 where it has none."""
    action: NDArray[np.int8]
    time_us: NDArray[np.int64]
    position: NDArray[np.float64] | None
    value: NDArray[np.float64] | None
    query: Coded
    session_id: Coded
    context: Coded
    why: NDArray[np.int8]
    kept: NDArray[np.bool_] | None


def event_columns(found: Sequence[str], config: IngestConfig) -> dict[str, str]:
    """Return our column → foreign column for those that the events have; `behavior` is read as `action` anyway."""
    columns = {ours: sources_of(ours, found, config.event_columns) for ours in COLUMNS}
    if not columns["action"] and "behavior" in found and "behavior" not in config.event_columns:
        columns["action"] = ["behavior"]
    return {ours: foreign[0] for ours, foreign in columns.items() if foreign}


def normal(batch: RawBatch, columns: Mapping[str, str], item_ids: pa.Array, config: IngestConfig) -> Normal:
    """Return the batch as events; each distinct user, item, action and text is looked at once."""
    n = len(batch.rows)
    raw = {ours: batch.table[foreign] for ours, foreign in columns.items() if foreign in batch.table.column_names}
    text = {ours: coded(raw[ours]) if ours in raw else empty(n) for ours in TEXTS}
    why = np.zeros(n, dtype=np.int8)

    time_us, bad_time = _times(raw, n, config)
    position, bad_position = numbers(raw["position"]) if "position" in raw else (None, None)
    value, bad_value = numbers(raw["value"]) if "value" in raw else (None, None)
    for bad, kind in ((bad_position, NUMBER), (bad_value, NUMBER), (bad_time, TIME)):
        if bad is not None:
            why[bad] = kind

    action = _actions(raw.get("action"), n, config)
    search = action == ACTION_CODE["search"]
    item = Coded(np.where(search, np.int32(-1), text["item_id"].codes), text["item_id"].values)
    item_row = pc.fill_null(pc.index_in(item.values, value_set=item_ids), -1).to_numpy(zero_copy_only=False)
    here = item.per_row(item_row >= 0, False) | search
    if not here.all():
        why[~here] = ITEM
    if action.min(initial=0) < 0:
        why[action < 0] = ACTION
    if text["user_id"].codes.min(initial=0) < 0:
        why[text["user_id"].codes < 0] = NO_USER
    for ours in TEXTS:
        _check_sizes(text[ours], columns.get(ours, ours), why, config)
    return Normal(
        user=text["user_id"],
        item=item,
        item_row=item_row,
        action=action,
        time_us=time_us,
        position=position,
        value=value,
        query=text["query"],
        session_id=text["session_id"],
        context=text["context"],
        why=why,
        kept=_kept(batch, config),
    )


def _times(
    raw: Mapping[str, pa.ChunkedArray], n: int, config: IngestConfig
) -> tuple[NDArray[np.int64], NDArray[np.bool_] | None]:
    column = raw.get("timestamp", pa.chunked_array([pa.nulls(n)]))
    return times(column, config.time_unit, config.time_format)


def _actions(column: pa.ChunkedArray | None, n: int, config: IngestConfig) -> NDArray[np.int8]:
    """Return the code of each row's action, -1 where it is unknown."""
    default = ACTION_CODE[config.default_action] if config.default_action else -1
    if column is None:
        return np.full(n, default, dtype=np.int8)
    foreign = coded(column)
    known = [action_of(text or "", config) for text in foreign.values.to_pylist()]
    codes = np.array([-1 if action is None else ACTION_CODE[action] for action in known], dtype=np.int8)
    return foreign.per_row(codes, default).astype(np.int8)


def _check_sizes(column: Coded, name: str, why: NDArray[np.int8], config: IngestConfig) -> None:
    sizes = column.n_bytes
    largest = int(sizes.max(initial=0))
    if largest > config.max_row_bytes:
        raise DataError(
            f"column {name!r} of the events holds a field of {largest:,} bytes: cut it, or raise ingest.max_row_bytes"
        )
    if largest > config.max_field_bytes:
        why[column.per_row(sizes > config.max_field_bytes, False).astype(bool)] = SIZE


def _kept(batch: RawBatch, config: IngestConfig) -> NDArray[np.bool_] | None:
    """Return which rows the filter keeps, or None where it keeps all."""
    kept: NDArray[np.bool_] | None = None
    for foreign, wanted in config.filter.items():
        allowed = {_plain(value) for value in (wanted if isinstance(wanted, tuple) else (wanted,))}
        if foreign not in batch.table.column_names:
            return np.zeros(len(batch.rows), dtype=bool)
        column = coded(batch.table[foreign])
        fits = np.array([value in allowed for value in column.values.to_pylist()], dtype=bool)
        mask = column.per_row(fits, False).astype(bool)
        kept = mask if kept is None else kept & mask
    return None if kept is None or kept.all() else kept


def _plain(value: object) -> str:
    """Write a setting's value as `columns.texts` writes a field's."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def partitions(values: pa.Array, n_partitions: int) -> NDArray[np.int16]:
    """Return the partition of each distinct user."""
    return np.array([partition_of(user_id or "", n_partitions) for user_id in values.to_pylist()], dtype=np.int16)


def rejected(batch: RawBatch, events: Normal, columns: Mapping[str, str], source: str) -> pl.DataFrame:
    """Return the bad rows that the filter kept: where, why, and how they begin."""
    bad = events.why != OK
    rows = np.flatnonzero(bad if events.kept is None else bad & events.kept)
    some = batch.table.take(pa.array(rows))
    frame = pl.from_arrow(some)
    assert isinstance(frame, pl.DataFrame)
    raw = frame.select(pl.struct(_shown(name, kind) for name, kind in frame.schema.items()).struct.json_encode())
    kinds = events.why[rows]
    shown = {ours: coded(some[name]) for ours, name in columns.items() if name in some.column_names}
    whys = [_why(int(kind), shown, place, columns) for place, kind in enumerate(kinds.tolist())]
    return pl.DataFrame(
        {
            "source": [source] * len(rows),
            "row": batch.rows[rows],
            "kind": [KIND[kind] for kind in kinds.tolist()],
            "why": whys,
            "raw": raw.to_series().str.slice(0, 200) if len(frame.columns) else [""] * len(rows),
        },
        schema={"source": pl.String, "row": pl.Int64, "kind": pl.String, "why": pl.String, "raw": pl.String},
    )


def _shown(name: str, kind: pl.DataType) -> pl.Expr:
    if isinstance(kind, pl.List):
        return pl.col(name).cast(pl.List(pl.String)).list.join(", ").str.slice(0, 200)
    if kind.is_nested():
        return pl.lit("…").alias(name)
    return pl.col(name).cast(pl.String).str.slice(0, 200)


def _why(kind: int, shown: Mapping[str, Coded], place: int, columns: Mapping[str, str]) -> str:
    def value(ours: str) -> Any:
        column = shown.get(ours)
        code = -1 if column is None else int(column.codes[place])
        return None if code < 0 or column is None else column.values[code].as_py()[:EXAMPLE]

    return _SENTENCES[kind](value, columns)


_Value = Callable[[str], Any]
_SENTENCES: dict[int, Callable[[_Value, Mapping[str, str]], str]] = {
    NO_USER: lambda _, __: "no user_id",
    ACTION: lambda value, _: "no action" if value("action") is None else f"unknown action {value('action')!r}",
    TIME: lambda value, _: f"unreadable timestamp {value('timestamp')!r}",
    ITEM: lambda value, _: (
        "no item_id" if value("item_id") is None else f"item {value('item_id')!r} is not in the catalogue"
    ),
    SIZE: lambda _, __: "a field above the allowed size",
    NUMBER: lambda value, _: f"value {value('value')!r} or position {value('position')!r} is no number",
}
