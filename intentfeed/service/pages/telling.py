"""What the last round did and all that was said before, in words: honest about what was eased or not understood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ...commands.fields import FieldRegistry
from ...commands.records import Demand, Memory
from ...feed.diff import Change
from ...feed.rounds import Round, Session, last_undoable
from .words import ENDED, SCOPES, Chip, acted, chip

MOST_LINES = 40
"""Rounds of a session that the page tells; the engineer's page has them all."""


@dataclass(frozen=True, kw_only=True)
class Changes:
    """The last round, told."""

    said: str
    """What the person did, as a clause: You said “under 50”."""
    quote: str
    summary: str
    fresh: tuple[str, ...]
    """Ids of the demands that are new."""
    taken_back: tuple[Chip, ...]
    nothing: str
    """Where nothing could be taken up: that, and what could be said instead."""
    ignored: tuple[str, ...]
    relaxed: tuple[str, ...]
    left: Sequence[Change]
    came: Sequence[Change]
    moved: Sequence[Change]
    empty_why: str
    short: str
    model: bool


@dataclass(frozen=True, kw_only=True)
class Line:
    """One demand that somebody made, and what has become of it."""

    chip: Chip
    fate: str
    """`holds`, or when and why it stopped holding."""
    holds: bool
    by: str


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One round of the conversation."""

    number: int
    day: date
    what: str
    quote: str
    lines: tuple[Line, ...]


def changes(session: Session, registry: FieldRegistry) -> Changes | None:
    """Return what the last round did; None of a first feed with nothing to confess."""
    last = session.last
    if last.kind == "open" and not (last.relaxed or last.empty_why or last.short):
        return None
    what, quote = _what(last, session, registry)
    held, holds = ({one.id for one in memory.demands} for memory in (last.before, last.after))
    fresh = [demand for demand in last.after.demands if demand.id not in held]
    gone = [demand for demand in last.before.demands if demand.id not in holds]
    spoke = last.delta is not None
    return Changes(
        said=what,
        quote=quote,
        summary="" if last.kind == "open" else last.diff.words,
        fresh=tuple(demand.id for demand in fresh),
        taken_back=tuple(chip(demand, registry) for demand in gone),
        nothing=_nothing(last) if spoke and not fresh and not gone else "",
        ignored=last.delta.ignored if last.delta else (),
        relaxed=tuple(one.words for one in last.relaxed),
        left=last.diff.left,
        came=() if last.kind == "open" else last.diff.came,
        moved=last.diff.moved,
        empty_why=last.empty_why,
        short=last.short,
        model=last.delta is not None and last.delta.speaker == "llm",
    )


def history(session: Session, registry: FieldRegistry) -> list[Turn]:
    """Return everything that was said, newest first, with what became of each demand."""
    fates = _fates(session.memory, registry)
    told = [_turn(one, session, registry, fates) for one in session.rounds if one.kind != "open"]
    earlier = tuple(line for number, line in fates if number == 0)
    if earlier:
        first = session.rounds[0]
        told.insert(0, Turn(number=0, day=first.day, what="From earlier sessions", quote="", lines=earlier))
    return told[::-1][:MOST_LINES]


def undoable(session: Session, registry: FieldRegistry) -> str | None:
    """Return what one tap would take back, in words; None where there is nothing."""
    at = last_undoable(session.rounds)
    if at is None:
        return None
    what, quote = _what(session.rounds[at], session, registry)
    return f"“{quote}”" if quote else what[:1].lower() + what[1:]


def _turn(one: Round, session: Session, registry: FieldRegistry, fates: Sequence[tuple[int, Line]]) -> Turn:
    what, quote = _what(one, session, registry)
    lines = tuple(line for number, line in fates if number == one.number)
    return Turn(number=one.number, day=one.day, what=what, quote=quote, lines=lines)


def _fates(memory: Memory, registry: FieldRegistry) -> list[tuple[int, Line]]:
    """Return every demand that holds or held, by the round in which it was made."""
    holding = [
        (one.round, Line(chip=chip(one, registry), fate=f"holds {SCOPES[one.scope]}", holds=True, by=""))
        for one in memory.demands
    ]
    over = [
        (
            one.demand.round,
            Line(
                chip=chip(one.demand, registry), holds=False, by=one.by,
                fate=f"{ENDED[one.why]}{f' in round {one.round}' if one.round else ''}",
            ),
        )
        for one in memory.ended
    ]  # fmt: skip
    return sorted([*holding, *over], key=lambda pair: _number(pair[1].chip.id))


def _number(demand_id: str) -> int:
    digits = demand_id.lstrip("c")
    return int(digits) if digits.isdigit() else 0


def _what(one: Round, session: Session, registry: FieldRegistry) -> tuple[str, str]:
    """Return (what was done, the words that were said) of a round; an edit and an event are told by their verb."""
    verb, _, target = one.command.partition(" ")
    if one.kind == "open":
        return "What you asked for before still counts", ""
    if one.kind == "feedback":
        return f"You {acted(verb)} “{_title(target, session)}”", ""
    if one.kind == "edit":
        demand = _demand(target, one.before, one.after)
        name = f"“{chip(demand, registry).label}”" if demand else target
        if verb == "drop":
            return f"You removed {name}", ""
        return f"You let {name} hold {SCOPES.get(verb, verb)}", ""  # type: ignore[call-overload]
    if one.kind == "undo":
        was = next((each for each in reversed(session.rounds) if each.command == one.command and each is not one), None)
        if was is not None and was.kind == "edit":
            return f"You undid it: {_lower(_what(was, session, registry)[0])}", ""
        return "You undid", one.command
    return "You said", one.command


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _demand(demand_id: str, *memories: Memory) -> Demand | None:
    return next((found for memory in memories if (found := memory.demand(demand_id))), None)


def _title(item_id: str, session: Session) -> str:
    for one in reversed(session.rounds):
        for item in one.slate.items:
            if item.item_id == item_id:
                return item.title or item_id
    return item_id


def _nothing(last: Round) -> str:
    if last.delta is not None and last.delta.feedback == "satisfied":
        return "Good to hear. Nothing was changed."
    return "Nothing in that could be turned into a change. Try naming a price, a brand, a colour, or a kind of thing."
