"""Category hit rate: is the next item's category among those of the first k items?

RecGPT-V1, 5.6, asks this of 30 tags (`evaluate.tags`); here it is asked of a list of items [ours], by whole paths.
"""

from __future__ import annotations

import numpy as np

from .shown import Shown, Weighed


def category_hr(shown: Shown, k: int) -> Weighed:
    """Return 1 for each question whose target's category is met among the first `k`, else 0.

    A target without a category is a miss, and counted. Undefined (no weight) where there are not two categories.

    >>> ids = np.array([[0, 1], [1, 2]], dtype=np.int32)
    >>> one = Shown(ids_PK=ids, target_P=np.array([3, 3]), people_I=np.ones(4, int), n_people=4,
    ...             category_I=np.array([7, 8, 9, 7]))
    >>> category_hr(one, 2)[0].tolist()
    [1.0, 0.0]
    """
    wanted_P = shown.category_I[shown.target_P]
    met_PK = shown.of_items(shown.category_I, k) == wanted_P[:, None]
    values_P = (met_PK.any(axis=1) & (wanted_P > 0)).astype(np.float64)
    return values_P, np.full(len(values_P), float(shown.has_categories))
