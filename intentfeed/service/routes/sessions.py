"""Feeds: open one, read it, tell it something, take that back, tell what was done with its items."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from ...feed.interactive import Heard
from ..models import Editing, Feed, Happening, Interests, Opening, Preferences, Record, Saying, Why
from ..sessions import ROUNDS_TOLD
from ..stream import stream, wants_stream
from .calling import DESCRIBED, Before, Caller, Here, Once, asked, changed, shown

router = APIRouter(prefix="/v1/sessions", responses=DESCRIBED)


@router.post("", status_code=201, response_model=Feed, tags=["feed"], summary="Open a feed")
async def open_session(request: Request, body: Opening, here: Here, who: Caller, once: Once) -> Response:
    """Open a session for a user, for a history, or for nobody in particular, and return its first feed."""
    this = asked(request, who, once, body)
    return await changed(here, this, f"opening {id(this)}", lambda: here.sessions.open(this, body))


@router.get("/{session_id}", response_model=Feed, tags=["feed"], summary="Read the feed")
async def read_session(session_id: str, here: Here, who: Caller) -> Response:
    """Return the feed as it stands, with what the last round changed."""
    return shown(await here.desk.read(here.sessions.feed, who, session_id))


@router.delete("/{session_id}", tags=["feed"], summary="End the session")
async def end_session(session_id: str, here: Here, who: Caller) -> Response:
    """End the session: what holds for longer than the session is kept."""
    ending = here.desk.in_turn(session_id, lambda: here.sessions.close(who, session_id))
    return shown(await here.desk.outlive(ending))


@router.post(
    "/{session_id}/commands", response_model=Feed, tags=["feed"], summary="Tell the feed something",
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}, "example":
        'event: heard\ndata: {"feedback":"new"}\n\nevent: filtered\ndata: {}\n\nevent: ranked\ndata: {}\n\n'
        'event: feed\ndata: {"round":1}\n\n'}}}},
)  # fmt: skip
async def command(session_id: str, request: Request, body: Saying, here: Here, who: Caller, once: Once) -> Response:
    """Obey what was said and return the next feed.

    Sent with `Accept: text/event-stream`, the stages come as they are done: `heard`, `planned`, `filtered`, `ranked`,
    and then `feed` with what would otherwise be the answer, or `error`.
    """
    this = asked(request, who, once, body)

    def say(heard: Heard | None = None):  # type: ignore[no-untyped-def]
        return here.sessions.command(this, session_id, body.text, heard=heard)

    if wants_stream(request):
        return await stream(here, this, session_id, say)
    return await changed(here, this, session_id, say)


@router.post("/{session_id}/undo", response_model=Feed, tags=["feed"], summary="Take the last change back")
async def undo(session_id: str, request: Request, here: Here, who: Caller, once: Once) -> Response:
    """Bring back the memory as it was before the last command or edit that still counts."""
    this = asked(request, who, once)
    return await changed(
        here, this, session_id,
        lambda: here.sessions.change(
            this, session_id, lambda feed, session, today: feed.undo(session, today=today), refused=409
        ),
    )  # fmt: skip


@router.get("/{session_id}/preferences", response_model=Preferences, tags=["preferences"], summary="What holds")
async def preferences(session_id: str, here: Here, who: Caller) -> Response:
    """Return what holds now, and what held once with why it no longer does."""
    return shown(await here.desk.read(here.sessions.preferences, who, session_id))


@router.patch(
    "/{session_id}/preferences/{demand_id}", response_model=Feed, tags=["preferences"], summary="Hold for longer"
)
async def rescope(
    session_id: str, demand_id: str, request: Request, body: Editing, here: Here, who: Caller, once: Once
) -> Response:
    """Let a preference hold for this session, this season, or always."""
    this = asked(request, who, once, body)
    return await changed(
        here, this, session_id,
        lambda: here.sessions.change(
            this, session_id,
            lambda feed, session, today: feed.rescope(session, demand_id, body.scope, today=today), refused=404,
        ),
    )  # fmt: skip


@router.delete(
    "/{session_id}/preferences/{demand_id}", response_model=Feed, tags=["preferences"], summary="Take one back"
)
async def drop(session_id: str, demand_id: str, request: Request, here: Here, who: Caller, once: Once) -> Response:
    """Take one preference back."""
    this = asked(request, who, once)
    return await changed(
        here, this, session_id,
        lambda: here.sessions.change(
            this, session_id, lambda feed, session, today: feed.drop(session, demand_id, today=today), refused=404
        ),
    )  # fmt: skip


@router.post("/{session_id}/feedback", response_model=Feed, tags=["feedback"], summary="What was done with an item")
async def feedback(session_id: str, request: Request, body: Happening, here: Here, who: Caller, once: Once) -> Response:
    """Note that the person clicked, kept, bought … an item; the feed goes on from there."""
    this = asked(request, who, once, body)
    return await changed(
        here, this, session_id,
        lambda: here.sessions.change(
            this, session_id,
            lambda feed, session, today: feed.feedback(session, body.item_id, body.action, today=today),
            event={"item_id": body.item_id, "action": body.action},
        ),
    )  # fmt: skip


@router.get("/{session_id}/interests", response_model=Interests, tags=["reasons"], summary="What they care about")
async def interests(session_id: str, here: Here, who: Caller) -> Response:
    """Return the named interests, each with the events that show it."""
    return shown(await here.desk.read(here.sessions.interests, who, session_id))


@router.get("/{session_id}/reasons", response_model=Why, tags=["reasons"], summary="Why this item")
async def reasons(
    session_id: str, item_id: Annotated[str, Query(min_length=1, max_length=256)], here: Here, who: Caller
) -> Response:
    """Return why an item is on the feed: each claim with its evidence."""
    return shown(await here.desk.read(here.sessions.reason, who, session_id, item_id))


@router.get("/{session_id}/rounds", response_model=Record, tags=["engineer"], summary="What happened inside")
async def rounds(
    session_id: str, here: Here, who: Caller,
    before: Before = None,
    limit: Annotated[int, Query(ge=1, le=100)] = ROUNDS_TOLD,
) -> Response:  # fmt: skip
    """Return rounds as they were parsed, planned, scored and shown, with their timings: the newest, oldest first."""
    return shown(await here.desk.read(here.sessions.rounds, who, session_id, before, limit))
