"""Which items answer a tag, and how well. People share their tags, so the answers are kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from ..retrieval.fuse import Answers, answers
from ..retrieval.space import Space
from ..types import Tag

AT_ONCE = 64
"""Tags whose scores of the whole catalogue are held at a time; changes no result."""


class TagAnswers:
    """ŷ_sem of RecGPT-V1, 7.3: inner products of tag vectors with items, the least used tags forgotten first."""

    def __init__(self, space: Space, *, least: float, cache_mb: int) -> None:
        self._space = space
        self._least = least
        self._room = cache_mb * 2**20
        self._bytes = 0
        self._kept: OrderedDict[str, Answers] = OrderedDict()

    def of(self, texts: Sequence[str]) -> list[Answers]:
        """Return each tag's items; what is kept and what is computed now are equal to the last bit."""
        fresh = [text for text in dict.fromkeys(texts) if text not in self._kept]
        for lo in range(0, len(fresh), AT_ONCE):
            some = fresh[lo : lo + AT_ONCE]
            scores_TI = self._space.encode_tags(some) @ self._space.item_vectors.T
            for text, scores_I in zip(some, scores_TI, strict=True):
                self._keep(text, answers(scores_I, self._least))
        for text in texts:
            self._kept.move_to_end(text)
        found = [self._kept[text] for text in texts]
        while self._bytes > self._room and self._kept:
            self._bytes -= _size(self._kept.popitem(last=False)[1])
        return found

    def _keep(self, text: str, found: Answers) -> None:
        self._kept[text] = found
        self._bytes += _size(found)


def trusts(tags: Sequence[Tag], power: float) -> list[np.float32]:
    """Return what each tag's scores are multiplied by: its own score beside the best tag's, to this power [ours]."""
    best = max((tag.score for tag in tags), default=0.0)
    return [np.float32((max(tag.score, 0.0) / best) ** power if best > 0 else 1.0) for tag in tags]


def _size(found: Answers) -> int:
    return int(found[0].nbytes + found[1].nbytes)
