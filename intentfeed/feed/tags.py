"""Which items answer a tag, and how well. People share their tags, so the answers are kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..retrieval.space import Space
from ..retrieval.sums import top
from ..types import Tag
from .indexes import Indexes


@dataclass(frozen=True, slots=True)
class TagAnswer:
    """The items that answer one tag best."""

    rows: NDArray[np.int32]
    """Ascending."""
    scores: NDArray[np.float32]
    level: float
    """An item that scores less does not answer the tag [ours]: a fused query near a strong user finds what the user
    alone would find, and such an item is not the tag's."""


class TagAnswers:
    """ŷ_sem of RecGPT-V1, 7.3: inner products of tag vectors with items, the least used tags forgotten first."""

    def __init__(self, space: Space, indexes: Indexes, *, least: float, top: int, cache_mb: int) -> None:
        self._space = space
        self._indexes = indexes
        self._least = least
        self._top = top
        self._room = cache_mb * 2**20
        self._bytes = 0
        self._kept: OrderedDict[str, TagAnswer] = OrderedDict()

    @property
    def indexes(self) -> Indexes:
        """What is searched."""
        return self._indexes

    def of(self, texts: Sequence[str]) -> list[TagAnswer]:
        """Return each tag's best items; what is kept and what is computed now are equal to the last bit."""
        for text in dict.fromkeys(texts):
            if text not in self._kept:
                self._kept[text] = found = self.among(text, self._near(text))
                self._bytes += _size(found)
        for text in texts:
            self._kept.move_to_end(text)
        found_T = [self._kept[text] for text in texts]
        while self._bytes > self._room and self._kept:
            self._bytes -= _size(self._kept.popitem(last=False)[1])
        return found_T

    def filtered(self, texts: Sequence[str], rows: NDArray[np.int32]) -> list[NDArray[np.int32]]:
        """Return which of these rows, ascending, answer each tag best; not kept, as few people ask for the same.

        Scores are exact and taken all at once: where many tags find little in what a demand leaves, little is left.
        """
        if not len(texts):
            return []
        return [np.sort(top(rows, scores_R, self._top)[0]) for scores_R in self.scores(texts, rows)]

    def among(self, text: str, rows: NDArray[np.int32]) -> TagAnswer:
        """Return the best of these rows, ascending, and what an item must score beside them to answer the tag."""
        scores = self._space.item_vectors[rows] @ self._space.encode_tags([text])[0]
        best = float(scores.max(initial=0))
        level = self._least * best if self._least else -np.inf
        if self._least and best <= 0:
            level = np.inf
        good = scores >= np.float32(level)
        rows, scores = top(rows[good], scores[good], self._top)
        order = np.argsort(rows)
        return TagAnswer(rows[order], scores[order], level)

    def scores(self, texts: Sequence[str], rows: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return scores_TR of these rows for each tag."""
        scored: NDArray[np.float32] = self._space.encode_tags(texts) @ self._space.item_vectors[rows].T
        return scored

    def _near(self, text: str) -> NDArray[np.int32]:
        """Return the rows nearest to a tag by text, and by what the log says of such text; ascending."""
        if self._space.n_items <= 2 * self._top:
            return np.arange(self._space.n_items, dtype=np.int32)
        tag_D, n_text = self._space.encode_tags([text])[0], self._space.text_dims
        halves = ((self._indexes.text, tag_D[:n_text]), (self._indexes.log, tag_D[n_text:]))
        found = [index.search(half[None], 2 * self._top)[0][0] for index, half in halves if half.any()]
        rows = np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.int32)
        return rows[rows >= 0]


def trusts(tags: Sequence[Tag], power: float) -> list[np.float32]:
    """Return what each tag's scores are multiplied by: its own score beside the best tag's, to this power [ours]."""
    best = max((tag.score for tag in tags), default=0.0)
    return [np.float32((max(tag.score, 0.0) / best) ** power if best > 0 else 1.0) for tag in tags]


def _size(found: TagAnswer) -> int:
    return int(found.rows.nbytes + found.scores.nbytes)
