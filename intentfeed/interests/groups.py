"""Evidence → groups of events that may be one interest each: how narrow or wide an interest is cut [ours]."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..data.catalog import leaf_name
from ..types import Settings
from .affinity import Affinity
from .evidence import Evidence
from .facts import Facts, facts_of
from .pool import InterestPool
from .queries import words
from .wording import in_sentence

Ints = NDArray[np.int64]
Kind = Literal["category", "facet", "cluster", "brand", "query", "item", "extended"]


class GroupConfig(Settings):
    """When events of several categories are one interest, and when one category is cut narrower."""

    affinity: float = 1.25
    """How much more often than by chance siblings draw the same people, to be cut as one interest."""
    few_events: int = 60
    """A person with fewer deliberate events has single ones under the same parent pooled."""
    same_sitting: float = 0.3
    """Part of the days of the rarer of two siblings on which this person was at both, to be cut as one interest."""
    dominance: float = 0.6
    """Part of the merged evidence in one category at and above which that category is the interest."""
    min_days: int = 3
    """Distinct days on which such a category must have been visited."""
    brand_share: float = 0.8
    """Part of a category's item events with one brand that makes it a line of its own."""
    brand_events: int = 6
    """Item events that such a line needs."""
    theme_days: int = 3
    """Distinct days on which a query that no category covers must recur, to be a theme."""
    window_days: int = 21
    """Longest burst."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Events that may be one interest, and what it would be called."""

    key: str
    name: str
    what: str
    """The name as it stands inside a sentence."""
    kind: Kind
    listed: bool
    node: int
    """Category node, or 0."""
    number: int
    """Number in the pool, or -1."""
    habit: int
    """Which row of the habits is about it; 0, where nothing is known, if none is."""
    rows: Ints
    """Rows of the evidence, in time order."""
    facts: Facts
    n_against: int = 0
    """Events that speak against it."""


class Grouper:
    """Cuts the evidence of one person into groups: categories, then what the pool lists beyond them, then the rest."""

    def __init__(self, pool: InterestPool, affinity: Affinity, config: GroupConfig) -> None:
        self.pool, self.tree, self.affinity, self.config = pool, pool.tree, affinity, config
        self.brands = pool.catalog.frame["brand"].to_list()
        beyond = [number for number, entry in enumerate(pool.entries) if entry.facets or entry.items]
        self.beyond_number = np.array(beyond, dtype=np.int64)
        self.beyond_IE = pool.member_IE[:, beyond].tocsr() if beyond else None
        self.by_hand_N = _by_hand(pool)
        self.wide = {pool.tree.node_of[p] for n in beyond for p in pool.entries[n].categories if p in pool.tree.node_of}

    def groups(self, seen: Evidence) -> list[Group]:
        """Return all groups that have an event for them; categories never share an event, the others may."""
        found = [*self._categories(seen), *self._beyond(seen)]
        if seen.alone:
            found += self._themes(seen)
        return self._opposed(seen, found)

    def listed(self, seen: Evidence, number: int, rows: Ints) -> Group:
        """Return the rows, in time order and for it, as a group of one listed interest."""
        return self._opposed(seen, [self._listed(seen, number, rows)])[0]

    def extended(self, seen: Evidence, rows: Ints, key: str, name: str) -> Group:
        """Return the rows as a group that somebody named beyond the pool; it lies in the category of most of them."""
        nodes, count = np.unique(seen.node[rows], return_counts=True)
        top = int(count.argmax())
        node = int(nodes[top]) if count[top] >= self.config.dominance * len(rows) else 0
        return self._opposed(seen, [self._make(seen, rows, key, name, in_sentence(name), "extended", node=node)])[0]

    # Categories

    def _categories(self, seen: Evidence) -> Iterator[Group]:
        """Yield one group for each category, or for the merged siblings of one parent."""
        rows = np.flatnonzero(seen.for_it & (seen.node > 0))
        number = self.by_hand_N[seen.node[rows]]
        for listed, mine in _parts(number[number >= 0], rows[number >= 0]):
            yield self._listed(seen, listed, mine)
        rows = rows[number < 0]
        by_node = dict(_parts(seen.node[rows], rows))
        loose = seen.n_for < self.config.few_events
        families: dict[int, dict[int, Ints]] = {}
        for node in sorted(by_node.keys() - self.wide):
            families.setdefault(int(self.tree.parent_C[node]), {})[node] = by_node[node]
        # Deepest first, so that what is pooled under a parent is there when the parent's turn comes.
        while families:
            parent = max(families, key=lambda node: (self.tree.depth_C[node], -node))
            children = families.pop(parent)
            single = {node: mine for node, mine in children.items() if len(mine) == 1} if loose else {}
            if len(single) < 2 or self.tree.depth_C[parent] < 2:
                single = {}
            for merged in self._merged(
                parent, {n: np.unique(seen.day[m]) for n, m in children.items() if n not in single}
            ):
                yield self._cut(seen, parent, {node: children[node] for node in merged})
            if single:
                yield self._group(seen, self.tree.paths[parent], parent, np.sort(np.concatenate(list(single.values()))))

    def _merged(self, parent: int, days_of: dict[int, Ints]) -> list[list[int]]:
        """Return the children in sets that go together, however indirectly."""
        if parent == 0 or len(days_of) == 1:
            return [[child] for child in days_of]
        sets: list[list[int]] = []
        for child in days_of:
            near = [s for s in sets if any(self._together(child, other, days_of) for other in s)]
            sets = [s for s in sets if s not in near] + [[*(node for s in near for node in s), child]]
        return sets

    def _together(self, one: int, other: int, days_of: dict[int, Ints]) -> bool:
        """Return whether two siblings go together: for people in general, or for this person, in the same sitting."""
        if self.affinity.of(one, other) >= self.config.affinity:
            return True
        smaller = min(len(days_of[one]), len(days_of[other]))
        shared = len(np.intersect1d(days_of[one], days_of[other], assume_unique=True))
        return shared >= self.config.same_sitting * smaller

    def _cut(self, seen: Evidence, parent: int, rows_of: dict[int, Ints]) -> Group:
        """Return the group of merged siblings: the dominant one alone, or all of them under the parent's name."""
        sizes = {node: float(seen.weight[rows].sum()) for node, rows in rows_of.items()}
        top = max(sizes, key=lambda node: (sizes[node], -node))
        returned = len(rows_of) == 1 or len(np.unique(seen.day[rows_of[top]])) >= self.config.min_days
        if returned and sizes[top] >= self.config.dominance * sum(sizes.values()):
            return self._leaf(seen, top, rows_of[top])
        return self._group(seen, self.tree.paths[parent], parent, np.sort(np.concatenate(list(rows_of.values()))))

    def _leaf(self, seen: Evidence, node: int, rows: Ints) -> Group:
        """Return the group of one category, or of the brand line that it nearly all is."""
        path = self.tree.paths[node]
        items = seen.item[rows]
        items = items[items >= 0]
        if len(items) >= self.config.brand_events:
            held = [self.brands[item] for item in items.tolist()]
            brand = max(sorted(set(held)), key=held.count)
            if brand and held.count(brand) >= self.config.brand_share * len(held):
                what = f"{brand} {in_sentence(leaf_name(path))}"
                return self._make(seen, rows, f"category:{path}|brand={brand}", what, what, "brand", node=node)
        return self._group(seen, path, node, rows)

    def _group(self, seen: Evidence, path: str, node: int, rows: Ints) -> Group:
        """Return the group of a category, listed where the pool has it."""
        number = self.pool.number_of_category.get(path, -1)
        name = self.pool.entries[number].name if number >= 0 else leaf_name(path)
        key = self.pool.entries[number].key if number >= 0 else f"category:{path}"
        return self._make(seen, rows, key, name, in_sentence(name), "category", node=node, number=number)

    # Facets, clusters, and what the pool does not hold

    def _beyond(self, seen: Evidence) -> Iterator[Group]:
        """Yield one group for each listed interest that items belong to otherwise than by category."""
        rows = np.flatnonzero(seen.for_it & (seen.item >= 0))
        covered = seen.node[rows] > 0
        if self.beyond_IE is not None and len(rows):
            member = self.beyond_IE[seen.item[rows]]
            of_row = np.repeat(np.arange(len(rows)), np.diff(member.indptr))
            covered[of_row] = True
            for column, mine in _parts(member.indices, rows[of_row]):
                yield self._listed(seen, int(self.beyond_number[column]), mine)
        yield from self._returned(seen, rows[~covered])

    def _listed(self, seen: Evidence, number: int, rows: Ints) -> Group:
        """Return the group of a listed interest that is more than a category."""
        entry = self.pool.entries[number]
        node = self.tree.node_of.get(entry.categories[0], 0) if entry.categories else 0
        what = {
            "category": in_sentence(entry.name),
            "facet": f"items with {entry.name} ({entry.facets[0][0] if entry.facets else ''})",
            "cluster": entry.name[:1].lower() + entry.name[1:],
        }[entry.kind]
        return self._make(seen, rows, entry.key, entry.name, what, entry.kind, node=node, number=number)

    def _returned(self, seen: Evidence, rows: Ints) -> Iterator[Group]:
        """Yield one group for each item that no interest covers and that the person came back to."""
        items, place, count = np.unique(seen.item[rows], return_inverse=True, return_counts=True)
        for number in np.flatnonzero(count >= 3).tolist():
            item = int(items[number])
            item_id = self.pool.catalog.item_ids[item]
            title = self.pool.catalog.titles[item] or item_id
            what = f"items like {title}"
            yield self._make(seen, rows[place == number], f"items:{item_id}", f"Items like {title}", what, "item")

    def _themes(self, seen: Evidence) -> Iterator[Group]:
        """Yield one group for each query that no category covers and that recurs in other words or not."""
        themes: dict[str, list[int]] = {}
        for row, query in seen.alone.items():
            themes.setdefault(" ".join(sorted(words(query))), []).append(row)
        for theme, found in themes.items():
            rows = np.array(found)
            if theme and len(np.unique(seen.day[rows])) >= self.config.theme_days:
                query = " ".join(seen.alone[found[-1]].split())[:60]
                name = query[:1].upper() + query[1:]
                yield self._make(seen, rows, f"query:{theme}", name, f"“{query}”", "query")

    def _make(
        self, seen: Evidence, rows: Ints, key: str, name: str, what: str, kind: Kind, *, node: int = 0, number: int = -1
    ) -> Group:
        """Return the group with its facts."""
        facts = facts_of(seen, rows, window_days=self.config.window_days)
        return Group(
            key=key,
            name=name,
            what=what,
            kind=kind,
            listed=number >= 0,
            node=node,
            number=number,
            habit=len(self.tree) + number if kind in ("facet", "cluster") or node in self.wide else node,
            rows=rows,
            facts=facts,
        )

    def _opposed(self, seen: Evidence, found: list[Group]) -> list[Group]:
        """Return the groups with the number of events that speak against each."""
        against = np.flatnonzero(~seen.for_it & (seen.item >= 0))
        if not len(against):
            return found
        listed = np.bincount(self.pool.member_IE[seen.item[against]].indices, minlength=len(self.pool))
        placed = np.bincount(seen.node[against], minlength=len(self.tree))
        placed[0] = 0
        return [
            replace(group, n_against=int(listed[group.number] if group.listed else placed[group.node]))
            for group in found
        ]


def _by_hand(pool: InterestPool) -> NDArray[np.int32]:
    """Return, for each category node, the first listed interest that spans several categories and this one; or -1."""
    found = np.full(len(pool.tree), -1, dtype=np.int32)
    for number in reversed(range(len(pool.entries))):
        if len(pool.entries[number].categories) > 1:
            found[pool.member_NE[:, [number]].nonzero()[0]] = number
    return found


def _parts(label: NDArray[np.int32], rows: Ints) -> Iterator[tuple[int, Ints]]:
    """Yield each label with its rows, in their order."""
    order = np.argsort(label, kind="stable")
    labels, starts = np.unique(label[order], return_index=True)
    if len(labels):
        yield from zip(labels.tolist(), np.split(rows[order], starts[1:]), strict=True)
