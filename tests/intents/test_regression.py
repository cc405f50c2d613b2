"""Each item of a person is left out once, and what the others say of its category is learnt."""

from __future__ import annotations

import numpy as np

from intentfeed.intents.likes import Likes
from intentfeed.intents.regression import features, rehearsals, ridge

N_USERS, N_SHELVES, PER_SHELF = 30, 3, 4
ITEM = np.concatenate([np.arange(PER_SHELF) + PER_SHELF * (user % N_SHELVES) for user in range(N_USERS)])
LOG = Likes(
    user=np.repeat(np.arange(N_USERS), PER_SHELF).astype(np.int32),
    item=ITEM.astype(np.int32),
    age=np.tile(np.arange(PER_SHELF)[::-1], N_USERS).astype(np.int32),
    n_users=N_USERS,
    n_items=N_SHELVES * PER_SHELF,
)
CATEGORY_I = (1 + np.arange(LOG.n_items) // PER_SHELF).astype(np.int32)
FEATURE_C = np.array([-1, 0, 1, 2], dtype=np.int32)


def test_each_item_is_left_out_once_by_the_person_who_has_it() -> None:
    rows_PI, target_P = rehearsals(LOG, per_user=20, max_users=2, recency_power=0.5)
    assert target_P.tolist() == [0, 1, 2, 3, 4, 5, 6, 7], "two users of four items"
    held_PI = rows_PI.toarray()
    assert (held_PI[np.arange(8), target_P] == 0).all()
    assert ((held_PI > 0).sum(axis=1) == PER_SHELF - 1).all()
    assert np.allclose(np.sort(held_PI[0])[::-1][:3], [1, 2**-0.5, 3**-0.5]), "the nearest counts most"
    few_PI, _ = rehearsals(LOG, per_user=2, max_users=1, recency_power=0.5)
    assert few_PI.shape[0] == 2, "the newest two"


def test_who_has_one_shelf_is_foreseen_on_it() -> None:
    text_ID = np.zeros((LOG.n_items, 2), dtype=np.float32)
    rows_PI, target_P = rehearsals(LOG, per_user=20, max_users=100, recency_power=0.5)
    own_PF, text_PE = features(rows_PI, CATEGORY_I, FEATURE_C, text_ID, 2.0)
    assert np.allclose(own_PF.multiply(own_PF).sum(axis=1), 1)
    assert text_PE[:, -1].tolist() == [1.0] * len(target_P)
    learnt_FC = ridge(own_PF, text_PE, CATEGORY_I[target_P], 4, 0.01)
    foreseen_PC = own_PF @ learnt_FC[:3] + text_PE @ learnt_FC[3:]
    assert np.array_equal(foreseen_PC.argmax(axis=1), CATEGORY_I[target_P])
