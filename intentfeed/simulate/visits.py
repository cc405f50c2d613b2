"""A visit to the shop as a record, and the draws that its causes share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .catalogue import Catalogue
from .interests import Interests
from .language import Language
from .people import People
from .seasons import Trend
from .shelves import Shelves

CAUSES = ("interest", "life_event", "gift", "necessity", "seasonal", "trend", "burst", "noise")
SHARE = {"interest": 0.66, "necessity": 0.13, "gift": 0.07, "seasonal": 0.04, "upkeep": 0.02, "noise": 0.15}
"""Of a person's events, what each cause may take up."""
EVENTS_PER_VISIT = {"interest": 6.1, "gift": 11.0, "necessity": 4.2, "seasonal": 5.0, "noise": 4.6}


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """Columns [V]. A visit is about a group (a person's own taste), else about a leaf, else about anything."""

    user: NDArray[np.int64]
    cause: NDArray[np.int8]
    interest: NDArray[np.int64]
    """Row in Interests, or -1."""
    group: NDArray[np.int64]
    leaf: NDArray[np.int64]
    item: NDArray[np.int64]
    """The very item, for necessities; otherwise -1."""
    day: NDArray[np.float64]
    n_slots: NDArray[np.int64]
    query: NDArray[np.int64]
    """A gift query, or -1 for one that fits the first item."""

    def __len__(self) -> int:
        return len(self.user)


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """What a group of visits draws its items from: tastes [G], and (group, leaf) pairs."""

    style: NDArray[np.int8]
    tier: NDArray[np.float64]
    brand: NDArray[np.int32]
    look: NDArray[np.int32]
    allows: NDArray[np.bool_]
    pair_group: NDArray[np.int64]
    pair_leaf: NDArray[np.int64]
    pair_weight: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What all visits of a world share."""

    people: People
    interests: Interests
    shelves: Shelves
    catalogue: Catalogue
    trends: Sequence[Trend]
    intensity: NDArray[np.float64]
    """intensity_SD of the log and the future after it."""
    leaf_season: NDArray[np.int8]
    leaf_seasonal: NDArray[np.bool_]
    """A leaf that people turn to with the season, by no interest of theirs."""
    leaf_consumable: NDArray[np.bool_]
    leaf_needed: NDArray[np.bool_]
    """Where people go by need and not to use something up."""
    leaf_rebuy: NDArray[np.bool_]
    first_day_of_year: int
    language: Language

    @property
    def days(self) -> int:
        """Days of the log and of the future after it."""
        return int(self.intensity.shape[1])


def visits_about(
    cause: str | NDArray[np.int8],
    user: NDArray[np.int64],
    day: NDArray[np.float64],
    n_slots: NDArray[np.int64],
    **columns: NDArray[np.int64],
) -> Visits:
    """Return visits, with -1 in the columns that are not given."""
    n = len(user)
    none = np.full(n, -1)
    code = np.full(n, CAUSES.index(cause), dtype=np.int8) if isinstance(cause, str) else cause
    rest = {name: columns.get(name, none) for name in ("interest", "group", "leaf", "item", "query")}
    return Visits(user=user, cause=code, day=day, n_slots=n_slots, **rest)


def draw_slots(rng: np.random.Generator, n: int, mean: float) -> NDArray[np.int64]:
    """Return how many items each visit shows: geometric, at least 1, at most 14."""
    return np.minimum(rng.geometric(1.0 / mean, n), 14)


def whole(rng: np.random.Generator, expected: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return whole numbers with these expectations."""
    return np.floor(expected + rng.random(len(expected))).astype(np.int64)


def runs(counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (owner, place) of each element of runs of these lengths."""
    owner = np.repeat(np.arange(len(counts)), counts)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)


def choose(rng: np.random.Generator, weight_KL: NDArray[np.float64], row: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return one column for each entry of `row`, drawn by that row's weights."""
    total = np.cumsum(weight_KL, axis=1)
    total /= total[:, -1:]
    flat = (total + np.arange(len(total))[:, None]).ravel()
    found = np.searchsorted(flat, row + rng.random(len(row)) * (1 - 1e-12), side="right")
    return np.asarray(np.minimum(found - row * weight_KL.shape[1], weight_KL.shape[1] - 1))


def in_season(
    intensity: NDArray[np.float64],
    season: NDArray[np.int8],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    fraction: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the days at which `fraction` of each season's trade between `start` and `end` is done."""
    cumulated = np.concatenate([np.zeros((len(intensity), 1)), np.cumsum(intensity, axis=1)], axis=1)
    axis = np.arange(cumulated.shape[1])
    day = np.empty(len(season))
    for code in range(len(intensity)):
        at = season == code
        lo, hi = np.interp(start[at], axis, cumulated[code]), np.interp(end[at], axis, cumulated[code])
        day[at] = np.interp(lo + fraction[at] * (hi - lo), cumulated[code], axis)
    return day
