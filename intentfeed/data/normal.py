"""One batch of raw rows → events in our columns, with a number for what is wrong with each row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..errors import DataError
from ..types import ACTION_CODE
from .coding import Coded, Lookup, encode
from .columns import longest, numbers, text, times
from .mapping import IngestConfig, action_of, sources_of
from .read import RawBatch

TEXTS = ("user_id", "item_id", "query", "session_id", "context")
COLUMNS = ("user_id", "item_id", "action", "timestamp", "position", "query", "value", "session_id", "context")
OK, NO_USER, ACTION, TIME, ITEM, SIZE, NUMBER = range(7)
KIND = ("", "user", "action", "time", "item", "size", "number")
EXAMPLE = 40
"""Characters of a bad value that a message shows."""
RAW = 200
"""Characters of a bad row that are kept."""


@dataclass(frozen=True, kw_only=True)
class Normal:
    """A batch in our columns [N]; `why` is OK for an event, `kept` is False for what the filter leaves out."""

    user: Coded
    item: NDArray[np.int32]
    """Row in the catalogue; -1 for a search."""
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


def normal(batch: RawBatch, columns: Mapping[str, str], items: Lookup, config: IngestConfig) -> Normal:
    """Return the batch as events; each distinct user, action and text is looked at once."""
    n, frame = len(batch.rows), batch.frame
    raw = {ours: frame[foreign] for ours, foreign in columns.items() if foreign in frame.columns}
    none = pl.Series([None] * n, dtype=pl.String)
    texts = {ours: text(raw.get(ours, none)) for ours in TEXTS}
    largest = {ours: _check_size(texts[ours], columns.get(ours, ours), config) for ours in TEXTS}
    coded = {ours: encode(texts[ours]) for ours in TEXTS if ours != "item_id"}
    why = np.zeros(n, dtype=np.int8)

    time_us, bad_time = times(raw.get("timestamp", none), config.time_unit, config.time_format)
    position, bad_position = numbers(raw["position"]) if "position" in raw else (None, None)
    value, bad_value = numbers(raw["value"]) if "value" in raw else (None, None)
    for bad, kind in ((bad_position, NUMBER), (bad_value, NUMBER), (bad_time, TIME)):
        if bad is not None:
            why[bad] = kind

    action = _actions(raw.get("action"), n, config)
    item = np.where(action == ACTION_CODE["search"], np.int32(-1), items.find(texts["item_id"]))
    why[(item < 0) & (action != ACTION_CODE["search"])] = ITEM
    why[action < 0] = ACTION
    why[coded["user_id"].codes < 0] = NO_USER
    for ours, column in coded.items():
        if largest[ours] > config.max_field_bytes:
            why[column.per_row(column.lengths() > config.max_field_bytes, False).astype(bool)] = SIZE
    return Normal(
        user=coded["user_id"],
        item=item,
        action=action,
        time_us=time_us,
        position=position,
        value=value,
        query=coded["query"],
        session_id=coded["session_id"],
        context=coded["context"],
        why=why,
        kept=_kept(batch, config),
    )


def _actions(column: pl.Series | None, n: int, config: IngestConfig) -> NDArray[np.int8]:
    """Return the code of each row's action, -1 where it is unknown."""
    default = ACTION_CODE[config.default_action] if config.default_action else -1
    if column is None:
        return np.full(n, default, dtype=np.int8)
    foreign = encode(text(column))
    known = [action_of(name, config) for name in foreign.values.to_list()]
    codes = np.array([-1 if action is None else ACTION_CODE[action] for action in known], dtype=np.int8)
    return foreign.per_row(codes, default).astype(np.int8)


def _check_size(column: pl.Series, name: str, config: IngestConfig) -> int:
    """Return the bytes of the longest field."""
    largest = longest(column)
    if largest > config.max_row_bytes:
        raise DataError(
            f"column {name!r} of the events holds a field of {largest:,} bytes: cut it, or raise ingest.max_row_bytes"
        )
    return largest


def _kept(batch: RawBatch, config: IngestConfig) -> NDArray[np.bool_] | None:
    """Return which rows the filter keeps, or None where it keeps all."""
    kept: NDArray[np.bool_] | None = None
    for foreign, wanted in config.filter.items():
        allowed = {_plain(value) for value in (wanted if isinstance(wanted, tuple) else (wanted,))}
        if foreign not in batch.frame.columns:
            return np.zeros(len(batch.rows), dtype=bool)
        column = encode(text(batch.frame[foreign]))
        fits = np.array([value in allowed for value in column.values.to_list()], dtype=bool)
        mask = column.per_row(fits, False).astype(bool)
        kept = mask if kept is None else kept & mask
    return None if kept is None or kept.all() else kept


def _plain(value: object) -> str:
    """Write a setting's value as `columns.text` writes a field's."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def rejected(batch: RawBatch, events: Normal, columns: Mapping[str, str], source: str) -> pl.DataFrame:
    """Return the bad rows that the filter kept: where, why, and how they begin."""
    bad = events.why != OK
    rows = np.flatnonzero(bad if events.kept is None else bad & events.kept)
    frame = batch.frame[rows]
    raw = frame.select(pl.struct(_shown(name, kind) for name, kind in frame.schema.items()).struct.json_encode())
    kinds = events.why[rows]
    shown = {ours: text(frame[name]).str.slice(0, EXAMPLE) for ours, name in columns.items() if name in frame.columns}
    whys = [_why(int(kind), shown, place) for place, kind in enumerate(kinds.tolist())]
    return pl.DataFrame(
        {
            "source": [source] * len(rows),
            "row": batch.rows[rows],
            "kind": [KIND[kind] for kind in kinds.tolist()],
            "why": whys,
            "raw": raw.to_series().str.slice(0, RAW) if len(frame.columns) else [""] * len(rows),
        },
        schema={"source": pl.String, "row": pl.Int64, "kind": pl.String, "why": pl.String, "raw": pl.String},
    )


def _shown(name: str, kind: pl.DataType) -> pl.Expr:
    if isinstance(kind, pl.List):
        return pl.col(name).cast(pl.List(pl.String)).list.join(", ").str.slice(0, RAW)
    return pl.lit("…").alias(name) if kind.is_nested() else pl.col(name).cast(pl.String, strict=False).str.slice(0, RAW)


def _why(kind: int, shown: Mapping[str, pl.Series], place: int) -> str:
    return _SENTENCES[kind](lambda ours: shown[ours][place] if ours in shown else None)


_Value = Callable[[str], str | None]
_SENTENCES: dict[int, Callable[[_Value], str]] = {
    NO_USER: lambda _: "no user_id",
    ACTION: lambda value: f"unknown action {value('action')!r}" if value("action") else "no action",
    TIME: lambda value: f"unreadable timestamp {value('timestamp')!r}",
    ITEM: lambda value: f"item {value('item_id')!r} is not in the catalogue" if value("item_id") else "no item_id",
    SIZE: lambda _: "a field above the allowed size",
    NUMBER: lambda value: f"value {value('value')!r} or position {value('position')!r} is no number",
}
