"""Command-aware retrieval: what is typed is a query, by words (BM25) or vectors; the last, or all (RecBot, 10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from ....data.catalog import Catalog
from ....feed.personal import TextItems
from ....retrieval.encode import words
from ....simulate.gold import Gold
from ....simulate.sessions import Asked, Feed
from ...recommender import tie_breaker

if TYPE_CHECKING:
    from scipy.sparse import csc_matrix

Query = Literal["current", "all"]
F = 10
MOST_TEXT = 4_000
"""Characters of an item that are read."""


class SearchLoop:
    """Answers a command, or all commands so far, as a search engine would."""

    def __init__(
        self,
        name: str,
        catalog: Catalog,
        scores_of: Callable[[str], NDArray[np.float64]],
        *,
        query: Query,
        exclude_seen: bool = True,
    ) -> None:
        self.name, self.catalog, self.scores_of = name, catalog, scores_of
        self.query, self.exclude_seen = query, exclude_seen
        self._ties = tie_breaker(len(catalog))

    def open(self, asked: Asked) -> Feed:
        """Return the common first feed."""
        seen = asked.history.item.tolist() if self.exclude_seen else []
        return Feed(rows=asked.first, state=((), tuple(seen)))

    def command(self, feed: Feed, text: str, gold: Gold) -> Feed:
        """Return what matches best."""
        del gold
        said, seen = feed.state
        said = (*said, text)
        query = text if self.query == "current" else " ".join(said)
        score_I = np.where(self.catalog.available_I, self.scores_of(query), -np.inf)
        score_I[list(seen)] = -np.inf
        best = np.lexsort((self._ties, -score_I))[:F]
        return Feed(rows=tuple(row for row in best.tolist() if score_I[row] > -np.inf), state=(said, seen))


class TextBm25:
    """BM25 over all that is known of an item in words, with the usual constants."""

    def __init__(self, catalog: Catalog, *, k1: float = 1.5, b: float = 0.75) -> None:
        self.catalog, self.k1, self.b = catalog, k1, b

    def scores(self, query: str) -> NDArray[np.float64]:
        """Return how well each item [I] answers a query; a word counts as often as it comes."""
        weights_IV, column = self._index
        found = np.zeros(len(self.catalog))
        for word, n in Counter(words(query)).items():
            if (at := column.get(word)) is not None:
                start, end = weights_IV.indptr[at : at + 2]
                found[weights_IV.indices[start:end]] += n * weights_IV.data[start:end]
        return found

    @cached_property
    def _index(self) -> tuple[csc_matrix, dict[str, int]]:
        from scipy.sparse import csc_matrix

        texts = [words(text_of(self.catalog, row)) for row in range(len(self.catalog))]
        column = {word: at for at, word in enumerate(sorted({word for text in texts for word in text}))}
        length = np.array([len(text) for text in texts], dtype=np.float64)
        rows, columns, values = [], [], []
        for row, text in enumerate(texts):
            for word, n in Counter(text).items():
                held = self.k1 * (1 - self.b + self.b * length[row] / max(length.mean(), 1e-9))
                rows.append(row)
                columns.append(column[word])
                values.append(n * (self.k1 + 1) / (n + held))
        counts = np.bincount(columns, minlength=len(column))
        idf = np.log(1 + (len(texts) - counts + 0.5) / (counts + 0.5))
        data = np.array(values) * idf[columns]
        return csc_matrix((data, (rows, columns)), shape=(len(texts), len(column))), column


def text_of(catalog: Catalog, row: int) -> str:
    """Return all that is known of an item in words: title, category, brand, description, attributes."""
    held = [catalog.field(row, name) for name in ("title", "category", "brand", "description")]
    for value in catalog.attributes[row].values():
        held += value if isinstance(value, list) else [value]
    return " ".join(str(part) for part in held if part)[:MOST_TEXT]


def text_vectors(items: TextItems) -> Callable[[str], NDArray[np.float64]]:
    """Return what scores items by the cosine of their text with a query's, in the feed's own text space."""
    return lambda query: np.asarray(items.vectors_ID @ items.encode([query])[0], dtype=np.float64)
