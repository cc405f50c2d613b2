"""How near two kinds of things are: by the levels that their categories share [ours].

What was asked for runs out, and a screen is filled with something: with what stands beside it in the shop. Taste alone
would put razor blades after the third tent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..data.catalog import SEPARATOR, Catalog
from .records import Constraint, Demand, Preference

if TYPE_CHECKING:
    from .tools import ToolContext

MOST = 50
"""Categories that a kind is made of, the most frequent first."""


class Kin:
    """The category tree of a catalogue."""

    def __init__(self, catalog: Catalog) -> None:
        paths = [path.split(SEPARATOR) if path else [] for path in catalog.categories]
        codes: dict[tuple[str, ...], int] = {}
        self.category_I = catalog.category_I
        self.depth = max(map(len, paths), default=0)
        self._n = len(paths)
        self._levels_CL = np.full((len(paths), self.depth), -1, dtype=np.int32)
        for at, path in enumerate(paths):
            for level in range(len(path)):
                self._levels_CL[at, level] = codes.setdefault(tuple(path[: level + 1]), len(codes))

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """The kind of things that is asked for as a category."""

    held_I: NDArray[np.bool_]
    """Which items are of it, and nothing that is unwanted."""
    quotes: tuple[str, ...]
    """The words that say so."""
    round: int
    """When that was last said."""


def meant(context: ToolContext) -> Meant | None:
    """Return the kind that is asked for; None where none is.

    Any of several kinds will do; a category that is a hard demand must be met; of what is unwanted none is meant.
    """
    firm, liked, said = list[NDArray[np.bool_]](), list[NDArray[np.bool_]](), list[Demand]()
    for one in context.memory.demands:
        held_I = context.witness.held_I(one)
        if held_I is None:
            continue
        if one.polarity == "negative":
            firm.append(~held_I)
        elif isinstance(one, Constraint) and one.field == "category":
            firm.append(held_I)
            said.append(one)
        elif isinstance(one, Preference) and one.facet == "category":
            liked.append(held_I)
            said.append(one)
    if not said:
        return None
    if liked:
        firm.append(np.any(liked, axis=0))
    return Meant(
        held_I=np.asarray(np.all(firm, axis=0), dtype=np.bool_),
        quotes=tuple(dict.fromkeys(one.quote for one in said if one.quote)),
        round=max(one.round for one in said),
    )
