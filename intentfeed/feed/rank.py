"""In which order: a weighted sum of what the sources say, each on the same scale. Nothing hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from .config import Source

LAST_RESORT = 1e-3
"""Least weight of popularity: with nothing else to go by, people get what is popular."""


def normal(weights: Mapping[Source, float], speaking: Sequence[Source]) -> dict[Source, float]:
    """Return the weights of the sources that speak, adding up to 1; popularity has at least a trace."""
    kept = {source: float(weights.get(source, 0.0)) for source in speaking}
    total = sum(kept.values()) or 1.0
    shares = {source: weight / total for source, weight in kept.items()}
    shares["popular"] = max(shares["popular"], LAST_RESORT)
    return {source: share for source, share in shares.items() if share > 0}


def blend(scores: Mapping[Source, NDArray[np.float32]], weights: Mapping[Source, float]) -> NDArray[np.float32]:
    """Return the weighted sum of the sources' scores, in the order of the weights."""
    total: NDArray[np.float32] | None = None
    for source, weight in weights.items():
        part = np.float32(weight) * scores[source]
        total = part if total is None else np.add(total, part, out=total)
    assert total is not None
    return total


def contributors(
    scores: Mapping[Source, NDArray[np.float32]], weights: Mapping[Source, float], item: int, *, tag: float
) -> tuple[str, ...]:
    """Return the sources that carry at least a tenth of an item's score, strongest first; never none."""
    parts: dict[str, float] = {source: weight * float(scores[source][item]) for source, weight in weights.items()}
    if tag > 0:
        parts = {"tag": tag, **parts}
    total = sum(max(part, 0.0) for part in parts.values())
    kept = [name for name, part in parts.items() if part > 0 and part >= total / 10]
    return tuple(sorted(kept, key=lambda name: -parts[name])) or ("popular",)
