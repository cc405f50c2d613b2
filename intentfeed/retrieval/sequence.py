"""Our own towers as they serve: a small transformer in plain NumPy, whose sums are exact (see `tower_export.py`).

People are read from the vectors of the items they met last, with what they did and how long ago one of another; items
from text, id and place in the log, so that a new one is found by its text; tags through the same text encoder [ours].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ..data.catalog import Catalog
from ..types import History, TextEncoder
from .sequence_events import Sequence as Events
from .sequence_events import read_history
from .space import item_text
from .tower_export import laid
from .towers import LONGEST, Kind, load_arrays, on_grid, save_arrays

Float = NDArray[np.float64]
TEXT_FIELDS = ("title", "category", "brand", "description", "attributes")


class SequenceTowers:
    """A causal transformer over item vectors, and interest codes over its states (RecGPT-V2, 4.2).

    Arrays: `item_vectors` [I, D] on the grid, `own` [I, D] what of an item is not its text, `text` [T, D] from text to
    vector, `places`, `kinds` and `gaps`, the layers of each block, `last_…`, and `codes` [H - 1, D].
    """

    kind: ClassVar[Kind] = "sequence"

    def __init__(self, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any], encoder: TextEncoder) -> None:
        self._arrays, self._meta, self._encoder = dict(arrays), dict(meta), encoder
        large = ("item_vectors", "own")
        self._weights = {name: np.asarray(array, np.float64) for name, array in arrays.items() if name not in large}

    @property
    def dims(self) -> int:
        """Width of every vector."""
        return int(self.item_vectors.shape[1])

    @property
    def n_items(self) -> int:
        """Items that have a vector."""
        return len(self.item_vectors)

    @property
    def item_vectors(self) -> NDArray[np.float32]:
        """Vectors [I, D] of all items."""
        return self._arrays["item_vectors"]

    @property
    def temperature(self) -> float:
        """What a difference of scores is divided by to be one of log-odds."""
        return float(self._meta["temperature"]) * LONGEST**2

    def encode_users(self, histories: Sequence[History]) -> NDArray[np.float32]:
        """Return vectors_UHD: of what comes next, then of each code's interest; zeros for nobody."""
        vectors = np.zeros((len(histories), 1 + len(self._weights["codes"]), self.dims), dtype=np.float32)
        for row, history in enumerate(histories):  # one by one: the same in any company
            events = read_history(history, self.n_items, longest=self._meta["length"])
            if len(events):
                vectors[row] = on_grid(_unit(self._interests(self._states(events))))
        return vectors

    def states_of(self, history: History) -> Float:
        """Return the states [N, D] of what is read of a history, the newest last; none where nothing is."""
        events = read_history(history, self.n_items, longest=self._meta["length"])
        return self._states(events) if len(events) else np.zeros((0, self.dims))

    def encode_items(self, catalog: Catalog) -> NDArray[np.float32]:
        """Return vectors_ID of items as if they had never been seen: from their text alone."""
        return self.encode_text(item_text(self._encoder, catalog))

    def encode_tags(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors_TD of phrases; zero rows where no word is known."""
        return self.encode_text(self._encoder.encode(texts))

    def encode_text(self, text_NT: NDArray[np.float32], own_ND: NDArray[Any] | None = None) -> NDArray[np.float32]:
        """Return vectors_ND of text vectors and what is known beside them."""
        rows = [laid(row.astype(np.float64)) @ self._weights["text"] for row in text_NT]  # one by one, again
        vectors = np.array(rows).reshape(len(text_NT), self.dims) + (0 if own_ND is None else own_ND)
        return on_grid(_unit(vectors))

    def add_items(self, catalog: Catalog) -> Self:
        """Return towers with a vector for the rows of `catalog` beyond those they have."""
        new = Catalog(catalog.frame.slice(self.n_items))
        if not len(new):
            return self
        more = {"item_vectors": self.encode_items(new), "own": np.zeros((len(new), self.dims), dtype=np.float32)}
        return self._with({name: np.concatenate([self._arrays[name], rows]) for name, rows in more.items()})

    def updated(self, old: Catalog, new: Catalog) -> Self:
        """Return towers for `new`, which holds the rows of `old` in their places; what is an item's own stays."""
        before, after = old.frame.select(TEXT_FIELDS).rows(), new.frame.select(TEXT_FIELDS).head(len(old)).rows()
        changed = [row for row, (was, now) in enumerate(zip(before, after, strict=True)) if was != now]
        if not changed:
            return self.add_items(new)
        vectors = np.array(self.item_vectors)
        text = item_text(self._encoder, Catalog(new.frame[changed]))
        vectors[changed] = self.encode_text(text, self._arrays["own"][changed])
        return self._with({"item_vectors": vectors}).add_items(new)

    def without_users(self, user_ids: Sequence[str]) -> Self:
        """Return the towers themselves: they hold nothing under anybody's name."""
        del user_ids
        return self

    def save(self, folder: Path) -> None:
        """Write everything but the encoder into the folder."""
        save_arrays(folder, self.kind, self._arrays, self._meta)

    @classmethod
    def load(cls, folder: Path, encoder: TextEncoder) -> Self:
        """Read what `save` wrote."""
        return cls(*load_arrays(folder), encoder)

    def _states(self, events: Events) -> Float:
        """Return the last layer's states [N, D] of a person's events."""
        n, weights = len(events), self._weights
        vectors = np.asarray(self.item_vectors[events.item], dtype=np.float64) * (np.sqrt(self.dims) / LONGEST)
        states = vectors + weights["places"][-n:] + weights["kinds"][events.kind] + weights["gaps"][events.gap]
        before = np.where(np.tri(n, dtype=np.bool_), 0.0, -np.inf)
        for layer in range(self._meta["layers"]):
            states = self._block(f"blocks_{layer}", states, before)
        return self._normal("last", states)

    def _block(self, name: str, states: Float, before: Float) -> Float:
        heads = self._meta["heads"]
        mixed = self._linear(f"{name}_attend", self._normal(f"{name}_before", states))
        q, k, v = (part.reshape(len(states), heads, -1).swapaxes(0, 1) for part in np.split(mixed, 3, axis=1))
        weights = _softmax(q @ k.swapaxes(1, 2) / np.sqrt(q.shape[2]) + before)
        seen = laid(laid(weights) @ v).swapaxes(0, 1).reshape(states.shape)
        states = states + self._linear(f"{name}_join", seen)
        inner = _gelu(self._linear(f"{name}_widen", self._normal(f"{name}_between", states)))
        return states + self._linear(f"{name}_narrow", laid(inner))

    def _linear(self, name: str, states: Float) -> Float:
        return laid(states @ self._weights[f"{name}_weight"] + self._weights[f"{name}_bias"])

    def _normal(self, name: str, states: Float) -> Float:
        centred = states - states.mean(axis=1, keepdims=True)
        spread = np.sqrt(np.square(centred).mean(axis=1, keepdims=True) + 1e-5)
        return laid(centred / spread * self._weights[f"{name}_weight"] + self._weights[f"{name}_bias"])

    def _interests(self, states: Float) -> Float:
        """Return the person's vectors [H, D], not yet of length 1."""
        codes = self._weights["codes"]
        if not len(codes):
            return states[-1:]
        weights = _softmax(laid(states @ codes.T).T)
        return np.concatenate([states[-1:], laid(laid(weights) @ states)])

    def _with(self, arrays: Mapping[str, NDArray[Any]]) -> Self:
        return type(self)({**self._arrays, **arrays}, self._meta, self._encoder)


def _softmax(scores: Float) -> Float:
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    found: Float = weights / weights.sum(axis=-1, keepdims=True)
    return found


def _gelu(states: Float) -> Float:
    """Return the usual approximation by tanh, as the network was trained with."""
    found: Float = 0.5 * states * (1 + np.tanh(np.sqrt(2 / np.pi) * (states + 0.044715 * states**3)))
    return found


def _unit(vectors: Float) -> Float:
    lengths = np.sqrt(np.square(vectors).sum(axis=-1, keepdims=True))
    found: Float = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 1e-9)
    return found
