"""Rounds as they were kept: plain JSON values → records, so that a session outlives the process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from ..commands.records import Delta, Ended, Memory, Step, read_demand
from ..commands.tools import Relaxed
from ..commands.witness import Met
from ..errors import DataError
from ..types import Claim, Reason, Slate, SlateItem
from .diff import Change, Diff
from .rounds import Round


def read_rounds(held: Iterable[Mapping[str, Any]]) -> list[Round]:
    """Return the rounds of one session, the first one first; what has ended is held once for all of them.

    Raises:
        DataError: something of one is missing, or is not what it should be.
    """
    found: list[Round] = []
    for one in held:
        found.append(read_round(one, ended=found[-1].after.ended if found else ()))
    return found


def read_round(held: Mapping[str, Any], *, ended: tuple[Ended, ...] = ()) -> Round:
    """Return the round that `Round.plain` wrote; `ended` is what had ended when the round before it was done.

    Raises:
        DataError: something of it is missing, or is not what it should be.
    """
    try:
        items = held["next_feed"]
        known = ended[: held.get("ended_before", 0)]
        since = (*known, *map(_read_ended, held.get("ended", ())))
        return Round(
            number=held["round"],
            kind=held["kind"],
            day=date.fromisoformat(held["day"]),
            k=held["k"],
            command=held["command"],
            delta=read_delta(held["delta"]) if held["delta"] is not None else None,
            before=read_memory(held["prefs_before"], ended=since if held["kind"] == "open" else known),
            after=read_memory(held["prefs_after"], ended=since),
            plan=tuple(Step(tool=step["tool"], args=step["args"]) for step in held["plan"]),
            planned_by=held["planned_by"],
            repaired=held["plan_repair"],
            slate=Slate(user_id=held["user_id"], items=tuple(map(_item, items))),
            scores={item["item_id"]: item["scores"] for item in items},
            meets={item["item_id"]: tuple(Met(**met) for met in item["meets"]) for item in items},
            diff=_diff(held["diff"]),
            relaxed=tuple(Relaxed(**one) for one in held["relaxed"]),
            dropped=held["dropped"],
            empty_why=held["empty_why"],
            short=held.get("short", ""),
            latency_ms=held["latency_ms"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"a kept round cannot be read ({error}): delete that session and begin it anew") from error


def read_memory(held: Mapping[str, Any], *, ended: tuple[Ended, ...] = ()) -> Memory:
    """Return the memory that `plain_memory` wrote; `ended` where it does not say what has."""
    demands = {
        told["id"]: read_demand(told)
        for polarity in ("positive", "negative")
        for kind in ("hard", "soft")
        for told in held[polarity][kind]
    }
    return Memory(
        demands=tuple(demands[demand_id] for demand_id in held["order"]),
        ended=tuple(map(_read_ended, held["ended"])) if "ended" in held else ended,
        next_number=held["next_number"],
    )


def _read_ended(one: Mapping[str, Any]) -> Ended:
    day = date.fromisoformat(one["day"]) if one.get("day") else None
    return Ended(demand=read_demand(one["demand"]), round=one["round"], why=one["why"], by=one["by"], day=day)


def read_delta(held: Mapping[str, Any]) -> Delta:
    """Return the delta that `plain_delta` wrote."""
    told: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in held.items()}
    return Delta(**{**told, "add": tuple(read_demand(demand) for demand in held["add"])})


def _item(held: Mapping[str, Any]) -> SlateItem:
    told = {name: value for name, value in held.items() if name not in ("scores", "meets", "reason", "sources")}
    return SlateItem(**told, sources=tuple(held["sources"]), reason=_reason(held["reason"]))


def _reason(held: Mapping[str, Any]) -> Reason:
    claims = tuple(Claim(**{**claim, "event_ids": tuple(claim["event_ids"])}) for claim in held["claims"])
    return Reason(**{**held, "claims": claims})


def _diff(held: Mapping[str, Any]) -> Diff:
    changes = {
        name: tuple(Change(**{**one, "caused_by": tuple(one["caused_by"])}) for one in held[name])
        for name in ("left", "came", "moved")
    }
    return Diff(**changes, stayed=tuple(held["stayed"]), words=held["words"])
