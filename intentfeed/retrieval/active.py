"""The active-intent-aware collaborative score: what would this person take up who has just said what they want?

RecBot's s_aia(i) (5.2), served in plain NumPy with exact sums (see `tower_export.py`). The transformer of the sequence
towers reads the history; what was said picks the part of it that matters and turns the person's vector. Items have,
beside their own vector, one that intents alone look at [ours]. Who says nothing is asked with a learnt null intent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from ..data.catalog import Catalog
from ..errors import DataError
from ..types import History, TextEncoder
from .sequence import TEXT_FIELDS, SequenceTowers
from .space import item_text
from .sums import top
from .tower_export import laid
from .towers import on_grid

Float = NDArray[np.float64]
HEAD, FACING, OWN = "active.npz", "active_facing.npy", "active_own.npy"
META = "active.json"
MOST_TEXTS = 64
"""Texts of an intent that are read, the newest: what says more says nothing clearly."""


class ActiveIntent(Protocol):
    """Scores items for a person who may have said what they want; the texts are wanted things, the newest last."""

    def scores(self, history: History, intent_texts: Sequence[str], rows: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return the exact scores of these rows; without texts, or with none that is understood, of the null intent."""
        ...

    def search(
        self, history: History, intent_texts: Sequence[str], k: int, mask: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Return the k best rows where `mask` allows, with their scores, equal ones in row order."""
        ...


class ActiveTowers:
    """A transformer over the history, a network that reads intents, and attention between them.

    Arrays: `read_w`, `read_b` from a text to its part of an intent and `ask_w`, `ask_b` from their mean to q; `null`
    [D] the q of silence, `nobody` [D] the state before the first event; `query`, `key`, `value` of the attention over
    states, `gate` [3 D, D] and `gate_b`, `turn` [D, D], `last_w`, `last_b`; and for the further item vectors `text`
    [T, S], `look` [D, S] and `weight` [1].
    """

    def __init__(
        self,
        base: SequenceTowers,
        head: Mapping[str, NDArray[np.float32]],
        facing: NDArray[np.float32],
        own: NDArray[np.float32],
        encoder: TextEncoder,
    ) -> None:
        self._base, self._head, self._facing, self._own, self._encoder = base, dict(head), facing, own, encoder
        self._weights = {name: np.asarray(array, np.float64) for name, array in head.items()}

    @property
    def n_items(self) -> int:
        """Items that can be scored."""
        return self._base.n_items

    @property
    def temperature(self) -> float:
        """What a difference of two scores is divided by to be one of log-odds, as in the training."""
        return self._base.temperature

    def scores(self, history: History, intent_texts: Sequence[str], rows: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return the scores of these rows; without texts, or with none that is understood, of the null intent.

        A row without a vector, beyond the last item, scores 0.
        """
        known = (rows >= 0) & (rows < self.n_items)
        found = np.zeros(len(rows), dtype=np.float32)
        found[known] = self._scores(*self.queries(history, [intent_texts]), rows[known])[0]
        return found

    def search(
        self, history: History, intent_texts: Sequence[str], k: int, mask: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Return the k best rows where `mask` allows, with their scores, equal ones in row order."""
        if mask is None:
            return top(np.arange(self.n_items, dtype=np.int32), self.scores_many(history, [intent_texts])[0], k)
        rows = np.flatnonzero(mask).astype(np.int32)
        return top(rows, self.scores(history, intent_texts, rows), k)

    def scores_many(self, history: History, intents: Sequence[Sequence[str]]) -> NDArray[np.float32]:
        """Return scores_QI of all items for several intents of one person, whose history is read once."""
        return self._scores(*self.queries(history, intents), None)

    def queries(
        self, history: History, intents: Sequence[Sequence[str]]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the person's vectors_QD under each intent, and what the intent looks for itself, vectors_QS."""
        states = np.concatenate([self._weights["nobody"][None], self._base.states_of(history)])
        asked = [self._intent(texts) for texts in intents]
        turned = [self._turned(states, self._weights["null"] if q is None else q) for q in asked]
        looks = np.zeros((len(asked), self._facing.shape[1]))
        for row, q in enumerate(asked):
            if q is not None and looks.shape[1]:
                looks[row] = _unit(laid(q @ self._weights["look"]))
        return on_grid(_unit(np.array(turned).reshape(len(asked), -1))), on_grid(looks)

    def add_items(self, catalog: Catalog) -> Self:
        """Return the same with a vector for the rows of `catalog` beyond those it has."""
        new = Catalog(catalog.frame.slice(self.n_items))
        if not len(new):
            return self
        none = np.zeros((len(new), self._facing.shape[1]), dtype=np.float32)
        facing = np.concatenate([self._facing, self._faces(new, none)])
        return self._with(self._base.add_items(catalog), facing, np.concatenate([self._own, none]))

    def updated(self, old: Catalog, new: Catalog) -> Self:
        """Return the same for `new`, which holds the rows of `old` in their places; what is an item's own stays."""
        before, after = old.frame.select(TEXT_FIELDS).rows(), new.frame.select(TEXT_FIELDS).head(len(old)).rows()
        changed = [row for row, (was, now) in enumerate(zip(before, after, strict=True)) if was != now]
        facing = np.array(self._facing)
        if changed:
            facing[changed] = self._faces(Catalog(new.frame[changed]), self._own[changed])
        stood = self._with(self._base.updated(old, Catalog(new.frame.head(len(old)))), facing, self._own)
        return stood.add_items(new)

    def save(self, folder: Path) -> None:
        """Write everything but the encoder into the folder."""
        self._base.save(folder)
        np.savez(folder / HEAD, **dict(sorted(self._head.items())))  # type: ignore[arg-type]
        np.save(folder / FACING, self._facing)
        np.save(folder / OWN, self._own)
        (folder / META).write_text(json.dumps({"kind": "active"}) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, encoder: TextEncoder) -> Self:
        """Read what `save` wrote; large arrays stay on disk until they are touched.

        Raises:
            DataError: the folder holds none.
        """
        if not (folder / META).exists():
            raise DataError(f"{folder} holds no active towers: train them with `intentfeed train active`")
        with np.load(folder / HEAD) as arrays:
            head = {name: arrays[name] for name in arrays.files}
        facing, own = (np.load(folder / name, mmap_mode="r") for name in (FACING, OWN))
        return cls(SequenceTowers.load(folder, encoder), head, facing, own, encoder)

    def _scores(
        self, users_QD: NDArray[np.float32], looks_QS: NDArray[np.float32], rows: NDArray[np.int32] | None
    ) -> NDArray[np.float32]:
        """Return scores_QI: each product is exact on the grid, and so is their sum, which is rounded once."""
        items_ID = self._base.item_vectors if rows is None else self._base.item_vectors[rows]
        found = (users_QD @ items_ID.T).astype(np.float64)
        if looks_QS.any():
            facing_IS = self._facing if rows is None else self._facing[rows]
            found += self._weights["weight"][0] * (looks_QS @ facing_IS.T)
        return found.astype(np.float32)

    def _intent(self, texts: Sequence[str]) -> Float | None:
        """Return q of what was said; None where nothing of it is understood."""
        told = [text for text in texts if text.strip()][-MOST_TEXTS:]
        vectors = [self._encoder.encode([text])[0].astype(np.float64) for text in told]  # one by one: in any company
        parts = [self._reads(vector) for vector in vectors if vector.any()]
        if not parts:
            return None
        return laid(laid(np.mean(parts, axis=0)) @ self._weights["ask_w"] + self._weights["ask_b"])

    def _reads(self, text: Float) -> Float:
        return np.maximum(laid(laid(text) @ self._weights["read_w"] + self._weights["read_b"]), 0)

    def _turned(self, states: Float, q: Float) -> Float:
        """Return the vector [D] of a person with these states [N, D] who asks for q [D]."""
        weights, newest = self._weights, states[-1]
        dims = len(newest)
        match = laid(states @ weights["key"]) @ laid(q @ weights["query"]) / np.sqrt(dims)
        shares = np.exp(match - match.max())
        seen = laid(laid(shares / shares.sum()) @ laid(states @ weights["value"]))
        gate = 1 / (1 + np.exp(-laid(np.concatenate([seen, newest, q]) @ weights["gate"] + weights["gate_b"])))
        mixed = newest + seen + gate * laid(q @ weights["turn"])
        centred = mixed - mixed.mean()
        spread = np.sqrt(np.square(centred).mean() + 1e-5)
        return laid(centred / spread * weights["last_w"] + weights["last_b"])

    def _faces(self, catalog: Catalog, own_NS: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the vectors that intents look at, of items with this text and what is known beside it."""
        texts = item_text(self._encoder, catalog)
        rows = [laid(row.astype(np.float64)) @ self._weights["text"] for row in texts]
        return on_grid(_unit(np.array(rows).reshape(len(texts), -1) + own_NS))

    def _with(self, base: SequenceTowers, facing: NDArray[np.float32], own: NDArray[np.float32]) -> Self:
        return type(self)(base, self._head, facing, own, self._encoder)


def _unit(vectors: Float) -> Float:
    lengths = np.sqrt(np.square(vectors).sum(axis=-1, keepdims=True))
    found: Float = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 1e-9)
    return found
