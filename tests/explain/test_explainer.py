"""A day has a season, on either half of the globe."""

from datetime import date

import pytest

from intentfeed.explain.explainer import season_of


@pytest.mark.parametrize(
    ("month", "north", "south"),
    [
        (1, "winter", "summer"),
        (3, "spring", "autumn"),
        (6, "summer", "winter"),
        (11, "autumn", "spring"),
        (12, "winter", "summer"),
    ],
)
def test_the_season_of_a_day(month: int, north: str, south: str) -> None:
    assert season_of(date(2025, month, 10)) == north
    assert season_of(date(2025, month, 10), southern=True) == south
