"""What every route needs: who is calling, what the service holds, and the one way in which changes are made."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Query, Request, Response
from fastapi.security import HTTPBearer
from pydantic import BaseModel

from ..config import ServiceConfig
from ..desk import Desk
from ..erase import Erasing
from ..keys import Key
from ..metrics import Meters
from ..models import Problem
from ..plain import text_of
from ..refusal import Refusal
from ..serving import Serving
from ..sessions import Asked, Sessions
from ..state import Answer, Json, State

KEY = re.compile(r"[A-Za-z0-9._:-]{1,128}")
DESCRIBED: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": description}
    for status, description in {
        401: "No key, or an unknown one", 403: "A person's key asks about somebody else",
        404: "No such session, item or preference", 409: "Used key, or the feed has moved on",
        410: "The session has ended",
        413: "The body is too large", 422: "A field is wrong", 429: "Too many requests", 503: "Too busy",
    }.items()
}  # fmt: skip
_bearer = HTTPBearer(auto_error=False, description="A server's or a person's key; none on the loopback address.")


@dataclass(frozen=True)
class Held:
    """What the process holds."""

    state: State
    serving: Serving
    sessions: Sessions
    erasing: Erasing
    desk: Desk
    meters: Meters
    config: ServiceConfig


def held(request: Request) -> Held:
    """Return what the process holds."""
    found: Held = request.app.state.held
    return found


def caller(request: Request, _shown: Annotated[object, Depends(_bearer)]) -> Key:
    """Return who is calling, as the guard found out; nobody gets here without."""
    found: Key | None = request.scope.get("state", {}).get("caller")
    if found is None:
        raise Refusal(401, "no key", where="Authorization", mend="send the header `Authorization: Bearer <key>`")
    return found


def server(who: Annotated[Key, Depends(caller)]) -> Key:
    """Return who is calling, where it may speak for everybody."""
    if not who.is_server:
        raise Refusal(403, "this key speaks for one person only", where="Authorization", mend="use a server key")
    return who


def idempotency_key(
    value: Annotated[
        str | None,
        Header(alias="Idempotency-Key", description="Sent again, the request is answered again and done once."),
    ] = None,
) -> str | None:
    """Return the key under which a request is done once."""
    if value is not None and not KEY.fullmatch(value):
        raise Refusal(
            422, "this cannot be a key", where="Idempotency-Key", mend="send 1 to 128 letters, digits, and . _ : -"
        )
    return value


Here = Annotated[Held, Depends(held)]
Caller = Annotated[Key, Depends(caller)]
Server = Annotated[Key, Depends(server)]
Once = Annotated[str | None, Depends(idempotency_key)]

Before = Annotated[int | None, Query(ge=0, le=2**31, description="Only rounds with a lower number.")]


def asked(request: Request, who: Key, once: str | None, body: BaseModel | None = None) -> Asked:
    """Return a request as what is done once: the same method, path and body under the same key, of the same person.

    A key of the service can be given to somebody else; what it was answered before stays with whom it was told.
    """
    sent = body.model_dump(mode="json") if body is not None else None
    told = json.dumps([who.user_id, request.method, request.url.path, sent], sort_keys=True)
    what = hashlib.sha256(told.encode()).hexdigest()
    return Asked(caller=who, what=what, idempotency_key=once, round=getattr(body, "round", None))


async def changed(here: Held, this: Asked, session_id: str, do: Callable[[], Answer]) -> Response:
    """Make a change once and in turn, whoever goes away meanwhile, and return its answer."""
    work = here.desk.once(this.caller.name, this.idempotency_key, this.what, session_id, do)
    answer, replayed = await here.desk.outlive(work)
    return told(answer, replayed)


def told(answer: Answer, replayed: bool) -> Response:
    """Return an answer as it is sent; one that had been given before says so."""
    headers = {"Idempotency-Replayed": "true"} if replayed else {}
    return Response(answer.body, answer.status, headers, "application/json")


def shown(value: Json) -> Response:
    """Return plain values as it is sent."""
    return Response(text_of(value), media_type="application/json")
