"""Which items answer a tag, and how well. People share their tags, so the answers are kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from ..retrieval.space import Space
from ..retrieval.sums import top
from ..types import Tag
from .indexes import Indexes

DEEP = 4_000
"""Rows that are kept of a tag whose best ones a demand has excluded."""
LOOKED_THROUGH = 250_000
"""Up to so many items tags are multiplied with all of them: quicker than a search for each, and nothing is missed."""
AT_ONCE = 16
"""Tags that are multiplied with the whole catalogue at a time."""
WIDE = 0.1
"""Share of the catalogue from which on a tag is looked up once for all demands, and not anew for each."""


@dataclass(frozen=True, slots=True)
class TagAnswer:
    """The items that answer one tag best."""

    rows: NDArray[np.int32]
    """Ascending."""
    scores: NDArray[np.float32]
    level: float
    """An item that scores less does not answer the tag [ours]: a fused query near a strong user finds what the user
    alone would find, and such an item is not the tag's."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """What answers one tag in the whole catalogue, best first, equal scores in row order."""

    rows: NDArray[np.int32]
    whole: bool
    """Whether nothing else answers it."""


class TagAnswers:
    """ŷ_sem of RecGPT-V1, 7.3: inner products of tag vectors with items, the least used tags forgotten first."""

    def __init__(
        self, space: Space, indexes: Indexes, *, least: float, top: int, cache_mb: int, deep: int = DEEP
    ) -> None:
        self._space = space
        self._indexes = indexes
        self._least = least
        self._top = top
        self._deep = deep
        self._room = cache_mb * 2**20
        self._bytes = 0
        self._kept: OrderedDict[str, TagAnswer] = OrderedDict()
        self._ordered: OrderedDict[str, Ordered] = OrderedDict()
        self._ordered_bytes = 0
        self._lock = Lock()

    @property
    def indexes(self) -> Indexes:
        """What is searched."""
        return self._indexes

    def of(self, texts: Sequence[str]) -> list[TagAnswer]:
        """Return each tag's best items; what is kept and what is computed now are equal to the last bit."""
        with self._lock:
            held = {text: self._kept.get(text) for text in texts}
        fresh = self._answers([text for text, answer in held.items() if answer is None])
        found = {text: answer or fresh[text] for text, answer in held.items()}
        with self._lock:
            for text, answer in found.items():
                self._bytes += 0 if text in self._kept else _size(answer)
                self._kept[text] = answer
                self._kept.move_to_end(text)
            while self._bytes > self._room and self._kept:
                self._bytes -= _size(self._kept.popitem(last=False)[1])
        return [found[text] for text in texts]

    def filtered(self, texts: Sequence[str], rows: NDArray[np.int32]) -> list[NDArray[np.int32]]:
        """Return which of these rows, ascending, answer each tag best: exact, and no more of each than its best.

        A product with every row of a large part of the catalogue costs more than all else that a request does; so the
        best of the whole catalogue are kept, and looked through for what is among these rows. Where they may not be
        enough, and where the rows are few, the rows themselves are scored.
        """
        if not len(texts):
            return []
        allowed_I = np.zeros(self._space.n_items, dtype=np.bool_)
        allowed_I[rows] = True
        found: dict[str, NDArray[np.int32]] = {}
        for text, order in self._in_order(texts, learn=len(rows) > WIDE * len(allowed_I)).items():
            some = order.rows[allowed_I[order.rows]][: self._top]
            if order.whole or len(some) == self._top:
                found[text] = np.sort(some)
        left = [text for text in dict.fromkeys(texts) if text not in found]
        if left:
            for text, scores_R in zip(left, self.scores(left, rows), strict=True):
                found[text] = np.sort(top(rows, scores_R, self._top)[0])
        return [found[text] for text in texts]

    def _in_order(self, texts: Sequence[str], *, learn: bool) -> dict[str, Ordered]:
        """Return what is kept of the tags in the whole catalogue; those that are not are worked out where asked."""
        with self._lock:
            found = {text: order for text in texts if (order := self._ordered.get(text)) is not None}
            for text in found:
                self._ordered.move_to_end(text)
        fresh = [text for text in dict.fromkeys(texts) if text not in found] if learn else []
        if not fresh:
            return found
        every = np.arange(self._space.n_items, dtype=np.int32)
        for at in range(0, len(fresh), AT_ONCE):
            some = fresh[at : at + AT_ONCE]
            scores_TI = self._space.encode_tags(some) @ self._space.item_vectors.T
            for text, answer, scores_I in zip(some, self.of(some), scores_TI, strict=True):
                good = scores_I >= np.float32(answer.level)
                best, _ = top(every[good], scores_I[good], self._deep)
                found[text] = Ordered(best, whole=len(best) == np.count_nonzero(good))
        with self._lock:
            for text in fresh:
                self._ordered_bytes += 0 if text in self._ordered else found[text].rows.nbytes
                self._ordered[text] = found[text]
            while self._ordered_bytes > self._room and self._ordered:
                self._ordered_bytes -= self._ordered.popitem(last=False)[1].rows.nbytes
        return found

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

    def _answers(self, texts: Sequence[str]) -> dict[str, TagAnswer]:
        """Return the answers to tags of which nothing is kept."""
        n_text, k = self._space.text_dims, 2 * self._top
        if not k < self._space.n_items <= LOOKED_THROUGH:
            return {text: self.among(text, self._near(text)) for text in texts}
        found = {}
        for at in range(0, len(texts), AT_ONCE):
            some = texts[at : at + AT_ONCE]
            tags_TD = self._space.encode_tags(some)
            halves = [
                (tags_TD[:, half], tags_TD[:, half] @ self._space.item_vectors[:, half].T)
                for half in (slice(None, n_text), slice(n_text, None))
            ]
            for place, text in enumerate(some):
                near = [best_rows(scores_TI[place], k) for half_TD, scores_TI in halves if half_TD[place].any()]
                rows = np.unique(np.concatenate(near)) if near else np.zeros(0, dtype=np.int32)
                found[text] = self.among(text, rows)
        return found

    def _near(self, text: str) -> NDArray[np.int32]:
        """Return the rows nearest to a tag by text, and by what the log says of such text; ascending."""
        if self._space.n_items <= 2 * self._top:
            return np.arange(self._space.n_items, dtype=np.int32)
        tag_D, n_text = self._space.encode_tags([text])[0], self._space.text_dims
        halves = ((self._indexes.text, tag_D[:n_text]), (self._indexes.log, tag_D[n_text:]))
        found = [index.search(half[None], 2 * self._top)[0][0] for index, half in halves if half.any()]
        rows = np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.int32)
        return rows[rows >= 0]


def best_rows(scores_I: NDArray[np.float32], k: int) -> NDArray[np.int32]:
    """Return the k best rows of many, equal scores in row order.

    Of 2 k blocks, k have a row that reaches the middle one of their best scores: only such rows need be put in order.
    """
    width = len(scores_I) // (2 * k)
    level = np.partition(scores_I[: 2 * k * width].reshape(2 * k, width).max(axis=1), k)[k] if width > 1 else -np.inf
    rows = np.flatnonzero(scores_I >= level).astype(np.int32)
    return top(rows, scores_I[rows], k)[0]


def trusts(tags: Sequence[Tag], power: float) -> list[np.float32]:
    """Return what each tag's scores are multiplied by: its own score beside the best tag's, to this power [ours]."""
    best = max((tag.score for tag in tags), default=0.0)
    return [np.float32((max(tag.score, 0.0) / best) ** power if best > 0 else 1.0) for tag in tags]


def _size(found: TagAnswer) -> int:
    return int(found.rows.nbytes + found.scores.nbytes)
