"""A file of a download → blocks of lines, and lines of user, item, value and time → columns.

A block is parsed at once by Polars where it is sound, and line by line where it is not, to find what is wrong.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from ...errors import DataError
from .config import PrepareConfig
from .download import Member
from .rejects import Rejects

BLOCK_BYTES = 4 << 20
BOM = b"\xef\xbb\xbf"
LATEST = 4_102_444_800
"""2100-01-01: a time from here on is in milliseconds, or none."""
EARLIEST = 567_993_600
"""1988-01-01: nobody rated or reviewed anything on these sites before."""
EVENT = pl.Schema({"user": pl.String, "item": pl.String, "value": pl.Float64, "time": pl.Int64})
"""Columns of an event while it is read; times as they come, in seconds or milliseconds."""


def blocks(member: Member, config: PrepareConfig) -> Iterator[list[bytes]]:
    """Yield the lines of a file, some megabytes at a time, without their ends; empty ones too.

    Raises:
        DataError: the file is damaged, or a line has no end.
    """
    with member.open() as handle:
        rest, first = b"", True
        while data := handle.read(BLOCK_BYTES):
            if first:
                data, first = data.removeprefix(BOM), False
            head, newline, tail = data.rpartition(b"\n")
            if newline:
                yield [line.removesuffix(b"\r") for line in (rest + head).split(b"\n")]
                rest = tail
            else:
                rest += data
            if len(rest) > config.max_line_bytes:
                raise DataError(
                    f"{member.name} holds a line of over {config.max_line_bytes:,} bytes: download it again"
                )
        if rest:
            yield [rest.removesuffix(b"\r")]


def decoded(line: bytes) -> str:
    """Return a line as text: UTF-8, or latin-1 as the older sets have it."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")


@dataclass(frozen=True)
class Layout:
    """How the lines of a file of events are written."""

    separator: str
    columns: tuple[str, ...] | None
    """Theirs, in order; None where a header names them."""
    user: str = "user"
    item: str = "item"
    value: str = "value"
    time: str = "time"

    @property
    def wanted(self) -> tuple[str, str, str, str]:
        """Return their names of our columns."""
        return self.user, self.item, self.value, self.time


def read_events(member: Member, layout: Layout, rejects: Rejects, config: PrepareConfig) -> Iterator[pl.DataFrame]:
    """Yield the events of a file with the columns of EVENT, in its order.

    Raises:
        DataError: a column is missing in the header, or the file is damaged.
    """
    columns, row = layout.columns, 1
    for lines in blocks(member, config):
        start = 0
        if columns is None:
            columns = header(member, lines[0], layout.wanted, layout.separator)
            start = 1
        body = lines[start:]
        frame = _at_once(body, layout, columns)
        if frame is None:
            frame = _one_by_one(body, row + start, layout, columns, member.name, rejects)
            rejects.saw(member.name, n_filled(body))
        else:
            rejects.saw(member.name, frame.height)
        row += len(lines)
        yield frame
    if columns is None:
        raise DataError(f"{member.name} is empty: download it again")


def header(member: Member, line: bytes, wanted: Sequence[str], separator: str = ",") -> tuple[str, ...]:
    """Return the column names of a header line.

    Raises:
        DataError: one of the wanted is not among them.
    """
    names = tuple(name.strip() for name in next(csv.reader([decoded(line)], delimiter=separator), []))
    missing = [name for name in wanted if name not in names]
    if missing:
        raise DataError(
            f"{member.name} has no column {missing[0]!r}, only {', '.join(names)[:200]}: is it the right file?"
        )
    return names


def _at_once(lines: list[bytes], layout: Layout, columns: tuple[str, ...]) -> pl.DataFrame | None:
    """Return the lines as a frame, or None where any of them is not sound."""
    data = b"\n".join(lines)
    separator = layout.separator
    if len(separator) > 1:
        if b"\t" in data:
            return None
        data, separator = data.replace(separator.encode(), b"\t"), "\t"
    if not data:
        return pl.DataFrame(schema=EVENT)
    kinds = dict(zip(layout.wanted, EVENT.values(), strict=True))
    try:
        frame = pl.read_csv(
            io.BytesIO(data),
            has_header=False,
            separator=separator,
            schema={name: kinds.get(name, pl.String()) for name in columns},
        )
    except pl.exceptions.PolarsError:
        return None
    frame = frame.select(pl.col(theirs).alias(ours) for theirs, ours in zip(layout.wanted, EVENT, strict=True))
    return frame if sound(frame, len(lines)) else None


def sound(frame: pl.DataFrame, n_lines: int) -> bool:
    """Whether a frame with the columns of EVENT has a row for each line, and each is an event."""
    if frame.height != n_lines or any(frame.null_count().row(0)):
        return False
    filled = pl.all_horizontal(pl.col("user", "item").str.strip_chars() != "")
    return bool(frame.select((filled & pl.col("value").is_finite() & _plausible(pl.col("time"))).all()).item())


def n_filled(lines: Sequence[bytes]) -> int:
    """Return how many of the lines are not empty."""
    return sum(1 for line in lines if line.strip())


def _plausible(time: pl.Expr) -> pl.Expr:
    return time.is_between(EARLIEST, LATEST) | time.is_between(EARLIEST * 1000, LATEST * 1000)


def plausible(time: int) -> bool:
    """Whether a number is a time in seconds or milliseconds."""
    return EARLIEST <= time <= LATEST or EARLIEST * 1000 <= time <= LATEST * 1000


def _one_by_one(
    lines: list[bytes], row: int, layout: Layout, columns: tuple[str, ...], file: str, rejects: Rejects
) -> pl.DataFrame:
    """Return those of the lines that are events; the others become rejects."""
    at = [columns.index(name) for name in layout.wanted]
    found: list[tuple[str, str, float, int]] = []
    for number, line in enumerate(lines, row):
        if not line.strip():
            continue
        fields = fields_of(decoded(line), layout.separator)
        if len(fields) < len(columns):
            rejects.add(file, number, f"{len(fields)} fields where {len(columns)} are needed", line)
            continue
        event = event_of(*(fields[place].strip() for place in at))
        if isinstance(event, str):
            rejects.add(file, number, event, line)
        else:
            found.append(event)
    return pl.DataFrame(found, schema=EVENT, orient="row")


def fields_of(line: str, separator: str) -> list[str]:
    """Return the fields of a line: quotes mean something only between commas."""
    if separator != ",":
        return line.split(separator)
    return next(csv.reader([line]), [])


def event_of(user: str, item: str, value: str, time: str) -> tuple[str, str, float, int] | str:
    """Return an event of four texts, or what is wrong with them."""
    if not user or not item:
        return "no user" if not user else "no item"
    try:
        number, moment = float(value), int(time)
    except ValueError:
        return "the rating or the time is no number"
    if not math.isfinite(number):
        return "the rating is no number"
    return (user, item, number, moment) if plausible(moment) else "the time is out of range"
