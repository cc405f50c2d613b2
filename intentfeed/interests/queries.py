"""What a search was for: the category whose titles and name use the words of the query [ours]."""

from __future__ import annotations

from collections.abc import Container, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ..data.catalog import Catalog, leaf_name
from ..data.script import is_spaceless, matching_words
from .tree import CategoryTree

MAX_WORDS = 32
"""Of one query; more is no query, and costs time."""
SMOOTHING = 5.0
"""Items of the whole catalogue mixed into the words of each category."""
NAME_WEIGHT = 5.0
"""Items that a word of the category's name counts for."""
MAX_KNOWN = 50_000
"""Queries whose reading is remembered."""
LEAST = 0.05
"""Probability below which a category is not worth mentioning."""


def words(text: str) -> list[str]:
    """Return the distinct words of a text in order, in lower case, plurals cut; of scripts without blanks, pairs."""
    found = [match.casefold() for match in matching_words(text)]
    return list(dict.fromkeys(word[:-1] if len(word) > 3 and word.endswith("s") else word for word in found))


def _counted(asked: Sequence[str], known: Container[str]) -> int:
    """Return how many words count as asked for: a pair of characters across the edge of a known one does not."""
    across = {
        place + step
        for place, word in enumerate(asked)
        for step in (-1, 1)
        if word in known and is_spaceless(word) and 0 <= place + step < len(asked)
    }
    return sum(place not in across or word in known for place, word in enumerate(asked))


class QueryReader:
    """Reads queries against the words of one catalogue: naive Bayes over the category of each title."""

    def __init__(self, catalog: Catalog, tree: CategoryTree) -> None:
        self.catalog, self.tree = catalog, tree
        self._known: dict[str, dict[int, float]] = {}

    @cached_property
    def _counts(self) -> tuple[dict[str, int], sparse.csr_matrix, NDArray[np.float64]]:
        """Return word numbers, how often each word is used in each category [TC], and items of each category [C]."""
        code: dict[str, int] = {}
        rows, columns, data = [], [], []
        for title, node in zip(self.catalog.titles, self.tree.node_I.tolist(), strict=True):
            if node:
                for word in words(title):
                    rows.append(code.setdefault(word, len(code)))
                    columns.append(node)
                    data.append(1.0)
        direct_C = np.bincount(self.tree.node_I, minlength=len(self.tree)).astype(float)
        for node in np.flatnonzero(direct_C).tolist():
            for word in words(leaf_name(self.tree.paths[node])) if node else []:
                rows.append(code.setdefault(word, len(code)))
                columns.append(node)
                data.append(NAME_WEIGHT)
        shape = (len(code), len(self.tree))
        return code, sparse.csr_matrix((data, (rows, columns)), shape=shape), direct_C

    def read(self, query: str) -> dict[int, float]:
        """Return the probability of each category node that may be meant; empty where most words are unknown."""
        if query not in self._known:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            self._known[query] = self._read(query)
        return self._known[query]

    def _read(self, query: str) -> dict[int, float]:
        code, uses_TC, items_C = self._counts
        asked = words(query)[:MAX_WORDS]
        known = [code[word] for word in asked if word in code]
        nodes = np.flatnonzero(items_C[1:]) + 1
        if not known or 2 * len(known) < _counted(asked, code) or not len(nodes):
            return {}
        uses = uses_TC[known].toarray()
        base = uses.sum(axis=1, keepdims=True) / items_C.sum()
        chance = (uses[:, nodes] + SMOOTHING * base) / (items_C[nodes] + SMOOTHING)
        score = np.log(chance / base).sum(axis=0)
        weight = np.exp(score - score.max())
        share = weight / weight.sum()
        return {int(nodes[n]): float(share[n]) for n in np.flatnonzero(share >= LEAST)}

    def covers(self, query: str, seen: frozenset[int]) -> bool:
        """Return whether any of the `seen` categories may be meant by a query, or is next to one that may."""
        likely = self.read(query)
        if seen & likely.keys():
            return True
        above = {int(self.tree.parent_C[node]) for node in likely} - {0}
        return any(int(self.tree.parent_C[node]) in above for node in seen)

    def place(self, query: str, *, seen: frozenset[int]) -> int:
        """Return the node a query is about, or 0: the likeliest of the categories looked at right after it, the only
        one looked at, the one more likely than all others together, or the lowest one above those that are."""
        likely = self.read(query)
        after = {node: share for node, share in likely.items() if node in seen}
        if after:
            return max(after, key=lambda node: (after[node], -node))
        if not likely and len(seen) == 1:
            return next(iter(seen))
        above: dict[int, float] = {}
        for node, share in likely.items():
            for up in self.tree.lineage(node):
                above[up] = above.get(up, 0.0) + share
        sure = [
            n for n, share in above.items() if share > 0.5 and (self.tree.parent_C[n] or not self.tree.n_children_C[n])
        ]
        return max(sure, key=lambda node: (self.tree.depth_C[node], above[node]), default=0)
