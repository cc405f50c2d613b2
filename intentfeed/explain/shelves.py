"""What belongs together: categories on one shelf, items of an interest by a level or an attribute [ours]."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from ..data.catalog import SEPARATOR, Catalog, parent
from .facts import values

MAX_SHELF = 0.1
"""Share of the catalogue above which what stands under one parent is a department, and says too little."""
_SMALL_SHELF = 100
"""Items that stand together however small the catalogue is."""


def meanings(field: Any) -> list[str]:
    """Return what an interest may be named for an attribute: each of its texts, or the decade of a year."""
    if isinstance(field, int) and not isinstance(field, bool) and 1800 <= field <= 2100:
        return [f"{field // 10 * 10}s"]
    return values(field)


def belongs(category: str, attributes: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Return what an item is of, in small letters, with the field and value that say so: its levels and attributes."""
    found = {value.casefold(): (name, value) for name, field in attributes.items() for value in meanings(field)}
    found |= {level.casefold(): ("category", level) for level in category.split(SEPARATOR)}
    return {name: proof for name, proof in found.items() if name}


class Shelves:
    """Which categories stand together: under one parent that is no whole department."""

    def __init__(self, departments: frozenset[str]) -> None:
        self._departments = departments

    @classmethod
    def of(cls, catalog: Catalog) -> Shelves:
        """Return the shelves of a catalogue."""
        n: Counter[str] = Counter()
        for path, items in Counter(catalog.frame["category"].to_list()).items():
            above = parent(path)
            while above:
                n[above] += items
                above = parent(above)
        return cls(frozenset(path for path, items in n.items() if items > max(MAX_SHELF * len(catalog), _SMALL_SHELF)))

    def near(self, category: str, others: Collection[str]) -> bool:
        """Return whether a category is one of the others, lies below one, or stands beside one; of none, it is."""
        if not category or not others or category in others:
            return True
        shelf = parent(category)
        if shelf and shelf not in self._departments and shelf in {parent(other) for other in others} | set(others):
            return True
        return any(category.startswith(f"{other}{SEPARATOR}") for other in others)


def facet_rows(catalog: Catalog, names: Collection[str]) -> dict[str, frozenset[int]]:
    """Return the rows of each name, in small letters, that is an attribute's value: those that are of it."""
    attributes = {name for held in catalog.attributes for name in _values_of(held)} & set(names)
    rows: defaultdict[str, set[int]] = defaultdict(set)
    for row, (category, held) in enumerate(zip(catalog.frame["category"].to_list(), catalog.attributes, strict=True)):
        levels = {level.casefold() for level in category.split(SEPARATOR)}
        for name in attributes & (levels | _values_of(held)):
            rows[name].add(row)
    return {name: frozenset(found) for name, found in rows.items()}


def _values_of(attributes: Mapping[str, Any]) -> set[str]:
    return {value.casefold() for field in attributes.values() for value in meanings(field)}
