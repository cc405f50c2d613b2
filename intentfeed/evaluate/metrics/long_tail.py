"""Long-tail share: how many slots go to items outside the head?

The head are the items that hold the first 80 % of interactions (a person and an item, once), most popular first; the
tail is the rest. The share of the tail in a list is APLT of Abdollahpouri, Burke and Mobasher (FLAIRS 2019).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .shown import Shown, Weighed

HEAD = 0.8
"""Share of the interactions that the head holds."""


def long_tail(shown: Shown, k: int) -> Weighed:
    """Return the share of tail items in the first `k` of each list, weighed by how many it holds: a share of slots.

    >>> ids = np.array([[0, 2], [3, -1]], dtype=np.int32)
    >>> one = Shown(ids_PK=ids, target_P=np.array([0, 0]), people_I=np.array([9, 1, 1, 0]), n_people=9,
    ...             category_I=np.zeros(4, int))
    >>> [part.tolist() for part in long_tail(one, 2)]
    [[0.5, 1.0], [2.0, 1.0]]
    """
    filled_P = shown.filled(k).sum(axis=1).astype(np.float64)
    tail_P = shown.of_items(in_tail(shown.people_I), k).sum(axis=1)
    return tail_P / np.maximum(filled_P, 1), filled_P


def in_tail(people_I: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which items are in the tail [I]: those for which the more popular ones leave at most a fifth of the log.

    Items of equal popularity stand or fall together, so that no order of the catalogue decides.
    """
    ranked = np.sort(people_I)[::-1]
    before = np.concatenate([[0], np.cumsum(ranked)])
    more_popular_I = np.searchsorted(-ranked, -people_I, side="left")
    return np.asarray(before[more_popular_I] >= HEAD * before[-1])
