"""Which (user, item) pairs of the log are evidence of liking, how strong, and in which order they came."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ..data.ratings import below_own_mean
from ..types import ACTIONS, NO_TIME, Action, Interactions, Settings

DEFAULT_WEIGHTS: dict[Action, float] = {
    "impression": 0.0, "click": 0.5, "detail_view": 1.0, "review_read": 1.0, "search": 0.0, "favorite": 2.0,
    "cart": 2.0, "purchase": 3.0, "rate": 1.0, "tag": 1.0, "like": 1.5, "bookmark": 1.5, "comment": 1.0,
    "follow": 1.5, "review": 1.0,
}  # fmt: skip


class EvidenceConfig(Settings):
    """What counts."""

    action_weights: dict[Action, float] = Field(default_factory=lambda: dict(DEFAULT_WEIGHTS))
    """How strongly each action speaks for an item; 0 leaves it out."""
    disliked: bool = False
    """Count ratings below the user's own mean too: no sign of liking, but of what the same people take up."""
    max_items_per_user: int = Field(default=2_000, ge=2)
    """Newest distinct items of a person that teach what goes together; bounds the cost of the very active."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Distinct (user, item) pairs as parallel columns [N], sorted by user, then oldest first."""

    user: NDArray[np.int32]
    item: NDArray[np.int32]
    weight: NDArray[np.float32]
    """Of the strongest action on the pair."""
    time_s: NDArray[np.int64]
    """Of the last action on the pair."""
    n_users: int
    n_items: int

    def matrix(self) -> Any:
        """Return the weights as CSR [U, I]."""
        from scipy.sparse import csr_matrix

        return csr_matrix((self.weight, (self.user, self.item)), shape=(self.n_users, self.n_items), dtype=np.float32)

    @property
    def starts(self) -> NDArray[np.int64]:
        """Where each user's rows begin [U + 1]."""
        return np.searchsorted(self.user, np.arange(self.n_users + 1)).astype(np.int64)

    def sequences(self) -> list[list[int]]:
        """Return each user's item rows, oldest first [U]."""
        edges, items = self.starts.tolist(), self.item.tolist()
        return [items[lo:hi] for lo, hi in pairwise(edges)]


def evidence(log: Interactions, config: EvidenceConfig | None = None) -> Evidence:
    """Return the pairs that speak for an item: weighted actions, by default without ratings below the own mean.

    A pair stands where its last action stands, with the weight of its strongest one.
    """
    config = config or EvidenceConfig()
    weights = np.array([config.action_weights.get(action, 0.0) for action in ACTIONS], dtype=np.float32)
    keep = weights[log.action] > 0
    if not config.disliked:
        keep &= ~below_own_mean(log.action, log.value, log.user, log.n_users)
    user, item, time_s = log.user[keep], log.item[keep], log.time_s[keep]
    weight = weights[log.action[keep]]

    pair = user.astype(np.int64) * max(log.n_items, 1) + item
    order = np.argsort(pair, kind="stable")
    last = np.flatnonzero(np.r_[np.diff(pair[order]) != 0, True]) if len(pair) else np.zeros(0, dtype=np.int64)
    first = np.r_[0, last[:-1] + 1] if len(last) else last
    strongest = np.maximum.reduceat(weight[order], first) if len(last) else weight
    place = np.argsort(order[last], kind="stable")  # back to the log's own order
    rows = order[last][place]
    found = Evidence(user[rows], item[rows], strongest[place], time_s[rows], log.n_users, log.n_items)
    return _newest(found, config.max_items_per_user)


def _newest(found: Evidence, n: int) -> Evidence:
    """Return at most the `n` newest pairs of each user."""
    from_end = found.starts[found.user + 1] - 1 - np.arange(len(found.user))
    keep = from_end < n
    columns = (found.user[keep], found.item[keep], found.weight[keep], found.time_s[keep])
    return Evidence(*columns, found.n_users, found.n_items)


def gaps_days(found: Evidence, shift: int) -> NDArray[np.float64]:
    """Return days between each pair and the one `shift` places later; NaN where the log has no time."""
    early, late = found.time_s[:-shift], found.time_s[shift:]
    dated = (early != NO_TIME) & (late != NO_TIME)
    days = (np.where(dated, late, 0) - np.where(dated, early, 0)) / 86_400
    return np.where(dated, days, np.nan)
