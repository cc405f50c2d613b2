"""Title TF-IDF neighbours: items whose titles share words with what the person had last. Learns nothing from the log.

Plain, and hard to beat at HR@10 where titles are good: it is above several language-model recommenders on the files
that they publish on, so no table of ours goes without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from ...data.catalog import Catalog
from ...types import Interactions, Settings
from ..recommender import CannotRun, Histories, Lists, chunks, stack, top_k
from .recency import recency_rows


class TextKnnConfig(Settings):
    """How the past is weighed."""

    recency: float = 0.5
    """Weight of an event beside the one after it; 1 weighs the whole history alike."""


class TextKnn:
    """Cosine between an item's title and the recency-weighted titles of the history, (1 + log tf) · idf."""

    name: ClassVar[str] = "title-tfidf-knn"

    def __init__(self, config: TextKnnConfig | None = None) -> None:
        self.config = config or TextKnnConfig()
        self._titles: Any = None

    def fit(self, interactions: Interactions, catalog: Catalog) -> None:
        """Weigh the words of the titles; the log is not looked at.

        Raises:
            CannotRun: no item has a title with a word in it.
        """
        from sklearn.feature_extraction.text import TfidfVectorizer

        del interactions
        if not any(character.isalnum() for title in catalog.titles for character in title):
            raise CannotRun("the catalogue has no titles")
        weigh = TfidfVectorizer(lowercase=True, token_pattern=r"[^\W_]+", sublinear_tf=True, smooth_idf=False)
        self._titles = weigh.fit_transform(catalog.titles).tocsr().astype("float32")

    def recommend_many(self, histories: Histories, k: int, *, exclude_seen: bool) -> Lists:
        """Return the items with the most similar titles."""
        turned, n_items = self._titles.T.tocsr(), self._titles.shape[0]
        found = []
        for piece in chunks(histories):
            query = recency_rows(piece, n_items, self.config.recency) @ self._titles
            found.append(top_k((query @ turned).toarray(), piece, k, exclude_seen=exclude_seen))
        return stack(found, k)

    def variants(self) -> Iterator[TextKnn]:
        """Yield short and long memory, the likeliest first; the titles are shared."""
        for recency in (0.5, 0.85, 0.3, 0.7, 0.95, 1.0):
            other = TextKnn(TextKnnConfig(recency=recency))
            other._titles = self._titles
            yield other
