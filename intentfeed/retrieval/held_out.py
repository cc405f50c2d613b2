"""What validation asks while towers are trained: what did people take up last, which the training does not see?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ..types import History
from .hidden import Hidden, hide_last
from .learner import TowerData
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
    def of(cls, data: TowerData, hidden: Hidden | None = None, *, most: int, repeats: bool = False) -> Self:
        """Return up to `most` of the people whose items are hidden, evenly spread, under the names that they have."""
        hidden = hidden or hide_last(data.log, most, repeats=repeats)
        histories = named(hidden, data)
        some = np.unique(np.linspace(0, len(hidden.targets) - 1, min(most, len(hidden.targets))).astype(int))
        return cls(
            data=replace(data, log=hidden.log),
            histories=tuple(histories[row] for row in some.tolist()),
            targets=np.array(hidden.targets, dtype=np.int64)[some],
            repeats=repeats,
        )

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


def named(hidden: Hidden, data: TowerData) -> list[History]:
    """Return the histories with people's ids on them, which towers may have learnt under those."""
    if not len(data.user_ids):
        return hidden.histories
    pairs = zip(hidden.histories, hidden.users, strict=True)
    return [replace(history, user_id=data.user_ids[user]) for history, user in pairs]


def _ndcg(ranks: NDArray[np.int64], k: int) -> float:
    return float(np.where(ranks < k, 1 / np.log2(ranks + 2.0), 0.0).mean())
