"""What the item tower reads of an item: fields as codes. Dense values are cut into bins first (RecGPT-V1, 7.1).

Code 0 stands for what is missing or was never seen, in every column, so that any item of any catalogue has codes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ..data.catalog import SEPARATOR, Catalog
from ..types import Settings

MAX_CHARS = 100
"""Of a value, the rest being cut off: longer ones name nothing that two items share."""

Value = str | float | None


class FeatureConfig(Settings):
    """Which fields, and how fine."""

    bins: int = Field(default=32, ge=2)
    """Quantile bins of a dense value (U27)."""
    max_attributes: int = Field(default=4, ge=0)
    """Further columns of the catalogue that are read, those that most items have."""
    coverage: float = Field(default=0.2, gt=0, le=1)
    """Share of the items that must have an attribute."""
    least: int = Field(default=2, ge=1)
    """Items that must share a value of a sparse column, or it is as good as missing."""


@dataclass(frozen=True)
class Column:
    """One feature: a field and its values, or the edges of its bins."""

    name: str
    values: tuple[str, ...] = ()
    """Of a sparse column: code n + 1 is value n."""
    edges: tuple[float, ...] = ()
    """Of a dense column: code n + 1 is at least edge n - 1 and below edge n."""
    dense: bool = False

    @property
    def size(self) -> int:
        """Codes that it has."""
        return 1 + (len(self.edges) + 1 if self.dense else len(self.values))

    def codes(self, found: Sequence[Value]) -> NDArray[np.int32]:
        """Return the code of each value."""
        if self.dense:
            known = [value if isinstance(value, float) and np.isfinite(value) else None for value in found]
            cut = [0 if value is None else 1 + bisect_right(self.edges, value) for value in known]
            return np.array(cut, dtype=np.int32)
        code = {value: place for place, value in enumerate(self.values, start=1)}
        return np.array([code.get(value, 0) if isinstance(value, str) else 0 for value in found], dtype=np.int32)


@dataclass(frozen=True)
class ItemFeatures:
    """The columns that a catalogue offers."""

    columns: tuple[Column, ...]

    @classmethod
    def fit(cls, catalog: Catalog, sales_I: NDArray[Any], config: FeatureConfig | None = None) -> Self:
        """Return the columns worth reading: category and its first level, brand, price, sales, common attributes.

        `sales_I` is how often each item was taken. A column that has one value for everything says nothing and is left
        out; `category` stays, since users are read by it.
        """
        config = config or FeatureConfig()
        columns = []
        for name in ["category", "category 1", "brand", "price", "sales", *_attributes(catalog, config)]:
            found = _values(catalog, name, sales_I)
            column = _column(name, found, config)
            if name == "category" or len(np.unique(column.codes(found))) > 1:
                columns.append(column)
        return cls(tuple(columns))

    @property
    def sizes(self) -> list[int]:
        """Codes of each column [F]."""
        return [column.size for column in self.columns]

    def codes(self, catalog: Catalog, sales_I: NDArray[Any] | None = None) -> NDArray[np.int32]:
        """Return codes_IF of a catalogue's rows; without sales nobody has taken them yet, and that column is 0."""
        rows = [column.codes(_values(catalog, column.name, sales_I)) for column in self.columns]
        return np.stack(rows, axis=1).astype(np.int32).reshape(len(catalog), len(self.columns))

    def to_json(self) -> list[dict[str, Any]]:
        """Return the columns as plain values."""
        return [asdict(column) for column in self.columns]

    @classmethod
    def of(cls, found: Sequence[dict[str, Any]]) -> Self:
        """Return what `to_json` gave."""
        return cls(
            tuple(
                Column(row["name"], tuple(row["values"]), tuple(float(edge) for edge in row["edges"]), row["dense"])
                for row in found
            )
        )


def _column(name: str, found: Sequence[Value], config: FeatureConfig) -> Column:
    numbers = np.array([value for value in found if isinstance(value, float) and np.isfinite(value)])
    if len(numbers):
        edges = np.unique(np.quantile(numbers, np.linspace(0, 1, config.bins + 1)[1:-1]))
        return Column(name, edges=tuple(edges[edges > numbers.min()].tolist()), dense=True)
    counts = Counter(value for value in found if isinstance(value, str))
    return Column(name, values=tuple(sorted(value for value, n in counts.items() if n >= config.least)))


def _values(catalog: Catalog, name: str, sales_I: NDArray[Any] | None) -> list[Value]:
    """Return one field of all items: a text, a number, or None."""
    match name:
        case "category" | "brand":
            return [text[:MAX_CHARS] or None for text in catalog.frame[name].to_list()]
        case "category 1":
            paths = catalog.frame["category"].to_list()
            return [path.split(SEPARATOR)[0][:MAX_CHARS] if SEPARATOR in path else None for path in paths]
        case "price":
            return [None if price is None else float(price) for price in catalog.frame["price"].to_list()]
        case "sales":
            return [None] * len(catalog) if sales_I is None else [float(n) if n else None for n in sales_I.tolist()]
    return [_plain(row.get(name.removeprefix("attribute "))) for row in catalog.attributes]


def _plain(value: object) -> Value:
    """Return an attribute as one value; of a list the first one."""
    if isinstance(value, list):
        return _plain(value[0]) if value else None
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int | float):
        return float(value)
    return value[:MAX_CHARS] or None if isinstance(value, str) else None


def _attributes(catalog: Catalog, config: FeatureConfig) -> list[str]:
    """Return the attributes that most items have and that items share; numbers are shared by their bins."""
    having, told = Counter[str](), dict[str, Counter[Value]]()
    for row in catalog.attributes:
        for name, value in row.items():
            plain = _plain(value)
            if plain is not None:
                having[name] += 1
                told.setdefault(name, Counter())[plain] += 1
    least = config.coverage * len(catalog)
    worth = [
        name
        for name, n in having.items()
        if n >= least and (2 * len(told[name]) <= n or all(isinstance(value, float) for value in told[name]))
    ]
    worth.sort(key=lambda name: (-having[name], name))
    return [f"attribute {name}" for name in worth[: config.max_attributes]]
