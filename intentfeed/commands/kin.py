"""How near two kinds of things are: by the levels that their categories share [ours].

What was asked for runs out, and a screen is filled with something: with what stands beside it in the shop. Taste alone
would put razor blades after the third tent.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..data.catalog import SEPARATOR, Catalog
from .nouns import Nouns
from .records import Constraint, Demand

MOST = 50
"""Categories that a kind is made of, the most frequent first."""
TELL = 0.2
"""How much nearer than any two the items stand whose titles end in one word, by its median over the words, where titles
say what the items are: 0.34 to 0.66 in shops, 0.01 to 0.06 among films."""
WORDS, SEVERAL, FEW = 300, 3, 5
"""Words that are looked at for it, items that each must have, and words that are too few to tell: titles count."""


class Kin:
    """The category tree of a catalogue."""

    def __init__(self, catalog: Catalog) -> None:
        paths = [path.split(SEPARATOR) if path else [] for path in catalog.categories]
        codes: dict[tuple[str, ...], int] = {}
        self.category_I = catalog.category_I
        self.depth = max(map(len, paths), default=0)
        self.nouns = Nouns(catalog)
        self._n = len(paths)
        self._levels_CL = np.full((len(paths), self.depth), -1, dtype=np.int32)
        self._depth_C = np.array([len(path) for path in paths], dtype=np.int64)
        for at, path in enumerate(paths):
            for level in range(len(path)):
                self._levels_CL[at, level] = codes.setdefault(tuple(path[: level + 1]), len(codes))
        self.titles_tell = self._titles_tell()
        """Whether titles say what the items are."""

    def near(self, rows: NDArray[np.int32]) -> NDArray[np.float64]:
        """Return how near each item is to the kinds of these items [I]: 1 of the same category, 0 without a level."""
        return self.near_of(np.bincount(self.category_I[rows], minlength=self._n))

    def named(self, held_I: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return how many of the items of each category some word holds of, where it holds of most of them; else 0."""
        held_C = np.bincount(self.category_I[held_I], minlength=self._n)
        all_C = np.bincount(self.category_I, minlength=self._n)
        return np.where(2 * held_C > all_C, held_C, 0)

    def is_kind(self, held_I: NDArray[np.bool_]) -> bool:
        """Return whether a word is the name of a kind: most of what it holds of stands together, and little else."""
        n = int(np.count_nonzero(held_I))
        return n > 0 and 2 * int(self.named(held_I).sum()) >= n

    def together(self, held_I: NDArray[np.bool_]) -> float:
        """Return how much nearer to each other some items stand in the tree than any two do: 1 on one shelf, 0 as any
        two do, and 1 of a single item."""
        counts_C = np.bincount(self.category_I[held_I], minlength=self._n)
        shared, any_two = self._shared(counts_C), self._shared_by_any
        return (shared - any_two) / (1 - any_two) if any_two < 1 else 0.0

    def _titles_tell(self) -> bool:
        """Return whether titles say what the items are: the words that end most of them then do so on a few shelves.

        Of films and books they are names, which may have any word on any shelf.
        """
        found = []
        for rows in self.nouns.common(SEVERAL, WORDS):
            held_I = np.zeros(len(self.category_I), dtype=np.bool_)
            held_I[rows] = True
            found.append(self.together(held_I))
        return len(found) < FEW or float(np.median(found)) >= TELL

    @cached_property
    def _shared_by_any(self) -> float:
        return self._shared(np.bincount(self.category_I, minlength=self._n))

    def _shared(self, counts_C: NDArray[np.int64]) -> float:
        """Return the share of the levels that two different items have in common, on average."""
        n, levels = int(counts_C.sum()), int((counts_C * self._depth_C).sum())
        if n < 2 or not levels:
            return float(n == 1 and levels > 0)
        pairs = 0.0
        for codes_C in self._levels_CL.T:
            some = codes_C >= 0
            same = np.bincount(codes_C[some], weights=counts_C[some])
            pairs += float((same * (same - 1)).sum())
        return pairs / (n - 1) / levels

    def beside(self, held_I: NDArray[np.bool_], also_C: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how near each item stands to some items in the tree [I]: 1 on the shelf with the most of them; a level
        further off, the fewer of them a shelf has. Shelves of `also_C` count as if they had that share of the most.
        """
        counts_C = np.bincount(self.category_I[held_I], minlength=self._n)
        most = max(int(counts_C.max(initial=0)), 1)
        counts_C = np.maximum(counts_C, most * also_C)
        near_C = np.zeros(self._n)
        order = np.argsort(-counts_C, kind="stable")[:MOST]
        for at in order[(counts_C[order] > 0) & (self._depth_C[order] > 0)].tolist():
            own_L = self._levels_CL[at]
            shared_C = np.count_nonzero((self._levels_CL == own_L) & (own_L >= 0), axis=1)
            fewer = 1 - counts_C[at] / most
            near_C = np.maximum(near_C, (shared_C - fewer) / self._depth_C[at])
        near_I: NDArray[np.float64] = near_C[self.category_I]
        return near_I

    def near_of(self, counts_C: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return how near each item is to the nearest of the categories that are counted [I]."""
        order = np.argsort(-counts_C, kind="stable")[:MOST]
        near_C = np.zeros(self._n)
        for at in order[counts_C[order] > 0].tolist():
            own_L = self._levels_CL[at]
            depth = int(np.count_nonzero(own_L >= 0))
            if depth:
                shared_C = np.count_nonzero((self._levels_CL == own_L) & (own_L >= 0), axis=1)
                near_C = np.maximum(near_C, shared_C / depth)
        near_I: NDArray[np.float64] = near_C[self.category_I]
        return near_I

    @staticmethod
    def nearest(near_I: NDArray[np.float64], mask_I: NDArray[np.bool_], most: int) -> NDArray[np.int32]:
        """Return the rows of the mask that are near at all, level by level as long as no more than `most` are found."""
        found = np.zeros(0, dtype=np.int32)
        for level in np.unique(near_I[mask_I & (near_I > 0)])[::-1]:
            rows = np.flatnonzero(mask_I & (near_I >= level)).astype(np.int32)
            if len(rows) > most:
                break
            found = rows
        return found


def names_kind(demand: Demand, held_I: NDArray[np.bool_], kin: Kin) -> bool:
    """Return whether a demand is about a kind of things: a category, or free words that name one."""
    about = demand.field if isinstance(demand, Constraint) else demand.facet
    return about == "category" or (about == "about" and kin.is_kind(held_I))
