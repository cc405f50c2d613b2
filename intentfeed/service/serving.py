"""What is served at the moment: one committed state of the workspace, ready in memory, swapped whole for the next."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from ..data.history import histories
from ..data.records import interests_by_user, tags_by_user
from ..errors import DataError
from ..feed.interactive import InteractiveFeed
from ..inputs import until
from ..jobs import kept
from ..judge.verdicts import read_verdicts
from ..llm.online import Doors
from ..types import Claim, History
from ..workspace import Workspace
from .plain import Known

Got = TypeVar("Got")
PERSONAL = ("events", "digests", "interests", "tags", "slates")
"""Tables of a workspace that have rows of one person."""


class Frozen(Workspace):
    """A workspace that stays at the state in which it was loaded, whatever is committed later."""

    def __init__(self, root: Path, *, doors: Doors | None = None) -> None:
        self._loaded = False
        super().__init__(root, doors=doors)
        self._loaded = True

    def refresh(self) -> None:
        """Load the first time, and never again."""
        if not self._loaded:
            super().refresh()

    def happened(self, user_id: str, event_ids: set[int]) -> dict[int, dict[str, Any]]:
        """Return the events of a person by id, with the titles of their items."""
        return self._evidence(user_id, event_ids)


@dataclass(frozen=True)
class Snapshot:
    """One state of the workspace with its feed; shared by all threads, changed by none."""

    ws: Frozen
    feed: InteractiveFeed

    @classmethod
    def load(cls, root: Path, doors: Doors | None = None) -> Snapshot:
        """Return the state that is committed now, with all that a request needs read.

        Raises:
            DataError: no completed run is there, or one of another version.
        """
        ws = Frozen(root, doors=doors)
        feed = ws.interactive
        _ = ws.models.catalog.row_of, ws.people  # read now, not in a request
        return cls(ws, feed)

    @property
    def language(self) -> str:
        """Return the language of the catalogue, which pages speak."""
        return self.ws.models.catalog.language

    def known(self, user_id: str) -> Known | None:
        """Return what is known of a person as of the workspace's day; None of somebody who is not in it."""
        return _twice(self._known, user_id)

    def _known(self, user_id: str) -> Known | None:
        ws = self.ws
        events = until(ws.store.scan("events", user_id), ws.context.as_of).collect()
        if events.is_empty():
            return None
        history = next(histories(events, ws.models.catalog, ws.people))
        interests = interests_by_user(ws.store.scan("interests", user_id).collect()).get(user_id, [])
        tags = tags_by_user(ws.store.scan("tags", user_id).collect()).get(user_id, [])
        return Known(history=history, interests=tuple(kept(interests)), tags=tuple(tags))

    def history(self, item_ids: Sequence[str], user_id: str) -> History:
        """Return the history of somebody of whom only some items are known, oldest first; none is a beginning, too.

        Raises:
            DataError: there are items, and the catalogue holds none of them.
        """
        row_of = self.ws.models.catalog.row_of
        rows = [row_of[item_id] for item_id in item_ids if item_id in row_of]
        if item_ids and not rows:
            raise DataError("none of the items of this history is in the catalogue: send item ids of the catalogue")
        return History.of_items(rows, user_id=user_id)

    def evidence(self, user_id: str | None, event_ids: set[int]) -> dict[int, dict[str, Any]]:
        """Return what happened in events of a person, by id; those of anybody else are not found."""
        cited = {event_id for event_id in event_ids if event_id >= 0}
        return _twice(self.ws.happened, user_id, cited) if user_id is not None and cited else {}

    def everything(self, user_id: str) -> dict[str, Any] | None:
        """Return all rows that the workspace has of a person; None where it has none."""
        return _twice(self._everything, user_id)

    def _everything(self, user_id: str) -> dict[str, Any] | None:
        store = self.ws.store
        tables = {table: store.scan(table, user_id).collect().to_dicts() for table in PERSONAL}
        verdicts = read_verdicts(store).filter(pl.col("user_id") == user_id).to_dicts()
        if not any(tables.values()) and not verdicts:
            return None
        return {"attributes": self.ws.people.get(user_id, "{}"), **tables, "verdicts": verdicts}

    def holds(self, user_id: str) -> bool:
        """Return whether the workspace has anything of a person, on the disk now."""
        return _twice(self._everything, user_id) is not None


class Serving:
    """Holds the snapshot that new requests get; those in flight keep theirs."""

    def __init__(self, root: Path, today: date | None = None) -> None:
        self.root = root
        self.today = today
        self._loading = threading.Lock()
        self._stamp = _stamp(root)
        self._doors = Doors()
        self.now = Snapshot.load(root, self._doors)

    def refresh(self) -> bool:
        """Take up what a run or an update has committed since; return whether there was anything."""
        with self._loading:
            stamp = _stamp(self.root)
            if stamp == self._stamp or stamp is None:
                return False
            self.now, self._stamp = Snapshot.load(self.root, self._doors), stamp
            return True

    def close(self) -> None:
        """Let go of the model that reads commands, if there is one."""
        self._doors.close()


def _stamp(root: Path) -> tuple[int, int] | None:
    path = root / "manifest.json"
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns


def claims_events(claims: Sequence[Claim]) -> set[int]:
    """Return the events that claims cite."""
    return {event_id for claim in claims for event_id in claim.event_ids}


def _twice(look: Callable[..., Got], *given: Any) -> Got:
    """Look, and look again where an update has just swept the files of an older state."""
    try:
        return look(*given)
    except (pl.exceptions.ComputeError, FileNotFoundError):
        return look(*given)
