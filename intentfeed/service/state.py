"""What the service remembers, and the few questions that it asks of whoever keeps it: SQLite today.

Rows are plain JSON. One `Write` is one transaction: a session's new state, its round, the standing memory, a feedback
event and the answer that the caller is given are there together or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """One session as it stands."""

    session_id: str
    owner: str
    """Name of the key that opened it; nobody else finds it."""
    user_id: str | None
    """Whose it is, for export and erasure; None for somebody without an id."""
    opened: float
    """Epoch seconds, as all times here."""
    used: float
    ended: float | None = None
    version: int = 1
    """Grows by one with every write; a write that did not see the last one is refused."""
    round: int
    """Number of the last one."""
    person: Json
    """What was known when it was opened: history, interests, tags. All else is in the rounds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a caller was told under an Idempotency-Key, and for which request."""

    owner: str
    key: str
    asked: str
    """Fingerprint of the request: another one under the same key is a mistake of the caller."""
    session_id: str
    user_id: str | None
    status: int
    body: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """What one request changes."""

    session: SessionRow
    """With its new version: 1 is a new session, any other must follow on the one that is kept."""
    round: Json | None = None
    """To be added to the session's rounds."""
    event: Json | None = None
    """A feedback event: item_id, action."""
    standing: Callable[[Json | None], Json | None] | None = None
    """Makes of the standing memory of the session's user what it is from now on; None where nothing is left of it."""
    answer: Answer | None = None
    erasures: int | None = None
    """What `State.erasures` said of the session's user before anything of theirs was read: not where they were erased
    meanwhile. None where the write is made of nothing that an erasure would leave behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """Somebody who was erased, while the workspace still holds rows of theirs."""

    user_id: str
    at: float
    tries: int
    why: str
    """What kept the last try from succeeding; '' before there was one."""


class Conflict(Exception):  # noqa: N818
    """Somebody else has written first: look again, and decide anew."""


class State(Protocol):
    """Keeps sessions, rounds, standing memories, feedback events and answers. Any thread may call it."""

    def session(self, session_id: str) -> SessionRow | None:
        """Return a session, ended ones too; None where there is none."""
        ...

    def rounds(self, session_id: str, *, before: int | None = None, most: int | None = None) -> list[Json]:
        """Return the rounds of a session, oldest first; with `most` the newest, with `before` of those before one."""
        ...

    def memory(self, user_id: str) -> Json | None:
        """Return the standing memory of a person."""
        ...

    def erasures(self, user_id: str) -> int:
        """Return a number that grows with every erasure of this person; it may grow with another's, too."""
        ...

    def answer(self, owner: str, key: str) -> Answer | None:
        """Return what was answered under an Idempotency-Key."""
        ...

    def write(self, write: Write) -> None:
        """Make one request's changes, all or none.

        Raises:
            Conflict: the session has changed since, is gone or has ended, the answer's key is taken, or the user was
                erased.
        """
        ...

    def events(self, after: int, limit: int) -> list[Json]:
        """Return feedback events with a number above `after`, oldest first; numbers are never used again."""
        ...

    def of_person(self, user_id: str) -> Json:
        """Return everything that is kept about a person."""
        ...

    def erase(self, user_id: str, *, at: float, owed: bool) -> dict[str, int]:
        """Delete everything about a person and return how many rows of what; `owed`: a workspace has more of them."""
        ...

    def gone(self) -> list[Gone]:
        """Return who was erased here and not yet from the workspace."""
        ...

    def is_gone(self, user_id: str) -> Gone | None:
        """Return the note on one of them."""
        ...

    def settle(self, user_ids: Sequence[str], why: str = "") -> None:
        """Forget the notes on these people, the workspace having none of them; or keep them, and why it still has."""
        ...

    def tidy(self, *, now: float, idle_s: float, keep_s: float, answers_s: float) -> Mapping[str, int]:
        """End idle sessions, delete what was kept long enough, and return how many of each."""
        ...

    def counts(self) -> Mapping[str, int]:
        """Return how many there are: open sessions, people owed an erasure."""
        ...

    def check(self) -> None:
        """Raise an error of the database where it cannot be written."""
        ...

    def close(self) -> None:
        """Close it; nothing may be asked of it afterwards."""
        ...
