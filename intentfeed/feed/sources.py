"""Where candidates come from: each source finds its best items for one person, and scores any that it is shown.

A source is asked once a query; what it then knows of the person (sums, vectors) serves both. Apart from those of an
exact index its costs hardly depend on how large the catalogue is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..retrieval.index import Index
from ..retrieval.lexical import Lexical
from ..retrieval.neighbours import ItemNeighbours
from ..retrieval.space import Space
from ..retrieval.towers import Towers
from ..types import History
from .answers import Answer, OfOrder, OfSum, OfVectors, OfWords
from .config import FeedConfig, SourceName
from .indexes import Indexes
from .stats import ItemStats
from .strangers import Strangers
from .taste import NOBODY, Taste

LASTING = 1e6
"""Half-life, in places, of what is never forgotten."""
NEGLIGIBLE = 1e-3
"""An item of the history that counts less is not looked up."""


class Source(Protocol):
    """Brings candidates."""

    @property
    def speaks(self) -> bool:
        """Whether it has anything to say to anybody."""
        ...

    def ask(self, taste: Taste, /) -> Answer:
        """Return what it says to a person; depends on nobody else."""
        ...


@dataclass(frozen=True)
class FromNeighbours:
    """What the log says goes with the newest items."""

    neighbours: ItemNeighbours
    half_life: float

    @property
    def speaks(self) -> bool:
        """Whether it has anything to say to anybody."""
        return bool(self.neighbours.similarity_II.nnz > 0)

    def ask(self, taste: Taste, /) -> Answer:
        """Return what it says to a person."""
        return OfSum(self.neighbours.sum_of(*faded(taste.met, taste.met_weights, self.half_life)))


@dataclass(frozen=True)
class FromWords:
    """What has the same words."""

    words: Lexical
    half_life: float

    @property
    def speaks(self) -> bool:
        """Whether it has anything to say to anybody."""
        return bool(self.words.words_IV.nnz > 0)

    def ask(self, taste: Taste, /) -> Answer:
        """Return what it says to a person."""
        return OfWords(self.words.asked(*faded(taste.items, taste.weights, self.half_life)))


@dataclass(frozen=True)
class FromSpace:
    """One half of the space: what has the same sense, or what such people like."""

    space: Space
    half: int
    index: Index
    half_life: float | None = None
    """Places in the history after which an item counts half; None takes the space's own."""

    @cached_property
    def vectors(self) -> NDArray[np.float32]:
        """This half of the item vectors [I, D], without a copy."""
        n_text = self.space.text_dims
        return self.space.item_vectors[:, n_text:] if self.half else self.space.item_vectors[:, :n_text]

    @property
    def speaks(self) -> bool:
        """Whether it has anything to say to anybody."""
        return bool(self.vectors.any())

    def ask(self, taste: Taste, /) -> Answer:
        """Return what it says to a person."""
        items, weights = (taste.met, taste.met_weights) if self.half else (taste.items, taste.weights)
        query_D = self.space.encode_half(self.half, [items], [weights], half_life=self.half_life)
        return OfVectors(query_D, self.vectors, self.index)


class Encoded:
    """A person's vectors by the towers, worked out once for the sources that share them."""

    def __init__(self, towers: Towers) -> None:
        self.towers = towers
        self.n_vectors = towers.encode_users([NOBODY]).shape[1]
        self._last: tuple[History, NDArray[np.float32]] | None = None

    def of(self, history: History) -> NDArray[np.float32]:
        """Return the vectors [H, D] of a history."""
        last = self._last
        if last is None or last[0] is not history:
            last = self._last = (history, self.towers.encode_users([history])[0])
        return last[1]


@dataclass(frozen=True)
class FromTowers:
    """What trained encoders find: for what comes next, or for the interests beside it, each asking for itself."""

    encoded: Encoded
    index: Index
    vectors: slice
    """Which of a person's vectors ask."""

    @property
    def speaks(self) -> bool:
        """Whether it has anything to say to anybody."""
        return self.encoded.towers.n_items > 0 and self.encoded.n_vectors > (self.vectors.start or 0)

    def ask(self, taste: Taste, /) -> Answer:
        """Return what it says to a person."""
        vectors_HD = self.encoded.of(taste.history)[self.vectors]
        return OfVectors(vectors_HD, self.encoded.towers.item_vectors, self.index)


class FromEverybody:
    """What everybody likes; asks nothing of the person."""

    def __init__(self, scores_I: NDArray[np.float32], n_items: int) -> None:
        scores = np.zeros(n_items, dtype=np.float32)
        scores[: len(scores_I)] = scores_I
        self._answer = OfOrder(np.argsort(-scores, kind="stable").astype(np.int32), scores)

    @property
    def speaks(self) -> bool:
        """Whether it has anything to say to anybody."""
        return bool(self._answer.scores_I.any())

    def ask(self, _taste: Taste, /) -> Answer:
        """Return what it says to a person."""
        return self._answer


@dataclass(frozen=True, kw_only=True)
class Lookups:
    """What the sources look things up in; all but space, towers and words may be older than the newest items."""

    space: Space
    together: ItemNeighbours
    next: ItemNeighbours
    close: ItemNeighbours
    ease: ItemNeighbours
    words: Lexical
    stats: ItemStats
    indexes: Indexes
    towers: Towers | None = None

    @property
    def n_items(self) -> int:
        """Items that can be found."""
        return self.space.n_items

    def strangers(self) -> Strangers | None:
        """Return the items that nobody took up; None where there are none, or no text that tells what they are like."""
        known_I = np.zeros(self.n_items, dtype=np.bool_)
        known_I[: len(self.stats.known_I)] = self.stats.known_I[: self.n_items]
        if known_I.all() or not known_I.any() or not self.space.text_vectors.any():
            return None
        return Strangers(known_I, self.space.text_vectors, self.indexes.text)


def speaking(lookups: Lookups, config: FeedConfig) -> dict[SourceName, Source]:
    """Return the sources that are on and have anything to say, in the order of SOURCES; popularity always has."""
    at, index = lookups, lookups.indexes
    everything: dict[SourceName, Source] = {
        "next": FromNeighbours(at.next, config.next_half_life),
        "close": FromNeighbours(at.close, config.next_half_life),
        "together": FromNeighbours(at.together, config.together_half_life),
        "taste": FromSpace(at.space, 1, index.log),
        "lasting": FromSpace(at.space, 1, index.log, half_life=LASTING),
        "ease": FromNeighbours(at.ease, LASTING),
        "words": FromWords(at.words, config.words_half_life),
        "text": FromSpace(at.space, 0, index.text),
    }
    if at.towers is not None and index.towers is not None:
        encoded = Encoded(at.towers)
        everything["towers"] = FromTowers(encoded, index.towers, slice(0, 1))
        everything["interests"] = FromTowers(encoded, index.towers, slice(1, None))
    everything["popular"] = FromEverybody(at.stats.popularity_I, at.n_items)
    everything["recent"] = FromEverybody(at.stats.recent_I, at.n_items)
    return {
        name: source
        for name, source in everything.items()
        if name == "popular" or (name in config.sources and source.speaks)
    }


def faded(
    items: Sequence[int], weights: Sequence[float], half_life: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the items, newest first, each `half_life` places back counting half; no negligible ones."""
    rows = np.array(items[::-1], dtype=np.int64)
    values = np.array(weights[::-1]) * 0.5 ** (np.arange(len(rows)) / half_life)
    kept = values > NEGLIGIBLE
    return rows[kept], values[kept]
