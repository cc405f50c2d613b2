"""What a person might have asked for before they took an item: intents to learn from, made of the log (RecBot, 5.2).

An intent names one or two values that the item shares with others: levels of its category, its brand, values of a
closed list. Titles and descriptions are never read, and neither is any item but the one that a training place asks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..data.catalog import SEPARATOR, Catalog
from .active_config import IntentsConfig
from .encode import words

Columns = Mapping[str, Sequence[Sequence[str]]]
"""Field → the values of each catalogue row, none, one or several; of a category its levels, the widest first."""
NONE = -1
SINGLE = ("category", "brand")
"""Fields of which an item has one value: an intent never names two."""


@dataclass(frozen=True)
class Facets:
    """The values that intents may name, which items have them, and in which words each is said.

    Values that read alike are one, whichever field they stand in: a person says `drama` and names no field.
    """

    values: tuple[str, ...]
    """The catalogue's own spelling [V]."""
    phrases: tuple[str, ...]
    """Wordings of all values, end to end; the first of each is the value itself."""
    phrase_edges: NDArray[np.int64]
    """Where each value's wordings begin in `phrases` [V + 1]."""
    groups: NDArray[np.int64]
    """Values of an item in one field, end to end, one group a field."""
    group_edges: NDArray[np.int64]
    """Where each group begins in `groups`."""
    group_single: NDArray[np.bool_]
    """Whether two values of the group never stand in one intent."""
    item_edges: NDArray[np.int64]
    """Where each item's groups begin [I + 1]."""
    holds: Any
    """CSR [V, I] of ones: the items that have a value."""

    @classmethod
    def of(
        cls,
        catalog: Catalog,
        config: IntentsConfig | None = None,
        *,
        columns: Columns | None = None,
        phrasings: Mapping[str, Sequence[str]] | None = None,
    ) -> Self:
        """Return the facets of a catalogue, or of the `columns` that a caller chose.

        `phrasings` are further wordings of a value, such as paraphrases that a model wrote.
        """
        config = config or IntentsConfig()
        kept = {name: rows for name, rows in (columns or columns_of(catalog)).items() if len(rows)}
        known = _kept(kept, len(catalog), config)
        number = {value: place for place, value in enumerate(known)}
        fields = [name for name in kept if _reach(kept[name], number) >= _least(name, config) * len(catalog)]
        used = sorted(
            {_key(value) for name in fields for row in kept[name] for value in row} & number.keys(),
            key=number.__getitem__,
        )
        number = {value: place for place, value in enumerate(used)}
        values = [known[value] for value in used]
        return cls._built(values, number, {name: kept[name] for name in fields}, len(catalog), phrasings or {})

    @classmethod
    def _built(
        cls,
        values: list[str],
        number: Mapping[str, int],
        columns: Columns,
        n_items: int,
        phrasings: Mapping[str, Sequence[str]],
    ) -> Self:
        from scipy.sparse import csr_matrix

        groups, group_edges, single, item_edges = list[int](), [0], list[bool](), [0]
        for row in range(n_items):
            met: set[int] = set()
            for name, rows in columns.items():
                mine = dict.fromkeys(number[_key(value)] for value in rows[row] if _key(value) in number)
                fresh = [value for value in mine if value not in met]
                if fresh:
                    groups += fresh
                    met.update(fresh)
                    group_edges.append(len(groups))
                    single.append(name in SINGLE)
            item_edges.append(len(single))
        edges = np.array(group_edges, dtype=np.int64)
        n_held = np.diff(edges[np.array(item_edges)])
        held = (np.ones(len(groups), np.float32), (np.array(groups, np.int64), np.repeat(np.arange(n_items), n_held)))
        said = _wordings(values, phrasings)
        return cls(
            values=tuple(values),
            phrases=tuple(text for texts in said for text in texts),
            phrase_edges=np.concatenate([[0], np.cumsum([len(texts) for texts in said], dtype=np.int64)]),
            groups=np.array(groups, dtype=np.int64),
            group_edges=edges,
            group_single=np.array(single, dtype=np.bool_),
            item_edges=np.array(item_edges, dtype=np.int64),
            holds=csr_matrix(held, shape=(len(values), n_items)),
        )

    def __len__(self) -> int:
        return len(self.values)

    def draw(
        self, items: NDArray[np.int64], config: IntentsConfig, generator: np.random.Generator
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return values_N2 and phrases_N2 of an intent for each item, NONE where there is none: a field, then one of
        its values, each as likely as the next."""
        n_groups = np.diff(self.item_edges)[items]
        chances = generator.random((len(items), 6))
        first, first_group = self._value(items, n_groups, chances[:, 0], chances[:, 1])
        second, second_group = self._value(items, n_groups, chances[:, 2], chances[:, 3])
        same = second_group == first_group
        single = np.zeros(len(items), dtype=np.bool_)
        single[n_groups > 0] = self.group_single[second_group[n_groups > 0]]
        dropped = (second == first) | (same & single) | (chances[:, 4] >= config.pairs)
        values = np.stack([first, np.where(dropped, NONE, second)], axis=1)
        return values, self._phrases(values, generator.random((len(items), 2, 2)), config.bare)

    def texts(self, values: Sequence[int]) -> tuple[str, ...]:
        """Return the values of an intent as the catalogue spells them."""
        return tuple(self.values[value] for value in values if value != NONE)

    def answering(self, values: Sequence[int]) -> NDArray[np.bool_]:
        """Return mask_I of the items that have all of the values."""
        found = np.ones(self.holds.shape[1], dtype=np.bool_)
        for value in values:
            if value != NONE:
                lo, hi = self.holds.indptr[value : value + 2]
                mask = np.zeros_like(found)
                mask[self.holds.indices[lo:hi]] = True
                found &= mask
        return found

    def _value(
        self, items: NDArray[np.int64], n_groups: NDArray[np.int64], one: NDArray[Any], other: NDArray[Any]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        if not len(self.group_single):
            nothing = np.full(len(items), NONE, dtype=np.int64)
            return nothing, nothing
        group = np.minimum(self.item_edges[items] + (one * n_groups).astype(np.int64), len(self.group_single) - 1)
        lo, hi = self.group_edges[group], self.group_edges[group + 1]
        value = self.groups[lo + (other * (hi - lo)).astype(np.int64)]
        return np.where(n_groups > 0, value, NONE), group

    def _phrases(self, values: NDArray[np.int64], chances: NDArray[Any], bare: float) -> NDArray[np.int64]:
        if not len(self):
            return values
        lo, hi = self.phrase_edges[values], self.phrase_edges[values + 1]
        more = np.maximum(hi - lo - 1, 0)
        other = np.minimum(1 + (chances[..., 1] * more).astype(np.int64), more)
        return np.where(values == NONE, NONE, lo + np.where(chances[..., 0] < bare, 0, other))


def columns_of(catalog: Catalog) -> Columns:
    """Return what a catalogue says of its items in few words: category levels, brand, texts and lists of attributes."""
    found: dict[str, Sequence[Sequence[str]]] = {
        "category": [_levels(path) for path in catalog.frame["category"].to_list()],
        "brand": [(brand,) if brand else () for brand in catalog.frame["brand"].to_list()],
    }
    names = dict.fromkeys(name for row in catalog.attributes for name in row)
    for name in names:
        found[name] = [tuple(_texts(row.get(name))) for row in catalog.attributes]
    return found


def _levels(path: str) -> tuple[str, ...]:
    return tuple(level for level in path.split(SEPARATOR) if level)


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (text for text in value if isinstance(text, str))


def _key(value: str) -> str:
    return " ".join(value.casefold().split())


def _kept(columns: Columns, n_items: int, config: IntentsConfig) -> dict[str, str]:
    """Return key → spelling of the values that many items share and not most, in the order of the fields."""
    found: dict[str, str] = {}
    for rows in columns.values():
        counts: dict[str, int] = {}
        spelling: dict[str, str] = {}
        for row in rows:
            for key, value in {_key(value): value for value in row if len(value) <= config.longest}.items():
                counts[key] = counts.get(key, 0) + 1
                spelling.setdefault(key, value)
        some = [key for key, n in counts.items() if key and config.least_items <= n <= config.most_share * n_items]
        for key in sorted(some, key=lambda key: (-counts[key], key))[: config.most_values]:
            found.setdefault(key, spelling[key])
    return found


def _reach(rows: Sequence[Sequence[str]], number: Mapping[str, int]) -> int:
    return sum(any(_key(value) in number for value in row) for row in rows)


def _least(name: str, config: IntentsConfig) -> float:
    return 0.0 if name == "category" else config.least_coverage


def _wordings(values: Sequence[str], phrasings: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Return the wordings of each value: itself, those given, and any word or two that no other value has.

    No template of a language: what people say around a value (`more of`, `something in`) names nothing, and an encoder
    that weighs words by how rarely they occur passes over it.
    """
    told = [words(value) for value in values]
    owners: dict[str, set[int]] = {}
    for place, mine in enumerate(told):
        for word in mine:
            owners.setdefault(word, set()).add(place)
    found = []
    for value, mine in zip(values, told, strict=True):
        own = [word for word in dict.fromkeys(mine) if len(owners[word]) == 1 and len(word) > 1]
        two = [f"{one} {other}" for one, other in pairwise(mine) if len(owners[one]) == 1 or len(owners[other]) == 1]
        some = [*phrasings.get(value, ()), *(own if len(mine) > 1 else ()), *(two if len(mine) > 2 else ())]
        found.append(list(dict.fromkeys([value, *some])))
    return found
