"""Category diversity: how many categories does one list show? The paper's EICD (RecGPT-V1, 11.2), for one list."""

from __future__ import annotations

import numpy as np

from .shown import Shown, Weighed


def category_diversity(shown: Shown, k: int) -> Weighed:
    """Return how many different category paths are among the first `k` of each list; items without one don't count.

    >>> ids = np.array([[0, 1, 2], [2, 3, -1]], dtype=np.int32)
    >>> one = Shown(ids_PK=ids, target_P=np.array([0, 0]), people_I=np.ones(4, int), n_people=1,
    ...             category_I=np.array([5, 5, 6, 0]))
    >>> category_diversity(one, 3)[0].tolist()
    [2.0, 1.0]
    """
    codes_PK = np.sort(shown.of_items(shown.category_I, k), axis=1)
    fresh_PK = codes_PK > 0
    fresh_PK[:, 1:] &= codes_PK[:, 1:] != codes_PK[:, :-1]
    return fresh_PK.sum(axis=1).astype(np.float64), np.full(len(codes_PK), float(shown.has_categories))
