"""Visits that no interest brings about: gifts for others, things that run out, and errands done within days."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .catalogue import popular_items
from .people import NEVER
from .shop import AUDIENCES
from .visits import EVENTS_PER_VISIT, SHARE, Groups, Setting, Visits, choose, draw_slots, runs, visits_about

BURST_DAYS = 25
"""How long a burst lasts at most: less than an interest must."""


def gift_visits(
    rng: np.random.Generator, world: Setting, users: NDArray[np.int64], n_groups: int
) -> tuple[Visits, Groups]:
    """Return gifts for two to four others each, before birthdays and Christmas, and a group for each of the others."""
    people, shelves = world.people, world.shelves
    recipients, _ = runs(rng.integers(2, 5, len(users)))
    giver = users[recipients]
    audience = _strangers(rng, people.allows[giver])
    gifts = shelves.leaf_free & ~world.leaf_consumable
    weight_AL = shelves.leaf_audience.T * gifts * shelves.leaf_appeal + 1e-12
    leaf_R2 = np.stack([choose(rng, weight_AL, audience) for _ in range(2)], axis=1)
    years = int(np.ceil(world.days / 365.25)) + 1
    birthday = rng.uniform(0, 365.25, len(giver))
    one, year = np.divmod(np.arange(len(giver) * years * 2), years * 2)
    christmas = year % 2 == 1
    to_christmas = (359 - world.first_day_of_year) % 365.25
    date = np.where(christmas, to_christmas, birthday[one]) + 365.25 * (year // 2 - 1)
    day = date - rng.uniform(2, 20, len(one))
    expected = people.budget[giver[one]] * SHARE["gift"] / EVENTS_PER_VISIT["gift"] / (6.0 * years)
    happens = (day >= 0) & (day < world.days) & (rng.random(len(one)) < np.minimum(0.75, expected))
    one, day = one[happens], day[happens]
    starts = np.cumsum([0, *[len(words) for words in world.language.gifts.values()]])
    row = np.array([list(world.language.gifts).index(AUDIENCES[a]) for a in audience.tolist()])
    query = starts[row] + (rng.random(len(row)) * (starts[row + 1] - starts[row])).astype(np.int64)
    asks = np.where(rng.random(len(one)) < 0.5, query[one], -1)
    visits = visits_about("gift", giver[one], day, 1 + draw_slots(rng, len(one), 4.0), group=n_groups + one, query=asks)
    n = len(giver)
    groups = Groups(
        style=np.full(n, -1, np.int8),
        tier=rng.normal(0.3, 0.5, n),
        brand=np.full(n, -1, np.int32),
        look=np.full(n, -1, np.int32),
        allows=np.arange(len(AUDIENCES)) == audience[:, None],
        pair_group=np.repeat(np.arange(n), 2),
        pair_leaf=leaf_R2.ravel(),
        pair_weight=np.tile([0.75, 0.25], n),
    )
    return visits, groups


def _strangers(rng: np.random.Generator, allows: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the audience that each gift is for: mostly one that does not suit the giver, sometimes anybody."""
    likely = np.array([0.5 if name == "unisex" else 1.0 for name in AUDIENCES])
    likely[[AUDIENCES.index("dog"), AUDIENCES.index("cat")]] = 0.0
    score = np.log(np.where(likely > 0, likely, 1e-12)) + rng.gumbel(size=allows.shape)
    score[allows & (np.arange(len(AUDIENCES)) > 0)] = -np.inf
    return np.asarray(np.argmax(score, axis=1))


def necessity_visits(rng: np.random.Generator, world: Setting, users: NDArray[np.int64]) -> Visits:
    """Return regular repurchases: two to six consumables a person, more or less true to one product."""
    people, shelves = world.people, world.shelves
    fits = (people.allows[users].astype(np.int8) @ shelves.leaf_audience.T.astype(np.int8) > 0) & world.leaf_consumable
    owner, _ = runs(rng.integers(2, 7, len(users)))
    weight = fits * shelves.leaf_appeal + 1e-12
    leaf = choose(rng, weight, owner)
    budget = people.budget[users[owner]]
    period = rng.uniform(30, 100, len(owner))
    n_mine = np.bincount(owner)[owner]
    affordable = budget * SHARE["necessity"] / EVENTS_PER_VISIT["necessity"] / n_mine
    counts = np.minimum(world.days / period, affordable)
    counts = np.where(counts < 0.5, 0, counts).astype(np.int64)
    which, step = runs(counts)
    day = (step + rng.random(len(counts))[which]) * (world.days / np.maximum(counts[which], 1))
    day = np.clip(day + rng.normal(0, 5, len(which)), 0, world.days - 0.01)
    loyal = rng.random(len(which)) < rng.beta(2.0, 0.8, len(leaf))[which]
    favourite = popular_items(rng, world.catalogue, leaf)
    item = np.where(loyal, favourite[which], popular_items(rng, world.catalogue, leaf[which]))
    return visits_about(
        "necessity", users[owner[which]], day, np.ones(len(which), np.int64), leaf=leaf[which], item=item
    )


def upkeep_visits(rng: np.random.Generator, world: Setting, users: NDArray[np.int64]) -> Visits:
    """Return what a household needs now and then: a tap, a vacuum cleaner, wall paint."""
    leaves = np.flatnonzero(world.leaf_needed)
    if not len(leaves):
        return visits_about("necessity", users[:0], np.zeros(0), users[:0])
    expected = np.minimum(1.5 * world.days / 365, world.people.budget[users] * SHARE["upkeep"] / 5)
    owner, _ = runs(rng.poisson(expected))
    leaf = leaves[rng.integers(len(leaves), size=len(owner))]
    day = rng.uniform(0, world.days - 0.01, len(owner))
    return visits_about("necessity", users[owner], day, draw_slots(rng, len(owner), 2.6), leaf=leaf)


def burst_visits(rng: np.random.Generator, world: Setting, users: NDArray[np.int64], mine: slice) -> Visits:
    """Return errands and whims: many items of one parent within days or a few weeks, then never again.

    A move is one of them.
    """
    people, shelves = world.people, world.shelves
    own = np.zeros((len(users), shelves.n_parents), dtype=bool)
    own[world.interests.user[mine] - users[0], world.interests.parent[mine]] = True
    rich = np.minimum(people.budget[users] / 1200, 1.6)
    owner, place = runs(rng.poisson(1.6 * rich) + (people.since["move"][users] != NEVER) * (rich > 0.3))
    parent = choose(rng, np.where(own, 1e-12, shelves.parent_appeal), owner)
    moving = (place == 0) & (people.since["move"][users[owner]] != NEVER)
    start = np.where(moving, people.since["move"][users[owner]], rng.uniform(0, world.days - 8, len(owner)))
    pace = np.where(rng.random(len(owner)) < 0.5, 1.6, 7.0)
    which, _ = runs(rng.integers(3, 8, len(owner)))
    day = start[which] + np.minimum(rng.exponential(pace[which]), BURST_DAYS)
    leaf = choose(rng, shelves.leaves_by_parent, parent[which])
    day = np.minimum(day, world.days - 0.01)
    return visits_about("burst", users[owner[which]], day, draw_slots(rng, len(which), 2.6), leaf=leaf)
