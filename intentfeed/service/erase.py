"""Everything about one person: handed out, or erased, from the service at once and from the workspace as soon as it is
free."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..llm.log import CallLog
from ..roles import log_of
from .plain import plain_object
from .serving import Serving
from .sessions import Sessions
from .state import Json, State

UPDATE_S = 3_600
"""How long one erasure from the workspace may take."""


class Erasing:
    """Exports and erases people. A person who is erased is unknown from that moment on, whatever is still on disk."""

    def __init__(self, state: State, serving: Serving, sessions: Sessions) -> None:
        self._state, self._serving, self._sessions = state, serving, sessions
        self._settling = threading.Lock()
        self._running: subprocess.Popen[str] | None = None
        self._closed = False

    def export(self, user_id: str) -> Json:
        """Return everything that the service and the workspace hold about a person, as plain values."""
        gone = self._state.is_gone(user_id)
        held = self._state.of_person(user_id)
        about = [user_id, *(session["session_id"] for session in held["sessions"])]
        return plain_object(
            {
                "user_id": user_id,
                "service": held,
                "workspace": None if gone else self._serving.now.everything(user_id),
                "language_model_calls": [] if gone else calls_about(self._serving.root, about),
            }
        )

    def erase(self, user_id: str) -> Json:
        """Erase a person from sessions, memory, feedback events, answers and the calls to a language model.

        Where the workspace has rows of theirs they are gone for every request from now on, and leave the disk with the
        next `settle`.
        """
        owed = self._serving.now.holds(user_id)
        sessions = [session["session_id"] for session in self._state.of_person(user_id)["sessions"]]
        n_calls = forget_calls(self._serving.root, [user_id, *sessions])
        counts = self._state.erase(user_id, at=time.time(), owed=owed)
        self._sessions.forget(user_id)
        counts["language_model_calls"] = n_calls + forget_calls(self._serving.root, [user_id, *sessions])
        return {"user_id": user_id, "erased": counts, "workspace": "pending" if owed else "nothing"}

    def stands(self, user_id: str) -> Json:
        """Return where a person's erasure stands."""
        note = self._state.is_gone(user_id)
        return {
            "user_id": user_id,
            "workspace": "pending" if note else "nothing",
            "since": note.at if note else None,
            "tries": note.tries if note else 0,
            "why": note.why if note else "",
        }

    def settle(self) -> int:
        """Erase from the workspace whom it still owes an erasure; return how many it was.

        It is done as `intentfeed update --delete` does it, in a process of its own; where another process writes to
        the workspace it is tried again at the next call.
        """
        with self._settling:
            owed = [note.user_id for note in self._state.gone()]
            still = [user_id for user_id in owed if self._serving.now.holds(user_id)]
            self._state.settle([user_id for user_id in owed if user_id not in still])
            if not still or self._closed:
                return 0
            why = self._update(still)
            if not why:
                self._sessions.refresh()  # or they would be known again until the next look at the workspace
            self._state.settle(still, why)
            return 0 if why else len(still)

    def close(self) -> None:
        """Stop what is under way: an update that is killed leaves the workspace as it was, and is done later."""
        self._closed = True
        running = self._running
        if running is not None and running.poll() is None:
            running.kill()

    def _update(self, user_ids: Sequence[str]) -> str:
        """Return '' once these people have left the workspace, or what kept them there."""
        command = [sys.executable, "-m", "intentfeed.service.leaving"]
        told = json.dumps({"workspace": str(self._serving.root), "delete": list(user_ids)})
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        self._running = subprocess.Popen(command, text=True, **pipes)
        try:
            _, said = self._running.communicate(told, timeout=UPDATE_S)
        except subprocess.TimeoutExpired:
            self._running.kill()
            self._running.communicate()
            return f"it took longer than {UPDATE_S} s"
        done = self._running.returncode
        return "" if done == 0 else (said.strip().splitlines() or [f"it ended with {done}"])[-1]


def calls_about(root: Path, subjects: Sequence[str]) -> list[Json]:
    """Return what was asked of a language model about these subjects, and what it answered."""
    path = log_of(root)
    if not path.exists():
        return []
    log, found = CallLog(path), []
    try:
        for key in log.keys_of(subjects):
            reply, messages = log.reply(key), log.messages(key)
            asked = [message.content for message in messages[1:]]  # the first is the same for everybody
            found.append({"asked": asked, "answer": reply.text if reply else None})
    finally:
        log.close()
    return found


def forget_calls(root: Path, subjects: Sequence[str]) -> int:
    """Delete the calls about these subjects and return how many there were.

    Raises:
        DataError: the log cannot be written.
    """
    path = log_of(root)
    if not path.exists():
        return 0
    log = CallLog(path)
    try:
        return log.forget(subjects)
    finally:
        log.close()
