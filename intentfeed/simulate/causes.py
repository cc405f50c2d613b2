"""Why people come to the shop: all visits of some users, each with its cause, its time and what it is about."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .errands import burst_visits, gift_visits, necessity_visits, upkeep_visits
from .visits import (
    CAUSES,
    EVENTS_PER_VISIT,
    SHARE,
    Groups,
    Setting,
    Visits,
    draw_slots,
    in_season,
    runs,
    visits_about,
    whole,
)

EVENTS_PER_INTEREST = 26.0
"""A person takes up no more interests than the number of their events can show."""
CUSTOMS = 0.5
"""Share of seasonal visits that a person makes to the same three leaves, year after year."""
FOLLOW_UPS = 0.36
"""Share of visits that come within days of the one before: people compare, sleep on it, and come back."""


def visits_of(rng: np.random.Generator, world: Setting, lo: int, hi: int) -> tuple[Visits, Groups]:
    """Return all visits of the users `lo` to `hi`, and the groups they refer to."""
    users = np.arange(lo, hi)
    mine = slice(*np.searchsorted(world.interests.user, (lo, hi)).tolist())
    interest = _interest_visits(rng, world, users, mine)
    gift, gift_groups = gift_visits(rng, world, users, n_groups=mine.stop - mine.start)
    parts = [
        interest,
        gift,
        necessity_visits(rng, world, users),
        upkeep_visits(rng, world, users),
        _seasonal_visits(rng, world, users),
        _trend_visits(rng, world, users),
        burst_visits(rng, world, users, mine),
        _noise_visits(rng, world, users),
    ]
    visits = Visits(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in Visits.__slots__})
    return visits, _groups(world, mine, gift_groups)


def _interest_visits(rng: np.random.Generator, world: Setting, users: NDArray[np.int64], mine: slice) -> Visits:
    """Return visits out of interest: spread over its life, more in season, a good third following up the one before."""
    it, lo = world.interests, users[0]
    user, start = it.user[mine], it.start[mine]
    end = np.minimum(it.end[mine], world.days - 0.01)
    budget = world.people.budget[user]
    weight = it.strength[mine] * ((end - start) / world.days) ** 0.6
    n_live = np.maximum(1, np.minimum(world.people.n_interests[user], budget * SHARE["interest"] / EVENTS_PER_INTEREST))
    live = it.number[mine] < np.floor(n_live)
    weight = np.where(live, weight, 0.0)
    total = np.bincount(user - lo, weights=weight, minlength=len(users))[user - lo]
    n_own = np.bincount(user - lo, weights=live, minlength=len(users))[user - lo]
    visits = budget * SHARE["interest"] / EVENTS_PER_VISIT["interest"]
    floor = np.minimum(4.0, 0.8 * visits / n_own) * live
    counts = whole(rng, floor + np.maximum(visits - floor * n_own, 0) * weight / total)
    owner, place = runs(counts)
    fraction = (place + rng.random(len(owner))) / counts[owner]
    day = in_season(world.intensity, it.season[mine][owner], start[owner], end[owner], fraction)
    follows = (place > 0) & (rng.random(len(owner)) < FOLLOW_UPS)
    before = np.maximum(np.arange(len(owner)) - 1, 0)
    day = np.where(follows, np.minimum(day[before] + rng.exponential(2.0, len(owner)), end[owner]), day)
    cause = np.where(it.kind[mine][owner] == 2, CAUSES.index("life_event"), CAUSES.index("interest")).astype(np.int8)
    return visits_about(
        cause, user[owner], day, draw_slots(rng, len(owner), 3.2), interest=mine.start + owner, group=owner
    )


def _seasonal_visits(rng: np.random.Generator, world: Setting, users: NDArray[np.int64]) -> Visits:
    """Return what people get because it is that time of the year."""
    leaves = np.flatnonzero(world.leaf_seasonal)
    if not len(leaves):
        return visits_about("seasonal", users[:0], np.zeros(0), users[:0])
    expected = np.minimum(
        2.6 * world.days / 365, world.people.budget[users] * SHARE["seasonal"] / EVENTS_PER_VISIT["seasonal"]
    )
    owner, _ = runs(rng.poisson(expected))
    customs = leaves[rng.integers(len(leaves), size=(len(users), 3))]
    custom = customs[owner, rng.integers(3, size=len(owner))]
    leaf = np.where(rng.random(len(owner)) < CUSTOMS, custom, leaves[rng.integers(len(leaves), size=len(owner))])
    edge = np.zeros(len(owner))
    day = in_season(world.intensity, world.leaf_season[leaf], edge, edge + world.days - 0.01, rng.random(len(owner)))
    return visits_about("seasonal", users[owner], day, draw_slots(rng, len(owner), 2.4), leaf=leaf)


def _trend_visits(rng: np.random.Generator, world: Setting, users: NDArray[np.int64]) -> Visits:
    """Return looks at what everybody looks at."""
    if not world.trends:
        return visits_about("trend", users[:0], np.zeros(0), users[:0])
    chance = np.minimum(0.22, world.people.budget[users] / 4000)
    owner, which = np.nonzero(rng.random((len(users), len(world.trends))) < chance[:, None])
    day0 = np.array([trend.day for trend in world.trends])[which]
    length = np.array([trend.length for trend in world.trends])[which]
    leaf = np.array([trend.leaf for trend in world.trends])[which]
    day = np.minimum(day0 + rng.random(len(owner)) * length, world.days - 0.01)
    return visits_about("trend", users[owner], day, draw_slots(rng, len(owner), 2.6), leaf=leaf)


def _noise_visits(rng: np.random.Generator, world: Setting, users: NDArray[np.int64]) -> Visits:
    """Return idle looks at whatever is popular."""
    counts = np.maximum(whole(rng, world.people.budget[users] * SHARE["noise"] / EVENTS_PER_VISIT["noise"]), 1)
    owner, _ = runs(counts)
    return visits_about(
        "noise", users[owner], rng.uniform(0, world.days - 0.01, len(owner)), draw_slots(rng, len(owner), 3.4)
    )


def _groups(world: Setting, mine: slice, gifts: Groups) -> Groups:
    """Return the groups of the interests in `mine`, then those of the gifts."""
    it = world.interests
    pairs = slice(*np.searchsorted(it.pair_interest, (mine.start, mine.stop)).tolist())
    user = it.user[mine]
    own = Groups(
        style=it.style[mine],
        tier=world.people.tier[user],
        brand=it.brand[mine],
        look=it.look[mine],
        allows=world.people.allows[user],
        pair_group=it.pair_interest[pairs] - mine.start,
        pair_leaf=it.pair_leaf[pairs],
        pair_weight=it.pair_weight[pairs],
    )
    shifted = {"pair_group": gifts.pair_group + len(user)}
    return Groups(
        **{
            name: np.concatenate([getattr(own, name), shifted.get(name, getattr(gifts, name))])
            for name in Groups.__slots__
        }
    )
