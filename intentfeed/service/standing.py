"""What a person asked for that outlives a session, put together from all their sessions: none undoes another's."""

from __future__ import annotations

import json
from dataclasses import replace

from ..commands import memory as remembering
from ..commands.records import Constraint, Demand, Ended, Memory, plain
from ..feed.kept import read_memory
from ..feed.rounds import plain_memory
from .state import Json


def merged(held: Json | None, before: Memory, after: Memory) -> Json | None:
    """Return the standing memory after a round of one session; None where nothing stands.

    What the round took back leaves; what it added comes, and takes the place of an older demand on the same number.
    What is suspended for a season is kept beside it, to stand again after that.
    """
    stored = read_memory(held) if held else Memory()
    lasting = remembering.standing(after)
    was, now = remembering.standing(before).demands, lasting.demands
    meant_before, meant_now = {_meaning(one) for one in was}, {_meaning(one) for one in now}
    new = [one for one in now if _meaning(one) not in meant_before]
    if meant_before == meant_now:
        return held
    replaced = {place for one in new if (place := _place(one))}
    demands = [
        one
        for one in stored.demands
        if _meaning(one) not in (meant_before - meant_now) | {_meaning(other) for other in new}
        and _place(one) not in replaced
    ]
    number = stored.next_number
    for one in new:
        demands.append(_named(one, f"c{number}"))
        number += 1
    asleep: dict[str, Ended] = {}
    for ended in (*stored.ended, *lasting.ended):
        held_back = any(remembering.speaks_of(ended.demand, demand) for demand in demands)
        meaning = _meaning(ended.demand)
        if ended.why == "suspended" and held_back and meaning not in meant_now and meaning not in asleep:
            asleep[meaning] = replace(ended, demand=_named(ended.demand, f"c{number}"))
            number += 1
    memory = Memory(demands=tuple(demands), ended=tuple(asleep.values()), next_number=number)
    return plain_memory(memory) if demands else None


def _meaning(demand: Demand) -> str:
    """Return what tells whether two demands ask for the same, for as long."""
    told = {
        name: value for name, value in plain(demand).items() if name not in ("id", "quote", "round", "until", "said")
    }
    return json.dumps(told, sort_keys=True)


def _place(demand: Demand) -> tuple[str, str] | None:
    """Return what only one demand may speak of: a number, from one side."""
    if isinstance(demand, Constraint) and demand.op in ("lt", "le", "gt", "ge", "between"):
        return demand.polarity, demand.field
    return None


def _named(demand: Demand, demand_id: str) -> Demand:
    return replace(demand, id=demand_id, round=0)
