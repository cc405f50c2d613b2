"""One sitting: a catalogue and its log, people with held-out items, all loops in front of the same first feeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
from pydantic import Field

from ...commands.config import CommandsConfig
from ...commands.fields import FieldRegistry
from ...commands.grounded import GroundedParser
from ...commands.masks import Masks
from ...commands.parser import Parser
from ...data.catalog import Catalog
from ...data.history import interactions
from ...data.split import Part, Split, sampled
from ...errors import ConfigError
from ...feed.active import FeedJudge
from ...feed.interactive import InteractiveFeed
from ...feed.parts import FeedParts
from ...feed.recommend import recommend_many
from ...llm.client import Language
from ...retrieval.fit_active import TrainActiveConfig
from ...simulate.episodes import Casting, EpisodesConfig
from ...simulate.phrasing import Family, Phraser, TemplatePhraser
from ...simulate.sessions import TODAY, Asked, Loop, Played, play, write_samples
from ...simulate.shopper import Episode, Scenario, Shopper, ShopperConfig
from ...simulate.traits import Traits, TraitsConfig
from ...types import History, Interactions, Settings
from ..dataset import Dataset
from ..recommender import Histories, Lists, Recommender
from .active import UNTRAINED, Learnt, learnt
from .baselines.agents import IAgentLike, InteRecAgentLike, PlainFilter
from .baselines.blind import BlindLoop
from .baselines.search import SearchLoop, TextBm25, text_vectors
from .loops import variants
from .match import Matching
from .metrics import Measured, Meter


class SittingConfig(Settings):
    """What is played; none of it is tuned to a system."""

    shopper: ShopperConfig = ShopperConfig()
    episodes: EpisodesConfig = EpisodesConfig()
    traits: TraitsConfig = TraitsConfig()
    commands: CommandsConfig = CommandsConfig(exclude_shown="never")
    """Of the feed; by RecBot, 2.2, what was shown may come again in an evaluation."""
    family: Family = "a"
    """Clauses that people speak in."""
    seed: int = Field(default=0, ge=0)
    """Of the people, and of the bootstrap."""
    draws: int = Field(default=1_000, ge=100)
    """Bootstrap draws behind an interval."""
    active_s: float = Field(default=0.0, ge=0)
    """Seconds that our feed may train its active-intent-aware score; 0 leaves it without one. Needs torch."""
    active: TrainActiveConfig = TrainActiveConfig(watched=200)
    """How it is trained: as served, but for fewer people who say when to stop, since the time is short."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one loop made of one scenario."""

    loop: str
    scenario: Scenario
    played: list[Played]
    measured: Measured
    seconds: float
    """Mean time that the loop took for a command."""


@dataclass
class Sitting:
    """The stage for one part of one data set: made once, for all scenarios and loops."""

    dataset: Dataset
    part: Part = "valid"
    limit: int | None = None
    config: SittingConfig = field(default_factory=SittingConfig)
    phraser: Callable[[TemplatePhraser], Phraser] | None = None
    """Makes what phrases out of what phrases by clauses; None leaves it at the clauses."""

    @cached_property
    def split(self) -> Split:
        """The part, or some of its questions."""
        whole = self.dataset.cut(self.part)
        return whole if self.limit is None else sampled(whole, self.limit, self.dataset.catalog, seed=self.config.seed)

    @cached_property
    def split_hashes(self) -> list[str]:
        """Hashes of what is looked at: a sample is a look at the whole."""
        whole = self.split if self.limit is None else self.dataset.cut(self.part)
        return list(dict.fromkeys([self.split.split_hash, whole.split_hash]))

    @cached_property
    def feed(self) -> InteractiveFeed:
        """Our feed over what may be learnt, as served."""
        score, config = self._learnt, self.config.commands
        config = config if score.towers is None else config.giving_active(score.share)
        return InteractiveFeed.build(self._parts, self._parser, config=config, active=score.towers)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the tables must know of how our feed was made."""
        return (self._learnt.told,)

    @cached_property
    def _parts(self) -> FeedParts:
        config = self.dataset.config.feed
        config = config.model_copy(update={"exclude_seen": self.split.exclude_seen, "k": self.config.shopper.slate})
        return FeedParts.fit(self.dataset.catalog, self._log, config)

    @cached_property
    def _log(self) -> Interactions:
        return interactions(self.split.fit, self.dataset.catalog)

    @cached_property
    def _learnt(self) -> Learnt:
        config = self.config
        if not config.active_s:
            return Learnt(towers=None, told=UNTRAINED)
        catalog, encoder = self.dataset.catalog, self._parts.space.encoder
        judge = FeedJudge(feed=self._parts.config, commands=config.commands, shares=config.active.shares)
        return learnt(catalog, self._log, encoder, repeats=not self.split.exclude_seen, seed=config.seed,
                      seconds=config.active_s, config=config.active, judge=judge)  # fmt: skip

    def _parser(self, registry: FieldRegistry) -> Parser:
        return GroundedParser(registry, self.dataset.catalog, self.config.commands.parser)

    @cached_property
    def traits(self) -> Traits:
        """What can be asked for; with masks of its own, as a judge should have."""
        catalog, registry = self.dataset.catalog, self.feed.registry
        return Traits(catalog, registry, Masks(registry, catalog), self.config.traits)

    @cached_property
    def matching(self) -> Matching:
        """When two slots of this catalogue are one."""
        return Matching.of(self.feed.registry, self.dataset.catalog)

    @cached_property
    def shopper(self) -> Shopper:
        """How people decide."""
        return Shopper(self.traits, self.config.shopper)

    @property
    def language(self) -> Language:
        """In which people speak: that of the catalogue."""
        return "zh" if self.dataset.catalog.language == "zh" else "en"

    def cast(self, scenario: Scenario) -> tuple[list[Episode], list[Asked], Counter[str]]:
        """Return who plays in front of which first feed, and who does not, with the reason.

        Whoever the first feed satisfies already is left out for every loop.
        """
        casting = Casting(self.traits, config=self.config.episodes, shopper=self.config.shopper, seed=self.config.seed)
        episodes, left = casting.cast(self.split.cases, scenario)
        kept: list[Episode] = []
        asked: list[Asked] = []
        events = self._events
        for episode in episodes:
            told = events[episode.episode_id.partition("/")[2]]
            session = self.feed.open(session_id=episode.episode_id, history=told, user_id=episode.user_id, today=TODAY)
            if any(self.shopper.satisfied(target, session.rows) for target in episode.targets):
                left["satisfied by the first feed"] += 1
                continue
            kept.append(episode)
            asked.append(
                Asked(episode_id=episode.episode_id, user_id=episode.user_id, history=told, first=session.rows)
            )
        return kept, asked, left

    @cached_property
    def _events(self) -> dict[str, History]:
        n_of: Counter[str] = Counter()
        found: dict[str, History] = {}
        for user, events in zip(self.split.cases.users, self.split.cases.events, strict=True):
            n_of[user] += 1
            found[user if n_of[user] == 1 else f"{user}#{n_of[user]}"] = events
        return found

    def loops(self, *, with_torch: bool = False) -> list[Loop]:
        """Return all that answers commands: ours with its ablations, then the baselines."""
        feed, catalog, seen = self.feed, self.dataset.catalog, self.split.exclude_seen
        bm25, vectors = TextBm25(catalog).scores, text_vectors(feed.items)
        found: list[Loop] = [*variants(feed)]
        for name, scores in (("bm25", bm25), ("embeddings", vectors)):
            found.append(SearchLoop(f"{name}, current", catalog, scores, query="current", exclude_seen=seen))
            found.append(SearchLoop(f"{name}, all", catalog, scores, query="all", exclude_seen=seen))
        found += [PlainFilter("plain filter", feed), InteRecAgentLike("InteRecAgent-like", feed)]
        found += [IAgentLike("iAgent-like", feed)]
        blind: list[tuple[str, Recommender]] = [("feed, blind", _Fitted(feed.parts))]
        if with_torch:
            blind.append(("sasrec, blind", self._sasrec()))
        for name, recommender in blind:
            found.append(BlindLoop(name, recommender, exclude_seen=seen))
            found.append(BlindLoop(f"{name}, next", recommender, exclude_seen=seen, exclude_shown=True))
        return found

    def _sasrec(self) -> Recommender:
        from ..baselines.sasrec import SasRec

        found = SasRec()
        found.fit(self._log, self.dataset.catalog)
        return found

    def run(
        self, scenario: Scenario, loops: Sequence[Loop], *, samples: Path | None = None
    ) -> tuple[list[Outcome], Counter[str]]:
        """Return what each loop made of a scenario, and who did not play; `samples` is a folder for round records."""
        episodes, asked, left = self.cast(scenario)
        if not episodes:
            raise ConfigError(
                f"nobody is left to play {scenario!r} on {self.dataset.name}: {dict(left)}; ask more people (--limit)"
            )
        template = TemplatePhraser(self.traits, language=self.language, family=self.config.family)
        phraser = template if self.phraser is None else self.phraser(template)
        meter = Meter(self.traits, rounds=self.config.shopper.rounds, exclude_seen=self.split.exclude_seen)
        outcomes = []
        for loop in loops:
            played = play(loop, asked, episodes, self.shopper, phraser)
            rounds = [one.seconds for session in played for one in session.rounds]
            outcomes.append(
                Outcome(loop=loop.name, scenario=scenario, played=played, measured=meter.of(played),
                        seconds=float(np.mean(rounds)))
            )  # fmt: skip
            if samples is not None:
                samples.mkdir(parents=True, exist_ok=True)
                slug = "".join(letter if letter.isalnum() else "-" for letter in loop.name).strip("-")
                write_samples(samples / f"{scenario}.{slug}.jsonl", played, self.dataset.catalog.item_ids, loop.name)
        return outcomes, left


class _Fitted:
    """Our feed's own lists, without a word."""

    name: ClassVar[str] = "feed, blind"

    def __init__(self, parts: FeedParts) -> None:
        self.parts = parts

    def fit(self, interactions: Interactions, catalog: Catalog) -> None:
        """Learn nothing: the parts are fitted."""

    def recommend_many(self, histories: Histories, k: int, *, exclude_seen: bool) -> Lists:
        """Return the feed's lists."""
        return recommend_many([history.tolist() for history in histories], k, self.parts, exclude_seen=exclude_seen)

    def recommend_events(self, events: Sequence[History], k: int, *, exclude_seen: bool) -> Lists:
        """Return the feed's lists, knowing actions and times."""
        return recommend_many(events, k, self.parts, exclude_seen=exclude_seen)
