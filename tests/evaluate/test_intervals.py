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
