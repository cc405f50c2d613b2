"""What the paper's user tower reads of a person: the id, and one chronological sequence for each kind of behaviour.

Training and serving read events by the same rules: an action that speaks for its item, no rating below the own mean.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..data.ratings import below_own_mean
from ..types import ACTION_CODE, ACTIONS, Action, History, Interactions
from .evidence import DEFAULT_WEIGHTS
from .negatives import runs

COMMON = 0.01
"""Share of the events that an action must have for a sequence of its own; rarer ones join the most common one's."""


def speaks(action: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Return which actions are evidence of liking."""
    weights = np.array([DEFAULT_WEIGHTS.get(name, 0.0) for name in ACTIONS])
    spoken: NDArray[np.bool_] = weights[action] > 0
    return spoken


def behaviours_in(log: Interactions, most: int) -> tuple[Action, ...]:
    """Return the behaviours that get a sequence each, the most common first."""
    counts = np.bincount(log.action[speaks(log.action)], minlength=len(ACTIONS))
    order = [code for code in np.argsort(-counts, kind="stable").tolist() if counts[code]]
    return tuple(ACTIONS[code] for code in order[:most] if counts[code] >= COMMON * counts.sum())


def behaviour_of(behaviours: Sequence[Action]) -> NDArray[np.int64]:
    """Return which sequence each action belongs to, by its code; one that was never seen joins the first."""
    place = np.zeros(len(ACTIONS), dtype=np.int64)
    for at, name in enumerate(behaviours):
        place[ACTION_CODE[name]] = at
    return place


@dataclass(frozen=True)
class Events:
    """Everybody's events that count [E], sorted by user, then behaviour, then time, and where each slice begins."""

    item: NDArray[np.int64]
    place: NDArray[np.int64]
    """When it was among all events: larger is later, for one user."""
    starts: NDArray[np.int64]
    """Of user u and behaviour b of B: at u B + b; one more for the end."""
    n_behaviours: int

    @classmethod
    def of(
        cls,
        user: NDArray[np.integer],
        item: NDArray[np.integer],
        action: NDArray[np.int8],
        *,
        n_users: int,
        behaviours: Sequence[Action],
    ) -> Events:
        """Return the events, which are given by user, each user's in time."""
        n = max(len(behaviours), 1)
        group = user.astype(np.int64) * n + behaviour_of(behaviours)[action]
        order = np.argsort(group, kind="stable")
        starts = np.searchsorted(group[order], np.arange(n_users * n + 1))
        return cls(item[order].astype(np.int64), order.astype(np.int64), starts.astype(np.int64), n)

    def before(
        self, users_N: NDArray[np.integer], places_N: NDArray[np.integer] | None, most: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return (items, whose) of each user's sequences before a place, or whole: at most the `most` newest of each.

        Whose is row times behaviours plus behaviour: the slot of the user tower's input.
        """
        group = (users_N.astype(np.int64)[:, None] * self.n_behaviours + np.arange(self.n_behaviours)).ravel()
        lo, hi = self.starts[group], self.starts[group + 1]
        if places_N is not None:
            hi = lo + self._earlier(group, np.repeat(places_N, self.n_behaviours))
        at, owner = runs(np.maximum(lo, hi - most), hi)
        return self.item[at], owner

    def _earlier(self, groups: NDArray[np.int64], places: NDArray[np.integer]) -> NDArray[np.int64]:
        """Return how many events of each group lie before each place."""
        ends = groups * self._span + np.minimum(places, len(self.place))
        earlier: NDArray[np.int64] = np.searchsorted(self._keys, ends) - self.starts[groups]
        return earlier

    @cached_property
    def _keys(self) -> NDArray[np.int64]:
        """One number an event [E], ascending: its group, then its place."""
        of_event = np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))
        keys: NDArray[np.int64] = of_event * self._span + self.place
        return keys

    @property
    def _span(self) -> int:
        return len(self.place) + 1


def readable(history: History, n_items: int) -> NDArray[np.bool_]:
    """Return which events [N] of a history count."""
    known = (history.item >= 0) & (history.item < n_items) & speaks(history.action)
    nobody = np.zeros(len(history), dtype=np.int32)
    return known & ~below_own_mean(history.action, history.value, nobody, 1)


def name_key(user_id: str) -> int:
    """Return the number under which towers know a person: no name is stored."""
    return int.from_bytes(hashlib.blake2b(user_id.encode(), digest_size=8).digest(), "big")
