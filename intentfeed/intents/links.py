"""What leads from one category to another: people who have both, or the same shelf of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ..data.catalog import SEPARATOR, parent
from ..types import Settings
from .likes import Likes

How = Literal["own", "together", "shelf", "query"]
NONE, SHELF, TOGETHER, OWN = range(4)
"""How a category is reached, weakest first."""
DENSE_BELOW = 2_048
"""Up to so many categories the pairs are held as a plain matrix, which is faster to read."""


class LinkConfig(Settings):
    """When people who have one category say something about another. [ours]"""

    min_together: int = Field(default=2, ge=1)
    """People who must have both categories before one is said to go with the other."""
    min_lift: float = Field(default=2.5, ge=1)
    """How many times as often as expected people with the one must have the other: what all have goes with nothing."""
    sure: float = Field(default=3.0, ge=0)
    """Standard deviations that the share must stay above the expected one: the best of many pairs is often luck."""
    against: float = Field(default=2.0, ge=0)
    """Standard deviations that the share must stay below everybody's before a common shelf is no link."""
    full_categories: float = Field(default=20.0, gt=0)
    """All of that is asked where people have so many categories on average; where they have fewer, a part of it."""

    def asked_where(self, usual: float) -> LinkConfig:
        """Return what is asked of links in a log whose people have `usual` categories each on average.

        Where people have little, few pairs are seen, and the bar that finds what matters among many would find none.
        """
        part = min(1.0, usual / self.full_categories)
        return self.model_copy(update={"min_lift": 1 + (self.min_lift - 1) * part, "sure": self.sure * part})


@dataclass(frozen=True, slots=True)
class Link:
    """What a tag rests on."""

    how: How
    source: int
    """Category of the past behaviour; 0 for a search."""
    both: int = 0
    """For `together`: people who have both categories."""
    have: int = 0
    """People who have the source."""
    lift: float = 0.0
    """How many times as often as people at large they have the category."""


@dataclass(frozen=True, slots=True)
class Led:
    """Which categories some behaviour leads to, as columns over all of them."""

    how_C: NDArray[np.int8]
    source_C: NDArray[np.int32]
    """What a category is reached from; where it is not reached, what it goes with best; 0 where with nothing."""
    both_C: NDArray[np.int64]
    people_C: NDArray[np.int64]
    n_people: int

    def link(self, code: int) -> Link:
        """Return what leads to one category that is led to."""
        how = int(self.how_C[code])
        if how == TOGETHER:
            return self.nearest(code)
        return Link("own" if how == OWN else "shelf", int(self.source_C[code]))

    def nearest(self, code: int) -> Link:
        """Return what a category goes with best, whether that says enough or not; source 0 where with nothing."""
        source, both = int(self.source_C[code]), int(self.both_C[code])
        have, at_large = int(self.people_C[source]), int(self.people_C[code])
        lift = both * self.n_people / max(have * at_large, 1)
        return Link("together", source, both, have, lift)


class Links:
    """People by category and by pair of categories, and which categories share a parent below the top."""

    def __init__(self, together_CC: Any, paths: Sequence[str]) -> None:
        self.together_CC = together_CC
        """CSR: people who have both; the diagonal holds those who have one."""
        self.people_C = np.asarray(together_CC.diagonal(), dtype=np.int64)
        above = [parent(path) for path in paths]
        shelves = {path: code + 1 for code, path in enumerate(sorted({p for p in above if SEPARATOR in p}))}
        self.shelf_C = np.array([shelves.get(path, 0) for path in above], dtype=np.int32)
        """Number of the parent; 0 where that is a whole department, which says too little."""
        self._had_C = np.asarray(together_CC.sum(axis=1), dtype=np.int64).ravel()
        """Categories that the people with each have, all told."""
        small = together_CC.shape[0] <= DENSE_BELOW
        self._dense_CC = together_CC.toarray().astype(np.int64) if small else None

    @classmethod
    def fit(cls, log: Likes, category_I: NDArray[np.int32], paths: Sequence[str]) -> Links:
        """Return the links that the log's likes show."""
        from scipy.sparse import csr_matrix

        ones = np.ones(len(log.user), dtype=np.int32)
        has = csr_matrix((ones, (log.user, category_I[log.item])), shape=(log.n_users, len(paths)))
        has.data[:] = 1
        has.sum_duplicates()
        has.data[:] = 1
        together = (has.T @ has).tocsr()
        together.sort_indices()
        return cls(together, paths)

    def lead(
        self,
        sources: NDArray[np.int64],
        weights: NDArray[np.float64],
        n_people: int,
        config: LinkConfig,
        *,
        lenient: bool = False,
    ) -> Led:
        """Return which categories any of `sources` leads to, each by the link that says most.

        A source on the same shelf comes first and leads there unless the log speaks against it; any other must have
        people who have the category so much more often than expected that chance does not explain it. `lenient` takes
        what is left wherever it is more often than chance would have it.
        """
        n_categories = len(self.people_C)
        led = Led(
            how_C=np.zeros(n_categories, dtype=np.int8),
            source_C=np.zeros(n_categories, dtype=np.int32),
            both_C=np.zeros(n_categories, dtype=np.int64),
            people_C=self.people_C,
            n_people=n_people,
        )
        if not len(sources):
            return led
        own = np.asarray(sources, dtype=np.int64)
        both_SC = self._rows(own)
        beside_SC = (self.shelf_C[own][:, None] == self.shelf_C[None, :]) & (self.shelf_C[own][:, None] > 0)
        near_C = np.flatnonzero(((both_SC >= config.min_together) | beside_SC).any(axis=0))
        both_SN, beside_SN = both_SC[:, near_C], beside_SC[:, near_C]
        base_N = np.maximum(self.people_C[near_C] / max(n_people, 1), 1e-12)
        expected_SN = self._activity(own, n_people)[:, None] * base_N[None, :]
        have_S1 = self.people_C[own][:, None]
        low_SN, _ = _bounds(both_SN, have_S1, config.sure)
        _, high_SN = _bounds(both_SN, have_S1, config.against)
        share_SN = both_SN / np.maximum(have_S1, 1)
        together_SN = both_SN >= config.min_together
        says_SN = together_SN & (share_SN >= config.min_lift * expected_SN) & (low_SN > expected_SN)
        beside_SN &= high_SN >= base_N
        worth_SN = low_SN / expected_SN * np.asarray(weights)[:, None]
        weak_SN = together_SN & (share_SN > base_N)
        weak = [(weak_SN, TOGETHER)] if lenient else []
        tiers = [(together_SN, NONE), *weak, (says_SN, TOGETHER), (beside_SN, SHELF)]
        for holds_SN, how in tiers:  # each overwrites the ones before
            best_N = np.where(holds_SN, worth_SN, -1.0).argmax(axis=0)
            at = np.flatnonzero(holds_SN.any(axis=0))
            best, codes = best_N[at], near_C[at]
            led.how_C[codes] = np.where(says_SN[best, at], TOGETHER, how)
            led.source_C[codes], led.both_C[codes] = own[best], both_SN[best, at]
        led.how_C[own], led.source_C[own] = OWN, own
        led.how_C[0] = NONE
        return led

    def _activity(self, codes: NDArray[np.int64], n_people: int) -> NDArray[np.float64]:
        """Return how many times as many other categories people with each of these have as people at large; least 1.

        Whoever has much has more of everything, so this much more is expected of them.
        """
        others_S = (self._had_C[codes] - self.people_C[codes]) / np.maximum(self.people_C[codes], 1)
        usual = self.people_C.sum() / max(n_people, 1)
        times: NDArray[np.float64] = np.maximum(others_S / max(usual, 1e-12), 1.0)
        return times

    def _rows(self, codes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return both_SC of these categories."""
        rows: NDArray[np.int64]
        rows = self._dense_CC[codes] if self._dense_CC is not None else self.together_CC[codes].toarray()
        return rows.astype(np.int64, copy=False)


def _bounds(
    hits: NDArray[np.int64], of: NDArray[np.int64], sure: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return Wilson's limits of the shares `hits` of `of`, so many standard deviations away."""
    n = np.maximum(of, 1).astype(np.float64)
    share = hits / n
    centre = share + sure**2 / (2 * n)
    wide = sure * np.sqrt(share * (1 - share) / n + sure**2 / (4 * n**2))
    return (centre - wide) / (1 + sure**2 / n), (centre + wide) / (1 + sure**2 / n)
