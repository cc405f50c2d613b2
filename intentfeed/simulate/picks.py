"""Which item each slot of a visit is about: the person's taste, popularity, what is on sale, and little repetition."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .catalogue import Catalogue, popular_items
from .visits import Groups, Setting, Visits, choose

SECOND_LOOKS = 0.15
"""Share of second looks at an item within one interest that stay so; people explore."""
REBUY_LOOKS = 0.75
"""The same for what one likes and buys again."""
REDRAWS = 4
SIBLINGS, STRANGERS = 0.45, 0.25
"""Of the slots that nobody clicked, how many showed something else of the same parent, and how many anything at all."""


class _Tastes:
    """Draws items by the taste of a group: popularity, style, price level, brand, look, and whom it is for."""

    def __init__(self, rng: np.random.Generator, catalogue: Catalogue, groups: Groups) -> None:
        lengths = np.diff(catalogue.leaf_start)[groups.pair_leaf]
        pair = np.repeat(np.arange(len(lengths)), lengths)
        offset = np.arange(len(pair)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        self.item = catalogue.leaf_start[groups.pair_leaf][pair] + offset
        group = groups.pair_group[pair]
        log_weight = np.log(groups.pair_weight[pair]) + 0.8 * np.log(catalogue.popularity[self.item])
        log_weight -= 0.5 * ((catalogue.tier[self.item] - groups.tier[group]) / 0.9) ** 2
        log_weight += 1.0 * (catalogue.style[self.item] == groups.style[group])
        log_weight += 1.1 * (catalogue.brand[self.item] == groups.brand[group])
        log_weight += 0.6 * (catalogue.look[self.item] == groups.look[group])
        log_weight -= 5.0 * ~groups.allows[group, catalogue.audience[self.item]]
        log_weight += rng.normal(0.0, 0.4, len(pair))
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


def wanted_items(
    rng: np.random.Generator, world: Setting, visits: Visits, groups: Groups, visit: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the item that each slot would show if the shop knew the visitor; `visit` is the visit of each slot."""
    tastes, catalogue = _Tastes(rng, world.catalogue, groups), world.catalogue
    group, leaf, day = visits.group[visit], visits.leaf[visit].copy(), visits.day[visit]
    idle = (group < 0) & (leaf < 0)
    leaf[idle] = _any_leaf(rng, world, int(idle.sum()))
    fixed = visits.item[visit]
    item = fixed.copy()

    def draw(rows: NDArray[np.int64]) -> None:
        own, loose = rows[group[rows] >= 0], rows[group[rows] < 0]
        item[own] = tastes.draw(rng, group[own])
        item[loose] = popular_items(rng, catalogue, leaf[loose])

    draw(np.flatnonzero(fixed < 0))
    for _ in range(REDRAWS):
        draw(np.flatnonzero((fixed < 0) & (catalogue.released[item] > day)))
        draw(_second_looks(rng, group, item, day, world.leaf_rebuy[catalogue.leaf[item]]))
    early = np.flatnonzero(catalogue.released[item] > day)
    item[early] = catalogue.leaf_start[catalogue.leaf[item[early]]]
    return item


def shown_items(
    rng: np.random.Generator,
    world: Setting,
    visits: Visits,
    *,
    visit: NDArray[np.int64],
    wanted: NDArray[np.int64],
    ignored: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Return what each slot shows: of the slots that the visitor ignores, many show what the visitor did not want."""
    catalogue, shelves = world.catalogue, world.shelves
    roll = rng.random(len(visit))
    ours = ignored & (visits.group[visit] >= 0)
    sibling, stranger = np.flatnonzero(ours & (roll < SIBLINGS)), np.flatnonzero(ours & (roll > 1 - STRANGERS))
    item = wanted.copy()
    leaf = choose(rng, shelves.leaves_by_parent, shelves.leaf_parent[catalogue.leaf[wanted[sibling]]])
    item[sibling] = popular_items(rng, catalogue, leaf)
    item[stranger] = popular_items(rng, catalogue, _any_leaf(rng, world, len(stranger)))
    early = catalogue.released[item] > visits.day[visit]
    return np.where(early, wanted, item)


def _any_leaf(rng: np.random.Generator, world: Setting, n: int) -> NDArray[np.int64]:
    """Return `n` leaves by appeal."""
    return choose(rng, world.shelves.leaf_appeal[None, :], np.zeros(n, np.int64))


def _second_looks(
    rng: np.random.Generator,
    group: NDArray[np.int64],
    item: NDArray[np.int64],
    day: NDArray[np.float64],
    rebuy: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Return the slots that show an item again to the same group, less those that may stay."""
    own = np.flatnonzero(group >= 0)
    order = own[np.lexsort((day[own], item[own], group[own]))]
    same = (group[order][1:] == group[order][:-1]) & (item[order][1:] == item[order][:-1])
    again = order[1:][same]
    stays = np.where(rebuy[again], REBUY_LOOKS, SECOND_LOOKS)
    return np.sort(again[rng.random(len(again)) > stays])
