"""Gini: how unevenly is exposure shared among the items? 0: all alike, 1: one item has it all (Shani, Gunawardana)."""

from __future__ import annotations

import numpy as np

from .shown import Shown


def gini(shown: Shown, k: int) -> float | None:
    """Return the Gini index of slots over the whole catalogue, items never shown included; None without any slot.

    As in Shani and Gunawardana, Evaluating Recommendation Systems (2011), 3.3: Σ (2j - n - 1) p_j / (n - 1), p sorted.

    >>> one = Shown(ids_PK=np.array([[0, 1], [0, 2]], dtype=np.int32), target_P=np.array([0, 0]), n_people=1,
    ...             people_I=np.ones(3, int), category_I=np.zeros(3, int))
    >>> gini(one, 1), gini(one, 2)
    (1.0, 0.25)
    """
    slots_I = np.sort(shown.slots(k)).astype(np.float64)
    n = len(slots_I)
    if n < 2 or not slots_I.sum():
        return None
    return float((2 * np.arange(1, n + 1) - n - 1) @ slots_I / slots_I.sum() / (n - 1))
