"""Item-level compression: each item in a few words that identify it (RecGPT-V1, 2.2; U6). Calls no model [ours]."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import Field

from ..types import Settings
from .catalog import Catalog
from .item_parts import ItemParts, forms, n_tokens
from .item_table import plain
from .sorting import Ints, run_starts

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
    parts = ItemParts(
        catalog,
        budget_tokens=config.budget_tokens,
        min_share=config.min_share,
        max_topic_bits=config.max_topic_bits,
    )
    draft = _Draft(parts, config)
    texts = draft.texts(np.arange(len(catalog)), np.zeros(len(parts.words.row), dtype=np.bool_))
    return draft.told_apart(texts).alias("short")


def collisions(catalog: Catalog, texts: pl.Series) -> float:
    """Return the share of distinct titles whose text another title has too."""
    pairs = pl.DataFrame({"title": catalog.frame["title"], "text": texts}).filter(pl.col("title") != "").unique()
    return int(pairs["text"].is_duplicated().sum()) / max(pairs.height, 1)


@dataclass(frozen=True)
class _Draft:
    """Puts the texts of items together, and tells those apart that are the same."""

    parts: ItemParts
    config: ShortConfig

    def texts(self, rows: Ints, forced: NDArray[np.bool_], *, ends: Ends = "all") -> pl.Series:
        """Return the texts of some items; `forced` words come first, then the others and what `ends` allows."""
        endings = [self._end(int(row), ends) for row in rows]
        end_tokens = np.zeros(len(self.parts.catalog), dtype=np.int64)
        end_tokens[rows] = [sum(map(n_tokens, end)) for end in endings]
        mine = np.zeros(len(self.parts.catalog), dtype=np.bool_)
        mine[rows] = True
        told = np.zeros(len(self.parts.catalog), dtype=np.bool_)
        told[rows] = [self.parts.leaves[row] in end for row, end in zip(rows.tolist(), endings, strict=True)]
        names = self._names(mine, self.config.budget_tokens - end_tokens, forced, told)
        out = []
        for row, end in zip(rows.tolist(), endings, strict=True):
            out.append(self._finish(row, names.get(row, ""), end, ends))
        clean = pl.Series("text", out, dtype=pl.String).to_frame().select(plain(pl.col("text")))
        return clean["text"]

    def _end(self, row: int, ends: Ends) -> list[str]:
        """Return leaf and brand where the title does not say them."""
        said = self.parts.word_sets[row]
        leaf, brand = self.parts.leaves[row], self.parts.brands[row]
        end = [leaf] if ends and leaf and not _is_said(self.parts.words_of(leaf), said) else []
        # A title that begins like the brand means it: "Dixon" of "Dixon Valve & Coupling".
        return [*end, brand] if brand and ends == "all" and not forms(self.parts.words_of(brand)[0]) & said else end

    def _finish(self, row: int, name: str, end: list[str], ends: Ends) -> str:
        """Return the whole text: what there is room for of the attributes comes last."""
        parts = [name or f"item {self.parts.catalog.item_ids[row]}", *end]
        if not name and n_tokens(" ".join(parts)) > self.config.budget_tokens:
            parts = parts[:1]  # the id alone identifies; what else there is must fit
        wanted = self.parts.attributes[row] if ends == "all" and (end or self.parts.titles[row]) else []
        if not wanted:
            return " ".join(parts)
        room, left = self.config.max_attributes, self.config.budget_tokens - sum(map(n_tokens, parts))
        said = {form for part in parts for word in self.parts.words_of(part) for form in forms(word)}
        for text in wanted:
            tokens = n_tokens(text)
            if room and 0 < tokens <= left and not _is_said(words := self.parts.words_of(text), said):
                parts.append(text)
                said |= {form for word in words for form in forms(word)}
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
        words = self.parts.words
        whole = self.parts.title_tokens_I <= self.config.whole_tokens
        unwanted = (words.boilerplate | words.repeated | (self.parts.in_leaf & told_I[words.row])) & ~whole[words.row]
        unwanted &= ~forced & ~self.parts.in_brand & (words.repeated | ~self.parts.in_attribute)
        unwanted &= ~self._all_unwanted(unwanted)[words.row]
        order = np.flatnonzero(mine[words.row] & ~unwanted)
        first = np.searchsorted(words.row, words.row[order])
        names_leaf = self.parts.in_leaf[order] & ~told_I[words.row[order]]
        worth = words.bits[order] + 2.5 * words.is_size[order] - 0.3 * (order - first)
        worth += 20.0 * self.parts.in_brand[order] + 50.0 * names_leaf + 100.0 * forced[order]
        order = order[np.lexsort((order, -worth, words.row[order]))]
        row = words.row[order]
        starts = run_starts(row)
        spent = np.cumsum(words.tokens[order])
        before = np.repeat(spent[starts] - words.tokens[order][starts], np.diff(starts, append=len(order)))
        keep = np.sort(order[spent - before <= budget_I[row]])
        return self._joined(keep)

    def _all_unwanted(self, unwanted: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return for each item whether nothing of its title would be left."""
        n = np.bincount(self.parts.words.row, minlength=len(self.parts.catalog))
        nothing: NDArray[np.bool_] = n == np.bincount(
            self.parts.words.row, weights=unwanted, minlength=len(self.parts.catalog)
        )
        return nothing

    def _joined(self, keep: Ints) -> dict[int, str]:
        """Return the kept words of each item as one text; pieces of one CJK word stand together."""
        if not len(keep):
            return {}
        words = self.parts.words
        row, word, wide = words.row[keep], words.word[keep], words.wide[keep]
        glued = np.zeros(len(keep), dtype=np.bool_)
        glued[1:] = (word[1:] == word[:-1]) & ((keep[1:] == keep[:-1] + 1) | (wide[1:] & wide[:-1]))
        texts = pl.DataFrame({"row": row, "glued": glued, "text": words.text.gather(keep)})
        piece = pl.when("glued").then("text").otherwise(" " + pl.col("text"))
        joined = texts.group_by("row", maintain_order=True).agg(piece.str.join("").str.strip_chars(" "))
        return dict(joined.iter_rows())

    def told_apart(self, texts: pl.Series) -> pl.Series:
        """Return the texts with those of different titles told apart: by the words that only some of them have."""
        forced = np.zeros(len(self.parts.words.row), dtype=np.bool_)
        for ends in ("leaf", "leaf", "", ""):
            frame = pl.DataFrame({"text": texts, "title": self.parts.titles}).with_row_index("row")
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
        words = self.parts.words
        group_of = np.full(len(self.parts.catalog), -1, dtype=np.int64)
        size = np.array([len(group) for group in groups])
        for number, group in enumerate(groups):
            group_of[group] = number
        at = np.flatnonzero((group_of[words.row] >= 0) & ~words.repeated)
        pair = group_of[words.row[at]] * len(words.keys) + words.key[at]
        _, inverse, count = np.unique(pair, return_inverse=True, return_counts=True)
        some = np.zeros(len(words.row), dtype=np.bool_)
        some[at] = count[inverse] < size[group_of[words.row[at]]]
        return some


def _is_said(words: Sequence[str], said: Set[str]) -> bool:
    return all(forms(word) & said for word in words)
