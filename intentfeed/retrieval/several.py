"""Several towers as one: trained alike from different seeds, each sees what the others miss [ours].

An item's vector is its members' side by side; what comes next is asked of all of them at once, and a score is the mean
of theirs. Each member's interests stay its own: their vectors are zero where the other members' items stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ..data.catalog import Catalog
from ..types import History, TextEncoder
from .towers import Kind, Towers, load_towers, on_grid, save_arrays


class SeveralTowers:
    """Towers side by side, as wide as all of them together; their scores are √n times smaller than one member's."""

    kind: ClassVar[Kind] = "several"

    def __init__(self, members: Sequence[Towers]) -> None:
        assert members, "several towers are at least one"
        self.members = tuple(members)
        self._share = 1 / np.sqrt(len(members))

    @property
    def dims(self) -> int:
        """Width of every vector."""
        return sum(member.dims for member in self.members)

    @property
    def n_items(self) -> int:
        """Items that have a vector."""
        return self.members[0].n_items

    @cached_property
    def item_vectors(self) -> NDArray[np.float32]:
        """Vectors [I, D] of all items."""
        return self._beside([member.item_vectors for member in self.members])

    @property
    def temperature(self) -> float:
        """What a difference of scores is divided by to be one of log-odds: the members' mean, at our scale."""
        return float(np.mean([member.temperature for member in self.members]) * self._share)

    def encode_users(self, histories: Sequence[History]) -> NDArray[np.float32]:
        """Return vectors_UHD: what comes next by all members, then the interests of each; zeros for nobody."""
        each = [member.encode_users(histories) for member in self.members]
        n_interests = sum(vectors.shape[1] - 1 for vectors in each)
        found = np.zeros((len(histories), 1 + n_interests, self.dims), dtype=np.float32)
        found[:, 0] = on_grid(np.concatenate([vectors[:, 0] for vectors in each], axis=1), self._share**2)
        row = column = 0
        for vectors in each:
            _, n, dims = vectors.shape
            found[:, row + 1 : row + n, column : column + dims] = vectors[:, 1:]
            row, column = row + n - 1, column + dims
        return found

    def encode_items(self, catalog: Catalog) -> NDArray[np.float32]:
        """Return vectors_ID of items as if they had never been seen."""
        return self._beside([member.encode_items(catalog) for member in self.members])

    def encode_tags(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors_TD of phrases at the scale of people's; zero rows where no word is known."""
        return on_grid(np.concatenate([member.encode_tags(texts) for member in self.members], axis=1), self._share**2)

    def add_items(self, catalog: Catalog) -> Self:
        """Return towers with a vector for the rows of `catalog` beyond those they have."""
        return type(self)([member.add_items(catalog) for member in self.members])

    def updated(self, old: Catalog, new: Catalog) -> Self:
        """Return towers for `new`, which holds the rows of `old` in their places."""
        return type(self)([member.updated(old, new) for member in self.members])

    def without_users(self, user_ids: Sequence[str]) -> Self:
        """Return towers that hold nothing under these people's names."""
        return type(self)([member.without_users(user_ids) for member in self.members])

    def save(self, folder: Path) -> None:
        """Write everything but the encoder into the folder, each member into one of its own."""
        save_arrays(folder, self.kind, {}, {"members": len(self.members)})
        for at, member in enumerate(self.members):
            member.save(folder / f"member-{at}")

    @classmethod
    def load(cls, folder: Path, encoder: TextEncoder) -> Self:
        """Read what `save` wrote."""
        places = sorted(folder.glob("member-*"), key=lambda place: int(place.name.rpartition("-")[2]))
        return cls([load_towers(place, encoder) for place in places])

    def _beside(self, vectors: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Return item vectors_ID from the members'."""
        return on_grid(np.concatenate(list(vectors), axis=1), self._share)
