"""What was shown to everybody, and what catalogue and log say of the items: all that a list metric may look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.catalog import Catalog
from ...types import Interactions

Weighed = tuple[NDArray[np.float64], NDArray[np.float64]]
"""values_P and weights_P: the metric is Σ weight · value / Σ weight, so that users can be drawn with replacement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The lists of one method beside the items that they are made of; rows of the catalogue stand for items."""

    ids_PK: NDArray[np.int32]
    """Best first; -1 where a list is shorter."""
    target_P: NDArray[np.int32]
    """The item that came next."""
    people_I: NDArray[np.int64]
    """How many people had each item in the log that was learnt from."""
    n_people: int
    """How many people that log holds."""
    category_I: NDArray[np.int32]
    """Category of each item; 0 where it has none."""
    text_IV: Any = None
    """Text of each item as CSR rows of length 1, or 0 where it has none; None for a catalogue without text."""

    @property
    def has_categories(self) -> bool:
        """Whether there are two categories or more: otherwise every list holds all there are."""
        return len(np.unique(self.category_I[self.category_I > 0])) > 1

    def filled(self, k: int) -> NDArray[np.bool_]:
        """Return which of the first `k` slots hold an item [P, K]."""
        return np.asarray(self.ids_PK[:, :k] >= 0)

    def of_items(self, values_I: NDArray[Any], k: int) -> NDArray[Any]:
        """Return the values of the first `k` items of each list [P, K]; 0 in empty slots."""
        shown = np.maximum(self.ids_PK[:, :k], 0)
        return np.where(self.filled(k), values_I[shown] if len(values_I) else 0, 0)

    def slots(self, k: int) -> NDArray[np.int64]:
        """Return in how many of the first `k` slots each item of the catalogue stands [I]."""
        shown = self.ids_PK[:, :k]
        return np.bincount(shown[shown >= 0], minlength=len(self.people_I))


def people_of(log: Interactions) -> NDArray[np.int64]:
    """Return how many people had each item [I]: a hundred views by one person are one."""
    pairs = np.unique(log.user.astype(np.int64) * log.n_items + log.item)
    return np.bincount(pairs % max(log.n_items, 1), minlength=log.n_items)


def text_of(catalog: Catalog) -> Any:
    """Return title TF-IDF as CSR rows of length 1 or 0, or None without titles; no method's own space."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    if not any(character.isalnum() for title in catalog.titles for character in title):
        return None
    weigh = TfidfVectorizer(token_pattern=r"[^\W_]+", sublinear_tf=True)
    return weigh.fit_transform(catalog.titles).tocsr()


def shown_by(
    catalog: Catalog, log: Interactions, target_P: NDArray[np.int32], *, ids_PK: NDArray[np.int32] | None = None
) -> Shown:
    """Return the record of one part of a split; without lists, to be filled with `dataclasses.replace`."""
    return Shown(
        ids_PK=np.full((len(target_P), 0), -1, dtype=np.int32) if ids_PK is None else ids_PK,
        target_P=target_P,
        people_I=people_of(log),
        n_people=log.n_users,
        category_I=catalog.category_I,
        text_IV=text_of(catalog),
    )
