"""CSV and JSON lines → batches of rows, checked byte by byte: UTF-8, no endless line, no row that is none."""

from __future__ import annotations

import codecs
import csv
import io
import json
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import replace
from threading import Event
from typing import IO, Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from ..errors import DataError
from .mapping import IngestConfig
from .raw import Malformed, RawBatch, RawFile, batch_at, first_line

BLOCK_BYTES = 8 << 20
HEAD_BYTES = 1 << 20
"""What is looked at to learn the columns of a text file."""


# CSV


def check_utf8(data: bytes, offset: int, name: str, *, final: bool) -> tuple[bytes, int]:
    """Return the bytes of an unfinished last character and their place in the file."""
    try:
        used = codecs.utf_8_decode(data, "strict", final)[1]
    except UnicodeDecodeError as error:
        raise DataError(
            f"{name} is not UTF-8: byte {offset + error.start:,} is 0x{data[error.start]:02x}; "
            "convert the file, e.g. with iconv"
        ) from error
    return data[used:], offset + used


def first_lines(handle: IO[bytes], file: RawFile, config: IngestConfig) -> bytes:
    """Return the whole lines of the first megabyte, or the first line where that is longer.

    Raises:
        DataError: they are not UTF-8, or the first line is above `max_row_bytes`.
    """
    head = b""
    while b"\n" not in head and (more := handle.read(HEAD_BYTES)):
        head += more
        if len(head) > config.max_row_bytes and b"\n" not in head:
            raise too_long(file, config)
    whole = len(head) % HEAD_BYTES > 0  # the file ends here
    check_utf8(head, 0, file.name, final=whole)
    return head if whole or b"\n" not in head else head[: head.rindex(b"\n")]


def too_long(file: RawFile, config: IngestConfig) -> DataError:
    """Return the error of a row without end."""
    return DataError(
        f"{file.name} holds a row of over {config.max_row_bytes:,} bytes: close its quote, or cut the field"
    )


def header(head: bytes, file: RawFile, config: IngestConfig) -> tuple[list[str], str]:
    """Return the column names and the delimiter."""
    line = head.removeprefix(codecs.BOM_UTF8).lstrip(b"\r\n").partition(b"\n")[0].decode(errors="ignore").rstrip("\r")
    delimiter = config.delimiter or max(",;\t|", key=line.count)
    names = next(csv.reader([line], delimiter=delimiter), [])
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"{file.name} has two columns named {twice[0]!r}: rename one in its header")
    return names, delimiter


def csv_batches(file: RawFile, config: IngestConfig, columns: Sequence[str] | None) -> Iterator[RawBatch]:
    """Every field comes as text, so that a batch's types do not depend on its rows; an empty one is null."""
    with file.open() as handle:
        names, delimiter = header(first_lines(handle, file, config), file, config)
    wanted = [name for name in names if columns is None or name in columns]
    skipped: list[Malformed] = []
    reader = None

    def skip(row: Any) -> str:
        why = f"{row.actual_columns} fields where the header has {row.expected_columns}"
        skipped.append(Malformed(row.number - 2, why, (row.text or "")[:200]))  # 1 is the header
        return "skip"

    forgotten = Event()
    weakref.finalize(skip, forgotten.set)
    with _stream(file) as stream:
        try:
            reader = pyarrow.csv.open_csv(
                stream,
                read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=config.max_row_bytes),
                parse_options=pyarrow.csv.ParseOptions(
                    delimiter=delimiter, newlines_in_values=True, invalid_row_handler=skip
                ),
                convert_options=pyarrow.csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    include_columns=wanted,
                    strings_can_be_null=True,
                    null_values=[""],
                ),
            )
            row = 0
            for batch in reader:
                bad = _before(skipped, row + batch.num_rows)
                del skipped[: len(bad)]
                rows = _numbered(row, batch.num_rows, [entry.row for entry in bad])
                yield RawBatch(batch_at(batch, 0).frame, rows, bad)
                row += batch.num_rows + len(bad)
            if skipped:
                nothing = batch_at(pl.DataFrame(schema=dict.fromkeys(wanted, pl.String)), 0)
                yield replace(nothing, malformed=skipped)
        except pa.ArrowInvalid as error:
            raise _csv_error(file, error, config) from error
        finally:
            # Arrow's thread that reads ahead holds `skip`. Were it to let go of it while the interpreter shuts down,
            # the process would abort, and an error in the middle of a file is followed by just that.
            del reader, skip
            forgotten.wait(timeout=1.0)


def _stream(file: RawFile) -> pa.NativeFile:
    """Return the bytes, uncompressed; without Python where that can be, since another thread reads them ahead."""
    if file.is_local:
        return pa.input_stream(file.path, compression="gzip" if file.path.endswith(".gz") else None)
    return pa.PythonFile(file.open(), mode="r")


def _before(skipped: Sequence[Malformed], end: int) -> list[Malformed]:
    """Return the skipped rows that stand before the last of the good ones, were none skipped up to `end`."""
    n = 0
    while n < len(skipped) and skipped[n].row < end + n:
        n += 1
    return list(skipped[:n])


def _numbered(first: int, n: int, bad: Sequence[int]) -> NDArray[np.int64]:
    """Return the numbers of the `n` good rows from `first` on, the bad ones left out."""
    numbers = np.arange(first, first + n + len(bad), dtype=np.int64)
    return np.delete(numbers, np.asarray(bad, dtype=np.int64) - first) if bad else numbers


def _csv_error(file: RawFile, error: Exception, config: IngestConfig) -> DataError:
    if "straddl" in str(error):
        return too_long(file, config)
    if "UTF8" in str(error):
        _find_not_utf8(file)
    return DataError(f"{file.name} is not readable CSV ({first_line(error)}): write it again")


def _find_not_utf8(file: RawFile) -> None:
    """Raise the error that names the first byte that is not UTF-8."""
    with file.open() as handle:
        tail, offset, data = b"", 0, b" "
        while data:
            data = handle.read(BLOCK_BYTES)
            # A character may straddle two reads: what is left of it waits for its rest.
            tail, offset = check_utf8(tail + data, offset, file.name, final=not data)


# JSON lines


def jsonl_batches(file: RawFile, config: IngestConfig, columns: Sequence[str] | None) -> Iterator[RawBatch]:
    """Yield the rows of a file of JSON objects, one a line."""
    row = offset = 0
    with file.open() as handle:
        for block in _line_blocks(handle, file, config):
            check_utf8(block, offset, file.name, final=True)
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
            raise too_long(file, config)
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
        parsed = json_object(line)
        if parsed is None:
            bad.append(Malformed(number, "not a JSON object", line[:200].decode(errors="replace")))
        else:
            good.append(number)
            objects.append(parsed)
    return _frame(objects), np.array(good, dtype=np.int64), bad


def json_object(line: bytes) -> dict[str, Any] | None:
    """Return a line's object, or None where it is none."""
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
