"""Deliberate events speak for what they are about; ratings under the person's own mean speak against it."""

from __future__ import annotations

import numpy as np

from intentfeed.interests.signs import liked, sign
from intentfeed.types import ACTION_CODE, NO_TIME, Interactions

ACTION = np.array([ACTION_CODE[a] for a in ("impression", "click", "cart", "rate", "rate", "review")], dtype=np.int8)
VALUE = np.array([np.nan, np.nan, np.nan, 5.0, 1.0, np.nan])


def test_each_event_speaks_for_against_or_not_at_all() -> None:
    assert sign(ACTION, VALUE).tolist() == [0, 0, 1, 1, -1, 1]


def test_somebody_who_rates_all_alike_dislikes_nothing() -> None:
    """0.1 three times has a mean above 0.1, which once turned a whole history against its owner."""
    assert sign(np.full(3, ACTION_CODE["rate"], dtype=np.int8), np.full(3, 0.1)).tolist() == [1, 1, 1]


def test_the_whole_log_says_what_each_history_says() -> None:
    n = len(ACTION)
    log = Interactions(
        user=np.repeat(np.arange(2, dtype=np.int32), n),
        item=np.zeros(2 * n, np.int32),
        action=np.tile(ACTION, 2),
        time_s=np.full(2 * n, NO_TIME),
        value=np.concatenate([VALUE, VALUE[::-1]]),
        n_users=2,
        n_items=1,
    )
    one_by_one = np.concatenate([sign(log.action[log.user == u], log.value[log.user == u]) > 0 for u in (0, 1)])
    assert liked(log).tolist() == one_by_one.tolist()
