"""Does the behaviour carry the interest? RecGPT-V1, 3.2 and 3.5: sustained over time, not one action, not one burst.

How to tell is ours: by the days on which something was done, their span, and what chance would bring.
"""

from __future__ import annotations

from math import lgamma, log, log1p

import numpy as np

from ..types import Settings
from .facts import Facts


class ReasonablenessConfig(Settings):
    """How much behaviour, spread how far, makes an interest."""

    min_events: int = 4
    """Events an interest needs where the person has many."""
    few_events: int = 60
    """A person with fewer deliberate events has an interest from two events on."""
    min_days: int = 3
    """Distinct days; a single sitting is no interest."""
    min_span_days: int = 28
    """Days from the first to the last event; less is a burst."""
    min_share: float = 0.005
    """Part of the person's events; less is not told from idle looks."""
    other_share: float = 0.25
    """Part of the days on which a search for something else led there, from which it was an errand or a gift."""
    devotion: float = 0.5
    """How devoted people are to a category, beside the usual, up to which only devotion of one's own counts."""
    devoted_days: int = 6
    """Days that show devotion of one's own."""
    suit: float = 0.7
    """How often, beside all people, people like this one come back to the items; below it they are for others."""
    burst_share: float = 0.85
    """Part of the events inside one window of `groups.window_days` days that makes the whole a burst."""
    odds: float = 1.5
    """Odds of an event lying there, beside the usual odds, that tell a taste in a category most people come to."""
    facet_odds: float = 2.0
    """The same for a facet, which comes along with items chosen for something else."""
    chance: float = 0.05
    """Chance at which somebody who has as much of it as is usual would show as many events."""


def chance_of(n: int, total: int, share: float) -> float:
    """Return the chance of `n` or more of `total` events in a group that holds `share` of everybody's events."""
    if np.isnan(share) or share <= 0 or n <= 0:
        return 0.0 if n > 0 else 1.0
    share = min(share, 0.999)
    if n > total * share + 12 * np.sqrt(total * share + 1):
        return 0.0
    terms = [
        lgamma(total + 1) - lgamma(k + 1) - lgamma(total - k + 1) + k * log(share) + (total - k) * log1p(-share)
        for k in range(n)
    ]
    return max(0.0, 1.0 - float(np.exp(terms).sum()))


def is_burst(facts: Facts, config: ReasonablenessConfig) -> bool:
    """Return whether nearly everything was done within one short window."""
    if facts.clock != "time":
        return False
    return facts.span_days < config.min_span_days or facts.densest >= config.burst_share * facts.n
