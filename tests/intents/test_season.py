"""Months: learnt from the log, from named seasons, or left alone."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from intentfeed.intents.season import SeasonConfig, month_lift, named_seasons
from intentfeed.types import NO_TIME


def stamps(months: list[int], years: tuple[int, ...] = (2022, 2023)) -> np.ndarray:
    """Return one time in each month of each year."""
    return np.array([int(datetime(y, m, 15, tzinfo=UTC).timestamp()) for y in years for m in months], np.int64)


def lifts(
    category: np.ndarray, time_s: np.ndarray, named: np.ndarray | None = None, names: tuple[str, ...] = ()
) -> np.ndarray:
    """Return lift_CM of three categories."""
    shares = np.zeros((3, len(names))) if named is None else named
    return month_lift(category, time_s, 3, SeasonConfig(), named_CV=shares, names=names)


def test_a_category_of_one_season_is_learnt_from_the_log() -> None:
    winter, always = stamps([11, 12, 1] * 20), stamps(list(range(1, 13)) * 10)
    category = np.r_[np.full(len(winter), 1), np.full(len(always), 2)].astype(np.int32)
    lift = lifts(category, np.r_[winter, always])
    assert lift[1, 11] > 1.5 > 0.5 > lift[1, 6]
    assert np.allclose(lift[0], 1)
    assert 0.4 < lift[2, 6] < 2.5


def test_few_events_move_nothing_much() -> None:
    always = stamps(list(range(1, 13)) * 10)
    category = np.r_[np.full(len(always), 2), [1]].astype(np.int32)
    lift = lifts(category, np.r_[always, stamps([1], (2022,))])
    assert (np.abs(lift[1] - 1) < 0.5).all()


def test_undated_and_short_logs_have_no_season() -> None:
    undated = np.full(5, NO_TIME)
    assert np.allclose(lifts(np.ones(5, np.int32), undated), 1)
    assert np.allclose(lifts(np.ones(3, np.int32), stamps([1, 2, 3], (2022,))), 1)


def test_named_seasons_hold_where_the_log_has_no_time() -> None:
    attributes = [{"season": "Winter"}, {"season": "winter"}, {"season": None}]
    named, names = named_seasons(attributes, np.array([1, 1, 2], np.int32), 3, "season")
    assert names == ["winter"]
    lift = lifts(np.ones(1, np.int32), np.full(1, NO_TIME), named, tuple(names))
    assert lift[1, 0] > 1 > lift[1, 6]
    assert np.allclose(lift[2], 1)


def test_named_seasons_are_learnt_before_they_are_believed() -> None:
    summer, always = stamps([6, 7, 8] * 20), stamps(list(range(1, 13)) * 10)
    category = np.r_[np.full(len(summer), 1), np.full(len(always), 2)].astype(np.int32)
    named = np.array([[1.0], [1.0], [0.0]])  # both 0 and 1 are "hot"; only 1 has events
    lift = lifts(category, np.r_[summer, always], named, ("hot",))
    assert lift[0, 6] > 1.5 > 0.5 > lift[0, 0]
