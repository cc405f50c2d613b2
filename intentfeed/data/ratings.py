"""Which ratings speak against their item? Those below the person's own mean [ours]: some give five stars to all."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..types import ACTION_CODE, JUDGING

_CODES: Final = np.array(sorted(ACTION_CODE[action] for action in JUDGING), dtype=np.int8)
_ROUNDING: Final = 1e-9
"""A mean of equal values may lie this little above them, and depends on their order by as much."""


def below_own_mean(
    action: NDArray[np.integer[Any]],
    value: NDArray[np.float64],
    user: NDArray[np.integer[Any]] | None = None,
    n_users: int = 1,
) -> NDArray[np.bool_]:
    """Return which events [N] rate an item below the mean of all ratings of its `user`; None means one person."""
    rated = np.isin(action, _CODES) & ~np.isnan(value)
    below = np.zeros(len(action), dtype=np.bool_)
    if rated.any():
        whose = np.zeros(int(rated.sum()), dtype=np.int64) if user is None else user[rated]
        total = np.bincount(whose, weights=value[rated], minlength=n_users)
        mean = total / np.maximum(np.bincount(whose, minlength=n_users), 1)
        below[rated] = value[rated] < mean[whose] - _ROUNDING
    return below
