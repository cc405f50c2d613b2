"""What may be shown at all: stock, what was seen, and what the query asks for; each filter says what it dropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.catalog import SEPARATOR, Catalog
from .taste import Taste


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a query demands of every item."""

    categories: tuple[str, ...] = ()
    """Paths; an item lies in one of them or below. Empty means anywhere."""
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By name of a field or attribute: one of these values, in any case; in a list any element may match."""
    min_price: float | None = None
    """Items without a price fail a bound."""
    max_price: float | None = None
    without: frozenset[int] = frozenset()
    """Rows that must not come."""


@dataclass(frozen=True)
class Screened:
    """What every filter lets pass, and what each dropped; an item is counted by the first filter that drops it."""

    kept_I: NDArray[np.bool_]
    dropped: Mapping[str, NDArray[np.bool_]]

    def count(self, would_show_I: NDArray[np.bool_]) -> dict[str, int]:
        """Return how many of these items each filter dropped; filters that dropped none are left out."""
        counts = {name: int((rows & would_show_I).sum()) for name, rows in self.dropped.items()}
        return {name: n for name, n in counts.items() if n}


class Screen:
    """The filters over one catalogue; masks of a category or attribute are worked out once."""

    def __init__(self, catalog: Catalog, *, exclude_seen: bool) -> None:
        self._catalog = catalog
        self._exclude_seen = exclude_seen
        self._masks: dict[tuple[str, ...], NDArray[np.bool_]] = {}

    def allowed(self, taste: Taste) -> NDArray[np.bool_]:
        """Return what a query without demands may show [I]."""
        allowed = self._catalog.available_I.copy()
        if self._exclude_seen:
            allowed[[row for row in taste.seen if row < len(allowed)]] = False
        return allowed

    def screen(self, taste: Taste, filters: Filters) -> Screened:
        """Return what may be shown to this person under these demands, and what each filter dropped."""
        kept = np.ones(len(self._catalog), dtype=np.bool_)
        dropped: dict[str, NDArray[np.bool_]] = {}
        for name, passes in self._filters(taste, filters):
            dropped[name] = dropped.get(name, False) | (kept & ~passes)  # two bounds on a price have one name
            kept = kept & passes
        return Screened(kept, dropped)

    def _filters(self, taste: Taste, filters: Filters) -> list[tuple[str, NDArray[np.bool_]]]:
        """Return name and mask of each filter that applies."""
        found = [(status, self._status != status) for status in ("withdrawn", "out_of_stock")]
        if self._exclude_seen:
            found.append(("seen", self._without(taste.seen)))
        if filters.categories:
            found.append(("category", np.any([self._category(path) for path in filters.categories], axis=0)))
        for name, values in filters.attributes.items():
            found.append((name, np.any([self._attribute(name, value) for value in values], axis=0)))
        if filters.min_price is not None:
            found.append(("price", self._price >= filters.min_price))
        if filters.max_price is not None:
            found.append(("price", self._price <= filters.max_price))
        if filters.without:
            found.append(("without", self._without(filters.without)))
        return found

    def _without(self, rows: frozenset[int]) -> NDArray[np.bool_]:
        mask = np.ones(len(self._catalog), dtype=np.bool_)
        mask[[row for row in rows if 0 <= row < len(mask)]] = False
        return mask

    def _category(self, path: str) -> NDArray[np.bool_]:
        key = ("category", path)
        if key not in self._masks:
            below = [other == path or other.startswith(path + SEPARATOR) for other in self._catalog.categories]
            self._masks[key] = np.array(below)[self._catalog.category_I]
        return self._masks[key]

    def _attribute(self, name: str, value: str) -> NDArray[np.bool_]:
        key = (name, value.casefold())
        if key not in self._masks:
            rows = range(len(self._catalog))
            self._masks[key] = np.array([_has(self._catalog.field(row, name), key[1]) for row in rows], dtype=np.bool_)
        return self._masks[key]

    @cached_property
    def _price(self) -> NDArray[np.float64]:
        return self._catalog.frame["price"].fill_null(float("nan")).to_numpy()

    @cached_property
    def _status(self) -> NDArray[Any]:
        return self._catalog.frame["status"].to_numpy()


def _has(field_: Any, value: str) -> bool:
    """Return whether a field is the value, or is a list that holds it."""
    if isinstance(field_, list):
        return any(_has(element, value) for element in field_)
    return field_ is not None and str(field_).casefold() == value
