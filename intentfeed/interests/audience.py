"""Whom items are for, learnt from who comes back to them: what a gift that does not fit the person gives away.

The log and the people's attributes are all that is known; no list of words or of attribute names is.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ..data.catalog import Catalog
from ..data.store import replacing
from ..types import NO_TIME, Interactions
from .evidence import DAY_S
from .facets import FacetTable
from .queries import words
from .signs import liked
from .tree import CategoryTree

MAX_EVENTS = 500_000
"""Events that are looked at; of a longer log every second, third … person."""
MAX_VALUES = 30
"""Values of an attribute; one with more, such as a postcode, says nothing about an audience."""
BINS = 5
"""Equal parts of the people into which a number, such as an age, is cut."""
PRIOR = 5.0
"""People of the usual mix that are added to every audience."""
MIN_PEOPLE = 20
"""People who must have come back to items with a feature before it has an audience."""
GIFT_DAYS = 3
"""Days on which one may choose such items for others; only further ones count."""
MOST_DAYS = 10
"""Days beyond that at which a person counts in full."""
SURE = 3.0
"""Standard deviations below the usual mix at which a value is missing from an audience by more than chance."""


@dataclass(frozen=True)
class People:
    """How an attribute of a person becomes one of a few values."""

    values: list[tuple[str, str]]
    """(attribute, value); a bin of a number is written '18 to 27'."""
    share_V: NDArray[np.float64]
    """Part of the people with each value [V]."""
    edges: Mapping[str, list[float]]
    """Inner edges of each attribute that is a number."""

    @classmethod
    def fit(cls, people: Sequence[Mapping[str, str]]) -> People:
        """Return the values that enough people share."""
        edges, count = {}, Counter[tuple[str, str]]()
        names = sorted({name for person in people for name in person})
        for name in names:
            held = [str(person[name]) for person in people if name in person]
            numbers = [_number(text) for text in held]
            if len(set(held)) > 2 * BINS and None not in numbers:
                cuts = np.quantile([n for n in numbers if n is not None], np.arange(1, BINS) / BINS)
                edges[name] = sorted(set(cuts.tolist()))
        for person in people:
            count.update(_valued(person, edges))
        wide = {name for name, n in Counter(name for name, _ in count).items() if n > MAX_VALUES}
        values = sorted(pair for pair, n in count.items() if pair[0] not in wide and n >= MIN_PEOPLE)
        return cls(values, np.array([count[pair] / len(people) for pair in values]), edges)

    def of(self, person: Mapping[str, str]) -> list[int]:
        """Return the numbers of the values that a person has."""
        found = set(_valued(person, self.edges))
        return [number for number, pair in enumerate(self.values) if pair in found]


@dataclass(frozen=True)
class Audience:
    """How much less often than in all people a value is found in those who come back to an item; 1 where it is not."""

    people: People
    features: list[str]
    lift_FV: NDArray[np.float32]
    """Of those who come back to items with feature F, the part with value V, over the part of all people with it."""
    lift_IV: NDArray[np.float32]
    """The lowest lift over the features of each item: its category, its facets, the words of its title."""

    @classmethod
    def fit(
        cls, catalog: Catalog, log: Interactions, tree: CategoryTree, people: Sequence[Mapping[str, str]]
    ) -> Audience:
        """Return the audiences of all items; `people` holds the attributes of each user number of the log."""
        known = People.fit(people)
        if not known.values:
            return cls(known, [], np.ones((0, 0), np.float32), np.ones((len(catalog), 0), np.float32))
        value_UV = np.zeros((log.n_users, len(known.values)), dtype=np.float32)
        for user, person in enumerate(people):
            value_UV[user, known.of(person)] = 1.0
        features, has_IF = _features(catalog, tree)
        back_UF = _came_back(log, has_IF)
        total_F = np.asarray(back_UF.sum(axis=0)).ravel()
        squares_F = np.asarray(back_UF.multiply(back_UF).sum(axis=0)).ravel()
        people_F = total_F**2 / np.maximum(squares_F, 1e-9)  # as many people of equal weight
        heard = np.flatnonzero(people_F >= MIN_PEOPLE)
        n_F = people_F[heard, None]
        share_V = known.share_V[None, :]
        part_FV = (back_UF[:, heard].T @ value_UV) / total_F[heard, None]
        lift_FV = (n_F * part_FV + PRIOR * share_V) / ((n_F + PRIOR) * share_V)
        by_chance = part_FV > share_V - SURE * np.sqrt(share_V * (1 - share_V) / n_F)
        lift_FV = np.where(by_chance, 1.0, lift_FV).astype(np.float32)
        return cls(known, [features[f] for f in heard.tolist()], lift_FV, _lowest(has_IF[:, heard], lift_FV))

    def fit_of(self, items: NDArray[np.int32], person: Mapping[str, str]) -> tuple[float, tuple[str, str] | None]:
        """Return how well items suit a person, and the value of theirs that suits least: 1 is as good as any.

        The suit is the geometric mean over the items, of the attribute that does worst.
        """
        mine = self.people.of(person)
        if not mine or not len(items):
            return 1.0, None
        suit = np.log(self.lift_IV[items][:, mine]).mean(axis=0)
        worst = int(suit.argmin())
        return float(np.exp(suit[worst])), self.people.values[mine[worst]]

    def save(self, path: Path) -> None:
        """Write what was learnt, by name."""
        people = {"values": self.people.values, "share": self.people.share_V.tolist(), "edges": self.people.edges}
        with replacing(path) as temporary, temporary.open("wb") as handle:
            np.savez(handle, people=json.dumps(people), features=np.array(self.features, str), lift=self.lift_FV)

    @classmethod
    def load(cls, path: Path, catalog: Catalog, tree: CategoryTree) -> Audience:
        """Read what `save` wrote and apply it to a catalogue that may have changed."""
        with np.load(path) as saved:
            row, features, lift_FV = json.loads(str(saved["people"])), saved["features"].tolist(), saved["lift"]
        people = People([(name, value) for name, value in row["values"]], np.array(row["share"]), row["edges"])
        if not features:
            return cls(people, [], lift_FV, np.ones((len(catalog), len(people.values)), np.float32))
        names, has_IF = _features(catalog, tree)
        column = {name: number for number, name in enumerate(names)}
        known = [number for number, name in enumerate(features) if name in column]
        return cls(people, features, lift_FV, _lowest(has_IF[:, [column[features[k]] for k in known]], lift_FV[known]))


def _number(text: str) -> float | None:
    """Return the finite number that a text is."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def _valued(person: Mapping[str, str], edges: Mapping[str, list[float]]) -> list[tuple[str, str]]:
    """Return the (attribute, value) pairs of a person, numbers as bins."""
    found = []
    for name, held in person.items():
        number = _number(str(held)) if name in edges else None
        if name not in edges:
            found.append((name, str(held)))
        elif number is not None:
            cuts = edges[name]
            place = int(np.searchsorted(cuts, number, side="right"))
            low = f"{cuts[place - 1]:g}" if place else ""
            high = f"{cuts[place]:g}" if place < len(cuts) else ""
            found.append((name, f"{low} to {high}" if low and high else f"from {low}" if low else f"under {high}"))
    return found


def _features(catalog: Catalog, tree: CategoryTree) -> tuple[list[str], sparse.csr_matrix]:
    """Return the names of all features and has_IF: the categories, facets and title words of each item."""
    table = FacetTable.of(catalog, min_items=2)
    names = [f"facet:{name}={value}" for name, value in table.facets]
    code: dict[str, int] = {}
    rows = []
    lineage = [[f"category:{tree.paths[up]}" for up in tree.lineage(node)] for node in range(len(tree))]
    for title, node in zip(catalog.titles, tree.node_I.tolist(), strict=True):
        found = [*lineage[node], *(f"word:{word}" for word in words(title))]
        rows.append([code.setdefault(name, len(code)) for name in found])
    indptr = np.cumsum([0, *map(len, rows)])
    indices = np.array([number for row in rows for number in row], dtype=np.int32)
    shape = (len(catalog), len(code))
    own = sparse.csr_matrix((np.ones(len(indices), np.float32), indices, indptr), shape=shape)
    return names + list(code), sparse.hstack([table.has_IF, own], format="csr")


def _came_back(log: Interactions, has_IF: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return back_UF: how devoted each person is to items with the feature, by the days beyond what gifts take."""
    rows = np.flatnonzero(liked(log) & (log.user % max(1, -(-len(log) // MAX_EVENTS)) == 0))
    user = log.user[rows]
    day = np.where(log.time_s[rows] == NO_TIME, np.arange(len(rows)), log.time_s[rows] // DAY_S)
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (user[1:] != user[:-1]) | (day[1:] != day[:-1])  # the log is sorted by user, then time
    sitting = np.cumsum(new) - 1
    n_sittings = int(new.sum())
    chosen = sparse.csr_matrix((np.ones(len(rows), np.float32), (sitting, log.item[rows])), (n_sittings, log.n_items))
    has_SF = (chosen @ has_IF).tocsr()
    has_SF.data[:] = 1.0
    ones = np.ones(n_sittings, np.float32)
    back = (sparse.csr_matrix((ones, (user[new], np.arange(n_sittings))), (log.n_users, n_sittings)) @ has_SF).tocsr()
    back.data = np.clip(back.data - GIFT_DAYS, 0, MOST_DAYS).astype(np.float32)
    back.eliminate_zeros()
    return back


def _lowest(has_IF: sparse.csr_matrix, lift_FV: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return, for each item and value, the lowest lift over the item's features, and 1 where it has none."""
    lowest = np.ones((has_IF.shape[0], lift_FV.shape[1]), dtype=np.float32)
    some = np.flatnonzero(np.diff(has_IF.indptr))
    if len(some) and lift_FV.shape[1]:
        lowest[some] = np.minimum.reduceat(lift_FV[has_IF.indices], has_IF.indptr[some], axis=0)
    return lowest
