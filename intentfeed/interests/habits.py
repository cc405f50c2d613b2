"""How people in general use each category: who buys there, how often, with how much looking around.

Everything here is counted once over the log and stays until the next refit; nothing names a category.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..data.store import replacing
from ..types import NO_TIME, Interactions
from .evidence import DAY_S
from .pool import InterestPool
from .signs import PURCHASE, liked

MAX_EVENTS = 2_000_000
"""Events that are counted; of a longer log every second, third … person."""
MIN_RHYTHM = 4
"""Purchase days that a rhythm needs."""
MIN_EVENTS = 20
"""Item events of a person of whom it can be told what they do not come back to."""
DEVOTED_DAYS = 5
"""Days from which a person is devoted to a category."""
PRIOR = 10.0
"""People that the average over all categories counts for in a category of few people."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class CategoryHabits:
    """Figures for each category node, everything below it included, then for each listed interest [C].

    NaN where the log cannot tell. A listed interest that is a category has its figures under the category's node.
    """

    share: Floats
    """Part of all deliberate events, each person counted once."""
    usual: Floats
    """Part of a person's deliberate events that lies there, of the person in the middle of all: 0 for most places."""
    devoted: Floats
    """Part of the people who came on a second day that came on many (DEVOTED_DAYS)."""
    buyers: Floats
    """Part of all buyers who bought there."""
    bought: Floats
    """Purchases in the category over all deliberate events there, of a typical buyer."""
    again: Floats
    """Part of the purchases after a person's first that are of an item bought before."""
    irregular: Floats
    """Standard deviation over mean of the gaps between a buyer's purchases; about 1 for purchases at random."""

    @classmethod
    def fit(cls, log: Interactions, pool: InterestPool) -> CategoryHabits:
        """Return the habits of everybody in the log."""
        keep = liked(log) & (log.user % max(1, -(-len(log) // MAX_EVENTS)) == 0)
        rows, place = _places(np.flatnonzero(keep), log, pool)
        n = len(_names(pool))
        key = log.user[rows].astype(np.int64) * n + place
        order = np.argsort(key, kind="stable")
        rows, key = rows[order], key[order]
        bought = log.action[rows] == PURCHASE
        return cls(
            share=_shares(key, log, rows, n),
            usual=_usual(key, log, n),
            devoted=_per_node(*_devotion(key, _day(log, rows)), n),
            buyers=_buyers(key[bought], n),
            bought=_per_node(*_parts(key, bought), n),
            again=_per_node(*_repeats(key[bought], log.item[rows[bought]]), n),
            irregular=_per_node(*_rhythms(key[bought], log.time_s[rows[bought]]), n),
        )

    def save(self, path: Path, pool: InterestPool) -> None:
        """Write the figures with the path or key that each is about."""
        with replacing(path) as temporary, temporary.open("wb") as handle:
            np.savez(handle, names=np.array(_names(pool)), **{f.name: getattr(self, f.name) for f in fields(self)})

    @classmethod
    def load(cls, path: Path, pool: InterestPool) -> CategoryHabits:
        """Read what `save` wrote, for a pool that may have changed; a new category has no figures yet."""
        with np.load(path) as saved:
            row_of = {name: row for row, name in enumerate(saved["names"].tolist())}
            rows = np.array([row_of.get(name, -1) for name in _names(pool)])
            known = {f.name: np.where(rows >= 0, saved[f.name][rows], np.nan) for f in fields(cls)}
        return cls(**known)


def _names(pool: InterestPool) -> list[str]:
    """Return what the figures are about: the path of each node, then the key of each listed interest."""
    return [*pool.tree.paths, *(entry.key for entry in pool.entries)]


def _places(rows: Ints, log: Interactions, pool: InterestPool) -> tuple[Ints, Ints]:
    """Return every (row, place) pair: the nodes that the row's item hangs under, its listed facets and clusters."""
    tree = pool.tree
    member = pool.beyond_IE[log.item[rows]]
    found = [(np.repeat(rows, np.diff(member.indptr)), member.indices.astype(np.int64) + len(tree))]
    node = tree.node_I[log.item[rows]].astype(np.int64)
    while (node > 0).any():
        rows, node = rows[node > 0], node[node > 0]
        found.append((rows, node))
        node = tree.parent_C[node].astype(np.int64)
    rows, place = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.argsort(rows, kind="stable")
    return rows[order], place[order]


def _starts(key: Ints) -> Ints:
    """Return where each run of equal keys begins."""
    return np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]])) if len(key) else np.zeros(0, np.int64)


def _per_node(key: Ints, figure: Floats, n_nodes: int) -> Floats:
    """Return the mean of a figure over the people of each node, drawn towards the mean over all of them [C].

    NaN for a node without any; node 0 holds the mean over all.
    """
    if not len(key):
        return np.full(n_nodes, np.nan)
    node = key % n_nodes
    count = np.bincount(node, minlength=n_nodes)
    total = np.bincount(node, figure, minlength=n_nodes)
    drawn: Floats = (total + PRIOR * figure.mean()) / (count + PRIOR)
    drawn[count == 0] = np.nan
    drawn[0] = figure.mean()
    return drawn


def _shares(key: Ints, log: Interactions, rows: Ints, n_nodes: int) -> Floats:
    """Return the mean over people of the part of their events that lies in each node [C]."""
    if not len(key):
        return np.full(n_nodes, np.nan)
    own_U = np.bincount(log.user[np.unique(rows)], minlength=log.n_users)
    share: Floats = np.bincount(key % n_nodes, 1 / own_U[log.user[rows]], minlength=n_nodes) / np.count_nonzero(own_U)
    return share


def _usual(key: Ints, log: Interactions, n_nodes: int) -> Floats:
    """Return the median over people with enough events of the part of their events that lies in each node [C]."""
    own_U = np.bincount(log.user[liked(log)], minlength=log.n_users)
    starts = _starts(key)
    user, node = key[starts] // n_nodes, key[starts] % n_nodes
    part = np.diff([*starts, len(key)]) / own_U[user]
    enough = own_U[user] >= MIN_EVENTS
    node, part = node[enough], part[enough]
    order = np.lexsort((part, node))
    count = np.bincount(node, minlength=n_nodes)
    # Of all people, those without an event come first; the one in the middle is among the others or has nothing.
    n_people = len(np.unique(user[enough]))
    middle = n_people // 2 - (n_people - count)
    first = np.cumsum(count) - count
    held = (middle >= 0) & (count > 0)
    found = np.zeros(n_nodes) if n_people else np.full(n_nodes, np.nan)
    found[held] = part[order][(first + middle)[held]]
    return found


def _day(log: Interactions, rows: Ints) -> Ints:
    """Return the day of each event; each its own where the log has no time."""
    return np.where(log.time_s[rows] == NO_TIME, rows, log.time_s[rows] // DAY_S)


def _devotion(key: Ints, day: Ints) -> tuple[Ints, Floats]:
    """Return whether each (person, node) with a second day has many."""
    new = np.concatenate([[True], (key[1:] != key[:-1]) | (day[1:] != day[:-1])]) if len(key) else np.zeros(0, bool)
    keys, n_days = np.unique(key[new], return_counts=True)
    return keys[n_days >= 2], (n_days[n_days >= 2] >= DEVOTED_DAYS).astype(float)


def _buyers(key: Ints, n_nodes: int) -> Floats:
    """Return the part of all buyers that bought in each node [C]."""
    if not len(key):
        return np.full(n_nodes, np.nan)
    distinct = np.unique(key)
    return np.bincount(distinct % n_nodes, minlength=n_nodes) / len(np.unique(distinct // n_nodes))


def _parts(key: Ints, bought: NDArray[np.bool_]) -> tuple[Ints, Floats]:
    """Return the part of purchases in the events of each (person, node) with a purchase."""
    starts = _starts(key)
    if not len(starts):
        return key, np.zeros(0)
    purchases = np.add.reduceat(bought.astype(float), starts)
    events = np.diff([*starts, len(key)])
    return key[starts][purchases > 0], (purchases / events)[purchases > 0]


def _repeats(key: Ints, item: NDArray[np.int32]) -> tuple[Ints, Floats]:
    """Return the part of purchases after the first that repeat an item, of each (person, node) with two or more."""
    order = np.lexsort((item, key))
    key, item = key[order], item[order]
    starts = _starts(key)
    if not len(starts):
        return key, np.zeros(0)
    repeats = np.concatenate([[False], (key[1:] == key[:-1]) & (item[1:] == item[:-1])]).astype(float)
    count = np.diff([*starts, len(key)])
    total = np.add.reduceat(repeats, starts)
    return key[starts][count > 1], total[count > 1] / (count[count > 1] - 1)


def _rhythms(key: Ints, time_s: Ints) -> tuple[Ints, Floats]:
    """Return how irregular the purchases of each (person, node) with enough purchase days are."""
    dated = time_s != NO_TIME
    key, day = key[dated], time_s[dated] // DAY_S
    new = np.concatenate([[True], (key[1:] != key[:-1]) | (day[1:] != day[:-1])]) if len(key) else np.zeros(0, bool)
    key, day = key[new], day[new]
    gap = np.diff(day).astype(float)
    inside = key[1:] == key[:-1]
    key, gap = key[1:][inside], gap[inside]
    starts = _starts(key)
    if not len(starts):
        return key, np.zeros(0)
    count = np.diff([*starts, len(key)])
    mean = np.add.reduceat(gap, starts) / count
    spread = np.sqrt(np.maximum(np.add.reduceat(gap**2, starts) / count - mean**2, 0))
    enough = count >= MIN_RHYTHM - 1
    return key[starts][enough], (spread / mean)[enough]
