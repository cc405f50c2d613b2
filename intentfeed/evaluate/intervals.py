"""How sure is a mean? Bootstrap over users, the same draws for every method, so that methods compare in pairs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

BLOCK = 64
"""Draws held in memory at once; changes no result."""


def bootstrap(
    values_PM: NDArray[np.float64],
    users: Sequence[str],
    *,
    n: int,
    seed: int,
    weights_PM: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return the means [B, M] of `n` draws of users with replacement; a user's questions come and go together.

    With weights a mean is Σ weight · value / Σ weight, both sums drawn together; NaN where a draw has no weight. The
    draws depend on the number of users and the seed only: two methods asked the same questions share them.
    """
    _, user_P = np.unique(np.asarray(users), return_inverse=True)
    n_users = int(user_P.max()) + 1
    order = np.argsort(user_P, kind="stable")
    starts = np.searchsorted(user_P[order], np.arange(n_users))
    weights_PM = np.ones((len(user_P), 1)) if weights_PM is None else weights_PM
    sums_UM = np.add.reduceat((values_PM * weights_PM)[order], starts, axis=0)
    weights_UM = np.add.reduceat(weights_PM[order], starts, axis=0)
    rng, even, found = np.random.default_rng(seed), np.full(n_users, 1 / n_users), []
    for start in range(0, n, BLOCK):
        times_BU = rng.multinomial(n_users, even, size=min(BLOCK, n - start)).astype(np.float64)
        weight_BM = times_BU @ weights_UM
        found.append(np.divide(times_BU @ sums_UM, np.where(weight_BM > 0, weight_BM, np.nan)))
    return np.concatenate(found)


def interval(draws_B: NDArray[np.float64], level: float = 0.95) -> tuple[float, float]:
    """Return the percentile interval that holds `level` of the draws, those that had no weight left out."""
    low, high = np.quantile(draws_B[~np.isnan(draws_B)], [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def ratio_interval(ours_B: NDArray[np.float64], theirs_B: NDArray[np.float64]) -> tuple[float, float] | None:
    """Return the interval of ours over theirs, draw by draw; None where theirs was nothing in some draw."""
    return interval(ours_B / theirs_B) if (theirs_B > 0).all() else None
