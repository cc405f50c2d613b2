"""What may be said of an item: the words, the field that holds them, and what its category makes of them."""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..data.catalog import SEPARATOR, Catalog, leaf_name
from ..data.script import is_spaceless, pairs, parts
from ..types import Settings
from . import phrases as unspaced
from .titles import NEGATION, claimable, count_places, segments, tails
from .words import FUNCTION_WORDS, Casing, is_chinese, length, split, tokens

_SCHEMA_WORDS = frozenset(
    ["feature", "attribute", "audience", "type", "value", "tag", "keyword", "model", "id", "code"]
)
"""Names of columns that say nothing of what is in them."""
_NAMES = frozenset(["model", "id", "code"])
"""Columns that hold a name, and no quality."""
MAX_RUNNING = 20_000
"""Descriptions from which the casing of words is learnt."""
LOW, HIGH, RARE = "lowest quarter of ", "highest quarter of ", " in few of "
"""How the value of a claim says what the category makes of a price or a feature."""


class FactsConfig(Settings):
    """What must hold before something is said of an item."""

    min_items: int = 3
    """Items that must share a title's head, a segment or an attribute value before it is a word of the trade."""
    min_priced: int = 12
    """Priced items of a category below which no price is called low or high."""
    rare_share: float = 0.1
    """Share of a category at which a feature is rare in it."""
    common_share: float = 0.5
    """Share of a category above which a feature is not worth a word."""
    max_words: int = 3
    """Words of a single fact."""
    max_characters: int = 6
    """Chinese characters of a single fact."""
    concentration: float = 0.3
    """Share of a title head's items that must lie in the item's part of the catalogue: pack and lot lie anywhere."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Words that may fill a slot, with the field and the value that prove them."""

    text: str
    field: str
    value: str
    n_words: int
    stems: frozenset[str]
    """The words without their plural, to see that a sentence does not say one thing twice."""


def feature_key(feature: Fact) -> str:
    """Return the name under which a feature's items are counted."""
    return f"{feature.field}={feature.value.casefold()}"


@lru_cache(maxsize=1 << 16)
def stems(text: str) -> frozenset[str]:
    """Return the words that carry meaning, each without a plural ending."""
    return frozenset(form for word in tokens(text) if word not in FUNCTION_WORDS for form in _forms(word))


def _forms(word: str) -> list[str]:
    """Return a word without a plural ending; of a script without blanks, its pairs of characters."""
    if is_spaceless(word):
        return [pair for part, spaceless in parts(word) for pair in (pairs(part) if spaceless else [part])]
    return [word[:-1] if word.endswith("s") and len(word) > 3 else word]


@lru_cache(maxsize=1 << 17)
def fact(text: str, field: str, value: str) -> Fact:
    """Return a fact with its words counted."""
    return Fact(text, field, value, length(text), stems(text))


def area(category: str) -> str:
    """Return the part of the catalogue an item lies in: the second level of its path, or the first."""
    return SEPARATOR.join(category.split(SEPARATOR)[:2])


def values(field: Any) -> list[str]:
    """Return the texts of an attribute: each entry of a list, or the text itself; a number has none."""
    if isinstance(field, list):
        return [entry for value in field for entry in values(value)]
    return [field.strip()] if isinstance(field, str) and field.strip() else []


@dataclass
class Trade:
    """The words of the trade: what the catalogue as a whole says, frozen until the next refit."""

    config: FactsConfig
    casing: Casing
    heads: dict[str, dict[str, int]]
    """Title head → part of the catalogue → items; '' counts them all."""
    segments: dict[str, int]
    """Whole segments that titles share, in small letters."""
    before: dict[str, tuple[int, int]]
    """Word or pair → how often a title has it, and how often before another word of the same phrase."""
    attributes: dict[str, dict[str, int]]
    """Attribute → value in small letters → items."""
    prices: dict[str, list[float]]
    """Category → its prices in order."""
    n_category: dict[str, int]
    in_category: dict[str, dict[str, int]]
    """Category → `field=value` → items."""

    @classmethod
    def fit(cls, catalog: Catalog, config: FactsConfig) -> Trade:
        """Return what a catalogue's words come to."""
        frame = catalog.frame
        heads: defaultdict[str, Counter[str]] = defaultdict(Counter)
        shared: Counter[str] = Counter()
        seen: Counter[str] = Counter()
        leading: Counter[str] = Counter()
        for title, category in zip(catalog.titles, frame["category"].to_list(), strict=True):
            if is_spaceless(title):
                said = unspaced.phrases(title, catalog.segmenter)
                shared.update({word for phrase in said for word in phrase})
                for tail in {tail for phrase in said for tail in unspaced.ends(phrase)}:
                    heads[tail].update({"": 1, area(category): 1} if category else {"": 1})
                for phrase in said:
                    count_places(phrase, seen, leading)
                continue
            whole = segments(title)
            shared.update({part.casefold() for part in whole})
            for tail in tails(whole[:1], config.max_words):
                heads[tail].update({"": 1, area(category): 1} if category else {"": 1})
            for part in whole:
                count_places(split(part), seen, leading)
        prices: defaultdict[str, list[float]] = defaultdict(list)
        for category, price in zip(frame["category"].to_list(), frame["price"].to_list(), strict=True):
            if price is not None:
                prices[category].append(price)
        at_least = config.min_items
        trade = cls(
            config=config,
            casing=Casing.of(frame["description"].gather_every(max(1, len(catalog) // MAX_RUNNING)).to_list()),
            heads={head: dict(n) for head, n in heads.items() if n[""] >= at_least},
            segments={part: n for part, n in shared.items() if n >= at_least},
            before={word: (n, leading[word]) for word, n in seen.items() if n >= at_least},
            attributes=_attribute_counts(catalog, at_least),
            prices={category: sorted(found) for category, found in prices.items()},
            n_category=dict(Counter(frame["category"].to_list())),
            in_category={},
        )
        trade.in_category = _feature_counts(catalog, trade)
        return trade

    def is_modifier(self, text: str) -> bool:
        """Return whether titles use the words before a noun, more often than alone."""
        words = tokens(text)
        if not 1 <= len(words) <= 2 or any(not word.isalpha() for word in words):
            return False
        seen, leading = self.before.get(" ".join(words), (0, 0))
        return seen >= self.config.min_items and 2 * leading >= seen

    def save(self, folder: Path) -> None:
        """Write the words as JSON."""
        plain = {name: getattr(self, name) for name in _PLAIN}
        plain |= {"config": self.config.model_dump(), "lower": sorted(self.casing.lower)}
        (folder / "trade.json").write_text(json.dumps(plain, ensure_ascii=False, sort_keys=True))

    @classmethod
    def load(cls, folder: Path) -> Trade:
        """Read what `save` wrote."""
        plain = json.loads((folder / "trade.json").read_text())
        plain["before"] = {word: (n, m) for word, (n, m) in plain["before"].items()}
        lower = frozenset(plain.pop("lower"))
        return cls(config=FactsConfig(**plain.pop("config")), casing=Casing(lower), **plain)


_PLAIN = ("heads", "segments", "before", "attributes", "prices", "n_category", "in_category")


class ItemFacts:
    """The facts of each item, worked out when first asked for."""

    def __init__(self, catalog: Catalog, trade: Trade, *, domain: str) -> None:
        self.catalog, self.trade, self.domain = catalog, trade, domain
        self._title = catalog.titles
        self._category = catalog.frame["category"].to_list()
        self._brand = catalog.frame["brand"].to_list()
        self._price = catalog.frame["price"].to_list()
        self._description = catalog.frame["description"].to_list()
        self._of: dict[int, dict[str, list[Fact]]] = {}

    def of(self, item: int) -> dict[str, list[Fact]]:
        """Return the facts of an item by slot, those that set it most apart first; a slot without facts is absent."""
        found = self._of.get(item)
        if found is None:
            found = self._of[item] = {slot: facts for slot, facts in self._work_out(item) if facts}
        return found

    def category_of(self, item: int) -> str:
        """Return the category path of an item."""
        return str(self._category[item])

    def _work_out(self, item: int) -> Iterator[tuple[str, list[Fact]]]:
        trade, category, brand = self.trade, self._category[item], self._brand[item]
        leaf = leaf_name(category)
        kinds = [fact(trade.casing.mid(leaf, common=True), "category", leaf)] if leaf else []
        yield "kind", kinds
        yield "shelf", [fact(leaf, "category", leaf)] if leaf else []
        yield (
            "brand",
            [fact(brand, "brand", brand)] if _is_name(brand) or (is_chinese(brand) and self._fits(brand)) else [],
        )
        if self.domain in ("shop", "generic"):
            yield "noun", self._head(item) or kinds
            features = self._features(item)
            yield "feature", [it for it in features if trade.is_modifier(it.text)]
            yield "detail", self._details(item, features)
            yield "price:low", self._price_fact(item, low=True)
            yield "price:high", self._price_fact(item, low=False)
            yield "rare", self._rare(item, [it for it in features if trade.is_modifier(it.text)])
        else:
            yield "noun", kinds
        yield from self._film_facts(item, leaf)

    def _fits(self, text: str) -> bool:
        """Return whether a text is short enough for a fact."""
        most = self.trade.config.max_characters if is_chinese(text) else self.trade.config.max_words
        return 0 < length(text) <= most

    def _unspaced_head(self, item: int) -> list[Fact]:
        """Return what the item is: the longest end of a phrase that the trade uses and another field bears out.

        What an attribute says of it is not what it is, nor is its brand; its category bears out most.
        """
        category, place = self._category[item], area(self._category[item])
        said = {value.casefold() for field in self.catalog.attributes[item].values() for value in values(field)}
        found: list[tuple[bool, str]] = []
        title = unspaced.phrases(self._title[item], self.catalog.segmenter)
        for phrase in (list(phrase) for phrase in title):
            while phrase and phrase[-1] in said:
                phrase.pop()
            for tail in unspaced.ends(phrase):
                n = self.trade.heads.get(tail)
                if n is None or len(tail) < 2 or not self._fits(tail) or not unspaced.holds(title, tail):
                    continue
                if tail in said or tail == self._brand[item]:
                    continue
                here = n.get(place, 0) if place else max((m for key, m in n.items() if key), default=n[""])
                if here >= self.trade.config.concentration * n[""]:
                    found.append((unspaced.shared_pairs(tail, [leaf_name(category)]), tail))
        best = [tail for of_category, tail in found if of_category]
        best += [tail for _, tail in found if unspaced.shared_pairs(tail, [self._description[item]])]
        if (
            not category and not self._description[item]
        ):  # then what other words describe is a thing; a name stands alone
            best = [tail for _, tail in found if any(len("".join(phrase)) > len(tail) for phrase in title
                                                     if phrase and "".join(phrase).endswith(tail))]  # fmt: skip
        return [fact(best[0], "title", best[0])] if best else []

    def _head(self, item: int) -> list[Fact]:
        """Return what the item is: the longest tail of its title's first phrase that the trade uses."""
        if is_spaceless(self._title[item]):
            return self._unspaced_head(item)
        first = segments(self._title[item])[:1]
        brand = set(tokens(self._brand[item]))
        place = area(self._category[item])
        for tail, written in tails(first, self.trade.config.max_words).items():
            n = self.trade.heads.get(tail)
            words = tail.split()
            if n is None or set(words) & brand or max(map(len, words)) < 3:
                continue
            here = n.get(place, 0) if place else max((m for key, m in n.items() if key), default=n[""])
            if here < self.trade.config.concentration * n[""] or not self._is_word(words[-1]):
                continue
            if self._is_borne_out(item, words[-1]):
                return [fact(self.trade.casing.mid(written, common=True), "title", written)]
        return []

    def _is_borne_out(self, item: int, word: str) -> bool:
        """Return whether another field says what the title ends in: the head of `On Steam` is not what a book is."""
        elsewhere = stems(self._category[item]) | stems(self._description[item])
        return not elsewhere or bool(stems(word) & elsewhere)

    def _is_word(self, text: str) -> bool:
        """Return whether the catalogue's running text knows the words, or there is no running text to tell."""
        return not self.trade.casing.lower or self.trade.casing.knows(text)

    def _features(self, item: int) -> list[Fact]:
        """Return values of attributes and segments of the title that other items share, the rarest kind first."""
        counts = self.trade.in_category.get(self._category[item], {})
        most = self.trade.config.common_share * self.trade.n_category.get(self._category[item], 0)
        found: dict[str, tuple[int, Fact]] = {}
        for it in (*self._attribute_features(item), *self._segment_features(item)):
            n = counts.get(feature_key(it), 0)
            if n <= max(most, 1) and self._is_word(it.text):
                found.setdefault(it.text, (n, it))
        return [it for _, it in sorted(found.values(), key=lambda pair: (pair[0], pair[1].text))]

    def _attribute_features(self, item: int) -> Iterator[Fact]:
        for name, field in self.catalog.attributes[item].items():
            if field is True:
                yield fact(name.replace("_", " "), name, "true")
                continue
            known = self.trade.attributes.get(name, {})
            for value in values(field):
                if value.casefold() in known and self._fits(value) and not (name in _NAMES and is_chinese(value)):
                    yield fact(self.trade.casing.mid(value, common=False), name, value)

    def _segment_features(self, item: int) -> Iterator[Fact]:
        if is_spaceless(self._title[item]):
            yield from self._unspaced_features(item)
            return
        for part in claimable(self._title[item])[1:]:
            small = part.casefold()
            if small in self.trade.segments and 0 < length(part) <= self.trade.config.max_words and any(
                len(word) > 2 and word.isalpha() for word in tokens(part)
            ) and not set(tokens(part)) & (NEGATION | set(tokens(self._brand[item]))):  # fmt: skip
                yield fact(self.trade.casing.mid(part, common=True), "title", part)

    def _unspaced_features(self, item: int) -> Iterator[Fact]:
        """Yield the words of the title that others share, but for those of its brand and its category."""
        own = f"{self._brand[item]} {self._category[item]}"
        title = unspaced.phrases(self._title[item], self.catalog.segmenter)
        for word in dict.fromkeys(word for phrase in title for word in phrase):
            known = is_spaceless(word) and len(word) > 1 and word.casefold() in self.trade.segments
            if known and word not in own and self._fits(word) and unspaced.holds(title, word):
                yield fact(word, "title", word)

    def _details(self, item: int, features: Sequence[Fact]) -> list[Fact]:
        """Return what stands alone: a value with its attribute's name, a measure, a segment that is no modifier."""
        if is_spaceless(self._title[item]):
            said = unspaced.phrases(self._title[item], self.catalog.segmenter)
            own = [it for it in features if it.field != "title" and it.field not in _NAMES]
            return [it for it in own if unspaced.holds(said, it.text)]
        found = []
        for it in features:
            if it.field == "title":
                found += [] if self.trade.is_modifier(it.text) else [it]
            elif it.text[0].isdigit():
                found.append(it)
            elif self._names_values(item, it.field):
                text = f"{it.text} {it.field.replace('_', ' ')}"
                found += [fact(text, it.field, it.value)] if length(text) <= self.trade.config.max_words else []
        return [it for it in found if any(len(word) > 1 and word.isalpha() for word in tokens(it.text))]

    def _names_values(self, item: int, field: str) -> bool:
        """Return whether the attribute's name may follow its value: one plain word that says what is meant."""
        held = self.catalog.attributes[item].get(field)
        return isinstance(held, str) and field.isalpha() and field.casefold() not in _SCHEMA_WORDS

    def _price_fact(self, item: int, *, low: bool) -> list[Fact]:
        category, price = self._category[item], self._price[item]
        prices = self.trade.prices.get(category, [])
        if price is None or not category or len(prices) < self.trade.config.min_priced:
            return []
        if not in_quarter(price, prices, low=low):
            return []
        return [Fact("", "price", f"{LOW if low else HIGH}{category}", 0, frozenset())]

    def _rare(self, item: int, features: Sequence[Fact]) -> list[Fact]:
        """Return the features that few items of the category have."""
        category = self._category[item]
        n, counts = self.trade.n_category.get(category, 0), self.trade.in_category.get(category, {})
        if not category or n < self.trade.config.min_priced:
            return []
        most = self.trade.config.rare_share * n
        return [
            Fact(it.text, it.field, f"{it.value}{RARE}{category}", it.n_words, it.stems)
            for it in features
            if it.field != "title" and 0 < counts.get(feature_key(it), 0) <= most
        ]

    def _film_facts(self, item: int, leaf: str) -> Iterator[tuple[str, list[Fact]]]:
        if self.domain != "films":
            return
        own = self.catalog.attributes[item]
        for slot, names in _FILM_FIELDS.items():
            found = [fact(value, name, value) for name in names for value in values(own.get(name))]
            yield slot, [it for it in found if it.n_words <= self.trade.config.max_words]
        genres = [value for value in values(own.get("genres")) if value.casefold() != leaf.casefold()]
        yield "genre", [fact(self.trade.casing.mid(value, common=True), "genres", value) for value in genres]
        if isinstance(year := own.get("year"), int):
            yield "year", [fact(str(year), "year", str(year))]


_FILM_FIELDS = {
    "director": ("directors", "director"),
    "actor": ("actors", "cast", "actor"),
    "writer": ("writers", "writer"),
}


def in_quarter(price: float, prices: Sequence[float], *, low: bool) -> bool:
    """Return whether at most a quarter of the sorted prices are as low, or as high, as this one."""
    n = bisect_right(prices, price) if low else len(prices) - bisect_left(prices, price)
    return 0 < 4 * n <= len(prices)


def _is_name(brand: str) -> bool:
    return 0 < length(brand) <= 3 and any(char.isalpha() for char in brand)


def _attribute_counts(catalog: Catalog, at_least: int) -> dict[str, dict[str, int]]:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for attributes in catalog.attributes:
        for name, field in attributes.items():
            counts[name].update({value.casefold() for value in values(field)})
    return {name: {value: n for value, n in found.items() if n >= at_least} for name, found in counts.items()}


def _feature_counts(catalog: Catalog, trade: Trade) -> dict[str, dict[str, int]]:
    """Return, for each category, how many of its items have each feature."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    facts = ItemFacts(catalog, trade, domain="shop")
    for item, category in enumerate(catalog.frame["category"].to_list()):
        features = (*facts._attribute_features(item), *facts._segment_features(item))
        counts[category].update({feature_key(it) for it in features})
    return {category: dict(found) for category, found in counts.items()}
