"""Novelty: how surprising is an item, by how few people had it? Mean self-information in bits (Zhou et al., 2010)."""

from __future__ import annotations

import numpy as np

from .shown import Shown, Weighed


def novelty(shown: Shown, k: int) -> Weighed:
    """Return the mean of -log2 p(item) over the first `k` of each list, weighed by how many it holds.

    p is the chance that somebody of the log had the item, one more person added to both counts, so that an item that
    nobody had is not infinitely novel.

    >>> one = Shown(ids_PK=np.array([[0, 1, 2]], dtype=np.int32), target_P=np.array([0]), n_people=7,
    ...             people_I=np.array([7, 3, 0]), category_I=np.zeros(3, int))
    >>> novelty(one, 2)[0].tolist(), novelty(one, 3)[0].round(3).tolist()
    ([0.5], [1.333])
    """
    bits_I = np.log2(shown.n_people + 1) - np.log2(shown.people_I + 1)
    filled_P = shown.filled(k).sum(axis=1).astype(np.float64)
    return shown.of_items(bits_I, k).sum(axis=1) / np.maximum(filled_P, 1), filled_P
