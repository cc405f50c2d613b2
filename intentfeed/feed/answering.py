"""One round of the interactive feed: memory → plan → tools → slate → what changed (RecBot, 2.4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np

from ..commands.alike import Alike
from ..commands.config import CommandsConfig
from ..commands.fields import FieldRegistry
from ..commands.kin import Kin
from ..commands.masks import Masks
from ..commands.parser import Parser
from ..commands.planner import Considers, Planner, plain_plan, repaired
from ..commands.records import Delta, Memory, Plan, Speaker
from ..commands.tools import ActiveIntent, Nominates, Pool, ToolContext, Tools
from ..commands.witness import Witness
from ..types import Slate
from .clock import Clock
from .composing import as_it_was, composed, fallen_short, new_first, scores_of, why_empty
from .diff import diff
from .filters import Filters
from .gather import Usual
from .parts import FeedParts
from .passed import gone_back, left_alone, passed_over, praised, refused
from .personal import Personal, TextItems
from .recommend import Query, Ranked
from .rounds import Kind, Round, Session, advanced, told_before

Heard = Callable[[str, dict[str, Any]], None]
"""Is told of each stage as it is done: `parsed`, `planned`, `filtered`, `ranked`."""


@dataclass(frozen=True, kw_only=True)
class Answering:
    """What answers once it is known what holds; made once, shared by all sessions, changed by none."""

    parts: FeedParts
    registry: FieldRegistry
    masks: Masks
    witness: Witness
    items: TextItems
    alike: Alike
    kin: Kin
    parser: Parser
    planner: Planner
    tools: Tools
    config: CommandsConfig
    active: ActiveIntent | None = None
    usual: Usual = field(default_factory=Usual, compare=False, repr=False)
    """What the sources bring to the people who were served last."""

    def rows(self, slate: Slate) -> tuple[int, ...]:
        """Return the catalogue rows of what is shown, or was shown and is still there."""
        row_of = self.parts.catalog.row_of
        return tuple(row_of[item_id] for item_id in slate.item_ids if item_id in row_of)

    def answered(
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
        shown = passed_over(session, after, command if delta else "", delta, chance=self.config.looked_at)
        personal = Personal(query, self.parts, passed=self._by_row(shown), usual=self.usual)
        hit = refused(session, after, command, delta, self.witness) if self.config.stays else frozenset()
        stays = left_alone(session, after, command, delta) or hit
        keep = tuple(row for row in session.rows if row not in hit) if stays else ()
        keep = keep or praised(session, after, command, delta, self.witness, self.kin)
        pool, ranked = self._run(plan, personal, self._context(session, after), clock, heard, keep=keep)
        slate, rows = composed(pool, ranked, query, after, self.parts, keep=keep)
        slate, rows = new_first(slate, rows, keep) if hit else (slate, rows)
        slate = as_it_was(slate, session.slate) if keep else slate
        clock.done("compose")

        now = Round(
            number=session.round + 1,
            kind=kind,
            day=today,
            command=command,
            delta=delta,
            before=told_before(session),
            after=after,
            plan=plan,
            planned_by=planned_by,
            repaired=mended,
            k=session.k,
            slate=slate,
            scores=scores_of(pool, rows, slate),
            meets={item.item_id: self.witness.of_all(after, row) for item, row in zip(slate.items, rows, strict=True)},
            diff=diff(
                session.slate, slate, session.memory, after, self.witness, seen=personal.taste.seen, passed=shown
            ),
            relaxed=pool.relaxed,
            dropped={**personal.allowed.dropped(ranked.found.rows), **pool.dropped},
            empty_why="" if slate.items else why_empty(pool, after, language=self.witness.catalog.language),
            short=fallen_short(pool, rows, after, self.witness, kin=self.kin),
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
        self,
        plan: Plan,
        personal: Personal,
        context: ToolContext,
        clock: Clock,
        heard: Heard | None,
        *,
        keep: Sequence[int] = (),
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
        pool, ranked = personal.gathered(pool, enough=self.config.enough * context.k, keep=keep)
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
            kin=self.kin,
            screen=np.array(() if gone_back(session, memory) else session.rows, dtype=np.int32),
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

    def _by_row(self, of_item: dict[str, float]) -> dict[int, float]:
        row_of = self.parts.catalog.row_of
        return {row_of[item_id]: value for item_id, value in of_item.items() if item_id in row_of}


def subject_of(session: Session) -> str:
    """Return whom a question to a model is about, so that it is forgotten with them."""
    return session.user_id or session.session_id


def tell(heard: Heard | None, stage: str, facts: dict[str, Any]) -> None:
    """Let whoever listens know of a stage that is done."""
    if heard is not None:
        heard(stage, facts)
