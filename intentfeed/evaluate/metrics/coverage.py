"""Catalogue coverage: which share of the items is shown to anybody at all? (Ge et al., RecSys 2010)."""

from __future__ import annotations

import numpy as np

from .shown import Shown


def coverage(shown: Shown, k: int) -> float:
    """Return the share of the catalogue that is among the first `k` of at least one list.

    >>> one = Shown(ids_PK=np.array([[0, 1], [1, 0]], dtype=np.int32), target_P=np.array([0, 0]), n_people=1,
    ...             people_I=np.ones(4, int), category_I=np.zeros(4, int))
    >>> coverage(one, 2)
    0.5
    """
    return float(np.mean(shown.slots(k) > 0)) if len(shown.people_I) else 0.0
