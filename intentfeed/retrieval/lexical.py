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

COMMON = 0.1
"""Words in more than this share of the items say little and cost most; they are left out (of a small shop, none)."""
FEW = 100
"""Items up to which no word is too common."""
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

    def scores_many(self, past_UI: Any) -> NDArray[np.float32]:
        """Return scores_UI of weighted histories (CSR [U, I]); a row depends on its own history only."""
        return np.asarray(((past_UI @ self.words_IV) @ self._items_VI).toarray(), dtype=np.float32)

    @cached_property
    def _items_VI(self) -> Any:  # noqa: N802
        return self.words_IV.T.tocsr()

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
