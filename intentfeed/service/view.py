"""What a caller reads of a session: the feed with its cards, the preferences, the interests, why an item is there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..commands.records import Memory
from ..commands.records import plain as plain_demand
from ..commands.witness import Met
from ..feed.rounds import Round, Session, plain_delta
from ..types import Claim, Interest, SlateItem
from .plain import plain_object
from .serving import Snapshot, claims_events
from .state import Json, SessionRow

SHOWN_EVENTS = 5
"""Events that are told of one claim or interest, the newest."""


def feed_of(row: SessionRow, session: Session, snapshot: Snapshot) -> Json:
    """Return the feed as it stands, with what the last round changed."""
    last = session.last
    return plain_object(
        {
            "session_id": row.session_id,
            "user_id": row.user_id,
            "known": bool(len(session.history)),
            "round": session.round,
            "kind": last.kind,
            "command": last.command,
            "items": [card_of(item, last, snapshot) for item in session.slate.items],
            "preferences": [plain_demand(demand) for demand in session.memory.demands],
            "understood": understood(last),
            "planned_by": last.planned_by,
            "diff": last.plain()["diff"],
            "relaxed": last.plain()["relaxed"],
            "dropped": last.dropped,
            "empty_why": last.empty_why,
            "short": last.short,
            "latency_ms": last.latency_ms,
        }
    )


def card_of(item: SlateItem, last: Round, snapshot: Snapshot) -> Json:
    """Return one card: the item's own fields, why it is there, which demands it meets."""
    catalog = snapshot.ws.models.catalog
    return {
        "rank": item.rank,
        "item_id": item.item_id,
        "title": item.title,
        "fields": snapshot.feed.registry.card(catalog.row_of[item.item_id]),
        "score": item.score,
        "reason": item.reason.text,
        "reason_kind": item.reason.kind,
        "interest_id": item.interest_id,
        "meets": [{"demand_id": met.demand_id, "holds": met.holds} for met in last.meets.get(item.item_id, ())],
    }


def understood(last: Round) -> Json | None:
    """Return what a command was understood to say, and who understood it; None where nobody spoke."""
    if last.delta is None:
        return None
    told = plain_delta(last.delta)
    return {name: told[name] for name in ("speaker", "feedback", "add", "retract_ids", "clear_fields", "ignored")}


def preferences_of(memory: Memory) -> Json:
    """Return what holds, and what held once with why it no longer does."""
    return plain_object(
        {
            "preferences": [plain_demand(demand) for demand in memory.demands],
            "ended": [
                {
                    "preference": plain_demand(one.demand),
                    "round": one.round,
                    "why": one.why,
                    "by": one.by,
                    "day": one.day,
                }
                for one in memory.ended
            ],
        }
    )


def interests_of(session: Session, snapshot: Snapshot) -> Json:
    """Return the interests of a session's person, each with the events that show it."""
    cited = {event_id for interest in session.interests for event_id in interest.event_ids}
    events = snapshot.evidence(session.user_id, cited)
    return plain_object({"interests": [_interest(interest, events) for interest in session.interests]})


def reason_of(session: Session, item_id: str, snapshot: Snapshot) -> Json | None:
    """Return why an item is on the screen, with its evidence; None where it is not there."""
    item = next((one for one in session.slate.items if one.item_id == item_id), None)
    if item is None:
        return None
    last = session.last
    events = snapshot.evidence(session.user_id, claims_events(item.reason.claims))
    interest = next((one for one in session.interests if one.interest_id == item.interest_id), None)
    demands = {demand.id: demand for demand in session.memory.demands}
    return plain_object(
        {
            "item_id": item.item_id,
            "title": item.title,
            "reason": item.reason.text,
            "kind": item.reason.kind,
            "backend": item.reason.backend,
            "claims": [_claim(claim, events) for claim in item.reason.claims],
            "interest": {"interest_id": interest.interest_id, "name": interest.name} if interest else None,
            "tag": item.tag,
            "sources": item.sources,
            "meets": [
                {**_slots(met), "preference": plain_demand(demands[met.demand_id])}
                for met in last.meets.get(item.item_id, ())
                if met.demand_id in demands
            ],
            "scores": last.scores.get(item.item_id, {}),
        }
    )


def _interest(interest: Interest, events: dict[int, Json]) -> Json:
    return {
        "interest_id": interest.interest_id,
        "name": interest.name,
        "stage": interest.stage,
        "confidence": interest.confidence,
        "reason": interest.reason,
        "categories": interest.categories,
        "since": interest.since,
        "backend": interest.backend,
        "n_events": len(interest.event_ids),
        "events": _newest(interest.event_ids, events),
    }


def _claim(claim: Claim, events: dict[int, Json]) -> Json:
    return {
        "kind": claim.kind,
        "text": claim.text,
        "field": claim.item_field,
        "value": claim.value,
        "n_events": len(claim.event_ids),
        "events": _newest(claim.event_ids, events),
    }


def _newest(event_ids: Iterable[int], events: dict[int, Json]) -> list[Json]:
    """Return some of the events as a reader sees them; times are ISO text."""
    found = [events[event_id] for event_id in event_ids if event_id in events]
    return [{**one, "timestamp": _iso(one["timestamp"])} for one in found[-SHOWN_EVENTS:][::-1]]


def _iso(at: Any) -> str | None:
    return at.isoformat() if at is not None else None


def _slots(met: Met) -> Json:
    return {name: getattr(met, name) for name in met.__slots__}
