"""What can be counted about a group of events: how many, of what kind, over how long, how evenly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..types import ACTIONS
from .evidence import Clock, Evidence
from .signs import PURCHASE

WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The counts behind one interest; days are places in the sequence where the log has no time."""

    clock: Clock
    n: int
    """Events that speak for it."""
    by_action: tuple[int, ...]
    """Events of each action [A]."""
    weight: float
    n_items: int
    """Distinct items among them; searches have none."""
    n_days: int
    n_weeks: int
    first_day: int
    last_day: int
    densest_day: int
    """First day of the window of `window_days` that holds the most events."""
    densest: int
    """Events in that window."""

    @property
    def span_days(self) -> int:
        """Days from the first to the last event."""
        return self.last_day - self.first_day

    @property
    def purchases(self) -> int:
        """Number of purchases."""
        return self.by_action[PURCHASE]


def facts_of(seen: Evidence, rows: NDArray[np.int64], *, window_days: int) -> Facts:
    """Return the facts about `rows` of the evidence, which are in time order and not empty."""
    day = seen.day[rows]
    item = seen.item[rows]
    items = np.unique(item)
    inside = np.searchsorted(day, day + window_days) - np.arange(len(day))
    densest = int(inside.argmax())
    return Facts(
        clock=seen.clock,
        n=len(rows),
        by_action=tuple(np.bincount(seen.action[rows], minlength=len(ACTIONS)).tolist()),
        weight=float(seen.weight[rows].sum()),
        n_items=len(items) - int(items[0] < 0),
        n_days=_distinct(day),
        n_weeks=_distinct(day // WEEK),
        first_day=int(day[0]),
        last_day=int(day[-1]),
        densest_day=int(day[densest]),
        densest=int(inside[densest]),
    )


def _distinct(ordered: NDArray[np.int64]) -> int:
    """Return the number of distinct values of an ordered array."""
    return 1 + int(np.count_nonzero(ordered[1:] != ordered[:-1]))
