"""Interests by statistics of the catalogue and the log: deterministic, on a CPU, inventing nothing.

The evidence of a person is cut into groups; each group is asked what RecGPT-V1, 3.2 and 3.5, asks of an interest: is
it more than one action or one burst, is it a free choice, does it suit the person? What fails is kept with its reason.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np

from ..data.catalog import Catalog
from ..types import Backend, Context, History, Interactions, Interest, Settings
from .affinity import Affinity
from .audience import Audience
from .evidence import DATED, Evidence, date_of, day_number, evidence
from .groups import Group, GroupConfig, Grouper
from .habits import CategoryHabits
from .objections import Objections
from .pool import InterestPool, PoolConfig
from .queries import QueryReader
from .reasonableness import ReasonablenessConfig
from .stages import StageConfig, confidence_of, stage_of
from .willingness import WillingnessConfig
from .wording import NO_CLOCK, behaviour, sentence


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


BESIDE = ("facet:", "extended:")
"""Keys of interests that share events with others; categories never do."""
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
        self.objections = Objections(habits, audience, config.willingness, config.reasonableness)
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
        found = [self.interest(history, seen, group, context.as_of) for group in self.grouper.groups(seen)]
        found = self.without_echoes(found)
        found.sort(key=lambda i: (i.status != "kept", -i.confidence, -len(i.event_ids), i.key))
        return numbered(found)

    def interest(self, history: History, seen: Evidence, group: Group, as_of: date) -> Interest:
        """Return the interest that a group is, or would be."""
        facts, judged = group.facts, self.objections.judge(history, seen, group)
        sure = confidence_of(
            facts,
            part=facts.n / seen.n_for,
            n_against=group.n_against,
            signs=judged.signs,
            devotion=self.objections.devotion(group),
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
            confidence=min(sure, DOUBTED) if judged.but else sure,
            willingness=judged.willingness,
            reasonableness=judged.reasonableness,
            status="rejected" if judged.but else "kept",
            reason=sentence(behaviour(facts, group.what), judged.but, NO_CLOCK[facts.clock]),
            event_ids=tuple(seen.event_id[group.rows].tolist()),
            categories=self._categories(seen, group),
            since=date_of(facts.first_day) if dated else None,
            mined_on=as_of,
        )

    def _categories(self, seen: Evidence, group: Group) -> tuple[str, ...]:
        """Return the category paths of the evidence, most frequent first."""
        nodes, count = np.unique(seen.node[group.rows], return_counts=True)
        order = np.lexsort((nodes, -count))
        return tuple(self.pool.tree.paths[node] for node in nodes[order].tolist() if node)

    def without_echoes(self, found: list[Interest]) -> list[Interest]:
        """Return the interests, of two with nearly the same evidence one: the category, or the wider one."""
        kept = [(interest, set(interest.event_ids)) for interest in found if interest.status == "kept"]
        echo_of: dict[str, str] = {}
        for one, mine in kept:
            for other, theirs in kept if one.key.startswith(BESIDE) else ():
                first = (len(theirs), other.key) > (len(mine), one.key) or not other.key.startswith(BESIDE)
                shared = self.config.echo * max(len(mine), len(theirs))
                if first and other.key not in (*echo_of, one.key) and len(mine & theirs) > shared:
                    echo_of[one.key] = other.name
        return [self._echo(i, echo_of[i.key]) if i.key in echo_of else i for i in found]

    def _echo(self, interest: Interest, name: str) -> Interest:
        """Return the interest as rejected: its evidence shows another one."""
        reason = f"{interest.reason}; mostly the evidence of “{name}”"
        confidence = min(interest.confidence, DOUBTED)
        return replace(interest, status="rejected", reasonableness="weak", reason=reason, confidence=confidence)


def numbered(found: list[Interest]) -> list[Interest]:
    """Return the interests with their ids: `matched interest_01` for listed ones, else `extended interest_01` (U11)."""
    count = {True: 0, False: 0}
    with_ids = []
    for interest in found:
        count[interest.listed] += 1
        kind = "matched" if interest.listed else "extended"
        with_ids.append(replace(interest, interest_id=f"{kind} interest_{count[interest.listed]:02d}"))
    return with_ids
