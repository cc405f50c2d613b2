"""Commands whose meaning is known: what was said, what was on the screen and held before it, and its gold."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from ...commands.fields import FieldRegistry
from ...commands.records import Command, Demand, Memory, Shown
from ...data.catalog import Catalog
from ...errors import DataError
from ...simulate.gold import Gold
from ...simulate.sessions import TODAY, Played
from .written import WrittenGold, gold_in, written_memory


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotCase:
    """One command, what was on the screen and held before it, and what it truly says."""

    name: str
    command: Command
    gold: Gold
    unscorable: tuple[str, ...] = ()
    """Demands of the gold that this catalogue has no field for."""


def cases_of(played: Sequence[Played], *, today: date = TODAY) -> list[SlotCase]:
    """Return the commands of sessions as cases: on the screen what was, in the memory what truly held."""
    found: list[SlotCase] = []
    for session in played:
        name = session.episode.episode_id
        found += [
            _case(f"{name}#{one.number}", one.said.text, one.before, one.held, one.said.gold, one.number, today)
            for one in session.rounds
        ]
        if session.closing is not None:
            said, last = session.closing, session.rounds[-1]
            rows = last.feed.rows[: len(last.before)]
            found.append(_case(f"{name}#end", said.text, rows, last.active, said.gold, last.number + 1, today))
    return found


def _case(
    name: str, text: str, rows: Sequence[int], held: Sequence[Demand], gold: Gold, number: int, today: date
) -> SlotCase:
    command = Command(
        text=text,
        slate=tuple(Shown(position=at, row=row) for at, row in enumerate(rows, start=1)),
        memory=numbered(held),
        round=number,
        today=today,
    )
    return SlotCase(name=name, command=command, gold=gold)


def numbered(held: Sequence[Demand]) -> Memory:
    """Return a memory of demands, with the ids that a memory would have given."""
    demands = tuple(replace(demand, id=f"c{at}") for at, demand in enumerate(held, start=1))
    return Memory(demands=demands, next_number=len(demands) + 1)


def written_case(
    line: Mapping[str, Any],
    feeds: Mapping[str, Sequence[str]],
    catalog: Catalog,
    registry: FieldRegistry,
    *,
    today: date = TODAY,
) -> SlotCase:
    """Return one written command as a case; `feeds` are item ids by the feed's number."""
    name, feed = str(line["id"]), str(line["feed"])
    if feed not in feeds:
        raise DataError(f"command {name!r} stands before feed {feed!r}, which the feeds file does not hold: add it")
    missing = [item for item in feeds[feed] if item not in catalog.row_of]
    if missing:
        raise DataError(f"feed {feed!r} shows item {missing[0]!r}, which the items do not hold: add it to them")
    rows = [catalog.row_of[item] for item in feeds[feed]]
    memory = written_memory(line.get("before") or [], rows, registry)
    read: WrittenGold = gold_in(line["gold"], rows, registry, memory)
    command = Command(
        text=line["text"],
        slate=tuple(Shown(position=at, row=each) for at, each in enumerate(rows, start=1)),
        memory=memory,
        round=1 + max((demand.round for demand in memory.demands), default=0),
        today=today,
    )
    return SlotCase(name=name, command=command, gold=read.gold, unscorable=read.unscorable)


def written_lines(path: Path, *needed: str) -> list[dict[str, Any]]:
    """Return a file's lines, each a JSON object with what is needed."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            held = json.loads(line)
        except ValueError as error:
            raise DataError(f"line {number} of {path} is not JSON ({error}): write one object a line") from error
        missing = [name for name in needed if not isinstance(held, dict) or name not in held]
        if missing:
            raise DataError(f"line {number} of {path} has no {missing[0]!r}: write one object with it a line")
        found.append(held)
    return found
