"""Which items go together? Item-to-item similarity from the log, kept sparse: the core's `Neighbours`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ..types import Interactions, Settings
from .evidence import Evidence, EvidenceConfig, evidence, gaps_days

BLOCK = 2048
"""Items whose similarities are computed at a time; bounds the memory of a fit."""


class NeighbourConfig(Settings):
    """How similarity is counted."""

    top: int = Field(default=200, ge=1)
    """Neighbours kept of each item."""
    shrinkage: float = Field(default=5.0, ge=0)
    """Added to the norm: pairs seen once or twice count for little."""
    user_damping: float = Field(default=0.5, ge=0, le=1)
    """A pair that a person of n items makes counts n to the minus this: long histories join everything."""
    near: int = Field(default=5, ge=0)
    """How many places apart two items may stand to count as taken up together."""
    near_weight: float = Field(default=1.0, ge=0)
    """What an adjacent pair adds to a pair that is merely of the same person."""
    near_days: float = Field(default=7.0, gt=0)
    """Where the log has time, a pair this many days apart counts half as near."""
    evidence: EvidenceConfig = EvidenceConfig()
    """What counts as liking."""


class ItemNeighbours:
    """Shrunk cosine of co-occurrence, pairs taken up together counting more; the top of each item [ours]."""

    def __init__(self, similarity_II: Any, config: NeighbourConfig) -> None:
        self.similarity_II = similarity_II
        """CSR; row i holds what goes with item i."""
        self.config = config

    @classmethod
    def fit(cls, log: Interactions, config: NeighbourConfig | None = None) -> ItemNeighbours:
        """Return the neighbours of every item of the log; an item without evidence has none."""
        config = config or NeighbourConfig()
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

        config = NeighbourConfig(**json.loads((folder / "neighbours.json").read_text()))
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


def _similarity(found: Evidence, config: NeighbourConfig) -> Any:
    """Return the top similarities of each item as CSR [I, I]."""
    from scipy.sparse import diags, vstack

    n_of_user = np.diff(found.starts)
    damping = np.divide(1, np.maximum(n_of_user, 1) ** config.user_damping)
    X = (diags(np.sqrt(damping)) @ found.matrix()).tocsr().astype(np.float32)
    near = _near(found, damping, config)
    norm = np.sqrt(np.asarray(X.multiply(X).sum(axis=0)).ravel()).astype(np.float64)
    blocks = []
    for lo in range(0, found.n_items, BLOCK):
        rows = slice(lo, min(lo + BLOCK, found.n_items))
        together = (X[:, rows].T @ X + near[rows]).tocsr()
        blocks.append(_top(_shrunk_cosine(together, norm, lo, config.shrinkage), config.top))
    return vstack(blocks, format="csr") if blocks else near


def _near(found: Evidence, damping: NDArray[np.float64], config: NeighbourConfig) -> Any:
    """Return symmetric weights [I, I] of pairs that one person took up close to each other."""
    from scipy.sparse import csr_matrix

    total = csr_matrix((found.n_items, found.n_items), dtype=np.float32)
    for shift in range(1, config.near + 1 if config.near_weight else 1):
        same = found.user[:-shift] == found.user[shift:]
        days = np.nan_to_num(gaps_days(found, shift)[same])
        strength = np.sqrt(found.weight[:-shift][same] * found.weight[shift:][same]) * damping[found.user[shift:][same]]
        strength = config.near_weight * strength / shift / (1 + np.maximum(days, 0) / config.near_days)
        pairs = (found.item[:-shift][same], found.item[shift:][same])
        one_way = csr_matrix((strength.astype(np.float32), pairs), shape=total.shape)
        total = total + one_way + one_way.T
    return total.tocsr()


def _shrunk_cosine(together: Any, norm: NDArray[np.float64], lo: int, shrinkage: float) -> Any:
    """Return the rows from `lo` on divided by both norms plus the shrinkage, without the diagonal."""
    together = together.tocoo()
    keep = together.row + lo != together.col
    row, col = together.row[keep], together.col[keep]
    value = together.data[keep] / (norm[row + lo] * norm[col] + shrinkage)
    from scipy.sparse import csr_matrix

    return csr_matrix((value.astype(np.float32), (row, col)), shape=together.shape)


def _top(rows: Any, k: int) -> Any:
    """Return each row's k largest entries; of equal ones those of the lower item."""
    from scipy.sparse import csr_matrix

    row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    order = np.lexsort((rows.indices, -rows.data, row))
    place = np.arange(len(order)) - rows.indptr[row[order]]
    keep = np.sort(order[place < k])
    return csr_matrix((rows.data[keep], (row[keep], rows.indices[keep])), shape=rows.shape)
