"""The settings of the collaborative score that hears what a person asks for."""

from __future__ import annotations

from pydantic import Field

from ..types import Settings
from .sequence_config import SequenceConfig


class IntentsConfig(Settings):
    """Which values of the catalogue a training intent may name (RecBot, 5.2)."""

    least_items: int = Field(default=10, ge=2)
    """Items that share a value, at least: fewer would name the item instead of a kind of it."""
    most_share: float = Field(default=0.5, gt=0, le=1)
    """Share of the catalogue that a value may hold, at most: more would say nothing."""
    least_coverage: float = Field(default=0.25, ge=0, le=1)
    """Share of the catalogue that a field's values must reach together, or the field is left out; a category never."""
    longest: int = Field(default=60, ge=1)
    """Characters of a value, at most: what is longer is prose."""
    most_values: int = Field(default=2_000, ge=1)
    """Values of a field that are kept, those of most items."""
    pairs: float = Field(default=0.5, ge=0, le=1)
    """Chance that an intent names two values instead of one."""
    bare: float = Field(default=0.5, ge=0, le=1)
    """Chance that a value is said as the catalogue spells it; else in another wording."""


class ActiveConfig(Settings):
    """Sizes and chances of the active-intent-aware score (RecBot, 5.2; sizes ours)."""

    sequence: SequenceConfig = SequenceConfig(interests=0)
    """The transformer over the history and the item vectors."""
    intents: IntentsConfig = IntentsConfig()
    """What is asked for while it learns."""
    hidden: int = Field(default=128, ge=2)
    """Width inside the network that reads an intent."""
    facing: int = Field(default=64, ge=0)
    """Further dimensions of items that intents alone look at [ours]; 0 is the paper's form, one space for both."""
    null_share: float = Field(default=0.3, ge=0, le=1)
    """Chance that a place is asked without an intent."""
    plain: float = Field(default=1.0, ge=0)
    """Weight of asking the other places without their intent, too [ours], so that nobody who says nothing pays for it;
    0 is the paper's form."""
    among: float = Field(default=0.5, ge=0)
    """Weight of telling the target from the items that answer the intent as well."""
    meaning: float = Field(default=2.0, ge=0)
    """Weight of finding, by the further dimensions alone, everything that answers the intent [ours]."""
    asked: int = Field(default=2_048, ge=1)
    """Places of a step that are asked with an intent, at most: bounds time and memory."""
    share: int = Field(default=32, ge=0)
    """In a catalogue beyond `sequence.full_softmax`: items drawn of each value that a step names."""
