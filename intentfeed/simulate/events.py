"""Visits → events: which items each visit shows, how far each goes down the funnel, and when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..types import ACTION_CODE
from .picks import shown_items, wanted_items
from .titles import N_QUERIES
from .visits import CAUSES, Groups, Setting, Visits

STEPS = ("search", "impression", "click", "detail_view", "review_read", "favorite", "cart", "purchase")
"""The funnel, in the order in which one visit goes through it."""
FUNNEL = {
    #              search  shown  click  detail|click  review|d  favorite|d  cart|d  buy|cart
    "interest":   (0.36,   0.84,  0.58,  0.44,         0.26,     0.22,       0.27,   0.50),
    "life_event": (0.40,   0.84,  0.60,  0.46,         0.28,     0.18,       0.32,   0.60),
    "gift":       (0.60,   0.85,  0.60,  0.45,         0.25,     0.08,       0.35,   0.65),
    "necessity":  (0.30,   0.80,  0.50,  0.30,         0.08,     0.03,       0.15,   0.60),
    "seasonal":   (0.40,   0.85,  0.55,  0.40,         0.15,     0.06,       0.35,   0.60),
    "trend":      (0.15,   0.90,  0.60,  0.25,         0.20,     0.10,       0.12,   0.35),
    "burst":      (0.35,   0.85,  0.65,  0.50,         0.20,     0.10,       0.40,   0.75),
    "noise":      (0.00,   0.86,  0.47,  0.25,         0.14,     0.08,       0.10,   0.40),
}  # fmt: skip
NECESSITY_BUYS = 0.93
"""Chance that a repurchase goes straight to the cart and is bought."""
GAP_S = 21.0
"""Mean pause between two events of a session."""
REBUYS = 0.2
"""Share of second purchases of one item within one interest that happen."""
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
    happens = _funnel(rng, visits, visit)
    wanted = wanted_items(rng, world, visits, groups, visit)
    happens[_again(visit, wanted)] = False
    fresh = ~world.leaf_rebuy[world.catalogue.leaf[wanted]]
    _forget_rebuys(rng, happens, np.where(fresh, visits.group[visit], -1), wanted)
    ignored = np.asarray(~happens[:, 2:].any(1))
    item = shown_items(rng, world, visits, visit=visit, wanted=wanted, ignored=ignored)
    slot, step = np.nonzero(happens)
    action = np.array([ACTION_CODE[name] for name in STEPS], dtype=np.int8)[step]
    owner = visit[slot]
    search = step == 0
    asked = wanted[slot] * N_QUERIES + _wording(rng, len(slot))
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


def _funnel(rng: np.random.Generator, visits: Visits, visit: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return happens_NS: which of STEPS each slot goes through."""
    chance = np.array([FUNNEL[cause] for cause in CAUSES], dtype=np.float32)[visits.cause[visit]]
    hits = rng.random(chance.shape, dtype=np.float32) < chance
    first = np.concatenate([[True], visit[1:] != visit[:-1]]) if len(visit) else np.zeros(0, bool)
    hits[:, 0] &= first
    hits[:, 3] &= hits[:, 2]
    hits[:, 4:7] &= hits[:, 3:4]
    hits[:, 7] &= hits[:, 6]
    straight = (visits.item[visit] >= 0) & (rng.random(len(visit)) < NECESSITY_BUYS)
    hits[straight, 7] = True
    hits[straight, 6] = rng.random(int(straight.sum())) < 0.6
    empty = first & ~hits.any(1)
    hits[empty, 1] = True
    return np.asarray(hits)


def _forget_rebuys(
    rng: np.random.Generator, happens: NDArray[np.bool_], group: NDArray[np.int64], item: NDArray[np.int64]
) -> None:
    """Take most second purchases of an item by a group out of `happens`: nobody needs the same tent twice."""
    bought = np.flatnonzero(happens[:, 7] & (group >= 0))
    again = bought[_again(group[bought], item[bought])]
    happens[again[rng.random(len(again)) > REBUYS], 6:] = False


def _again(owner: NDArray[np.int64], item: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows whose (owner, item) an earlier row has."""
    order = np.lexsort((item, owner))
    same = (owner[order][1:] == owner[order][:-1]) & (item[order][1:] == item[order][:-1])
    return np.sort(order[1:][same])


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
    """Return when each session begins, in seconds: the morning, the long afternoon, most of all the evening."""
    n, roll = len(half), rng.random(len(half))
    morning = np.clip(rng.normal(9.8, 1.7, n), 5.5, 11.9)
    later = np.where(roll < 0.62, np.clip(rng.normal(20.0, 1.6, n), 16.0, 22.7), rng.uniform(12.0, 18.0, n))
    hour = np.where(half % 2 == 1, later, morning)
    return np.asarray((half // 2) * DAY_S + (hour * 3600).astype(np.int64))
