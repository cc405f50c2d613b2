"""The words of the trade: what a catalogue as a whole says, and the features of its items in these words."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..data.catalog import Catalog
from ..data.script import is_spaceless
from . import phrases as unspaced
from .facts import Fact, FactsConfig, area, fact, feature_key, values
from .titles import NEGATION, claimable, count_places, segments, tails
from .words import Casing, is_chinese, length, split, tokens

NAMES = frozenset(["model", "id", "code"])
"""Columns that hold a name, and no quality."""
MAX_RUNNING = 20_000
"""Descriptions from which the casing of words is learnt."""


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


class Features:
    """What titles and attributes say of single items in words that others share; its brand and category aside."""

    def __init__(self, catalog: Catalog, trade: Trade) -> None:
        self.catalog, self.trade = catalog, trade
        self._title = catalog.titles
        self._category = catalog.frame["category"].to_list()
        self._brand = catalog.frame["brand"].to_list()

    def of(self, item: int) -> tuple[Fact, ...]:
        """Return the features of an item: those of its attributes, then those of its title."""
        return (*self._of_attributes(item), *self._of_segments(item))

    def fits(self, text: str) -> bool:
        """Return whether a text is short enough for a fact."""
        most = self.trade.config.max_characters if is_chinese(text) else self.trade.config.max_words
        return 0 < length(text) <= most

    def _of_attributes(self, item: int) -> Iterator[Fact]:
        for name, field in self.catalog.attributes[item].items():
            if field is True:
                yield fact(name.replace("_", " "), name, "true")
                continue
            known = self.trade.attributes.get(name, {})
            for value in values(field):
                if value.casefold() in known and self.fits(value) and not (name in NAMES and is_chinese(value)):
                    yield fact(self.trade.casing.mid(value, common=False), name, value)

    def _of_segments(self, item: int) -> Iterator[Fact]:
        if is_spaceless(self._title[item]):
            yield from self._of_unspaced(item)
            return
        for part in claimable(self._title[item])[1:]:
            small = part.casefold()
            if small in self.trade.segments and 0 < length(part) <= self.trade.config.max_words and any(
                len(word) > 2 and word.isalpha() for word in tokens(part)
            ) and not set(tokens(part)) & (NEGATION | set(tokens(self._brand[item]))):  # fmt: skip
                yield fact(self.trade.casing.mid(part, common=True), "title", part)

    def _of_unspaced(self, item: int) -> Iterator[Fact]:
        """Yield the words of the title that others share, but for those of its brand and its category."""
        own = f"{self._brand[item]} {self._category[item]}"
        title = unspaced.phrases(self._title[item], self.catalog.segmenter)
        for word in dict.fromkeys(word for phrase in title for word in phrase):
            known = is_spaceless(word) and len(word) > 1 and word.casefold() in self.trade.segments
            if known and word not in own and self.fits(word) and unspaced.holds(title, word):
                yield fact(word, "title", word)


def _attribute_counts(catalog: Catalog, at_least: int) -> dict[str, dict[str, int]]:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for attributes in catalog.attributes:
        for name, field in attributes.items():
            counts[name].update({value.casefold() for value in values(field)})
    return {name: {value: n for value, n in found.items() if n >= at_least} for name, found in counts.items()}


def _feature_counts(catalog: Catalog, trade: Trade) -> dict[str, dict[str, int]]:
    """Return, for each category, how many of its items have each feature."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    features = Features(catalog, trade)
    for item, category in enumerate(catalog.frame["category"].to_list()):
        counts[category].update({feature_key(it) for it in features.of(item)})
    return {category: dict(found) for category, found in counts.items()}
