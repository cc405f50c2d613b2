"""The records of a session: what was on the screen, what was said, and what came of it (RecBot, 2.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Literal

import numpy as np

from ..commands.planner import plain_plan
from ..commands.records import Delta, Ended, Memory, Plan, Speaker, plain
from ..commands.tools import Relaxed
from ..commands.witness import Met
from ..types import ACTION_CODE, ACTIONS, NO_TIME, Action, History, Interest, Slate, SlateItem, Tag
from .diff import Diff

Kind = Literal["open", "command", "undo", "edit", "feedback"]
NOTHING_SAID = Memory()
NO_CHANGE = Diff()


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One step: the memory before and after, the plan, the next slate, and what changed."""

    number: int
    kind: Kind
    day: date
    k: int
    """Places on the slate."""
    command: str = ""
    """The words of a command; of an edit or an event what was done."""
    delta: Delta | None = None
    """What the command was understood to change; None where nobody spoke."""
    before: Memory = NOTHING_SAID
    after: Memory = NOTHING_SAID
    plan: Plan = ()
    planned_by: Speaker = "grounded"
    repaired: bool = False
    """Whether the planner's own plan could not run."""
    slate: Slate
    scores: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Of each shown item, by its id: s_sem, s_collab, s_match, s_atten, s_final, and one of each further tool."""
    meets: Mapping[str, tuple[Met, ...]] = field(default_factory=dict)
    """Of each shown item, by its id: which demands it meets, and by which field."""
    diff: Diff = NO_CHANGE
    relaxed: tuple[Relaxed, ...] = ()
    """Demands that were eased, each with words for the person."""
    dropped: Mapping[str, int] = field(default_factory=dict)
    """How many items of the catalogue a demand excludes, by its id; how many candidates a filter of the feed does."""
    empty_why: str = ""
    """One sentence where the slate is empty."""
    short: str = ""
    """One sentence where the slate holds less of what was asked for than it has places."""
    latency_ms: Mapping[str, float] = field(default_factory=dict)

    @property
    def event(self) -> tuple[Action, str] | None:
        """Action and item id of what was taken up, where that is what happened."""
        action, _, item_id = self.command.partition(" ")
        return (ACTIONS[ACTION_CODE[action]], item_id) if self.kind == "feedback" else None

    def plain(self) -> dict[str, Any]:
        """Return the round as JSON values, from which `read_round` makes it again.

        Of what has ended, it holds what this round added, lest a session grows with the square of its rounds; the
        first one holds all.
        """
        known = () if self.kind == "open" else self.before.ended
        if self.after.ended[: len(known)] != known:
            known = ()
        return {
            "round": self.number,
            "kind": self.kind,
            "day": self.day.isoformat(),
            "k": self.k,
            "command": self.command,
            "delta": plain_delta(self.delta) if self.delta else None,
            "prefs_before": _plain_held(self.before),
            "prefs_after": _plain_held(self.after),
            "ended_before": len(known),
            "ended": [_plain_ended(one) for one in self.after.ended[len(known) :]],
            "plan": plain_plan(self.plan),
            "planned_by": self.planned_by,
            "plan_repair": self.repaired,
            "next_feed": [self._plain_item(item) for item in self.slate.items],
            "user_id": self.slate.user_id,
            "diff": asdict(self.diff),
            "relaxed": [asdict(one) for one in self.relaxed],
            "dropped": dict(self.dropped),
            "empty_why": self.empty_why,
            "short": self.short,
            "latency_ms": dict(self.latency_ms),
        }

    def _plain_item(self, item: SlateItem) -> dict[str, Any]:
        return {
            **asdict(item),
            "scores": dict(self.scores.get(item.item_id, {})),
            "meets": [asdict(met) for met in self.meets.get(item.item_id, ())],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One person at the feed: what is known of them, what holds, what they see, and all rounds so far."""

    session_id: str
    user_id: str | None = None
    history: History
    interests: tuple[Interest, ...] = ()
    tags: tuple[Tag, ...] = ()
    memory: Memory = NOTHING_SAID
    slate: Slate
    rows: tuple[int, ...] = ()
    """Of the catalogue, of the items on the slate."""
    round: int = 0
    rounds: tuple[Round, ...] = ()
    k: int = 10

    @property
    def last(self) -> Round:
        """What happened last."""
        return self.rounds[-1]


def plain_memory(memory: Memory) -> dict[str, Any]:
    """Return a memory as JSON values: the four cells of RecBot, 3.2, and what no longer holds."""
    return {**_plain_held(memory), "ended": [_plain_ended(one) for one in memory.ended]}


def _plain_held(memory: Memory) -> dict[str, Any]:
    cells: dict[str, dict[str, list[dict[str, Any]]]] = {
        polarity: {"hard": [], "soft": []} for polarity in ("positive", "negative")
    }
    for demand in memory.demands:
        told = plain(demand)
        cells[demand.polarity][told["kind"]].append(told)
    return {**cells, "order": [one.id for one in memory.demands], "next_number": memory.next_number}


def _plain_ended(one: Ended) -> dict[str, Any]:
    day = one.day.isoformat() if one.day else None
    return {"demand": plain(one.demand), "round": one.round, "why": one.why, "by": one.by, "day": day}


def plain_delta(delta: Delta) -> dict[str, Any]:
    """Return a delta as JSON values."""
    told = asdict(delta)
    told["add"] = [plain(demand) for demand in delta.add]
    return {name: list(value) if isinstance(value, tuple) else value for name, value in told.items()}


def told_before(session: Session) -> Memory:
    """Return the memory that the last round ended with; before the first one, that of the session."""
    return session.rounds[-1].after if session.rounds else session.memory


def advanced(session: Session, now: Round, rows: tuple[int, ...]) -> Session:
    """Return the session after a round."""
    return replace(
        session, memory=now.after, slate=now.slate, rows=rows, round=now.number, rounds=(*session.rounds, now)
    )


def last_undoable(rounds: Sequence[Round]) -> int | None:
    """Return the place of the last command or edit that has not been undone; None where there is none."""
    standing: list[int] = []
    for at, one in enumerate(rounds):
        if one.kind in ("command", "edit"):
            standing.append(at)
        elif one.kind == "undo" and standing:
            standing.pop()
    return standing[-1] if standing else None


def appended(history: History, row: int, action: Action, today: date) -> History:
    """Return a history with one more event, newest: of the session, and so without a number in the log."""
    midnight = datetime(today.year, today.month, today.day, tzinfo=UTC)
    timed = bool(len(history)) and history.time_s[-1] != NO_TIME
    time_s = max(int(history.time_s[-1]), int(midnight.timestamp())) if timed else NO_TIME
    return replace(
        history,
        event_id=np.append(history.event_id, np.int64(-1)),
        action=np.append(history.action, np.int8(ACTION_CODE[action])),
        item=np.append(history.item, np.int32(row)),
        time_s=np.append(history.time_s, np.int64(time_s)),
        value=np.append(history.value, np.nan),
        query=[*history.query, None],
    )
