"""What of a log counts as liking here: of a person's history at tagging time, and of the whole log at a fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.ratings import below_own_mean
from ..types import ACTION_CODE, RELIABLE, History, Interactions

RELIABLE_CODES = np.array(sorted(ACTION_CODE[action] for action in RELIABLE), dtype=np.int8)
IMPRESSION = ACTION_CODE["impression"]


@dataclass(frozen=True, slots=True)
class Likes:
    """Distinct liked (user, item) pairs of the log as columns, sorted by user, then oldest first."""

    user: NDArray[np.int32]
    item: NDArray[np.int32]
    age: NDArray[np.int32]
    """How many of the user's pairs are newer."""
    n_users: int
    n_items: int

    def older(self, skip: int) -> Likes:
        """Return the pairs without each user's newest `skip`."""
        keep = self.age >= skip
        return Likes(self.user[keep], self.item[keep], self.age[keep] - skip, self.n_users, self.n_items)

    def matrix(self) -> Any:
        """Return ones as CSR [U, I]."""
        from scipy.sparse import csr_matrix

        ones = np.ones(len(self.user), dtype=np.float32)
        return csr_matrix((ones, (self.user, self.item)), shape=(self.n_users, self.n_items))


def recency(age: NDArray[np.int32], power: float) -> NDArray[np.float32]:
    """Return the weight of a pair that `age` newer ones follow: 1, then slowly less."""
    weight: NDArray[np.float32] = ((1.0 + age) ** -power).astype(np.float32)
    return weight


def likes(log: Interactions, newest: int) -> Likes:
    """Return each user's `newest` last liked items, each once, where it was last liked."""
    keep = _liked(log.action, log.value, log.user, log.n_users)
    user, item = log.user[keep], log.item[keep]
    pair = user.astype(np.int64) * max(log.n_items, 1) + item
    last = np.sort(len(pair) - 1 - np.unique(pair[::-1], return_index=True)[1])
    user, item = user[last], item[last]
    count = np.bincount(user, minlength=log.n_users)
    end = np.cumsum(count)
    age = (end[user] - 1 - np.arange(len(user))).astype(np.int32)
    near = age < newest
    return Likes(user[near], item[near], age[near], log.n_users, log.n_items)


def liked_events(history: History) -> NDArray[np.int64]:
    """Return the positions in the history of events on items that count as liking, oldest first."""
    keep = _liked(history.action, history.value, np.zeros(len(history), np.int32), 1)
    return np.flatnonzero(keep & (history.item >= 0))


def _liked(
    action: NDArray[np.int8], value: NDArray[np.float64], user: NDArray[np.int32], n_users: int
) -> NDArray[np.bool_]:
    """Tell deliberate actions from the rest, without ratings below the user's own mean.

    Where these events hold no deliberate action at all, all that is not an impression counts.
    """
    reliable = np.isin(action, RELIABLE_CODES)
    keep = reliable if reliable.any() else action != IMPRESSION
    return keep & ~below_own_mean(action, value, user, n_users)
