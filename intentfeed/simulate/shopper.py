"""One simulated person in front of a feed: what they mean to say next, and when they have enough (RecBot, 7.2).

They see the items on the screen and know one item that they would take. They never see what a recommender makes of
their words but by its next feed. All choices are made here, in code; putting them into words is `phrasing`'s business.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from pydantic import Field

from ..commands.records import Constraint, Demand
from ..types import Settings
from .bounds import bound
from .gold import about_of, replaces
from .persona import Persona, PersonaConfig
from .slots import Slot, either, off, unwanted, wanted
from .traits import Trait, Traits

Scenario = Literal["single", "multi", "drift"]
SCENARIOS: tuple[Scenario, ...] = ("single", "multi", "drift")
MAJORITY = 0.5
"""A feed of which more than this share lacks a trait is wrong in it."""


class ShopperConfig(Settings):
    """How long sessions last and how people choose their words; the defaults are those of RecBot, 16."""

    rounds: int = Field(default=5, ge=1)
    """T_max: commands after which a session has failed."""
    slate: int = Field(default=10, ge=1)
    """F: items shown."""
    passed: int = Field(default=5, ge=1)
    """The target among so many first items satisfies."""
    persona: PersonaConfig = PersonaConfig()
    """How people differ."""
    either: float = Field(default=0.1, ge=0, le=1)
    """How often a second value is named that would do as well."""
    rephrase: float = Field(default=0.5, ge=0, le=1)
    """How often somebody with nothing new to say says the last thing again; else they ask for more."""
    both: float = Field(default=0.3, ge=0, le=1)
    """How often a complaint says in the same breath what is wanted instead."""
    complaints: int = Field(default=1, ge=1)
    """Complaints about one trait before somebody says what is wanted."""
    category_weight: float = Field(default=3.0, gt=0)
    """How much sooner the kind of thing is named than another trait as wrong as it."""
    about_weight: float = Field(default=0.4, ge=0)
    """The same of free words."""
    negative_single: float = Field(default=0.5, ge=0, le=1)
    """How often the one command of the scenario `single` holds a complaint."""
    cue: float = Field(default=0.7, ge=0, le=1)
    """How often a change of mind is said as such."""
    reset: float = Field(default=0.15, ge=0, le=1)
    """How often a change of mind that is said takes back everything."""
    named_stale: int = Field(default=2, ge=1)
    """Demands that are taken back by name, the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One session before it is played: who, from what history, after what."""

    episode_id: str
    user_id: str
    scenario: Scenario
    history: tuple[int, ...]
    """Catalogue rows, oldest first."""
    targets: tuple[int, ...]
    """The item meant; with drift the one meant at first and then the other."""
    drift_round: int = 0
    """First command after the change of mind; 0 for none."""
    persona: Persona
    seed: int

    def target(self, number: int) -> int:
        """Return the item meant when command `number` is given, from 1."""
        return self.targets[-1] if not self.drift_round or number >= self.drift_round else self.targets[0]

    def rng(self, number: int) -> np.random.Generator:
        """Return the lots of one command: of nobody else's, whatever was drawn before."""
        return np.random.default_rng([self.seed, zlib.crc32(self.episode_id.encode()), number])


@dataclass(frozen=True, slots=True, kw_only=True)
class Mind:
    """What somebody has said so far, and what of it still holds: the gold memory."""

    said: tuple[tuple[str, Demand], ...] = ()
    """Key of the trait and demand, in the order of speaking; emptied of what no longer holds."""

    @property
    def active(self) -> tuple[Demand, ...]:
        """What holds, oldest first: newest wins where two are about one number or contradict each other."""
        held: list[Demand] = []
        for _, demand in self.said:
            held = [old for old in held if not replaces(demand, old)] + [demand]
        return tuple(held)

    def times(self, key: str, polarity: str) -> int:
        """Return how often a trait was spoken of."""
        return sum(1 for told, demand in self.said if told == key and demand.polarity == polarity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intention:
    """What is to be put into words."""

    kind: Literal["ask", "again", "more", "praise"]
    slots: tuple[Slot, ...] = ()
    stale: tuple[Demand, ...] = ()
    """Taken back by name."""
    reset: bool = False
    turned: Literal["", "marked", "unmarked"] = ""
    """A change of mind, said as such or not."""


class Shopper:
    """Knows how people decide what to say; one for all sessions of a catalogue, changed by none."""

    def __init__(self, traits: Traits, config: ShopperConfig | None = None) -> None:
        self.traits, self.config = traits, config or ShopperConfig()

    def satisfied(self, target: int, rows: Sequence[int]) -> bool:
        """Return whether somebody finds what they mean among the first items."""
        return target in list(rows[: self.config.passed])

    def gives_up(self, episode: Episode, n_said: int) -> bool:
        """Return whether patience has run out after so many commands; a new errand brings new patience [ours]."""
        since = episode.drift_round - 1 if episode.drift_round and n_said >= episode.drift_round else 0
        return n_said >= self.config.rounds or n_said - since >= episode.persona.patience

    def intention(self, episode: Episode, mind: Mind, rows: Sequence[int], number: int) -> Intention:
        """Return what is said as command `number` in view of the shown items; the same in every run."""
        rows, rng, target = rows[: self.config.slate], episode.rng(number), episode.target(number)
        turning = number == episode.drift_round
        if self.satisfied(target, rows) and not turning:
            return Intention(kind="praise")
        stale = self.stale(episode, mind, number) if turning else ()
        kept = self.turned(mind, stale)
        traits = self.traits.of(target)
        if episode.scenario == "single":
            slots = self._single(traits, rows, episode.persona, rng)
        else:
            slots = self._several(traits, kept, rows, episode.persona, rng)
        if turning:
            return self._turn(slots, stale, rng)
        if slots:
            return Intention(kind="ask", slots=slots)
        if mind.said and rng.random() < self.config.rephrase:
            return Intention(kind="again")
        return Intention(kind="more")

    def stale(self, episode: Episode, mind: Mind, number: int) -> tuple[Demand, ...]:
        """Return what was said of the first target and is not true of the second."""
        target = episode.target(number)
        return tuple(demand for demand in mind.active if not self.traits.meets(demand)[target])

    def turned(self, mind: Mind, stale: Sequence[Demand]) -> Mind:
        """Return a mind without what is stale."""
        return replace(mind, said=tuple((key, demand) for key, demand in mind.said if demand not in stale))

    # What to say

    def _several(
        self, traits: Sequence[Trait], mind: Mind, rows: Sequence[int], persona: Persona, rng: np.random.Generator
    ) -> tuple[Slot, ...]:
        """Return one demand or two about what most of the feed lacks, or else what some of its first items do."""
        lacking = [(trait, off(trait, rows, self.traits)) for trait in traits if _may_say(trait, mind)]
        wrong = [(trait, share) for trait, share in lacking if share > MAJORITY]
        if not wrong:  # ours: somebody who is nearly there still says what is amiss
            near = [(trait, off(trait, rows[: self.config.passed], self.traits)) for trait, _ in lacking]
            wrong = [(trait, share) for trait, share in near if share > 0]
        n = 1 if persona.verbosity == "terse" else 2 if persona.verbosity == "chatty" else 1 + int(rng.integers(2))
        order = self._drawn(wrong, len(wrong), rng)
        slots: list[Slot] = []
        if order and rng.random() < persona.complain:
            slots += self._complaint(order, mind, rows, persona, rng, n)
        said = {slot.key for slot in slots}
        for trait in [trait for trait in order if trait.key not in said][: n - len(slots)]:
            slots.append(self._slot(trait, mind, rows, persona, rng, bool(rng.random() < persona.complain / 2)))
        return tuple(slots)

    def _complaint(
        self,
        order: Sequence[Trait],
        mind: Mind,
        rows: Sequence[int],
        persona: Persona,
        rng: np.random.Generator,
        n: int,
    ) -> list[Slot]:
        """Return a complaint about the first trait that gives cause for one, and perhaps what is wanted instead."""
        for trait in order:
            slot = self._slot(trait, mind, rows, persona, rng, True)
            if slot.complaint:
                instead = slot.demand.polarity == "negative" and n > 1 and rng.random() < self.config.both
                return [slot, wanted(trait, self.traits, rng)] if instead else [slot]
        return []

    def _single(
        self, traits: Sequence[Trait], rows: Sequence[int], persona: Persona, rng: np.random.Generator
    ) -> tuple[Slot, ...]:
        """Return two demands or three, one of them soft where the target has such a trait, one perhaps negative."""
        n = 2 + int(rng.integers(2))
        shares = [(trait, max(off(trait, rows, self.traits), 0.05)) for trait in traits]
        order = self._drawn(shares, len(shares), rng)
        soft = next((trait for trait in order if not trait.hard), None)
        chosen = ([soft] if soft is not None else []) + [trait for trait in order if trait is not soft]
        chosen, slots = chosen[:n], []
        negative = bool(rng.random() < self.config.negative_single)
        for trait in reversed(chosen):
            slot = unwanted(trait, rows, self.traits, rng) if negative else None
            negative = negative and slot is None
            slots.append(slot or self._slot(trait, Mind(), rows, persona, rng, False))
        return tuple(reversed(slots))

    def _slot(
        self,
        trait: Trait,
        mind: Mind,
        rows: Sequence[int],
        persona: Persona,
        rng: np.random.Generator,
        complains: bool,
    ) -> Slot:
        if trait.kind in ("number", "date"):
            again = mind.times(trait.key, "positive") > 0
            return bound(trait, rows, self.traits, rng, vague=persona.vague and not again, complain=complains)
        slot = None
        if complains and mind.times(trait.key, "negative") < self.config.complaints:
            slot = unwanted(trait, rows, self.traits, rng)
        if slot is None and rng.random() < self.config.either:
            slot = either(trait, rows, self.traits, rng)
        return slot or wanted(trait, self.traits, rng)

    def _drawn(self, weighed: Sequence[tuple[Trait, float]], n: int, rng: np.random.Generator) -> list[Trait]:
        """Return up to `n` traits by lot, one of each field, what is most wrong soonest."""
        weight = {"category": self.config.category_weight, "text": self.config.about_weight}
        left = [(trait, share * weight.get(trait.kind, 1.0)) for trait, share in weighed]
        left = [(trait, share) for trait, share in left if share > 0]
        chosen: list[Trait] = []
        while left and len(chosen) < n:
            shares = np.array([share for _, share in left])
            at = int(rng.choice(len(left), p=shares / shares.sum()))
            chosen.append(left[at][0])
            left = [(trait, share) for trait, share in left if trait.field != chosen[-1].field]
        return chosen

    def _turn(self, slots: tuple[Slot, ...], stale: tuple[Demand, ...], rng: np.random.Generator) -> Intention:
        """Return a change of mind: said as such, with what no longer counts, or not."""
        said, everything = rng.random() < self.config.cue, rng.random() < self.config.reset
        kind: Literal["ask", "more"] = "ask" if slots else "more"
        if not said:
            return Intention(kind=kind, slots=slots, turned="unmarked")
        if everything and slots:
            return Intention(kind=kind, slots=slots, reset=True, turned="marked")
        spoken_of = {_thing(slot.demand) for slot in slots}
        named = [demand for demand in reversed(stale) if _can_be_named(demand) and _thing(demand) not in spoken_of]
        return Intention(
            kind="ask" if slots or named else "more",
            slots=slots,
            stale=tuple(named[: self.config.named_stale]),
            turned="marked",
        )


def _may_say(trait: Trait, mind: Mind) -> bool:
    """Whether there is something left to be said of a trait: a number twice, a value once as what is wanted."""
    return mind.times(trait.key, "positive") < (2 if trait.kind in ("number", "date") else 1)


def _can_be_named(demand: Demand) -> bool:
    """Whether somebody would take this back in so many words: what they wanted, not what they complained of."""
    return demand.polarity == "positive" and not (isinstance(demand, Constraint) and demand.op == "in")


def _thing(demand: Demand) -> tuple[str, object]:
    return about_of(demand), demand.value if isinstance(demand, Constraint) else demand.text
