"""Files and frames → batches of raw rows, whatever the format, with what could not be read as a row at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import fsspec
import fsspec.core
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from ..errors import DataError
from .mapping import IngestConfig
from .raw import BROKEN, Format, RawBatch, RawFile, batch_at, first_line, reading
from .read_text import csv_batches, first_lines, header, json_object, jsonl_batches

__all__ = [
    "RawBatch",
    "RawFile",
    "Source",
    "batches",
    "columns_of",
    "files_of",
    "first_line",
    "frame_batches",
    "frame_columns",
]

Source = str | Path | pl.DataFrame | pl.LazyFrame | pa.Table
"""A file, a folder, a pattern or an fsspec URL; or a frame."""

SUFFIXES: dict[str, Format] = {
    ".parquet": "parquet", ".pq": "parquet", ".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".json": "jsonl",
}  # fmt: skip
BATCH_ROWS = 3 << 18


def files_of(source: str | Path, what: str) -> list[RawFile]:
    """Return the files of a source in name order.

    Raises:
        DataError: nothing is there, it is empty, or its format is unknown.
    """
    fs, root = fsspec.core.url_to_fs(str(source))
    protocol = fs.protocol if isinstance(fs.protocol, str) else fs.protocol[0]
    if "*" in root and not fs.exists(root):
        paths = sorted(fs.glob(root))
    elif fs.isdir(root):
        paths = sorted(path for path in fs.find(root) if _format(path) and not _hidden(path, root))
    else:
        paths = [root] if fs.exists(root) else []
        if not paths:
            raise DataError(f"there is no file or folder {source}: check the path of the {what}")
        if _format(root) is None:
            raise DataError(f"{source} has an unknown format: give Parquet, CSV or JSON lines ({', '.join(SUFFIXES)})")
    if not paths:
        raise DataError(f"{source} holds no Parquet, CSV or JSON lines file: check the path of the {what}")
    for path in paths:
        if fs.size(path) == 0:
            raise DataError(f"{path} is empty: give a file with rows for the {what}, or take it away")
    return [RawFile(path, _format(path) or "csv", protocol, dict(fs.storage_options)) for path in paths]


def _format(path: str) -> Format | None:
    name = path.lower().removesuffix(".gz")
    return next((kind for suffix, kind in SUFFIXES.items() if name.endswith(suffix)), None)


def _hidden(path: str, root: str) -> bool:
    """Folders of Spark and the like keep markers and temporary files beside the data."""
    return any(part.startswith((".", "_")) for part in path.removeprefix(root).split("/"))


def columns_of(file: RawFile, config: IngestConfig) -> list[str]:
    """Return the column names of a file; of JSON lines those that its first megabyte shows."""
    if file.format == "parquet":
        with open_parquet(file) as parquet:
            return list(parquet.schema_arrow.names)
    with reading(file), file.open() as handle:
        head = first_lines(handle, file, config)
        if file.format == "csv":
            return header(head, file, config)[0]
    names: dict[str, None] = {}
    for line in head.split(b"\n"):
        names |= dict.fromkeys(json_object(line) or {})
    return list(names)


def batches(
    file: RawFile,
    config: IngestConfig,
    *,
    columns: Sequence[str] | None = None,
    row_groups: Sequence[int] | None = None,
    batch_rows: int = BATCH_ROWS,
) -> Iterator[RawBatch]:
    """Yield the rows of a file in order, in bounded memory.

    Only `columns` are kept; text formats yield those of them that they have.

    Raises:
        DataError: the file is not what its name says, not UTF-8, or holds a row above `max_row_bytes`.
    """
    with reading(file):
        if file.format == "parquet":
            yield from _parquet_batches(file, columns, row_groups, batch_rows)
        elif file.format == "csv":
            yield from csv_batches(file, config, columns)
        else:
            yield from jsonl_batches(file, config, columns)


def frame_columns(frame: pl.DataFrame | pa.Table) -> list[str]:
    """Return the column names of a frame."""
    return list(frame.columns if isinstance(frame, pl.DataFrame) else frame.column_names)


def frame_batches(frame: pl.DataFrame | pa.Table, batch_rows: int = BATCH_ROWS) -> Iterator[RawBatch]:
    """Yield the rows of a frame in order."""
    for start in range(0, frame.shape[0], batch_rows):
        yield batch_at(frame.slice(start, batch_rows), start)


# Parquet


def open_parquet(file: RawFile) -> pq.ParquetFile:
    """Return the open file.

    Raises:
        DataError: it is not Parquet.
    """
    try:
        return pq.ParquetFile(file.path if file.is_local else file.open(), pre_buffer=False)
    except BROKEN as error:
        raise DataError(f"{file.name} is not a readable Parquet file ({first_line(error)}): write it again") from error


def _parquet_batches(
    file: RawFile, columns: Sequence[str] | None, row_groups: Sequence[int] | None, batch_rows: int
) -> Iterator[RawBatch]:
    with open_parquet(file) as parquet:
        sizes = [parquet.metadata.row_group(group).num_rows for group in range(parquet.num_row_groups)]
        groups = range(len(sizes)) if row_groups is None else row_groups
        row = sum(sizes[: groups[0]]) if len(groups) else 0
        if file.is_local and len(groups) and max(sizes) <= 2 * batch_rows:
            yield from _by_row_groups(file, columns, row, sizes[groups[0] : groups[-1] + 1], batch_rows)
            return
        for batch in parquet.iter_batches(batch_rows, row_groups=list(groups), columns=columns):
            yield batch_at(batch, row)
            row += len(batch)


def _by_row_groups(
    file: RawFile, columns: Sequence[str] | None, row: int, sizes: Sequence[int], batch_rows: int
) -> Iterator[RawBatch]:
    """Yield whole row groups, a few at a time: Polars reads these twice as fast as Arrow reads rows."""
    scan = pl.scan_parquet(file.path, glob=False)
    if columns is not None:
        scan = scan.select(columns)
    n = 0
    for size in sizes:
        if n and n + size > batch_rows:
            yield batch_at(scan.slice(row, n).collect(), row)
            row, n = row + n, 0
        n += size
    if n:
        yield batch_at(scan.slice(row, n).collect(), row)
