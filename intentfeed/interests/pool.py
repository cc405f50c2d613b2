"""The interest pool: the listed interests, an editable file, and which of them a person's history touches.

RecGPT-V1, 3.2, fills its preset list from such a pool and says neither where it comes from nor how it is matched;
building it from the catalogue and matching it by the evidence is ours (U9).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from scipy import sparse

from ..data.catalog import Catalog, leaf_name
from ..data.store import replacing
from ..errors import DataError
from ..types import History, Interactions, Settings
from .clusters import clusters
from .facets import FacetTable
from .signs import WEIGHT_A, liked, sign
from .tree import CategoryTree

PoolKind = Literal["category", "facet", "cluster"]


class PoolConfig(Settings):
    """How large the pool may grow, and what it takes to get in."""

    max_size: int = 2_000
    """Interests; the most supported ones stay."""
    min_items: int = 3
    """Items that a listed interest spans."""
    max_share: float = 0.1
    """Largest part of the catalogue that a facet may span; a broader one tells people apart by little."""
    min_users: int = 10
    """People who chose a facet twice, before it is listed."""
    min_loyalty: float = 1.5
    """How much more often than the categories explain people come back to a facet."""
    min_similarity: float = 0.15
    """Shrunk cosine at which items without a category form one interest."""
    matched: int = 50
    """Interests matched to one person (U9)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolInterest:
    """One listed interest: what it is called and which items it spans, by category, facet or item."""

    key: str
    name: str
    kind: PoolKind
    categories: tuple[str, ...] = ()
    """Paths; everything below them belongs to the interest."""
    facets: tuple[tuple[str, str], ...] = ()
    """(attribute, value) pairs; any of them is enough."""
    items: tuple[str, ...] = ()
    """Item ids."""


@dataclass(frozen=True)
class InterestPool:
    """The listed interests over one catalogue."""

    entries: list[PoolInterest]
    catalog: Catalog
    tree: CategoryTree
    config: PoolConfig = field(default_factory=PoolConfig)

    def __len__(self) -> int:
        return len(self.entries)

    @classmethod
    def build(cls, catalog: Catalog, log: Interactions, config: PoolConfig | None = None) -> InterestPool:
        """Return the pool that the catalogue and the log carry: categories, loyal facets, clusters of the rest."""
        config = config or PoolConfig()
        tree = CategoryTree.of(catalog)
        entries = [*_categories(tree, config), *_clusters(catalog, log, tree, config)]
        entries = _with_facets(entries, _facets(catalog, log, tree, config))
        pool = cls(entries, catalog, tree, config)
        if len(entries) <= config.max_size:
            return pool
        rows = liked(log)
        support_E = np.asarray(pool.member_IE[log.item[rows]].sum(axis=0)).ravel()
        kept = np.sort(np.lexsort((np.arange(len(entries)), -support_E))[: config.max_size])
        return cls([entries[number] for number in kept.tolist()], catalog, tree, config)

    def save(self, path: Path) -> None:
        """Write one JSON object a line, to be read and edited by a person."""
        with replacing(path) as temporary:
            lines = (json.dumps({k: v for k, v in asdict(e).items() if v}, ensure_ascii=False) for e in self.entries)
            temporary.write_text("".join(line + "\n" for line in lines), encoding="utf-8")

    @classmethod
    def load(cls, path: Path, catalog: Catalog, config: PoolConfig | None = None) -> InterestPool:
        """Read what `save` wrote and a person may have edited.

        Raises:
            DataError: a line is no JSON object with key and name, or a key occurs twice.
        """
        entries = [
            _parse(line, f"{path}:{n}")
            for n, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1)
            if line
        ]
        if len({entry.key for entry in entries}) < len(entries):
            raise DataError(f"{path} holds a key twice: give each interest a key of its own")
        return cls(entries, catalog, CategoryTree.of(catalog), config or PoolConfig())

    @cached_property
    def number_of(self) -> dict[str, int]:
        """Number of each key."""
        return {entry.key: number for number, entry in enumerate(self.entries)}

    @cached_property
    def numbers_of_name(self) -> dict[str, list[int]]:
        """Numbers of the interests that have a name, which is case-folded; names may recur where keys do not."""
        found: dict[str, list[int]] = {}
        for number, entry in enumerate(self.entries):
            found.setdefault(" ".join(entry.name.split()).casefold(), []).append(number)
        return found

    @cached_property
    def number_of_category(self) -> dict[str, int]:
        """Number of the interest that stands for exactly one category path."""
        return {e.categories[0]: number for number, e in enumerate(self.entries) if len(e.categories) == 1}

    @cached_property
    def member_NE(self) -> sparse.csr_matrix:  # noqa: N802
        """1 where items of the category node N belong to the entry E by their category."""
        of_path: dict[str, list[int]] = {}
        for number, entry in enumerate(self.entries):
            for path in entry.categories:
                of_path.setdefault(path, []).append(number)
        rows = [
            sorted({e for up in self.tree.lineage(node) for e in of_path.get(self.tree.paths[up], ())})
            for node in range(len(self.tree))
        ]
        return _matrix(rows, len(self.entries))

    @cached_property
    def member_IE(self) -> sparse.csr_matrix:  # noqa: N802
        """1 where the item I belongs to the entry E."""
        member = self.member_NE[self.tree.node_I] + self.beyond_IE
        member.data[:] = 1.0
        return member

    @cached_property
    def beyond_IE(self) -> sparse.csr_matrix:  # noqa: N802
        """1 where the item I belongs to the entry E by a facet or by name."""
        table = FacetTable.only(self.catalog, (facet for entry in self.entries for facet in entry.facets))
        code = {facet: number for number, facet in enumerate(table.facets)}
        of_facet: list[list[int]] = [[] for _ in table.facets]
        of_item: list[list[int]] = [[] for _ in range(len(self.catalog))]
        for number, entry in enumerate(self.entries):
            for facet in entry.facets:
                of_facet[code[facet]].append(number)
            for item_id in entry.items:
                if item_id in self.catalog.row_of:
                    of_item[self.catalog.row_of[item_id]].append(number)
        beyond = table.has_IF @ _matrix(of_facet, len(self.entries)) + _matrix(of_item, len(self.entries))
        beyond.data[:] = 1.0
        return beyond.tocsr()

    def matched(self, history: History) -> list[PoolInterest]:
        """Return the listed interests that the history speaks for, by weight of the evidence per breadth (U9).

        A parent category counts for its share of what is below it, so that the narrow one comes first.
        """
        weight = WEIGHT_A[history.action] * sign(history.action, history.value)
        placed = history.item >= 0
        weight_I = np.bincount(history.item[placed], weight[placed], minlength=len(self.catalog))
        rows = np.flatnonzero(weight_I)
        evidence_E = np.asarray(self.member_IE[rows].T @ weight_I[rows]).ravel()
        score_E = evidence_E / np.log2(2 + np.asarray(self.member_IE.sum(axis=0)).ravel())
        order = np.lexsort((np.arange(len(self)), -score_E))
        return [self.entries[e] for e in order[: self.config.matched].tolist() if evidence_E[e] > 0]


def _matrix(rows: list[list[int]], width: int) -> sparse.csr_matrix:
    """Return the 0/1 matrix whose row r has ones at `rows[r]`."""
    indptr = np.cumsum([0, *map(len, rows)])
    indices = np.array([number for row in rows for number in row], dtype=np.int32)
    return sparse.csr_matrix((np.ones(len(indices), np.float32), indices, indptr), shape=(len(rows), width))


def _categories(tree: CategoryTree, config: PoolConfig) -> Iterable[PoolInterest]:
    """Yield an interest for every category that spans enough items."""
    for node in range(1, len(tree)):
        if tree.n_items_C[node] >= config.min_items:
            path = tree.paths[node]
            yield PoolInterest(key=f"category:{path}", name=leaf_name(path), kind="category", categories=(path,))


def _clusters(catalog: Catalog, log: Interactions, tree: CategoryTree, config: PoolConfig) -> Iterable[PoolInterest]:
    """Yield an interest for every group of items that has neither a category nor a title to go by."""
    if 2 * np.count_nonzero(tree.node_I) > len(tree.node_I):
        return
    for group in clusters(log, min_similarity=config.min_similarity, min_size=config.min_items):
        ids = [catalog.item_ids[row] for row in group.tolist()]
        name = f"Items like {catalog.titles[int(group[0])] or ids[0]}"
        yield PoolInterest(key=f"items:{ids[0]}", name=name, kind="cluster", items=tuple(ids))


def _facets(catalog: Catalog, log: Interactions, tree: CategoryTree, config: PoolConfig) -> list[tuple[str, str]]:
    """Return the facets that people are loyal to; of facets on the same items the first stands for all.

    One named like a category widens it, where the categories have no levels; where they have, it adds nothing.
    """
    table = FacetTable.of(catalog, min_items=config.min_items)
    loyalty, users = table.loyalty(log, tree)
    names = {leaf_name(path).casefold() for path in tree.paths}
    flat = int(tree.depth_C.max(initial=0)) == 1
    kept, seen = [], set()
    columns = table.has_IF.tocsc()
    for number, facet in enumerate(table.facets):
        items = columns.indices[columns.indptr[number] : columns.indptr[number + 1]].tobytes()
        is_category = facet[1].casefold() in names
        narrow = columns.indptr[number + 1] - columns.indptr[number] <= config.max_share * len(catalog)
        loyal = narrow and loyalty[number] >= config.min_loyalty and users[number] >= config.min_users
        if (flat if is_category else loyal) and items not in seen:
            seen.add(items)
            kept.append(facet)
    return kept


def _with_facets(entries: list[PoolInterest], facets: list[tuple[str, str]]) -> list[PoolInterest]:
    """Return the entries with the facets: one named like a category widens it, the others are interests by name."""
    by_name: dict[str, list[tuple[str, str]]] = {}
    for facet in facets:
        by_name.setdefault(facet[1].casefold(), []).append(facet)
    widened = []
    for entry in entries:
        found = tuple(by_name.pop(entry.name.casefold(), ())) if entry.kind == "category" else ()
        widened.append(PoolInterest(**{**asdict(entry), "facets": found}))
    return widened + [
        PoolInterest(key=f"facet:{'='.join(found[0])}", name=found[0][1], kind="facet", facets=tuple(found))
        for found in by_name.values()
    ]


def _parse(line: str, where: str) -> PoolInterest:
    """Return the interest that a line of the file holds."""
    try:
        row = json.loads(line)
        entry = PoolInterest(
            key=row.pop("key"),
            name=row.pop("name"),
            kind=row.pop("kind", "category"),
            categories=_texts(row.pop("categories", [])),
            facets=tuple((name, value) for name, value in map(_texts, row.pop("facets", []))),
            items=_texts(row.pop("items", [])),
            **row,
        )
        if entry.kind not in get_args(PoolKind) or not _texts([entry.key, entry.name]):
            raise ValueError(entry.kind)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DataError(f"{where} is no interest: write a JSON object with key, name and categories") from error
    return entry


def _texts(found: object) -> tuple[str, ...]:
    """Return a list of texts as a tuple; a lone text is no list, though it has letters."""
    if not isinstance(found, list) or not all(isinstance(text, str) and text for text in found):
        raise TypeError(found)
    return tuple(found)
