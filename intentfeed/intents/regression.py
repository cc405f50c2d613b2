"""The category of an item left out, foreseen from a person's other items by a ridge regression. [ours]"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .likes import Likes, recency


def features(
    rows_UI: Any,
    category_I: NDArray[np.int32],
    feature_C: NDArray[np.int32],
    text_ID: NDArray[np.float32],
    text_weight: float,
) -> tuple[Any, NDArray[np.float32]]:
    """Return the features as two blocks: category weights of length one (CSR), and the mean text with a one."""
    from scipy.sparse import csr_matrix, diags

    n_users, place_I = rows_UI.shape[0], feature_C[category_I]
    at = place_I[rows_UI.indices]
    user = np.repeat(np.arange(n_users), np.diff(rows_UI.indptr))
    inside = at >= 0
    shape = (n_users, int(feature_C.max(initial=-1)) + 1)
    own = csr_matrix((rows_UI.data[inside], (user[inside], at[inside])), shape=shape)
    length = np.sqrt(np.asarray(own.multiply(own).sum(axis=1)).ravel())
    own = diags(np.divide(1, length, out=np.zeros_like(length), where=length > 0)) @ own
    total = np.asarray(rows_UI.sum(axis=1)).ravel()
    mean_UD = np.asarray(rows_UI @ text_ID) / np.maximum(total, 1e-9)[:, None] * text_weight
    ones = np.ones((n_users, 1))
    return own.tocsr().astype(np.float32), np.concatenate([mean_UD, ones], axis=1).astype(np.float32)


def rehearsals(log: Likes, *, per_user: int, max_users: int, recency_power: float) -> tuple[Any, NDArray[np.int32]]:
    """Return weighted items as CSR [P, I], and for each row the item of the same user that they leave out.

    The others stand as far away as they stood from it, before or after: logs are not always in true order.
    """
    from scipy.sparse import csr_matrix

    starts = np.searchsorted(log.user, np.arange(log.n_users + 1))
    users = np.flatnonzero(np.diff(starts) >= 2)[:max_users]
    edges, items, ages, targets = [0], [], [], []
    for user in users.tolist():
        own = log.item[max(starts[user], starts[user + 1] - per_user) : starts[user + 1]]
        place = np.arange(len(own))
        for at in range(len(own)):
            others = place != at
            items.append(own[others])
            ages.append(np.abs(place[others] - at) - 1)
            targets.append(own[at])
            edges.append(edges[-1] + len(own) - 1)
    weight = recency(np.concatenate([np.zeros(0, np.int32), *ages]).astype(np.int32), recency_power)
    item = np.concatenate([np.zeros(0, np.int32), *items])
    rows_PI = csr_matrix((weight, item, edges), shape=(len(targets), log.n_items))
    return rows_PI, np.array(targets, dtype=np.int32)


def ridge(
    own_PF: Any, text_PD: NDArray[np.float32], target_P: NDArray[np.int32], n_categories: int, penalty: float
) -> NDArray[np.float32]:
    """Return the coefficients [F, C] of a linear regression of the target's category on both blocks of features."""
    from scipy.sparse import csr_matrix

    known = np.flatnonzero(target_P)
    ones = np.ones(len(known), dtype=np.float32)
    Y = csr_matrix((ones, (known, target_P[known])), shape=(len(target_P), n_categories))
    cross = np.asarray(own_PF.T @ text_PD)
    gram = np.block([[(own_PF.T @ own_PF).toarray(), cross], [cross.T, text_PD.T @ text_PD]]).astype(np.float64)
    gram[np.diag_indices_from(gram)] += penalty * len(target_P) + 1
    moments = np.concatenate([(own_PF.T @ Y).toarray(), np.asarray(Y.T @ text_PD).T]).astype(np.float64)
    solved: NDArray[np.float32] = np.linalg.solve(gram, moments).astype(np.float32)
    return solved
