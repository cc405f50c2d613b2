"""What happens to sessions, on one page: find it, take one step in the feed, keep all that it changed, answer."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sized
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TypeVar

from ..commands.records import Memory
from ..feed.interactive import Heard, InteractiveFeed
from ..feed.kept import read_memory, read_rounds
from ..feed.rounds import NOTHING_SAID, Session
from . import view
from .config import ServiceConfig
from .keys import Key
from .metrics import Meters
from .models import Opening
from .plain import Known, person_of, plain_object, read_person, text_of
from .ready import Ready
from .refusal import Refusal, no_session, not_yours, refusing
from .serving import Serving, Snapshot
from .standing import merged
from .state import Answer, Json, SessionRow, State, Write
from .view import feed_of

Got = TypeVar("Got")
Step = Callable[[InteractiveFeed, Session, date], Session]
MOST_ROUNDS = 1_000
"""Rounds of a session; whoever goes on longer opens another, which knows what stands."""
MOST_SHOWN = 20_000
"""Items that a session may have shown, over all its rounds: each is kept with its scores, and read with the session."""
ROUNDS_TOLD = 20
"""Rounds of one page of the engineer's record."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Who asks for what, and under which key, if any: it is done once."""

    caller: Key
    what: str
    """Fingerprint of the request."""
    idempotency_key: str | None = None
    round: int | None = None
    """The round that the person was looking at, where they said so."""


class Sessions:
    """Opens, finds and changes sessions. Any thread may call it; the order within a session is the desk's business."""

    def __init__(self, state: State, serving: Serving, meters: Meters, config: ServiceConfig) -> None:
        self._state, self._serving, self._meters, self._config = state, serving, meters, config
        self._ready = Ready(config.sessions_in_memory, config.items_in_memory)

    def open(self, asked: Asked, opening: Opening) -> Answer:
        """Return the first feed of a new session, for a person of the workspace, a new one, or nobody in particular.

        Raises:
            Refusal: the key speaks for somebody else, or the history is unusable.
        """
        self._check_length(opening.history or (), self._config.history_items, where="body.history", of="items")
        caller = asked.caller
        user_id = opening.user_id if caller.is_server else caller.user_id
        if opening.user_id not in (None, user_id):
            raise not_yours()
        session_id, at = secrets.token_urlsafe(24), time.time()
        erasures = self._state.erasures(user_id) if user_id is not None else None  # before all that is read of them
        erased = user_id is not None and self._state.is_gone(user_id) is not None
        snapshot = self._serving.now  # after that look: whoever has left the workspace by then is not in it
        found = snapshot.known(user_id) if user_id is not None and opening.history is None and not erased else None
        held = self._state.memory(user_id) if user_id is not None else None
        with refusing("body.history", 422):
            known = found or Known(history=snapshot.history(opening.history or (), user_id or ""))
            session = snapshot.feed.open(
                session_id=session_id,
                user_id=user_id,
                history=known.history,
                interests=known.interests,
                tags=known.tags,
                standing=read_memory(held) if held else NOTHING_SAID,
                today=self.today,
                k=opening.k,
            )
        row = SessionRow(
            session_id=session_id,
            owner=caller.name,
            user_id=user_id,
            opened=at,
            used=at,
            round=session.round,
            person=person_of(known, snapshot.ws.models.catalog),
        )
        return self._keep(asked, row, session, snapshot, status=201, erasures=erasures)

    def command(self, asked: Asked, session_id: str, text: str, *, heard: Heard | None = None) -> Answer:
        """Return the feed after something was said.

        Raises:
            Refusal: as of `change`, or the text is longer than a command may be.
        """
        self._check_length(text, self._config.text_characters, where="body.text", of="characters")
        return self.change(
            asked, session_id, lambda feed, session, today: feed.command(session, text, today=today, heard=heard)
        )

    def change(
        self, asked: Asked, session_id: str, step: Step, *, refused: int = 422, event: Json | None = None
    ) -> Answer:
        """Return the feed after one step of a session; `refused` is the status where the feed will not take it.

        Raises:
            Refusal: the session is not the caller's, has ended or moved on, or the step cannot be taken.
        """
        row = self.mine(asked.caller, session_id)
        self._check_open(row, asked.round)
        snapshot = self._serving.now
        before = self._session(row, snapshot)
        if sum(len(one.slate.items) for one in before.rounds) >= MOST_SHOWN:
            raise _too_long(f"has shown {MOST_SHOWN:,} items")
        with refusing("body", refused):
            after = step(snapshot.feed, before, self.today)
        self._check_room(before, after)
        new = replace(row, version=row.version + 1, used=time.time(), round=after.round)
        return self._keep(asked, new, after, snapshot, before=before, event=event)

    def feed(self, caller: Key, session_id: str) -> Json:
        """Return the feed as it stands."""
        return self.seen(caller, session_id, feed_of)

    def preferences(self, caller: Key, session_id: str) -> Json:
        """Return what holds and what held."""
        return self.seen(caller, session_id, lambda _row, session, _snapshot: view.preferences_of(session.memory))

    def interests(self, caller: Key, session_id: str) -> Json:
        """Return the interests with their evidence."""
        return self.seen(caller, session_id, lambda _row, session, snapshot: view.interests_of(session, snapshot))

    def reason(self, caller: Key, session_id: str, item_id: str) -> Json:
        """Return why an item is on the screen.

        Raises:
            Refusal: it is not there.
        """
        found = self.seen(
            caller, session_id, lambda _row, session, snapshot: view.reason_of(session, item_id, snapshot)
        )
        if found is None:
            raise Refusal(404, "this item is not on the feed", where="item_id", mend="name one that the feed shows now")
        return found

    def rounds(self, caller: Key, session_id: str, before: int | None = None, most: int = ROUNDS_TOLD) -> Json:
        """Return the engineer's record: what was understood, planned, scored and changed in each round.

        It is told from its end: the newest rounds, or the newest of those before one.
        """
        row = self.mine(caller, session_id)
        rounds = self._state.rounds(session_id, before=before, most=most)
        first = rounds[0]["round"] if rounds else 0
        return {
            "session_id": row.session_id,
            "user_id": row.user_id,
            "opened": row.opened,
            "used": row.used,
            "ended": row.ended,
            "n_rounds": row.round + 1,
            "before": first or None,
            "rounds": rounds,
        }

    def close(self, caller: Key, session_id: str) -> Json:
        """End a session now, as if it had been idle; what stands is kept."""
        row = self.mine(caller, session_id)
        if row.ended is None:
            at = time.time()
            self._state.write(Write(session=replace(row, version=row.version + 1, used=at, ended=at)))
        return {"session_id": session_id, "ended": True}

    def refresh(self) -> None:
        """Take up what was committed to the workspace since, and let go of all that was made of an older state."""
        self._serving.refresh()
        self._ready.only(self._serving.now)

    def forget(self, user_id: str) -> None:
        """Let go of what is at hand of a person who was erased."""
        self._ready.forget(user_id)

    def mine(self, caller: Key, session_id: str) -> SessionRow:
        """Return a session of the caller's.

        Raises:
            Refusal: there is none, or it belongs to another key or person; nobody can tell which.
        """
        row = self._state.session(session_id)
        if row is None or row.owner != caller.name or (not caller.is_server and row.user_id != caller.user_id):
            raise no_session()
        return row

    @property
    def today(self) -> date:
        """The day on which demands hold or have expired."""
        return self._serving.today or datetime.now(UTC).date()

    def seen(self, caller: Key, session_id: str, look: Callable[[SessionRow, Session, Snapshot], Got]) -> Got:
        """Return what a look at a session gives.

        Raises:
            Refusal: there is none, or it is not the caller's.
        """
        row, snapshot = self.mine(caller, session_id), self._serving.now
        return look(row, self._session(row, snapshot), snapshot)

    def _check_room(self, before: Session, after: Session) -> None:
        """Refuse what would add to a memory that is full; what takes something back is always heard."""
        self._check_number(len(before.memory.demands), len(after.memory.demands))

    def _check_number(self, before: int, after: int) -> None:
        most = self._config.preferences
        if after > most and after > before:
            raise Refusal(
                409, f"no more than {most} preferences can hold at once", where="preferences",
                mend="take some back first, or start over",
            )  # fmt: skip

    def _standing(self, held: Json | None, before: Memory, after: Memory) -> Json | None:
        """Return what stands from now on: what other sessions have added meanwhile counts, too."""
        found = merged(held, before, after)
        self._check_number(*(len(one["order"]) if one else 0 for one in (held, found)))
        return found

    @staticmethod
    def _check_length(given: Sized, most: int, *, where: str, of: str) -> None:
        if len(given) > most:
            raise Refusal(422, f"this has more than {most} {of}", where=where, mend="send less")

    def _check_open(self, row: SessionRow, looking_at: int | None) -> None:
        if row.ended is not None:
            raise Refusal(410, "this session has ended", where="session_id", mend="open another with POST /v1/sessions")
        current = row.round
        if looking_at is not None and looking_at != current:
            raise Refusal(
                409, f"the feed has moved on to round {current}", where="round",
                mend="read the session again, and say it in front of that feed",
            )  # fmt: skip
        if current >= MOST_ROUNDS:
            raise _too_long(f"has had {MOST_ROUNDS} rounds")

    def _session(self, row: SessionRow, snapshot: Snapshot) -> Session:
        found = self._ready.find(row, snapshot)
        if found is None:
            known = read_person(row.user_id, row.person, snapshot.ws.models.catalog)
            found = snapshot.feed.resume(
                read_rounds(self._state.rounds(row.session_id)),
                session_id=row.session_id,
                user_id=row.user_id,
                history=known.history,
                interests=known.interests,
                tags=known.tags,
            )
        return found

    def _keep(
        self, asked: Asked, row: SessionRow, session: Session, snapshot: Snapshot, *, status: int = 200,
        before: Session | None = None, event: Json | None = None, erasures: int | None = None,
    ) -> Answer:  # fmt: skip
        """Write everything that one step changed, in one transaction, and return the answer."""
        answer = Answer(
            owner=asked.caller.name,
            key=asked.idempotency_key or "",
            asked=asked.what,
            session_id=row.session_id,
            user_id=row.user_id,
            status=status,
            body=text_of(feed_of(row, session, snapshot)),
            at=row.used,
        )
        self._state.write(
            Write(
                session=row,
                round=plain_object(session.last.plain()),
                event=event,
                standing=(lambda held: self._standing(held, before.memory, session.memory)) if before else None,
                answer=answer if asked.idempotency_key else None,
                erasures=erasures,
            )
        )
        self._ready.keep(row, session, snapshot)
        self._count(session)
        return answer

    def _count(self, session: Session) -> None:
        last, meters = session.last, self._meters
        meters.rounds.labels(last.kind, last.delta.speaker if last.delta else "none").inc()
        for stage, ms in last.latency_ms.items():
            meters.stages.labels(stage).observe(ms / 1e3)
        meters.empty.inc(not session.slate.items)
        meters.relaxed.inc(len(last.relaxed))


def _too_long(how: str) -> Refusal:
    return Refusal(
        409, f"this session {how}", where="session_id", mend="open another: what stands is kept",
    )  # fmt: skip
