"""The engineer's page: each round as it was parsed, planned, scored and timed, and the memory before and after.

It is English whatever the catalogue speaks, since it is for whoever reads the code: stages, tools, scores and fields
have the names that they have there. Only what the person was told, and the items, are in the catalogue's own language.
"""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Response

from ...feed.rounds import Round, Session
from ..routes.calling import Before, Caller, Here
from ..serving import Snapshot
from ..sessions import ROUNDS_TOLD
from ..state import Json, SessionRow
from .feed import shared
from .html import PageRoute, page
from .wording import wording_in
from .words import chip

router = APIRouter(route_class=PageRoute)
BAR = 300
"""Width of the longest bar of timings."""


@router.get("/feed/{session_id}/rounds")
async def rounds(session_id: str, here: Here, who: Caller, before: Before = None) -> Response:
    """Show the newest rounds of a session, or the newest of those before one, newest first."""

    def look(row: SessionRow, session: Session, snapshot: Snapshot) -> Json:
        end = len(session.rounds) if before is None else min(before, len(session.rounds))
        first = max(end - ROUNDS_TOLD, 0)
        told = [_told(one, snapshot) for one in reversed(session.rounds[first:end])]
        newer = min(end + ROUNDS_TOLD, len(session.rounds)) if end < len(session.rounds) else None
        counts = {"n_rounds": len(session.rounds), "older": first or None, "newer": newer, "end": end}
        content = "zh" if snapshot.language == "zh" else ""
        return {**shared(row, snapshot), **counts, "language": "en", "content": content, "rounds": told, "bar": BAR}

    return page("rounds.html", **await here.desk.read(here.sessions.seen, who, session_id, look))


def _told(one: Round, snapshot: Snapshot) -> Json:
    registry = snapshot.feed.registry
    before, after = (
        {demand.id: chip(demand, registry, wording_in("en")) for demand in memory.demands}
        for memory in (one.before, one.after)
    )
    columns = list(dict.fromkeys(name for scores in one.scores.values() for name in scores))
    labels = {**before, **after}
    return {
        "round": one,
        "parsed": one.plain()["delta"],
        "plan": [(step.tool, _json(step.args)) for step in one.plan],
        "columns": columns,
        "rows": [
            {"item": item, "scores": [one.scores.get(item.item_id, {}).get(name) for name in columns],
             "met": one.meets.get(item.item_id, ())}
            for item in one.slate.items
        ],
        "labels": labels,
        "memory": _memory(before, after),
        "dropped": [(labels[name].label if name in labels else name, n) for name, n in one.dropped.items()],
        "timings": _timings(one),
    }  # fmt: skip


def _memory(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """Return (what happened to it, the demand before, the demand after), in the order of ids."""
    told = []
    for demand_id in {**before, **after}:
        was, now = before.get(demand_id), after.get(demand_id)
        word = "came" if was is None else "went" if now is None else "changed" if was != now else "stayed"
        told.append((word, was, now))
    return told


def _timings(one: Round) -> list[tuple[str, float, float]]:
    """Return (stage, milliseconds, width of its bar), in the order in which they were done, the whole last."""
    longest = max(one.latency_ms.values(), default=0.0) or 1.0
    return [(stage, ms, max(BAR * ms / longest, 1.0)) for stage, ms in one.latency_ms.items()]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=list)
