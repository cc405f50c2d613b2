"""How well every item answers a tag. People share their tags, so the answers are kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..retrieval.space import Space


class TagScores:
    """ŷ_sem of RecGPT-V1, 7.3: inner products of tag vectors with all items, the least used forgotten first."""

    def __init__(self, space: Space, *, cache_mb: int) -> None:
        self._space = space
        self._room = cache_mb * 2**20 // max(4 * space.n_items, 1)
        self._kept: OrderedDict[str, NDArray[np.float32]] = OrderedDict()

    def rows(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return scores_TI; what is kept and what is computed now are equal to the last bit."""
        fresh = [text for text in dict.fromkeys(texts) if text not in self._kept]
        if fresh:
            scores = self._space.encode_tags(fresh) @ self._space.item_vectors.T
            self._kept.update(zip(fresh, scores, strict=True))
        for text in texts:
            self._kept.move_to_end(text)
        rows = np.array([self._kept[text] for text in texts], dtype=np.float32)
        while len(self._kept) > self._room:
            self._kept.popitem(last=False)
        return rows.reshape(len(texts), self._space.n_items)
