"""The SQLite file that a log of calls lies in: its tables, and one connection for each thread and process."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
import zlib
from collections.abc import Sequence
from pathlib import Path

from ..errors import DataError

_VERSION = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS texts (hash TEXT PRIMARY KEY, text BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS calls (
    key TEXT PRIMARY KEY, role TEXT NOT NULL, subject TEXT NOT NULL, model TEXT NOT NULL,
    prompt_id TEXT NOT NULL, prompt_version INTEGER NOT NULL, prompt_hash TEXT NOT NULL,
    fixed TEXT NOT NULL, messages BLOB NOT NULL, schema_name TEXT NOT NULL, schema TEXT NOT NULL,
    sampling TEXT NOT NULL, status TEXT NOT NULL, answer TEXT NOT NULL DEFAULT '', why TEXT NOT NULL DEFAULT '',
    n_attempts INTEGER NOT NULL DEFAULT 0, asked REAL NOT NULL, ended REAL
);
CREATE TABLE IF NOT EXISTS attempts (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL, kind TEXT NOT NULL, started REAL NOT NULL, ended REAL,
    http_status INTEGER, tokens_in INTEGER NOT NULL DEFAULT 0, tokens_cached INTEGER NOT NULL DEFAULT 0,
    tokens_out INTEGER NOT NULL DEFAULT 0, cost_usd REAL NOT NULL DEFAULT 0, seconds REAL NOT NULL DEFAULT 0,
    text BLOB, error TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS attempts_of ON attempts (key);
CREATE INDEX IF NOT EXISTS open_calls ON calls (key) WHERE status = 'open';
"""
_KEPT_AT_MOST = 10_000


class _Own(threading.local):
    """What each thread has for itself."""

    db: sqlite3.Connection | None = None
    pid = 0
    kept: set[str] = set()  # noqa: RUF012
    """Hashes of texts that are in the file."""


class LogFile:
    """Reads and writes one file; whatever keeps it from being written is told in one sentence.

    Any process and thread may read while one writes; each opens the file when it first needs it. What is written is
    seen by others, and survives a kill of this process, after `commit`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = _Own()

    @property
    def db(self) -> sqlite3.Connection:
        """This thread's connection in this process.

        Raises:
            DataError: the file is no log of calls, or of another version.
        """
        own = self._local
        if own.db is None or own.pid != os.getpid():  # a connection must not cross a fork
            own.db, own.pid, own.kept = self._connected(), os.getpid(), set()
        return own.db

    def write(self, statement: str, values: Sequence[object]) -> sqlite3.Cursor:
        """Return what a statement did that writes these values.

        Raises:
            DataError: the file cannot be written.
        """
        try:
            return self.db.execute(statement, [_storable(value) for value in values])
        except sqlite3.OperationalError as error:
            raise self._unwritable(error) from error

    def commit(self) -> None:
        """Make what was written since the last commit last.

        Raises:
            DataError: the file cannot be written.
        """
        try:
            self.db.commit()
        except sqlite3.OperationalError as error:
            raise self._unwritable(error) from error

    def forget_pages(self) -> None:
        """Leave nothing in the write-ahead log of what was just deleted.

        Raises:
            DataError: others read it for so long that this cannot be done.
        """
        try:
            busy, *_ = self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError as error:
            raise self._unwritable(error) from error
        if busy:
            raise self._unwritable(sqlite3.OperationalError("others read it"))

    def text_key(self, text: str) -> str:
        """Return the hash under which a text that many calls share is kept, once."""
        _, kept = self.db, self._local.kept
        digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()
        if digest not in kept:
            self.write("INSERT OR IGNORE INTO texts VALUES (?, ?)", (digest, packed(text)))
            if len(kept) < _KEPT_AT_MOST:
                kept.add(digest)
        return digest

    def close(self) -> None:
        """Close this thread's connection; the next use opens another."""
        own = self._local
        if own.db is not None and own.pid == os.getpid():
            own.db.close()
        own.db = None

    def _connected(self) -> sqlite3.Connection:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            db = sqlite3.connect(self.path, timeout=60.0)
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                db.execute("PRAGMA journal_mode = WAL")
                db.executescript(_TABLES + f"PRAGMA user_version = {_VERSION};")
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA secure_delete = ON")  # what is forgotten is overwritten
        except (sqlite3.DatabaseError, OSError) as error:
            raise DataError(
                f"{self.path} cannot be used as the log of calls ({error}): move it away to begin a new one"
            ) from error
        if version not in (0, _VERSION):
            raise DataError(
                f"{self.path} was written by another version of intentfeed (its log has version {version}, ours "
                f"{_VERSION}): move it away to begin a new one"
            )
        return db

    def _unwritable(self, error: sqlite3.Error) -> DataError:
        return DataError(
            f"{self.path} cannot be written ({error}): make room on its disk, or end the other run that holds it, and "
            "run the same command again"
        )


def _storable(value: object) -> object:
    """Return a value as SQLite takes it: a text without halves of characters, which a model can say."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) and not value.isascii() else value


def packed(text: str) -> bytes:
    """Return a text as it lies in the file."""
    return zlib.compress(text.encode("utf-8", "replace"), 3)


def unpacked(held: bytes) -> str:
    """Return the text that lies in the file."""
    return zlib.decompress(held).decode()
