"""Tables → a data folder, all of it or nothing; hashes by which two folders can be told to hold the same."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from ...errors import DataError
from .note import PREPARED
from .tables import Tables

SCHEMAS: dict[str, pl.DataType | type[pl.DataType]] = {
    "user_id": pl.String, "item_id": pl.String, "behavior": pl.String, "value": pl.Float64, "timestamp": pl.Int64,
    "tag": pl.String, "position": pl.Int32, "split": pl.String,
}  # fmt: skip
OURS = frozenset(
    (
        PREPARED,
        "README.md",
        "rejects.jsonl",
        *(f"{name}.parquet" for name in ("interactions", "items", "users", "eval")),
    )
)
"""Files of a prepared folder; one that holds anything else is never replaced."""


class TableHash:
    """A hash over rows in order: blake2b of them as CSV with every field quoted, nulls as NULL, lists joined by |."""

    def __init__(self) -> None:
        self._state = hashlib.blake2b(digest_size=8)

    def add(self, frame: pl.DataFrame) -> None:
        """Take in the next rows."""
        flat = frame.with_columns(
            pl.col(name).list.join("|") for name, kind in frame.schema.items() if isinstance(kind, pl.List)
        ).cast(pl.String)
        written = flat.write_csv(include_header=False, quote_style="always", null_value="NULL")
        self._state.update(written.encode())

    def hexdigest(self) -> str:
        """Return 16 hex digits."""
        return self._state.hexdigest()


def write_tables(tables: Tables, folder: Path) -> dict[str, str]:
    """Write the tables into a folder and return the hash of each."""
    hashes = {"interactions": _write_parts(tables.events.batches(tables.columns), tables.columns, folder)}
    rest = {"items": tables.items, "users": tables.users, "eval": tables.rows}
    for name, frame in rest.items():
        if frame is not None:
            found = TableHash()
            found.add(frame)
            hashes[name] = found.hexdigest()
            frame.write_parquet(folder / f"{name}.parquet")
    return hashes


def _write_parts(batches: Iterable[pl.DataFrame], columns: tuple[str, ...], folder: Path) -> str:
    found, writer = TableHash(), None
    try:
        for batch in batches:
            rows = batch.cast({name: SCHEMAS[name] for name in columns})
            found.add(rows)
            table = rows.to_arrow(compat_level=pl.CompatLevel.oldest())
            if writer is None:
                writer = pq.ParquetWriter(folder / "interactions.parquet", _plain(table.schema), compression="zstd")
            writer.write_table(table.cast(_plain(table.schema)))
    finally:
        if writer is not None:
            writer.close()
    return found.hexdigest()


def _plain(schema: pa.Schema) -> pa.Schema:
    """Return the schema with ordinary strings, which every reader of Parquet knows."""
    return pa.schema(
        [pa.field(field.name, pa.string() if pa.types.is_large_string(field.type) else field.type) for field in schema]
    )


@contextmanager
def new_folder(output: Path, *, force: bool) -> Iterator[Path]:
    """Yield a hidden folder beside `output` that takes its name when the block succeeds and vanishes when it fails.

    Raises:
        DataError: `output` is there, and either `force` is not set or it holds something else than a prepared set.
    """
    check_free(output, force=force)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{output.name}-", dir=output.parent))
    except OSError as error:
        raise DataError(f"nothing can be written at {output} ({error}): choose another folder with -o") from error
    try:
        made = scratch / "new"
        made.mkdir()
        yield made
        check_free(output, force=force)
        _swap(made, output, scratch / "old")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _swap(made: Path, output: Path, old: Path) -> None:
    """Put a folder in the place of another, or leave that where it is."""
    if not output.exists():
        made.rename(output)
        return
    output.rename(old)
    try:
        made.rename(output)
    except OSError:
        old.rename(output)
        raise


def check_free(output: Path, *, force: bool) -> None:
    """Refuse to overwrite what is not ours, or what is and was not asked to go.

    Raises:
        DataError: as in `new_folder`.
    """
    if not output.exists():
        return
    held = {path.name for path in output.iterdir()} if output.is_dir() else {"a file"}
    if held - OURS or (held and PREPARED not in held):
        raise DataError(f"{output} holds something that was not prepared here: name another folder with -o")
    if held and not force:
        raise DataError(f"{output} is there already: name another folder with -o, or prepare it anew with --force")
