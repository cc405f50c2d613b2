"""What an item can be told by: the words of its title, its leaf category, its brand and its attributes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from functools import cached_property, lru_cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .catalog import Catalog
from .item_table import plain
from .key_attributes import key_attributes
from .script import is_spaceless, joined
from .sorting import Ints
from .title_words import EDGES, TitleWords, leaf_texts, title_words
from .tokens import count_tokens


@dataclass(frozen=True)
class ItemParts:
    """What is known of all items before their texts are put together."""

    catalog: Catalog
    _: KW_ONLY
    budget_tokens: int
    """These are as in ShortConfig."""
    min_share: float
    max_topic_bits: float

    @cached_property
    def titles(self) -> pl.Series:
        """Titles without separators; a comma inside a number is kept as what it means."""
        title = (
            pl.col("title").str.replace_all(r"(\d),(\d{3})\b", "${1}${2}").str.replace_all(r"(\d),(\d)", "${1}.${2}")
        )
        return self.catalog.frame.select(plain(title))["title"]

    @cached_property
    def words(self) -> TitleWords:
        """The words of the titles with what they are worth."""
        return title_words(self.titles, self.catalog, min_share=self.min_share, max_topic_bits=self.max_topic_bits)

    @cached_property
    def title_tokens_I(self) -> Ints:  # noqa: N802
        """Tokens of all words of each title."""
        return np.bincount(self.words.row, weights=self.words.tokens, minlength=len(self.catalog)).astype(np.int64)

    @cached_property
    def leaves(self) -> list[str]:
        """Leaf category of each item, cut to a third of the budget."""
        return self._cut(leaf_texts(self.catalog), self.budget_tokens // 3)

    @cached_property
    def brands(self) -> list[str]:
        """Brand of each item, cut to a quarter of the budget."""
        return self._cut(self.catalog.frame["brand"], self.budget_tokens // 4)

    @cached_property
    def attributes(self) -> list[list[str]]:
        """What each item's attributes say, most telling first."""
        raw = key_attributes(self.catalog)
        flat = pl.Series([text for texts in raw for text in texts], dtype=pl.String)
        clean = iter(flat.to_frame("text").select(_clean(pl.col("text")))["text"].to_list())
        return [[next(clean) for _ in texts] for texts in raw]

    @cached_property
    def in_brand(self) -> NDArray[np.bool_]:
        """Whether each word is the first of the item's brand, and the first time that the title says it."""
        heads = pl.DataFrame({"key": [self.words_of(brand.lower())[0] for brand in self.brands]})
        index = pl.DataFrame({"key": self.words.keys}).with_row_index("code")
        code = heads.join(index, on="key", how="left", maintain_order="left")["code"].cast(pl.Int64).fill_null(-1)
        first: NDArray[np.bool_] = (code.to_numpy()[self.words.row] == self.words.key) & ~self.words.repeated
        return first

    @cached_property
    def in_attribute(self) -> NDArray[np.bool_]:
        """Whether each word belongs to an attribute that the title spells out."""
        found = np.zeros(len(self.words.row), dtype=np.bool_)
        keys, codes = self.words.keys.to_list(), self.words.key.tolist()
        starts = np.searchsorted(self.words.row, np.arange(len(self.catalog) + 1)).tolist()
        for row, texts in enumerate(self.attributes):
            if not texts:
                continue
            lo, said = starts[row], [keys[code] for code in codes[starts[row] : starts[row + 1]]]
            for text in texts:
                words = self.words_of(text.lower())
                for at in range(len(said) - len(words) + 1):
                    if said[at : at + len(words)] == words:
                        found[lo + at : lo + at + len(words)] = True
        return found

    @cached_property
    def in_leaf(self) -> NDArray[np.bool_]:
        """Whether each word is also one of the item's leaf category."""
        key_of = {key: code for code, key in enumerate(self.words.keys.to_list())}
        n = len(key_of)
        pairs = [
            code * n + key_of[form]
            for code, name in enumerate(dict.fromkeys(self.leaves))
            for word in self.words_of(name)
            for form in (*forms(word), f"{word.lower()}s")
            if form in key_of
        ]
        leaf_of = {name: code for code, name in enumerate(dict.fromkeys(self.leaves))}
        leaf = np.array([leaf_of[name] for name in self.leaves], dtype=np.int64)
        return np.isin(leaf[self.words.row] * n + self.words.key, pairs)

    @cached_property
    def word_sets(self) -> list[set[str]]:
        """The words of each title, in lower case, each also without a plural's s."""
        sets: list[set[str]] = [set() for _ in range(len(self.catalog))]
        forms_of = [forms(key) for key in self.words.keys.to_list()]
        for row, key in zip(self.words.row.tolist(), self.words.key.tolist(), strict=True):
            sets[row] |= forms_of[key]
        return sets

    def words_of(self, text: str) -> list[str]:
        """Return the words of a text as those of the titles were cut."""
        return self.catalog.segmenter.words(text) if is_spaceless(text) else text.split(" ")

    def _cut(self, texts: pl.Series, max_tokens: int) -> list[str]:
        """Return the texts without separators, cut to whole words within the tokens."""
        distinct = texts.unique()
        clean = distinct.to_frame("text").select(_clean(pl.col("text")))["text"]
        cut = {
            raw: joined(_first_words(self.words_of(text), max_tokens))
            for raw, text in zip(distinct, clean, strict=True)
        }
        return [cut[text] for text in texts.to_list()]


def _clean(text: pl.Expr) -> pl.Expr:
    return plain(text.fill_null("")).str.replace_all(EDGES, "")


n_tokens = lru_cache(maxsize=1 << 16)(count_tokens)
"""Counts tokens, each text's once."""


@lru_cache(maxsize=1 << 16)
def forms(word: str) -> frozenset[str]:
    """Return a word in lower case, with and without the s of a plural."""
    word = word.lower()
    return frozenset({word, word[:-1]} if word.endswith("s") and len(word) > 3 else {word})


def _first_words(words: Sequence[str], max_tokens: int) -> str:
    kept: list[str] = []
    for word in words:
        if sum(map(n_tokens, [*kept, word])) > max_tokens:
            break
        kept.append(word)
    return " ".join(kept)
