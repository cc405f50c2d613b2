"""The feed page: the command box, what holds, what changed, the cards; and why each of them is there."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Query, Response

from ...feed.rounds import Session
from ..keys import NOBODY, Key
from ..refusal import Refusal
from ..routes.calling import Caller, Held, Here
from ..serving import Snapshot
from ..state import Json, SessionRow
from ..view import interests_of, reason_of
from .cards import cards, painter
from .examples import examples
from .html import PageRoute, page
from .telling import changes, history, undoable
from .wording import wording_in
from .words import chip

router = APIRouter(route_class=PageRoute)
SWITCHED = 200
"""People whom the switcher names."""


@router.get("/feed/{session_id}")
async def feed(session_id: str, here: Here, who: Caller) -> Response:
    """Show the feed as it stands, with what the last round changed."""
    shown = await here.desk.read(here.sessions.seen, who, session_id, _Look(here, who).feed)
    return page("feed.html", **shown)


@router.get("/feed/{session_id}/why")
async def why(
    session_id: str, item_id: Annotated[str, Query(min_length=1, max_length=256)], here: Here, who: Caller
) -> Response:
    """Show why one item is on the feed, with its evidence."""

    def look(row: SessionRow, session: Session, snapshot: Snapshot) -> Json:
        found = reason_of(session, item_id, snapshot)
        if found is None:
            raise Refusal(404, "this item is not on the feed", where="item_id", mend="go back to the feed")
        at, words = snapshot.ws.models.catalog.row_of[item_id], wording_in(snapshot.language)
        return {
            **shared(row, snapshot),
            "why": found,
            "card": snapshot.feed.registry.card(at),
            "picture": painter(snapshot.ws).of(at),
            "chips": {demand.id: chip(demand, snapshot.feed.registry, words) for demand in session.memory.demands},
        }

    return page("why.html", **await here.desk.read(here.sessions.seen, who, session_id, look))


@router.get("/feed/{session_id}/interests")
async def interests(session_id: str, here: Here, who: Caller) -> Response:
    """Show what the person cares about, each interest with the events that show it."""

    def look(row: SessionRow, session: Session, snapshot: Snapshot) -> Json:
        return {**shared(row, snapshot), **interests_of(session, snapshot)}

    return page("interests.html", **await here.desk.read(here.sessions.seen, who, session_id, look))


class _Look:
    """Looks at a session for the feed page."""

    def __init__(self, here: Held, who: Key) -> None:
        self._here, self._who = here, who

    def feed(self, row: SessionRow, session: Session, snapshot: Snapshot) -> Json:
        registry, today = snapshot.feed.registry, self._here.sessions.today
        words = wording_in(snapshot.language)
        told = changes(session, registry, words)
        return {
            **shared(row, snapshot),
            "known": bool(len(session.history)),
            "round": session.round,
            "once": secrets.token_urlsafe(12),
            "cards": cards(session, snapshot),
            "chips": [chip(demand, registry, words) for demand in session.memory.demands],
            "changes": told,
            "fresh": told.fresh if told else (),
            "turns": history(session, registry, words),
            "undo": undoable(session, registry, words),
            "interests": session.interests,
            "examples": examples(session, snapshot, today) if row.ended is None else [],
            "ended": row.ended is not None,
            "people": self._people(snapshot) if self._who.is_server else [],
            "keyed": self._who is not NOBODY,
            "today": today,
        }

    def _people(self, snapshot: Snapshot) -> list[str]:
        """Return whose feeds may be opened instead, without those who were erased."""
        gone = {one.user_id for one in self._here.state.gone()}
        return [one for one in snapshot.ws.user_ids()[: SWITCHED + len(gone)] if one not in gone][:SWITCHED]


def shared(row: SessionRow, snapshot: Snapshot) -> Json:
    """Return what every page of a session is told."""
    return {"session_id": row.session_id, "user_id": row.user_id, "language": snapshot.language}
