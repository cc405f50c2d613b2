"""How is each category spoken of? Core words and modifiers from titles, attributes and leaf names, with their support.

A phrase is one or two modifiers and a core word that at least one item of the category answers to: nothing is invented.
[ours; the form is RecGPT-V1's, 4.2]
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from pydantic import Field

from ..data.catalog import SEPARATOR, Catalog, leaf_name, parent
from ..data.script import is_spaceless
from ..data.segment import Segmenter
from ..types import Settings
from .lexicon import Lexicon, LexiconConfig, is_era
from .words import is_short, stem, stems


class PhraseConfig(Settings):
    """Which phrases a category gets."""

    per_category: int = Field(default=14, ge=1)
    """Phrases kept of a category."""
    max_cores: int = Field(default=4, ge=1)
    """Core words kept of a category."""
    core_share: float = Field(default=0.08, gt=0, le=1)
    """Share of a category's titles that must end a noun phrase with a core word."""
    core_spread: float = Field(default=0.06, gt=0, le=1)
    """A core word is at home in at most this share of the categories, unless the category is named so."""
    merge_share: float = Field(default=0.6, gt=0, le=1)
    """A pair becomes the core word where it holds this share of the single word's items."""
    max_words: int = Field(default=6, ge=2)
    """Words of a phrase."""
    lexicon: LexiconConfig = LexiconConfig()
    """Which words may describe."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A way to ask for items of one category."""

    text: str
    category: str
    core: str
    modifiers: tuple[str, ...]
    support: int
    """Items of the category that answer to it."""


@dataclass(slots=True)
class _Reading:
    """One item read against its category's core words."""

    core: str
    modifiers: list[str] = field(default_factory=list)
    """In the order of the title, those of attributes alone first."""


class Phrasebook:
    """The phrases of each category, and how each item is spoken of."""

    def __init__(
        self, phrases: dict[str, list[Phrase]], cut: Sequence[str], modifiers: Sequence[Sequence[str]]
    ) -> None:
        self.phrases = phrases
        """By category path, most telling first."""
        self.cut = list(cut)
        """Each item's own modifiers and core word; '' where it has no category."""
        self.modifiers = [tuple(row) for row in modifiers]
        """Each item's modifiers."""
        self.vague: set[str] = set()
        self.brands: set[str] = set()

    @classmethod
    def fit(cls, catalog: Catalog, config: PhraseConfig | None = None) -> Phrasebook:
        """Return the phrases of a catalogue; empty where it has no categories."""
        config = config or PhraseConfig()
        lexicon = Lexicon.fit(catalog, config.lexicon)
        paths, brands = catalog.frame["category"].to_list(), catalog.frame["brand"].to_list()
        values = lexicon.value_I
        words = [
            lexicon.strip_brand(lexicon.read(title), brand) for title, brand in zip(catalog.titles, brands, strict=True)
        ]
        members: dict[str, list[int]] = defaultdict(list)
        for row, path in enumerate(paths):
            members[path].append(row)
        leaves = _speakable(catalog.categories[1:], catalog.segmenter)
        readings = [_Reading("")] * len(catalog)
        phrases: dict[str, list[Phrase]] = {}
        for path in catalog.categories[1:]:
            rows = members[path]
            cores = _cores(path, rows, words, values, lexicon, config, len(catalog.categories) - 1, leaves[path])
            for row in rows:
                readings[row] = _read(words[row], values[row], cores, lexicon)
            phrases[path] = _phrases(path, [readings[row] for row in rows], cores, lexicon, config, leaves[path])
        cut = [_join(reading.modifiers[-2:], reading.core, config) for reading in readings]
        book = cls(phrases, cut, [reading.modifiers for reading in readings])
        book.vague, book.brands = lexicon.vague, lexicon.brands
        return book


def _speakable(paths: Sequence[str], segmenter: Segmenter) -> dict[str, str]:
    """Return each category's name as it can be said; one that several parents share is said with its parent's.

    >>> _speakable(["Tools > Accessories", "Phones > Accessories"], Segmenter({}))["Phones > Accessories"]
    'phones accessories'
    """
    said = {path: segmenter.spaced(path) for path in paths}
    shared = Counter(leaf_name(said[path]).lower() for path in paths)
    found = {}
    for path in paths:
        leaf, above = leaf_name(said[path]).lower(), leaf_name(parent(said[path])).lower()
        whole = f"{above} {leaf}" if shared[leaf] > 1 and above and stem(above) not in stems(leaf) else leaf
        found[path] = " ".join(whole.split())
    return found


def _cores(
    path: str,
    rows: Sequence[int],
    words: Sequence[Sequence[str]],
    values: Sequence[Sequence[str]],
    lexicon: Lexicon,
    config: PhraseConfig,
    n_categories: int,
    name: str,
) -> list[str]:
    """Return the category's core words, best first: what its titles end noun phrases with, and its own name."""
    named = _named(path, lexicon)
    ends: Counter[str] = Counter()
    for row in rows:
        found = set()
        for run in _noun_phrases(words[row], values[row]):
            found.add(run[-1])
            if " ".join(run[-3:-1]) not in lexicon.pairs:  # "steel bowl" would tear "stainless steel" apart
                found.add(" ".join(run[-2:]))
        ends.update(found)
    least = max(2, config.core_share * len(rows))
    spread = max(2.0, config.core_spread * n_categories)
    scores: dict[str, float] = {}
    for core, n in ends.items():
        head, is_named = core.split(" ")[-1], stem(core.split(" ")[-1]) in named
        use = lexicon.uses.get(head)
        if n < least or use is None or head in lexicon.units or head in lexicon.brands or is_short(head):
            continue
        if not is_named and (use.categories > spread or not lexicon.usable(head)):
            continue
        if " " in core and (n < config.merge_share * ends[head] or not _describes(core.split(" ")[0], lexicon)):
            continue
        scores[core] = n * np.log(1 + n_categories / use.categories) * (2.0 if is_named else 1.0)
    for core in [core for core in scores if " " in core]:
        scores.pop(core.split(" ")[-1], None)
    ranked = sorted(scores, key=lambda core: (-scores[core], core))
    ranked = [core for core in ranked if scores[core] >= 0.25 * scores[ranked[0]]][: config.max_cores]
    parts = _parts(name, ends) or [name]
    return ranked + [part for part in parts if part not in ranked]


def _named(path: str, lexicon: Lexicon) -> set[str]:
    """Return the stems of the words that a category's name has for its things: where names end in it, the last."""
    leaf = path.split(SEPARATOR)[-1]
    return {word for word in lexicon.name(leaf)[-1:] if word} if is_spaceless(leaf) else set(stems(leaf))


def _parts(name: str, ends: Counter[str]) -> list[str]:
    """Return the pieces of a name such as "scissors & shears": of one word only if titles end with it."""
    pieces = _pieces(name)
    if len(pieces) < 2:
        return []
    heads = {stem(end.split(" ")[-1]) for end in ends}
    return [piece for piece in pieces if " " in piece or stem(piece) in heads]


def _pieces(name: str) -> list[str]:
    return [piece.strip() for piece in re.split(r"\s*(?:&|,|、|/|\band\b|\bor\b)\s*", name) if piece.strip()]


def _describes(word: str, lexicon: Lexicon) -> bool:
    return lexicon.usable(word) and word not in lexicon.units


def _noun_phrases(words: Sequence[str], values: Sequence[str]) -> list[list[str]]:
    """Return the runs of words of a title, attribute values cut off at their ends ("Kit Sensitive" ends in "Kit")."""
    said = {word for value in values for word in value.split(" ")}
    found, run = [], []
    for word in [*words, ""]:
        if word and word != "#":
            run.append(word)
            continue
        while run and run[-1] in said and len(run) > 1:
            run.pop()
        if run and not (len(run) == 1 and run[0] in said):
            found.append(run)
        run = []
    return found


def _read(words: Sequence[str], values: Sequence[str], cores: Sequence[str], lexicon: Lexicon) -> _Reading:
    """Return the item's core word and its modifiers."""
    stemmed = [stem(word) for word in words]
    core, at = cores[-1], len(words)
    for candidate in cores:
        place = _find(stemmed, [stem(word) for word in candidate.split(" ")])
        if place >= 0:
            core, at = candidate, place
            break
    taken = {stem(word) for word in core.split(" ")}
    title = " ".join(words)
    modifiers = [
        value
        for value in dict.fromkeys(values)
        if lexicon.usable(value) and not taken & {stem(word) for word in value.split(" ")}
    ]
    spoken = {word for value in modifiers for word in value.split(" ")}
    start = max((i + 1 for i, word in enumerate(words[:at]) if not word or word == "#"), default=0)
    run = list(words[start:at]) if at < len(words) else []
    position = {value: title.find(value) for value in modifiers}
    i = 0
    while i < len(run):
        pair = " ".join(run[i : i + 2])
        term = pair if pair in lexicon.pairs else run[i]
        fresh = not any(stem(word) in taken or word in spoken for word in term.split(" "))
        if fresh and lexicon.usable(term) and not set(term.split(" ")) & lexicon.brands:
            modifiers.append(term)
            position[term] = title.find(term)
        i += term.count(" ") + 1
    return _Reading(core, sorted(dict.fromkeys(modifiers), key=lambda term: (not is_era(term), position[term])))


def _find(words: Sequence[str], wanted: Sequence[str]) -> int:
    """Return where `wanted` stands among the words, or -1."""
    for i in range(len(words) - len(wanted) + 1):
        if list(words[i : i + len(wanted)]) == list(wanted):
            return i
    return -1


def _phrases(
    path: str,
    readings: Sequence[_Reading],
    cores: Sequence[str],
    lexicon: Lexicon,
    config: PhraseConfig,
    name: str,
) -> list[Phrase]:
    """Return the category's phrases: its most telling modifiers, one or two, with each core word."""
    support: Counter[tuple[tuple[str, ...], str]] = Counter()
    for reading in readings:
        for one in reading.modifiers:
            support[((one,), reading.core)] += 1
        for pair in combinations(reading.modifiers[:6], 2):
            if " ".join(pair).count(" ") < 3 and not set(stems(pair[0])) & set(stems(pair[1])):
                support[(pair, reading.core)] += 1
    for core in cores:
        support[((), core)] += sum(reading.core == core for reading in readings)
    least = 2 if len(readings) >= 8 else 1
    names = {*_pieces(name), name}
    made: dict[str, tuple[float, Phrase]] = {}
    for (modifiers, core), n in support.items():
        text = _join(modifiers, core, config)
        if (modifiers and n < least) or text.count(" ") >= config.max_words:
            continue
        if not modifiers and (n == 0 or " " not in core) and core not in names:
            continue
        telling = [np.log(1 + len(lexicon.named) / lexicon.uses[term].categories) for term in modifiers]
        score = float(np.log1p(n) * (1 + sum(telling)))
        if text not in made or score > made[text][0]:
            made[text] = (score, Phrase(text, path, core, tuple(modifiers), n))
    ranked = sorted(made.values(), key=lambda scored: (-scored[0], scored[1].text))
    return _varied([phrase for _, phrase in ranked], cores, config.per_category)


def _varied(ranked: Sequence[Phrase], cores: Sequence[str], n: int) -> list[Phrase]:
    """Return `n` phrases, each modifier at most twice, with every core word's bare form at the end."""
    used: Counter[str] = Counter()
    kept: list[Phrase] = []
    bare: list[Phrase] = []
    for phrase in ranked:
        if not phrase.modifiers:
            bare.append(phrase)
        elif len(kept) < n and all(used[term] < 2 for term in phrase.modifiers):
            kept.append(phrase)
            used.update(phrase.modifiers)
    return kept + sorted(bare, key=lambda phrase: cores.index(phrase.core))


def _join(modifiers: Sequence[str], core: str, config: PhraseConfig) -> str:
    """Return the phrase without a word said twice."""
    words = [word for term in modifiers for word in term.split(" ")]
    kept: list[str] = []
    for word in words:
        others = kept + core.split(" ")
        if stem(word) in {stem(other) for other in others}:
            continue
        if not is_spaceless(word) or not any(word in other for other in others):
            kept.append(word)
    return " ".join([*kept[-(config.max_words - 1) :], core]) if core else ""
