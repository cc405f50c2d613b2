"""The sessions that were used last, ready in memory beside the state that keeps them all."""

from __future__ import annotations

import threading
from collections import OrderedDict

from ..feed.rounds import Session
from .serving import Snapshot
from .state import SessionRow


class Ready:
    """The sessions that were used last, as records, beside the state that keeps them all."""

    def __init__(self, most: int, most_items: int) -> None:
        self._most, self._most_items = most, most_items
        self._n_items = 0
        self._held: OrderedDict[str, tuple[int, Snapshot, Session]] = OrderedDict()
        self._turn = threading.Lock()
        self._now: Snapshot | None = None

    def find(self, row: SessionRow, snapshot: Snapshot) -> Session | None:
        """Return the session where it is at hand in that very version, of that very state of the workspace."""
        with self._turn:
            held = self._held.get(row.session_id)
            if held is None or held[0] != row.version or held[1] is not snapshot:
                return None
            self._held.move_to_end(row.session_id)
            return held[2]

    def keep(self, row: SessionRow, session: Session, snapshot: Snapshot) -> None:
        """Keep it, letting go of those that waited longest."""
        with self._turn:
            if self._now is not None and snapshot is not self._now:
                return  # made while another state of the workspace was taken up
            self._drop(row.session_id)
            self._held[row.session_id] = (row.version, snapshot, session)
            self._n_items += _n_items(session)
            while len(self._held) > self._most or self._n_items > self._most_items:
                self._drop(next(iter(self._held)))

    def only(self, snapshot: Snapshot) -> None:
        """Let go of every other state of the workspace, which each session made of it would keep in memory whole."""
        with self._turn:
            self._now = snapshot
            for session_id in [name for name, held in self._held.items() if held[1] is not snapshot]:
                self._drop(session_id)

    def forget(self, user_id: str) -> None:
        """Let go of the sessions of a person."""
        with self._turn:
            for session_id in [name for name, held in self._held.items() if held[2].user_id == user_id]:
                self._drop(session_id)

    def _drop(self, session_id: str) -> None:
        held = self._held.pop(session_id, None)
        if held is not None:
            self._n_items -= _n_items(held[2])


def _n_items(session: Session) -> int:
    """Return how many items the rounds hold, which is what a session takes in memory."""
    return sum(len(one.slate.items) for one in session.rounds)
