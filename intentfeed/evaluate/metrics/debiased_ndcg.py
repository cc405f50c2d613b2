"""NDCG as if rare and popular targets had been equally likely to be logged.

Questions are weighed by the inverse of their target's propensity to be observed, the weights normalised by their own
sum (self-normalised: Swaminathan and Joachims, 2015; for offline ranking Yang et al., RecSys 2018). The propensity is
the square root of popularity, as in Saito et al., WSDM 2020 (their η = 0.5).
"""

from __future__ import annotations

import numpy as np

from .ndcg import ndcg
from .shown import Shown, Weighed

POWER = 0.5
"""Propensity = popularity ** POWER: 0 is plain NDCG, 1 counts every item alike however often it is asked for."""


def debiased_ndcg(shown: Shown, k: int) -> Weighed:
    """Return NDCG of each question, and its weight; a target never learnt weighs as one that a single person had.

    >>> ids = np.array([[0], [0]], dtype=np.int32)
    >>> one = Shown(ids_PK=ids, target_P=np.array([0, 1]), people_I=np.array([100, 4]), n_people=100,
    ...             category_I=np.zeros(2, int))
    >>> [part.tolist() for part in debiased_ndcg(one, 1)]
    [[1.0, 0.0], [0.1, 0.5]]
    """
    hits_PK = shown.ids_PK == shown.target_P[:, None]
    people_P = np.maximum(shown.people_I[shown.target_P], 1)
    return ndcg(hits_PK, np.ones(len(hits_PK), dtype=np.int64), k), people_P**-POWER
