"""The field registry: what can be demanded of the items of a catalogue, found from the catalogue alone (RecBot, 3.3).

    registry = FieldRegistry.of(catalog)
    registry.fields["price"].hard, registry.numbers_I("price"), registry.card(0)

A field that is there for at least 70 % of the items and can be decided by a rule is hard (RecBot, 8).
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import Field as PydanticField

from ..data.catalog import SEPARATOR, Catalog, leaf_name
from ..errors import DataError
from ..types import Settings
from .columns import Column, FieldKind, Words, coded, gather, number_in
from .kinds import ColumnConfig, columns_of
from .normal import key, singular

__all__ = ["Field", "FieldKind", "FieldRegistry", "FieldsConfig"]

_FIELD_WORDS = files(__package__).joinpath("field_words.toml")


class FieldsConfig(Settings):
    """How fields are told apart, and what prompts and pages see of them."""

    columns: ColumnConfig = ColumnConfig()
    """How the kind of a field is told from its values."""
    hard_coverage: float = 0.7
    """Share of the items that must have a field for it to be hard (RecBot, 8)."""
    hard_category: bool = False
    """Whether a category may be a hard demand; in the paper it is a soft one (RecBot, 3.3)."""
    currency: str = ""
    """Unit of the price, such as `EUR`; '' where nobody said: prices are then compared as they are."""
    aliases: dict[str, tuple[str, ...]] = PydanticField(default_factory=dict)
    """Further names by which people call a field, by its name."""
    most_fields: int = 200
    """Fields kept, those with the highest coverage first."""
    card_fields: int = 8
    """Attributes shown of an item, beside title, category, brand and price."""
    card_values: int = 5
    """Entries shown of a list."""
    schema_values: int = 30
    """Values of a field that the schema names, the most frequent ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of the items: what kind of values it has, which, how often."""

    name: str
    kind: FieldKind
    unit: str = ""
    """Of a number, where the values carry one; `year` for years."""
    coverage: float
    """Share of the items that have it."""
    hard: bool
    """A rule can decide it, and enough items have it."""
    values: tuple[str, ...] = ()
    """In the catalogue's own spelling, most frequent first; of a category every path and every prefix of one."""
    counts: tuple[int, ...] = ()
    """Items of each value; of a category with all below it."""
    low: float | None = None
    """Least number, a date as its ordinal day."""
    high: float | None = None
    aliases: tuple[str, ...] = ()
    """Names by which people may call it, its own first, case-folded and with blanks."""


class FieldRegistry:
    """The fields of a catalogue by name, with their values as columns."""

    def __init__(self, fields: Mapping[str, Field], columns: Mapping[str, Column], catalog: Catalog) -> None:
        self.fields: Mapping[str, Field] = MappingProxyType(dict(fields))
        self.columns: Mapping[str, Column] = MappingProxyType(dict(columns))
        self._catalog = catalog
        self._config = FieldsConfig()

    @classmethod
    def of(
        cls, catalog: Catalog, config: FieldsConfig | None = None, *, without: Collection[str] = ()
    ) -> FieldRegistry:
        """Return the fields of a catalogue: what every item has, then its attributes, most common first.

        `without` names attributes that nobody asks for, such as a vector.
        """
        config = config or FieldsConfig()
        columns = _own_columns(catalog, config)
        raw = gather(catalog.attributes)
        taken = set(columns)
        brand_I = _codes(columns.get("brand"), len(catalog))
        for name in sorted(raw.keys() - set(without), key=lambda name: (-len(raw[name].row), name)):
            for inner, column in columns_of(name, raw[name], brand_I, config.columns).items():
                if inner not in taken and len(columns) < config.most_fields:
                    columns[inner] = column
                    taken.add(inner)
        registry = cls(
            {name: _field(name, column, len(catalog), config) for name, column in columns.items()}, columns, catalog
        )
        registry._config = config
        return registry

    @cached_property
    def own_names(self) -> frozenset[str]:
        """The words of which the names of fields are made, in the singular."""
        return frozenset(singular(word) for field in self.fields.values() for word in field.aliases[0].split())

    def field(self, name: str) -> Field | None:
        """Return a field; None where there is none of that name."""
        return self.fields.get(name)

    def column(self, name: str) -> Column:
        """Return the values of a field.

        Raises:
            DataError: there is no such field.
        """
        if name not in self.columns:
            known = ", ".join(list(self.columns)[:12])
            raise DataError(f"the items have no field {name[:60]!r}: choose one of {known}")
        return self.columns[name]

    def numbers_I(self, name: str) -> NDArray[np.float64]:  # noqa: N802
        """Return the numbers of a field [I]: NaN where missing, dates as ordinal days; all NaN for words."""
        number_I = self.column(name).number_I
        return number_I if number_I is not None else np.full(len(self._catalog), np.nan)

    def number(self, name: str, value: str | float) -> float | None:
        """Return the number that a value stands for in a field, a day as its ordinal; None where it is none."""
        return number_in(self.column(name), value)

    def held(self, row: int, name: str) -> tuple[str, ...] | float | None:
        """Return what an item has in a field: its values as the catalogue spells them, a number, or None."""
        column = self.column(name)
        if column.number_I is not None:
            value = float(column.number_I[row])
            return None if np.isnan(value) else value
        if column.text_I is not None:
            return (text,) if (text := column.text_I[row]) else None
        assert column.owner is not None
        assert column.code is not None
        first, last = np.searchsorted(column.owner, np.array([row, row + 1], dtype=column.owner.dtype))
        return tuple(column.spelled[code] for code in column.code[first:last]) or None

    def card(self, row: int) -> dict[str, Any]:
        """Return what prompts and pages show of an item: its title and key fields, as plain JSON."""
        own = ("title", "category", "brand", "price")
        others = [name for name, field in self.fields.items() if name not in own and field.kind != "text"]
        names = [*own, *others]
        shown: dict[str, Any] = {}
        for name in names:
            if len(shown) >= len(own) + self._config.card_fields:
                break
            value = self._shown(row, name) if name in self.fields else None
            if value is not None:
                shown[name] = value
        return shown

    def _shown(self, row: int, name: str) -> Any:
        field, value = self.fields[name], self.held(row, name)
        if value is None or field.kind == "text":
            return value[0] if isinstance(value, tuple) else None
        if isinstance(value, float):
            if field.kind == "date":
                return date.fromordinal(int(value)).isoformat()
            return int(value) if value.is_integer() else value
        return list(value[: self._config.card_values]) if field.kind == "list" else value[0]

    def schema(self) -> dict[str, Any]:
        """Return the fields as plain JSON, for prompts and pages."""
        return {name: self._told(field) for name, field in self.fields.items()}

    def _told(self, field: Field) -> dict[str, Any]:
        told: dict[str, Any] = {"type": field.kind, "coverage": round(field.coverage, 3), "hard": field.hard}
        if field.unit:
            told["unit"] = field.unit
        if field.values:
            told |= {"n_values": len(field.values), "values": list(field.values[: self._config.schema_values])}
        if field.low is not None and field.high is not None:
            ends = [field.low, field.high]
            days = [date.fromordinal(int(end)).isoformat() for end in ends] if field.kind == "date" else ends
            told |= {"low": days[0], "high": days[1]}
        return told


# Columns that every catalogue has


def _own_columns(catalog: Catalog, config: FieldsConfig) -> dict[str, Column]:
    frame = catalog.frame
    found = {"title": Column(kind="text", text_I=frame["title"]), "category": _category(catalog)}
    brands = [(row, brand) for row, brand in enumerate(frame["brand"].to_list()) if brand and not brand.isspace()]
    rows = np.array([row for row, _ in brands], dtype=np.int32)
    found["brand"] = coded(Words.of(rows, [brand for _, brand in brands]), "value")
    price_I = frame["price"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    found["price"] = Column(kind="number", unit=config.currency, number_I=price_I)
    found["description"] = Column(kind="text", text_I=frame["description"])
    return {name: column for name, column in found.items() if _coverage(column, len(catalog)) > 0}


def _codes(column: Column | None, n_items: int) -> NDArray[np.int32]:
    """Return the code of each item's value; -1 where it has none."""
    code_I = np.full(n_items, -1, dtype=np.int32)
    if column is not None and column.owner is not None and column.code is not None:
        code_I[column.owner] = column.code
    return code_I


def _category(catalog: Catalog) -> Column:
    """Return the paths as codes into all paths and their prefixes; `counts` are of a path with all below it."""
    of_path = np.bincount(catalog.category_I, minlength=len(catalog.categories))
    below: Counter[str] = Counter()
    for path, count in zip(catalog.categories, of_path.tolist(), strict=True):
        levels = path.split(SEPARATOR) if path else []
        below.update({SEPARATOR.join(levels[: depth + 1]): count for depth in range(len(levels))})
    spelled = tuple(sorted(below, key=lambda path: (-below[path], path)))
    at = {path: code for code, path in enumerate(spelled)}
    code_of = np.array([at.get(path, -1) for path in catalog.categories], dtype=np.int32)
    code_I = code_of[catalog.category_I]
    owner = np.flatnonzero(code_I >= 0).astype(np.int32)
    return Column(
        kind="category", spelled=spelled, counts=tuple(below[p] for p in spelled), code=code_I[owner], owner=owner
    )


# What is told of a column


def _coverage(column: Column, n_items: int) -> float:
    if not n_items:
        return 0.0
    if column.number_I is not None:
        return 1.0 - float(np.isnan(column.number_I).mean())
    if column.text_I is not None:
        return float((column.text_I != "").sum()) / n_items
    return len(np.unique(column.owner)) / n_items if column.owner is not None else 0.0


def _field(name: str, column: Column, n_items: int, config: FieldsConfig) -> Field:
    coverage = _coverage(column, n_items)
    ruled = column.kind != "text" and (column.kind != "category" or config.hard_category)
    low = high = None
    if column.number_I is not None:
        low, high = float(np.nanmin(column.number_I)), float(np.nanmax(column.number_I))
    return Field(
        name=name,
        kind=column.kind,
        unit=column.unit,
        coverage=coverage,
        hard=ruled and coverage >= config.hard_coverage,
        values=tuple(column.spelled),
        counts=tuple(column.counts),
        low=low,
        high=high,
        aliases=_aliases(name, config.aliases.get(name, ())),
    )


def _aliases(name: str, more: Sequence[str]) -> tuple[str, ...]:
    """Return the names a field goes by: with blanks, in the singular, and whatever the config adds."""
    plain = key(name.replace("_", " ").replace(".", " ").replace("-", " "))
    *before, last = plain.split() or [""]
    own = dict.fromkeys([plain, " ".join([*before, singular(last)])])
    usual = [word for name in own for word in field_words().get(name, ())]
    return tuple(dict.fromkeys([*own, *map(key, more), *usual]))


@cache
def field_words() -> dict[str, list[str]]:
    """Return what people call the fields that catalogues usually have."""
    return {key(name): words for name, words in tomllib.loads(_FIELD_WORDS.read_text("utf-8")).items()}


def leaf_values(field: Field) -> dict[str, tuple[str, ...]]:
    """Return the paths that end in each level name, case-folded, of a category field."""
    found: dict[str, list[str]] = {}
    for path in field.values:
        found.setdefault(key(leaf_name(path)), []).append(path)
    return {name: tuple(paths) for name, paths in found.items()}
