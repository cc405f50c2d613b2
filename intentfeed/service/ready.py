"""The sessions that were used last, ready in memory beside the state that keeps them all."""

from __future__ import annotations

import threading
from collections import OrderedDict

from ..feed.rounds import Session
from .serving import Snapshot
from .state import SessionRow


class Ready:
    """The sessions that were used last, as records, beside the state that keeps them all."""

    def __init__(self, most: int) -> None:
        self._most = most
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
        """Keep it, letting go of the one that waited longest."""
        with self._turn:
            if self._now is not None and snapshot is not self._now:
                return  # made while another state of the workspace was taken up
            self._held[row.session_id] = (row.version, snapshot, session)
            self._held.move_to_end(row.session_id)
            while len(self._held) > self._most:
                self._held.popitem(last=False)

    def only(self, snapshot: Snapshot) -> None:
        """Let go of every other state of the workspace, which each session made of it would keep in memory whole."""
        with self._turn:
            self._now = snapshot
            for session_id in [name for name, held in self._held.items() if held[1] is not snapshot]:
                del self._held[session_id]

    def forget(self, user_id: str) -> None:
        """Let go of the sessions of a person."""
        with self._turn:
            for session_id in [name for name, held in self._held.items() if held[2].user_id == user_id]:
                del self._held[session_id]
