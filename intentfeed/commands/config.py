"""The settings of listening: what each tool weighs, and when a demand may be eased."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..types import Settings
from .fields import FieldsConfig
from .grounded import GroundedParserConfig
from .llm import LLMCommandConfig


class FilterConfig(Settings):
    """When too little meets what was demanded (RecBot, 4.3)."""

    widen: float = Field(default=2.0, ge=1)
    """How many times as wide the range of an approximate number becomes, once: ±20 % becomes ±40 %; 1 never widens."""
    let_go_below: int | None = Field(default=1, ge=0)
    """An exact demand becomes a preference, the oldest first, only where fewer items than this are left: by default
    where none is [ours], since who says "under 50" does not want the page filled with what is over it. None: fewer than
    the slate has places."""
    kind_first: bool = True
    """Whether values (a size, a colour) give way where too few items of the kind that is asked for have them, before
    the slate is filled with other kinds [ours]. Numbers and days do not."""
    bonus: float = Field(default=2.0, ge=0)
    """What meeting a demand counts that was let go: more than taste makes up for."""
    missing_nudge: float = Field(default=-0.1, le=0)
    """Score of an item whose field is missing where it is missing of so many that it passes (RecBot, 5.1)."""


class MatcherConfig(Settings):
    """What is wanted, beside what the person likes anyway (RecBot, 5.2)."""

    alpha: float = Field(default=0.5, ge=0, le=1)
    """α: weight of what was asked for beside the personal score."""
    evidence: bool = True
    """Whether the catalogue's own words decide where they can [ours]: an item whose field holds the wanted value, or
    whose title says it, meets that preference in full, and each such preference counts for itself. False compares
    vectors alone, as in the paper."""
    held: float = Field(default=2.0, ge=0)
    """How many times α it counts to be known to be what is wanted: at 2, taste and likeness do not make up for it."""
    near: float = Field(default=0.5, ge=0)
    """The same for what is at best like it, where others are known to be it."""
    kin: float = Field(default=1.0, ge=0)
    """What it counts to be of the kind that was asked for, times α and `held`; less where only some levels of the
    category are shared. A kind comes before its properties: with other wishes beside it, it counts for more [ours]."""
    screen: float = Field(default=0.9, ge=0)
    """What it counts to be of a kind that is on the screen, where no kind was asked for [ours]; half of it beside other
    wishes, which taste and screen together do not outweigh."""
    search: int = Field(default=200, ge=0)
    """Items that the wanted text, and a model that heeds it, each bring into the ranking."""
    active: float = Field(default=0.75, ge=0, le=1)
    """Share of a trained model that heeds what was asked for in the personal score, where there is one, at most: less,
    or none, where its training found so on hidden items. The feed's own ranker has the rest [ours]. 1 lets the model
    speak alone, as in the paper, if those items agree."""
    vector_column: str = ""
    """Name of an attribute that holds a vector of each item, of its image say; '' for none. It needs what turns words
    into the same space, which no setting can name: `intentfeed.load(workspace, vector_encoder=...)`; elsewhere, as in
    the service, the setting is refused."""
    vector_weight: float = Field(default=0.3, ge=0, le=1)
    """Its weight beside the text's (RecBot, 5.2)."""


class AttenuatorConfig(Settings):
    """What is unwanted, and shown later rather than never (RecBot, 5.3)."""

    beta: float = Field(default=0.5, gt=0)
    """β: what being like the unwanted costs at most."""
    per_item: bool = False
    """One vector a dislike, the nearest counting, instead of one for all of them."""
    evidence: bool = True
    """Whether the catalogue's own words decide where they can [ours]; False compares vectors alone."""
    held: float = Field(default=2.0, ge=1)
    """How many times β it costs to be known to be what is unwanted."""
    low: float = Field(default=0.5, ge=0, lt=1)
    """Quantile of the cosines of unrelated items and values up to which an item is not like a dislike at all."""
    high: float = Field(default=0.995, gt=0, le=1)
    """Quantile from which it is as good as the same."""
    pairs: int = Field(default=20_000, ge=100)
    """Items and values that are paired at random to learn how alike unrelated things are."""


class AggregatorConfig(Settings):
    """How the scores are summed (RecBot, 5.4)."""

    weights: dict[str, float] = Field(default_factory=dict)
    """Weight of a further tool's score, by the tool's name; 1 where none is given."""


class CommandsConfig(Settings):
    """What the feed does with what it is told."""

    fields: FieldsConfig = FieldsConfig()
    parser: GroundedParserConfig = GroundedParserConfig()
    llm: LLMCommandConfig = LLMCommandConfig()
    filter: FilterConfig = FilterConfig()
    matcher: MatcherConfig = MatcherConfig()
    attenuator: AttenuatorConfig = AttenuatorConfig()
    aggregator: AggregatorConfig = AggregatorConfig()
    exclude_shown: Literal["never", "complained", "always"] = "complained"
    """Whether what was on the screen may come again in the same session: always, not where the person complained of
    what it is while that complaint holds, or not at all. An evaluation says "never", that is, nothing is excluded."""
    looked_at: float = Field(default=0.9, ge=0, lt=1)
    """Chance that whoever speaks has looked at the first item of the slate and does not want it; of the p-th it is the
    p-th part of that. What was passed over so comes later among what meets the demands as well [ours]. 0: never."""
    stays: bool = False
    """Whether a mere refusal of some of the screen ("no plastic") leaves the rest on it, after what comes instead
    [ours]. Off: simulated people, whose one target is never on the screen, find it up to 3 in 100 times less often."""
    enough: int = Field(default=1, ge=1)
    """Slates' worth of items that meet every preference the catalogue can decide: then only they are ranked."""

    def giving_active(self, share: float) -> CommandsConfig:
        """Return the same with this share of a trained model in the personal score."""
        return self.model_copy(update={"matcher": self.matcher.model_copy(update={"active": share})})
