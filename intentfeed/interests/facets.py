"""The attribute values of items that people are true to beyond what the category says: directors, genres, themes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ..data.catalog import Catalog
from ..types import Interactions
from .signs import liked
from .tree import CategoryTree

MAX_LENGTH = 40
"""Characters; a longer value is a text, not a facet."""
MAX_USERS = 5_000
"""People whose loyalty is looked at; enough for a stable figure on any log."""


def values_of(field: Any) -> list[str]:
    """Return the facet values of one attribute: each entry of a list, a short text, or the decade of a year."""
    if isinstance(field, list):
        return [value for entry in field for value in values_of(entry)]
    if isinstance(field, str):
        text = field.strip()
        is_name = 2 * sum(letter.isalpha() for letter in text) > len(text)  # neither a date nor a measure
        return [text] if is_name and len(text) <= MAX_LENGTH else []
    if isinstance(field, int) and not isinstance(field, bool) and 1800 <= field <= 2100:
        return [f"{field // 10 * 10}s"]
    return []


@dataclass(frozen=True)
class FacetTable:
    """The facets of a catalogue and which items have them."""

    facets: list[tuple[str, str]]
    """(attribute, value), sorted."""
    has_IF: sparse.csr_matrix
    """1 where the item has the facet."""

    @classmethod
    def of(cls, catalog: Catalog, *, min_items: int) -> FacetTable:
        """Return the facets that at least `min_items` items and at most half of the catalogue share."""
        pairs = _pairs(catalog)
        count = Counter(pair for row in pairs for pair in row)
        return cls._of(pairs, sorted(pair for pair, n in count.items() if min_items <= n <= len(catalog) / 2))

    @classmethod
    def only(cls, catalog: Catalog, facets: Iterable[tuple[str, str]]) -> FacetTable:
        """Return these facets, however many items have them."""
        wanted = sorted(set(facets))
        return cls._of(_pairs(catalog) if wanted else [[]] * len(catalog), wanted)

    @classmethod
    def _of(cls, pairs: Sequence[Sequence[tuple[str, str]]], facets: list[tuple[str, str]]) -> FacetTable:
        """Return the table of the facets, given all pairs of each item."""
        code = {pair: number for number, pair in enumerate(facets)}
        coded = [[code[pair] for pair in row if pair in code] for row in pairs]
        indptr = np.cumsum([0, *map(len, coded)])
        indices = np.array([number for row in coded for number in row], dtype=np.int32)
        data = np.ones(len(indices), dtype=np.float32)
        return cls(facets, sparse.csr_matrix((data, indices, indptr), shape=(len(pairs), len(facets))))

    def loyalty(self, log: Interactions, tree: CategoryTree) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return, for each facet, how true people are to it, and how many people chose it at least twice.

        Loyalty is the chance that another choice of a person who chose the facet has it too, over the chance that
        the categories of those other choices give. 1 means that the category says it all.
        """
        user_item = _choices(log)
        n_U = np.asarray(user_item.sum(axis=1)).ravel()
        user_item = user_item[n_U >= 2]
        n_U = n_U[n_U >= 2]
        if not len(n_U) or not self.facets:
            return np.zeros(len(self.facets)), np.zeros(len(self.facets), dtype=np.int64)
        node_item = sparse.csr_matrix(
            (np.ones(len(tree.node_I), np.float32), (tree.node_I, np.arange(len(tree.node_I)))),
            shape=(len(tree), len(tree.node_I)),
        )
        chosen_I = np.asarray(user_item.sum(axis=0)).ravel()
        chosen_CI = node_item.multiply(chosen_I[None, :]).tocsr()
        chosen_C = np.maximum(np.asarray(chosen_CI.sum(axis=1)).ravel(), 1)
        share_CF = sparse.diags(1 / chosen_C) @ (chosen_CI @ self.has_IF)
        has_UF = (user_item @ self.has_IF).tocsr()
        weight = sparse.diags(1 / (n_U - 1))
        again = (weight @ (has_UF.multiply(has_UF) - has_UF)).sum(axis=0)
        # The expectation of all choices less that of the choice itself, which the category explains in full.
        share_UF = (user_item @ node_item.T @ share_CF).multiply(has_UF)
        own_UF = user_item @ self.has_IF.multiply(node_item.T @ share_CF).tocsr()
        expected = (weight @ (share_UF - own_UF)).sum(axis=0)
        twice = np.asarray((has_UF >= 2).sum(axis=0)).ravel()
        return np.asarray(again).ravel() / np.maximum(np.asarray(expected).ravel(), 1e-9), twice.astype(np.int64)


def _pairs(catalog: Catalog) -> list[list[tuple[str, str]]]:
    """Return the (attribute, value) pairs of each item, sorted."""
    return [
        sorted({(name, value) for name, field in attributes.items() for value in values_of(field)})
        for attributes in (json.loads(text) for text in catalog.frame["attributes"].to_list())
    ]


def _choices(log: Interactions) -> sparse.csr_matrix:
    """Return choice_UI: 1 where a person acted on the item and did not dislike it; at most MAX_USERS people."""
    keep = liked(log)
    step = max(1, -(-log.n_users // MAX_USERS))
    keep &= log.user % step == 0
    shape = (log.n_users, log.n_items)
    choice = sparse.csr_matrix((np.ones(int(keep.sum()), np.float32), (log.user[keep], log.item[keep])), shape=shape)
    choice.data[:] = 1.0
    return choice
