"""Item-level compression: each item in a few words that identify it (RecGPT-V1, 2.2; U6). Calls no model [ours]."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import Field

from ..types import Settings
from .catalog import Catalog
from .item_table import plain
from .key_attributes import key_attributes
from .script import is_spaceless, joined
from .sorting import Ints, run_starts
from .title_words import EDGES, TitleWords, leaf_texts, title_words
from .tokens import count_tokens

Ends = Literal["all", "leaf", ""]
"""What may follow the name: leaf, brand and attributes; the leaf; nothing."""


class ShortConfig(Settings):
    """How an item is told in a digest."""

    budget_tokens: int = Field(default=20, ge=4)
    """Hard ceiling of one item."""
    max_attributes: int = Field(default=3, ge=0)
    """Fields beyond name, category and brand, where there is room."""
    whole_tokens: int = Field(default=6, ge=0)
    """A title of at most so many tokens is kept as it is."""
    min_share: float = Field(default=0.015, gt=0, le=1)
    """A word in this share of titles may be boilerplate; four times it where there are no categories to tell."""
    max_topic_bits: float = Field(default=1.2, ge=0)
    """It is, when knowing it says no more than this about the category."""


def short_texts(catalog: Catalog, config: ShortConfig = ShortConfig()) -> pl.Series:  # noqa: B008  frozen
    """Return the compact text of each item [I]: name, leaf category, brand and up to three attributes.

    Words that identify stay (model numbers, sizes, words rare in their leaf); boilerplate, repeats and a second
    mention of category or brand go. Texts differ where titles do, as far as the budget allows: `collisions` counts.
    An item without a title is "item <id>". No text has a comma, a bar or parentheses. Deterministic; depends on the
    catalogue only.
    """
    if not len(catalog):
        return pl.Series("short", [], dtype=pl.String)
    draft = _Draft(catalog, config)
    texts = draft.texts(np.arange(len(catalog)), np.zeros(len(draft.words.row), dtype=np.bool_))
    return draft.told_apart(texts).alias("short")


def collisions(catalog: Catalog, texts: pl.Series) -> float:
    """Return the share of distinct titles whose text another title has too."""
    pairs = pl.DataFrame({"title": catalog.frame["title"], "text": texts}).filter(pl.col("title") != "").unique()
    return int(pairs["text"].is_duplicated().sum()) / max(pairs.height, 1)


@dataclass(frozen=True)
class _Draft:
    """What is known of all items before their texts are put together."""

    catalog: Catalog
    config: ShortConfig

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
        return title_words(
            self.titles, self.catalog, min_share=self.config.min_share, max_topic_bits=self.config.max_topic_bits
        )

    @cached_property
    def title_tokens_I(self) -> Ints:  # noqa: N802
        """Tokens of all words of each title."""
        return np.bincount(self.words.row, weights=self.words.tokens, minlength=len(self.catalog)).astype(np.int64)

    @cached_property
    def leaves(self) -> list[str]:
        """Leaf category of each item, cut to a third of the budget."""
        return self._cut(leaf_texts(self.catalog), self.config.budget_tokens // 3)

    @cached_property
    def brands(self) -> list[str]:
        """Brand of each item, cut to a quarter of the budget."""
        return self._cut(self.catalog.frame["brand"], self.config.budget_tokens // 4)

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
        heads = pl.DataFrame({"key": [self._words(brand.lower())[0] for brand in self.brands]})
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
                words = self._words(text.lower())
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
            for word in self._words(name)
            for form in (*_forms(word), f"{word.lower()}s")
            if form in key_of
        ]
        leaf_of = {name: code for code, name in enumerate(dict.fromkeys(self.leaves))}
        leaf = np.array([leaf_of[name] for name in self.leaves], dtype=np.int64)
        return np.isin(leaf[self.words.row] * n + self.words.key, pairs)

    @cached_property
    def word_sets(self) -> list[set[str]]:
        """The words of each title, in lower case, each also without a plural's s."""
        sets: list[set[str]] = [set() for _ in range(len(self.catalog))]
        forms = [_forms(key) for key in self.words.keys.to_list()]
        for row, key in zip(self.words.row.tolist(), self.words.key.tolist(), strict=True):
            sets[row] |= forms[key]
        return sets

    def _words(self, text: str) -> list[str]:
        """Return the words of a text as those of the titles were cut."""
        return self.catalog.segmenter.words(text) if is_spaceless(text) else text.split(" ")

    def _cut(self, texts: pl.Series, max_tokens: int) -> list[str]:
        """Return the texts without separators, cut to whole words within the tokens."""
        distinct = texts.unique()
        clean = distinct.to_frame("text").select(_clean(pl.col("text")))["text"]
        cut = {
            raw: joined(_first_words(self._words(text), max_tokens)) for raw, text in zip(distinct, clean, strict=True)
        }
        return [cut[text] for text in texts.to_list()]

    def texts(self, rows: Ints, forced: NDArray[np.bool_], *, ends: Ends = "all") -> pl.Series:
        """Return the texts of some items; `forced` words come first, then the others and what `ends` allows."""
        endings = [self._end(int(row), ends) for row in rows]
        end_tokens = np.zeros(len(self.catalog), dtype=np.int64)
        end_tokens[rows] = [sum(map(_tokens, end)) for end in endings]
        mine = np.zeros(len(self.catalog), dtype=np.bool_)
        mine[rows] = True
        told = np.zeros(len(self.catalog), dtype=np.bool_)
        told[rows] = [self.leaves[row] in end for row, end in zip(rows.tolist(), endings, strict=True)]
        names = self._names(mine, self.config.budget_tokens - end_tokens, forced, told)
        out = []
        for row, end in zip(rows.tolist(), endings, strict=True):
            out.append(self._finish(row, names.get(row, ""), end, ends))
        clean = pl.Series("text", out, dtype=pl.String).to_frame().select(plain(pl.col("text")))
        return clean["text"]

    def _end(self, row: int, ends: Ends) -> list[str]:
        """Return leaf and brand where the title does not say them."""
        said = self.word_sets[row]
        leaf, brand = self.leaves[row], self.brands[row]
        end = [leaf] if ends and leaf and not _is_said(self._words(leaf), said) else []
        # A title that begins like the brand means it: "Dixon" of "Dixon Valve & Coupling".
        return [*end, brand] if brand and ends == "all" and not _forms(self._words(brand)[0]) & said else end

    def _finish(self, row: int, name: str, end: list[str], ends: Ends) -> str:
        """Return the whole text: what there is room for of the attributes comes last."""
        parts = [name or f"item {self.catalog.item_ids[row]}", *end]
        if not name and _tokens(" ".join(parts)) > self.config.budget_tokens:
            parts = parts[:1]  # the id alone identifies; what else there is must fit
        wanted = self.attributes[row] if ends == "all" and (end or self.titles[row]) else []
        if not wanted:
            return " ".join(parts)
        room, left = self.config.max_attributes, self.config.budget_tokens - sum(map(_tokens, parts))
        said = {form for part in parts for word in self._words(part) for form in _forms(word)}
        for text in wanted:
            tokens = _tokens(text)
            if room and 0 < tokens <= left and not _is_said(words := self._words(text), said):
                parts.append(text)
                said |= {form for word in words for form in _forms(word)}
                room, left = room - 1, left - tokens
        return " ".join(parts)

    def _names(
        self,
        mine: NDArray[np.bool_],
        budget_I: Ints,
        forced: NDArray[np.bool_],
        told_I: NDArray[np.bool_],
    ) -> dict[int, str]:
        """Return the words of each title that fit its budget, the most telling ones, in their order.

        Where the leaf is told anyway (`told_I`), its words are not told twice.
        """
        words = self.words
        whole = self.title_tokens_I <= self.config.whole_tokens
        unwanted = (words.boilerplate | words.repeated | (self.in_leaf & told_I[words.row])) & ~whole[words.row]
        unwanted &= ~forced & ~self.in_brand & (words.repeated | ~self.in_attribute)
        unwanted &= ~self._all_unwanted(unwanted)[words.row]
        order = np.flatnonzero(mine[words.row] & ~unwanted)
        first = np.searchsorted(words.row, words.row[order])
        names_leaf = self.in_leaf[order] & ~told_I[words.row[order]]
        worth = words.bits[order] + 2.5 * words.is_size[order] - 0.3 * (order - first)
        worth += 20.0 * self.in_brand[order] + 50.0 * names_leaf + 100.0 * forced[order]
        order = order[np.lexsort((order, -worth, words.row[order]))]
        row = words.row[order]
        starts = run_starts(row)
        spent = np.cumsum(words.tokens[order])
        before = np.repeat(spent[starts] - words.tokens[order][starts], np.diff(starts, append=len(order)))
        keep = np.sort(order[spent - before <= budget_I[row]])
        return self._joined(keep)

    def _all_unwanted(self, unwanted: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return for each item whether nothing of its title would be left."""
        n = np.bincount(self.words.row, minlength=len(self.catalog))
        nothing: NDArray[np.bool_] = n == np.bincount(self.words.row, weights=unwanted, minlength=len(self.catalog))
        return nothing

    def _joined(self, keep: Ints) -> dict[int, str]:
        """Return the kept words of each item as one text; pieces of one CJK word stand together."""
        if not len(keep):
            return {}
        words = self.words
        row, word, wide = words.row[keep], words.word[keep], words.wide[keep]
        glued = np.zeros(len(keep), dtype=np.bool_)
        glued[1:] = (word[1:] == word[:-1]) & ((keep[1:] == keep[:-1] + 1) | (wide[1:] & wide[:-1]))
        texts = pl.DataFrame({"row": row, "glued": glued, "text": words.text.gather(keep)})
        piece = pl.when("glued").then("text").otherwise(" " + pl.col("text"))
        joined = texts.group_by("row", maintain_order=True).agg(piece.str.join("").str.strip_chars(" "))
        return dict(joined.iter_rows())

    def told_apart(self, texts: pl.Series) -> pl.Series:
        """Return the texts with those of different titles told apart: by the words that only some of them have."""
        forced = np.zeros(len(self.words.row), dtype=np.bool_)
        for ends in ("leaf", "leaf", "", ""):
            frame = pl.DataFrame({"text": texts, "title": self.titles}).with_row_index("row")
            groups = frame.group_by("text", maintain_order=True).agg("row", pl.col("title").n_unique().alias("n"))
            clashing = groups.filter(pl.col("n") > 1)["row"].to_list()
            if not clashing:
                return texts
            rows = np.array(sorted(row for group in clashing for row in group))
            forced |= self._distinctive(clashing)
            texts = texts.scatter(rows, self.texts(rows, forced, ends=ends))
        return texts

    def _distinctive(self, groups: list[list[int]]) -> NDArray[np.bool_]:
        """Return which words, of the items in a group, some other item of the group does not have."""
        words = self.words
        group_of = np.full(len(self.catalog), -1, dtype=np.int64)
        size = np.array([len(group) for group in groups])
        for number, group in enumerate(groups):
            group_of[group] = number
        at = np.flatnonzero((group_of[words.row] >= 0) & ~words.repeated)
        pair = group_of[words.row[at]] * len(words.keys) + words.key[at]
        _, inverse, count = np.unique(pair, return_inverse=True, return_counts=True)
        some = np.zeros(len(words.row), dtype=np.bool_)
        some[at] = count[inverse] < size[group_of[words.row[at]]]
        return some


def _clean(text: pl.Expr) -> pl.Expr:
    return plain(text.fill_null("")).str.replace_all(EDGES, "")


_tokens = lru_cache(maxsize=1 << 16)(count_tokens)


@lru_cache(maxsize=1 << 16)
def _forms(word: str) -> frozenset[str]:
    """Return a word in lower case, with and without the s of a plural."""
    word = word.lower()
    return frozenset({word, word[:-1]} if word.endswith("s") and len(word) > 3 else {word})


def _is_said(words: Sequence[str], said: Set[str]) -> bool:
    return all(_forms(word) & said for word in words)


def _first_words(words: Sequence[str], max_tokens: int) -> str:
    kept: list[str] = []
    for word in words:
        if sum(map(_tokens, [*kept, word])) > max_tokens:
            break
        kept.append(word)
    return " ".join(kept)
