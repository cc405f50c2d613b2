"""BM25 over titles: those of the history are the query. A search engine's answer; learns nothing from the log.

The library bm25s weighs every word of a query alike, but a history weighs its newest titles most: so the twenty lines
are ours, and a test holds them against the library's scores.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from ...data.catalog import Catalog
from ...retrieval.encode import words
from ...types import Interactions, Settings
from ..recommender import CannotRun, Histories, Lists, chunks, stack, top_k
from .recency import recency_rows


class Bm25Config(Settings):
    """The two constants of BM25, and how the past is weighed."""

    k1: float = Field(default=1.5, ge=0)
    """How much a word's repetition in a title adds; 0 is none."""
    b: float = Field(default=0.75, ge=0, le=1)
    """How much long titles are held down."""
    recency: float = Field(default=0.5, gt=0, le=1)
    """Weight of a title beside the one after it; 1 weighs the whole history alike."""


TRIED = [
    {"k1": k1, "b": b, "recency": recency}
    for k1, b, recency in (
        (1.5, 0.75, 0.5), (1.5, 1.0, 0.5), (1.5, 0.75, 0.85), (1.5, 0.75, 0.3), (1.5, 1.0, 0.7), (1.5, 0.75, 0.7),
        (0.5, 0.75, 0.5), (1.5, 0.4, 0.5), (0.5, 0.75, 0.7), (1.5, 0.4, 0.7),
    )
]  # fmt: skip
"""The constants as most engines have them, then memory and the weight of length around them."""


class Bm25:
    """Sum over the words of the history's titles of idf · tf · (k1 + 1) / (tf + k1 · (1 - b + b · length / mean)).

    idf = log(1 + (n - df + 0.5) / (df + 0.5)) over the n titles with words; a query's word counts as often as it comes.
    """

    name: ClassVar[str] = "bm25"

    def __init__(self, config: Bm25Config | None = None) -> None:
        self.config = config or Bm25Config()
        self._counts: Any = None
        self._weights: Any = None

    def fit(self, interactions: Interactions, catalog: Catalog) -> None:
        """Weigh the words of the titles; the log is not looked at.

        Raises:
            CannotRun: no item has a title with a word in it.
        """
        del interactions
        self._counts = count_words(catalog.titles)
        if not self._counts.nnz:
            raise CannotRun("the catalogue has no titles")
        self._weights = weigh(self._counts, k1=self.config.k1, b=self.config.b)

    def recommend_many(self, histories: Histories, k: int, *, exclude_seen: bool) -> Lists:
        """Return the items whose titles answer the history's best."""
        turned, found = self._weights.T.tocsr(), []
        for piece in chunks(histories):
            query = recency_rows(piece, turned.shape[1], self.config.recency) @ self._counts
            found.append(top_k((query @ turned).toarray(), piece, k, exclude_seen=exclude_seen))
        return stack(found, k)

    def variants(self) -> Iterator[Bm25]:
        """Yield the settings of TRIED; the words are counted once."""
        for values in TRIED:
            other = Bm25(self.config.model_copy(update=values))
            other._counts = self._counts
            other._weights = weigh(self._counts, k1=other.config.k1, b=other.config.b)
            yield other


def count_words(titles: Sequence[str]) -> Any:
    """Return how often each title has each word as CSR [I, V], words in the order of the alphabet."""
    from scipy.sparse import csr_matrix

    said = [words(title) for title in titles]
    column = {word: place for place, word in enumerate(sorted({word for each in said for word in each}))}
    places = np.array([column[word] for each in said for word in each], dtype=np.int64)
    edges = np.concatenate([[0], np.cumsum([len(each) for each in said])])
    counts = csr_matrix((np.ones(len(places), dtype=np.float32), places, edges), shape=(len(said), len(column)))
    counts.sum_duplicates()
    return counts


def weigh(counts: Any, *, k1: float, b: float) -> Any:
    """Return the BM25 weight of each word in each title as CSR [I, V]."""
    length_I = np.asarray(counts.sum(axis=1)).ravel()
    titled = int((length_I > 0).sum())
    df_V = np.bincount(counts.indices, minlength=counts.shape[1])
    idf_V = np.log1p((titled - df_V + 0.5) / (df_V + 0.5))
    drag_I = k1 * (1 - b + b * length_I * titled / max(length_I.sum(), 1))
    tf, item = counts.data, np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    weights = counts.copy()
    weights.data = (idf_V[counts.indices] * tf * (k1 + 1) / (tf + drag_I[item])).astype(np.float32)
    return weights
