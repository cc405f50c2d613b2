"""The category paths as a tree: which node an item hangs on, and what lies above it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..data.catalog import SEPARATOR, Catalog, parent


@dataclass(frozen=True)
class CategoryTree:
    """All category paths and their ancestors, sorted; node 0 is '' (unknown)."""

    paths: list[str]
    node_I: NDArray[np.int32]
    """Node of each catalogue row [I]."""

    @classmethod
    def of(cls, catalog: Catalog) -> CategoryTree:
        """Return the tree of a catalogue."""
        found: set[str] = set()
        for path in catalog.categories:
            above = path
            while above and above not in found:
                found.add(above)
                above = parent(above)
        paths = ["", *sorted(found)]
        code = {path: node for node, path in enumerate(paths)}
        of_category = np.array([code[path] for path in catalog.categories], dtype=np.int32)
        return cls(paths, of_category[catalog.category_I])

    def __len__(self) -> int:
        return len(self.paths)

    @cached_property
    def node_of(self) -> dict[str, int]:
        """Node of each path."""
        return {path: node for node, path in enumerate(self.paths)}

    @cached_property
    def parent_C(self) -> NDArray[np.int32]:  # noqa: N802
        """Node one level up [C]; 0 above a top level."""
        return np.array([self.node_of[parent(path)] for path in self.paths], dtype=np.int32)

    @cached_property
    def depth_C(self) -> NDArray[np.int32]:  # noqa: N802
        """Levels of each path [C]; 0 for the unknown one."""
        return np.array([path.count(SEPARATOR) + 1 if path else 0 for path in self.paths], dtype=np.int32)

    @cached_property
    def n_items_C(self) -> NDArray[np.int64]:  # noqa: N802
        """Items at or below each node [C]."""
        return self.gather(np.bincount(self.node_I, minlength=len(self)).astype(np.int64))

    @cached_property
    def n_children_C(self) -> NDArray[np.int64]:  # noqa: N802
        """Nodes directly below each node [C]."""
        count = np.bincount(self.parent_C, minlength=len(self))
        count[0] = 0
        return count

    def gather(self, values_C: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return, for each node, the sum of `values_C` at and below it."""
        total = values_C.copy()
        for depth in range(int(self.depth_C.max(initial=0)), 1, -1):
            nodes = np.flatnonzero(self.depth_C == depth)
            np.add.at(total, self.parent_C[nodes], total[nodes])
        return total

    def lineage(self, node: int) -> list[int]:
        """Return the node and everything above it, lowest first."""
        line = []
        while node:
            line.append(node)
            node = int(self.parent_C[node])
        return line
