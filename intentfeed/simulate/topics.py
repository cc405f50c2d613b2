"""Words of descriptions: those by which an item is set apart, and the items that have some [ours]."""

from __future__ import annotations

from collections import Counter
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..commands.fields import FieldRegistry
from ..commands.normal import forms, singular
from ..data.catalog import Catalog
from ..data.script import is_spaceless, matching_words
from .leaks import leaks

MOST_TEXT = 4_000
"""Characters of a description that are read."""
SHORTEST = 4
"""Letters of a topic."""


class Topics:
    """The words of one catalogue's titles and descriptions, by stem; each table is made when first asked for."""

    def __init__(
        self,
        catalog: Catalog,
        registry: FieldRegistry,
        *,
        per_item: int,
        least_items: int,
        most_share: float,
        least_titles: int,
    ) -> None:
        self.catalog, self.registry = catalog, registry
        self._per_item, self._least_items = per_item, least_items
        self._most_share, self._least_titles = most_share, least_titles

    def of(self, row: int) -> list[str]:
        """Return words of an item's description that set it apart and stand in titles, though not in its own; the
        most common first. None that a field knows, or it would be said of two."""
        own = self._title_stems[row]
        words = {word for word in matching_words(self._described(row)) if word.isalpha() and word.islower()}
        if any(is_spaceless(word) for word in words):
            return []
        good = [word for word in words if len(word) >= SHORTEST and self._is_topic(word) and stem(word) not in own]
        chosen: dict[str, str] = {}
        for word in sorted(good, key=lambda each: (-self._stem_items[stem(each)], each)):
            if not leaks(word, self.catalog.titles[row]):
                chosen.setdefault(stem(word), word)
        return list(chosen.values())[: self._per_item]

    def having(self, text: str) -> NDArray[np.bool_]:
        """Return which items have most words of a text, by stem, in title or description."""
        wanted = {stem(word) for word in matching_words(text.casefold())}
        held = [len(wanted & words) > 0.5 * len(wanted) for words in self._stems]
        return np.array(held, dtype=np.bool_)

    def _is_topic(self, word: str) -> bool:
        """Whether a word is a thing: told apart by titles, neither rare nor everywhere, used like an English noun."""
        most, one = self._most_share * len(self.catalog), stem(word)
        return (
            self._least_items <= self._stem_items[one] <= most
            and self._stem_titles[one] >= self._least_titles
            and one not in self._field_stems
            and self._is_noun(singular(word))
        )

    def _is_noun(self, word: str) -> bool:
        """Whether the descriptions use a word in the singular and the plural, and never with the ending of a verb."""
        base, known = word.removesuffix("e"), self._forms
        verbal = {word + "ed", word + "ing", base + "ed", base + "ing", word + word[-1] + "ing", word + "er"}
        return word in known and bool(known & (forms(word) - {word})) and not known & verbal

    @cached_property
    def _forms(self) -> set[str]:
        """All words of titles and descriptions, in lower case."""
        texts = (f"{title} {self._described(row)}" for row, title in enumerate(self.catalog.titles))
        return {word for text in texts for word in matching_words(text.casefold())}

    def _described(self, row: int) -> str:
        return str(self.catalog.frame["description"][row] or "")[:MOST_TEXT]

    @cached_property
    def _title_stems(self) -> list[set[str]]:
        return [{stem(word) for word in matching_words(title.casefold())} for title in self.catalog.titles]

    @cached_property
    def _stems(self) -> list[set[str]]:
        return [
            title | {stem(word) for word in matching_words(self._described(row).casefold())}
            for row, title in enumerate(self._title_stems)
        ]

    @cached_property
    def _stem_items(self) -> Counter[str]:
        return Counter(word for words in self._stems for word in words)

    @cached_property
    def _stem_titles(self) -> Counter[str]:
        return Counter(word for words in self._title_stems for word in words)

    @cached_property
    def _field_stems(self) -> set[str]:
        """Words of all values that a field knows."""
        known = (value for field in self.registry.fields.values() for value in field.values)
        return {stem(word) for value in known for word in matching_words(value.casefold())}


def stem(word: str) -> str:
    """Return a word without an English plural or participle ending; words of other scripts stay as they are.

    >>> stem("dresses"), stem("boots"), stem("hiking"), stem("glass")
    ('dress', 'boot', 'hik', 'glass')
    """
    for ending in ("ies", "sses", "xes", "ches", "shes"):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word[: -len(ending)] + "y" if ending == "ies" else word[:-2]
    if word.endswith("ing") and len(word) > 5:
        return word[:-3]
    if word.endswith("ed") and len(word) > 4:
        return word[:-2]
    if word.endswith("s") and not word.endswith("ss") and len(word) > 3:
        return word[:-1]
    return word
