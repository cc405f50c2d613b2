"""What reading a file yields, before anything is understood: files, batches of rows, rows that are none."""

from __future__ import annotations

import csv
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any, Literal

import fsspec
import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from ..errors import DataError

BROKEN = (
    pa.ArrowException, pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, EOFError, UnicodeDecodeError,
    zlib.error, csv.Error,
)  # fmt: skip
"""What the libraries raise on a file that is not what it seems."""

Format = Literal["parquet", "csv", "jsonl"]


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

    @property
    def system(self) -> fsspec.AbstractFileSystem:
        """Return the file system that holds it."""
        return fsspec.filesystem(self.protocol, **self.options)

    def open(self) -> IO[bytes]:
        """Return the bytes, uncompressed."""
        compression = "gzip" if self.path.endswith(".gz") else None
        handle: IO[bytes] = self.system.open(self.path, "rb", compression=compression)
        return handle


def batch_at(part: pl.DataFrame | pa.Table | pa.RecordBatch, row: int) -> RawBatch:
    """Return consecutive rows, the first of which is `row`."""
    frame = part if isinstance(part, pl.DataFrame) else pl.from_arrow(part)
    assert isinstance(frame, pl.DataFrame)
    return RawBatch(frame, np.arange(row, row + frame.height, dtype=np.int64))


@contextmanager
def reading(file: RawFile) -> Iterator[None]:
    """Say in one sentence that a file is broken, whichever library found out.

    Raises:
        DataError: it is.
    """
    try:
        yield
    except BROKEN as error:
        raise DataError(f"{file.name} cannot be read ({first_line(error)}): write it again") from error


def first_line(error: Exception) -> str:
    """Return the first line of what another library says of its error."""
    return str(error).partition("\n")[0][:200]
