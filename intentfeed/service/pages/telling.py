"""What the last round did and all that was said before, in words: honest about what was eased or not understood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ...commands.fields import FieldRegistry
from ...commands.records import Demand, Ended, Memory
from ...feed.diff import Change
from ...feed.rounds import Round, Session, last_undoable
from .wording import Wording
from .words import Chip, chip

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


def changes(session: Session, registry: FieldRegistry, words: Wording) -> Changes | None:
    """Return what the last round did; None of a first feed with nothing to confess."""
    last = session.last
    if last.kind == "open" and not (last.relaxed or last.empty_why or last.short):
        return None
    what, quote = _what(last, session, registry, words)
    held, holds = ({one.id for one in memory.demands} for memory in (last.before, last.after))
    fresh = [demand for demand in last.after.demands if demand.id not in held]
    gone = [demand for demand in last.before.demands if demand.id not in holds]
    spoke = last.delta is not None
    return Changes(
        said=what,
        quote=quote,
        summary="" if last.kind == "open" else last.diff.words,
        fresh=tuple(demand.id for demand in fresh),
        taken_back=tuple(chip(demand, registry, words) for demand in gone),
        nothing=_nothing(last, words) if spoke and not fresh and not gone else "",
        ignored=tuple(dict.fromkeys(map(words.note, last.delta.ignored))) if last.delta else (),
        relaxed=tuple(one.words for one in last.relaxed),
        left=last.diff.left,
        came=() if last.kind == "open" else last.diff.came,
        moved=last.diff.moved,
        empty_why=last.empty_why,
        short=last.short,
        model=last.delta is not None and last.delta.speaker == "llm",
    )


def history(session: Session, registry: FieldRegistry, words: Wording) -> list[Turn]:
    """Return everything that was said, newest first, with what became of each demand."""
    fates = _fates(session.memory, registry, words)
    told = [_turn(one, session, registry, words, fates) for one in session.rounds if one.kind != "open"]
    earlier = tuple(line for number, line in fates if number == 0)
    if earlier:
        first = session.rounds[0]
        told.insert(0, Turn(number=0, day=first.day, what=words.rounds.earlier, quote="", lines=earlier))
    return told[::-1][:MOST_LINES]


def undoable(session: Session, registry: FieldRegistry, words: Wording) -> str | None:
    """Return what one tap would take back, in words; None where there is nothing."""
    at = last_undoable(session.rounds)
    if at is None:
        return None
    what, quote = _what(session.rounds[at], session, registry, words)
    return words.rounds.quoted.format(text=quote) if quote else _lower(what)


def _turn(
    one: Round, session: Session, registry: FieldRegistry, words: Wording, fates: Sequence[tuple[int, Line]]
) -> Turn:
    what, quote = _what(one, session, registry, words)
    lines = tuple(line for number, line in fates if number == one.number)
    return Turn(number=one.number, day=one.day, what=what, quote=quote, lines=lines)


def _fates(memory: Memory, registry: FieldRegistry, words: Wording) -> list[tuple[int, Line]]:
    """Return every demand that holds or held, by the round in which it was made."""
    holding = [
        (one.round, Line(chip=chip(one, registry, words), fate=_holds(one, words), holds=True, by=""))
        for one in memory.demands
    ]
    over = [
        (
            one.demand.round,
            Line(chip=chip(one.demand, registry, words), fate=_fate(one, words), holds=False, by=one.by),
        )
        for one in memory.ended
    ]
    return sorted([*holding, *over], key=lambda pair: _number(pair[1].chip.id))


def _holds(demand: Demand, words: Wording) -> str:
    return words.demands.holds.format(scope=words.demands.scopes[demand.scope])


def _fate(over: Ended, words: Wording) -> str:
    """Return why a demand holds no longer, and since which round."""
    ended = words.demands.ended[over.why]
    return words.demands.ended_in_round.format(ended=ended, n=over.round) if over.round else ended


def _number(demand_id: str) -> int:
    digits = demand_id.lstrip("c")
    return int(digits) if digits.isdigit() else 0


def _what(one: Round, session: Session, registry: FieldRegistry, words: Wording) -> tuple[str, str]:
    """Return (what was done, the words that were said) of a round; an edit and an event are told by their verb."""
    told, (verb, _, target) = words.rounds, one.command.partition(" ")
    if one.kind == "open":
        return told.still_counts, ""
    if one.kind == "feedback":
        title = told.quoted.format(text=_title(target, session))
        return told.acted.format(acted=words.did(verb), title=title), ""
    if one.kind == "edit":
        demand = _demand(target, one.before, one.after)
        name = told.quoted.format(text=chip(demand, registry, words).label) if demand else target
        if verb == "drop":
            return told.removed.format(demand=name), ""
        return told.rescoped.format(demand=name, scope=words.demands.scopes.get(verb, verb)), ""
    if one.kind == "undo":
        was = next((each for each in reversed(session.rounds) if each.command == one.command and each is not one), None)
        if was is not None and was.kind == "edit":
            return told.undid_edit.format(what=_lower(_what(was, session, registry, words)[0])), ""
        return told.undid, one.command
    return told.said, one.command


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


def _nothing(last: Round, words: Wording) -> str:
    satisfied = last.delta is not None and last.delta.feedback == "satisfied"
    return words.rounds.satisfied if satisfied else words.rounds.nothing
