"""What the catalogue itself says of a demand: which items are known to meet what it names, and by which field [ours].

A vector says what is alike; a field says what is. Where the words of a preference are a value of a field, or stand in
titles, that decides, and likeness only orders the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from ..data.catalog import SEPARATOR, Catalog, leaf_name
from .fields import Field, FieldRegistry
from .masks import Masks
from .normal import key
from .records import Constraint, Demand, Memory, Preference

KEPT_MASKS = 256
CLOSED = ("category", "value", "list")
"""Kinds of fields whose values are a vocabulary."""
SAME = 0.95
"""Two fields mean the same thing by a value where this share of the items that have it in one have it in the other."""
LONGEST_SHOWN = 80
"""Characters of a field that is shown as evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """Whether one item meets one demand, and what of the item says so."""

    demand_id: str
    holds: bool
    """Of something unwanted: whether the item is free of it."""
    field: str
    """'' where the item's whole text was read and says nothing of it."""
    value: str
    """What the item has there; '' where nothing."""


class Witness:
    """The catalogue as a witness."""

    def __init__(self, catalog: Catalog, registry: FieldRegistry, masks: Masks) -> None:
        self.catalog = catalog
        self.registry = registry
        self.masks = masks
        self._named = _values(registry)
        self._texts = [name for name, field in registry.fields.items() if field.kind == "text"]
        self._kept: dict[tuple[str, str], tuple[NDArray[np.bool_] | None]] = {}  # many threads ask at once
        self._found: dict[tuple[str, str], tuple[Constraint, ...]] = {}

    def held_I(self, demand: Demand) -> NDArray[np.bool_] | None:  # noqa: N802
        """Return which items are what a demand names, wanted or not [I]; None where the catalogue cannot tell."""
        if isinstance(demand, Constraint):
            return self.masks.of(demand)
        at = (demand.facet, key(demand.text))
        kept = self._kept.get(at)
        if kept is None:
            if len(self._kept) >= KEPT_MASKS:
                self._kept = {}
            kept = self._kept[at] = (self._held(demand),)
        return kept[0]

    def of(self, demand: Demand, row: int) -> Met | None:
        """Return whether an item meets a demand; None where the catalogue cannot tell."""
        held_I = self.held_I(demand)
        if held_I is None:
            return None
        held = bool(held_I[row])
        name = self._telling(demand, row)
        holds = held == (demand.polarity == "positive")
        return Met(demand_id=demand.id, holds=holds, field=name, value=self._value(row, name))

    def of_all(self, memory: Memory, row: int) -> tuple[Met, ...]:
        """Return what the catalogue says of an item and each demand, where it can tell, oldest demand first."""
        return tuple(met for demand in memory.demands if (met := self.of(demand, row)))

    def fields(self, preference: Preference) -> tuple[Constraint, ...]:
        """Return what fields must hold for a preference to be met, any of them; () where it names no value.

        A value that its own field says of an item in short, as a first genre does, may be said in full by another one.
        """
        at = (preference.facet, key(preference.text))
        found = self._found.get(at)
        if found is None:
            if len(self._found) >= KEPT_MASKS:
                self._found = {}
            found = self._found[at] = self._fields(preference)
        return found

    def _fields(self, preference: Preference) -> tuple[Constraint, ...]:
        found = [self._constraint(*at) for at in self._named.get(key(preference.text), ())]
        if preference.facet not in self.registry.fields:
            return tuple(found)
        own = [one for one in found if one.field == preference.facet]
        return (*own, *(one for one in found for mine in own if one is not mine and self._fuller(one, mine)))

    def _fuller(self, one: Constraint, mine: Constraint) -> bool:
        """Return whether nearly all that is called a thing in one field is called so in another, and more is."""
        named_I, other_I = self.masks.of(mine), self.masks.of(one)
        n, both, other = (int(np.count_nonzero(mask_I)) for mask_I in (named_I, named_I & other_I, other_I))
        return n > 0 and both >= SAME * n and other > n

    def silent_I(self, preference: Preference) -> NDArray[np.bool_]:  # noqa: N802
        """Return which items lack every field that could decide a preference [I]; all of them where none could."""
        missing = [self.masks.missing(constraint) for constraint in self.fields(preference)]
        return np.asarray(np.all([np.ones(len(self.catalog), dtype=np.bool_), *missing], axis=0), dtype=np.bool_)

    def _held(self, preference: Preference) -> NDArray[np.bool_] | None:
        """Return the items whose field holds the value; of those without the field, those whose text says it."""
        constraints = self.fields(preference)
        said_I = self._said(preference)
        if not constraints:
            return said_I
        held_I = np.any([self.masks.of(constraint) for constraint in constraints], axis=0)
        if said_I is not None:
            held_I |= said_I & self.silent_I(preference)
        return np.asarray(held_I, dtype=np.bool_)

    def _said(self, preference: Preference) -> NDArray[np.bool_] | None:
        """Return the items whose own text has the words in a row; None where none has."""
        said = [self.masks.of(self._says(name, preference)) for name in self._texts]
        return np.any(said, axis=0) if said and np.any(said) else None

    def _value(self, row: int, name: str) -> str:
        """Return what an item has in a field as a person reads it."""
        if not name:
            return ""
        value, field = self.registry.held(row, name), self.registry.fields[name]
        if isinstance(value, float):
            return date.fromordinal(int(value)).isoformat() if field.kind == "date" else f"{value:g}"
        return ", ".join(value or ())[:LONGEST_SHOWN]

    @staticmethod
    def _constraint(name: str, values: tuple[str, ...]) -> Constraint:
        return Constraint(polarity="positive", field=name, op="in", value=values, quote="")

    @staticmethod
    def _says(name: str, preference: Preference) -> Constraint:
        return Constraint(polarity="positive", field=name, op="contains", value=preference.text, quote="")

    def _telling(self, demand: Demand, row: int) -> str:
        """Return the field of an item that decides a demand; '' where none of its texts speaks of it."""
        if isinstance(demand, Constraint):
            return demand.field
        constraints = self.fields(demand)
        telling = [one.field for one in constraints if self.masks.of(one)[row]]
        if telling or (constraints and not self.masks.missing(constraints[0])[row]):
            return telling[0] if telling else constraints[0].field
        return next((name for name in self._texts if self.masks.of(self._says(name, demand))[row]), "")


def _values(registry: FieldRegistry) -> dict[str, tuple[tuple[str, tuple[str, ...]], ...]]:
    """Return, by a value's comparable form, the fields that have it and how each spells it; a category also by its
    last level, wherever that stands."""
    found: dict[str, dict[str, list[str]]] = {}
    for name, field in registry.fields.items():
        for value in field.values if field.kind in CLOSED else ():
            for text in _forms(field, value):
                found.setdefault(key(text), {}).setdefault(name, []).append(value)
    return {text: tuple((name, tuple(values)) for name, values in of.items()) for text, of in found.items()}


def _forms(field: Field, value: str) -> set[str]:
    return {value, leaf_name(value)} if field.kind == "category" and SEPARATOR in value else {value}
