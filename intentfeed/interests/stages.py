"""Where an interest stands in its life (U10): emerging, active, stable or fading; and how sure we are of it [ours]."""

from __future__ import annotations

from math import exp, log2
from typing import TypeGuard

import numpy as np
from numpy.typing import NDArray

from ..types import Settings, Stage
from .facts import Facts


class StageConfig(Settings):
    """What is new, what is recent, what is long ago."""

    new_days: int = 90
    """An interest first seen within these days is emerging, if the person was there well before."""
    recent_days: int = 60
    """Something within these days is recent."""
    silent_factor: float = 3.0
    """Times the usual gap between visits after which silence means that the interest fades."""
    year_days: int = 300
    """Span from which an interest that keeps to one half of the year is one of the season."""
    season_days: int = 400
    """Silence that such an interest may keep."""


def stage_of(facts: Facts, days: NDArray[np.int64], *, first: int, last: int, config: StageConfig) -> Stage:
    """Return the stage at day `last` of an interest with events on `days`; the person's first event was on `first`.

    Without time the places in the sequence stand for days, and parts of the sequence for periods.
    """
    whole = max(last - first, 1)
    new, recent = config.new_days, config.recent_days
    if facts.clock == "order":
        new, recent = whole // 4, max(whole // 4, 1)
    if facts.clock == "none":
        return "stable"
    silent = last - facts.last_day
    if facts.first_day > last - new and whole > 2 * new:
        return "emerging"
    usual = facts.span_days / max(facts.n_days - 1, 1)
    yearly = facts.clock != "order" and facts.span_days >= config.year_days
    patience = max(config.silent_factor * usual, recent, config.season_days if yearly and _seasonal(days) else 0)
    if silent > patience:
        return "fading"
    lately = int(np.count_nonzero(days > last - recent))
    rate = facts.n_days / max(last - facts.first_day, 1)
    return "active" if lately >= 2 and lately / recent > 1.5 * rate else "stable"


def fits(stage: str, facts: Facts, *, first: int, last: int, config: StageConfig) -> TypeGuard[Stage]:
    """Return whether the dates allow what somebody says of the stage; without dates they allow nothing."""
    if facts.clock not in ("time", "short"):
        return False
    silent, since = last - facts.last_day, last - facts.first_day
    match stage:
        case "emerging":
            return since < config.new_days and last - first > 2 * config.new_days
        case "active":
            return silent <= config.recent_days
        case "stable":
            return since >= config.new_days and silent <= config.season_days
        case "fading":
            return silent > config.recent_days
    return False


def _seasonal(days: NDArray[np.int64]) -> bool:
    """Return whether the days of several years lie in one half of the year."""
    angle = 2 * np.pi * (days % 365.25) / 365.25
    return bool(np.hypot(np.cos(angle).mean(), np.sin(angle).mean()) > 0.6)


def confidence_of(facts: Facts, *, part: float, n_against: int, signs: int, devotion: float) -> float:
    """Return how sure we are that this is an interest, from 0.02 to 0.99.

    By the days, the `part` of all the person's events, and how `devoted` people are to the category beside the usual
    (1 where unknown). The weights are those of a logistic regression on generated worlds of two sizes (seeds 102 and
    104), rounded. What cannot be seen there is taken off by hand: fewer events than any true interest has there,
    signs of need, ratings against it, and spread over time that was not tested.
    """
    score = 5.75 + 0.95 * log2(1 + facts.n_days) + log2(min(part, 0.08)) + 0.4 * log2(min(max(devotion, 0.25), 2.0))
    score -= 1.8 * max(0, 4 - facts.n) if facts.clock == "time" else 4.0
    score -= 1.2 * signs + 1.5 * n_against / (facts.n + n_against)
    return round(min(0.99, max(0.02, 1 / (1 + exp(-score)))), 3)
