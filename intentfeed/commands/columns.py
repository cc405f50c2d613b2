"""The values of one field of all items, as arrays: numbers, codes of a vocabulary, or texts. [ours]"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .days import read_day
from .normal import key
from .units import converted, measure, number

FieldKind = Literal["number", "date", "category", "value", "list", "text"]
"""A number or a day, compared by size; a category path; one or several of a closed vocabulary; free text."""

NOTHING = frozenset({"n/a", "nan", "null", "-", "--", "—"})
"""What stands for a missing value in tables of texts; `none` does not, for things may have none of something."""
LARGEST = 1e100
"""A number beyond it says nothing: whoever wrote it meant no quantity, and arrays cannot hold much more."""
NESTED = 2
"""Levels of objects inside an attribute that become fields of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One field of all items: `number_I` for numbers and days, else codes into `spelled`, else texts."""

    kind: FieldKind
    unit: str = ""
    number_I: NDArray[np.float64] | None = None
    """NaN where missing; a date as its ordinal day."""
    spelled: Sequence[str] = ()
    """Values as the catalogue mostly writes them, most frequent first."""
    counts: Sequence[int] = ()
    """Items that have each value."""
    code: NDArray[np.int32] | None = None
    """Index into `spelled` of every (item, value), items in order."""
    owner: NDArray[np.int32] | None = None
    """The item of each `code`."""
    text_I: pl.Series | None = None
    """Free text; '' where missing."""


@dataclass(frozen=True, slots=True)
class Raw:
    """The values that items have of one attribute, none of them null or empty."""

    row: NDArray[np.int32]
    value: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Words:
    """Texts by the items that have them, each text once, so that whatever is costly is done once for each text."""

    row: NDArray[np.int32]
    code: NDArray[np.int32]
    """Index into `texts` for each `row`."""
    texts: Sequence[str]

    @classmethod
    def of(cls, row: NDArray[np.int32], values: Sequence[str]) -> Words:
        """Return texts as codes, blanks squeezed."""
        at: dict[str, int] = {}
        code = np.fromiter((at.setdefault(value, len(at)) for value in values), np.int32, len(values))
        return cls(row, code, [" ".join(text.split()) for text in at])

    @property
    def counts(self) -> list[int]:
        """How often each text occurs."""
        found: list[int] = np.bincount(self.code, minlength=len(self.texts)).tolist()
        return found

    def dense(self, numbers: Mapping[str, float], n_items: int) -> NDArray[np.float64]:
        """Return the number of each item's text; NaN where there is none."""
        of_text = np.array([numbers.get(text, np.nan) for text in self.texts])
        number_I = np.full(n_items, np.nan)
        number_I[self.row] = of_text[self.code]
        return number_I

    def share(self, known: Collection[str]) -> float:
        """Return the share of the items whose text is known."""
        return sum(n for text, n in zip(self.texts, self.counts, strict=True) if text in known) / len(self.code)


def gather(attributes: Sequence[Mapping[str, Any]]) -> dict[str, Raw]:
    """Return the values of each attribute, what is empty left out; an object's members become attributes."""
    rows: dict[str, list[int]] = {}
    values: dict[str, list[Any]] = {}
    for row, fields in enumerate(attributes):
        for name, value in fields.items():
            if type(value) is dict:
                held = list(_members(name, value, NESTED))
            elif value is None or value in ("", []) or not filled(value):
                continue
            else:
                held = [(name, value)]
            for inner, one in held:
                if inner not in rows:
                    rows[inner], values[inner] = [], []
                rows[inner].append(row)
                values[inner].append(one)
    return {name: Raw(np.array(rows[name], dtype=np.int32), values[name]) for name in rows}


def _members(name: str, value: Mapping[str, Any], depth: int) -> Iterator[tuple[str, Any]]:
    for inner, held in value.items():
        if isinstance(held, dict):
            if depth > 1:
                yield from _members(f"{name}.{inner}", held, depth - 1)
        elif filled(held):
            yield f"{name}.{inner}", held


def filled(value: Any) -> bool:
    """Return whether a value says anything."""
    if isinstance(value, str):
        return not value.isspace() and bool(value) and value.lower() not in NOTHING
    if isinstance(value, int | float):
        return abs(value) <= LARGEST  # of what is no number, too, this is not so
    return value is not None and value != []


def coded(words: Words, kind: FieldKind) -> Column:
    """Return a column of codes, spellings that differ in case or blanks as one value."""
    written = words.counts
    by_use = sorted(range(len(words.texts)), key=lambda code: (-written[code], words.texts[code]))
    spelling: dict[str, str] = {}
    for code in by_use:
        spelling.setdefault(key(words.texts[code]), words.texts[code])
    names = sorted(spelling)
    place = {name: at for at, name in enumerate(names)}
    of_text = np.array([place[key(text)] for text in words.texts], dtype=np.int64)
    pairs = words.row.astype(np.int64) * max(len(names), 1) + of_text[words.code]
    first = np.sort(np.unique(pairs, return_index=True)[1])
    owner, found = np.divmod(pairs[first], max(len(names), 1))
    held_by = np.bincount(found, minlength=len(names))
    order = np.lexsort((np.arange(len(names)), -held_by))
    rank = np.empty(len(names), dtype=np.int32)
    rank[order] = np.arange(len(names), dtype=np.int32)
    return Column(
        kind=kind,
        spelled=tuple(spelling[names[at]] for at in order),
        counts=tuple(held_by[order].tolist()),
        code=rank[found],
        owner=owner.astype(np.int32),
    )


def free(words: Words, n_items: int) -> Column:
    """Return free text; several entries of an item one after the other."""
    held = [""] * n_items
    for row, code in zip(words.row.tolist(), words.code.tolist(), strict=True):
        held[row] = f"{held[row]}; {words.texts[code]}" if held[row] else words.texts[code]
    return Column(kind="text", text_I=pl.Series("text", held, dtype=pl.String))


def number_in(column: Column, value: str | float) -> float | None:
    """Return the number that a value stands for in a column, a day as its ordinal; None where it is none."""
    if not isinstance(value, str):
        return float(value) if math.isfinite(value) else None
    if column.kind == "date":
        day = read_day(value)
        return float(day.toordinal()) if day else None
    plain = number(value)
    if plain is not None:
        return plain
    told = measure(value)
    if told is None:
        return None
    return converted(told[0], given=told[1].name, wanted=column.unit) if column.unit else told[0]
