"""The vectors of the sources, each with the index that searches them: built with the models, loaded to serve."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..retrieval.index import Index, IndexConfig
from ..retrieval.indexing import build_index, load_index
from ..retrieval.space import Space
from ..retrieval.towers import Towers


@dataclass(frozen=True)
class Indexes:
    """One index a set of vectors; of a small catalogue they are exact and nothing is kept on disk."""

    text: Index
    log: Index
    towers: Index | None = None

    @classmethod
    def build(cls, space: Space, towers: Towers | None = None, config: IndexConfig | None = None) -> Indexes:
        """Return the indexes of what there is; beyond `config.exact_below` items this takes minutes."""
        found = cls(text=build_index(space.text_vectors, config), log=build_index(space.log_vectors, config))
        return found if towers is None else found.with_towers(towers, config)

    def with_towers(self, towers: Towers, config: IndexConfig | None = None) -> Indexes:
        """Return the indexes with one of the towers' items."""
        return replace(self, towers=build_index(towers.item_vectors, config))

    def updated(self, old: Space, new: Space) -> Indexes:
        """Return the indexes with what changed between the space that they were built from and this one."""
        n_text = new.text_dims
        if new is not old:
            for index, half in ((self.text, slice(None, n_text)), (self.log, slice(n_text, None))):
                bring_up(index, old.item_vectors[:, half], new.item_vectors[:, half])
        return self

    def grown(self, old: Towers, new: Towers) -> Indexes:
        """Return the indexes with the items that `new` has beyond those of the towers they were built from."""
        if self.towers is not None:
            bring_up(self.towers, old.item_vectors, new.item_vectors)
        return self

    def save(self, folder: Path) -> None:
        """Write a folder for each index."""
        for name in ("text", "log", "towers"):
            index = getattr(self, name)
            if index is not None:
                index.save(folder / name)

    @classmethod
    def load(cls, folder: Path) -> Indexes:
        """Read what `save` wrote; the vectors stay on disk until they are touched."""
        towers = load_index(folder / "towers") if (folder / "towers").exists() else None
        return cls(load_index(folder / "text"), load_index(folder / "log"), towers)


def bring_up(index: Index, old: NDArray[np.float32], new: NDArray[np.float32]) -> None:
    """Take changed and further vectors into an index that was built from the old ones."""
    n_old = len(old)
    changed = np.flatnonzero((old != new[:n_old]).any(axis=1))
    if len(changed):
        index.update(changed.tolist(), np.ascontiguousarray(new[changed]))
    if len(new) > n_old:
        index.add(range(n_old, len(new)), np.ascontiguousarray(new[n_old:]))
