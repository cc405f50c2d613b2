"""The table definitions of the service's state, in words that SQLite and PostgreSQL both understand."""

from __future__ import annotations

VERSION = 1

TABLES = """
CREATE TABLE sessions (
    session_id TEXT PRIMARY KEY, owner TEXT NOT NULL, user_id TEXT, opened DOUBLE PRECISION NOT NULL,
    used DOUBLE PRECISION NOT NULL, ended DOUBLE PRECISION, version BIGINT NOT NULL,
    round BIGINT NOT NULL, person TEXT NOT NULL
);
CREATE INDEX sessions_of ON sessions (user_id);
CREATE INDEX sessions_used ON sessions (used);

CREATE TABLE rounds (
    session_id TEXT NOT NULL, place BIGINT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (session_id, place)
);

CREATE TABLE memories (user_id TEXT PRIMARY KEY, changed DOUBLE PRECISION NOT NULL, body TEXT NOT NULL);

CREATE TABLE events (
    number BIGINT PRIMARY KEY, session_id TEXT NOT NULL, user_id TEXT, at DOUBLE PRECISION NOT NULL, body TEXT NOT NULL
);
CREATE INDEX events_of ON events (user_id);
CREATE INDEX events_in ON events (session_id);

CREATE TABLE answers (
    owner TEXT NOT NULL, key TEXT NOT NULL, asked TEXT NOT NULL, session_id TEXT NOT NULL, user_id TEXT,
    status INTEGER NOT NULL, body TEXT NOT NULL, at DOUBLE PRECISION NOT NULL, PRIMARY KEY (owner, key)
);
CREATE INDEX answers_of ON answers (user_id);
CREATE INDEX answers_in ON answers (session_id);
CREATE INDEX answers_at ON answers (at);

CREATE TABLE gone (
    user_id TEXT PRIMARY KEY, at DOUBLE PRECISION NOT NULL, tries INTEGER NOT NULL, why TEXT NOT NULL
);

CREATE TABLE counters (name TEXT PRIMARY KEY, value BIGINT NOT NULL);
"""
"""JSON is kept as text, numbers are given by `counters` and never used again, times are epoch seconds."""
