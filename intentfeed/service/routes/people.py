"""Everything about one person: read it, erase it; and the feedback of all people, for the next update."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from ..models import Erased, Erasure, Happenings
from ..refusal import Refusal, not_yours
from .calling import DESCRIBED, Caller, Here, Server, shown

router = APIRouter(prefix="/v1", responses=DESCRIBED)
UserId = Annotated[
    str | None, Query(min_length=1, max_length=256, description="Whose data; a person's key need not say it.")
]


@router.get("/person", tags=["person"], summary="Export one person's data")
async def export(here: Here, who: Caller, user_id: UserId = None) -> Response:
    """Return everything that the service and the workspace hold about a person."""
    found = await here.desk.read(here.erasing.export, _person(who.user_id, user_id))
    answer = shown(found)
    answer.headers["Content-Disposition"] = 'attachment; filename="person.json"'
    return answer


@router.delete("/person", status_code=202, response_model=Erased, tags=["person"], summary="Erase one person's data")
async def erase(here: Here, who: Caller, user_id: UserId = None) -> Response:
    """Erase a person: sessions, memory, feedback and calls to a language model now, the workspace's rows shortly.

    From this answer on no request finds anything of theirs. Sums over many people that were fitted hold nobody's name
    and forget this person at the next refit.
    """
    answer = shown(await here.desk.read(here.erasing.erase, _person(who.user_id, user_id)))
    answer.status_code = 202
    here.desk.outlive(here.desk.aside(here.erasing.settle))
    return answer


@router.get("/person/erasure", response_model=Erasure, tags=["person"], summary="Where an erasure stands")
async def erasure(here: Here, who: Caller, user_id: UserId = None) -> Response:
    """Return whether the workspace still holds rows of a person who was erased."""
    return shown(await here.desk.read(here.erasing.stands, _person(who.user_id, user_id)))


@router.get("/events", response_model=Happenings, tags=["feedback"], summary="All feedback, for `intentfeed update`")
async def events(
    here: Here,
    _who: Server,
    after: Annotated[int, Query(ge=0, le=2**62, description="The `next` of the answer before.")] = 0,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000,
) -> Response:
    """Return feedback events of everybody, oldest first, with the columns that `intentfeed update --events` reads."""
    return shown(await here.desk.read(_events, here, after, limit))


def _events(here: Here, after: int, limit: int) -> dict[str, object]:
    rows = here.state.events(after, limit)
    told = [
        {
            "user_id": row["user_id"],
            "item_id": row["item_id"],
            "action": row["action"],
            "timestamp": datetime.fromtimestamp(row["at"], UTC).isoformat(),
        }
        for row in rows
        if row["user_id"] is not None
    ]
    return {"events": told, "next": rows[-1]["number"] if rows else after}


def _person(own: str | None, asked: str | None) -> str:
    """Return whose data is meant.

    Raises:
        Refusal: a person's key names somebody else, or a server key names nobody.
    """
    if own is not None:
        if asked not in (None, own):
            raise not_yours()
        return own
    if asked is None:
        raise Refusal(422, "nobody is named", where="user_id", mend="add ?user_id= to say whose data is meant")
    return asked
