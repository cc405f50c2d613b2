"""What can be asked for of an item: those of its fields that a person could name without naming the item [ours].

Whether a field is hard or soft is the field registry's word; whether an item meets a demand is said by its masks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Setting

from ..commands.fields import Field, FieldKind, FieldRegistry
from ..commands.masks import Masks
from ..commands.normal import singular
from ..commands.records import Constraint, Demand, Op, Polarity, Preference, Value
from ..data.catalog import SEPARATOR, Catalog, leaf_name
from ..types import Settings
from .leaks import leaks
from .topics import Topics

OPEN = ("item_id", "title", "description")
"""Fields that name an item, or whose words are free."""
ABOUT = "about"
"""Facet of free words."""
LOOKED_AT = 2_000
"""Items that tell whether two fields say the same; of more, every second, third …"""


class TraitsConfig(Settings):
    """Which values a person may name."""

    least_items: int = Setting(default=5, ge=1)
    """Of a value: one that fewer items have would give the target away."""
    most_share: float = Setting(default=0.6, gt=0, le=1)
    """Of the catalogue: a value that more items have says nothing."""
    per_list: int = Setting(default=3, ge=1)
    """Values of a field that holds several, the first ones."""
    shared: float = Setting(default=0.95, gt=0, le=1)
    """Two fields say the same where this share of the items has the one's value in the other: the fuller is used."""
    same_year: float = Setting(default=0.8, gt=0, le=1)
    """And a date says the same as a year that it lies in, or next to, in this share of the items."""
    topics: int = Setting(default=2, ge=0)
    """Free words of the description, at most."""
    topic_share: float = Setting(default=0.05, gt=0, le=1)
    """Of the catalogue: a word that more items have is no topic."""
    topic_titles: int = Setting(default=3, ge=1)
    """Titles that must have a word for it to be one by which things are told apart."""


@dataclass(frozen=True, slots=True)
class Trait:
    """One field of the target with what it holds: text, or a number (a date as its ordinal day)."""

    field: str
    kind: FieldKind
    hard: bool
    values: tuple[str, ...] = ()
    """Of a category: the path and the paths above it that may be named; else the one value."""
    beside: tuple[str, ...] = ()
    """All that the target holds in the field, whether it may be named or not."""
    number: float = math.nan

    @property
    def key(self) -> str:
        """What is revealed once: the field, and where it holds several values, the value."""
        return f"{self.field}={self.values[0]}" if self.kind == "list" else self.field


class Traits:
    """The askable side of one catalogue; made once, shared by all sessions, changed by none."""

    def __init__(
        self, catalog: Catalog, registry: FieldRegistry, masks: Masks, config: TraitsConfig | None = None
    ) -> None:
        self.catalog, self.registry, self.masks = catalog, registry, masks
        self.config = config or TraitsConfig()
        self._of: dict[int, tuple[Trait, ...]] = {}
        self._counts = {
            name: dict(zip(field.values, field.counts, strict=True)) for name, field in registry.fields.items()
        }

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """The fields that are asked for, by name: of two that say the same, the fuller one."""
        usable = {
            name: field
            for name, field in self.registry.fields.items()
            if field.kind != "text" and name not in OPEN and _sayable(field) and self._varies(field)
        }
        double = {name for name in usable if self.twin(name)}
        return {name: field for name, field in usable.items() if name not in double}

    def twin(self, name: str) -> str:
        """Return the fuller field that says what this one says, as the list of genres does of a first genre; or ''."""
        return self._twins.get(name, "")

    @cached_property
    def _twins(self) -> dict[str, str]:
        fields, found = self.registry.fields, {}
        lists = [name for name, field in fields.items() if field.kind == "list"]
        for name, field in fields.items():
            if field.kind in ("category", "value"):
                held = next((other for other in lists if self._within(name, other)), "")
            elif field.kind == "date":
                held = next((other for other in fields if self._same_year(name, other)), "")
            else:
                held = ""
            if held:
                found[name] = held
        return found

    def of(self, row: int) -> tuple[Trait, ...]:
        """Return what may be asked for of an item, in the registry's order, nothing that gives its title away."""
        if row not in self._of:
            self._of[row] = self._traits(row)
        return self._of[row]

    def _traits(self, row: int) -> tuple[Trait, ...]:
        found: list[Trait] = []
        for name, field in self.fields.items():
            if field.kind in ("number", "date"):
                number = float(self.registry.numbers_I(name)[row])
                if math.isfinite(number):
                    found.append(Trait(name, field.kind, field.hard, number=number))
                continue
            held = self.held(row, name)
            values = [value for value in held if self._askable(field, value)]
            values = [value for value in values if not leaks(self.spoken(name, value), self.catalog.titles[row])]
            if field.kind == "list":
                found += [Trait(name, "list", field.hard, (value,), held) for value in values[: self.config.per_list]]
            elif values:
                found.append(Trait(name, field.kind, field.hard, tuple(values), held))
        if self._soft:
            return tuple(found)
        return (*found, *(Trait(ABOUT, "text", False, (word,)) for word in self.topics.of(row)))

    @cached_property
    def topics(self) -> Topics:
        """The words of descriptions that may be asked for."""
        return Topics(
            self.catalog,
            self.registry,
            per_item=self.config.topics,
            least_items=self.config.least_items,
            most_share=self.config.topic_share,
            least_titles=self.config.topic_titles,
        )

    @cached_property
    def _soft(self) -> bool:
        """Whether a field is soft; where none is, the words of descriptions take their place."""
        return any(not field.hard for field in self.fields.values())

    def demand(
        self, trait: Trait, value: Value, *, polarity: Polarity = "positive", op: Op = "eq", approximate: bool = False
    ) -> Demand:
        """Return a demand on the trait's field, hard or soft as the registry has it; a soft one without its quote."""
        if trait.hard:
            unit = self.registry.fields[trait.field].unit
            return Constraint(
                polarity=polarity, field=trait.field, op=op, value=value, unit=unit, approximate=approximate, quote=""
            )
        return Preference(polarity=polarity, facet=trait.field, text=str(value), quote="")

    def meets(self, demand: Demand) -> NDArray[np.bool_]:
        """Return which items [I] do what is demanded, polarity applied: a missing field meets only what is unwanted."""
        named = self.named(demand)
        return named if demand.polarity == "positive" else ~named

    def named(self, demand: Demand) -> NDArray[np.bool_]:
        """Return which items [I] have what a demand names, whether it is wanted or not; free words by word stem."""
        if isinstance(demand, Constraint):
            return self.masks.of(demand)
        field = self.registry.field(demand.facet)
        if field is None or field.kind == "text":
            return self.topics.having(demand.text)
        if field.kind in ("number", "date"):
            return np.zeros(len(self.catalog), dtype=np.bool_)
        return self.masks.of(
            Constraint(polarity="positive", field=field.name, op="eq", value=demand.text, quote=demand.quote)
        )

    def has(self, name: str, value: str) -> NDArray[np.bool_]:
        """Return which items [I] have a value in a field."""
        return self.masks.of(Constraint(polarity="positive", field=name, op="eq", value=value, quote=""))

    def spoken(self, name: str, value: str) -> str:
        """Return how a person names a value: of a category the last level, of anything else the value itself."""
        field = self.registry.field(name)
        return leaf_name(value) if field is not None and field.kind == "category" else value

    def called(self, name: str) -> str:
        """Return how a person names a field."""
        plain = name.replace("_", " ").replace(".", " ")
        *before, last = plain.split() or [plain]
        return " ".join([*before, singular(last.casefold())])

    def ambiguous(self, name: str, value: str) -> bool:
        """Whether another field knows the value as well, so that it must be said which is meant."""
        return any(
            value in other.values
            for other in self.registry.fields.values()
            if other.name != name and self.twin(other.name) != name and other.kind in ("value", "list")
        )

    def held(self, row: int, name: str) -> tuple[str, ...]:
        """Return an item's values of a field of words; of a category the path, then those above it."""
        held = self.registry.held(row, name)
        if not isinstance(held, tuple):
            return ()
        if self.registry.fields[name].kind != "category":
            return held
        levels = held[0].split(SEPARATOR)
        return tuple(SEPARATOR.join(levels[:depth]) for depth in range(len(levels), 0, -1))

    def _askable(self, field: Field, value: str) -> bool:
        n = self._counts[field.name].get(value, 0)
        return self.config.least_items <= n <= self.config.most_share * len(self.catalog)

    def _varies(self, field: Field) -> bool:
        """Whether a field has values that part the catalogue."""
        if field.kind in ("number", "date"):
            numbers = self.registry.numbers_I(field.name)
            return len(np.unique(numbers[np.isfinite(numbers)])) >= 2
        return any(self._askable(field, value) for value in field.values)

    def _within(self, name: str, other: str) -> bool:
        """Whether the values of a field stand in a list of another field, of nearly all items."""
        if name == other:
            return False
        looked_at = range(0, len(self.catalog), 1 + len(self.catalog) // LOOKED_AT)
        pairs = [(self.held(row, name), self.held(row, other)) for row in looked_at]
        mine = [(held[0], many) for held, many in pairs if held]
        return bool(mine) and sum(value in many for value, many in mine) >= self.config.shared * len(mine)

    def _same_year(self, name: str, other: str) -> bool:
        """Whether a date lies in, or next to, the year of another field."""
        if self.registry.fields[other].unit != "year":
            return False
        days, years = self.registry.numbers_I(name), self.registry.numbers_I(other)
        both = np.isfinite(days) & np.isfinite(years)
        close = np.abs(days[both] / 365.2425 + 1 - years[both]) <= 1.5
        return bool(both.any()) and float(close.mean()) >= self.config.same_year


def _sayable(field: Field) -> bool:
    """Whether a demand on a field can be told: a number is a rule or nothing."""
    return field.hard or field.kind not in ("number", "date")


def quoted(demand: Demand, words: str) -> Demand:
    """Return the demand with the words that say it."""
    return replace(demand, quote=words)
