"""What exactly is said of one trait in view of a feed: the gold demand, and what the clause that says it must hold.

Each function returns None where nothing can be said truthfully: every demand is true of the target.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..commands.records import Demand, Polarity
from .traits import Trait, Traits

NEAR = 0.25
"""A number within this share of the target's is near enough."""
NEAR_YEARS = 5.0
NEAR_DAYS = 365.0
LEAST_ANNOYING = 2
"""Items of the feed that must share what is complained about: a brand on a single item annoys nobody."""
MOST_ANNOYING = 3
"""Things that may be complained about, those that most of the items share."""
SHORT = 3
"""A value of fewer letters is said with the name of its field."""
BROADER = 0.25
"""How often somebody names the level above a deep category."""
NAMED = 0.4
"""How often a value is said with the name of its field where it need not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One demand to be put into words."""

    demand: Demand
    """Its quote is filled in with the words."""
    clause: str
    """Which clauses say it: a key of the phrasing file."""
    places: Mapping[str, str] = field(default_factory=dict)
    """What the clause's places hold, by name."""
    names: tuple[str, ...] = ()
    """What must be found in whatever says it: values as spoken, numbers."""
    complaint: bool = False
    key: str
    """Of the trait."""


def off(trait: Trait, rows: Sequence[int], traits: Traits) -> float:
    """Return the share of the shown items that lack a trait of the target, or are not near it."""
    if not rows:
        return 1.0
    if trait.kind in ("number", "date"):
        low, high = near(trait, traits)
        numbers = traits.registry.numbers_I(trait.field)[list(rows)]
        return float(1 - np.mean((numbers >= low) & (numbers <= high)))
    return float(1 - np.mean(has(trait, traits)[list(rows)]))


def has(trait: Trait, traits: Traits) -> NDArray[np.bool_]:
    """Return which items [I] have a trait of words."""
    return traits.named(traits.demand(trait, trait.values[0]))


def near(trait: Trait, traits: Traits) -> tuple[float, float]:
    """Return the range of numbers that would do."""
    if trait.kind == "date":
        width = NEAR_DAYS
    else:
        width = NEAR_YEARS if traits.registry.fields[trait.field].unit == "year" else NEAR * abs(trait.number)
    return trait.number - width, trait.number + width


def wanted(trait: Trait, traits: Traits, rng: np.random.Generator) -> Slot:
    """Return that the trait is wanted; of a deep category now and then the level above."""
    broader = trait.kind == "category" and len(trait.values) > 2 and rng.random() < BROADER
    return _of_value(trait, traits, trait.values[1 if broader else 0], "positive", rng)


def either(trait: Trait, rows: Sequence[int], traits: Traits, rng: np.random.Generator) -> Slot | None:
    """Return that one of two values will do, the other one off the feed; None where there is none, or it is soft."""
    if not trait.hard or trait.kind != "value":
        return None
    shown = {value for row in rows for value in traits.held(row, trait.field)} - set(trait.values)
    if not shown:
        return None
    other = sorted(shown)[int(rng.integers(len(shown)))]
    pair = (trait.values[0], other) if rng.random() < 0.5 else (other, trait.values[0])
    named = any(_needs_name(trait, traits, value) for value in pair)
    return Slot(
        demand=traits.demand(trait, pair, op="in"),
        clause="either.named" if named else "either.plain",
        places={"value": pair[0], "other": pair[1], "field": traits.called(trait.field)},
        names=pair,
        key=trait.key,
    )


def unwanted(trait: Trait, rows: Sequence[int], traits: Traits, rng: np.random.Generator) -> Slot | None:
    """Return that what many of the shown items have, and the target has not, is unwanted; None where nothing is so.

    The more have it, the sooner it is named. Of a category it is the level at which the ways part, or the leaf.
    """
    if trait.kind == "text":
        return None
    own = {*trait.values, *trait.beside}
    spoken = {traits.spoken(trait.field, value).casefold() for value in own}
    counts: Counter[str] = Counter()
    for row in rows:
        apart = [value for value in traits.held(row, trait.field) if value not in own]
        counts.update({apart[0], apart[-1]} if apart and trait.kind == "category" else set(apart))
    wrong = [
        value
        for value in sorted(counts, key=lambda each: (-counts[each], each))
        if counts[value] >= LEAST_ANNOYING and traits.spoken(trait.field, value).casefold() not in spoken
    ]
    if not wrong:
        return None
    often = np.array([counts[value] for value in wrong[:MOST_ANNOYING]], dtype=np.float64)
    value = wrong[int(rng.choice(len(often), p=often / often.sum()))]
    return _of_value(trait, traits, value, "negative", rng)


def _of_value(trait: Trait, traits: Traits, value: str, polarity: Polarity, rng: np.random.Generator) -> Slot:
    """Return the slot of one value, in the clauses of its kind of field."""
    spoken, end = traits.spoken(trait.field, value), "want" if polarity == "positive" else "no"
    how: Literal["category", "about", "brand", "named", "plain"]
    if trait.kind in ("category", "text"):
        how = "category" if trait.kind == "category" else "about"
    elif trait.field == "brand" and not _needs_name(trait, traits, value):
        how = "brand"
    else:
        how = "named" if _needs_name(trait, traits, value) or rng.random() < NAMED else "plain"
    return Slot(
        demand=traits.demand(trait, value, polarity=polarity),
        clause=f"{how}.{end}",
        places={"value": spoken, "field": traits.called(trait.field)},
        names=(spoken,),
        complaint=polarity == "negative",
        key=trait.key,
    )


def _needs_name(trait: Trait, traits: Traits, value: str) -> bool:
    return len(value) < SHORT or traits.ambiguous(trait.field, value)
