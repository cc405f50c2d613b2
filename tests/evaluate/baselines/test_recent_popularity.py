"""Recent popularity on logs whose fashions are known."""

from dataclasses import replace

import numpy as np
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.evaluate.baselines.recent_popularity import DAY_S, RecentPopularity, RecentPopularityConfig
from intentfeed.evaluate.recommender import CannotRun
from intentfeed.types import History
from tests.evaluate.baselines.logs import history, log_of

CATALOG = Catalog.of({"item_id": list("abcd")})
FASHIONS = [(user, 0) for user in range(6)] + [(user, 1) for user in range(6, 9)] + [(9, 2)]
"""Six people took up a in the first days, three b in the spring, one c at the end."""
DAYS = [0, 1, 2, 3, 4, 5, 100, 101, 102, 130]


def fitted(half_life_days=10.0):
    recent = RecentPopularity(RecentPopularityConfig(half_life_days=half_life_days))
    recent.fit(log_of(FASHIONS, 4, times=[day * DAY_S + 1_600_000_000 for day in DAYS]), CATALOG)
    return recent


def asked_on(day):
    return replace(History.of_items([3]), time_s=np.array([int(day * DAY_S) + 1_600_000_000]))


def test_what_is_new_comes_first_and_the_old_is_not_forgotten():
    ids, scores = fitted().recommend_many([history(3)], 4, exclude_seen=True)
    assert ids.tolist() == [[2, 1, 0, -1]]
    assert scores[0, 0] == pytest.approx(1, abs=1e-4)
    assert scores[0, 1] == pytest.approx(sum(0.5 ** (age / 10) for age in (28, 29, 30)), rel=1e-4)
    long, _ = fitted(half_life_days=10_000).recommend_many([history(3)], 3, exclude_seen=True)
    assert long.tolist() == [[0, 1, 2]], "a long memory is plain popularity"


def test_a_question_is_answered_as_of_its_day():
    ids, _ = fitted().recommend_events([asked_on(day) for day in (5.5, 101.5, 200)], 3, exclude_seen=True)
    assert ids[0, 0] == 0
    assert ids[1, 0] == 1
    assert ids[2, 0] == 2
    nothing_yet, scores = fitted().recommend_events([asked_on(-3)], 3, exclude_seen=True)
    assert (scores == 0).all()
    assert (nothing_yet >= 0).all()


@pytest.mark.parametrize("half_life_days", [0.3, 8.0, 200.0])
def test_walking_the_log_in_steps_equals_adding_up_everything(half_life_days):
    rng = np.random.default_rng(4)
    user = np.sort(rng.integers(0, 60, size=400))
    pairs = list(dict.fromkeys(zip(user.tolist(), rng.integers(0, 12, size=400).tolist(), strict=True)))
    times = rng.integers(0, 300 * DAY_S, size=len(pairs))
    recent = RecentPopularity(RecentPopularityConfig(half_life_days=half_life_days))
    recent.fit(log_of(pairs, 12, times=times), Catalog.of({"item_id": [f"i{row:02d}" for row in range(12)]}))
    for moment in [*rng.integers(0, 300 * DAY_S, size=5).tolist(), int(times.max()), int(times[7])]:
        past = times <= moment
        added = 0.5 ** ((moment - times[past]) / (half_life_days * DAY_S)) + 1e-6
        expected = np.bincount(np.array([item for _, item in pairs])[past], weights=added, minlength=12)
        assert recent._scores([moment])[0] == pytest.approx(expected, rel=1e-5, abs=1e-12)


def test_a_persons_return_is_no_news():
    again = log_of([(0, 0), (0, 0), (0, 0), (1, 1), (2, 1)], 4, times=[DAY_S * day for day in (0, 9, 10, 4, 4)])
    recent = RecentPopularity(RecentPopularityConfig(half_life_days=5))
    recent.fit(again, CATALOG)
    assert recent.recommend_many([history()], 2, exclude_seen=True)[0].tolist() == [[1, 0]]


def test_without_time_the_end_of_each_history_is_what_is_new():
    recent = RecentPopularity(RecentPopularityConfig(half_life_places=0.5))
    recent.fit(log_of([(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 2)], 4), CATALOG)
    ids, scores = recent.recommend_events([History.of_items([3])], 3, exclude_seen=True)
    assert ids.tolist() == [[1, 2, 0]]
    assert scores[0].tolist() == pytest.approx([2, 1, 3 / 4])
    assert {variant.config.half_life_places for variant in recent.variants()} > {0.5, 50}
    assert {variant.config.half_life_days for variant in fitted().variants()} > {1.0, 365.0}


def test_without_time_or_order_it_cannot_run():
    with pytest.raises(CannotRun, match="neither time nor order"):
        RecentPopularity().fit(log_of([(0, 0)], 4, ordered=False), CATALOG)
