"""What the log says of each item by itself: how many took it up, how many of late, and when the last one did."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..retrieval.evidence import EvidenceConfig, evidence
from ..types import NO_TIME, Interactions

DAY_S = 86_400


@dataclass(frozen=True)
class ItemStats:
    """Columns [I] over the catalogue of the fit."""

    popularity_I: NDArray[np.float32]
    """Logarithm of how many people took each item up."""
    recent_I: NDArray[np.float32]
    """The same of late: an event counts half for each half-life before the end of the log. All 0 without times."""
    age_days_I: NDArray[np.float32]
    """Days from the last event to the end of the log; infinite where there is none, or no time."""
    known_I: NDArray[np.bool_]
    """Whether anybody took it up, liked or not."""

    @classmethod
    def fit(cls, log: Interactions, half_life_days: float) -> ItemStats:
        """Return the statistics of a log."""
        found = evidence(log)
        n_I = np.bincount(found.item, minlength=log.n_items)
        recent_I = np.zeros(log.n_items)
        age_I = np.full(log.n_items, np.inf, dtype=np.float32)
        dated = found.time_s != NO_TIME
        if dated.any():
            age = (found.time_s[dated].max() - found.time_s[dated]) / DAY_S
            recent_I += np.bincount(found.item[dated], weights=0.5 ** (age / half_life_days), minlength=log.n_items)
            np.minimum.at(age_I, found.item[dated], age.astype(np.float32))
        met = evidence(log, EvidenceConfig(disliked=True))
        known_I = np.bincount(met.item, minlength=log.n_items) > 0
        return cls(np.log1p(n_I).astype(np.float32), np.log1p(recent_I).astype(np.float32), age_I, known_I)

    def save(self, path: Path) -> None:
        """Write the columns."""
        np.savez(path, popularity=self.popularity_I, recent=self.recent_I, age_days=self.age_days_I, known=self.known_I)

    @classmethod
    def load(cls, path: Path) -> ItemStats:
        """Read what `save` wrote."""
        with np.load(path) as arrays:
            return cls(arrays["popularity"], arrays["recent"], arrays["age_days"], arrays["known"])
