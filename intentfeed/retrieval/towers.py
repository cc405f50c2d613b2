"""Trained towers: people, items and tags as vectors whose inner product says how well they go together.

The contract that every trained encoder keeps, and what all of them share: the grid, the scores of several interests,
the files. Serving needs NumPy and nothing else; what trains them is imported by whoever trains (`fit_towers.py`).

Training fits one space by contrast (RecGPT-V1, 7): h_u · h_v says what a person takes up, h_t · h_v what a tag means.
Both are scored against the same item vectors, so β h_u + (1 - β) h_t asks for both at once (`fuse.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, Self, get_args, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ..data.catalog import Catalog
from ..errors import DataError
from ..types import History, TextEncoder

Kind = Literal["paper", "sequence"]
KINDS: tuple[Kind, ...] = get_args(Kind)
GRID = 2.0**12
"""Vectors are multiples of 1 / GRID and shorter than 1: 24 bits hold every partial sum of a product exactly."""
LONGEST = 0.99
"""Longest vector before it is laid on the grid, which may lengthen it a little."""


@runtime_checkable
class Towers(Protocol):
    """Encoders of users, items and tags that were trained together, ready to serve.

    - Vectors are float32 on the grid (`on_grid`): scores depend neither on batch size, company nor thread count.
    - One scale for all queries and one for all items: scores of two people, or of a person and a tag, are comparable
      as far as the training made them so, and β-fusion keeps its meaning.
    - A row number names an item; nothing is changed in place: what changes returns new towers.
    """

    kind: ClassVar[Kind]

    @property
    def dims(self) -> int:
        """Width of every vector."""
        ...

    @property
    def n_items(self) -> int:
        """Items that have a vector."""
        ...

    @property
    def item_vectors(self) -> NDArray[np.float32]:
        """Vectors [I, D] of all items, those added later included; memory-mapped after `load`."""
        ...

    @property
    def temperature(self) -> float:
        """What a difference of two scores of one query is divided by to be one of log-odds, as in the training."""
        ...

    def encode_users(self, histories: Sequence[History]) -> NDArray[np.float32]:
        """Return vectors_UHD: H interest vectors a user, as many for everybody; the paper's towers have H = 1.

        Somebody without any event that can be read gets zero rows; nobody else has any. `user_id` may be one that the
        training knew, any other or ''. Each user's vectors depend on their own history only, to the last bit.
        Items of a history that have no vector (row -1, or beyond the last) are passed over.
        """
        ...

    def encode_items(self, catalog: Catalog) -> NDArray[np.float32]:
        """Return vectors_ID of items as if they had never been seen: from their text and attributes alone."""
        ...

    def encode_tags(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors_TD of phrases; zero rows where no word is known."""
        ...

    def add_items(self, catalog: Catalog) -> Self:
        """Return towers with a vector for the rows of `catalog` beyond those they have."""
        ...

    def updated(self, old: Catalog, new: Catalog) -> Self:
        """Return towers for `new`, which holds the rows of `old` in their places: changed fields and further items."""
        ...

    def without_users(self, user_ids: Sequence[str]) -> Self:
        """Return towers that hold nothing under these people's names; for them, they are strangers from then on."""
        ...

    def save(self, folder: Path) -> None:
        """Write everything but the encoder into `folder`, with `save_arrays`."""
        ...

    @classmethod
    def load(cls, folder: Path, encoder: TextEncoder) -> Self:
        """Read what `save` wrote; large arrays stay on disk until they are touched."""
        ...


def load_towers(folder: Path, encoder: TextEncoder) -> Towers:
    """Return the towers that `save` wrote into a folder, of whichever kind; `encoder` is that of their training.

    Raises:
        DataError: the folder holds no towers, or of a kind that this version does not know.
    """
    kind = _meta(folder).get("kind")
    if kind == "paper":
        from .paper_towers import PaperTowers

        return PaperTowers.load(folder, encoder)
    if kind == "sequence":
        from .sequence import SequenceTowers

        return SequenceTowers.load(folder, encoder)
    raise DataError(f"{folder} holds towers of kind {kind!r}, known are {', '.join(KINDS)}: train them anew")


def interest_scores(users_UHD: NDArray[np.float32], items_ID: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return scores_UI: what an item is to that interest of each person which it answers best (RecGPT-V2, 4.2).

    Memory: U × H × I floats; callers cut the users.
    """
    n_users, n_interests, dims = users_UHD.shape
    scores: NDArray[np.float32] = users_UHD.reshape(n_users * n_interests, dims) @ items_ID.T
    if n_interests > 1:
        scores = scores.reshape(n_users, n_interests, -1).max(axis=1)
    return scores


def on_grid(vectors: NDArray[Any], scale: float = 1.0) -> NDArray[np.float32]:
    """Return the vectors times `scale` on the grid; those longer than LONGEST are shortened, their direction kept.

    A row's result does not depend on the other rows.
    """
    scaled = np.ascontiguousarray(vectors, dtype=np.float64) * scale
    length = np.sqrt(np.square(scaled).sum(axis=-1, keepdims=True))
    laid = np.round(scaled * (LONGEST / np.maximum(length, LONGEST)) * GRID) / GRID
    return np.asarray(laid, dtype=np.float32)


def scale_of(vectors: NDArray[Any]) -> float:
    """Return what a set of vectors is multiplied by so that the longest just fits the grid; 1 for none or zeros."""
    lengths = np.sqrt(np.square(np.asarray(vectors, dtype=np.float64)).sum(axis=-1))
    longest = float(lengths.max(initial=0.0))
    return LONGEST / longest if longest > 0 else 1.0


def save_arrays(folder: Path, kind: Kind, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> None:
    """Write one `.npy` an array, which can be memory-mapped, and `towers.json` with the kind and plain values."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"towers_{name}.npy", array)
    text = json.dumps({**meta, "kind": kind, "arrays": sorted(arrays)}, ensure_ascii=False)
    (folder / "towers.json").write_text(text, encoding="utf-8")


def load_arrays(folder: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return what `save_arrays` wrote: the arrays, still on disk until they are touched, and the plain values."""
    meta = _meta(folder)
    return {name: np.load(folder / f"towers_{name}.npy", mmap_mode="r") for name in meta["arrays"]}, meta


def _meta(folder: Path) -> dict[str, Any]:
    path = folder / "towers.json"
    if not path.exists():
        raise DataError(f"{folder} holds no towers: train them with `intentfeed train towers`")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
