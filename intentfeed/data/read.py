"""Files and frames → batches of raw rows, whatever the format, with what could not be read as a row at all."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal

import fsspec
import fsspec.core
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ..errors import DataError
from .mapping import IngestConfig

Source = str | Path | pl.DataFrame | pl.LazyFrame | pa.Table
"""A file, a folder, a pattern or an fsspec URL; or a frame."""

Format = Literal["parquet", "csv", "jsonl"]
SUFFIXES: dict[str, Format] = {
    ".parquet": "parquet", ".pq": "parquet", ".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".json": "jsonl",
}  # fmt: skip
BATCH_ROWS = 1 << 19
BLOCK_BYTES = 8 << 20
HEAD_BYTES = 1 << 20


@dataclass(frozen=True)
class Malformed:
    """A row that is none: where it stood, what is wrong with it, how it begins."""

    row: int
    why: str
    raw: str


@dataclass(frozen=True)
class RawBatch:
    """Consecutive rows of one file in raw columns; `rows` are their numbers in it, malformed rows counted."""

    frame: pl.DataFrame
    rows: NDArray[np.int64]
    malformed: Sequence[Malformed] = ()


@dataclass(frozen=True)
class RawFile:
    """One file of a source, and where it is."""

    path: str
    """As fsspec takes it."""
    format: Format
    protocol: str = "file"
    options: dict[str, Any] = field(default_factory=dict)
    label: str = ""
    """What messages call it, where its path says nothing."""

    @property
    def is_local(self) -> bool:
        """Whether it is a file of this machine."""
        return self.protocol in ("file", "local")

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.label or self.path

    def open(self) -> IO[bytes]:
        """Return the bytes, uncompressed."""
        fs = fsspec.filesystem(self.protocol, **self.options)
        compression = "gzip" if self.path.endswith(".gz") else None
        handle: IO[bytes] = fs.open(self.path, "rb", compression=compression)
        return handle


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
    with file.open() as handle:
        head = handle.read(HEAD_BYTES)
    _check_utf8(head, 0, file.path, final=len(head) < HEAD_BYTES)
    if file.format == "csv":
        return _header(head, file, config)[0]
    names: dict[str, None] = {}
    for line in head.split(b"\n"):
        names |= dict.fromkeys(_object(line) or {})
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
    if file.format == "parquet":
        yield from _parquet_batches(file, columns, row_groups, batch_rows)
    elif file.format == "csv":
        yield from _csv_batches(file, config, columns)
    else:
        yield from _jsonl_batches(file, config, columns)


def frame_batches(frame: pl.DataFrame | pa.Table, batch_rows: int = BATCH_ROWS) -> Iterator[RawBatch]:
    """Yield the rows of a frame in order."""
    for start in range(0, frame.shape[0], batch_rows):
        yield _batch(frame.slice(start, batch_rows), start)


def _batch(part: pl.DataFrame | pa.Table | pa.RecordBatch, row: int) -> RawBatch:
    frame = part if isinstance(part, pl.DataFrame) else pl.from_arrow(part)
    assert isinstance(frame, pl.DataFrame)
    return RawBatch(frame, np.arange(row, row + frame.height, dtype=np.int64))


# Parquet


def open_parquet(file: RawFile) -> pq.ParquetFile:
    """Return the open file.

    Raises:
        DataError: it is not Parquet.
    """
    try:
        return pq.ParquetFile(file.path if file.is_local else file.open(), pre_buffer=False)
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{file.name} is not a readable Parquet file ({first_line(error)}): write it again") from error


def _parquet_batches(
    file: RawFile, columns: Sequence[str] | None, row_groups: Sequence[int] | None, batch_rows: int
) -> Iterator[RawBatch]:
    with open_parquet(file) as parquet:
        sizes = [parquet.metadata.row_group(group).num_rows for group in range(parquet.num_row_groups)]
        groups = range(len(sizes)) if row_groups is None else row_groups
        row = sum(sizes[: groups[0]]) if len(groups) else 0
        try:
            if file.is_local and max(sizes, default=0) <= 2 * batch_rows:
                yield from _by_row_groups(file, columns, row, sizes[groups[0] : groups[-1] + 1], batch_rows)
                return
            for batch in parquet.iter_batches(batch_rows, row_groups=list(groups), columns=columns):
                yield _batch(batch, row)
                row += len(batch)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pl.exceptions.PolarsError, OSError) as error:
            raise DataError(f"{file.name} cannot be read ({first_line(error)}): write it again") from error


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
            yield _batch(scan.slice(row, n).collect(), row)
            row, n = row + n, 0
        n += size
    if n:
        yield _batch(scan.slice(row, n).collect(), row)


# CSV


class _CheckedBytes(io.RawIOBase):
    """Passes bytes on and stops at the first that is not UTF-8, naming its place."""

    def __init__(self, handle: IO[bytes], name: str) -> None:
        self._handle, self._name = handle, name
        self._offset, self._tail = 0, b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes."""
        data = self._handle.read(size)
        # A character may straddle two reads: what is left of it waits for its rest.
        self._tail, offset = _check_utf8(self._tail + data, self._offset, self._name, final=not data)
        self._offset = offset
        return data


def _check_utf8(data: bytes, offset: int, name: str, *, final: bool) -> tuple[bytes, int]:
    """Return the bytes of an unfinished last character and their place in the file."""
    try:
        used = codecs.utf_8_decode(data, "strict", final)[1]
    except UnicodeDecodeError as error:
        raise DataError(
            f"{name} is not UTF-8: byte {offset + error.start:,} is 0x{data[error.start]:02x}; "
            "convert the file, e.g. with iconv"
        ) from error
    return data[used:], offset + used


def _header(head: bytes, file: RawFile, config: IngestConfig) -> tuple[list[str], str]:
    """Return the column names and the delimiter."""
    line = head.removeprefix(codecs.BOM_UTF8).lstrip(b"\r\n").partition(b"\n")[0].decode(errors="ignore").rstrip("\r")
    delimiter = config.delimiter or max(",;\t|", key=line.count)
    names = next(csv.reader([line], delimiter=delimiter), [])
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"{file.path} has two columns named {twice[0]!r}: rename one in its header")
    return names, delimiter


def _csv_batches(file: RawFile, config: IngestConfig, columns: Sequence[str] | None) -> Iterator[RawBatch]:
    """Every field comes as text, so that a batch's types do not depend on its rows; an empty one is null."""
    with file.open() as handle:
        names, delimiter = _header(handle.read(HEAD_BYTES), file, config)
    wanted = [name for name in names if columns is None or name in columns]
    skipped: list[Malformed] = []

    def skip(row: Any) -> str:
        why = f"{row.actual_columns} fields where the header has {row.expected_columns}"
        skipped.append(Malformed(row.number - 2, why, (row.text or "")[:200]))  # 1 is the header
        return "skip"

    with file.open() as handle:
        try:
            reader = pyarrow.csv.open_csv(
                pa.PythonFile(_CheckedBytes(handle, file.path), mode="r"),
                read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=config.max_row_bytes),
                parse_options=pyarrow.csv.ParseOptions(
                    delimiter=delimiter, newlines_in_values=True, invalid_row_handler=skip
                ),
                convert_options=pyarrow.csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    include_columns=wanted,
                    strings_can_be_null=True,
                    null_values=[""],
                    check_utf8=False,
                ),
            )
            row, done = 0, 0
            for batch in reader:
                bad = skipped[done:]
                rows = _numbered(row, batch.num_rows, [entry.row for entry in bad])
                yield RawBatch(_batch(batch, 0).frame, rows, bad)
                row, done = row + batch.num_rows + len(bad), done + len(bad)
            if skipped[done:]:
                yield RawBatch(
                    pl.DataFrame(schema=dict.fromkeys(wanted, pl.String)), _numbered(0, 0, []), skipped[done:]
                )
        except pa.ArrowInvalid as error:
            raise _csv_error(file, error, config) from error


def _numbered(first: int, n: int, bad: Sequence[int]) -> NDArray[np.int64]:
    """Return the numbers of the `n` good rows from `first` on, the bad ones left out."""
    numbers = np.arange(first, first + n + len(bad), dtype=np.int64)
    return np.delete(numbers, np.asarray(bad, dtype=np.int64) - first) if bad else numbers


def _csv_error(file: RawFile, error: Exception, config: IngestConfig) -> DataError:
    if "straddl" in str(error):
        limit = config.max_row_bytes
        return DataError(f"{file.name} holds a row of over {limit:,} bytes: close its quote, or cut the field")
    return DataError(f"{file.name} is not readable CSV ({first_line(error)}): write it again")


def first_line(error: Exception) -> str:
    """Return the first line of what another library says of its error."""
    return str(error).partition("\n")[0][:200]


# JSON lines


def _jsonl_batches(file: RawFile, config: IngestConfig, columns: Sequence[str] | None) -> Iterator[RawBatch]:
    row = offset = 0
    with file.open() as handle:
        for block in _line_blocks(handle, file, config):
            _check_utf8(block, offset, file.path, final=True)
            offset += len(block)
            frame, good, bad = _parse_block(block.removeprefix(codecs.BOM_UTF8), row)
            if columns is not None:
                frame = frame.select([name for name in columns if name in frame.columns])
            yield RawBatch(frame, good, bad)
            row += len(good) + len(bad)


def _line_blocks(handle: IO[bytes], file: RawFile, config: IngestConfig) -> Iterator[bytes]:
    """Yield blocks of whole lines."""
    rest = b""
    while data := handle.read(BLOCK_BYTES):
        head, newline, tail = data.rpartition(b"\n")
        if newline:
            yield rest + head + newline
            rest = tail
        else:
            rest += data
        if len(rest) > config.max_row_bytes:
            raise DataError(f"{file.name} holds a line of over {config.max_row_bytes:,} bytes: cut it")
    if rest:
        yield rest


def _parse_block(block: bytes, row: int) -> tuple[pl.DataFrame, NDArray[np.int64], list[Malformed]]:
    """Return the rows of a block; all at once where every line is sound, else line by line."""
    lines = [line for line in block.split(b"\n") if line.strip()]
    try:
        frame = pl.read_ndjson(io.BytesIO(block), infer_schema_length=None)
        if frame.height == len(lines):
            return frame, np.arange(row, row + frame.height, dtype=np.int64), []
    except pl.exceptions.PolarsError:
        pass  # the slow path below finds the line
    good, objects, bad = [], [], []
    for number, line in enumerate(lines, row):
        parsed = _object(line)
        if parsed is None:
            bad.append(Malformed(number, "not a JSON object", line[:200].decode(errors="replace")))
        else:
            good.append(number)
            objects.append(parsed)
    return _frame(objects), np.array(good, dtype=np.int64), bad


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        parsed = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _frame(objects: list[dict[str, Any]]) -> pl.DataFrame:
    """Return the objects as a frame; a column of mixed types becomes text."""
    names = list(dict.fromkeys(name for row in objects for name in row))
    return pl.DataFrame([_column(name, [row.get(name) for row in objects]) for name in names])


def _column(name: str, values: list[Any]) -> pl.Series:
    try:
        return pl.Series(name, values, strict=True)
    except (TypeError, OverflowError, pl.exceptions.PolarsError):
        return pl.Series(name, [v if v is None or isinstance(v, str) else json.dumps(v) for v in values], pl.String)
