"""Which words of a catalogue describe a kind of thing? Counting parts them from brands, models, units and vague words.

A word of one brand only is a brand or a product line, a word that mostly follows a number is a unit, and a word that
is at home in a large share of all categories says nothing. [ours; RecGPT-V1, 4.3 and 4.4, asks for it of a prompt]
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pydantic import Field

from ..data.catalog import Catalog
from ..data.script import MARKS, is_spaceless
from ..data.segment import Segmenter
from ..types import Settings
from .words import HAS_DIGIT, JOINS, LONGEST, RUN, is_short, matching_stems, stem

NUMBER = re.compile(r"\d+(?:[-'’]\d+)*")
NAME = re.compile(rf"(?:[^\W\d_]|[{MARKS}])+(?:[-'’. ]+(?:[^\W\d_]|[{MARKS}])+)*\.?")
"""Letters, with what joins them in a name: neither a measure nor a choice such as "l/xl"."""
MAX_VALUE = 32
"""Characters of an attribute value; a longer one is a text."""


class LexiconConfig(Settings):
    """When a word is a brand, a unit, or vague."""

    brand_share: float = Field(default=0.15, gt=0, le=1)
    """A word is a brand where this share of the items that use it are of a brand of that name."""
    min_brands: int = Field(default=2, ge=1)
    """Brands that must use a word, or it is a product line; category names are exempt."""
    unit_share: float = Field(default=0.5, gt=0, le=1)
    """A word is a unit, or a count, where it stands beside a number in this share of its uses: "3 quart", "size 4"."""
    vague_share: float = Field(default=0.15, gt=0, le=1)
    """A word is vague where it is used in this share of the categories."""
    min_categories: int = Field(default=30, ge=1)
    """A word of so few categories or fewer is never vague: in a small shop everything is everywhere."""
    join_share: float = Field(default=0.6, gt=0, le=1)
    """Two words are one modifier where they stand together in this share of the uses of either."""
    min_join: int = Field(default=3, ge=1)
    """Items that must hold them together."""
    min_value: int = Field(default=3, ge=1)
    """Items that must share an attribute value."""


@dataclass(frozen=True, slots=True)
class Use:
    """How often a word or value is used, and by whom."""

    items: int
    categories: int
    brands: int


class Lexicon:
    """What is known of each word and attribute value of a catalogue."""

    def __init__(self, config: LexiconConfig, segmenter: Segmenter | None = None) -> None:
        self.config = config
        self._segmenter = segmenter or Segmenter({})
        self.uses: dict[str, Use] = {}
        """By word, by pair of words that belong together, and by attribute value, in lower case."""
        self.brands: set[str] = set()
        self.units: set[str] = set()
        self.vague: set[str] = set()
        self.pairs: set[str] = set()
        self.named: set[str] = set()
        """Stems of the words of category names."""
        self.name_words: set[str] = set()
        """Those words themselves."""
        self.values: set[str] = set()
        """Attribute values that several items share."""
        self.value_I: list[list[str]] = []
        """Of each item, those it has."""
        self.titles_tell = True
        """Whether titles say what a thing is; those of films and books are names."""

    @classmethod
    def fit(cls, catalog: Catalog, config: LexiconConfig | None = None) -> Lexicon:
        """Return the lexicon of a catalogue's titles, brands and attribute values."""
        lexicon = cls(config or LexiconConfig(), catalog.segmenter)
        paths = catalog.frame["category"].to_list()
        brands = [brand.lower() for brand in catalog.frame["brand"].to_list()]
        lexicon.name_words = {word for path in catalog.categories for word in lexicon.name(path)}
        lexicon.named = {stem(word) for word in lexicon.name_words}
        lexicon.titles_tell = _titles_tell(catalog)
        tokens = [lexicon.read(title) for title in catalog.titles]
        fields = _spoken_fields(catalog) if lexicon.titles_tell else None
        values = [attribute_values(row, fields) for row in catalog.attributes]
        lexicon._count_words(tokens, paths, brands)
        lexicon._count_values(values, paths, brands)
        lexicon.value_I = [[value for value in row if value in lexicon.values] for row in values]
        limit = max(lexicon.config.vague_share * (len(catalog.categories) - 1), lexicon.config.min_categories)
        lexicon.vague = {term for term, use in lexicon.uses.items() if use.categories > limit and not is_era(term)}
        return lexicon

    def usable(self, term: str) -> bool:
        """Tell whether a word, pair or value may describe: known, no brand, no unit, not vague."""
        if term in self.vague or term in self.units or term in self.brands or is_short(term):
            return False
        use = self.uses.get(term)
        return use is not None and (stem(term) in self.named or is_era(term) or use.brands >= self._least_brands)

    def strip_brand(self, words: Sequence[str], brand: str) -> list[str]:
        """Return the words with None-like breaks ('') where the item's own brand stood."""
        own = set(RUN.findall(brand.lower()))
        return ["" if word in own and (stem(word) not in self.named or word in self.brands) else word for word in words]

    def read(self, title: str) -> list[str]:
        """Return the words of a title as `tokenize` does; none where titles are names."""
        return tokenize(self._segmenter.phrases(title), self.name_words) if self.titles_tell else []

    def name(self, path: str) -> list[str]:
        """Return the words of a category path."""
        return tokenize(self._segmenter.spaced(path).replace("-", " "), ANY)

    def _count_words(self, tokens: Sequence[Sequence[str]], paths: Sequence[str], brands: Sequence[str]) -> None:
        items: Counter[str] = Counter()
        own_brand: Counter[str] = Counter()
        beside_number: Counter[str] = Counter()
        together: Counter[str] = Counter()
        where: dict[str, set[str]] = defaultdict(set)
        whose: dict[str, set[str]] = defaultdict(set)
        for words, path, brand in zip(tokens, paths, brands, strict=True):
            brand_words = set(RUN.findall(brand))
            for term in set(words) - {"", "#"}:
                items[term] += 1
                own_brand[term] += term in brand_words
                where[term].add(path)
                whose[term].add(brand)
            following = {(one, two) for one, two in pairwise(words) if one and two}
            beside_number.update({two if one == "#" else one for one, two in following if "#" in (one, two)} - {"#"})
            for one, two in sorted(following):
                if "#" not in (one, two):
                    together[f"{one} {two}"] += 1
                    where[f"{one} {two}"].add(path)
                    whose[f"{one} {two}"].add(brand)
        config = self.config
        self._least_brands = config.min_brands if len(set(brands) - {""}) >= config.min_brands else 0
        self.brands = {term for term, n in own_brand.items() if n >= config.brand_share * items[term] and n}
        beside = {term for term, n in beside_number.items() if n >= config.unit_share * items[term]}
        self.units = {term for term in beside if stem(term) not in self.named}
        for pair, n in together.items():
            one, two = pair.split(" ")
            if len(whose[pair]) < self._least_brands or {one, two} & self.brands:
                continue
            if n >= config.min_join and n >= config.join_share * min(items[one], items[two]):
                self.pairs.add(pair)
                items[pair] = n
        self.uses = {term: Use(n, len(where[term] - {""}), len(whose[term])) for term, n in items.items()}

    def _count_values(self, values: Sequence[Sequence[str]], paths: Sequence[str], brands: Sequence[str]) -> None:
        items: Counter[str] = Counter()
        where: dict[str, set[str]] = defaultdict(set)
        whose: dict[str, set[str]] = defaultdict(set)
        for row, path, brand in zip(values, paths, brands, strict=True):
            for value in sorted(set(row)):
                items[value] += 1
                where[value].add(path)
                whose[value].add(brand)
        for value, n in items.items():
            if n >= self.config.min_value:
                self.values.add(value)
                known = self.uses.get(value, Use(0, 0, 0))
                use = Use(n, len(where[value] - {""}), len(whose[value]))
                self.uses[value] = Use(*(max(a, b) for a, b in zip(_fields(known), _fields(use), strict=True)))


class _Anything:
    """Contains everything."""

    def __contains__(self, _: object) -> bool:
        return True


ANY = _Anything()


def _fields(use: Use) -> tuple[int, int, int]:
    return use.items, use.categories, use.brands


def tokenize(title: str, names: Container[str] = ()) -> list[str]:
    """Return the words of a title in lower case; '' where a noun phrase ends, '#' for a number.

    A word with a digit in it ends a noun phrase too, unless it is among `names`, the words of category names.

    >>> tokenize("Steel Bowl X200, 3 Quart for 3D Kitchens", {"3d"})
    ['steel', 'bowl', '', '', '#', 'quart', '', '3d', 'kitchens']
    """
    found = []
    for token in RUN.findall(title[:LONGEST].lower()):
        if HAS_DIGIT.search(token) and token not in names:
            found.append("#" if NUMBER.fullmatch(token) else "")
        else:
            found.append(token if token[0].isalnum() and token not in JOINS else "")
    return found


def attribute_values(attributes: dict[str, Any], fields: Container[str] | None = None) -> list[str]:
    """Return the attribute values of one item that could be said in a phrase, in lower case; a year as its decade.

    >>> attribute_values({"year": 1995, "genres": ["Crime"], "size": "12 cm", "plot": "x" * 99})
    ['1990s', 'crime']
    """
    return [value for name in attributes if fields is None or name in fields for value in _said(attributes[name])]


def _titles_tell(catalog: Catalog) -> bool:
    """Tell whether at least a tenth of the titles share a word with their category's name."""
    paths = catalog.frame["category"].to_list()
    known = [(title, path) for title, path in zip(catalog.titles, paths, strict=True) if title and path]
    return sum(bool(set(matching_stems(title)) & set(matching_stems(path))) for title, path in known) >= 0.1 * len(
        known
    )


def _spoken_fields(catalog: Catalog) -> set[str]:
    """Return the attributes whose values the titles speak of, at least every seventh; what they never say reads odd."""
    has: Counter[str] = Counter()
    says: Counter[str] = Counter()
    for title, attributes in zip(catalog.titles, catalog.attributes, strict=True):
        text = title.lower()
        for name in attributes:
            values = list(_said(attributes[name]))
            has[name] += bool(values)
            says[name] += any(value in text for value in values)
    return {name for name, n in has.items() if says[name] * 7 >= n > 0}


def _said(field: Any) -> Iterable[str]:
    if isinstance(field, list):
        for entry in field:
            yield from _said(entry)
    elif isinstance(field, str):
        value = " ".join(field.lower().split())
        least = 2 if is_spaceless(value) else 3
        if least <= len(value) <= MAX_VALUE and NAME.fullmatch(value) and value.count(" ") <= 2:
            yield value
    elif isinstance(field, int) and not isinstance(field, bool) and 1800 <= field <= 2100:
        yield f"{field // 10 * 10}s"


def is_era(term: str) -> bool:
    """Tell whether a term is a decade: never vague, however few the categories."""
    return re.fullmatch(r"\d{3}0s", term) is not None
