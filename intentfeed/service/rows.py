"""Records to rows and back, and the few statements that every write is made of."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping

from .state import Conflict, Json, SessionRow


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
    return int(db.execute("SELECT value FROM counters WHERE name = ?", (name,)).fetchone()[0])


def session_of(row: sqlite3.Row) -> SessionRow:
    """Return the session of a row."""
    held = dict(row)
    return SessionRow(**{**held, "person": json.loads(held["person"])})


def event_of(row: sqlite3.Row) -> Json:
    """Return the feedback event of a row."""
    held = dict(row)
    body = json.loads(held.pop("body"))
    return {**held, **body}
