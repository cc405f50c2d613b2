"""What validation asks while towers are trained: what did people take up last, which the training does not see?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ..types import History, Interactions
from .fit_towers import TowerData
from .paper_events import speaks
from .towers import Towers, interest_scores

AT_ONCE = 4_000_000
"""Scores held at a time; changes no result."""


@dataclass(frozen=True)
class HeldOut:
    """Some people without the item that they took up last, and that item."""

    data: TowerData
    """The rest, to learn from."""
    histories: tuple[History, ...]
    targets: NDArray[np.int64]
    """Row of the item that each took up last."""
    repeats: bool = False
    """Whether what they took up before may be asked for again, and ranks among all."""

    @classmethod
    def of(cls, data: TowerData, *, most: int, least_items: int = 3) -> Self:
        """Return up to `most` people, evenly over all who have enough, without every event on their last item."""
        log = data.log
        spoken = np.flatnonzero(speaks(log.action))
        pair = log.user.astype(np.int64) * max(log.n_items, 1) + log.item
        pairs = np.unique(pair[spoken])
        n_items_U = np.bincount(pairs // max(log.n_items, 1), minlength=log.n_users)
        ends = np.searchsorted(log.user[spoken], np.arange(log.n_users), side="right") - 1
        users = np.flatnonzero(n_items_U >= least_items)
        users = users[:: max(1, -(-len(users) // most))]
        last = spoken[ends[users]]
        keep = ~np.isin(pair, pair[last])
        rest = replace(data, log=_only(log, keep))
        edges = np.searchsorted(rest.log.user, np.arange(log.n_users + 1))
        histories = tuple(_history(rest, user, edges[user], edges[user + 1]) for user in users.tolist())
        return cls(rest, histories, log.item[last].astype(np.int64))

    def __len__(self) -> int:
        return len(self.targets)

    def ndcg(self, towers: Towers, k: int = 10) -> float:
        """Return NDCG@k of the held-out items among all that may be shown: without `repeats`, those not met before.

        Towers of several interests are asked twice, for what comes next and for the interests beside it: the mean.
        """
        step = max(1, AT_ONCE // max(towers.n_items, 1))
        ranks: list[list[NDArray[np.int64]]] = [[], []]
        for lo in range(0, len(self), step):
            users_UHD = towers.encode_users(self.histories[lo : lo + step])
            for asked, some in ((users_UHD[:, :1], ranks[0]), (users_UHD[:, 1:], ranks[1])):
                if asked.shape[1]:
                    some.append(self._ranks(interest_scores(asked, towers.item_vectors), lo))
        found = [_ndcg(np.concatenate(some), k) for some in ranks if some]
        return float(np.mean(found)) if found else 0.0

    def popularity_ndcg(self, k: int = 10) -> float:
        """Return the same of the items that most people took, for everybody alike: what towers must beat."""
        log = self.data.log
        pairs = np.unique(log.user.astype(np.int64) * max(log.n_items, 1) + log.item)
        counts = np.bincount(pairs % max(log.n_items, 1), minlength=log.n_items).astype(np.float32)
        ranks = [self._ranks(counts[None].copy(), at) for at in range(len(self))]
        return _ndcg(np.concatenate(ranks), k) if ranks else 0.0

    def _ranks(self, scores_UI: NDArray[np.float32], first: int) -> NDArray[np.int64]:
        """Return how many items each target stands behind, in the middle of those that score as it does."""
        rows = np.arange(len(scores_UI))
        targets = self.targets[first : first + len(rows)]
        own = scores_UI[rows, targets][:, None]
        if not self.repeats:
            for row, history in zip(rows, self.histories[first : first + len(rows)], strict=True):
                scores_UI[row, history.item] = -np.inf
        ahead = (scores_UI > own).sum(axis=1) + ((scores_UI == own).sum(axis=1) - 1) // 2
        return np.asarray(ahead, dtype=np.int64)


def _ndcg(ranks: NDArray[np.int64], k: int) -> float:
    return float(np.where(ranks < k, 1 / np.log2(ranks + 2.0), 0.0).mean())


def _only(log: Interactions, keep: NDArray[np.bool_]) -> Interactions:
    return Interactions(
        user=log.user[keep],
        item=log.item[keep],
        action=log.action[keep],
        time_s=log.time_s[keep],
        value=log.value[keep],
        n_users=log.n_users,
        n_items=log.n_items,
    )


def _history(data: TowerData, user: int, lo: int, hi: int) -> History:
    log, at = data.log, slice(lo, hi)
    name = data.user_ids[user] if len(data.user_ids) else ""
    history = History.of_items(log.item[at], user_id=name)
    return replace(history, action=log.action[at], time_s=log.time_s[at], value=log.value[at])
