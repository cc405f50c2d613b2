"""Which sibling categories the same people come back to: those are cut as one interest [ours]."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ..data.store import replacing
from ..types import NO_TIME, Interactions
from .evidence import DAY_S
from .signs import liked
from .tree import CategoryTree

MAX_EVENTS = 2_000_000
"""Events that are looked at; of a longer log every second, third … person."""
PRIOR = 1.0
"""People by chance, added to what is seen and to what is expected."""


@dataclass(frozen=True)
class Affinity:
    """How much more often than by chance two siblings draw the same people back; only pairs above 1 are kept."""

    lift: dict[tuple[int, int], float]
    """By (lower, higher) node."""

    @classmethod
    def fit(cls, log: Interactions, tree: CategoryTree) -> Affinity:
        """Return the affinities of all siblings in the log."""
        keep = liked(log) & (tree.node_I[log.item] > 0) & (log.user % max(1, -(-len(log) // MAX_EVENTS)) == 0)
        active = _active(log, np.flatnonzero(keep), tree)
        together = (active.T @ active).tocoo()
        count = np.asarray(active.sum(axis=0)).ravel()
        n_users = max(1, len(np.unique(log.user[keep])))
        low, high = together.row, together.col
        sibling = (low < high) & (low > 0) & (tree.parent_C[low] == tree.parent_C[high]) & (tree.parent_C[low] > 0)
        low, high, seen = low[sibling], high[sibling], together.data[sibling]
        lift = (seen + PRIOR) / (count[low] * count[high] / n_users + PRIOR)
        pairs = zip(low.tolist(), high.tolist(), lift.tolist(), strict=True)
        return cls({(a, b): value for a, b, value in sorted(pairs) if value > 1})

    def of(self, one: int, other: int) -> float:
        """Return the lift of two siblings; 1 where nothing is known."""
        return self.lift.get((min(one, other), max(one, other)), 1.0)

    def save(self, path: Path, tree: CategoryTree) -> None:
        """Write the pairs by path."""
        pairs = [[tree.paths[a], tree.paths[b]] for a, b in self.lift]
        with replacing(path) as temporary, temporary.open("wb") as handle:
            np.savez(handle, pairs=np.array(pairs, str).reshape(-1, 2), lift=np.array(list(self.lift.values())))

    @classmethod
    def load(cls, path: Path, tree: CategoryTree) -> Affinity:
        """Read what `save` wrote; categories that are gone are left out."""
        found = {}
        with np.load(path) as saved:
            for (one, other), lift in zip(saved["pairs"].tolist(), saved["lift"].tolist(), strict=True):
                if one in tree.node_of and other in tree.node_of:
                    pair = sorted((tree.node_of[one], tree.node_of[other]))
                    found[pair[0], pair[1]] = lift
        return cls(found)


def _active(log: Interactions, rows: NDArray[np.int64], tree: CategoryTree) -> sparse.csr_matrix:
    """Return active_UC: 1 where a person came back to a category, on another day if the log has days."""
    user, node = log.user[rows], tree.node_I[log.item[rows]]
    day = np.where(log.time_s[rows] == NO_TIME, np.arange(len(rows)), log.time_s[rows] // DAY_S)
    day = day - day.min(initial=0)
    active = sparse.csr_matrix((log.n_users, len(tree)), dtype=np.float32)
    while (node > 0).any():
        place, pair = np.unique(user.astype(np.int64) * len(tree) + node, return_inverse=True)
        visited = place[np.unique(pair * (day.max() + 1) + day) // (day.max() + 1)]
        ones = np.ones(len(visited), np.float32)
        active = active + sparse.csr_matrix((ones, (visited // len(tree), visited % len(tree))), shape=active.shape)
        above = tree.parent_C[node]
        user, node, day = user[above > 0], above[above > 0], day[above > 0]
    active.data = (active.data >= 2).astype(np.float32)
    active.eliminate_zeros()
    return active
