"""Whose feed it may be, and everything that the last run knew of one person."""

from __future__ import annotations

import json
from typing import Annotated, Any
from weakref import WeakKeyDictionary

import polars as pl
from fastapi import APIRouter, Query, Response

from ...errors import DataError
from ...workspace import Person, Workspace
from ..keys import NOBODY
from ..refusal import Refusal, not_yours
from ..routes.calling import Caller, Held, Here
from ..serving import Frozen
from .cards import painter
from .html import PageRoute, page, render
from .wording import wording_in
from .words import chip

router = APIRouter(route_class=PageRoute)
SHOWN = 12
"""People whom the first page introduces."""
NAMED = 500
"""People whose ids the search field proposes."""
MOST_TAGS, MOST_REJECTED, MOST_EVENTS = 24, 12, 5


@router.get("/")
async def start(here: Here, who: Caller) -> Response:
    """Show whose feed may be opened: the caller's own, or anybody's."""

    def look() -> dict[str, Any]:
        snapshot = here.serving.now
        told = {"items": len(snapshot.ws.models.catalog), "keyed": who is not NOBODY, "language": snapshot.language}
        if not who.is_server:
            return {"own": who.user_id, "people": [], "user_ids": [], **told}
        gone = {one.user_id for one in here.state.gone()}
        people = [one for one in introduced(snapshot.ws) if one[0] not in gone][:SHOWN]
        user_ids = [one for one in snapshot.ws.user_ids() if one not in gone][:NAMED]
        return {"own": None, "people": people, "user_ids": user_ids, **told}

    return page("start.html", **await here.desk.read(look))


@router.get("/person")
async def person(
    here: Here, who: Caller, user_id: Annotated[str, Query(min_length=1, max_length=256)], session_id: str | None = None
) -> Response:
    """Show what is known of one person: interests with their evidence, those turned down, tags, the digest."""
    if not who.is_server and user_id != who.user_id:
        raise not_yours()
    return page("person.html", **await here.desk.read(_person, here, user_id, session_id))


def render_person(ws: Workspace, person: Person) -> str:
    """Return the page of one person as HTML."""
    return render("person.html", **_told(ws, person), session_id=None, standing=[])


def _person(here: Held, user_id: str, session_id: str | None) -> dict[str, Any]:
    from ...feed.kept import read_memory

    ws, held = here.serving.now.ws, here.state.memory(user_id)
    standing = read_memory(held).demands if held else ()
    words = wording_in(here.serving.now.language)
    chips = [chip(demand, ws.interactive.registry, words) for demand in standing]
    try:
        if here.state.is_gone(user_id) is not None:
            raise DataError("erased")
        found = ws.person(user_id)
    except DataError as error:
        raise Refusal(404, "nothing is known of this person", where="user_id", mend="go back to the start") from error
    return {**_told(ws, found), "session_id": session_id, "standing": chips}


def _told(ws: Workspace, person: Person) -> dict[str, Any]:
    catalog = ws.models.catalog
    rows = [catalog.row_of.get(item.item_id) for item in person.slate.items]
    paints = painter(ws) if isinstance(ws, Frozen) else None
    return {
        "user_id": person.user_id,
        "language": catalog.language,
        "attributes": json.loads(person.attributes),
        "digest": person.digest,
        "kept": [_interest(one, person) for one in person.interests if one.status == "kept"],
        "others": [one for one in person.interests if one.status != "kept"][:MOST_REJECTED],
        "tags": person.tags[:MOST_TAGS],
        "slate": [
            (
                item,
                paints.of(row) if paints and row is not None else None,
                [_claim(one, person) for one in item.reason.claims],
            )
            for item, row in zip(person.slate.items, rows, strict=True)
        ],
        "as_of": ws.context.as_of,
    }  # fmt: skip


def _interest(interest: Any, person: Person) -> tuple[Any, list[dict[str, Any]]]:
    return interest, _events(interest.event_ids, person)


def _claim(claim: Any, person: Person) -> tuple[Any, list[dict[str, Any]]]:
    return claim, _events(claim.event_ids, person)


def _events(event_ids: tuple[int, ...], person: Person) -> list[dict[str, Any]]:
    """Return the newest of some events, newest first."""
    found = [person.evidence[event_id] for event_id in event_ids if event_id in person.evidence]
    return found[-MOST_EVENTS:][::-1]


_introduced: WeakKeyDictionary[Frozen, list[tuple[str, list[str]]]] = WeakKeyDictionary()


def introduced(ws: Frozen) -> list[tuple[str, list[str]]]:
    """Return people with a typical number of interests, each with the names of a few."""
    found = _introduced.get(ws)
    if found is None:
        found = _introduced[ws] = _introduce(ws)
    return found


def _introduce(ws: Frozen) -> list[tuple[str, list[str]]]:
    kept = (
        ws.store.scan("interests").filter(pl.col("status") == "kept").sort("user_id", "interest_id")
        .group_by("user_id", maintain_order=True).agg(pl.col("name").head(3), pl.len().alias("n")).collect()
    )  # fmt: skip
    if kept.is_empty():
        return [(user_id, []) for user_id in ws.user_ids()[: 2 * SHOWN]]
    middle = float(kept["n"].median() or 0)  # type: ignore[arg-type]
    typical = kept.with_columns(far=(pl.col("n") - middle).abs()).sort("far", "user_id").head(2 * SHOWN).sort("user_id")
    return [(str(row["user_id"]), list(row["name"])) for row in typical.to_dicts()]
