"""Which items go together? Item-to-item similarity from the log, kept sparse: the core's `Neighbours`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ..types import Interactions, Settings
from .evidence import Evidence, EvidenceConfig, evidence, gaps_days
from .sums import RowSum

BLOCK = 2048
"""Items whose similarities are computed at a time; bounds the memory of a fit."""
PAIRS = 8_000_000
"""Pairs that are added up at a time, for the same reason."""


class NeighboursConfig(Settings):
    """How similarity is counted. The values were chosen on validation rows of three unlike logs."""

    top: int = Field(default=200, ge=1)
    """Neighbours kept of each item."""
    together: float = Field(default=0.1, ge=0)
    """What a pair adds that one person took up at all."""
    ahead: float = Field(default=1.0, ge=0)
    """What it adds to what comes next: the pair in this order, close by."""
    behind: float = Field(default=1.0, ge=0)
    """What it adds to what came before."""
    window: int = Field(default=50, ge=1)
    """How many places apart a pair still counts as close; at n places it counts one part in n + 1."""
    near_days: float = Field(default=30.0, gt=0)
    """Where the log has time, a pair this many days apart counts half as near."""
    user_damping: float = Field(default=0.5, ge=0, le=1)
    """`together` of a person of n items counts n to the minus this: long histories join everything."""
    norm_power: float = Field(default=0.5, ge=0, le=1)
    """Power of each item's count in the denominator: 0.5 is the cosine, less favours the popular."""
    shrinkage: float = Field(default=5.0, ge=0)
    """Added to both factors of the denominator: what was seen once or twice counts for little."""
    evidence: EvidenceConfig = EvidenceConfig(disliked=True)
    """What counts as taking up. What somebody disliked still shows which items find the same people; that it is no
    sign of liking is heeded where a person's own history is read."""


NEXT = NeighboursConfig(together=0, behind=0.3)
"""What follows an item, rather than what goes with it."""
CLOSE = NeighboursConfig(together=0, behind=1, shrinkage=0)
"""What stands close to an item, before or after: for dense logs whose order within a day means little."""


class ItemNeighbours:
    """Shrunk cosine of co-occurrence, close pairs counting more; the top neighbours of each item [ours]."""

    def __init__(self, similarity_II: Any, config: NeighboursConfig) -> None:
        self.similarity_II = similarity_II
        """CSR; row i holds what goes with item i."""
        self.config = config

    @classmethod
    def fit(cls, log: Interactions, config: NeighboursConfig | None = None) -> ItemNeighbours:
        """Return the neighbours of every item of the log; an item without evidence has none."""
        config = config or NeighboursConfig()
        found = evidence(log, config.evidence)
        return cls(_similarity(found, config), config)

    @property
    def n_items(self) -> int:
        """Size of the catalogue at the fit."""
        return int(self.similarity_II.shape[0])

    def scores(self, items: Sequence[int], weights: Sequence[float]) -> NDArray[np.float32]:
        """Return scores_I: the weighted sum of the items' similarities; items newer than the fit add nothing."""
        scores_I: NDArray[np.float32] = self.scores_many([items], [weights])[0]
        return scores_I

    def scores_many(
        self, histories: Sequence[Sequence[int]], weights: Sequence[Sequence[float]] | None = None
    ) -> NDArray[np.float32]:
        """Return scores_UI of many histories at once; each row equals `scores` of that history."""
        return np.asarray((self._rows(histories, weights) @ self.similarity_II).toarray(), dtype=np.float32)

    def sum_of(self, items: NDArray[np.int64], weights: NDArray[np.float64]) -> RowSum:
        """Return the weighted sum of the items' similarities, kept sparse; unknown items add nothing."""
        known = (items >= 0) & (items < self.n_items)
        return RowSum(self.similarity_II, items[known], weights[known])

    def save(self, folder: Path) -> None:
        """Write `neighbours.npz` and `neighbours.json` into the folder."""
        from scipy.sparse import save_npz

        folder.mkdir(parents=True, exist_ok=True)
        save_npz(folder / "neighbours.npz", self.similarity_II, compressed=False)
        (folder / "neighbours.json").write_text(self.config.model_dump_json())

    @classmethod
    def load(cls, folder: Path) -> ItemNeighbours:
        """Read what `save` wrote."""
        from scipy.sparse import load_npz

        config = NeighboursConfig(**json.loads((folder / "neighbours.json").read_text()))
        return cls(load_npz(folder / "neighbours.npz").tocsr(), config)

    def _rows(self, histories: Sequence[Sequence[int]], weights: Sequence[Sequence[float]] | None) -> Any:
        """Return the histories as CSR [U, I]; an item that comes twice counts twice."""
        from scipy.sparse import csr_matrix

        user = np.repeat(np.arange(len(histories)), [len(items) for items in histories])
        item = np.array([item for items in histories for item in items], dtype=np.int64)
        weight = np.ones(len(item)) if weights is None else np.array([w for row in weights for w in row])
        known = (item >= 0) & (item < self.n_items)
        return csr_matrix(
            (weight[known].astype(np.float32), (user[known], item[known])), shape=(len(histories), self.n_items)
        )


def _similarity(found: Evidence, config: NeighboursConfig) -> Any:
    """Return the top similarities of each item as CSR [I, I].

    Pairs count alike however strong the actions were: weighing them lost accuracy wherever it was measured.
    """
    from scipy.sparse import csr_matrix, diags, vstack

    X = found.matrix()
    X.data = np.ones_like(X.data)
    damping = config.together * np.maximum(np.diff(found.starts), 1) ** -config.user_damping
    damped = (diags(damping) @ X).astype(np.float32).tocsr()
    near = _near(found, config)
    scale_I = 1 / (np.bincount(found.item, minlength=found.n_items) ** config.norm_power + config.shrinkage + 1e-9)
    blocks = []
    for lo in range(0, found.n_items, BLOCK):
        rows = slice(lo, min(lo + BLOCK, found.n_items))
        pairs = near[rows] + X[:, rows].T @ damped if config.together else near[rows]
        scaled = diags(scale_I[rows]) @ pairs @ diags(scale_I)
        blocks.append(_top(_without_self(scaled.tocoo(), lo), config.top))
    return vstack(blocks, format="csr") if blocks else csr_matrix((0, 0), dtype=np.float32)


def _near(found: Evidence, config: NeighboursConfig) -> Any:
    """Return weights [I, I] of pairs that one person took up close to each other; row first, column next."""
    from scipy.sparse import csr_matrix

    total = csr_matrix((found.n_items, found.n_items), dtype=np.float64)
    shifts = list(range(1, min(config.window, max(len(found.user) - 1, 0)) + 1))
    step = max(1, PAIRS // max(len(found.user), 1))
    for lo in range(0, len(shifts), step):
        firsts, nexts, weights = zip(*(_pairs(found, shift, config) for shift in shifts[lo : lo + step]), strict=True)
        pairs = (np.concatenate(firsts), np.concatenate(nexts))
        total = total + csr_matrix((np.concatenate(weights), pairs), shape=total.shape)
    return (config.ahead * total + config.behind * total.T).tocsr()


def _pairs(
    found: Evidence, shift: int, config: NeighboursConfig
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
    """Return the pairs of one person `shift` places apart: first item, next item, weight."""
    same = found.user[:-shift] == found.user[shift:]
    days = np.maximum(np.nan_to_num(gaps_days(found, shift)[same]), 0)
    return found.item[:-shift][same], found.item[shift:][same], 1 / (1 + shift) / (1 + days / config.near_days)


def _without_self(rows: Any, lo: int) -> Any:
    """Return the block of rows from `lo` on without the diagonal, as CSR."""
    from scipy.sparse import csr_matrix

    keep = (rows.row + lo != rows.col) & (rows.data > 0)
    return csr_matrix((rows.data[keep].astype(np.float32), (rows.row[keep], rows.col[keep])), shape=rows.shape)


def _top(rows: Any, k: int) -> Any:
    """Return each row's k largest entries; of equal ones those of the lower item."""
    from scipy.sparse import csr_matrix

    rows.sort_indices()
    kept = [lo + _largest(rows.data[lo:hi], k) for lo, hi in pairwise(rows.indptr.tolist())]
    keep = np.concatenate(kept) if kept else np.zeros(0, dtype=np.int64)
    starts = np.r_[0, np.cumsum([len(places) for places in kept])]
    return csr_matrix((rows.data[keep], rows.indices[keep], starts), shape=rows.shape)


def _largest(values: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Return the places of the k largest values, in their order; of equal ones the first."""
    if len(values) <= k:
        return np.arange(len(values))
    level = np.partition(values, len(values) - k)[len(values) - k]
    above = np.flatnonzero(values > level)
    return np.sort(np.r_[above, np.flatnonzero(values == level)[: k - len(above)]])
