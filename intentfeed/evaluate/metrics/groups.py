"""Popularity groups: who gets the slots? The paper's PVR by popularity group (RecGPT-V1, 11.2), with slots for views.

The paper forms groups in a way that it does not tell; ours are ten bins of equally many items by how many people had
them in the log that was learnt from, most popular first [ours].
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..recommender import tie_breaker
from .shown import Shown

GROUPS = 10


def group_shares(shown: Shown, k: int) -> NDArray[np.float64]:
    """Return the share of the first `k` slots that each group of items has [G]; all 0 where nothing is shown.

    >>> one = Shown(ids_PK=np.array([[0, 9], [0, 4]], dtype=np.int32), target_P=np.array([0, 0]), n_people=20,
    ...             people_I=np.arange(20, 0, -2), category_I=np.zeros(10, int))
    >>> group_shares(one, 2).tolist()
    [0.5, 0.0, 0.0, 0.0, 0.25, 0.0, 0.0, 0.0, 0.0, 0.25]
    """
    slots_G = np.bincount(group_of(shown.people_I), weights=shown.slots(k), minlength=GROUPS)
    return np.asarray(slots_G / max(slots_G.sum(), 1))


def group_hit_rates(shown: Shown, k: int) -> NDArray[np.float64]:
    """Return the hit rate at `k` of the questions whose answer is in each group [G]; NaN where nobody asked for any.

    What the paper plots as CTR by popularity group, of answers held out instead of clicks [ours].

    >>> one = Shown(ids_PK=np.array([[0], [1]], dtype=np.int32), target_P=np.array([0, 2]), n_people=20,
    ...             people_I=np.arange(20, 0, -2), category_I=np.zeros(10, int))
    >>> group_hit_rates(one, 1)[:3].tolist()
    [1.0, nan, 0.0]
    """
    group_P = group_of(shown.people_I)[shown.target_P]
    hit_P = (shown.ids_PK[:, :k] == shown.target_P[:, None]).any(axis=1)
    asked_G = np.bincount(group_P, minlength=GROUPS)
    return np.bincount(group_P, weights=hit_P, minlength=GROUPS) / np.where(asked_G > 0, asked_G, np.nan)


def log_shares(people_I: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the share of interactions that each group has in the log that was learnt from [G]."""
    people_G = np.bincount(group_of(people_I), weights=people_I, minlength=GROUPS)
    return np.asarray(people_G / max(people_G.sum(), 1))


def group_of(people_I: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the group of each item [I], 0 for the most popular tenth; equal ones are parted by the same lot."""
    order = np.lexsort((tie_breaker(len(people_I)), -people_I))
    group_I = np.empty(len(people_I), dtype=np.int64)
    group_I[order] = np.arange(len(people_I)) * GROUPS // max(len(people_I), 1)
    return group_I
