"""The interactive feed on one page: what a person may say and do, and what becomes of their session (RecBot, 2.4).

What answers them, from the memory to the next slate, stands in `answering`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import get_args

import numpy as np

from ..commands import memory as remembering
from ..commands.alike import Alike
from ..commands.config import CommandsConfig
from ..commands.fields import FieldRegistry
from ..commands.kin import Kin
from ..commands.masks import Masks
from ..commands.parser import Parser
from ..commands.planner import GroundedPlanner, Planner
from ..commands.records import Command, Demand, Memory, Scope, Shown
from ..commands.toolbox import toolbox
from ..commands.tools import ActiveIntent, Tools
from ..commands.vectors import Vectors
from ..commands.witness import Witness
from ..errors import ConfigError, DataError
from ..types import ACTIONS, Action, History, Interest, Slate, Tag, TextEncoder
from .answering import Answering, Heard, subject_of, tell
from .clock import Clock
from .diff import diff
from .parts import FeedParts
from .personal import TextItems
from .rounds import NOTHING_SAID, Round, Session, advanced, appended, last_undoable, plain_delta, told_before
from .taste import taste_of

__all__ = ["Heard", "InteractiveFeed"]


@dataclass(frozen=True, kw_only=True)
class InteractiveFeed(Answering):
    """A feed that can be told things. Made once, shared by all sessions, changed by none.

    Every method returns a new session, whose last round tells what happened.
    """

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
        let be. Tools that are handed in have their vectors from whoever made them.

        Raises:
            ConfigError: both an encoder for that column and tools are given.
            DataError: the column has no vectors, or not of the encoder's width.
        """
        config = config or CommandsConfig()
        column, vectors = config.matcher.vector_column, None
        if column and vector_encoder is not None:
            if tools is not None:
                raise ConfigError(
                    "tools and vector_encoder are both given, and tools bring their own vectors: leave the encoder out "
                    "and make the tools with toolbox(config, vectors=Vectors.of(catalog, column, encoder))"
                )
            vectors = Vectors.of(parts.catalog, column, vector_encoder)
        registry = registry or FieldRegistry.of(parts.catalog, config.fields, without=(column,))
        masks, items = Masks(registry, parts.catalog), TextItems.of(parts)
        return cls(
            parts=parts,
            registry=registry,
            masks=masks,
            witness=Witness(parts.catalog, registry, masks),
            items=items,
            alike=Alike.fit(items, registry, config.attenuator),
            kin=Kin(parts.catalog),
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
        """Return a new session in front of its first slate, which heeds what stands from before.

        Raises:
            DataError: a slate of `k` items shows nothing.
        """
        if k is not None and k < 1:
            raise DataError(f"a slate of {k} items shows nothing: let k be 1 or more, or leave it out")
        memory = remembering.expire(self._decidable(standing, today, round=0), today=today, round=0)
        session = Session(
            session_id=session_id,
            user_id=user_id,
            history=history,
            interests=tuple(interests),
            tags=tuple(tags),
            memory=memory,
            slate=Slate(user_id=user_id or "", items=()),
            round=-1,
            k=self.parts.config.k if k is None else k,
        )
        return self.answered(session, memory, "open", clock=Clock(), today=today)

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
            memory=self._decidable(last.after, last.day, round=last.number),
            slate=slate,
            rows=self.rows(slate),
            round=last.number,
            rounds=tuple(rounds),
            k=rounds[0].k,
        )

    def command(self, session: Session, text: str, *, today: date, heard: Heard | None = None) -> Session:
        """Return the session after a command: (R_t, c_t, P_t) → P_{t+1} → R_{t+1} (RecBot, 2.1)."""
        clock, number = Clock(), session.round + 1
        before = remembering.expire(session.memory, today=today, round=session.round + 1)
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
        return self.answered(
            session, found.memory, "command", clock=clock, today=today, command=text, delta=delta, heard=heard
        )

    def undo(self, session: Session, *, today: date) -> Session:
        """Return the session as it was before the last command or edit that still counts: memory and slate.

        Where the slate may not return as it was, since items or fields are gone, something was taken up, or a demand
        has run out, what holds again is answered anew.

        Raises:
            DataError: there is nothing left to undo.
        """
        clock, at = Clock(), last_undoable(session.rounds)
        if at is None:
            raise DataError(f"session {session.session_id!r} has nothing to undo: say or change something first")
        undone, shown, number = session.rounds[at], session.rounds[at - 1], session.round + 1
        held = remembering.expire(session.memory, today=today, round=session.round + 1)
        after = remembering.restored(held, undone.before, today=today, round=number)
        after = self._decidable(after, today, round=number)
        if not self._still_fits(session, shown, after):
            return self.answered(session, after, "undo", clock=clock, today=today, command=undone.command)
        now = replace(
            shown,
            number=number,
            kind="undo",
            day=today,
            command=undone.command,
            delta=None,
            before=told_before(session),
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
        held = remembering.expire(session.memory, today=today, round=session.round + 1)
        demand = self._held(session, held, demand_id)
        memory = remembering.drop(held, demand.id, round=session.round + 1, today=today)
        return self.answered(session, memory, "edit", clock=Clock(), today=today, command=f"drop {demand.id}")

    def rescope(self, session: Session, demand_id: str, scope: Scope, *, today: date) -> Session:
        """Return the session with one demand holding for longer, or less long.

        Raises:
            DataError: no such demand holds, or there is no such scope.
        """
        if scope not in get_args(Scope):
            raise DataError(f"there is no scope {scope[:40]!r}: choose one of {', '.join(get_args(Scope))}")
        held = remembering.expire(session.memory, today=today, round=session.round + 1)
        demand = self._held(session, held, demand_id)
        memory = remembering.rescope(held, demand.id, scope, today=today)
        memory = remembering.expire(memory, today=today, round=session.round + 1)
        return self.answered(session, memory, "edit", clock=Clock(), today=today, command=f"{scope} {demand.id}")

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
        memory = remembering.expire(session.memory, today=today, round=session.round + 1)
        return self.answered(grown, memory, "feedback", clock=Clock(), today=today, command=f"{action} {item_id}")

    def _still_fits(self, session: Session, shown: Round, after: Memory) -> bool:
        """Return whether the slate of an earlier round may be shown once more, and what is told of it is still so."""
        rows, items = self.rows(shown.slate), shown.slate.items
        if after.demands != shown.after.demands or len(rows) < len(items):
            return False
        allowed = self.parts.screen.allowed(taste_of(session.history, session.interests))
        told = {item.item_id: self.witness.of_all(after, row) for item, row in zip(items, rows, strict=True)}
        return told == shown.meets and bool(allowed.of(np.array(rows, dtype=np.int32)).all())

    def _decidable(self, memory: Memory, today: date, *, round: int) -> Memory:  # noqa: A002
        """Return a memory of an earlier day without demands on fields that the items have no longer."""
        for demand in memory.constraints:
            if self.registry.field(demand.field) is None:
                memory = remembering.drop(memory, demand.id, round=round, today=today, why="undecidable")
        return memory

    @staticmethod
    def _held(session: Session, memory: Memory, demand_id: str) -> Demand:
        demand = memory.demand(demand_id)
        if demand is None:
            held = ", ".join(one.id for one in memory.demands) or "none"
            raise DataError(f"no demand {demand_id[:40]!r} holds in session {session.session_id!r}: those are {held}")
        return demand
