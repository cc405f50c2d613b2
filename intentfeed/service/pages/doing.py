"""What the forms of the feed page do; each leads back to the feed, so that reloading repeats nothing."""

from __future__ import annotations

from typing import TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ValidationError

from ..models import Editing, Happening, Opening, Saying
from ..refusal import Refusal
from ..routes.calling import KEY, Caller, Here, asked, changed
from ..sessions import Step
from ..state import Json
from .asking import Fields
from .html import PageRoute

router = APIRouter(route_class=PageRoute)
Sent = TypeVar("Sent", bound=BaseModel)


@router.post("/open")
async def open_feed(request: Request, given: Fields, here: Here, who: Caller) -> Response:
    """Open a feed for a person, or for somebody new, and go there."""
    body = _checked(Opening, user_id=given.get("user_id"))
    this = asked(request, who, _once(given), body)
    work = here.desk.once(
        who.name, this.idempotency_key, this.what, f"opening {id(this)}", lambda: here.sessions.open(this, body)
    )
    answer, _replayed = await here.desk.outlive(work)
    return RedirectResponse(f"/feed/{answer.session_id}", 303)


@router.post("/feed/{session_id}/command")
async def command(session_id: str, request: Request, given: Fields, here: Here, who: Caller) -> Response:
    """Say something, typed or chosen from the examples."""
    text = given.get("example") or given.get("text") or ""
    if not text.strip():
        return _back(session_id)
    body = _checked(Saying, text=text, round=_round(given))
    this = asked(request, who, _once(given), body)
    await changed(here, this, session_id, lambda: here.sessions.command(this, session_id, text))
    return _back(session_id)


@router.post("/feed/{session_id}/undo")
async def undo(session_id: str, request: Request, given: Fields, here: Here, who: Caller) -> Response:
    """Take the last change back."""
    return await _done(
        request, given, here, who, session_id, None, lambda feed, session, today: feed.undo(session, today=today),
        refused=409,
    )  # fmt: skip


@router.post("/feed/{session_id}/preferences/{demand_id}/scope")
async def rescope(
    session_id: str, demand_id: str, request: Request, given: Fields, here: Here, who: Caller
) -> Response:
    """Let a preference hold for longer, or less long."""
    body = _checked(Editing, scope=given.get("scope"))
    return await _done(
        request, given, here, who, session_id, body,
        lambda feed, session, today: feed.rescope(session, demand_id, body.scope, today=today), refused=404,
    )  # fmt: skip


@router.post("/feed/{session_id}/preferences/{demand_id}/drop")
async def drop(session_id: str, demand_id: str, request: Request, given: Fields, here: Here, who: Caller) -> Response:
    """Take one preference back."""
    return await _done(
        request, given, here, who, session_id, None,
        lambda feed, session, today: feed.drop(session, demand_id, today=today), refused=404,
    )  # fmt: skip


@router.post("/feed/{session_id}/feedback")
async def feedback(session_id: str, request: Request, given: Fields, here: Here, who: Caller) -> Response:
    """Note what was done with an item."""
    body = _checked(Happening, item_id=given.get("item_id"), action=given.get("action"))
    return await _done(
        request, given, here, who, session_id, body,
        lambda feed, session, today: feed.feedback(session, body.item_id, body.action, today=today),
        event={"item_id": body.item_id, "action": body.action},
    )  # fmt: skip


async def _done(
    request: Request, given: Fields, here: Here, who: Caller, session_id: str, body: BaseModel | None, step: Step,
    *, refused: int = 422, event: Json | None = None,
) -> Response:  # fmt: skip
    this = asked(request, who, _once(given), body)
    await changed(
        here, this, session_id,
        lambda: here.sessions.change(this, session_id, step, refused=refused, event=event),
    )  # fmt: skip
    return _back(session_id)


def _back(session_id: str) -> Response:
    return RedirectResponse(f"/feed/{session_id}", 303)


def _once(given: Fields) -> str | None:
    once = given.get("once", "")
    return once if KEY.fullmatch(once) else None


def _round(given: Fields) -> int | None:
    text = given.get("round", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None


def _checked(model: type[Sent], **given: object) -> Sent:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "form"
        raise Refusal(422, f"{where}: {first['msg'][:200]}", where=where, mend="go back and try again") from error
