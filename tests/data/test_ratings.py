"""A rating speaks against its item where it lies below the person's own mean, and only there."""

from __future__ import annotations

import numpy as np
import pytest

from intentfeed.data.ratings import below_own_mean
from intentfeed.types import ACTION_CODE

RATE, REVIEW, CART = (ACTION_CODE[action] for action in ("rate", "review", "cart"))


@pytest.mark.parametrize("value", [0.1, 0.7, 3.3, 4.1, 5.0])
@pytest.mark.parametrize("n", [1, 3, 6, 7, 1000])
def test_equal_ratings_speak_against_nothing(value: float, n: int) -> None:
    """The mean of equal values may be rounded up: 0.1 + 0.1 + 0.1 is more than 0.3."""
    assert not below_own_mean(np.full(n, RATE), np.full(n, value)).any()


def test_each_person_has_a_mean_of_their_own() -> None:
    action = np.array([RATE, REVIEW, RATE, RATE, CART, RATE])
    value = np.array([5.0, 3.0, 2.0, 1.0, 0.0, np.nan])
    user = np.array([0, 0, 2, 2, 2, 2])
    assert below_own_mean(action, value, user, 3).tolist() == [False, True, False, True, False, False]
    assert below_own_mean(action, value).tolist() == [False, False, True, True, False, False]


def test_nothing_rated_means_nothing_against() -> None:
    assert not below_own_mean(np.array([CART]), np.array([1.0])).any()
    assert below_own_mean(np.zeros(0, int), np.zeros(0)).shape == (0,)
