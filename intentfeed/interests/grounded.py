"""Interests by statistics of the catalogue and the log: deterministic, on a CPU, inventing nothing.

The evidence of a person is cut into groups; each group is asked what RecGPT-V1, 3.2 and 3.5, asks of an interest: is
it more than one action or one burst, is it a free choice, does it suit the person? What fails is kept with its reason.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from ..data.catalog import Catalog
from ..types import Backend, Context, History, Interactions, Interest, Reasonableness, Settings, Willingness
from .affinity import Affinity
from .audience import Audience
from .evidence import DATED, Evidence, date_of, day_number, evidence
from .facts import Facts
from .groups import Group, GroupConfig, Grouper
from .habits import CategoryHabits
from .pool import InterestPool, PoolConfig
from .queries import QueryReader
from .reasonableness import ReasonablenessConfig, chance_of, is_burst
from .stages import StageConfig, confidence_of, stage_of
from .willingness import Need, WillingnessConfig, need_of
from .wording import NO_CLOCK, behaviour, counted, sentence


class MinerConfig(Settings):
    """How interests are cut from the evidence and what they must show."""

    pool: PoolConfig = PoolConfig()
    """The listed interests."""
    groups: GroupConfig = GroupConfig()
    """How narrow or wide an interest is cut."""
    willingness: WillingnessConfig = WillingnessConfig()
    """What is a necessity."""
    reasonableness: ReasonablenessConfig = ReasonablenessConfig()
    """What is enough behaviour."""
    stages: StageConfig = StageConfig()
    """What is new, recent, long ago."""
    echo: float = 0.5
    """Part of its evidence that a facet may share with another interest before it is the same one."""
    suit: float = 0.7
    """How often, beside all people, people like this one come back to the items; below it they are gifts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of a group, and why; `but` is '' where it is kept."""

    willingness: Willingness = "spontaneity"
    reasonableness: Reasonableness = "strong"
    but: str = ""


KEPT = Verdict()
DOUBTED = 0.3
"""Confidence that nothing rejected exceeds."""


class GroundedMiner:
    """The miner that needs no model."""

    backend: Backend = "grounded"

    def __init__(
        self,
        pool: InterestPool,
        habits: CategoryHabits,
        affinity: Affinity,
        audience: Audience,
        config: MinerConfig,
    ) -> None:
        self.pool, self.habits, self.affinity, self.audience, self.config = pool, habits, affinity, audience, config
        self.grouper = Grouper(pool, affinity, config.groups)
        self.reader = QueryReader(pool.catalog, pool.tree)

    @classmethod
    def fit(
        cls,
        catalog: Catalog,
        log: Interactions,
        config: MinerConfig | None = None,
        *,
        people: Sequence[Mapping[str, str]] = (),
    ) -> GroundedMiner:
        """Return a miner for this catalogue and log; `people` holds the attributes of each user number of the log."""
        config = config or MinerConfig()
        pool = InterestPool.build(catalog, log, config.pool)
        return cls(
            pool,
            CategoryHabits.fit(log, pool),
            Affinity.fit(log, pool.tree),
            Audience.fit(catalog, log, pool.tree, people),
            config,
        )

    def save(self, folder: Path) -> None:
        """Write what was learnt; `pool.jsonl` is meant to be read and edited."""
        folder.mkdir(parents=True, exist_ok=True)
        self.pool.save(folder / "pool.jsonl")
        self.habits.save(folder / "habits.npz", self.pool)
        self.affinity.save(folder / "affinity.npz", self.pool.tree)
        self.audience.save(folder / "audience.npz")
        (folder / "config.json").write_text(self.config.model_dump_json(indent=1) + "\n")

    @classmethod
    def load(cls, folder: Path, catalog: Catalog) -> GroundedMiner:
        """Read what `save` wrote, for a catalogue that may have changed since."""
        config = MinerConfig.model_validate(json.loads((folder / "config.json").read_text()))
        pool = InterestPool.load(folder / "pool.jsonl", catalog, config.pool)
        return cls(
            pool,
            CategoryHabits.load(folder / "habits.npz", pool),
            Affinity.load(folder / "affinity.npz", pool.tree),
            Audience.load(folder / "audience.npz", catalog, pool.tree),
            config,
        )

    def mine(self, history: History, digest: str, context: Context) -> list[Interest]:  # noqa: ARG002
        """Return the person's interests on the day `context.as_of`: kept ones by confidence, then rejected ones."""
        seen = evidence(history, as_of=context.as_of, tree=self.pool.tree, reader=self.reader)
        if not len(seen):
            return []
        found = [self._interest(history, seen, group, context.as_of) for group in self.grouper.groups(seen)]
        found = self._without_echoes(found)
        found.sort(key=lambda i: (i.status != "kept", -i.confidence, -len(i.event_ids), i.key))
        return _numbered(found)

    def _interest(self, history: History, seen: Evidence, group: Group, as_of: date) -> Interest:
        """Return the interest that a group is, or would be."""
        facts = group.facts
        need = need_of(seen, group, self.habits, self.config.willingness)
        suit, value = self._suit(history, seen, group)
        verdict = self._verdict(seen, group, need, suit, value)
        sure = confidence_of(
            facts,
            part=facts.n / seen.n_for,
            n_against=group.n_against,
            signs=need.signs if need else 0,
            devotion=self._devotion(group),
        )
        days = seen.day[group.rows]
        dated = seen.clock in DATED
        last = day_number(as_of) if dated else int(seen.day[-1])
        return Interest(
            user_id=history.user_id,
            interest_id="",
            key=group.key,
            name=group.name,
            listed=group.listed,
            stage=stage_of(facts, days, first=int(seen.day[0]), last=last, config=self.config.stages),
            confidence=min(sure, DOUBTED) if verdict.but else sure,
            willingness=verdict.willingness,
            reasonableness=verdict.reasonableness,
            status="rejected" if verdict.but else "kept",
            reason=sentence(behaviour(facts, group.what), verdict.but, NO_CLOCK[facts.clock]),
            event_ids=tuple(seen.event_id[group.rows].tolist()),
            categories=self._categories(seen, group),
            since=date_of(facts.first_day) if dated else None,
            mined_on=as_of,
        )

    def _devotion(self, group: Group) -> float:
        """Return how devoted people are to the category, beside the usual; 1 where nothing is known."""
        ratio = float(self.habits.devoted[group.habit] / self.habits.devoted[0])
        return 1.0 if np.isnan(ratio) or not group.habit else ratio

    def _suit(self, history: History, seen: Evidence, group: Group) -> tuple[float, tuple[str, str] | None]:
        """Return how well the items suit the person, and the attribute by which they do not."""
        items = seen.item[group.rows]
        return self.audience.fit_of(items[items >= 0], history.attributes)

    def _verdict(
        self, seen: Evidence, group: Group, need: Need | None, suit: float, value: tuple[str, str] | None
    ) -> Verdict:
        """Return what becomes of a group: the first objection counts."""
        facts = group.facts
        if facts.n == 1:
            return Verdict(reasonableness="weak", but=": one action shows no interest")
        if group.n_against >= facts.n:
            against = counted(group.n_against, "rating", "ratings")
            return Verdict(reasonableness="none", but=f", but {against} below the person's own mean")
        if need is not None and need.signs >= self.config.willingness.signs:
            return Verdict(willingness="necessity", but=_restocking(need))
        if suit < self.config.suit and value is not None:
            return Verdict(reasonableness="none", but=_gift(suit, value))
        return self._too_little(seen, facts) or self._for_other(seen, group) or self._by_chance(seen, group) or KEPT

    def _too_little(self, seen: Evidence, facts: Facts) -> Verdict | None:
        """Return the objection that this is too few events on too few days, or one burst."""
        limits, n_events = self.config.reasonableness, seen.n_for
        few = n_events < limits.few_events
        if facts.clock == "time" and facts.n_days == 1:
            return Verdict(reasonableness="weak", but=": one sitting shows no interest")
        if facts.n_items <= 1 and (facts.n_days == 1 or facts.clock not in DATED):
            return Verdict(reasonableness="weak", but=": one item shows no interest")
        if is_burst(facts, limits):
            return Verdict(reasonableness="weak", but=f", {facts.densest} of {facts.n} in one short burst")
        if facts.n < (2 if few else limits.min_events):
            return Verdict(reasonableness="weak", but=f": too few of {n_events:,} events to tell")
        if facts.clock == "time" and facts.n_days < (2 if few else limits.min_days):
            return Verdict(reasonableness="weak", but=f", on {counted(facts.n_days, 'day', 'days')}: too few to tell")
        if facts.n < limits.min_share * n_events:
            return Verdict(reasonableness="weak", but=f", of {n_events:,} events: no more than idle looks")
        return None

    def _for_other(self, seen: Evidence, group: Group) -> Verdict | None:
        """Return the objection that the searches that led here were for something else."""
        led = [row for row in group.rows.tolist() if row in seen.other] if seen.other else []
        days = len(np.unique(seen.day[led]))
        if days == 0 or days < self.config.reasonableness.other_share * group.facts.n_days:
            return None
        where = f", on {days} of {counted(group.facts.n_days, 'day', 'days')} after a search for something else"
        return Verdict(reasonableness="none", but=f"{where}, as “{seen.other[led[-1]][:60]}”")

    def _by_chance(self, seen: Evidence, group: Group) -> Verdict | None:
        """Return the objection that most people do as much, or that people come here without staying."""
        limits, facts, habit = self.config.reasonableness, group.facts, group.habit
        # A category's events come from those who like it, a facet's mostly from those who came for something else.
        level = float((self.habits.share if group.kind == "facet" else self.habits.usual)[habit])
        own = facts.n / seen.n_for
        odds = own * (1 - level) / (level * (1 - own)) if level > 0 and own < 1 else np.inf
        least = limits.facet_odds if group.kind == "facet" else limits.odds
        if odds < least or (level > 0 and chance_of(facts.n, seen.n_for, level) > limits.chance):
            return Verdict(reasonableness="weak", but=f", {own:.1%} of all events: people usually have {level:.1%}")
        seldom = self._devotion(group) < limits.devotion
        if seldom and facts.clock == "time" and seen.n_for >= limits.few_events and facts.n_days < limits.devoted_days:
            return Verdict(
                reasonableness="weak", but=f": of those who return here, only {self.habits.devoted[habit]:.0%} stay"
            )
        return None

    def _categories(self, seen: Evidence, group: Group) -> tuple[str, ...]:
        """Return the category paths of the evidence, most frequent first."""
        nodes, count = np.unique(seen.node[group.rows], return_counts=True)
        order = np.lexsort((nodes, -count))
        return tuple(self.pool.tree.paths[node] for node in nodes[order].tolist() if node)

    def _without_echoes(self, found: list[Interest]) -> list[Interest]:
        """Return the interests less those facets whose evidence is nearly that of another one that is kept."""
        kept = [(i, set(i.event_ids)) for i in found if i.status == "kept"]
        echo: set[str] = set()
        for one, mine in kept:
            for other, theirs in kept:
                first = (len(theirs), other.key) > (len(mine), one.key) or not other.key.startswith("facet:")
                if one.key.startswith("facet:") and first and other.key not in echo | {one.key}:
                    shared = len(mine & theirs)
                    if shared > self.config.echo * max(len(mine), len(theirs)):
                        echo.add(one.key)
        return [i for i in found if i.key not in echo]


def _restocking(need: Need) -> str:
    """Return why a group is a necessity."""
    parts = []
    if not np.isnan(need.again):
        parts.append(f"{need.again:.0%} of repeat purchases are of the same item")
    if not np.isnan(need.bought):
        parts.append(f"{need.bought:.0%} of what is done there is buying")
    return ": restocking, " + " and ".join(parts)


def _gift(suit: float, value: tuple[str, str]) -> str:
    """Return why a group is a gift."""
    who = f"people with {value[0]} {value[1]}"
    return f": rather for somebody else, {who} come back to such items {suit:.2f} times as often as everybody"


def _numbered(found: list[Interest]) -> list[Interest]:
    """Return the interests with their ids: `matched interest_01` for listed ones, else `extended interest_01` (U11)."""
    count = {True: 0, False: 0}
    numbered = []
    for interest in found:
        count[interest.listed] += 1
        kind = "matched" if interest.listed else "extended"
        numbered.append(replace(interest, interest_id=f"{kind} interest_{count[interest.listed]:02d}"))
    return numbered
