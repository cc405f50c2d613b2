"""The items and their text, held as columns; a row number stands for an item everywhere below the surface."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .coding import Lookup
from .schema import ITEMS
from .script import is_spaceless, language_of
from .segment import Segmenter

SEPARATOR = " > "
"""Between the levels of a category path."""
TELLING = 2_000
"""Titles that tell the language."""


@dataclass(frozen=True)
class Catalog:
    """All items in item-id order of first appearance; `frame` has the columns of schema.ITEMS."""

    frame: pl.DataFrame

    def __len__(self) -> int:
        return self.frame.height

    @cached_property
    def item_ids(self) -> list[str]:
        """Item id of each row."""
        return self.frame["item_id"].to_list()

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Row of each item id."""
        return {item_id: row for row, item_id in enumerate(self.item_ids)}

    @cached_property
    def lookup(self) -> Lookup:
        """Finds the rows of a column of item ids, fast."""
        return Lookup(self.frame["item_id"])

    @cached_property
    def titles(self) -> list[str]:
        """Title of each row; '' where the catalogue has none."""
        return self.frame["title"].to_list()

    @cached_property
    def categories(self) -> list[str]:
        """All category paths, sorted; index 0 is '' (unknown), whether it occurs or not."""
        return ["", *sorted(set(self.frame["category"].unique().to_list()) - {""})]

    @cached_property
    def category_I(self) -> NDArray[np.int32]:  # noqa: N802
        """Index into `categories` of each row [I]."""
        index = {path: code for code, path in enumerate(self.categories)}
        return np.array([index[path] for path in self.frame["category"].to_list()], dtype=np.int32)

    @cached_property
    def available_I(self) -> NDArray[np.bool_]:  # noqa: N802
        """Whether each row may be shown [I]: neither out of stock nor withdrawn."""
        return (self.frame["status"] == "available").to_numpy()

    @cached_property
    def attributes(self) -> list[dict[str, Any]]:
        """Further fields of each row, by name."""
        return [json.loads(text) for text in self.frame["attributes"].to_list()]

    @property
    def has_text(self) -> bool:
        """Whether any item has a title."""
        return any(self.titles)

    @cached_property
    def segmenter(self) -> Segmenter:
        """Knows the words of this catalogue where its script has no blanks between them; else it changes nothing."""
        fields: Counter[str] = Counter()
        own = self.frame.select("category", "brand").iter_rows()
        for (category, brand), attributes in zip(own, self.attributes, strict=True):
            held = {*category.split(SEPARATOR), brand, *_texts(attributes.values())}
            fields.update(text for text in held if is_spaceless(text))
        return Segmenter.learn([title for title in self.titles if is_spaceless(title)], fields)

    @cached_property
    def language(self) -> Literal["zh", "other"]:
        """Whether the first titles are Chinese; of a catalogue without titles the categories tell."""
        return language_of(self.titles[:TELLING] if any(self.titles[:TELLING]) else self.categories)

    def field(self, row: int, name: str) -> Any:
        """Return a field of an item by name, an attribute included; None where it has none."""
        if name in ("item_id", "title", "category", "brand", "price", "description"):
            return self.frame[name][row]
        return self.attributes[row].get(name)

    def save(self, path: Path) -> None:
        """Write the items as Parquet."""
        self.frame.write_parquet(path, compression="zstd", compression_level=1)

    @classmethod
    def load(cls, path: Path) -> Catalog:
        """Read what `save` wrote."""
        return cls(pl.read_parquet(path))

    @classmethod
    def of(cls, items: Mapping[str, list[Any]]) -> Catalog:
        """Return a catalogue from columns, filling what is missing with the schema's defaults."""
        n = len(items["item_id"])
        default: dict[str, Any] = {"price": None, "attributes": "{}", "status": "available"}
        return cls(pl.DataFrame({name: items.get(name, [default.get(name, "")] * n) for name in ITEMS}, schema=ITEMS))


def _texts(values: Iterable[Any]) -> Iterable[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from _texts(value)


def parent(category: str) -> str:
    """Return the path one level up; '' for a top level."""
    return category.rpartition(SEPARATOR)[0]


def leaf_name(category: str) -> str:
    """Return the last level of a path."""
    return category.rpartition(SEPARATOR)[2]
