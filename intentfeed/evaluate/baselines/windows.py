"""A log in pieces that fit a sequence model, and what one batch of them asks."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ...types import Interactions
from ..recommender import CannotRun


@dataclass(frozen=True)
class Windows:
    """The log in pieces that fit the network: window w is `item[start[w] : start[w] + n[w]]`."""

    item: NDArray[np.int32]
    asked: NDArray[np.bool_]
    """Whether an event may be asked for."""
    start: NDArray[np.int64]
    n: NDArray[np.int64]
    fresh: NDArray[np.int64]
    """Place in the window from which events have not been asked for by the window before it."""

    def __len__(self) -> int:
        return len(self.start)


@dataclass(frozen=True)
class Lesson:
    """One batch: rows of tokens filled up at their end, and what is asked for at some of their places."""

    token_BL: NDArray[np.int64]
    n_B: NDArray[np.int64]
    at_T: NDArray[np.int64]
    """Places asked about, row by row: row × L + column."""
    target_T: NDArray[np.int64]


def windows(log: Interactions, size: int, *, only_new: bool = False) -> Windows:
    """Return the log in windows of at most `size` events that overlap by half; each event is asked for once.

    An event that repeats the one before it is left out, and so is whoever has a single one.

    Raises:
        CannotRun: the log has no order, or nobody has two events.
    """
    if not log.ordered:
        raise CannotRun("the log has neither time nor order, and what comes next is all that this method learns")
    kept = np.ones(len(log), dtype=bool)
    kept[1:] = (log.user[1:] != log.user[:-1]) | (log.item[1:] != log.item[:-1])
    user, item = log.user[kept], log.item[kept]
    asked = np.ones(len(item), dtype=bool)
    if only_new:
        asked[:] = False
        asked[np.unique(user.astype(np.int64) * log.n_items + item, return_index=True)[1]] = True
    edges = np.searchsorted(user, np.arange(log.n_users + 1)).tolist()
    found, stride = [], max(size // 2, 1)
    for lo, hi in pairwise(edges):
        end = hi
        while end - lo > size:
            found.append((end - size, size, size - stride))
            end -= stride
        if end - lo > 1:
            found.append((lo, end - lo, 1))
    if not found:
        raise CannotRun("nobody in the log has two different events in a row, so that nothing follows from anything")
    start, n, fresh = np.array(found, dtype=np.int64).T
    return Windows(item=item, asked=asked, start=start, n=n, fresh=fresh)


def rows_of(windows: Windows, rows: NDArray[np.int64], n_B: NDArray[np.int64], fill: int) -> NDArray[np.int64]:
    """Return the first `n_B` items of each window as token_BL, filled up with `fill`."""
    at_L = np.arange(int(n_B.max()))
    inside_BL = at_L < n_B[:, None]
    event_BL = np.where(inside_BL, windows.start[rows][:, None] + at_L, 0)
    return np.where(inside_BL, windows.item[event_BL], fill).astype(np.int64)


def settled(history: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the history without the events that repeat the one before, as the log is learnt from."""
    return history[np.concatenate([[True], history[1:] != history[:-1]])] if len(history) else history
