"""Which words does an item bear out, and which name something else in its catalogue? For free sentences [ours]."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from ..data.catalog import SEPARATOR, Catalog, leaf_name
from .plain_words import HAN, NEGATORS
from .shelves import meanings
from .titles import ABOUT_ANOTHER, DENIALS, UNDOING, claimable, head_words, segments
from .words import FUNCTION_WORDS, contains, tokens

MAX_VALUES = 500
"""Values above which an attribute is running text and no vocabulary: keywords of films say `night` and `home`."""
MAX_VALUE_WORDS = 4
MIN_THINGS = 3
"""Titles that must end in a word before it is a thing that the catalogue sells."""
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_PARTS = re.compile(r"[,&/、与和]|\band\b|\bor\b")


@dataclass(frozen=True, slots=True)
class Proof:
    """The field of an item that bears words out, and what it holds."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class _Segment:
    """A part of a title that speaks of the item itself."""

    text: str
    atoms: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    """Where each atom stands in the text."""
    joined: frozenset[int]
    """Atoms that a hyphen joins to the one before: no phrase begins or ends between the two."""


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """Return a word without `'s` and the s of a plural."""
    bare = word.removesuffix("'s")
    if len(bare) < 4 or not bare.endswith("s") or bare.endswith("ss"):
        return bare
    if bare.endswith("ies"):
        return f"{bare[:-3]}y"
    return bare[:-2] if bare.endswith(("ches", "shes", "xes", "sses")) else bare[:-1]


def stems_of(words: Iterable[str]) -> tuple[str, ...]:
    """Return the stem of each word."""
    return tuple([stem(word) for word in words])


class ItemWords:
    """The words of each item by the field that holds them, and the names that its catalogue has for other things."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._category: list[str] = catalog.frame["category"].to_list()
        self._brand: list[str] = catalog.frame["brand"].to_list()
        self._phrases_of: dict[int, dict[tuple[str, ...], Proof]] = {}
        self._segments_of: dict[int, tuple[_Segment, ...]] = {}
        self._things_of: dict[int, frozenset[str]] = {}
        self._meant_for_of: dict[int, frozenset[str]] = {}
        self._values_in: dict[str, frozenset[str]] = {}

    def proof(self, item: int, said: Sequence[str]) -> Proof | None:
        """Return what bears the words out, said of the item as a whole; None where nothing does.

        A value of an attribute, a brand and a category count whole; of a title any run of words that it asserts of the
        item itself.
        """
        return self.whole(item, said) or self.of_title(item, said)

    def whole(self, item: int, said: Sequence[str]) -> Proof | None:
        """Return the field that holds these words and no others."""
        return self.whole_fields(item).get(stems_of(said))

    def of_title(self, item: int, said: Sequence[str]) -> Proof | None:
        """Return the stretch of the title that asserts these words."""
        words = stems_of(said)
        if len(said) == 1 and (len(said[0]) < 2 or said[0] in NEGATORS | FUNCTION_WORDS or said[0].isdigit()):
            return None
        if said[0] in FUNCTION_WORDS or said[-1] in FUNCTION_WORDS:
            return None
        if self._is_other_thing(item, words[-1]) or self._cuts_value(item, words):
            return None
        if len(words) == 1 and words[0] in self._meant_for(item):
            return None
        return next((proof for part in self._segments(item) if (proof := _asserts(part, words))), None)

    def is_foreign(self, words: Sequence[str]) -> bool:
        """Return whether the words, as stems, name a brand, a category or a value of the catalogue."""
        return tuple(words) in self.names

    def is_value_nearby(self, item: int, text: str) -> bool:
        """Return whether another item of the category has the words as a value: elsewhere they are mere words.

        Some book is about the far away; of a saucepan nobody takes that for a feature.
        """
        category = self._category[item]
        found = self._values_in.get(category)
        if found is None:
            rows = (row for row, path in enumerate(self._category) if path == category)
            held = (value for row in rows for value in _texts(self.catalog.attributes[row]))
            found = self._values_in[category] = frozenset(" ".join(stems_of(tokens(value))) for value in held)
        return text in found

    @cached_property
    def names(self) -> frozenset[tuple[str, ...]]:
        """Brands, leaf categories and values of attributes as stems: what is said of an item must not be another's."""
        texts = self._sold | self.values
        found = {stems_of(tokens(text)) for text in texts}
        return frozenset(
            words for words in found
            if 0 < len(words) <= MAX_VALUE_WORDS and not all(it in FUNCTION_WORDS or it.isdigit() for it in words)
        )  # fmt: skip

    @cached_property
    def _sold(self) -> frozenset[str]:
        """Brands and leaf categories, and the parts of these."""
        leaves = {leaf_name(path) for path in set(self._category)}
        return frozenset(self._brand).union(leaves, *(_PARTS.split(leaf) for leaf in leaves))

    def is_sold(self, words: Sequence[str]) -> bool:
        """Return whether the words, as stems, name a brand or a leaf category."""
        return tuple(words) in self._sold_stems

    @cached_property
    def _sold_stems(self) -> frozenset[tuple[str, ...]]:
        return frozenset(stems_of(tokens(text)) for text in self._sold)

    @cached_property
    def brands(self) -> frozenset[tuple[str, ...]]:
        """Brands as stems."""
        return frozenset(stems_of(tokens(brand)) for brand in set(self._brand) if brand)

    @cached_property
    def values(self) -> frozenset[str]:
        """Values of those attributes that have a vocabulary, and the names of those that are true or false."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        flags: set[str] = set()
        for attributes in self.catalog.attributes:
            for name, held in attributes.items():
                if isinstance(held, bool):
                    flags.add(name.replace("_", " "))
                else:
                    found[name].update(meanings(held))
        return frozenset(flags).union(*(values for values in found.values() if len(values) <= MAX_VALUES))

    @cached_property
    def han_names(self) -> frozenset[str]:
        """Names of two Chinese characters and more."""
        texts = self._sold | self.values
        return frozenset(text for text in texts if len(text) > 1 and all(map(HAN.match, text)))

    @cached_property
    def things(self) -> frozenset[str]:
        """Last words, as stems, of what the catalogue sells: `coffee` says of a coffee table what it is not."""
        n: Counter[str] = Counter()
        for title in self.catalog.titles:
            n.update({stem(word.casefold()) for word in _head(title)})
        leaves = {word for path in set(self._category) for word in _last_words(leaf_name(path))}
        return frozenset({word for word, count in n.items() if count >= MIN_THINGS} | leaves)

    def _is_other_thing(self, item: int, word: str) -> bool:
        own = self._things_of.get(item)
        if own is None:
            levels = self._category[item].split(SEPARATOR)
            named = {word for level in levels for word in _last_words(level)}
            # What the title's first phrase names last, a model's name and number behind it aside.
            first = next(iter(claimable(self.catalog.titles[item])), "")
            words = stems_of(tokens(first))
            stop = next((n for n, word in enumerate(words) if n and word in ABOUT_ANOTHER), len(words))
            last = next((word for word in reversed(words[:stop]) if word in self.things), "")
            own = self._things_of[item] = frozenset(named | {last})
        return word in self.things and word not in own

    def _cuts_value(self, item: int, words: tuple[str, ...]) -> bool:
        """Return whether the words are a value of the item cut short: carbon of carbon steel."""
        held = [phrase for phrase, proof in self.whole_fields(item).items() if proof.field not in ("category", "brand")]
        return any(contains(words, whole) and whole[-len(words) :] != words for whole in held)

    def whole_fields(self, item: int) -> dict[tuple[str, ...], Proof]:
        """Return the fields that count whole, by their words as stems."""
        found = self._phrases_of.get(item)
        if found is None:
            found = {}
            for text, proof in self._fields(item):
                if words := stems_of(tokens(text)):
                    found.setdefault(words, proof)
            self._phrases_of[item] = found
        return found

    def _fields(self, item: int) -> Iterator[tuple[str, Proof]]:
        levels = self._category[item].split(SEPARATOR)
        yield from ((level, Proof("category", level)) for level in reversed(levels))
        if "," not in levels[-1] and "&" not in levels[-1]:
            yield from ((tail, Proof("category", levels[-1])) for tail in _tails(levels[-1]))
        yield self._brand[item], Proof("brand", self._brand[item])
        for name, held in self.catalog.attributes[item].items():
            plain = name.replace("_", " ")
            if held is True:
                yield plain, Proof(name, "true")
            for value in meanings(held):
                yield value, Proof(name, value)
                yield f"{value} {plain}", Proof(name, value)
            if isinstance(held, int | float) and not isinstance(held, bool) and 1800 <= held <= 2100:
                yield f"{held:g}", Proof(name, f"{held:g}")

    def _meant_for(self, item: int) -> frozenset[str]:
        """Return the words that the title has of another thing: what a part is for, what comes with it."""
        found = self._meant_for_of.get(item)
        if found is None:
            parts = (tokens(part) for part in segments(self.catalog.titles[item]))
            starts = ((words, next((n for n, it in enumerate(words) if it in ABOUT_ANOTHER), -1)) for words in parts)
            behind = (word for words, start in starts if start >= 0 for word in words[start + 1 :])
            found = self._meant_for_of[item] = frozenset(stems_of(behind))
        return found

    def _segments(self, item: int) -> tuple[_Segment, ...]:
        found = self._segments_of.get(item)
        if found is None:
            parts = claimable(self.catalog.titles[item])
            found = self._segments_of[item] = tuple(_segment(part) for part in parts)
        return found


def _texts(attributes: Mapping[str, object]) -> Iterator[str]:
    for name, held in attributes.items():
        yield from (name.replace("_", " "),) if held is True else meanings(held)


def _head(title: str) -> list[str]:
    return [word for part in segments(title)[:1] for word in head_words(part)[-1:]]


def _last_words(name: str) -> set[str]:
    return {stem(words[-1]) for part in _PARTS.split(name) if (words := tokens(part))}


def _tails(leaf: str) -> list[str]:
    """Return a category without its first words: a coffee maker is a maker, and no coffee."""
    words = leaf.split()
    return [" ".join(words[n:]) for n in range(1, len(words))]


def _segment(text: str) -> _Segment:
    found = list(_WORD.finditer(text))
    atoms = tuple(match.group().casefold().replace("’", "'") for match in found)
    between = [text[one.end() : other.start()] for one, other in pairwise(found)]
    joined = frozenset(n for n, sign in enumerate(between, 1) if sign in ("-", "/", "."))
    return _Segment(text, stems_of(atoms), tuple(match.span() for match in found), joined)


def _asserts(part: _Segment, words: tuple[str, ...]) -> Proof | None:
    """Return the words as the title has them: not denied, not undone, of no other thing, no compound cut in two."""
    n = len(words)
    for start in range(len(part.atoms) - n + 1):
        end = start + n
        if part.atoms[start:end] != words or start in part.joined or end in part.joined:
            continue
        before = part.atoms[max(0, start - 2) : start]
        if set(before[-1:]) & NEGATORS or set(before) & DENIALS or set(part.atoms[end : end + 1]) & UNDOING:
            continue
        if words[0] in UNDOING or set(part.atoms[:start]) & ABOUT_ANOTHER:
            continue
        return Proof("title", part.text[part.spans[start][0] : part.spans[end - 1][1]])
    return None
