"""Which category do people mean by a word that names none? The one in which the items with the word lie. [ours]

Counted over the titles and the category names of one catalogue: "duvet cover" lies among bed linen, "razor" among wet
shaving. A word that lies everywhere tells nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ...data.catalog import SEPARATOR, Catalog
from ...data.script import is_spaceless
from .tokens import phrase, stem_of

SHARE: Final = 0.6
"""Of the items with a word, that must lie in one category."""
FEWEST: Final = 2
"""Items with a single word, below which it tells nothing."""
LEVELS: Final = 2
"""A category this many levels down, or more, is one that somebody means by a word."""
MOST_TITLES: Final = 20_000
"""Titles that are counted; of more, as many from all over the catalogue."""
MOST_SEEN: Final = 4_096
"""Phrases whose answer is kept."""
MOST_HITS: Final = 5_000
"""Places of a run of characters without blanks that are looked at."""
SAMPLE: Final = 20
"""Titles that are looked at to tell a thing from what it is like."""
THING: Final = 0.25
"""Of them, that must name it last."""
_WORD_END: Final = r"[a-z]{0,2}\s*(?:$|[,(|:;–—-]|\d|(?:with|for|by|in|and|of|from)\b|&)"
_HAN_END: Final = r"(?:$|\W|[a-z0-9])"
LONGEST: Final = 12
"""Characters of a phrase without blanks that is looked for in titles."""


@dataclass(frozen=True, slots=True)
class Topic:
    """Where the items with some words lie."""

    path: str
    share: float
    n: int


class Topics:
    """Finds the categories that words lie in; counted once."""

    def __init__(self, catalog: Catalog) -> None:
        self._paths = catalog.categories
        step = -(-len(catalog) // MOST_TITLES) or 1
        self._category_I = catalog.category_I[::step]
        titles = pl.Series("text", catalog.titles[::step], dtype=pl.String)
        paths = pl.Series("text", [self._paths[code] for code in self._category_I.tolist()], dtype=pl.String)
        self._titles = titles.str.to_lowercase()
        texts = (self._titles + " " + paths.str.to_lowercase()).to_list()
        self._rows = _postings(pl.Series("text", texts, dtype=pl.String))
        self._run = "\n".join(texts)
        self._starts = np.cumsum([0, *(len(text) + 1 for text in texts)])[:-1]
        levels = {level for path in self._paths for level in path.split(SEPARATOR)}
        self._levels = "".join(f"{level}\n" for level in sorted(levels) if is_spaceless(level))
        self._names = {stem for level in levels for stem in phrase(level)}
        self.of = lru_cache(maxsize=MOST_SEEN)(self._of)

    def knows(self, stem: str) -> bool:
        """Return whether a word occurs in a title or in the name of a category."""
        return len(self.rows(stem)) > 0

    def names(self, stem: str) -> bool:
        """Return whether the name of a category has a word."""
        if not is_spaceless(stem):
            return stem in self._names
        return (f"{stem}\n" in self._levels) if len(stem) == 1 else stem in self._levels

    def rows(self, stem: str) -> NDArray[np.int32]:
        """Return the items with a word, in order."""
        if is_spaceless(stem):
            return self._containing(stem) if 1 < len(stem) <= LONGEST else _NONE
        return self._rows.get(stem, _NONE)

    def _of(self, stems: tuple[str, ...]) -> Topic | None:
        """Return the category in which most items with all of the words lie that any item has; None for no such."""
        held = [rows for stem in stems if len(rows := self.rows(stem))]
        if not held or 2 * len(held) < len(stems):
            return None
        rows = held[0]
        for more in held[1:]:
            rows = np.intersect1d(rows, more, assume_unique=True)
        if not len(rows) or (len(rows) < FEWEST and len(held) < FEWEST):
            return None
        found = self._where(rows)
        return found if found is not None and self._is_thing(stems, found.path, rows) else None

    def _is_thing(self, stems: tuple[str, ...], path: str, rows: NDArray[np.int32]) -> bool:
        """Return whether titles call things so: they name them last, before a comma, a number or a `with`.

        What a category is called is a thing; of several words it is enough that its name does not follow them.
        """
        last = stems[-1]
        if last in phrase(path) or (is_spaceless(last) and last in path):
            return True
        ends = re.compile(re.escape(last) + (_HAN_END if is_spaceless(last) else _WORD_END))
        few = [self._titles[row] for row in rows[:SAMPLE].tolist()]
        if sum(ends.search(title) is not None for title in few) >= THING * len(few):
            return True
        if len(stems) == 1 or is_spaceless(last):
            return False
        own = set(phrase(path))
        return 2 * sum(not own.isdisjoint(phrase(title.partition(last)[2])) for title in few) < len(few)

    def _where(self, rows: NDArray[np.int32]) -> Topic | None:
        counts = np.bincount(self._category_I[rows], minlength=len(self._paths))
        below = _below(self._paths, counts)
        likely = [path for path, n in below.items() if n >= SHARE * len(rows) and path.count(SEPARATOR) + 1 >= LEVELS]
        if not likely:
            return None
        path = min(likely, key=lambda path: (-path.count(SEPARATOR), -below[path], path))
        return Topic(path, below[path] / len(rows), len(rows))

    def _containing(self, run: str) -> NDArray[np.int32]:
        found: list[int] = []
        at = self._run.find(run)
        while at >= 0 and len(found) < MOST_HITS:
            found.append(at)
            at = self._run.find(run, at + 1)
        rows = np.searchsorted(self._starts, np.array(found, dtype=np.int64), side="right") - 1
        return np.unique(rows).astype(np.int32)


_NONE: NDArray[np.int32] = np.empty(0, dtype=np.int32)


def _postings(texts: pl.Series) -> dict[str, NDArray[np.int32]]:
    """Return the rows of each word between blanks, by its stem."""
    frame = pl.DataFrame(
        {"row": np.arange(len(texts), dtype=np.int32), "word": texts.str.extract_all(r"[\p{Latin}'’]+")}
    )
    frame = frame.explode("word").drop_nulls()
    words = frame["word"].unique().to_list()
    stems = pl.DataFrame(
        {"word": words, "stem": [stem_of(word.strip("'’")) for word in words]},
        schema={"word": pl.String, "stem": pl.String},
    )
    held = frame.join(stems, on="word").filter(pl.col("stem").str.len_chars() > 1).select("stem", "row").unique()
    grouped = held.sort("stem", "row").group_by("stem", maintain_order=True).agg("row")
    return {stem: np.array(rows, dtype=np.int32) for stem, rows in grouped.iter_rows()}


def _below(paths: Sequence[str], counts: NDArray[np.int64]) -> Counter[str]:
    """Return how many items each category has, with all below it."""
    found: Counter[str] = Counter()
    for code in np.flatnonzero(counts).tolist():
        levels = paths[code].split(SEPARATOR) if paths[code] else []
        for depth in range(len(levels)):
            found[SEPARATOR.join(levels[: depth + 1])] += int(counts[code])
    return found
