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
    backward: float = 1.0
    """What a pair counts from the later item to the earlier; forward it counts 1."""
    penalty: float = 0.5
    """Power of an item's own count that its scores are divided by: 0.5 is the cosine, 0 favours what is popular."""
    window: int = 50
    """Pairs further apart than this do not count."""


TRIED = [
    {"recency": recency, "decay": decay, "backward": backward, "penalty": penalty}
    for recency, decay, backward, penalty in (
        (0.7, 1.0, 0.5, 0.00), (0.9, 1.0, 1.0, 0.25), (0.7, 0.5, 1.0, 0.50), (0.7, 1.0, 1.0, 0.50),
        (0.7, 1.0, 0.5, 0.25), (0.7, 0.5, 0.5, 0.25), (0.9, 1.0, 0.5, 0.00), (0.9, 1.0, 0.5, 0.50),
        (0.9, 1.0, 1.0, 0.00), (0.9, 1.0, 1.0, 0.50),
    )
]  # fmt: skip
"""First what proved best on sparse logs (forward pairs favoured, popular items left in), on purchases among looks
(longer memory) and on dense logs (pairs further apart counting more); then the plain cosine, and what lies between."""


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
        self._similarity = self._scaled(_forward(*self._log, self.config), self.config)

    def recommend_many(self, histories: Histories, k: int, *, exclude_seen: bool) -> Lists:
        """Return the items closest to the history."""
        n_items, found = self._similarity.shape[0], []
        for piece in chunks(histories):
            query = recency_rows(piece, n_items, self.config.recency)
            found.append(top_k((query @ self._similarity).toarray(), piece, k, exclude_seen=exclude_seen))
        return stack(found, k)

    def variants(self) -> Iterator[ItemKnn]:
        """Yield the settings of TRIED; pairs are counted once for each decay."""
        assert self._log is not None, "fit comes first"
        counted: dict[float, Any] = {}
        for values in TRIED:
            config = self.config.model_copy(update=values)
            if config.decay not in counted:
                counted[config.decay] = _forward(*self._log, config)
            other = ItemKnn(config)
            other._log = self._log
            other._similarity = self._scaled(counted[config.decay], config)
            yield other

    def _scaled(self, forward: Any, config: ItemKnnConfig) -> Any:
        """Return the similarities as CSR [I, I]: row i holds what goes with item i; the diagonal is empty."""
        from scipy.sparse import diags

        assert self._log is not None, "fit comes first"
        count = np.maximum(np.bincount(self._log[1], minlength=self._log[2]), 1).astype(np.float64)
        both = forward + config.backward * forward.T
        return (diags(count**-0.5) @ both @ diags(count**-config.penalty)).tocsr().astype(np.float32)


def _forward(user: NDArray[np.int32], item: NDArray[np.int32], n_items: int, config: ItemKnnConfig) -> Any:
    """Return the counts of pairs from the earlier item [I] to the later [I] as CSR."""
    from scipy.sparse import csr_matrix

    total = csr_matrix((n_items, n_items), dtype=np.float64)
    for distance in range(1, config.window + 1):
        same = (user[distance:] == user[:-distance]) & (item[distance:] != item[:-distance])
        weight = np.full(int(same.sum()), (1.0 + distance) ** -config.decay)
        total = total + csr_matrix((weight, (item[:-distance][same], item[distance:][same])), shape=total.shape)
    return total
