"""What a history says before anything is looked up: distinct items, oldest first, and how much each counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..retrieval.evidence import DEFAULT_WEIGHTS
from ..types import ACTION_CODE, ACTIONS, History

LONGEST = 400
"""Newest distinct items that count; what lies further back has no weight left."""


@dataclass(frozen=True, slots=True)
class Taste:
    """Distinct items a person took up, oldest first, with weights up to 1; and all that they have seen."""

    items: tuple[int, ...] = ()
    weights: tuple[float, ...] = ()
    seen: frozenset[int] = frozenset()


def taste_of(history: History) -> Taste:
    """Return the taste of a history: each item stands where it was last, with the weight of its strongest action.

    A rating below the person's own mean is no sign of liking, and neither is an impression; both are left out.
    """
    weight_of = np.array([DEFAULT_WEIGHTS[action] for action in ACTIONS])
    rated = (history.action == ACTION_CODE["rate"]) & ~np.isnan(history.value)
    mean = history.value[rated].mean() if rated.any() else 0.0
    disliked = rated & (np.nan_to_num(history.value) < mean - 1e-9)
    liked = (history.item >= 0) & (weight_of[history.action] > 0) & ~disliked
    met = (history.item >= 0) & (history.action != ACTION_CODE["impression"])
    return _taste(history.item[liked].tolist(), weight_of[history.action[liked]].tolist(), history.item[met].tolist())


def taste_of_rows(rows: Sequence[int]) -> Taste:
    """Return the taste of item rows, oldest first, of which nothing more is known."""
    items = [int(row) for row in rows if row >= 0]
    return _taste(items, [1.0] * len(items), items)


def _taste(items: Sequence[int], weights: Sequence[float], seen: Sequence[int]) -> Taste:
    strongest: dict[int, float] = {}
    for item, weight in zip(reversed(items), reversed(weights), strict=True):
        strongest[item] = max(weight, strongest.get(item, 0.0))
    newest = list(strongest)[:LONGEST][::-1]
    most = max((strongest[item] for item in newest), default=1.0)  # only the ratios matter
    return Taste(tuple(newest), tuple(strongest[item] / most for item in newest), frozenset(seen))
