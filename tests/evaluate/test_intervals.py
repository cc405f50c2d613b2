"""The bootstrap: over users, shared between methods, honest about width."""

import numpy as np
import pytest

from intentfeed.evaluate.intervals import bootstrap, interval, ratio_interval


def test_a_mean_lies_in_its_interval_and_more_users_make_it_narrow():
    rng = np.random.default_rng(0)
    widths = []
    for n in (100, 10_000):
        values = (rng.random(n) < 0.3).astype(float)[:, None]
        low, high = interval(bootstrap(values, [str(u) for u in range(n)], n=500, seed=1)[:, 0])
        assert low <= values.mean() <= high
        widths.append(high - low)
    normal = 2 * 1.96 * np.sqrt(0.3 * 0.7 / 10_000)
    assert widths[1] == pytest.approx(normal, rel=0.15)
    assert widths[0] > 5 * widths[1]


def test_questions_of_one_user_come_and_go_together():
    """Ten copies of each question carry no more information than one."""
    rng = np.random.default_rng(0)
    values = rng.random(200)
    users = [str(u) for u in range(200)]
    once = bootstrap(values[:, None], users, n=300, seed=3)
    copied = bootstrap(np.repeat(values, 10)[:, None], list(np.repeat(users, 10)), n=300, seed=3)
    assert np.allclose(once, copied)


def test_pairs_share_their_draws():
    """A method that is always a tenth better is so in every draw: the paired interval has no width."""
    rng = np.random.default_rng(0)
    values, users = rng.random((300, 1)), [str(u) for u in range(300)]
    worse, better = bootstrap(values, users, n=200, seed=0), bootstrap(1.1 * values, users, n=200, seed=0)
    assert ratio_interval(better[:, 0], worse[:, 0]) == pytest.approx((1.1, 1.1))
    assert ratio_interval(better[:, 0], 0 * worse[:, 0]) is None


def test_the_same_seed_draws_the_same():
    values, users = np.random.default_rng(0).random((150, 2)), [str(u) for u in range(150)]
    assert (bootstrap(values, users, n=130, seed=5) == bootstrap(values, users, n=130, seed=5)).all()
    assert (bootstrap(values, users, n=130, seed=5) != bootstrap(values, users, n=130, seed=6)).any()


def test_a_weighed_mean_is_a_ratio_of_sums_drawn_together():
    """Against a slow twin that draws the same users and sums what they bring."""
    rng = np.random.default_rng(4)
    values, weights = rng.random((60, 2)), rng.random((60, 2)) * (rng.random((60, 2)) < 0.7)
    users = [f"u{n}" for n in rng.integers(0, 25, 60)]
    draws = bootstrap(values, users, n=40, seed=9, weights_PM=weights)
    names = np.unique(users)
    times = np.random.default_rng(9).multinomial(len(names), np.full(len(names), 1 / len(names)), size=40)
    for draw in range(40):
        times_of = dict(zip(names, times[draw], strict=True))
        n_P = np.array([times_of[user] for user in users])[:, None]
        assert draws[draw] == pytest.approx((n_P * weights * values).sum(axis=0) / (n_P * weights).sum(axis=0))


def test_a_draw_without_weight_is_left_out():
    values, weights = np.array([[1.0], [0.0]]), np.array([[1.0], [0.0]])
    draws = bootstrap(values, ["a", "b"], n=50, seed=0, weights_PM=weights)[:, 0]
    assert np.isnan(draws).any()
    assert interval(draws) == (1, 1)
