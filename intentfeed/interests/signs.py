"""Which events speak for something: deliberate ones, ratings under the person's own mean excepted [ours]."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..data.ratings import below_own_mean
from ..types import ACTION_CODE, ACTIONS, RELIABLE, Interactions

RELIABLE_A: NDArray[np.bool_] = np.array([action in RELIABLE for action in ACTIONS])
"""Whether each action is deliberate [A]."""
WEIGHT_OF = {
    "purchase": 3.0, "favorite": 2.0, "cart": 2.0, "review_read": 1.5, "search": 1.5, "detail_view": 1.0,
    "rate": 1.0, "tag": 2.0, "like": 2.0, "bookmark": 2.0, "comment": 2.0, "follow": 2.0, "review": 2.0,
}  # fmt: skip
"""How much one event of each action says; impressions and plain clicks say nothing."""
WEIGHT_A: NDArray[np.float64] = np.array([WEIGHT_OF.get(action, 0.0) for action in ACTIONS])
PURCHASE = ACTION_CODE["purchase"]
SEARCH = ACTION_CODE["search"]


def sign(action: NDArray[np.int8], value: NDArray[np.float64]) -> NDArray[np.int8]:
    """Return +1, -1 or 0 for each event of one person: for, against, or not deliberate."""
    signs = RELIABLE_A[action].astype(np.int8)
    signs[below_own_mean(action, value)] = -1
    return signs


def liked(log: Interactions) -> NDArray[np.bool_]:
    """Return which events of the whole log speak for their item [N]: `sign` > 0, over everybody at once."""
    return RELIABLE_A[log.action] & ~below_own_mean(log.action, log.value, log.user, log.n_users)
