"""The memory of what a person asked for: each command changes it by a delta, in code, and never behind their back.

    satisfied, neutral ─► Preserve: the same memory     new ─► Integrate ⊕     in conflict ─► Resolve: the newest holds

RecBot, 3.4, and ours: how long a demand holds, what outlives a session, edits by hand, undo. All are pure functions;
what stopped holding stays on record with its reason. `consolidation` does a command's work on a memory, `conflicts` has
the table of what gives way to what.
"""

# ruff: noqa: A002 - a round is a round

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from .conflicts import ABOUT
from .consolidation import SCOPES, Consolidated, about_of, consolidate
from .fields import FieldRegistry
from .normal import key
from .records import Constraint, Delta, Demand, Ended, Memory, Preference, Scope, Why
from .seasons import season_ends

__all__ = [
    "Consolidated", "apply", "consolidate", "drop", "expire", "rescope", "restored", "speaks_of", "standing", "undo",
]  # fmt: skip


def apply(
    memory: Memory, delta: Delta, *, quote_source: str, round: int, today: date, registry: FieldRegistry
) -> Memory:
    """Return the memory after a command; of a satisfied or neutral one the very same.

    `quote_source` is the command: what quotes nothing of it is not added, what it does not speak of is not taken back.
    """
    return consolidate(memory, delta, quote_source=quote_source, round=round, today=today, registry=registry).memory


# Time


def expire(memory: Memory, *, today: date, session_ended: bool = False, round: int | None = None) -> Memory:
    """Return the memory without what no longer holds on a day, or after the session; the same where all still holds.

    `round` is the one in which that is found out; without it, it is the last one in which something was said.
    """
    over = [
        demand
        for demand in memory.demands
        if (demand.until is not None and demand.until <= today) or (session_ended and demand.scope == "session")
    ]
    if not over:
        return memory
    said = max(demand.round for demand in (*memory.demands, *(ended.demand for ended in memory.ended)))
    now = said if round is None else round
    ended = tuple(Ended(demand=demand, round=now, why="expired", day=today) for demand in over)
    kept = tuple(demand for demand in memory.demands if demand not in over)
    left = replace(memory, demands=kept, ended=memory.ended + ended)
    return replace(left, demands=(*kept, *_back(left, over, today)))


def _back(left: Memory, over: Sequence[Demand], today: date) -> list[Demand]:
    """Return what stands again since what took its place is over."""
    again = _returning(left, left.demands).values()
    return [
        demand
        for demand in again
        if any(speaks_of(demand, gone) for gone in over)
        and demand not in over
        and (demand.until is None or demand.until > today)
    ]


def standing(memory: Memory) -> Memory:
    """Return what outlives the session, to begin the next one with: ids stay, rounds start again at 0.

    What was suspended for the session stands again, unless it was spoken of since. Of what has ended, that part goes
    along which was meant to outlive a session; the rest is told by its rounds.
    """
    lasting = [demand for demand in memory.demands if demand.scope != "session"]
    again = _returning(memory, lasting)
    return Memory(
        demands=tuple(replace(demand, round=0) for demand in (*again.values(), *lasting)),
        ended=tuple(
            replace(ended, round=0, demand=replace(ended.demand, round=0))
            for at, ended in enumerate(memory.ended)
            if ended.demand.scope != "session" and at not in again
        ),
        next_number=memory.next_number,
    )


SPOKEN_OF = ("cleared", "contradicted")
"""Ends that take back all that was said about a thing, and what was suspended with it."""


def _returning(memory: Memory, holding: Sequence[Demand]) -> dict[int, Demand]:
    """Return what was suspended and stands again beside what holds, by its place among what has ended, in order."""
    found: dict[int, Demand] = {}
    for at in range(len(memory.ended) - 1, -1, -1):  # what was suspended last stands in for what was before it
        if _returns(memory, at, (*holding, *found.values())):
            found[at] = memory.ended[at].demand
    return {at: found[at] for at in sorted(found)}


def _returns(memory: Memory, at: int, holding: Sequence[Demand]) -> bool:
    """Return whether an end is that of a demand that was only suspended, and of which nothing was said since.

    What took its place being dropped by hand, replaced, reset or undone says nothing of it; words that take that back
    do, and so does what was to hold as long as it. Nor does it return while something of the kind is `holding`.
    """
    one = memory.ended[at]
    if one.why != "suspended":
        return False
    since = [later for later in memory.ended[at + 1 :] if speaks_of(one.demand, later.demand)]
    spoken = any(later.why in SPOKEN_OF or (later.why == "retracted" and later.by) for later in since)
    length = SCOPES.index(one.demand.scope)
    outlived = any(later.demand.id == one.demand.id or SCOPES.index(later.demand.scope) >= length for later in since)
    held = any(demand.id == one.demand.id or speaks_of(one.demand, demand) for demand in holding)
    return not (spoken or outlived or held)


def speaks_of(one: Demand, other: Demand) -> bool:
    """Return whether two demands are about one thing; `no red` says nothing of `no blue`."""
    if _thing(one) != _thing(other):
        return False
    return not (one.polarity == other.polarity == "negative" and not _numeric(one) and _said(one) != _said(other))


def _thing(demand: Demand) -> tuple[str, str]:
    """Return what a demand speaks of: its field or facet; of free words, the words."""
    name = about_of(demand)
    return name, key(demand.text) if isinstance(demand, Preference) and name == ABOUT else ""


def _numeric(demand: Demand) -> bool:
    values = demand.value if isinstance(demand, Constraint) else ()
    return not isinstance(values if not isinstance(values, tuple) else next(iter(values), ""), str)


def _said(demand: Demand) -> str:
    return key(demand.text if isinstance(demand, Preference) else f"{demand.value}")


# Edits by hand


def drop(
    memory: Memory,
    demand_id: str,
    *,
    round: int | None = None,
    today: date | None = None,
    why: Why = "retracted",
) -> Memory:
    """Return the memory without a demand; the same where no such demand holds."""
    demand = memory.demand(demand_id)
    if demand is None:
        return memory
    ended = Ended(demand=demand, round=demand.round if round is None else round, why=why, day=today)
    kept = tuple(held for held in memory.demands if held.id != demand_id)
    return replace(memory, demands=kept, ended=(*memory.ended, ended))


def rescope(memory: Memory, demand_id: str, scope: Scope, *, today: date) -> Memory:
    """Return the memory with a demand that holds for the session, until the season turns, or until it is taken back."""
    until = season_ends(today) if scope == "season" else None
    held = tuple(
        replace(demand, scope=scope, until=until) if demand.id == demand_id else demand for demand in memory.demands
    )
    return memory if held == memory.demands else replace(memory, demands=held)


def undo(history: Sequence[Memory], *, today: date, round: int) -> tuple[Memory, ...]:
    """Return a history, oldest first, that ends with what held before its last change; each call goes one back.

    What the change brought is on record as undone, and what it had ended holds again under its own id, though it stays
    on record that it had ended; what has expired meanwhile stays expired. Ids that were given are not given again.
    Where nothing ever changed, the history is returned as it is.
    """
    if not history:
        return ()
    now = history[-1]
    at = next((at for at in range(len(history) - 1, -1, -1) if history[at].demands != now.demands), None)
    if at is None:
        return tuple(history)
    return (*history[:at], restored(now, history[at], today=today, round=round))


def restored(now: Memory, before: Memory, *, today: date, round: int) -> Memory:
    """Return a memory that holds what `before` held, with all that has been on record since."""
    held = tuple(demand for demand in before.demands if demand.until is None or demand.until > today)
    kept = {demand.id for demand in held}
    undone = tuple(Ended(demand=old, round=round, why="undone", day=today) for old in now.demands if old.id not in kept)
    return Memory(demands=held, ended=now.ended + undone, next_number=max(now.next_number, before.next_number))
