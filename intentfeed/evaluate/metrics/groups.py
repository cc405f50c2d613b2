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


def log_shares(shown: Shown) -> NDArray[np.float64]:
    """Return the share of interactions that each group has in the log that was learnt from [G]."""
    people_G = np.bincount(group_of(shown.people_I), weights=shown.people_I, minlength=GROUPS)
    return np.asarray(people_G / max(people_G.sum(), 1))


def group_of(people_I: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the group of each item [I], 0 for the most popular tenth; equal ones are parted by the same lot."""
    order = np.lexsort((tie_breaker(len(people_I)), -people_I))
    group_I = np.empty(len(people_I), dtype=np.int64)
    group_I[order] = np.arange(len(people_I)) * GROUPS // max(len(people_I), 1)
    return group_I
