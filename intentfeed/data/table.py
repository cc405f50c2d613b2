"""A small input read whole: all its rows as one frame, with where each came from and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from ..errors import DataError
from .columns import longest, text
from .mapping import IngestConfig, too_many
from .read import RawBatch, Source, batches, files_of, first_line, frame_batches
from .schema import REJECT_DETAIL, REJECTS

RAW = 200
"""Characters of a bad row that are kept."""


@dataclass(frozen=True)
class Marks:
    """Which rows are bad, and why; the first reason given stays."""

    kind: pl.Series
    """Null for a good row."""
    why: pl.Series

    @property
    def good(self) -> pl.Series:
        """Which rows are not marked."""
        return self.kind.is_null()

    def mark(self, rows: pl.Series, kind: str, value: pl.Series, why: str) -> Marks:
        """Return the marks with `rows` added; `{}` in `why` shows the row's value."""
        new = rows.fill_null(False) & self.kind.is_null()
        if not new.any():
            return self
        before, after = why.split("{}") if "{}" in why else (why, None)
        shown = pl.lit(before) if after is None else pl.lit(f"{before}'") + value.str.slice(0, 40) + pl.lit(f"'{after}")
        return Marks(
            pl.select(pl.when(new).then(pl.lit(kind)).otherwise(self.kind)).to_series(),
            pl.select(pl.when(new).then(shown).otherwise(self.why)).to_series(),
        )


@dataclass(frozen=True)
class RawTable:
    """All rows of a source in foreign columns."""

    what: str
    frame: pl.DataFrame
    where: pl.DataFrame
    """source, row of each row."""
    malformed: pl.DataFrame
    """What could not be read as a row, in REJECT_DETAIL."""
    typed: bool
    """False for CSV, where every field is text."""

    def without_long_fields(self, config: IngestConfig) -> Marks:
        """Return marks on the rows with a field above `max_field_bytes`.

        Raises:
            DataError: a field is above `max_row_bytes`.
        """
        none = pl.Series([None] * self.frame.height, dtype=pl.String)
        marks = Marks(none, none)
        for column in self.frame:
            if column.dtype != pl.String:
                continue
            largest = longest(column)
            if largest > config.max_row_bytes:
                raise DataError(
                    f"column {column.name!r} of the {self.what} holds a field of {largest:,} bytes: cut it, or raise "
                    "ingest.max_row_bytes"
                )
            marks = marks.mark(
                column.str.len_bytes() > config.max_field_bytes, "size", column, f"{column.name} above the allowed size"
            )
        return marks

    def rejects(self, marks: Marks) -> pl.DataFrame:
        """Return the bad rows with what could not be read at all, in REJECT_DETAIL."""
        bad = ~marks.good
        frame = self.frame.filter(bad)
        texts = pl.DataFrame([text(column).str.slice(0, RAW).alias(column.name) for column in frame])
        raw = texts.select(pl.struct(pl.all()).struct.json_encode().str.slice(0, RAW).alias("raw"))
        columns = {"why": marks.why.filter(bad), "raw": raw.to_series(), "kind": marks.kind.filter(bad)}
        found = self.where.filter(bad).with_columns(column.alias(name) for name, column in columns.items())
        return pl.concat(
            [found.select(pl.col(name).cast(kind) for name, kind in REJECT_DETAIL.items()), self.malformed]
        ).sort("source", "row", maintain_order=True)

    def check(self, marks: Marks, config: IngestConfig) -> pl.DataFrame:
        """Return the rejects.

        Raises:
            DataError: they are more than `max_bad` of the rows, or all of them.
        """
        rejects, n_rows = self.rejects(marks), self.frame.height + self.malformed.height
        if rejects.height > config.max_bad * n_rows or rejects.height == n_rows:
            kind = rejects["kind"].value_counts(sort=True)["kind"][0]
            why, row = rejects.filter(pl.col("kind") == kind).select("why", "row").row(0)
            raise too_many(f"the {self.what}", n_bad=rejects.height, n_rows=n_rows, kind=kind, why=why, row=row)
        return rejects.select(REJECTS.names())


def read_table(source: Source, what: str, config: IngestConfig) -> RawTable:
    """Return all rows of a source; columns that only some files have are null elsewhere.

    Raises:
        DataError: it holds no rows, or its files have columns of one name and different kinds.
    """
    if isinstance(source, pl.LazyFrame):
        source = source.collect()
    if isinstance(source, pl.DataFrame | pa.Table):
        parts = [(f"the {what}", list(frame_batches(source)))]
        typed = True
    else:
        files = files_of(source, what)
        parts = [(file.name, list(batches(file, config))) for file in files]
        typed = not all(file.format == "csv" for file in files)
    n_rows = sum(len(batch.rows) + len(batch.malformed) for _, found in parts for batch in found)
    if not n_rows:
        raise DataError(f"the {what} hold no rows: give at least one, or leave them out")
    frames = [batch.frame for _, found in parts for batch in found if batch.frame.height]
    try:
        frame = pl.concat(frames, how="diagonal_relaxed") if frames else pl.DataFrame()
    except pl.exceptions.PolarsError as error:
        raise DataError(
            f"the files of the {what} do not fit together ({first_line(error)}): give each column one type"
        ) from error
    where = [_where(name, batch) for name, found in parts for batch in found]
    malformed = [
        (name, bad.row, bad.why, bad.raw, "row") for name, found in parts for b in found for bad in b.malformed
    ]
    return RawTable(what, frame, pl.concat(where), pl.DataFrame(malformed, schema=REJECT_DETAIL, orient="row"), typed)


def _where(name: str, batch: RawBatch) -> pl.DataFrame:
    schema = {"source": pl.String, "row": pl.Int64}
    return pl.DataFrame({"source": [name] * batch.frame.height, "row": batch.rows[: batch.frame.height]}, schema=schema)
