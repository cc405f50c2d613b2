"""The service's state in one SQLite file: many readers, one writer at a time, nothing half-written after a kill."""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from ..errors import DataError
from .plain import text_of
from .rows import advance, counted, erasures_of, event_of, insert, next_number, session_of
from .state import Answer, Conflict, Gone, Json, SessionRow, Write
from .tables import TABLES, VERSION

_SESSION = ", ".join(field.name for field in fields(SessionRow))
_ANSWER = ", ".join(field.name for field in fields(Answer))
_BY_SESSION = "session_id IN (SELECT session_id FROM sessions WHERE {})"


class SqliteState:
    """See `state.State`. Each thread reads through a connection of its own; writes take turns on one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._own = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._writing = threading.Lock()
        try:
            self._db = self._connect()
            self._prepare()
        except sqlite3.DatabaseError as error:
            raise DataError(
                f"{path} cannot be used as the state of the service ({error}): move it away to begin a new one"
            ) from error

    # Reading

    def session(self, session_id: str) -> SessionRow | None:
        """Return a session, ended ones too; None where there is none."""
        row = self._one(f"SELECT {_SESSION} FROM sessions WHERE session_id = ?", session_id)
        return session_of(row) if row else None

    def rounds(self, session_id: str, *, before: int | None = None, most: int | None = None) -> list[Json]:
        """Return the rounds of a session, oldest first; with `most` the newest, with `before` of those before one."""
        rows = self._read(
            "SELECT body FROM rounds WHERE session_id = ? AND place <= ? ORDER BY place DESC LIMIT ?",
            session_id,
            sys.maxsize if before is None else before,  # the first round has place 1
            -1 if most is None else most,
        )
        return [json.loads(body) for (body,) in reversed(rows)]

    def memory(self, user_id: str) -> Json | None:
        """Return the standing memory of a person."""
        row = self._one("SELECT body FROM memories WHERE user_id = ?", user_id)
        return json.loads(row[0]) if row else None

    def erasures(self, user_id: str) -> int:
        """Return a number that grows with every erasure of this person; it may grow with another's, too."""
        return counted(self._reader, erasures_of(user_id))

    def answer(self, owner: str, key: str) -> Answer | None:
        """Return what was answered under an Idempotency-Key."""
        row = self._one(f"SELECT {_ANSWER} FROM answers WHERE owner = ? AND key = ?", owner, key)
        return Answer(**dict(row)) if row else None

    def events(self, after: int, limit: int) -> list[Json]:
        """Return feedback events with a number above `after`, oldest first; numbers are never used again."""
        rows = self._read(
            "SELECT number, session_id, user_id, at, body FROM events WHERE number > ? ORDER BY number LIMIT ?",
            after,
            limit,
        )
        return [event_of(row) for row in rows]

    def of_person(self, user_id: str) -> Json:
        """Return everything that is kept about a person."""
        rows = self._read(f"SELECT {_SESSION} FROM sessions WHERE user_id = ? ORDER BY opened, session_id", user_id)
        events = self._read(
            "SELECT number, session_id, user_id, at, body FROM events WHERE user_id = ? ORDER BY number", user_id
        )
        return {
            "sessions": [{**asdict(session_of(row)), "rounds": self.rounds(row["session_id"])} for row in rows],
            "standing_memory": self.memory(user_id),
            "feedback": [event_of(row) for row in events],
            "answers_kept": self._one("SELECT count(*) FROM answers WHERE user_id = ?", user_id)[0],
        }

    def gone(self) -> list[Gone]:
        """Return who was erased here and not yet from the workspace."""
        return [
            Gone(**dict(row)) for row in self._read("SELECT user_id, at, tries, why FROM gone ORDER BY at, user_id")
        ]

    def is_gone(self, user_id: str) -> Gone | None:
        """Return the note on one of them."""
        row = self._one("SELECT user_id, at, tries, why FROM gone WHERE user_id = ?", user_id)
        return Gone(**dict(row)) if row else None

    def counts(self) -> Mapping[str, int]:
        """Return how many there are: open sessions, people owed an erasure."""
        row = self._one(
            "SELECT (SELECT count(*) FROM sessions WHERE ended IS NULL) AS sessions, "
            "(SELECT count(*) FROM gone) AS owed"
        )
        return dict(row)

    # Writing

    def write(self, write: Write) -> None:
        """Make one request's changes, all or none.

        Raises:
            Conflict: the session has changed since, is gone or has ended, the answer's key is taken, or the user was
                erased.
        """
        row = write.session
        with self._transaction() as db:
            if write.erasures is not None and write.erasures != counted(db, erasures_of(row.user_id or "")):
                raise Conflict("the user was erased meanwhile")
            if row.version == 1:
                insert(db, "sessions", {**asdict(row), "person": text_of(row.person)})
            else:
                advance(db, row)
            if write.round is not None:
                insert(db, "rounds", {"session_id": row.session_id, "place": row.version, "body": text_of(write.round)})
            if write.standing is not None and row.user_id is not None:
                self._keep_standing(db, write)
            if write.event is not None:
                event = {"session_id": row.session_id, "user_id": row.user_id, "at": row.used}
                insert(db, "events", {"number": next_number(db, "events"), **event, "body": text_of(write.event)})
            if write.answer is not None:
                insert(db, "answers", asdict(write.answer))

    def _keep_standing(self, db: sqlite3.Connection, write: Write) -> None:
        user_id = write.session.user_id
        assert write.standing is not None
        held = db.execute("SELECT body FROM memories WHERE user_id = ?", (user_id,)).fetchone()
        before = json.loads(held["body"]) if held else None
        after = write.standing(before)
        if after == before:
            return
        db.execute("DELETE FROM memories WHERE user_id = ?", (user_id,))
        if after is not None:
            insert(db, "memories", {"user_id": user_id, "changed": write.session.used, "body": text_of(after)})

    def erase(self, user_id: str, *, at: float, owed: bool) -> dict[str, int]:
        """Delete everything about a person and return how many rows of what; `owed`: a workspace has more of them."""
        theirs = _BY_SESSION.format("user_id = ?")
        with self._transaction() as db:
            found = {
                "rounds": db.execute(f"DELETE FROM rounds WHERE {theirs}", (user_id,)).rowcount,
                "answers": db.execute(
                    f"DELETE FROM answers WHERE user_id = ? OR {theirs}",
                    (user_id, user_id),
                ).rowcount,
                "feedback": db.execute("DELETE FROM events WHERE user_id = ?", (user_id,)).rowcount,
                "sessions": db.execute("DELETE FROM sessions WHERE user_id = ?", (user_id,)).rowcount,
                "standing_memories": db.execute("DELETE FROM memories WHERE user_id = ?", (user_id,)).rowcount,
            }
            next_number(db, erasures_of(user_id))
            if owed:
                db.execute("DELETE FROM gone WHERE user_id = ?", (user_id,))
                insert(db, "gone", {"user_id": user_id, "at": at, "tries": 0, "why": ""})
        self._forget_pages()
        return found

    def settle(self, user_ids: Sequence[str], why: str = "") -> None:
        """Forget the notes on these people, the workspace having none of them; or keep them, and why it still has."""
        with self._transaction() as db:
            for user_id in user_ids:
                if why:
                    db.execute("UPDATE gone SET tries = tries + 1, why = ? WHERE user_id = ?", (why[:500], user_id))
                else:
                    db.execute("DELETE FROM gone WHERE user_id = ?", (user_id,))
        if not why:
            self._forget_pages()

    def tidy(self, *, now: float, idle_s: float, keep_s: float, answers_s: float) -> Mapping[str, int]:
        """End idle sessions, delete what was kept long enough, and return how many of each."""
        with self._transaction() as db:
            old = (now - keep_s,)
            aged = _BY_SESSION.format("ended < ?")
            ended = db.execute(
                "UPDATE sessions SET ended = used WHERE ended IS NULL AND used < ?", (now - idle_s,)
            ).rowcount
            answers = db.execute("DELETE FROM answers WHERE at < ?", (now - answers_s,)).rowcount
            db.execute(f"DELETE FROM rounds WHERE {aged}", old)
            deleted = db.execute("DELETE FROM sessions WHERE ended < ?", old).rowcount
        return {"ended": ended, "deleted": deleted, "answers": answers}

    def check(self) -> None:
        """Raise an error of the database where it cannot be written."""
        with self._transaction():
            pass

    def close(self) -> None:
        """Close it; nothing may be asked of it afterwards."""
        with self._writing:
            for db in self._all:
                db.close()

    # Connections

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._writing:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException as error:
                self._db.execute("ROLLBACK") if self._db.in_transaction else None
                if isinstance(error, sqlite3.IntegrityError):
                    raise Conflict(str(error)) from error
                raise

    def _forget_pages(self) -> None:
        """Leave nothing in the write-ahead log of what was just deleted; readers may make that wait for the next."""
        with self._writing:
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def _one(self, sql: str, *values: object) -> Any:
        return next(iter(self._read(sql, *values)), None)

    def _read(self, sql: str, *values: object) -> list[sqlite3.Row]:
        return list(self._reader.execute(sql, values))

    @property
    def _reader(self) -> sqlite3.Connection:
        db: sqlite3.Connection | None = getattr(self._own, "db", None)
        if db is None:
            db = self._own.db = self._connect()
        return db

    def _connect(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(self.path, timeout=30.0, isolation_level=None, check_same_thread=False)
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA busy_timeout = 30000")
        db.execute("PRAGMA synchronous = FULL")  # what was answered is on the disk
        db.execute("PRAGMA secure_delete = ON")  # what was erased is overwritten
        self._all.append(db)
        return db

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("BEGIN IMMEDIATE")
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            for statement in TABLES.split(";"):
                self._db.execute(statement)
            self._db.execute(f"PRAGMA user_version = {VERSION}")
        self._db.execute("COMMIT")
        if version not in (0, VERSION):
            raise DataError(
                f"{self.path} was written by another version of intentfeed (its tables have version {version}, ours "
                f"{VERSION}): move it away to begin a new one"
            )
