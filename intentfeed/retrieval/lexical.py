"""What reads like what was liked? Plain word matching, which a space of few dimensions blurs: TF-IDF, word by word.

A history is the weighted sum of its items' words; an item's score is the cosine's numerator with that sum.
"""

from __future__ import annotations

import zlib
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.catalog import Catalog
from ..types import TextEncoder
from .encode import SvdEncoder
from .sums import RowSum, entries, top

COMMON = 0.1
"""Words in more than this share of the items say little and cost most; they are left out (of a small shop, none)."""
FEW = 100
"""Items up to which no word is too common."""
LONGEST = 2_000
"""Items looked at of a word, those first that it says most of."""
BUDGET = 40_000
"""Entries of the words' lists that one search adds up; the words that say most come first."""
SPARE = 50
"""Items beyond those asked for that are scored exactly, so that what was left out of the sums decides little."""
TEXT = ("title", "category", "brand", "description", "attributes")


class Lexical:
    """The words of every item as unit rows; an encoder without words, or a catalogue without text, leaves it empty."""

    def __init__(self, words_IV: Any, prints_I: NDArray[np.uint32], columns_V: NDArray[np.int64]) -> None:
        self.words_IV = words_IV
        """CSR, float32."""
        self._prints_I = prints_I
        """Checksum of each item's text: tells which rows are out of date."""
        self._columns_V = columns_V
        """Columns of the encoder that are kept."""

    @classmethod
    def fit(cls, catalog: Catalog, encoder: TextEncoder) -> Lexical:
        """Return the words of a catalogue, weighed as the encoder weighs them."""
        from scipy.sparse import csr_matrix

        if not isinstance(encoder, SvdEncoder) or not encoder.vocabulary:
            empty = csr_matrix((len(catalog), 0), dtype=np.float32)
            return cls(empty, _prints(catalog), np.zeros(0, dtype=np.int64))
        rows = encoder.weigh_items(catalog)
        n_V = np.bincount(rows.indices, minlength=rows.shape[1])
        word_V = np.array([not term.startswith("#") for term in encoder.vocabulary])
        columns = np.flatnonzero(word_V & (n_V <= max(COMMON * len(catalog), FEW)))
        return cls(_unit(rows[:, columns]), _prints(catalog), columns)

    @property
    def n_items(self) -> int:
        """Items whose words are known."""
        return int(self.words_IV.shape[0])

    def updated(self, catalog: Catalog, encoder: TextEncoder) -> Lexical:
        """Return the words of a catalogue that holds the old rows in their places, changed texts and further items."""
        from scipy.sparse import vstack

        prints = _prints(catalog)
        n = min(len(prints), len(self._prints_I))
        stale = np.append(np.flatnonzero(prints[:n] != self._prints_I[:n]), np.arange(n, len(prints)))
        if not len(stale) or not isinstance(encoder, SvdEncoder):
            return self
        fresh = _unit(encoder.weigh_items(Catalog(catalog.frame[stale]))[:, self._columns_V])
        both = vstack([self.words_IV, fresh], format="csr")
        place = np.arange(len(prints))
        place[stale] = self.n_items + np.arange(len(stale))
        return Lexical(both[place], prints, self._columns_V)

    def asked(self, items: NDArray[np.int64], weights: NDArray[np.float64]) -> Wording:
        """Return what a weighted history asks of the items' words; unknown items add nothing."""
        known = (items >= 0) & (items < self.n_items)
        return Wording(self, items[known], weights[known])

    @cached_property
    def lists_VI(self) -> Any:  # noqa: N802
        """CSR: the items of each word; in a list longer than LONGEST those first that the word says most of."""
        lists = self.words_IV.T.tocsr()
        for word in np.flatnonzero(np.diff(lists.indptr) > LONGEST).tolist():
            some = slice(lists.indptr[word], lists.indptr[word + 1])
            order = np.argsort(-lists.data[some], kind="stable")
            lists.data[some], lists.indices[some] = lists.data[some][order], lists.indices[some][order]
        return lists

    def save(self, folder: Path) -> None:
        """Write `words.npz` and `words_prints.npz` into the folder."""
        from scipy.sparse import save_npz

        folder.mkdir(parents=True, exist_ok=True)
        save_npz(folder / "words.npz", self.words_IV, compressed=False)
        np.savez(folder / "words_prints.npz", prints=self._prints_I, columns=self._columns_V)

    @classmethod
    def load(cls, folder: Path) -> Lexical:
        """Read what `save` wrote."""
        from scipy.sparse import load_npz

        with np.load(folder / "words_prints.npz") as arrays:
            return cls(load_npz(folder / "words.npz").tocsr(), arrays["prints"], arrays["columns"])


class Wording:
    """The words of one history: which items have them, and how much of them any item has."""

    def __init__(self, lexical: Lexical, items: NDArray[np.int64], weights: NDArray[np.float64]) -> None:
        self._lexical = lexical
        self._asked = RowSum(lexical.words_IV, items, weights)

    def search(
        self, k: int, allowed_I: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Return the k items that share most words, best first, with their exact scores.

        Exact where the words' lists are short; else what stands at their heads: a word of very many items tells
        little, and an item of very many words has little of each.
        """
        order = np.lexsort((self._asked.columns, -self._asked.sums))
        words, weights = self._asked.columns[order], self._asked.sums[order]
        lists = self._lexical.lists_VI
        n_W = np.minimum(lists.indptr[words + 1] - lists.indptr[words], LONGEST)
        some = np.cumsum(n_W) <= BUDGET
        found = RowSum(lists, words[some].astype(np.int64), weights[some].astype(np.float64), LONGEST)
        rows, scores = found.columns, found.sums
        if allowed_I is not None:
            kept = allowed_I[rows]
            rows, scores = rows[kept], scores[kept]
        rows, _ = top(rows, scores, k + SPARE)
        return top(rows, self.score(rows), k)

    def score(self, rows: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return the exact scores of these items; 0 of those whose words are not known."""
        scores = np.zeros(len(rows), dtype=np.float32)
        if not len(self._asked.columns):
            return scores
        known = rows < self._lexical.n_items
        words_IV = self._lexical.words_IV
        asked_V = np.zeros(words_IV.shape[1])
        asked_V[self._asked.columns] = self._asked.sums
        columns, values, n_R = entries(words_IV, rows[known].astype(np.int64))
        group = np.repeat(np.arange(len(n_R)), n_R)
        scores[known] = np.bincount(group, weights=values * asked_V[columns], minlength=len(n_R))
        return scores


def _unit(rows: Any) -> Any:
    """Return the rows scaled to length 1; rows without a word stay empty."""
    from scipy.sparse import diags

    length = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    scale = np.divide(1, length, out=np.zeros_like(length), where=length > 0)
    return (diags(scale) @ rows).tocsr().astype(np.float32)


def _prints(catalog: Catalog) -> NDArray[np.uint32]:
    """Return a checksum of each item's text [I]."""
    rows = catalog.frame.select(TEXT).iter_rows()
    return np.array([zlib.crc32("\x1f".join(row).encode()) for row in rows], dtype=np.uint32)
