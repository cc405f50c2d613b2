"""A workspace on disk: immutable files named by what they were made from, and a manifest written last.

A table is a set of Parquet files, one for each partition of users. A file's name ends in the fingerprint of its
inputs, so its existence means that it is complete and current. The manifest names the files that count; replacing
it is the commit. A crash therefore leaves the last committed state readable and costs the work in flight only.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from ..errors import DataError
from ..types import partition_of
from .schema import TABLES

FORMAT = 1
"""Version of the workspace layout; a workspace of another version is refused."""


def fingerprint(*parts: Any) -> str:
    """Return 16 hex digits that change when any part does; parts must be JSON-serialisable."""
    text = json.dumps(parts, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` and rename it into place when the block succeeds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        with temporary.open("rb") as handle:
            os.fsync(handle.fileno())
        temporary.replace(path)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DataError(f"no space left on the disk that holds {path.parent}: free some and run again") from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


class Store:
    """The files of one workspace."""

    def __init__(self, root: Path) -> None:
        self.root = root

    # The manifest

    @property
    def manifest_path(self) -> Path:
        """Where the manifest is; it exists only when a run has completed."""
        return self.root / "manifest.json"

    def manifest(self) -> dict[str, Any] | None:
        """Return what the last completed run left, or None where none has.

        Raises:
            DataError: the workspace was written by another version of the layout.
        """
        if not self.manifest_path.exists():
            return None
        manifest: dict[str, Any] = json.loads(self.manifest_path.read_text())
        if manifest.get("format") != FORMAT:
            raise DataError(
                f"{self.root} is a workspace of format {manifest.get('format')}, this version reads format {FORMAT}: "
                "run again into a new folder"
            )
        return manifest

    def commit(self, manifest: Mapping[str, Any]) -> None:
        """Make `manifest` the state that readers see, then delete the files it no longer names."""
        with replacing(self.manifest_path) as path:
            path.write_text(json.dumps({"format": FORMAT, **manifest}, indent=1, sort_keys=True, default=str) + "\n")
        self._sweep(manifest)

    def _sweep(self, manifest: Mapping[str, Any]) -> None:
        """Delete table files and model folders that the manifest does not name."""
        live = {name for files in manifest["tables"].values() for name in files}
        for table in TABLES:
            for path in (self.root / table).glob("*.parquet"):
                if f"{table}/{path.name}" not in live:
                    path.unlink()
        for folder in (self.root / "models").glob("*"):
            if folder.name != manifest["models"]:
                shutil.rmtree(folder)

    # Tables

    def part_path(self, table: str, part: int, print_: str) -> Path:
        """Return the path of one partition of a table, made from inputs with this fingerprint."""
        return self.root / table / f"part-{part:04d}-{print_}.parquet"

    def write_part(self, table: str, part: int, print_: str, frame: pl.DataFrame) -> str:
        """Write one partition atomically and return its name for the manifest."""
        path = self.part_path(table, part, print_)
        with replacing(path) as temporary:
            frame.select(pl.col(name).cast(kind) for name, kind in TABLES[table].items()).write_parquet(
                temporary, compression="zstd", compression_level=1
            )
        return f"{table}/{path.name}"

    def scan(self, table: str, user_id: str | None = None) -> pl.LazyFrame:
        """Return the committed rows of a table, of everybody or of one user.

        Raises:
            DataError: the workspace has no completed run.
        """
        manifest = self.manifest()
        if manifest is None:
            raise DataError(f"{self.root} holds no completed run: start one with `intentfeed run … -o {self.root}`")
        files = manifest["tables"].get(table, [])
        if user_id is not None and table != "explanations":
            part = partition_of(user_id, manifest["n_partitions"])
            files = [name for name in files if f"/part-{part:04d}-" in name]
        if not files:
            return TABLES[table].to_frame().lazy()
        frame = pl.scan_parquet([self.root / name for name in files])
        return (
            frame.filter(pl.col("user_id") == user_id) if user_id is not None and "user_id" in TABLES[table] else frame
        )

    # The lock

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the workspace for writing; the lock goes with the process, however it ends.

        Raises:
            DataError: another process holds it.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / ".lock").open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise DataError(
                    f"{self.root} is in use by another run: wait for it, or choose another folder"
                ) from error
            yield
