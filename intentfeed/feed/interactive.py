"""The interactive feed on one page: hear, remember, plan, run the tools, compose, tell what changed (RecBot, 2.4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, get_args

import numpy as np

from ..commands import memory as remembering
from ..commands.alike import Alike
from ..commands.config import CommandsConfig
from ..commands.fields import FieldRegistry
from ..commands.masks import Masks
from ..commands.parser import Parser
from ..commands.planner import Considers, GroundedPlanner, Planner, plain_plan, repaired
from ..commands.records import Command, Delta, Demand, Memory, Plan, Scope, Shown, Speaker
from ..commands.toolbox import toolbox
from ..commands.tools import ActiveIntent, Nominates, Pool, ToolContext, Tools
from ..commands.vectors import Vectors
from ..commands.witness import Witness
from ..errors import DataError
from ..types import ACTIONS, Action, History, Interest, Slate, Tag, TextEncoder
from .clock import Clock
from .composing import composed, scores_of, why_empty
from .diff import diff
from .filters import Filters
from .personal import Personal, TextItems
from .recommend import FeedParts, Query, Ranked
from .rounds import NOTHING_SAID, Kind, Round, Session, advanced, appended, last_undoable, plain_delta

Heard = Callable[[str, dict[str, Any]], None]
"""Is told of each stage as it is done: `parsed`, `planned`, `filtered`, `ranked`."""


@dataclass(frozen=True, kw_only=True)
class InteractiveFeed:
    """A feed that can be told things. Made once, shared by all sessions, changed by none.

    Every method returns a new session, whose last round tells what happened.
    """

    parts: FeedParts
    registry: FieldRegistry
    masks: Masks
    witness: Witness
    items: TextItems
    alike: Alike
    parser: Parser
    planner: Planner
    tools: Tools
    config: CommandsConfig
    active: ActiveIntent | None = None

    @classmethod
    def build(
        cls,
        parts: FeedParts,
        parser: Callable[[FieldRegistry], Parser],
        *,
        config: CommandsConfig | None = None,
        planner: Planner | None = None,
        tools: Tools | None = None,
        registry: FieldRegistry | None = None,
        active: ActiveIntent | None = None,
        vector_encoder: TextEncoder | None = None,
    ) -> InteractiveFeed:
        """Return the feed over the parts of the request path; `parser` makes the parser that knows the fields.

        `vector_encoder` turns words into the space of `matcher.vector_column`, of images say; without it the column is
        let be.
        """
        config = config or CommandsConfig()
        column, vectors = config.matcher.vector_column, None
        if column and vector_encoder is not None:
            vectors = Vectors.of(parts.catalog, column, vector_encoder)
        registry = registry or FieldRegistry.of(parts.catalog, config.fields)
        masks, items = Masks(registry, parts.catalog), TextItems.of(parts)
        return cls(
            parts=parts,
            registry=registry,
            masks=masks,
            witness=Witness(parts.catalog, registry, masks),
            items=items,
            alike=Alike.fit(items, registry, config.attenuator),
            parser=parser(registry),
            planner=planner or GroundedPlanner(),
            tools=tools or toolbox(config, vectors=vectors),
            config=config,
            active=active,
        )

    def open(
        self,
        *,
        session_id: str,
        history: History,
        user_id: str | None = None,
        interests: Sequence[Interest] = (),
        tags: Sequence[Tag] = (),
        standing: Memory = NOTHING_SAID,
        today: date,
        k: int | None = None,
    ) -> Session:
        """Return a new session in front of its first slate, which heeds what stands from before."""
        memory = remembering.expire(self._decidable(standing), today=today)
        session = Session(
            session_id=session_id,
            user_id=user_id,
            history=history,
            interests=tuple(interests),
            tags=tuple(tags),
            memory=memory,
            slate=Slate(user_id=user_id or "", items=()),
            round=-1,
            k=k or self.parts.config.k,
        )
        return self._next(session, memory, "open", clock=Clock(), today=today)

    def resume(
        self,
        rounds: Sequence[Round],
        *,
        session_id: str,
        history: History,
        user_id: str | None = None,
        interests: Sequence[Interest] = (),
        tags: Sequence[Tag] = (),
    ) -> Session:
        """Return a session from its rounds, of which there is at least one, and what the log knows of the person.

        What was taken up during the session is added to the history. Items that the catalogue has no longer leave.
        """
        row_of, last = self.parts.catalog.row_of, rounds[-1]
        for one in rounds:
            if one.kind == "feedback" and (event := one.event) and event[1] in row_of:
                history = appended(history, row_of[event[1]], event[0], one.day)
        shown = tuple(item for item in last.slate.items if item.item_id in row_of)
        slate = replace(last.slate, items=shown)
        return Session(
            session_id=session_id,
            user_id=user_id,
            history=history,
            interests=tuple(interests),
            tags=tuple(tags),
            memory=self._decidable(last.after),
            slate=slate,
            rows=self.rows(slate),
            round=last.number,
            rounds=tuple(rounds),
            k=rounds[0].k,
        )

    def command(self, session: Session, text: str, *, today: date, heard: Heard | None = None) -> Session:
        """Return the session after a command: (R_t, c_t, P_t) → P_{t+1} → R_{t+1} (RecBot, 2.1)."""
        clock, number = Clock(), session.round + 1
        before = remembering.expire(session.memory, today=today)
        shown = tuple(Shown(position=at, row=row) for at, row in enumerate(session.rows, start=1))
        told = Command(text=text, slate=shown, memory=before, round=number, today=today, subject=subject_of(session))
        delta = self.parser.parse(told)
        clock.done("parser")
        found = remembering.consolidate(
            before, delta, quote_source=text, round=number, today=today, registry=self.registry
        )
        delta = replace(delta, ignored=(*delta.ignored, *found.ignored))
        clock.done("memory")
        tell(heard, "parsed", plain_delta(delta))
        return self._next(
            session, found.memory, "command", clock=clock, today=today, command=text, delta=delta, heard=heard
        )

    def undo(self, session: Session, *, today: date) -> Session:
        """Return the session as it was before the last command or edit that still counts: memory and slate.

        Raises:
            DataError: there is nothing left to undo.
        """
        clock, at = Clock(), last_undoable(session.rounds)
        if at is None:
            raise DataError(f"session {session.session_id!r} has nothing to undo: say or change something first")
        undone, shown = session.rounds[at], session.rounds[at - 1]
        after = remembering.restored(session.memory, undone.before, today=today, round=session.round + 1)
        now = replace(
            shown,
            number=session.round + 1,
            kind="undo",
            day=today,
            command=undone.command,
            delta=None,
            before=session.memory,
            after=after,
            diff=diff(session.slate, shown.slate, session.memory, after, self.witness),
        )
        clock.done("diff")
        return advanced(session, replace(now, latency_ms=clock.told()), self.rows(shown.slate))

    def drop(self, session: Session, demand_id: str, *, today: date) -> Session:
        """Return the session without one demand.

        Raises:
            DataError: no such demand holds.
        """
        demand = self._held(session, demand_id)
        memory = remembering.drop(session.memory, demand.id, round=session.round + 1)
        memory = remembering.expire(memory, today=today)
        return self._next(session, memory, "edit", clock=Clock(), today=today, command=f"drop {demand.id}")

    def rescope(self, session: Session, demand_id: str, scope: Scope, *, today: date) -> Session:
        """Return the session with one demand holding for longer, or less long.

        Raises:
            DataError: no such demand holds, or there is no such scope.
        """
        demand = self._held(session, demand_id)
        if scope not in get_args(Scope):
            raise DataError(f"there is no scope {scope[:40]!r}: choose one of {', '.join(get_args(Scope))}")
        memory = remembering.rescope(session.memory, demand.id, scope, today=today)
        memory = remembering.expire(memory, today=today)
        return self._next(session, memory, "edit", clock=Clock(), today=today, command=f"{scope} {demand.id}")

    def feedback(self, session: Session, item_id: str, action: Action, *, today: date) -> Session:
        """Return the session after somebody took up an item: the history grows, the memory stays.

        Raises:
            DataError: the item or the action is unknown.
        """
        row = self.parts.catalog.row_of.get(item_id)
        if row is None or action not in ACTIONS:
            what = f"item {item_id[:80]!r}" if row is None else f"action {action[:80]!r}"
            raise DataError(f"there is no {what}: send an item of the catalogue and one of {', '.join(ACTIONS)}")
        grown = replace(session, history=appended(session.history, row, action, today))
        memory = remembering.expire(session.memory, today=today)
        return self._next(grown, memory, "feedback", clock=Clock(), today=today, command=f"{action} {item_id}")

    def rows(self, slate: Slate) -> tuple[int, ...]:
        """Return the catalogue rows of what is shown, or was shown and is still there."""
        row_of = self.parts.catalog.row_of
        return tuple(row_of[item_id] for item_id in slate.item_ids if item_id in row_of)

    def _next(
        self,
        session: Session,
        after: Memory,
        kind: Kind,
        *,
        clock: Clock,
        today: date,
        command: str = "",
        delta: Delta | None = None,
        heard: Heard | None = None,
    ) -> Session:
        """Return the session with its next round: memory → plan → tools → slate → what changed."""
        plan, planned_by, mended = self._planned(after, subject_of(session))
        clock.done("planner")
        tell(heard, "planned", {"plan": plain_plan(plan), "planned_by": planned_by, "repaired": mended})

        query = self._query(session, after)
        personal = Personal(query, self.parts)
        pool, ranked = self._run(plan, personal, self._context(session, after), clock, heard)
        slate, rows = composed(pool, ranked, query, after, self.parts)
        clock.done("compose")

        now = Round(
            number=session.round + 1,
            kind=kind,
            day=today,
            command=command,
            delta=delta,
            before=session.memory,
            after=after,
            plan=plan,
            planned_by=planned_by,
            repaired=mended,
            k=session.k,
            slate=slate,
            scores=scores_of(pool, rows, slate),
            meets={item.item_id: self.witness.of_all(after, row) for item, row in zip(slate.items, rows, strict=True)},
            diff=diff(session.slate, slate, session.memory, after, self.witness, seen=personal.taste.seen),
            relaxed=pool.relaxed,
            dropped={**personal.allowed.dropped(ranked.found.rows), **pool.dropped},
            empty_why="" if slate.items else why_empty(pool, after),
        )
        clock.done("diff")
        tell(heard, "ranked", {"item_ids": slate.item_ids, "empty_why": now.empty_why})
        return advanced(session, replace(now, latency_ms=clock.told()), rows)

    def _planned(self, memory: Memory, subject: str) -> tuple[Plan, Speaker, bool]:
        """Return a plan that may run, who made it, and whether another had to be replaced."""
        if not isinstance(self.planner, Considers):
            plan, mended = repaired(self.planner.plan(memory), memory, self.tools)
            return plan, "grounded", mended
        made = self.planner.consider(memory, subject=subject)
        plan, mended = repaired(made.plan, memory, self.tools)
        return plan, "grounded" if mended else made.speaker, mended or made.repaired

    def _run(
        self, plan: Plan, personal: Personal, context: ToolContext, clock: Clock, heard: Heard | None
    ) -> tuple[Pool, Ranked]:
        """Return the pool after all tools of a plan that may run, and all that the feed ranked on the way.

        What retrieves and what restricts comes first; then the feed gathers candidates from what is left, and from
        what the scoring tools nominate; then what scores, and what merges.
        """
        told = [(tool, tool.args.model_validate(dict(step.args))) for step in plan if (tool := self.tools[step.tool])]
        pool = Pool(mask_I=personal.allowed.mask_I)
        for tool, args in told:
            if tool.kind in ("retrieve", "restrict"):
                pool = tool.run(pool, args, context)
                clock.done(tool.name)
        left, eased = int(np.count_nonzero(pool.mask_I)), [one.words for one in pool.relaxed]
        tell(heard, "filtered", {"left": left, "dropped": dict(pool.dropped), "relaxed": eased})
        for tool, args in told:
            if isinstance(tool, Nominates):
                pool = tool.nominate(pool, args, context)
        clock.done("nominate")
        pool, ranked = personal.gathered(pool, enough=self.config.enough * context.k)
        clock.done("gather")
        for tool, args in told:
            if tool.kind in ("score", "merge"):
                pool = tool.run(pool, args, context)
                clock.done(tool.name)
        return pool, ranked

    def _query(self, session: Session, memory: Memory) -> Query:
        return Query(
            user_id=session.user_id,
            history=session.history,
            interests=session.interests,
            tags=session.tags,
            k=session.k,
            filters=Filters(without=self._excluded(session, memory)),
        )

    def _context(self, session: Session, memory: Memory) -> ToolContext:
        return ToolContext(
            memory=memory,
            registry=self.registry,
            masks=self.masks,
            witness=self.witness,
            items=self.items,
            alike=self.alike,
            history=session.history,
            k=session.k,
            active=self.active,
        )

    def _excluded(self, session: Session, memory: Memory) -> frozenset[int]:
        """Return what was on the screen and may not come again: all, or what somebody complained of in front of it."""
        if self.config.exclude_shown == "never":
            return frozenset()
        if self.config.exclude_shown == "always":
            return frozenset(row for one in session.rounds for row in self.rows(one.slate))
        found: set[int] = set()
        for demand in memory.preferences:
            if demand.polarity == "negative" and 0 < demand.round <= len(session.rounds):
                held_I = self.witness.held_I(demand)
                if held_I is not None:
                    found.update(row for row in self.rows(session.rounds[demand.round - 1].slate) if held_I[row])
        return frozenset(found)

    def _decidable(self, memory: Memory) -> Memory:
        """Return a memory of an earlier day without demands on fields that the items have no longer."""
        for demand in memory.constraints:
            if self.registry.field(demand.field) is None:
                memory = remembering.drop(memory, demand.id)
        return memory

    @staticmethod
    def _held(session: Session, demand_id: str) -> Demand:
        demand = session.memory.demand(demand_id)
        if demand is None:
            held = ", ".join(one.id for one in session.memory.demands) or "none"
            raise DataError(f"no demand {demand_id[:40]!r} holds in session {session.session_id!r}: those are {held}")
        return demand


def subject_of(session: Session) -> str:
    """Return whom a question to a model is about, so that it is forgotten with them."""
    return session.user_id or session.session_id


def tell(heard: Heard | None, stage: str, facts: dict[str, Any]) -> None:
    """Let whoever listens know of a stage that is done."""
    if heard is not None:
        heard(stage, facts)
