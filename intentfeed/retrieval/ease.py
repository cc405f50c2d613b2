"""What a whole history says, however long ago: EASE's item-to-item weights, which tell shared taste from shared fame.

The closed form of Steck (2019) inverts a matrix of the catalogue's size, so it is for small catalogues; in a large one
the log half of the space, its leading directions, says nearly the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ..types import Interactions, Settings
from .evidence import EvidenceConfig, evidence
from .neighbours import ItemNeighbours, NeighboursConfig


class EaseConfig(Settings):
    """How the weights are learnt."""

    ridge: float = Field(default=30.0, gt=0)
    """Regularisation, in damped events."""
    user_damping: float = Field(default=0.5, ge=0, le=1)
    """A person of n items counts n to the minus this [ours]."""
    top: int = Field(default=400, ge=1)
    """Weights kept of each item, the largest by size."""
    widest: int = Field(default=8_000, ge=0)
    """Items up to which it is learnt: twice as many take eight times as long."""
    evidence: EvidenceConfig = EvidenceConfig(disliked=True)
    """What counts as taking up."""


def ease_weights(log: Interactions, config: EaseConfig | None = None) -> ItemNeighbours:
    """Return what each item of a history adds to each other item; nothing at all in a catalogue that is too wide."""
    from scipy.sparse import csr_matrix, diags
    from threadpoolctl import threadpool_limits

    config = config or EaseConfig()
    settings = NeighboursConfig(top=config.top, evidence=config.evidence)
    found = evidence(log, config.evidence)
    if log.n_items > config.widest or not len(found.user):
        return ItemNeighbours(csr_matrix((log.n_items, log.n_items), dtype=np.float32), settings)
    X = found.matrix()
    X.data = np.ones_like(X.data)
    damping = np.maximum(np.diff(found.starts), 1) ** (-config.user_damping / 2)
    X = (diags(damping) @ X).tocsr()
    gram = np.asarray((X.T @ X).todense(), dtype=np.float64)
    gram[np.diag_indices_from(gram)] += config.ridge
    with threadpool_limits(1):  # sums of another order differ in the last bit
        inverse = np.linalg.inv(gram)
    weights_II = -inverse / np.diag(inverse)[None]
    np.fill_diagonal(weights_II, 0)
    return ItemNeighbours(_largest(weights_II.astype(np.float32), config.top), settings)


def _largest(weights_II: NDArray[np.float32], top: int) -> Any:
    """Return the `top` largest entries of each row by size, as CSR."""
    from scipy.sparse import csr_matrix

    n_items = len(weights_II)
    kept = min(top, n_items)
    columns = np.sort(np.argpartition(-np.abs(weights_II), kept - 1, axis=1)[:, :kept], axis=1)
    values = np.take_along_axis(weights_II, columns, axis=1).ravel()
    matrix = csr_matrix((values, columns.ravel(), np.arange(0, n_items * kept + 1, kept)), shape=(n_items, n_items))
    matrix.eliminate_zeros()
    return matrix
