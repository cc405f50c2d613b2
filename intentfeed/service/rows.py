"""Records to rows and back, and the few statements that every write is made of."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Mapping

from .state import Conflict, Json, SessionRow

BUCKETS = 256
"""Counters of erasures: an erasure makes whoever opens a feed in the same one look again."""


def advance(db: sqlite3.Connection, row: SessionRow) -> None:
    """Write a session's new state.

    Raises:
        Conflict: what is kept is not the state before it, or has ended.
    """
    new = {"used": row.used, "ended": row.ended, "version": row.version, "round": row.round}
    done = db.execute(
        f"UPDATE sessions SET {', '.join(f'{name} = ?' for name in new)} "
        "WHERE session_id = ? AND version = ? AND ended IS NULL",
        (*new.values(), row.session_id, row.version - 1),
    )
    if not done.rowcount:
        raise Conflict(f"session {row.session_id} is no longer at version {row.version - 1}")


def insert(db: sqlite3.Connection, table: str, row: Mapping[str, object]) -> None:
    """Add a row; table and columns are ours, only values come from outside."""
    marks = ", ".join("?" * len(row))
    db.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))


def next_number(db: sqlite3.Connection, name: str) -> int:
    """Return a number that was never given before."""
    db.execute("INSERT INTO counters (name, value) VALUES (?, 0) ON CONFLICT (name) DO NOTHING", (name,))
    db.execute("UPDATE counters SET value = value + 1 WHERE name = ?", (name,))
    return counted(db, name)


def counted(db: sqlite3.Connection, name: str) -> int:
    """Return the last number that was given."""
    row = db.execute("SELECT value FROM counters WHERE name = ?", (name,)).fetchone()
    return int(row[0]) if row else 0


def erasures_of(user_id: str) -> str:
    """Return the name of the counter of a person's erasures: shared by many, so that it tells of nobody."""
    return f"erasures {zlib.crc32(user_id.encode('utf-8', 'replace')) % BUCKETS}"


def session_of(row: sqlite3.Row) -> SessionRow:
    """Return the session of a row."""
    held = dict(row)
    return SessionRow(**{**held, "person": json.loads(held["person"])})


def event_of(row: sqlite3.Row) -> Json:
    """Return the feedback event of a row."""
    held = dict(row)
    body = json.loads(held.pop("body"))
    return {**held, **body}
