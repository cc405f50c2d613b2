"""Where candidates come from: each source scores the whole catalogue for a few people at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..retrieval.lexical import Lexical
from ..retrieval.neighbours import ItemNeighbours
from ..retrieval.space import Space, decayed
from .config import SOURCES, FeedConfig, Source
from .taste import Taste

TOO_SMALL = 1e-9
"""Scores up to this are noise; they are not stretched to 1."""


@dataclass(frozen=True)
class Sources:
    """What the sources look things up in; all but the space may be older than the newest items."""

    space: Space
    neighbours: ItemNeighbours
    following: ItemNeighbours
    words: Lexical
    popularity_I: NDArray[np.float32]
    """Logarithm of how many people took each item up."""
    config: FeedConfig

    @property
    def n_items(self) -> int:
        """Items that can be found."""
        return self.space.n_items

    @cached_property
    def speaking(self) -> tuple[Source, ...]:
        """Sources that have anything to say; without text, or without a log, some are silent."""
        said = {
            "next": self.following.similarity_II.nnz > 0,
            "together": self.neighbours.similarity_II.nnz > 0,
            "taste": self.space.log_vectors.any(),
            "words": self.words.words_IV.nnz > 0,
            "text": self.space.text_vectors.any(),
        }
        return tuple(source for source in SOURCES if said.get(source, True))

    def score(self, source: Source, tastes: Sequence[Taste]) -> NDArray[np.float32]:
        """Return scores_UI of one source; a row depends on its own taste only, to the last bit."""
        return self._scores(tastes, [source])[source]

    def score_all(
        self, tastes: Sequence[Taste], allowed_UI: NDArray[np.bool_], among: Sequence[Source]
    ) -> dict[Source, NDArray[np.float32]]:
        """Return the scores of several sources, each person's best allowed item of a source being 1."""
        return {source: scaled(scores, allowed_UI) for source, scores in self._scores(tastes, among).items()}

    def _scores(self, tastes: Sequence[Taste], among: Sequence[Source]) -> dict[Source, NDArray[np.float32]]:
        items, weights = [taste.items for taste in tastes], [taste.weights for taste in tastes]
        scores: dict[Source, NDArray[np.float32]] = {}
        if {"text", "taste"} & set(among):
            text_UT, log_UL = self.space.encode_halves(items, weights)
        for source in among:
            if source == "next":
                past = decayed(items, weights, self.config.next_half_life, self.following.n_items)
                scores[source] = self._padded((past @ self.following.similarity_II).toarray())
            elif source == "together":
                past = decayed(items, weights, self.config.together_half_life, self.neighbours.n_items)
                scores[source] = self._padded((past @ self.neighbours.similarity_II).toarray())
            elif source == "words":
                past = decayed(items, weights, self.config.words_half_life, self.words.n_items)
                scores[source] = self._padded(self.words.scores_many(past))
            elif source == "taste":
                scores[source] = log_UL @ self._log_LI
            elif source == "text":
                scores[source] = text_UT @ self._text_TI
            else:
                scores[source] = np.repeat(self._popularity, len(tastes), axis=0)
        return scores

    @cached_property
    def _popularity(self) -> NDArray[np.float32]:
        row = np.zeros((1, self.n_items), dtype=np.float32)
        row[0, : len(self.popularity_I)] = self.popularity_I
        return row

    @cached_property
    def _text_TI(self) -> NDArray[np.float32]:  # noqa: N802
        return np.ascontiguousarray(self.space.text_vectors.T)

    @cached_property
    def _log_LI(self) -> NDArray[np.float32]:  # noqa: N802
        return np.ascontiguousarray(self.space.log_vectors.T)

    def _padded(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the scores with zeros for items that came after the fit."""
        out = np.zeros((scores.shape[0], self.n_items), dtype=np.float32)
        out[:, : scores.shape[1]] = scores
        return out


def scaled(scores_UI: NDArray[np.float32], allowed_UI: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the scores divided by each row's best allowed one, within -1 and 1: sources then speak one language."""
    best_U = np.where(allowed_UI, scores_UI, np.float32(0)).max(axis=1, initial=0)
    scale_U = np.where(best_U > TOO_SMALL, best_U, 1).astype(np.float32)
    return np.asarray(np.clip(scores_UI / scale_U[:, None], -1, 1), dtype=np.float32)
