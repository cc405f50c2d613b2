"""What goes with an item, by category, is what counting pair by pair gives."""

from __future__ import annotations

import numpy as np

from intentfeed.intents.likes import Likes
from intentfeed.intents.pull import co_occurrence

CATEGORY_I = np.array([1, 1, 2, 0], dtype=np.int32)
LOG = Likes(
    user=np.array([0, 0, 0, 1, 1, 2], dtype=np.int32),
    item=np.array([0, 1, 2, 0, 2, 3], dtype=np.int32),
    age=np.array([2, 1, 0, 1, 0, 0], dtype=np.int32),
    n_users=3,
    n_items=4,
)


def test_co_occurrence_is_the_cosine_summed_by_category_without_the_item_itself() -> None:
    X_UI = LOG.matrix().toarray()
    cosine_II = X_UI.T @ X_UI / np.sqrt(np.outer(X_UI.sum(axis=0), X_UI.sum(axis=0)))
    np.fill_diagonal(cosine_II, 0)
    expected_IC = np.stack([cosine_II[:, code == CATEGORY_I].sum(axis=1) for code in range(3)], axis=1)
    assert np.allclose(co_occurrence(LOG, CATEGORY_I, 3).toarray(), expected_IC, atol=1e-6)
