"""What the sequence towers read of a person: distinct items in time, what was done with each, and the time between.

Training and serving read by the same rules. An item stands where it was met last, with its strongest action; a rating
under the person's own mean is read as a kind of its own, since what somebody disliked tells what comes next, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..data.ratings import below_own_mean
from ..types import ACTIONS, NO_TIME, History, Interactions
from .evidence import DEFAULT_WEIGHTS

N_KINDS = 2 * len(ACTIONS)
"""An action, or the same with a low rating."""
N_GAPS = 16
"""0 for an unknown time, then powers of two of a minute: the last one is eleven days and more."""
WEIGHTS = np.array([DEFAULT_WEIGHTS[action] for action in ACTIONS])


@dataclass(frozen=True, slots=True)
class Sequence:
    """Columns of equal length [N], oldest first."""

    item: NDArray[np.int64]
    kind: NDArray[np.int64]
    gap: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.item)

    def part(self, lo: int, hi: int) -> Sequence:
        """Return a window of it."""
        return Sequence(self.item[lo:hi], self.kind[lo:hi], self.gap[lo:hi])


def read_history(history: History, n_items: int, *, longest: int) -> Sequence:
    """Return what is read of one history, its newest `longest` items."""
    disliked = below_own_mean(history.action, history.value)
    read = _read(history.item, history.action, history.time_s, disliked, n_items)
    return read.part(max(0, len(read) - longest), len(read))


def read_log(log: Interactions) -> list[Sequence]:
    """Return what is read of everybody [U]."""
    disliked = below_own_mean(log.action, log.value, log.user, log.n_users)
    edges = np.searchsorted(log.user, np.arange(log.n_users + 1)).tolist()
    return [
        _read(log.item[lo:hi], log.action[lo:hi], log.time_s[lo:hi], disliked[lo:hi], log.n_items)
        for lo, hi in pairwise(edges)
    ]


def _read(
    item: NDArray[np.int32],
    action: NDArray[np.int8],
    time_s: NDArray[np.int64],
    disliked: NDArray[np.bool_],
    n_items: int,
) -> Sequence:
    known = (item >= 0) & (item < n_items) & (WEIGHTS[action] > 0)
    item, action, time_s, disliked = item[known], action[known], time_s[known], disliked[known]
    n = len(item)
    if not n:
        none = np.zeros(0, dtype=np.int64)
        return Sequence(none, none, none)
    _, from_end, which = np.unique(item[::-1], return_index=True, return_inverse=True)
    strongest = np.full(len(from_end), -1.0)
    np.maximum.at(strongest, which[::-1], WEIGHTS[action])
    kind_of = np.zeros(len(from_end), dtype=np.int64)
    strong = WEIGHTS[action] == strongest[which[::-1]]
    kind_of[which[::-1][strong]] = action[strong]  # of equally strong ones the last
    last = n - 1 - from_end
    order = np.argsort(last)
    kept = last[order]
    kind = kind_of[order] + len(ACTIONS) * disliked[kept]
    return Sequence(item[kept].astype(np.int64), kind.astype(np.int64), _gaps(time_s[kept]))


def _gaps(time_s: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the class of the time since the event before."""
    gap = np.zeros(len(time_s), dtype=np.int64)
    if len(time_s) > 1:
        dated = (time_s[1:] != NO_TIME) & (time_s[:-1] != NO_TIME)
        minutes = np.maximum(np.where(dated, time_s[1:], 0) - np.where(dated, time_s[:-1], 0), 0) / 60
        gap[1:] = np.where(dated, np.minimum(1 + np.log2(1 + minutes), N_GAPS - 1), 0)
    return gap
