"""Small logs, and small worlds where the right answer is known by construction."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from intentfeed.types import ACTION_CODE, NO_TIME, Action, Interactions


def log_of(
    pairs: Sequence[tuple[int, int]],
    n_items: int,
    *,
    times: Sequence[int] | None = None,
    actions: Sequence[Action] | None = None,
    ordered: bool = True,
) -> Interactions:
    """Return the log of (user, item) pairs; they must be sorted by user."""
    user, item = (np.array(column, dtype=np.int32) for column in zip(*pairs, strict=True))
    return Interactions(
        user=user,
        item=item,
        action=np.array([ACTION_CODE[action] for action in actions or ["purchase"] * len(user)], dtype=np.int8),
        time_s=np.array(times if times is not None else [NO_TIME] * len(user), dtype=np.int64),
        value=np.full(len(user), np.nan),
        n_users=int(user.max()) + 1,
        n_items=n_items,
        ordered=ordered,
    )


def shelves(*, n_users: int = 80, n_shelves: int = 4, each: int = 10, taken: int = 6, seed: int = 0) -> Interactions:
    """Return a log in which each person has some items of one shelf, and one item that everybody has (the last)."""
    rng = np.random.default_rng(seed)
    pairs = []
    for user in range(n_users):
        own = (user % n_shelves) * each + rng.permutation(each)[:taken]
        pairs += [(user, int(item)) for item in own] + [(user, n_shelves * each)]
    return log_of(pairs, n_shelves * each + 1)


def history(*items: int) -> np.ndarray:
    """Return a history of catalogue rows."""
    return np.array(items, dtype=np.int32)
