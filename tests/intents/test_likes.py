"""What counts as liking: deliberate actions, ratings not below the own mean, each item once."""

from __future__ import annotations

import numpy as np

from intentfeed.intents.likes import liked_events, likes
from intentfeed.types import ACTION_CODE, NO_TIME, Interactions
from tests.intents.shop import past_of


def test_ratings_below_the_own_mean_are_no_likes() -> None:
    log = _log([0, 0, 0, 1, 1], [0, 1, 2, 0, 1], value=[5, 1, 4, 2, 2])
    found = likes(log, 10)
    assert list(zip(found.user.tolist(), found.item.tolist(), strict=True)) == [(0, 0), (0, 2), (1, 0), (1, 1)]


def test_an_item_counts_once_where_it_was_last_liked() -> None:
    found = likes(_log([0, 0, 0], [4, 2, 4]), 10)
    assert found.item.tolist() == [2, 4]
    assert found.age.tolist() == [1, 0]


def test_clicks_count_only_where_there_is_nothing_better() -> None:
    assert liked_events(past_of(("click", 0, 3), ("review_read", 1, 2), ("click", 2, 1))).tolist() == [1]
    assert liked_events(past_of(("impression", 0, 3), ("click", 1, 2), ("click", 2, 1))).tolist() == [1, 2]


def test_a_value_that_judges_nothing_is_no_dislike() -> None:
    bought = _log([0, 0, 0], [0, 1, 2], value=[9, 1, 9], action="purchase")
    assert likes(bought, 10).item.tolist() == [0, 1, 2]
    assert likes(_log([0, 0, 0], [0, 1, 2], value=[9, 1, 9], action="review"), 10).item.tolist() == [0, 2]


def _log(user: list[int], item: list[int], value: list[float] | None = None, *, action: str = "rate") -> Interactions:
    n = len(user)
    return Interactions(
        user=np.array(user, np.int32),
        item=np.array(item, np.int32),
        action=np.full(n, ACTION_CODE[action], np.int8),
        time_s=np.full(n, NO_TIME),
        value=np.array(value, float) if value else np.full(n, np.nan),
        n_users=max(user) + 1,
        n_items=5,
    )
