"""The three towers of RecGPT-V1, 7.1, as they serve: lookups, means and a few exact matrix products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ..data.catalog import Catalog
from ..types import Action, History, TextEncoder
from .encode import words
from .features import ItemFeatures
from .paper_events import Events, name_key, readable
from .tower_export import layers_in, mean_rows, through
from .towers import Kind, load_arrays, on_grid, save_arrays

MAX_CHARS = 200
"""Of a tag, the rest being cut off."""
CHUNK = 1_024
"""Users encoded at once; changes no result."""


class PaperTowers:
    """User, item and tag tower over shared tables [RecGPT-V1, 7.1; sizes U25, shared tables U27].

    Arrays, code 0 being the stranger in each table: `user_table`, `item_table`, `field_table` of each feature, `words`
    of tags; the layers `item_…`, `user_…`, `tag_…`; `item_codes` [I, 1 + F], the id's code, then the features'; and
    `item_vectors`, made from them, on the grid.
    """

    kind: ClassVar[Kind] = "paper"

    def __init__(self, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> None:
        self._arrays, self._meta = dict(arrays), dict(meta)
        self.features = ItemFeatures.of(meta["features"])
        self.behaviours: tuple[Action, ...] = tuple(meta["behaviours"])
        self._layers = {name: layers_in(name, arrays) for name in ("item", "user", "tag")}
        self._word = {word: row for row, word in enumerate(meta["words"], start=1)}
        self._category = [column.name for column in self.features.columns].index("category")

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
        scales = self._meta["item_scale"] * self._meta["query_scale"]
        return float(self._meta.get("temperature") or 1.0) * float(scales)

    def encode_users(self, histories: Sequence[History]) -> NDArray[np.float32]:
        """Return vectors_UHD, with H = 1: h_u of each history, zeros for nobody."""
        vectors = np.zeros((len(histories), 1, self.dims), dtype=np.float32)
        for lo in range(0, len(histories), CHUNK):
            some = histories[lo : lo + CHUNK]
            kept = [readable(history, self.n_items) for history in some]
            known = np.array([keep.any() for keep in kept], dtype=np.bool_)
            states = self.user_states(some, kept)
            vectors[lo : lo + len(some), 0] = np.where(known[:, None], self._queries(states), 0)
        return vectors

    def encode_items(self, catalog: Catalog) -> NDArray[np.float32]:
        """Return vectors_ID of items as if they had never been seen: without id and sales."""
        return self.item_rows(self._new_codes(catalog))

    def encode_tags(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors_TD of phrases; zero rows where no word is known."""
        states, known = self.tag_states(texts)
        return np.where(known[:, None], self._queries(states), np.float32(0))

    def add_items(self, catalog: Catalog) -> Self:
        """Return towers with a vector for the rows of `catalog` beyond those they have."""
        new = Catalog(catalog.frame.slice(self.n_items))
        if not len(new):
            return self
        codes = self._new_codes(new)
        vectors = self.item_rows(codes)
        more = {"item_codes": codes, "item_vectors": vectors}
        return self._with({name: np.concatenate([self._arrays[name], rows]) for name, rows in more.items()})

    def updated(self, old: Catalog, new: Catalog) -> Self:
        """Return towers for `new`, which holds the rows of `old` in their places; id and sales of an item stay."""
        before, after = self.features.codes(old), self.features.codes(new)
        changed = np.flatnonzero((before != after[: len(old)]).any(axis=1))
        if not len(changed):
            return self.add_items(new)
        kept = [place for place, column in enumerate(self.features.columns, start=1) if column.name == "sales"]
        codes, vectors = np.array(self._arrays["item_codes"]), np.array(self.item_vectors)
        fresh = np.concatenate([codes[changed, :1], after[changed]], axis=1)
        fresh[:, kept] = codes[changed][:, kept]
        codes[changed] = fresh
        vectors[changed] = self.item_rows(fresh)
        return self._with({"item_codes": codes, "item_vectors": vectors}).add_items(new)

    def without_users(self, user_ids: Sequence[str]) -> Self:
        """Return towers for which these people are strangers."""
        gone = np.array([name_key(user_id) for user_id in user_ids], dtype=np.uint64)
        stay = ~np.isin(self._arrays["user_keys"], gone)
        table = self._arrays["user_table"]
        return self._with({"user_keys": self._arrays["user_keys"][stay], "user_table": table[np.r_[True, stay]]})

    def save(self, folder: Path) -> None:
        """Write everything into the folder."""
        save_arrays(folder, self.kind, self._arrays, self._meta)

    @classmethod
    def load(cls, folder: Path, encoder: TextEncoder) -> Self:
        """Read what `save` wrote; no text encoder is needed, words have a table of their own."""
        del encoder
        return cls(*load_arrays(folder))

    # States: what the towers give before they are scaled and laid on the grid

    def user_states(self, histories: Sequence[History], kept: Sequence[NDArray[np.bool_]]) -> NDArray[np.float64]:
        """Return h_u [U, D] of what counts of each history."""
        lengths = [int(keep.sum()) for keep in kept]
        user = np.repeat(np.arange(len(histories)), lengths)
        item = np.concatenate([np.zeros(0, np.int32), *(h.item[keep] for h, keep in zip(histories, kept, strict=True))])
        action = np.concatenate([np.zeros(0, np.int8), *(h.action[k] for h, k in zip(histories, kept, strict=True))])
        events = Events.of(user, item, action, n_users=len(histories), behaviours=self.behaviours)
        rows, owner = events.before(np.arange(len(histories)), None, self._meta["max_events"])
        return self.pooled_states(self._user_rows([history.user_id for history in histories]), rows, owner)

    def pooled_states(
        self, users_U: NDArray[np.int64], rows: NDArray[np.int64], owner: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return h_u [U, D] of rows of the table of users and of `Events.before`'s answer."""
        codes, n = self._arrays["item_codes"], len(users_U) * max(len(self.behaviours), 1)
        pooled = [
            mean_rows(self._arrays["item_table"], codes[rows, 0], owner, n),
            mean_rows(self._field(self._category), codes[rows, 1 + self._category], owner, n),
        ]
        slots = np.concatenate(pooled, axis=1).reshape(len(users_U), -1)
        ids = self._arrays["user_table"][users_U]
        return through(np.concatenate([ids.astype(np.float64), slots], axis=1), self._layers["user"])

    def item_rows(self, codes_IF: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return h_v [I, D] of codes, scaled and on the grid."""
        return on_grid(self._ended(self.item_states(codes_IF)), self._meta["item_scale"])

    def item_states(self, codes_IF: NDArray[np.int32]) -> NDArray[np.float64]:
        """Return h_v [I, D] of codes: the id's, then those of the features."""
        parts = [self._arrays["item_table"][codes_IF[:, 0]]]
        parts += [self._field(place)[codes_IF[:, 1 + place]] for place in range(len(self.features.columns))]
        return through(np.concatenate(parts, axis=1), self._layers["item"])

    def tag_states(self, texts: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return h_t [T, D], and of which phrases any word is known."""
        rows = [self.word_rows(text) for text in texts]
        owner = np.repeat(np.arange(len(texts)), [len(row) for row in rows])
        flat = np.array([word for row in rows for word in row], dtype=np.int64)
        means = mean_rows(self._arrays["words"], flat, owner, len(texts))
        return through(means, self._layers["tag"]), np.bincount(owner, minlength=len(texts)) > 0

    def word_rows(self, text: str) -> list[int]:
        """Return the rows of a phrase's known words in the table of words."""
        return [self._word[word] for word in words(text[:MAX_CHARS]) if word in self._word]

    def _queries(self, states: NDArray[np.float64]) -> NDArray[np.float32]:
        return on_grid(self._ended(states), self._meta["query_scale"])

    def _ended(self, states: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the states as they are multiplied: as printed, or of length 1 where they were trained so (U26)."""
        if not self._meta["unit"]:
            return states
        length: NDArray[np.float64] = np.sqrt(np.square(states).sum(axis=1, keepdims=True))
        return states / np.maximum(length, 1e-12)

    def _field(self, place: int) -> NDArray[np.float32]:
        return self._arrays[f"field_table{place}"]

    def _new_codes(self, catalog: Catalog) -> NDArray[np.int32]:
        codes = self.features.codes(catalog)
        return np.concatenate([np.zeros((len(catalog), 1), dtype=np.int32), codes], axis=1)

    def _user_rows(self, user_ids: Sequence[str]) -> NDArray[np.int64]:
        """Return the row of each person in the table of users; 0 for strangers."""
        keys = self._arrays["user_keys"]
        asked = np.array([name_key(user_id) for user_id in user_ids], dtype=np.uint64)
        at = np.searchsorted(keys, asked)
        found = (at < len(keys)) & (np.take(keys, np.minimum(at, len(keys) - 1)) == asked if len(keys) else False)
        return np.where(found, at + 1, 0)

    def _with(self, arrays: Mapping[str, NDArray[Any]]) -> Self:
        return type(self)({**self._arrays, **arrays}, self._meta)
