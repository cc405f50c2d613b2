"""The leaves of a shop as arrays: whom a leaf is for, which parent it is in, how much it draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .shop import AUDIENCES, Leaf


@dataclass(frozen=True, slots=True)
class Shelves:
    """The leaves [L] and their parents [P] as arrays."""

    leaf_parent: NDArray[np.int64]
    parent_leaves: NDArray[np.int64]
    """parent_leaves_PK, padded with -1."""
    leaf_audience: NDArray[np.bool_]
    leaf_free: NDArray[np.bool_]
    """A leaf that one may be interested in: neither necessity nor seasonal nor consumable."""
    parent_acts: NDArray[np.bool_]
    act_names: tuple[str, ...]
    leaf_appeal: NDArray[np.float64]
    parent_appeal: NDArray[np.float64]

    @property
    def leaves_by_parent(self) -> NDArray[np.float64]:
        """The appeal of each leaf in the row of its parent, 0 elsewhere [P, L]."""
        return np.asarray((self.leaf_parent == np.arange(self.n_parents)[:, None]) * self.leaf_appeal)

    @property
    def n_parents(self) -> int:
        """How many parents there are."""
        return len(self.parent_leaves)


def arrange(rng: np.random.Generator, leaves: Sequence[Leaf]) -> Shelves:
    """Return the leaves as arrays, with the appeal that this world gives each."""
    parents = list(dict.fromkeys(leaf.parent_path for leaf in leaves))
    leaf_parent = np.array([parents.index(leaf.parent_path) for leaf in leaves])
    widest = int(np.bincount(leaf_parent).max())
    table = np.full((len(parents), widest), -1)
    for parent in range(len(parents)):
        members = np.flatnonzero(leaf_parent == parent)
        table[parent, : len(members)] = members
    act_names = tuple(sorted({act for leaf in leaves for act in leaf.acts}))
    acts = np.zeros((len(parents), len(act_names)), dtype=bool)
    for leaf, parent in zip(leaves, leaf_parent.tolist(), strict=True):
        acts[parent, [act_names.index(act) for act in leaf.acts]] = True
    return Shelves(
        leaf_parent=leaf_parent,
        parent_leaves=table,
        leaf_audience=np.array([[name in leaf.audiences for name in AUDIENCES] for leaf in leaves]),
        leaf_free=np.array([leaf.role == "interest" and not leaf.consumable for leaf in leaves]),
        parent_acts=acts,
        act_names=act_names,
        leaf_appeal=rng.lognormal(0.0, 0.7, len(leaves)),
        parent_appeal=rng.lognormal(0.0, 0.5, len(parents)),
    )
