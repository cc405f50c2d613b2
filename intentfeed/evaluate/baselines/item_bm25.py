"""Item neighbours by BM25-weighed co-occurrence, through the kept library `implicit` (extra `baselines`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import Field

from ...data.catalog import Catalog
from ...types import Interactions, Settings
from ..recommender import CannotRun, Histories, Lists, chunks, stack, top_k
from .recency import recency_rows
from .rows import count_rows


class ItemBm25Config(Settings):
    """BM25 with people as the words and items as the texts, and how the past is weighed."""

    neighbors: int = Field(default=100, ge=1)
    """Neighbours kept of each item, itself included."""
    k1: float = Field(default=1.2, ge=0)
    """How much a person's return to an item adds."""
    b: float = Field(default=0.75, ge=0, le=1)
    """How much popular items are held down."""
    recency: float = Field(default=0.8, gt=0, le=1)
    """Weight of an event beside the one after it; 1 is the library's own."""


TRIED = [
    {"neighbors": neighbors, "b": b, "recency": recency}
    for neighbors, b, recency in (
        (500, 0.3, 0.8), (500, 0.0, 0.8), (500, 0.75, 0.8), (100, 0.75, 0.8), (500, 0.3, 0.6), (100, 0.3, 0.8),
        (500, 0.3, 1.0), (20, 0.75, 0.8), (100, 0.75, 1.0), (20, 0.75, 1.0),
    )
]  # fmt: skip
"""Many and few neighbours, short and long memory, popular items held down or not; the likeliest first."""


class ItemBm25:
    """Sum over the history of the library's similarities, an item's with itself left out."""

    name: ClassVar[str] = "item-bm25"

    def __init__(self, config: ItemBm25Config | None = None) -> None:
        self.config = config or ItemBm25Config()
        self._taken: Any = None
        self._similarity: Any = None

    def fit(self, interactions: Interactions, catalog: Catalog) -> None:
        """Count who had what, weigh, and keep each item's nearest.

        Raises:
            CannotRun: the log is empty, or the extra is missing.
        """
        del catalog
        if not len(interactions):
            raise CannotRun("the log is empty")
        self._taken = count_rows(interactions)
        self._similarity = _similarity(self._taken, self.config)

    def recommend_many(self, histories: Histories, k: int, *, exclude_seen: bool) -> Lists:
        """Return the items closest to the history."""
        n_items, found = self._similarity.shape[0], []
        for piece in chunks(histories):
            query = recency_rows(piece, n_items, self.config.recency)
            found.append(top_k((query @ self._similarity).toarray(), piece, k, exclude_seen=exclude_seen))
        return stack(found, k)

    def variants(self) -> Iterator[ItemBm25]:
        """Yield the settings of TRIED; those that differ in memory only share their neighbours."""
        learnt: dict[str, Any] = {}
        for values in TRIED:
            other = ItemBm25(self.config.model_copy(update=values))
            other._taken = self._taken
            key = other.config.model_dump_json(exclude={"recency"})
            if key not in learnt:
                learnt[key] = _similarity(self._taken, other.config)
            other._similarity = learnt[key]
            yield other


def _similarity(taken: Any, config: ItemBm25Config) -> Any:
    """Return the similarities as CSR [I, I]: row i holds what goes with item i; the diagonal is empty."""
    try:
        from implicit.nearest_neighbours import ItemItemRecommender, bm25_weight
    except ImportError as error:
        raise CannotRun("it needs the library implicit: pip install 'intentfeed[baselines]'") from error
    from scipy.sparse import csr_matrix

    model = ItemItemRecommender(K=config.neighbors, num_threads=1)
    model.fit(bm25_weight(taken.T, config.k1, config.b).T.tocsr(), show_progress=False)  # as its BM25Recommender does
    pairs = model.similarity.tocoo()
    others = pairs.row != pairs.col
    rows = (pairs.data[others].astype("float32"), (pairs.row[others], pairs.col[others]))
    return csr_matrix(rows, shape=pairs.shape)
