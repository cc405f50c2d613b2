"""Which items meet a constraint: one mask over the catalogue, vectorised, without a model (RecBot, 5.1).

Every operator means something for every kind of field; what a field has nothing to compare with is met by no item.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..data.catalog import SEPARATOR, Catalog
from .columns import Column, number_in
from .fields import FieldRegistry, leaf_values
from .normal import key, phrases, spaced
from .records import Constraint
from .units import converted

Mask = NDArray[np.bool_]
LENIENT = 0.3
"""Share of the catalogue that may lack a field before its absence counts against an item (RecBot, 5.1)."""
KEPT = 512
"""Masks kept; 100 kB each at 100,000 items."""


class Masks:
    """Answers constraints with masks, the same one with the same array."""

    def __init__(self, registry: FieldRegistry, catalog: Catalog) -> None:
        self._registry = registry
        self._n_items = len(catalog)
        self._kept: dict[Hashable, Mask] = {}
        self._absent: dict[str, Mask] = {}
        self._spaced: dict[str, pl.Series] = {}
        self._numbers: dict[str, NDArray[np.float64]] = {}
        self._code_of: dict[str, dict[str, int]] = {}
        self._leaves: dict[str, dict[str, tuple[str, ...]]] = {}
        self._key_I: dict[str, pl.Series] = {}

    def of(self, constraint: Constraint) -> Mask:
        """Return where an item has what the constraint names [I]; the polarity is not applied, nor is absence excused.

        Raises:
            DataError: the items have no such field.
        """
        asked = (constraint.field, constraint.op, constraint.value, constraint.unit)
        found = self._kept.get(asked)
        if found is None:
            found = self._mask(constraint)
            found.setflags(write=False)
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[asked] = found
        return found

    def missing(self, constraint: Constraint) -> Mask:
        """Return where an item lacks the field [I].

        Raises:
            DataError: the items have no such field.
        """
        name = constraint.field
        if name not in self._absent:
            absent = _absent(self._registry.column(name), self._n_items)
            absent.setflags(write=False)
            self._absent[name] = absent
        return self._absent[name]

    def lenient(self, constraint: Constraint) -> bool:
        """Return whether so many items lack the field that its absence is excused, at a price (RecBot, 5.1)."""
        return bool(self.missing(constraint).mean() > LENIENT) if self._n_items else False

    def _mask(self, constraint: Constraint) -> Mask:
        column = self._registry.column(constraint.field)
        if column.number_I is not None:
            return _compare(column.number_I, constraint, column)
        if column.text_I is not None:
            return self._met_texts(column, constraint)
        assert column.code is not None
        assert column.owner is not None
        met = np.zeros(self._n_items, dtype=np.bool_)
        met[column.owner[self._met_values(column, constraint)[column.code]]] = True
        return met

    # Words

    def _met_values(self, column: Column, constraint: Constraint) -> Mask:
        """Return which of the column's values meet the constraint."""
        name = constraint.field
        if constraint.op == "contains":
            return _contains(self._words(name, pl.Series(column.spelled, dtype=pl.String)), constraint)
        if constraint.op not in ("eq", "in"):
            if name not in self._numbers:
                self._numbers[name] = _sizes(column)
            return _compare(self._numbers[name], constraint, column)
        if name not in self._code_of:
            self._code_of[name] = {key(value): code for code, value in enumerate(column.spelled)}
        code_of = self._code_of[name]
        met = np.zeros(len(column.spelled), dtype=np.bool_)
        for text in map(key, _texts(constraint.value)):
            if column.kind == "category":
                met[self._below(text, code_of, name)] = True
            elif text in code_of:
                met[code_of[text]] = True
        return met

    def _below(self, text: str, code_of: Mapping[str, int], name: str) -> list[int]:
        """Return the codes of a path and of all below it; a bare level stands for all paths that end in it."""
        if name not in self._leaves:
            self._leaves[name] = leaf_values(self._registry.fields[name])
        tops = [text] if text in code_of else [key(path) for path in self._leaves[name].get(text, ())]
        starts = tuple(path + SEPARATOR for path in tops)
        return [code for path, code in code_of.items() if path in tops or path.startswith(starts)]

    def _met_texts(self, column: Column, constraint: Constraint) -> Mask:
        assert column.text_I is not None
        if constraint.op == "contains":
            return _contains(self._words(constraint.field, column.text_I), constraint)
        if constraint.op not in ("eq", "in"):
            return np.zeros(self._n_items, dtype=np.bool_)
        if constraint.field not in self._key_I:
            self._key_I[constraint.field] = pl.Series([key(text) for text in column.text_I.to_list()], dtype=pl.String)
        named = sorted({key(text) for text in _texts(constraint.value)} - {""})
        return self._key_I[constraint.field].is_in(named).to_numpy().copy()

    def _words(self, name: str, texts: pl.Series) -> pl.Series:
        if name not in self._spaced:
            self._spaced[name] = spaced(texts)
        return self._spaced[name]


def _contains(words: pl.Series, constraint: Constraint) -> Mask:
    sought = [phrase for text in _texts(constraint.value) for phrase in phrases(text)]
    if not sought:
        return np.zeros(len(words), dtype=np.bool_)
    return words.str.contains_any(sought).to_numpy().copy()


def _texts(value: object) -> list[str]:
    held = value if isinstance(value, tuple) else (value,)
    return [text if isinstance(text, str) else f"{text:g}" for text in held]


# Numbers


def _compare(numbers: NDArray[np.float64], constraint: Constraint, column: Column) -> Mask:
    """Return where numbers meet the constraint; never where there is none."""
    held = constraint.value if isinstance(constraint.value, tuple) else (constraint.value,)
    bounds = [_bound(value, constraint.unit, column) for value in held]
    known = [bound for bound in bounds if bound is not None]
    if not known or (constraint.op not in ("eq", "in", "contains") and len(known) < len(held)):
        return np.zeros(len(numbers), dtype=np.bool_)
    least, most = min(known), max(known)
    match constraint.op:
        case "lt":
            return numbers < least
        case "le":
            return numbers <= most
        case "gt":
            return numbers > most
        case "ge":
            return numbers >= least
        case "between":
            return (numbers >= least) & (numbers <= most)
        case _:
            return np.isin(numbers, known)


def _sizes(column: Column) -> NDArray[np.float64]:
    """Return the number that each value of a column is; NaN for words."""
    found = [number_in(column, value) for value in column.spelled]
    return np.array([np.nan if value is None else value for value in found], dtype=np.float64)


def _bound(value: str | float, unit: str, column: Column) -> float | None:
    """Return a number of a constraint in the unit of the column; None where it is none."""
    found = number_in(column, value)
    if found is None:
        return None
    if unit and column.unit and unit != column.unit:
        turned = converted(found, given=unit, wanted=column.unit)
        return found if turned is None else turned
    return found


def _absent(column: Column, n_items: int) -> Mask:
    if column.number_I is not None:
        return np.isnan(column.number_I)
    if column.text_I is not None:
        return (column.text_I == "").to_numpy().copy()
    absent = np.ones(n_items, dtype=np.bool_)
    if column.owner is not None:
        absent[column.owner] = False
    return absent
