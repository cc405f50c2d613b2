"""Chance and bursts, against the textbook and by hand."""

from __future__ import annotations

import pytest
from scipy.stats import binom

from intentfeed.interests.reasonableness import chance_of


@pytest.mark.parametrize("total", [5, 60, 3_000])
@pytest.mark.parametrize("share", [0.001, 0.05, 0.6])
def test_chance_is_the_tail_of_the_binomial(total: int, share: float) -> None:
    for n in (1, 2, total // 3, total):
        assert chance_of(n, total, share) == pytest.approx(binom.sf(n - 1, total, share), abs=1e-9)


def test_where_nothing_is_usual_anything_is_beyond_chance() -> None:
    assert chance_of(1, 10, 0.0) == chance_of(1, 10, float("nan")) == 0.0
    assert chance_of(0, 10, 0.5) == 1.0
