"""How alike is alike? Cosines of unrelated texts lie anywhere; what counts is how far beyond them (RecBot, 5.3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .config import AttenuatorConfig
from .fields import FieldRegistry
from .tools import Items

TEXTS = 500
"""Values, the most frequent of all fields, that are paired with items."""
LEAST = 1e-6


@dataclass(frozen=True)
class Alike:
    """From a cosine to a likeness between 0 and 1."""

    low: float
    """Up to which cosine things are unrelated."""
    high: float
    """From which they are as good as the same."""

    @classmethod
    def fit(cls, items: Items, registry: FieldRegistry, config: AttenuatorConfig | None = None) -> Alike:
        """Return the scale of a catalogue: quantiles of the cosines of items and values paired at random, same seed."""
        config = config or AttenuatorConfig()
        texts = _texts(registry)
        vectors_ID = items.vectors_ID
        if not texts or not len(vectors_ID):
            return cls(0.0, 1.0)
        rng = np.random.default_rng(0)
        rows, places = rng.integers(0, len(vectors_ID), config.pairs), rng.integers(0, len(texts), config.pairs)
        said_TD = items.encode(texts)
        cosines = np.concatenate([
            np.einsum("pd,pd->p", vectors_ID[rows[lo : lo + 2_000]], said_TD[places[lo : lo + 2_000]])
            for lo in range(0, config.pairs, 2_000)
        ])  # fmt: skip
        low, high = np.quantile(cosines, [config.low, config.high])
        return cls(float(low), float(max(high, low + LEAST)))

    def of(self, cosines: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the likeness of each; a text of which no word is known has a cosine of 0 with everything."""
        scaled = (cosines.astype(np.float64) - self.low) / (self.high - self.low)
        return np.where(cosines == 0, 0.0, np.clip(scaled, 0, 1))


def spread_out(scores_C: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return scores from 0 for the lowest to 1 for the highest (RecBot, 5.2); all 0 where they are equal."""
    scores = np.asarray(scores_C, dtype=np.float64)
    if not len(scores):
        return scores
    low, high = float(scores.min()), float(scores.max())
    return (scores - low) / (high - low) if high - low > LEAST else np.zeros(len(scores))


def _texts(registry: FieldRegistry) -> list[str]:
    """Return the most frequent values of the fields that have a vocabulary, as words: of a path the last level."""
    counted: dict[str, int] = {}
    for field in registry.fields.values():
        if field.kind in ("category", "value", "list"):
            for value, n in zip(field.values, field.counts, strict=True):
                text = value.rpartition(" > ")[2]
                counted[text] = max(n, counted.get(text, 0))
    return sorted(counted, key=lambda text: (-counted[text], text))[:TEXTS]
