"""Visits → events: which items each visit shows, how far each goes down the funnel, and when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..types import ACTION_CODE
from .catalogue import Catalogue, popular_items
from .titles import N_QUERIES
from .visits import CAUSES, Groups, Setting, Visits

STEPS = ("search", "impression", "click", "detail_view", "review_read", "favorite", "cart", "purchase")
"""The funnel, in the order in which one visit goes through it."""
FUNNEL = {
    #              search  shown  click  detail|click  review|d  favorite|d  cart|d  buy|cart
    "interest":   (0.36,   0.84,  0.58,  0.44,         0.26,     0.22,       0.27,   0.50),
    "life_event": (0.40,   0.84,  0.60,  0.46,         0.28,     0.18,       0.32,   0.60),
    "gift":       (0.60,   0.85,  0.60,  0.45,         0.25,     0.08,       0.35,   0.65),
    "necessity":  (0.30,   0.80,  0.50,  0.25,         0.05,     0.02,       0.00,   0.00),
    "seasonal":   (0.40,   0.85,  0.55,  0.40,         0.15,     0.06,       0.35,   0.60),
    "trend":      (0.15,   0.90,  0.60,  0.25,         0.20,     0.10,       0.12,   0.35),
    "burst":      (0.35,   0.85,  0.65,  0.50,         0.20,     0.10,       0.40,   0.75),
    "noise":      (0.00,   0.86,  0.47,  0.14,         0.12,     0.07,       0.10,   0.40),
}  # fmt: skip
NECESSITY_BUYS = 0.93
"""Chance that a repurchase goes straight to the cart and is bought."""
GAP_S = 21.0
"""Mean pause between two events of a session."""
REPEATS_KEPT = 0.3
"""Share of second looks at an item within one interest; people explore."""
DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Columns [N], in no order; `query` is an index into the catalogue's queries, beyond them into the gift queries."""

    user: NDArray[np.int64]
    item: NDArray[np.int64]
    action: NDArray[np.int8]
    time_s: NDArray[np.int64]
    """Seconds since the first midnight of the log."""
    session: NDArray[np.int64]
    """Day and half of the day; with the user it names a session."""
    query: NDArray[np.int64]
    cause: NDArray[np.int8]
    interest: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.user)


def events_of(rng: np.random.Generator, world: Setting, visits: Visits, groups: Groups) -> Events:
    """Return the events of all `visits`."""
    visit = np.repeat(np.arange(len(visits)), visits.n_slots)
    item = _items(rng, world, visits, groups, visit)
    happens = _funnel(rng, visits, visit)
    slot, step = np.nonzero(happens)
    action = np.array([ACTION_CODE[name] for name in STEPS], dtype=np.int8)[step]
    owner = visit[slot]
    search = step == 0
    asked = item[slot] * N_QUERIES + _wording(rng, len(slot))
    gift_query = visits.query[owner]
    asked = np.where(gift_query >= 0, len(world.catalogue.queries) + gift_query, asked)
    session, time_s = _times(rng, visits, owner, slot)
    return Events(
        user=visits.user[owner],
        item=np.where(search, -1, item[slot]),
        action=action,
        time_s=time_s,
        session=session,
        query=np.where(search, asked, -1),
        cause=visits.cause[owner],
        interest=visits.interest[owner],
    )


def _wording(rng: np.random.Generator, n: int) -> NDArray[np.int64]:
    """Return which of its N_QUERIES wordings each search takes: the plain ones more often."""
    return (N_QUERIES * rng.random(n) ** 1.4).astype(np.int64)


def _items(
    rng: np.random.Generator, world: Setting, visits: Visits, groups: Groups, visit: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the item of each slot."""
    catalogue = world.catalogue
    sampler = _Sampler(rng, catalogue, groups)
    group, leaf, day = visits.group[visit], visits.leaf[visit].copy(), visits.day[visit]
    idle = (group < 0) & (leaf < 0)
    appeal = np.cumsum(world.shelves.leaf_appeal)
    leaf[idle] = np.searchsorted(appeal, rng.random(int(idle.sum())) * appeal[-1], side="right")
    item: NDArray[np.int64] = np.where(group >= 0, 0, visits.item[visit])
    own, shelf = np.flatnonzero(group >= 0), np.flatnonzero((group < 0) & (item < 0))
    item[own] = sampler.draw(rng, group[own])
    item[shelf] = popular_items(rng, catalogue, leaf[shelf])
    free = visits.item[visit] < 0
    for attempt in range(4):
        early = np.flatnonzero(free & (catalogue.released[item] > day))
        again = _repeats(rng, group, item, day) if attempt < 2 else early[:0]
        for rows in (early, again):
            grouped = rows[group[rows] >= 0]
            item[grouped] = sampler.draw(rng, group[grouped])
            loose = rows[group[rows] < 0]
            item[loose] = popular_items(rng, catalogue, leaf[loose])
    early = np.flatnonzero(catalogue.released[item] > day)
    item[early] = catalogue.leaf_start[catalogue.leaf[item[early]]]
    return item


def _repeats(
    rng: np.random.Generator, group: NDArray[np.int64], item: NDArray[np.int64], day: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return the slots that show an item again to the same group, less those that are kept."""
    own = np.flatnonzero(group >= 0)
    order = own[np.lexsort((day[own], item[own], group[own]))]
    same = (group[order][1:] == group[order][:-1]) & (item[order][1:] == item[order][:-1])
    again = order[1:][same]
    return np.sort(again[rng.random(len(again)) > REPEATS_KEPT])


class _Sampler:
    """Draws items by the taste of a group: popularity, style, price level, brand, look, and whom it is for."""

    def __init__(self, rng: np.random.Generator, catalogue: Catalogue, groups: Groups) -> None:
        lengths = np.diff(catalogue.leaf_start)[groups.pair_leaf]
        pair = np.repeat(np.arange(len(lengths)), lengths)
        offset = np.arange(len(pair)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        self.item = catalogue.leaf_start[groups.pair_leaf][pair] + offset
        group = groups.pair_group[pair]
        log_weight = np.log(catalogue.popularity[self.item] * groups.pair_weight[pair])
        log_weight -= 0.5 * ((catalogue.tier[self.item] - groups.tier[group]) / 0.8) ** 2
        log_weight += 1.2 * (catalogue.style[self.item] == groups.style[group])
        log_weight += 1.3 * (catalogue.brand[self.item] == groups.brand[group])
        log_weight += 0.7 * (catalogue.look[self.item] == groups.look[group])
        log_weight -= 5.0 * ~groups.allows[group, catalogue.audience[self.item]]
        log_weight += rng.normal(0.0, 0.5, len(pair))
        self.total = np.cumsum(np.exp(log_weight))
        n_groups = len(groups.style)
        self.first = np.searchsorted(group, np.arange(n_groups))
        self.last = np.searchsorted(group, np.arange(n_groups), side="right") - 1

    def draw(self, rng: np.random.Generator, group: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return one item for each entry of `group`."""
        first, last = self.first[group], self.last[group]
        low = np.where(first > 0, self.total[np.maximum(first - 1, 0)], 0.0)
        found = np.searchsorted(self.total, low + rng.random(len(group)) * (self.total[last] - low), side="right")
        return np.asarray(self.item[np.clip(found, first, last)])


def _funnel(rng: np.random.Generator, visits: Visits, visit: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return happens_NS: which of STEPS each slot goes through."""
    chance = np.array([FUNNEL[cause] for cause in CAUSES], dtype=np.float32)[visits.cause[visit]]
    hits = rng.random(chance.shape, dtype=np.float32) < chance
    first = np.concatenate([[True], visit[1:] != visit[:-1]]) if len(visit) else np.zeros(0, bool)
    hits[:, 0] &= first
    hits[:, 3] &= hits[:, 2]
    hits[:, 4:7] &= hits[:, 3:4]
    hits[:, 7] &= hits[:, 6]
    straight = (visits.cause[visit] == CAUSES.index("necessity")) & (rng.random(len(visit)) < NECESSITY_BUYS)
    hits[straight, 7] = True
    hits[straight, 6] = rng.random(int(straight.sum())) < 0.6
    empty = first & ~hits.any(1)
    hits[empty, 1] = True
    return np.asarray(hits)


def _times(
    rng: np.random.Generator, visits: Visits, owner: NDArray[np.int64], slot: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (session, time_s) of each event: the visits of one person in one half of a day follow one another."""
    half = np.floor(visits.day * 2).astype(np.int64)
    order = np.lexsort((slot, visits.day[owner], half[owner], visits.user[owner]))
    key = visits.user[owner][order] * 10_000 + half[owner][order]
    gap = np.ceil(rng.exponential(GAP_S, len(order))).astype(np.int64)
    total = np.cumsum(gap)
    begins = np.concatenate([[True], key[1:] != key[:-1]]) if len(key) else np.zeros(0, bool)
    run = np.cumsum(begins) - 1
    start = np.flatnonzero(begins)
    clock = _clock(rng, half[owner][order][start])
    seconds = (total - total[start][run]) + clock[run]
    time_s = np.empty(len(order), np.int64)
    time_s[order] = seconds
    return half[owner], time_s


def _clock(rng: np.random.Generator, half: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return when each session begins, in seconds: before noon about 9:30, after it about 20:00."""
    evening = half % 2 == 1
    hour = np.where(evening, rng.normal(19.6, 1.9, len(half)), rng.normal(9.3, 1.5, len(half)))
    hour = np.clip(hour, np.where(evening, 12.5, 5.5), np.where(evening, 22.5, 11.5))
    return (half // 2) * DAY_S + (hour * 3600).astype(np.int64)
