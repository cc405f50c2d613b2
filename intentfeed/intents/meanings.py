"""What does the catalogue make of a phrase that it did not write? Its category, its nearest items, its plain words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..data.catalog import SEPARATOR
from ..data.script import is_spaceless
from ..types import TextEncoder
from .model import TagModel
from .words import JOINS, LONGEST, RUN, matching_stems, stem, stems

LIKELIEST = 3
"""Categories whose items a phrase is held against: nearest of all items says little, for some letters fit anything."""
MOST_ITEMS = 2_000
"""Of one category that are looked at, spread evenly."""
REMEMBERED = 50_000
"""Phrases whose meaning is kept."""
CALIBRATED_ON = 2_000
"""Phrases at most that calibrate the floor."""
CALIBRATED_WITH = 200
"""Items of a category at most that they are held against."""
NO_PHRASES = 0.3
"""The floor of a catalogue that has no phrases to calibrate by."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one phrase means to the catalogue."""

    vector: NDArray[np.float32]
    category: str
    """φ(phrase): '' where no word is known, or the catalogue has no categories."""
    nearest: float
    """Cosine to the nearest title of the likeliest categories."""
    head_known: bool
    """Whether the catalogue uses the core word."""
    known: float
    """Share of the words that the catalogue uses."""


class Meanings:
    """Looks phrases up, each once: people share their tags."""

    def __init__(self, model: TagModel, titles: Sequence[str], encoder: TextEncoder, *, quantile: float) -> None:
        self._model, self._encoder = model, encoder
        order = np.argsort(model.category_I, kind="stable")
        edges = np.searchsorted(model.category_I[order], np.arange(len(model.paths) + 1))
        self._items_C = [_spread(order[lo:hi], MOST_ITEMS) for lo, hi in pairwise(edges.tolist())]
        self._code = {path: code for code, path in enumerate(model.paths)}
        self._words = {word for term in model.phi.terms for word in term.split(" ")}
        self._kept: dict[str, Meaning] = {}
        self.floor = self._calibrated(titles, quantile)
        """Cosine below which a phrase finds nothing: all but `quantile` of the catalogue's own phrases come nearer to
        an item of their category that was not in their making."""

    def of(self, texts: Sequence[str]) -> list[Meaning]:
        """Return the meaning of each text."""
        fresh = [text for text in dict.fromkeys(texts) if text not in self._kept]
        found = dict(zip(fresh, self._look(fresh), strict=True)) if fresh else {}
        if len(self._kept) + len(found) > REMEMBERED:
            known, self._kept = self._kept, {}
            found = {text: known.get(text) or found[text] for text in texts}
        self._kept |= found
        return [self._kept[text] for text in texts]

    def objection(self, text: str) -> str | None:
        """Return why a phrase names nothing that could be found here; None where it does."""
        meaning = self.of([text])[0]
        if self._has_categories and not meaning.category:
            return "names nothing here: the catalogue uses none of its words"
        if not meaning.head_known:
            return "names nothing here: the catalogue does not know the core word"
        if meaning.known < 0.5:
            return "names nothing here: the catalogue uses fewer than half of its words"
        if meaning.nearest < self.floor:
            return f"finds nothing here: nearest item at cosine {meaning.nearest:.2f}, below {self.floor:.2f}"
        return None

    @cached_property
    def _has_categories(self) -> bool:
        return len(self._model.paths) > 1

    def _look(self, texts: Sequence[str]) -> Iterable[Meaning]:
        vectors_TD = self._encoder.encode(texts)
        shares_TC, paths = self._model.phi.probabilities(texts), self._model.phi.categories
        for text, vector, share_C in zip(texts, vectors_TD, shares_TC, strict=True):
            best = np.argsort(-share_C, kind="stable")[: LIKELIEST if share_C.any() else 0].tolist()
            rows = self._rows([self._code[paths[at]] for at in best])
            near = float((self._model.title_ID[rows] @ vector).max()) if len(rows) else 0.0
            head, known = self._knows(text)
            yield Meaning(vector, paths[best[0]] if len(best) else "", near, head, known)

    def _rows(self, codes: Sequence[int]) -> NDArray[np.int64]:
        if not self._has_categories:
            return self._items_C[0]
        return np.concatenate([np.zeros(0, np.int64), *(self._items_C[code] for code in codes)])

    def _knows(self, text: str) -> tuple[bool, float]:
        """Return whether the core word is known, and the share of the words that are; of characters, pairs of them."""
        words = matching_stems(text)
        if not self._words or not words:
            return True, 1.0
        return words[-1] in self._words, sum(word in self._words for word in words) / len(words)

    def _calibrated(self, titles: Sequence[str], quantile: float) -> float:
        """Return the floor; phrases are held against the items of their category that do not have all their words."""
        model = self._model
        told = [(code, at) for code, row in enumerate(model.phrases_C) for at in range(len(row))]
        told = told[:: max(1, len(told) // CALIBRATED_ON)]
        held = {code: _spread(self._items_C[code], CALIBRATED_WITH).tolist() for code in {code for code, _ in told}}
        words = {row: set(matching_stems(titles[row])) for rows in held.values() for row in rows}
        near = []
        for code, at in told:
            own = set(matching_stems(model.phrases_C[code][at].text))
            others = [row for row in held[code] if not own <= words[row]]
            if others:
                near.append(float((model.title_ID[others] @ model.vectors_C[code][at]).max()))
        return round(float(np.quantile(near, quantile)), 3) if near else NO_PHRASES


class PlainWords:
    """Which words of the catalogue are brands, which are names of kinds, which say nothing."""

    def __init__(self, model: TagModel, brands: Sequence[str]) -> None:
        leaves = [piece for path in model.paths for piece in path.split(SEPARATOR)]
        self.kinds = {word for leaf in leaves for word in stems(leaf)}
        """Stems of the words of category names."""
        self._leaves = {frozenset(stems(path.split(SEPARATOR)[-1])) for path in model.paths}
        phrases = [phrase for row in model.phrases_C for phrase in row]
        cores = {stem(phrase.core.split(" ")[-1]) for phrase in phrases}
        said = {word for term in model.common for word in stems(term)}
        self.nouns = (
            ({word for path in model.paths for word in stems(path.split(SEPARATOR)[-1])} | cores) - said - JOINS
        )
        """Stems of words that name a kind of thing, for whoever looks whether one was mentioned."""
        self.specific = self.kinds | cores
        ordinary = self.specific | said | {word for phrase in phrases for word in stems(phrase.text)}
        self.brands: set[str] = set()
        """Words of brand names that are no ordinary words here."""
        self.names: dict[str, list[tuple[str, ...]]] = {}
        """Brand names of several words, by their first."""
        for brand in sorted({brand.lower() for brand in brands} - {""}):
            words = tuple(word for word in RUN.findall(brand[:80]) if word[0].isalnum())
            self.brands |= {word for word in words if len(word) > 1 and stem(word) not in ordinary}
            if len(words) > 1:
                self.names.setdefault(words[0], []).append(words)
        wide = {brand.lower() for brand in brands if is_spaceless(brand) and len(brand) > 1}
        self._wide_brands = {brand for brand in wide - ordinary if not any(brand in leaf for leaf in leaves)}
        self._wide_nouns = {noun for noun in self.nouns if len(noun) > 1 and is_spaceless(noun)}
        self.doubtful = {words[0] for words in map(_words, brands) if len(words) == 1} - self.brands
        """Brands of one word that is an ordinary word, too: said of a tag, never held against it (X9)."""
        self.vague = model.vague - {word for word in model.vague if stem(word) in self.kinds}

    def have_a_shelf(self, *words: str) -> bool:
        """Tell whether one category's own name holds all these words."""
        wanted = {stem(word) for word in words}
        return any(wanted <= leaf for leaf in self._leaves)

    def brand_in(self, text: str) -> str:
        """Return the brand that a text names; '' for none."""
        words = _words(text)
        for at, word in enumerate(words):
            if word in self.brands or word.removesuffix("'s") in self.brands:
                return word
            for name in self.names.get(word, ()):
                if words[at : at + len(name)] == name:
                    return " ".join(name)
        return next(iter(_inside(text.lower()[:LONGEST], self._wide_brands)), "") if is_spaceless(text) else ""

    def nouns_in(self, text: str) -> list[str]:
        """Return the names of kinds that stand inside the runs of a script without blanks."""
        return _inside(text, self._wide_nouns)


def _inside(text: str, names: Set[str]) -> list[str]:
    """Return which names, of a few lengths, a text holds, from left to right."""
    sizes = sorted({len(name) for name in names})
    found = (text[at : at + size] for at in range(len(text)) for size in sizes)
    return [name for name in found if name in names]


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in RUN.findall(text[:LONGEST].lower()) if word[0].isalnum())


def _spread(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return at most so many of the rows, evenly."""
    return rows[:: max(1, -(-len(rows) // most))]
