"""What the columns and actions of a log mean, settled before anything is read in full."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import polars as pl
import pyarrow as pa

from ..errors import DataError
from .columns import text
from .mapping import IngestConfig, action_of, missing
from .normal import event_columns
from .read import RawBatch, RawFile, batches, columns_of, frame_batches, frame_columns


def checked_files(files: Sequence[RawFile], config: IngestConfig) -> IngestConfig:
    """Return the config with the meaning of `click` decided; every file has the columns that it needs."""
    found = {file.path: columns_of(file, config) for file in files}
    for file in files:
        _check_columns(file.name, found[file.path], config)

    def distinct() -> set[str]:
        texts: set[str] = set()
        for file in files:
            name = event_columns(found[file.path], config).get("action")
            if name is not None:
                texts |= _distinct(batches(file, config, columns=[name]), name)
        return texts

    return _decided(config, distinct)


def checked_frame(source: pl.DataFrame | pa.Table, config: IngestConfig) -> IngestConfig:
    """Return the same for a log in memory."""
    found = frame_columns(source)
    _check_columns("the events", found, config)
    name = event_columns(found, config).get("action", "")
    return _decided(config, lambda: _distinct(frame_batches(source.select([name])), name))


def _check_columns(what: str, found: Sequence[str], config: IngestConfig) -> None:
    columns = event_columns(found, config)
    needed = ["user_id", "item_id"] + (["action"] if config.default_action is None else [])
    for ours in needed:
        if ours not in columns:
            raise missing(what, ours, found, "event_columns")
    for foreign, ours in config.event_columns.items():
        # Without these the order would be lost silently.
        if ours in ("timestamp", "position") and ours not in columns:
            raise DataError(
                f"[ingest.event_columns] reads {ours} from {foreign!r}, but there is no such column in {what} "
                f"(found: {', '.join(found)}): mend the name"
            )
    for foreign in config.filter:
        if foreign not in found:
            raise DataError(
                f"there is no column {foreign!r} to filter by in {what} (found: {', '.join(found)}): "
                "mend [ingest.filter]"
            )


def _distinct(parts: Iterable[RawBatch], name: str) -> set[str]:
    texts: set[str] = set()
    for batch in parts:
        if name in batch.frame.columns:
            texts.update(value for value in text(batch.frame[name]).unique().to_list() if value)
    return texts


def _decided(config: IngestConfig, distinct: Callable[[], set[str]]) -> IngestConfig:
    """Return the config with `click` read as a detail view where the log knows no other kind of view."""
    if not config.single_view or config.default_action is not None or "click" in config.actions.values():
        return config.model_copy(update={"single_view": False})
    foreign = distinct()
    meant = {name: action_of(name, config) for name in foreign}
    actions = dict(config.actions)
    if "detail_view" not in meant.values():
        actions |= {name: "detail_view" for name, action in sorted(meant.items()) if action == "click"}
    return config.model_copy(update={"single_view": False, "actions": actions})
