"""What may be shown at all: stock, what was seen, and what the query asks for; each filter says what it dropped.

A filter is asked about rows. Only where a query demands something of the items is the whole catalogue looked through,
and then by masks that are worked out once a value.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.catalog import SEPARATOR, Catalog
from .taste import Taste

KEPT_MASKS = 256
"""Masks of categories and attribute values that are kept, the least used going first."""
Rows = NDArray[np.int32] | slice
Passes = Callable[[Rows], NDArray[np.bool_]]
"""Whether each of these rows meets a demand."""
EVERY = slice(None)


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
class Allowed:
    """What may be shown to one person under the demands of one query."""

    filters: tuple[tuple[str, Passes], ...]
    """Name and test of each, in the order in which they drop."""
    demanding: bool
    """Whether the query demands anything of the items: then a large part of the catalogue may fail."""

    def of(self, rows: Rows) -> NDArray[np.bool_]:
        """Return which of these rows may be shown."""
        kept = self.filters[0][1](rows)
        for _, passes in self.filters[1:]:
            kept = kept & passes(rows)
        return kept

    @cached_property
    def mask_I(self) -> NDArray[np.bool_]:  # noqa: N802
        """All that may be shown [I]."""
        return self.of(EVERY)

    @cached_property
    def rows(self) -> NDArray[np.int32]:
        """All that may be shown, in row order."""
        return np.flatnonzero(self.mask_I).astype(np.int32)

    def dropped(self, rows: NDArray[np.int32]) -> dict[str, int]:
        """Return how many of these rows each filter drops, the first that does counting; none is left out."""
        counts: dict[str, int] = {}
        kept = np.ones(len(rows), dtype=np.bool_)
        for name, passes in self.filters:
            passed = passes(rows)
            counts[name] = counts.get(name, 0) + int((kept & ~passed).sum())  # two bounds on a price have one name
            kept &= passed
        return {name: n for name, n in counts.items() if n}


class Screen:
    """The filters over one catalogue."""

    def __init__(self, catalog: Catalog, *, exclude_seen: bool) -> None:
        self._catalog = catalog
        self._exclude_seen = exclude_seen
        self._masks: OrderedDict[tuple[str, ...], NDArray[np.bool_]] = OrderedDict()

    def allowed(self, taste: Taste, filters: Filters | None = None) -> Allowed:
        """Return what may be shown to this person under these demands."""
        found: list[tuple[str, Passes]] = [
            ("withdrawn", self._mask(self._is_not("withdrawn"))),
            ("out_of_stock", self._mask(self._is_not("out_of_stock"))),
        ]
        if self._exclude_seen:
            found.append(("seen", self._without(taste.seen)))
        demands = self._demands(filters) if filters is not None else []
        found += demands
        if filters is not None and filters.without:
            found.append(("without", self._without(filters.without)))
        return Allowed(tuple(found), bool(demands))

    def _demands(self, filters: Filters) -> list[tuple[str, Passes]]:
        """Return name and test of each demand on the items."""
        found: list[tuple[str, Passes]] = []
        if filters.categories:
            found.append(("category", self._mask(self._any([self._category(path) for path in filters.categories]))))
        for name, values in filters.attributes.items():
            found.append((name, self._mask(self._any([self._attribute(name, value) for value in values]))))
        low, high = filters.min_price, filters.max_price
        if low is not None:
            found.append(("price", lambda rows: self._price[rows] >= low))
        if high is not None:
            found.append(("price", lambda rows: self._price[rows] <= high))
        return found

    @staticmethod
    def _mask(mask_I: NDArray[np.bool_]) -> Passes:
        return lambda rows: mask_I[rows]

    def _any(self, masks: list[NDArray[np.bool_]]) -> NDArray[np.bool_]:
        """Return the rows of any mask; a single one is not copied."""
        return masks[0] if len(masks) == 1 else np.any([np.zeros(len(self._catalog), dtype=np.bool_), *masks], axis=0)

    def _without(self, excluded: frozenset[int]) -> Passes:
        """Return the test for being none of these rows, of which there are few."""
        n = len(self._catalog)
        out = np.array(sorted(row for row in excluded if 0 <= row < n), dtype=np.int32)

        def passes(rows: Rows) -> NDArray[np.bool_]:
            if isinstance(rows, slice):
                mask = np.ones(n, dtype=np.bool_)
                mask[out] = False
                return mask[rows]
            if not len(out):
                return np.ones(len(rows), dtype=np.bool_)
            return np.asarray(out[np.minimum(np.searchsorted(out, rows), len(out) - 1)] != rows)

        return passes

    def _category(self, path: str) -> NDArray[np.bool_]:
        def work_out() -> NDArray[np.bool_]:
            below = [other == path or other.startswith(path + SEPARATOR) for other in self._catalog.categories]
            return np.array(below)[self._catalog.category_I]

        return self._kept(("below", path), work_out)

    def _attribute(self, name: str, value: str) -> NDArray[np.bool_]:
        wanted = value.casefold()

        def work_out() -> NDArray[np.bool_]:
            rows = range(len(self._catalog))
            return np.array([_has(self._catalog.field(row, name), wanted) for row in rows], dtype=np.bool_)

        return self._kept(("attribute", name, wanted), work_out)

    def _kept(self, key: tuple[str, ...], work_out: Callable[[], NDArray[np.bool_]]) -> NDArray[np.bool_]:
        mask = self._masks.pop(key, None)
        self._masks[key] = mask = work_out() if mask is None else mask
        while len(self._masks) > KEPT_MASKS:
            self._masks.popitem(last=False)
        return mask

    def _is_not(self, status: str) -> NDArray[np.bool_]:
        return self._kept(("status", status), lambda: (self._catalog.frame["status"] != status).to_numpy())

    @cached_property
    def _price(self) -> NDArray[np.float64]:
        return self._catalog.frame["price"].fill_null(float("nan")).to_numpy()


def _has(field_: Any, value: str) -> bool:
    """Return whether a field is the value, or is a list that holds it."""
    if isinstance(field_, list):
        return any(_has(element, value) for element in field_)
    return field_ is not None and str(field_).casefold() == value
