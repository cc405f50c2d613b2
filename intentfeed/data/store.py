"""A workspace on disk: immutable files named by what they were made from, and a manifest written last.

A table is a set of Parquet files, for each partition of users one and one more for each update. A file's name ends in
the fingerprint of its inputs, so its existence means that it is complete and current. The manifest names the files that
count; replacing it is the commit. A crash leaves the last committed state readable and costs the work in flight only.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from ..errors import DataError
from ..types import partition_of
from .schema import TABLES, TOUCHED

ADDITIVE = ("events", "explanations")
FOLDERS = ("models", "items", "users", *TABLES, "touched")
"""What a commit tidies up; `touched` last, since files of the tables need theirs."""
OURS = re.compile(
    r"(?:part-\d{4,}|models|towers|active|items|users|taken)-[0-9a-f]{16}(?:\.parquet|\.json)?"
    r"|(?:items|events|users)-[0-9a-f]{16}\.jsonl|\.(?:staging|gone)-.+|\..+\.\d+\.tmp"
)
"""Names that a workspace gives to what it writes. Nothing else is ever deleted, whatever folder a person chose."""
FORMAT = 2
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
        with writing_to(path.parent):
            yield temporary
            with temporary.open("rb") as handle:
                os.fsync(handle.fileno())
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Say in one sentence that the disk is full, whichever library found out.

    Raises:
        DataError: no space is left.
    """
    try:
        yield
    except (OSError, pl.exceptions.PolarsError) as error:
        if _is_full(error):
            raise DataError(f"no space left on the disk that holds {folder}: free some and run again") from error
        raise


def _is_full(error: Exception) -> bool:
    """Return whether an error means a full disk: NumPy and Polars say so in words only."""
    words = str(error)
    short = " requested and " in words and words.endswith(" written")  # numpy.save
    return getattr(error, "errno", None) == errno.ENOSPC or "No space left" in words or short


class Store:
    """The files of one workspace."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def holds(self, path: Path) -> bool:
        """Whether a file is one of those that runs wrote here."""
        root, path = self.root.resolve(), path.resolve()
        return any(path.is_relative_to(root / folder) for folder in FOLDERS) and any(
            OURS.fullmatch(name) for name in path.relative_to(root).parts
        )

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
        """Delete files and folders that the manifest does not name: older states and what a crash left."""
        live = {self.models_path(manifest["models"])}
        if manifest.get("towers"):
            live.add(self.towers_path(manifest["towers"]))
        if manifest.get("active"):
            live.add(self.active_path(manifest["active"]))
        live |= {self.catalog_path(manifest["catalog"]), self.people_path(manifest["people"])}
        for table, parts in manifest["segments"].items():
            for part, prints in parts.items():
                live |= {self.path(table, int(part), print_) for print_ in prints}
                live |= {self.path("touched", int(part), print_) for print_ in prints[1:]}
        if manifest.get("base") == manifest.get("run"):  # a new beginning: what earlier ones turned away is of no use
            live |= {path for path in (self.root / "rejects").glob("*") if f"-{manifest.get('run')}." in path.name}
            self._delete(self.root / "rejects", live)
        for folder in FOLDERS:
            self._delete(self.root / folder, live)

    def _delete(self, folder: Path, live: set[Path]) -> None:
        """Delete what is ours and not live, in such an order that a crash leaves nothing that looks complete.

        The files that say that folders are there go before the folders, and a folder loses its name before its files.
        """
        gone = [path for path in folder.glob("*") if path not in live and OURS.fullmatch(path.name)]
        for path in sorted(gone, key=lambda path: (path.is_dir(), path.name)):
            if not path.is_dir():
                path.unlink()
                continue
            if not path.name.startswith("."):
                path = path.rename(path.with_name(f".gone-{path.name}"))
            shutil.rmtree(path)

    # What is there once: the models, the items, the people

    def models_path(self, print_: str) -> Path:
        """Return the folder of what was fitted under a fingerprint."""
        return self.root / "models" / f"models-{print_}"

    def towers_path(self, print_: str) -> Path:
        """Return the folder of the trained towers of a fingerprint."""
        return self.root / "models" / f"towers-{print_}"

    def active_path(self, print_: str) -> Path:
        """Return the folder of the active towers of a fingerprint."""
        return self.root / "models" / f"active-{print_}"

    def catalog_path(self, print_: str) -> Path:
        """Return where the items of a fingerprint are."""
        return self.root / "items" / f"items-{print_}.parquet"

    def people_path(self, print_: str) -> Path:
        """Return where the users of a fingerprint and their attributes are."""
        return self.root / "users" / f"users-{print_}.parquet"

    # Tables of users: for each partition a base file, and one more for each update since it was last rewritten

    def path(self, table: str, part: int, print_: str) -> Path:
        """Return the path of one partition of a table, made from inputs with this fingerprint.

        Events are a folder of files, as they were read; every other table is one file.
        """
        return self.root / table / f"part-{part:04d}-{print_}{'' if table == 'events' else '.parquet'}"

    def write(self, table: str, part: int, print_: str, frame: pl.DataFrame) -> None:
        """Write one partition of a table atomically, in the columns of its schema."""
        schema = TABLES.get(table, TOUCHED)
        with replacing(self.path(table, part, print_)) as temporary:
            frame.select(pl.col(name).cast(kind) for name, kind in schema.items()).write_parquet(
                temporary, compression="zstd", compression_level=1
            )

    def read(self, table: str, part: int, prints: Sequence[str]) -> pl.LazyFrame:
        """Return one partition as of the last of `prints`: a user that a later file touched counts only there.

        Events and explanations are never superseded: every file adds to them.
        """
        frames = []
        for place, print_ in enumerate(prints):
            path = self.path(table, part, print_)
            frame = pl.scan_parquet(path / "*.parquet" if table == "events" else path)
            later = [pl.scan_parquet(self.path("touched", part, newer)) for newer in prints[place + 1 :]]
            if later and table not in ADDITIVE:
                frame = frame.join(pl.concat(later).unique(), on="user_id", how="anti", maintain_order="left")
            frames.append(frame)
        return pl.concat(frames) if frames else TABLES[table].to_frame().lazy()

    def scan(self, table: str, user_id: str | None = None) -> pl.LazyFrame:
        """Return the committed rows of a table, of everybody or of one user.

        Raises:
            DataError: the workspace has no completed run.
        """
        manifest = self.completed()
        segments: dict[str, list[str]] = manifest["segments"].get(table, {})
        parts = sorted(segments, key=int)
        if user_id is not None:
            parts = [part for part in parts if int(part) == partition_of(user_id, manifest["n_partitions"])]
        frames = [self.read(table, int(part), segments[part]) for part in parts]
        frame = pl.concat(frames) if frames else TABLES[table].to_frame().lazy()
        return frame if user_id is None else frame.filter(pl.col("user_id") == user_id)

    def completed(self) -> dict[str, Any]:
        """Return the manifest.

        Raises:
            DataError: there is none, or it is of another version.
        """
        manifest = self.manifest()
        if manifest is None:
            raise DataError(f"{self.root} holds no completed run: make one with `intentfeed run … -o {self.root}`")
        return manifest

    # The lock

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the workspace for writing; the lock goes with the process, however it ends.

        Raises:
            DataError: another process holds it, its name cannot be used, or the disk is full.
        """
        if set("*?[") & set(str(self.root)):
            raise DataError(f"{self.root} has *, ? or [ in its name, which file patterns use: choose another folder")
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / ".lock").open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise DataError(
                    f"{self.root} is in use by another run: wait for it, or choose another folder"
                ) from error
            with writing_to(self.root):
                yield
