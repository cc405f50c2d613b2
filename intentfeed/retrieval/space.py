"""One space for items, people and tags: what the text says beside what the log says.

A vector has two halves. The text half comes from a `TextEncoder`. The log half comes from the leading directions of
who took what, weighed as EASE weighs them; where an item has little log, or none, ridge regression from the text
half fills in, so that an item is findable the minute its text arrives. Tags have text only and take the same bridge.

Vectors lie on a binary grid: products of such numbers add up without rounding, so that a score does not depend on
how many rows were multiplied at once, in which order, or by how many threads.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ..data.catalog import Catalog
from ..types import Interactions, Settings, TextEncoder
from .encode import SvdEncoder, unit_rows
from .evidence import EvidenceConfig, evidence
from .log_half import log_half, text_to_log

ITEM_GRID, QUERY_GRID = 2.0**11, 2.0**12
"""Item vectors are at most √2 long and query vectors at most 1, so 23 bits hold every partial sum exactly."""
CACHED_TAGS = 20_000
"""Tag vectors that are kept, the oldest going first; people share their tags."""


class SpaceConfig(Settings):
    """How the two halves are made and weighed."""

    dims: int = Field(default=128, ge=2)
    """Width of the log half."""
    ridge: float = Field(default=30.0, gt=0)
    """Regularisation of the log half; as in EASE, in events."""
    user_damping: float = Field(default=0.5, ge=0, le=1)
    """A person of n items counts n to the minus this."""
    bridge_ridge: float = Field(default=1.0, gt=0)
    """Regularisation of the regression from text to log."""
    borrowed: float = Field(default=3.0, ge=0)
    """Events that the prediction from text is worth beside an item's own."""
    text_share: float = Field(default=0.5, ge=0, le=1)
    """Weight of the text half in a query; the log half has the rest."""
    text_half_life: float = Field(default=1.0, gt=0)
    """Places in the history after which an item counts half, in the text half: what was looked for last."""
    log_half_life: float = Field(default=4.0, gt=0)
    """The same in the log half: what kind of person this is."""
    evidence: EvidenceConfig = EvidenceConfig(disliked=True)
    """What counts as taking up; a dislike is heeded where a person's own history is read."""


class Space:
    """Vectors of items, people and tags whose inner product says how well they go together [ours]."""

    def __init__(self, arrays: dict[str, NDArray[np.float32]], encoder: TextEncoder, config: SpaceConfig) -> None:
        self.item_vectors = arrays["item_vectors"]
        """[I, D]: text half, then log half; on the grid, at most √2 long."""
        self._pooled_IL = arrays["pooled"]
        """[I, L]: the log half of an item inside a history."""
        self._bridge_TL = arrays["bridge"]
        """[T, L]: from text to the log half of a history."""
        self._trust_I = arrays["trust"]
        """[I]: how far the log half is the item's own, the rest being predicted from its text."""
        self._lift = arrays["lift"]
        """[1]: from the log half of a history to that of an item, where nothing is known of the item."""
        self.encoder = encoder
        self.config = config
        self._tags: dict[str, NDArray[np.float32]] = {}

    @classmethod
    def fit(cls, catalog: Catalog, log: Interactions, encoder: TextEncoder, config: SpaceConfig | None = None) -> Space:
        """Return the space of a catalogue and its log; either may be empty of text or of events."""
        config = config or SpaceConfig()
        text_IT = item_text(encoder, catalog)
        found = evidence(log, config.evidence)
        n_I = np.bincount(found.item, minlength=len(catalog)).astype(np.float32)
        own_IL, explained_I = log_half(found, config)
        bridge_TL = text_to_log(text_IT, own_IL, n_I, config)
        trust_I = (n_I / np.maximum(n_I + config.borrowed, 1e-9)).astype(np.float32)
        pooled_IL = trust_I[:, None] * own_IL + (1 - trust_I[:, None]) * (text_IT @ bridge_TL)
        lift_I = (1 / (1 - np.minimum(explained_I, 0.9))).astype(np.float32)
        longest = float((np.sqrt((pooled_IL**2).sum(axis=1)) * lift_I).max(initial=0)) or 1.0
        item_vectors, pooled_IL = cls._rows(text_IT, pooled_IL, lift_I[:, None] / longest)
        arrays = {
            "item_vectors": item_vectors,
            "pooled": pooled_IL,
            "trust": trust_I,
            "bridge": bridge_TL,
            "lift": np.array([1 / longest], dtype=np.float32),
        }
        return cls(arrays, encoder, config)

    @property
    def n_items(self) -> int:
        """Items that have a vector."""
        return len(self.item_vectors)

    @property
    def dims(self) -> int:
        """Width of the vectors."""
        return int(self.item_vectors.shape[1])

    @property
    def text_dims(self) -> int:
        """Width of the text half, which comes first."""
        return len(self._bridge_TL)

    @cached_property
    def text_vectors(self) -> NDArray[np.float32]:
        """Text half of the item vectors [I, T]."""
        return np.ascontiguousarray(self.item_vectors[:, : len(self._bridge_TL)])

    @cached_property
    def log_vectors(self) -> NDArray[np.float32]:
        """Log half of the item vectors [I, L]."""
        return np.ascontiguousarray(self.item_vectors[:, len(self._bridge_TL) :])

    def with_text_share(self, share: float) -> Space:
        """Return the space with another weight of the text half in its queries."""
        return Space(self._arrays(), self.encoder, self.config.model_copy(update={"text_share": share}))

    def encode_users(
        self, histories: Sequence[Sequence[int]], weights: Sequence[Sequence[float]] | None = None
    ) -> NDArray[np.float32]:
        """Return vectors_UD of histories, oldest first: weighted means of their items, the newest counting most.

        Someone without events gets the zero vector. Each row depends on its own history only.
        """
        text_UT, log_UL = self.encode_halves(histories, weights)
        return self._query(text_UT, log_UL)

    def encode_halves(
        self, histories: Sequence[Sequence[int]], weights: Sequence[Sequence[float]] | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the two halves of the histories, each of length 1 or 0 and on the grid, before they are weighed."""
        return self.encode_half(0, histories, weights), self.encode_half(1, histories, weights)

    def encode_half(
        self,
        half: int,
        histories: Sequence[Sequence[int]],
        weights: Sequence[Sequence[float]] | None = None,
        *,
        half_life: float | None = None,
    ) -> NDArray[np.float32]:
        """Return the text half (0) or the log half (1) of the histories alone."""
        half_life = half_life or (self.config.log_half_life if half else self.config.text_half_life)
        past = decayed(histories, weights, half_life, self.n_items)
        rows, values = past.indices, past.data[:, None]  # rows that are not there are let lie on disk
        vectors = self._pooled_IL[rows] if half else self.item_vectors[rows, : self.text_dims]
        sums = [(values[lo:hi] * vectors[lo:hi]).sum(axis=0) for lo, hi in pairwise(past.indptr.tolist())]
        return _on_grid(unit_rows(np.array(sums).reshape(len(histories), vectors.shape[1])), QUERY_GRID)

    def encode_tags(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors_TD of phrases: their text, and what the log says of items with such text."""
        found = {text: self._tags.get(text) for text in texts}  # what another thread lets go meanwhile is kept here
        fresh = [text for text, row in found.items() if row is None]
        if fresh:
            text_T = self.encoder.encode(fresh)
            log_T = np.vstack([row[None] @ self._bridge_TL for row in text_T])  # one by one: the same in any company
            for text, row in zip(fresh, self._query(text_T, log_T), strict=True):
                found[text] = self._tags[text] = row
        rows = [found[text] for text in texts]
        if len(self._tags) > CACHED_TAGS:
            for text in list(self._tags)[:-CACHED_TAGS]:
                self._tags.pop(text, None)
        return np.array(rows, dtype=np.float32).reshape(len(texts), self.dims)

    def add_items(self, catalog: Catalog) -> Space:
        """Return the space with vectors for the rows of `catalog` beyond those it has, from their text alone."""
        new = Catalog(catalog.frame.slice(self.n_items))
        text_IT = item_text(self.encoder, new)
        vectors, pooled = self._rows(text_IT, text_IT @ self._bridge_TL, np.full((len(new), 1), self._lift))
        more = {"item_vectors": vectors, "pooled": pooled, "trust": np.zeros(len(new), dtype=np.float32)}
        arrays = {name: np.concatenate([array, more[name]]) if name in more else array
                  for name, array in self._arrays().items()}  # fmt: skip
        return Space(arrays, self.encoder, self.config)

    def updated(self, old: Catalog, new: Catalog) -> Space:
        """Return the space for `new`, which holds the rows of `old` in their places: changed text and further items.

        What the log says of an item stays; the share that was predicted from its old text is predicted anew.
        """
        fields = [name for name in new.frame.columns if name not in ("price", "short", "status")]
        before, after = old.frame.select(fields), new.frame.select(fields).head(len(old))
        changed = [row for row, (was, now) in enumerate(zip(before.rows(), after.rows(), strict=True)) if was != now]
        retold = self._retold(new, changed) if changed else self
        return retold.add_items(new) if len(new) > self.n_items else retold

    def save(self, folder: Path) -> None:
        """Write one `.npy` an array, and `space.json`, into the folder; the encoder is saved by its owner."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, array in self._arrays().items():
            np.save(folder / f"space_{name}.npy", array)
        (folder / "space.json").write_text(self.config.model_dump_json())

    @classmethod
    def load(cls, folder: Path, encoder: TextEncoder) -> Space:
        """Read what `save` wrote; the arrays stay on disk until they are touched."""
        config = SpaceConfig(**json.loads((folder / "space.json").read_text()))
        names = ("item_vectors", "pooled", "trust", "bridge", "lift")
        return cls({name: np.load(folder / f"space_{name}.npy", mmap_mode="r") for name in names}, encoder, config)

    def _arrays(self) -> dict[str, NDArray[np.float32]]:
        return {
            "item_vectors": self.item_vectors,
            "pooled": self._pooled_IL,
            "trust": self._trust_I,
            "bridge": self._bridge_TL,
            "lift": self._lift,
        }

    def _query(self, text: NDArray[np.float32], log: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return query vectors of the two halves, at most 1 long, on the grid."""
        share = self.config.text_share
        return _on_grid(np.hstack([share * unit_rows(text), (1 - share) * unit_rows(log)]), QUERY_GRID)

    @staticmethod
    def _rows(
        text_IT: NDArray[np.float32], pooled_IL: NDArray[np.float32], lift_I1: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return item vectors and their log half inside a history."""
        log_IL = pooled_IL * lift_I1
        log_IL /= np.maximum(np.sqrt((log_IL**2).sum(axis=1, keepdims=True)), 1)
        return _on_grid(np.hstack([text_IT, log_IL]), ITEM_GRID), pooled_IL.astype(np.float32)

    def _retold(self, catalog: Catalog, rows: list[int]) -> Space:
        """Return the space with the text half of `rows` made anew."""
        n_text = len(self._bridge_TL)
        arrays = {name: np.array(array) for name, array in self._arrays().items()}
        old_T = arrays["item_vectors"][rows, :n_text]
        new_T = item_text(self.encoder, Catalog(catalog.frame[rows]))
        shift = (1 - arrays["trust"][rows, None]) * ((new_T - old_T) @ self._bridge_TL)
        arrays["pooled"][rows] += shift
        log_IL = arrays["item_vectors"][rows, n_text:] + shift * self._lift
        log_IL /= np.maximum(np.sqrt((log_IL**2).sum(axis=1, keepdims=True)), 1)
        arrays["item_vectors"][rows] = _on_grid(np.hstack([new_T, log_IL]), ITEM_GRID)
        return Space(arrays, self.encoder, self.config)


def item_text(encoder: TextEncoder, catalog: Catalog) -> NDArray[np.float32]:
    """Return the text vectors of a catalogue's items; a plain encoder reads title, category and brand as one text."""
    if isinstance(encoder, SvdEncoder):
        return encoder.encode_items(catalog)
    columns = (catalog.titles, catalog.frame["category"].to_list(), catalog.frame["brand"].to_list())
    return unit_rows(encoder.encode([" ".join(part for part in row if part) for row in zip(*columns, strict=True)]))


def decayed(
    histories: Sequence[Sequence[int]], weights: Sequence[Sequence[float]] | None, half_life: float, n_items: int
) -> Any:
    """Return CSR [U, I] of the histories' items, each `half_life` places back counting half; unknown rows left out."""
    from scipy.sparse import csr_matrix

    lengths = np.array([len(items) for items in histories], dtype=np.int64)
    user = np.repeat(np.arange(len(histories)), lengths)
    item = np.fromiter((item for items in histories for item in items), dtype=np.int64, count=len(user))
    places_back = np.repeat(np.cumsum(lengths), lengths) - 1 - np.arange(len(user))
    value = 0.5 ** (places_back / half_life)
    if weights is not None:
        value = value * np.fromiter((w for row in weights for w in row), dtype=np.float64, count=len(user))
    known = (item >= 0) & (item < n_items) & (value > 1e-6)
    ends = np.cumsum(np.bincount(user[known], minlength=len(histories)))
    rows = (value[known].astype(np.float32), item[known], np.concatenate([[0], ends]))
    return csr_matrix(rows, shape=(len(histories), n_items))


def _on_grid(vectors: NDArray[np.float32], grid: float) -> NDArray[np.float32]:
    """Return the vectors rounded toward zero onto the grid, so that none grows longer."""
    return np.asarray(np.trunc(vectors * grid) / grid, dtype=np.float32)
