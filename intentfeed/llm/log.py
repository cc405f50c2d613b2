"""Every call ever made, in SQLite: what was asked, each attempt and its cost, what came of it, what is still open."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from ..errors import DataError
from .answer import Answer, schema_of
from .client import Call, LLMRole, Message, Reply, Usage

AttemptKind = Literal["first", "retry", "repair"]

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
_COST = (
    "count(*), coalesce(sum(tokens_in), 0), coalesce(sum(tokens_cached), 0), coalesce(sum(tokens_out), 0), "
    "coalesce(sum(cost_usd), 0), coalesce(sum(seconds), 0)"
)
_AT_ONCE = 500
_KEPT_AT_MOST = 10_000
_NOTHING = Usage()


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """What one role, or one subject of one role, has cost so far."""

    role: LLMRole
    subject: str = ""
    """'' where the row is about the whole role."""
    n_calls: int = 0
    n_answered: int = 0
    n_refused: int = 0
    n_failed: int = 0
    n_open: int = 0
    """Asked by a run that was killed before the answer came."""
    usage: Usage = _NOTHING


class _Own(threading.local):
    """What each thread has for itself."""

    db: sqlite3.Connection | None = None
    pid = 0
    kept: set[str] = set()  # noqa: RUF012
    """Hashes of texts that are in the file."""


class CallLog:
    """Finds, and keeps, what was asked and what came; knows of `Answers.reply`.

    Any process and thread may read while one writes; each opens the file when it first needs it, so the log can be
    pickled. What is written is seen by others, and survives a kill of this process, after `commit`.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._local = _Own()

    def __reduce__(self) -> tuple[type[CallLog], tuple[Path]]:
        return CallLog, (self.path,)

    def reply(self, key: str) -> Reply | None:
        """Return what came of the call with this key; None where it was never asked, or has no final reply."""
        row = self._db.execute(
            "SELECT status, answer, why FROM calls WHERE key = ? AND status IN ('answered', 'refused')", (key,)
        ).fetchone()
        if row is None:
            return None
        usage = self._db.execute(f"SELECT {_COST} FROM attempts WHERE key = ?", (key,)).fetchone()
        return Reply(key=key, status=row[0], text=row[1], why=row[2], usage=_usage(usage))

    def missing(self, keys: Iterable[str]) -> list[str]:
        """Return the keys without a final reply, in their order."""
        wanted = list(keys)
        there: set[str] = set()
        for at in range(0, len(wanted), _AT_ONCE):
            part = wanted[at : at + _AT_ONCE]
            marks = ",".join("?" * len(part))
            final = f"SELECT key FROM calls WHERE status IN ('answered', 'refused') AND key IN ({marks})"
            there.update(key for (key,) in self._db.execute(final, part))
        return [key for key in wanted if key not in there]

    def all_keys(self) -> list[str]:
        """Return the keys of all calls, sorted."""
        return [key for (key,) in self._db.execute("SELECT key FROM calls ORDER BY key")]

    def keys_of(self, subjects: Iterable[str]) -> list[str]:
        """Return the keys of all calls about these subjects, in the order in which they were asked."""
        select = "SELECT key FROM calls WHERE subject = ? ORDER BY asked, key"
        return [key for subject in subjects for (key,) in self._db.execute(select, (subject,))]

    def fingerprint(self, roles: Sequence[LLMRole] = ()) -> str:
        """Return a hash over all final replies of these roles, or of every role: names what is built from them."""
        chosen = f"AND role IN ({','.join('?' * len(roles))})" if roles else ""
        final = f"SELECT key, status, answer FROM calls WHERE status IN ('answered', 'refused') {chosen} ORDER BY key"
        digest = hashlib.blake2b(digest_size=16)
        for row in self._db.execute(final, tuple(roles)):
            digest.update("\x1f".join(row).encode() + b"\x1e")
        return digest.hexdigest()

    def messages(self, key: str) -> tuple[Message, ...]:
        """Return what the model was shown; () where the key was never asked."""
        select = "SELECT text, messages FROM calls JOIN texts ON texts.hash = calls.fixed WHERE key = ?"
        row = self._db.execute(select, (key,)).fetchone()
        if row is None:
            return ()
        return Message("system", _unpacked(row[0])), *(Message(*turn) for turn in json.loads(_unpacked(row[1])))

    def totals(self) -> Usage:
        """Return what all attempts in the log have cost together."""
        return _usage(self._db.execute(f"SELECT {_COST} FROM attempts").fetchone())

    def ledger(self, by: Literal["role", "subject"] = "role") -> Iterator[LedgerRow]:
        """Yield what each role has cost, or each subject (a user, an item, a pair) of each role."""
        subject = "subject" if by == "subject" else "''"
        tallies = ", ".join(f"sum(status = '{status}')" for status in ("answered", "refused", "failed", "open"))
        cost = _COST.replace("count(*)", "coalesce(sum(n), 0)")
        select = f"""
            SELECT role, {subject} AS subject, count(*), {tallies}, {cost} FROM calls LEFT JOIN (
                SELECT key, count(*) AS n, sum(tokens_in) AS tokens_in, sum(tokens_cached) AS tokens_cached,
                sum(tokens_out) AS tokens_out, sum(cost_usd) AS cost_usd, sum(seconds) AS seconds
                FROM attempts GROUP BY key) USING (key)
            GROUP BY 1, 2 ORDER BY 1, 2"""
        for role, about, n, answered, refused, failed, n_open, *usage in self._db.execute(select):
            yield LedgerRow(
                role=role,
                subject=about,
                n_calls=n,
                n_answered=answered,
                n_refused=refused,
                n_failed=failed,
                n_open=n_open,
                usage=_usage(usage),
            )

    @property
    def open_calls(self) -> list[str]:
        """Keys of calls that were sent and have neither reply nor failure: their run was killed."""
        return [key for (key,) in self._db.execute("SELECT key FROM calls WHERE status = 'open' ORDER BY key")]

    @property
    def n_lost(self) -> int:
        """How many attempts were sent and never ended here: what the server spent on them nobody knows."""
        found: tuple[int] = self._db.execute("SELECT count(*) FROM attempts WHERE ended IS NULL").fetchone()
        return found[0]

    def begin(self, call: Call, kind: AttemptKind) -> int:
        """Note that an attempt is about to be sent; return its number."""
        now = time.time()
        if kind == "first":
            self._open(call, now)
        insert = "INSERT INTO attempts (key, kind, started) VALUES (?, ?, ?)"
        number = self._write(insert, (call.key, kind, now)).lastrowid
        assert number is not None
        return number

    def end(self, number: int, *, http_status: int | None, usage: Usage, text: str, error: str = "") -> None:
        """Note what came of an attempt; `text` as it came, `error` where it was of no use."""
        self._write(
            "UPDATE attempts SET ended = ?, http_status = ?, tokens_in = ?, tokens_cached = ?, tokens_out = ?, "
            "cost_usd = ?, seconds = ?, text = ?, error = ? WHERE id = ?",
            (
                time.time(), http_status, usage.tokens_in, usage.tokens_cached, usage.tokens_out, usage.cost_usd,
                usage.seconds, _packed(text) if text else None, error[:500], number,
            ),
        )  # fmt: skip

    def unsent(self, number: int) -> None:
        """Take back an attempt that never reached the far end."""
        self._write("DELETE FROM attempts WHERE id = ?", (number,))

    def finish(self, call: Call, reply: Reply) -> None:
        """Note what came of a call."""
        if not reply.usage.n_attempts:
            self._open(call, time.time())  # it was answered elsewhere, as in a batch file
        self._write(
            "UPDATE calls SET status = ?, answer = ?, why = ?, ended = ?, "
            "n_attempts = (SELECT count(*) FROM attempts WHERE attempts.key = calls.key) WHERE key = ?",
            (reply.status, reply.text, reply.why[:500], time.time(), call.key),
        )

    def commit(self) -> None:
        """Make what was written since the last commit last."""
        try:
            self._db.commit()
        except sqlite3.OperationalError as error:
            raise self._unwritable(error) from error

    def forget(self, subjects: Iterable[str]) -> int:
        """Delete all calls about these subjects, with their attempts, from every page; return how many there were."""
        n = 0
        for subject in subjects:
            self._write("DELETE FROM attempts WHERE key IN (SELECT key FROM calls WHERE subject = ?)", (subject,))
            n += self._write("DELETE FROM calls WHERE subject = ?", (subject,)).rowcount
        self.commit()
        self._forget_pages()
        return n

    def _forget_pages(self) -> None:
        """Leave nothing in the write-ahead log of what was just deleted.

        Raises:
            DataError: others read it for so long that this cannot be done.
        """
        try:
            busy, *_ = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError as error:
            raise self._unwritable(error) from error
        if busy:
            raise self._unwritable(sqlite3.OperationalError("others read it"))

    def close(self) -> None:
        """Close this thread's connection; the next use opens another."""
        own = self._local
        if own.db is not None and own.pid == os.getpid():
            own.db.close()
        own.db = None

    def _open(self, call: Call, now: float) -> None:
        first, *others = call.messages
        fixed, schema = self._kept(first.content), self._kept(_schema_text(call.returns))
        sampling = json.dumps({"max_tokens": call.max_tokens, "temperature": call.temperature})
        turns = _packed(json.dumps([[turn.role, turn.content] for turn in others], ensure_ascii=False))
        self._write(
            "INSERT INTO calls (key, role, subject, model, prompt_id, prompt_version, prompt_hash, fixed, messages, "
            "schema_name, schema, sampling, status, asked) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?) "
            "ON CONFLICT (key) DO UPDATE SET status = 'open', why = '', ended = NULL",
            (
                call.key, call.role, call.subject, call.model, call.prompt_id, call.prompt_version, call.prompt_hash,
                fixed, turns, call.returns.__name__, schema, sampling, now,
            ),
        )  # fmt: skip

    def _kept(self, text: str) -> str:
        """Return the hash under which a text that many calls share is kept, once."""
        _, kept = self._db, self._local.kept
        digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()
        if digest not in kept:
            self._write("INSERT OR IGNORE INTO texts VALUES (?, ?)", (digest, _packed(text)))
            if len(kept) < _KEPT_AT_MOST:
                kept.add(digest)
        return digest

    def _write(self, statement: str, values: Sequence[object]) -> sqlite3.Cursor:
        try:
            return self._db.execute(statement, [_storable(value) for value in values])
        except sqlite3.OperationalError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: sqlite3.Error) -> DataError:
        return DataError(
            f"{self.path} cannot be written ({error}): make room on its disk, or end the other run that holds it, and "
            "run the same command again"
        )

    @property
    def _db(self) -> sqlite3.Connection:
        own = self._local
        if own.db is None or own.pid != os.getpid():  # a connection must not cross a fork
            own.db, own.pid, own.kept = self._connected(), os.getpid(), set()
        return own.db

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


@lru_cache(maxsize=64)
def _schema_text(returns: type[Answer]) -> str:
    return json.dumps(schema_of(returns), sort_keys=True)


def _usage(row: Sequence[float]) -> Usage:
    n, tokens_in, cached, out, cost, seconds = row
    return Usage(
        n_attempts=int(n),
        tokens_in=int(tokens_in),
        tokens_cached=int(cached),
        tokens_out=int(out),
        cost_usd=cost,
        seconds=seconds,
    )


def _storable(value: object) -> object:
    """Return a value as SQLite takes it: a text without halves of characters, which a model can say."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) and not value.isascii() else value


def _packed(text: str) -> bytes:
    return zlib.compress(text.encode("utf-8", "replace"), 3)


def _unpacked(packed: bytes) -> str:
    return zlib.decompress(packed).decode()
