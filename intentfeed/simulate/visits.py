"""Why people come to the shop: one row a visit, with its cause, its time and what it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .catalogue import Catalogue, popular_items
from .people import NEVER, Interests, People, Shelves
from .seasons import Trend
from .shop import AUDIENCES

CAUSES = ("interest", "life_event", "gift", "necessity", "seasonal", "trend", "burst", "noise")
SHARE_INTEREST, SHARE_NECESSITY, SHARE_GIFT = 0.66, 0.13, 0.07
EVENTS_PER_VISIT = {"interest": 6.1, "gift": 11.0, "necessity": 4.2, "seasonal": 5.0, "noise": 4.6}
EVENTS_PER_INTEREST = 26.0
"""A person takes up no more interests than the number of their events can show."""
GIFT_WORDS = {
    "women": ("mum", "wife", "sister", "her"),
    "men": ("dad", "husband", "brother", "him"),
    "kids": ("6 year old", "nephew", "niece", "8 year old"),
    "baby": ("newborn", "baby shower", "1st birthday"),
    "unisex": ("friend", "colleague", "birthday"),
}
"""Whom a gift is for, in the words of the search box."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """Columns [V]. A visit is about a group (a person's own taste), else about a leaf, else about anything."""

    user: NDArray[np.int64]
    cause: NDArray[np.int8]
    interest: NDArray[np.int64]
    """Row in Interests, or -1."""
    group: NDArray[np.int64]
    leaf: NDArray[np.int64]
    item: NDArray[np.int64]
    """The very item, for necessities; otherwise -1."""
    day: NDArray[np.float64]
    n_slots: NDArray[np.int64]
    query: NDArray[np.int64]
    """A gift query, or -1 for one that fits the first item."""

    def __len__(self) -> int:
        return len(self.user)


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """What a group of visits draws its items from: tastes [G], and (group, leaf) pairs."""

    style: NDArray[np.int8]
    tier: NDArray[np.float64]
    brand: NDArray[np.int32]
    look: NDArray[np.int32]
    allows: NDArray[np.bool_]
    pair_group: NDArray[np.int64]
    pair_leaf: NDArray[np.int64]
    pair_weight: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What all visits of a world share."""

    people: People
    interests: Interests
    shelves: Shelves
    catalogue: Catalogue
    trends: Sequence[Trend]
    intensity: NDArray[np.float64]
    """intensity_SD of the log and the future after it."""
    leaf_season: NDArray[np.int8]
    leaf_seasonal: NDArray[np.bool_]
    """A leaf that people turn to with the season, by no interest of theirs."""
    leaf_consumable: NDArray[np.bool_]
    first_day_of_year: int

    @property
    def days(self) -> int:
        """Days of the log and of the future after it."""
        return int(self.intensity.shape[1])


def visits_of(rng: np.random.Generator, world: Setting, lo: int, hi: int) -> tuple[Visits, Groups]:
    """Return all visits of the users `lo` to `hi`, and the groups they refer to."""
    users = np.arange(lo, hi)
    mine = slice(*np.searchsorted(world.interests.user, (lo, hi)).tolist())
    interest = _interest_visits(rng, world, users, mine)
    gift, gift_groups = _gift_visits(rng, world, users, n_groups=mine.stop - mine.start)
    parts = [
        interest,
        gift,
        _necessity_visits(rng, world, users),
        _seasonal_visits(rng, world, users),
        _trend_visits(rng, world, users),
        _burst_visits(rng, world, users, mine),
        _noise_visits(rng, world, users),
    ]
    visits = Visits(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in Visits.__slots__})
    return visits, _groups(world, mine, gift_groups)


def _visits(
    cause: str | NDArray[np.int8],
    user: NDArray[np.int64],
    day: NDArray[np.float64],
    n_slots: NDArray[np.int64],
    **columns: NDArray[np.int64],
) -> Visits:
    """Return visits, with -1 in the columns that are not given."""
    n = len(user)
    none = np.full(n, -1)
    code = np.full(n, CAUSES.index(cause), dtype=np.int8) if isinstance(cause, str) else cause
    rest = {name: columns.get(name, none) for name in ("interest", "group", "leaf", "item", "query")}
    return Visits(user=user, cause=code, day=day, n_slots=n_slots, **rest)


def _slots(rng: np.random.Generator, n: int, mean: float) -> NDArray[np.int64]:
    """Return how many items each visit shows: geometric, at least 1, at most 14."""
    return np.minimum(rng.geometric(1.0 / mean, n), 14)


def _round(rng: np.random.Generator, expected: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return whole numbers with these expectations."""
    return np.floor(expected + rng.random(len(expected))).astype(np.int64)


def _runs(counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (owner, place) of each element of runs of these lengths."""
    owner = np.repeat(np.arange(len(counts)), counts)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)


def _interest_visits(rng: np.random.Generator, world: Setting, users: NDArray[np.int64], mine: slice) -> Visits:
    """Return visits out of interest: spread over its life, more in season, a good third following up the one before."""
    it, lo = world.interests, users[0]
    user, start = it.user[mine], it.start[mine]
    end = np.minimum(it.end[mine], world.days - 0.01)
    budget = world.people.budget[user]
    weight = it.strength[mine] * ((end - start) / world.days) ** 0.6
    n_live = np.maximum(1, np.minimum(world.people.n_interests[user], budget * SHARE_INTEREST / EVENTS_PER_INTEREST))
    live = it.number[mine] < np.floor(n_live)
    weight = np.where(live, weight, 0.0)
    total = np.bincount(user - lo, weights=weight, minlength=len(users))[user - lo]
    n_own = np.bincount(user - lo, weights=live, minlength=len(users))[user - lo]
    visits = budget * SHARE_INTEREST / EVENTS_PER_VISIT["interest"]
    floor = np.minimum(4.0, 0.8 * visits / n_own) * live
    counts = _round(rng, floor + np.maximum(visits - floor * n_own, 0) * weight / total)
    owner, place = _runs(counts)
    fraction = (place + rng.random(len(owner))) / counts[owner]
    day = _in_season(world.intensity, it.season[mine][owner], start[owner], end[owner], fraction)
    follows = (place > 0) & (rng.random(len(owner)) < 0.36)
    before = np.maximum(np.arange(len(owner)) - 1, 0)
    day = np.where(follows, np.minimum(day[before] + rng.exponential(2.0, len(owner)), end[owner]), day)
    cause = np.where(it.kind[mine][owner] == 2, CAUSES.index("life_event"), CAUSES.index("interest")).astype(np.int8)
    return _visits(cause, user[owner], day, _slots(rng, len(owner), 3.2), interest=mine.start + owner, group=owner)


def _in_season(
    intensity: NDArray[np.float64],
    season: NDArray[np.int8],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    fraction: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the days at which `fraction` of each season's trade between `start` and `end` is done."""
    cumulated = np.concatenate([np.zeros((len(intensity), 1)), np.cumsum(intensity, axis=1)], axis=1)
    axis = np.arange(cumulated.shape[1])
    day = np.empty(len(season))
    for code in range(len(intensity)):
        at = season == code
        lo, hi = np.interp(start[at], axis, cumulated[code]), np.interp(end[at], axis, cumulated[code])
        day[at] = np.interp(lo + fraction[at] * (hi - lo), cumulated[code], axis)
    return day


def _gift_visits(
    rng: np.random.Generator, world: Setting, users: NDArray[np.int64], n_groups: int
) -> tuple[Visits, Groups]:
    """Return gifts for two to four others each, before birthdays and Christmas, and a group for each of the others."""
    people, shelves = world.people, world.shelves
    recipients, _ = _runs(rng.integers(2, 5, len(users)))
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
    expected = people.budget[giver[one]] * SHARE_GIFT / EVENTS_PER_VISIT["gift"] / (6.0 * years)
    happens = (day >= 0) & (day < world.days) & (rng.random(len(one)) < np.minimum(0.75, expected))
    one, day = one[happens], day[happens]
    starts = np.cumsum([0, *[len(words) for words in GIFT_WORDS.values()]])
    row = np.array([list(GIFT_WORDS).index(AUDIENCES[a]) for a in audience.tolist()])
    query = starts[row] + (rng.random(len(row)) * (starts[row + 1] - starts[row])).astype(np.int64)
    asks = np.where(rng.random(len(one)) < 0.5, query[one], -1)
    visits = _visits("gift", giver[one], day, 1 + _slots(rng, len(one), 4.0), group=n_groups + one, query=asks)
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


def choose(rng: np.random.Generator, weight_KL: NDArray[np.float64], row: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return one column for each entry of `row`, drawn by that row's weights."""
    total = np.cumsum(weight_KL, axis=1)
    total /= total[:, -1:]
    flat = (total + np.arange(len(total))[:, None]).ravel()
    found = np.searchsorted(flat, row + rng.random(len(row)) * (1 - 1e-12), side="right")
    return np.asarray(np.minimum(found - row * weight_KL.shape[1], weight_KL.shape[1] - 1))


def _necessity_visits(rng: np.random.Generator, world: Setting, users: NDArray[np.int64]) -> Visits:
    """Return regular repurchases: two to six consumables a person, mostly the very same product."""
    people, shelves = world.people, world.shelves
    fits = (people.allows[users].astype(np.int8) @ shelves.leaf_audience.T.astype(np.int8) > 0) & world.leaf_consumable
    owner, _ = _runs(rng.integers(2, 7, len(users)))
    weight = fits * shelves.leaf_appeal + 1e-12
    leaf = choose(rng, weight, owner)
    budget = people.budget[users[owner]]
    period = rng.uniform(30, 100, len(owner))
    n_mine = np.bincount(owner)[owner]
    affordable = budget * SHARE_NECESSITY / EVENTS_PER_VISIT["necessity"] / n_mine
    counts = np.minimum(world.days / period, affordable)
    counts = np.where(counts < 0.5, 0, counts).astype(np.int64)
    which, step = _runs(counts)
    day = (step + rng.random(len(counts))[which]) * (world.days / np.maximum(counts[which], 1))
    day = np.clip(day + rng.normal(0, 5, len(which)), 0, world.days - 0.01)
    favourite, other = (popular_items(rng, world.catalogue, leaf) for _ in range(2))
    item = np.where(rng.random(len(which)) < 0.85, favourite[which], other[which])
    return _visits("necessity", users[owner[which]], day, np.ones(len(which), np.int64), leaf=leaf[which], item=item)


def _seasonal_visits(rng: np.random.Generator, world: Setting, users: NDArray[np.int64]) -> Visits:
    """Return what people get because it is that time of the year."""
    leaves = np.flatnonzero(world.leaf_seasonal)
    if not len(leaves):
        return _visits("seasonal", users[:0], np.zeros(0), users[:0])
    expected = np.minimum(2.6 * world.days / 365, world.people.budget[users] * 0.04 / EVENTS_PER_VISIT["seasonal"])
    owner, _ = _runs(rng.poisson(expected))
    leaf = leaves[rng.integers(len(leaves), size=len(owner))]
    edge = np.zeros(len(owner))
    day = _in_season(world.intensity, world.leaf_season[leaf], edge, edge + world.days - 0.01, rng.random(len(owner)))
    return _visits("seasonal", users[owner], day, _slots(rng, len(owner), 2.4), leaf=leaf)


def _trend_visits(rng: np.random.Generator, world: Setting, users: NDArray[np.int64]) -> Visits:
    """Return looks at what everybody looks at."""
    if not world.trends:
        return _visits("trend", users[:0], np.zeros(0), users[:0])
    chance = np.minimum(0.22, world.people.budget[users] / 4000)
    owner, which = np.nonzero(rng.random((len(users), len(world.trends))) < chance[:, None])
    day0 = np.array([trend.day for trend in world.trends])[which]
    length = np.array([trend.length for trend in world.trends])[which]
    leaf = np.array([trend.leaf for trend in world.trends])[which]
    day = np.minimum(day0 + rng.random(len(owner)) * length, world.days - 0.01)
    return _visits("trend", users[owner], day, _slots(rng, len(owner), 2.6), leaf=leaf)


def _burst_visits(rng: np.random.Generator, world: Setting, users: NDArray[np.int64], mine: slice) -> Visits:
    """Return errands: many items of one parent within days, then never again; a move is one of them."""
    people, shelves = world.people, world.shelves
    own = np.zeros((len(users), shelves.n_parents), dtype=bool)
    own[world.interests.user[mine] - users[0], world.interests.parent[mine]] = True
    rich = np.minimum(people.budget[users] / 1200, 1.6)
    owner, place = _runs(rng.poisson(0.9 * rich) + (people.since["move"][users] != NEVER) * (rich > 0.3))
    parent = choose(rng, np.where(own, 1e-12, shelves.parent_appeal), owner)
    moving = (place == 0) & (people.since["move"][users[owner]] != NEVER)
    start = np.where(moving, people.since["move"][users[owner]], rng.uniform(0, world.days - 8, len(owner)))
    which, _ = _runs(rng.integers(3, 8, len(owner)))
    day = np.minimum(start[which] + rng.exponential(1.6, len(which)), world.days - 0.01)
    weight_PL = (shelves.leaf_parent == np.arange(shelves.n_parents)[:, None]) * shelves.leaf_appeal
    leaf = choose(rng, weight_PL, parent[which])
    return _visits("burst", users[owner[which]], day, _slots(rng, len(which), 2.6), leaf=leaf)


def _noise_visits(rng: np.random.Generator, world: Setting, users: NDArray[np.int64]) -> Visits:
    """Return idle looks at whatever is popular."""
    share = 1 - SHARE_INTEREST - SHARE_NECESSITY - 0.06
    counts = np.maximum(_round(rng, world.people.budget[users] * share / EVENTS_PER_VISIT["noise"]), 1)
    owner, _ = _runs(counts)
    return _visits("noise", users[owner], rng.uniform(0, world.days - 0.01, len(owner)), _slots(rng, len(owner), 3.4))


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
