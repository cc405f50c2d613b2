"""Item neighbours: what the same people had, nearby in their history. The classical floor for logs without text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ...data.catalog import Catalog
from ...types import Interactions, Settings
from ..recommender import Histories, Lists, chunks, stack, top_k
from .recency import recency_rows


class ItemKnnConfig(Settings):
    """How closeness is counted and how the past is weighed."""

    recency: float = 0.7
    """Weight of an event beside the one after it; 1 weighs the whole history alike."""
    decay: float = 1.0
    """A pair d places apart counts 1 / (1 + d) ** decay; 0 counts every pair alike."""
    window: int = 50
    """Pairs further apart than this do not count."""


class ItemKnn:
    """Co-occurrence / (1 + distance), divided by the square roots of both items' counts; no learning."""

    name: ClassVar[str] = "item-knn"

    def __init__(self, config: ItemKnnConfig | None = None) -> None:
        self.config = config or ItemKnnConfig()
        self._log: tuple[NDArray[np.int32], NDArray[np.int32], int] | None = None
        self._similarity: Any = None

    def fit(self, interactions: Interactions, catalog: Catalog) -> None:
        """Count pairs in the order of each user's events; an event that repeats the one before it is left out."""
        user, item = interactions.user, interactions.item
        kept = np.ones(len(user), dtype=bool)
        kept[1:] = (user[1:] != user[:-1]) | (item[1:] != item[:-1])
        self._log = user[kept], item[kept], len(catalog)
        self._similarity = _similarity(*self._log, self.config)

    def recommend_many(self, histories: Histories, k: int, *, exclude_seen: bool) -> Lists:
        """Return the items closest to the history."""
        n_items, found = self._similarity.shape[0], []
        for piece in chunks(histories):
            query = recency_rows(piece, n_items, self.config.recency)
            found.append(top_k((query @ self._similarity).toarray(), piece, k, exclude_seen=exclude_seen))
        return stack(found, k)

    def variants(self) -> Iterator[ItemKnn]:
        """Yield near pairs favoured or not, with short to long memory; counted once for each way of counting."""
        assert self._log is not None, "fit comes first"
        for decay in (1.0, 0.5, 0.0):
            similarity = _similarity(*self._log, self.config.model_copy(update={"decay": decay}))
            for recency in (0.5, 0.7, 0.9) if decay else (0.7, 0.9, 0.97, 1.0):
                other = ItemKnn(ItemKnnConfig(recency=recency, decay=decay, window=self.config.window))
                other._log, other._similarity = self._log, similarity
                yield other


def _similarity(user: NDArray[np.int32], item: NDArray[np.int32], n_items: int, config: ItemKnnConfig) -> Any:
    """Return the symmetric similarities as CSR [I, I], the diagonal left empty."""
    from scipy.sparse import csr_matrix, diags

    total = csr_matrix((n_items, n_items), dtype=np.float64)
    for distance in range(1, config.window + 1):
        same = (user[distance:] == user[:-distance]) & (item[distance:] != item[:-distance])
        if not same.any():
            continue
        weight = np.full(int(same.sum()), (1.0 + distance) ** -config.decay)
        one_way = csr_matrix((weight, (item[:-distance][same], item[distance:][same])), shape=total.shape)
        total = total + one_way
    total = total + total.T
    count = np.bincount(item, minlength=n_items).astype(np.float64)
    scale = diags(np.divide(1.0, np.sqrt(count), out=np.zeros(n_items), where=count > 0))
    return (scale @ total @ scale).tocsr().astype(np.float32)
