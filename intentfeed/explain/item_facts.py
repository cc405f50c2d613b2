"""The facts of one item, by the slots of a sentence that they may fill."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..data.catalog import Catalog, leaf_name
from ..data.script import is_spaceless
from . import phrases as unspaced
from .facts import HIGH, LOW, RARE, Fact, area, fact, feature_key, in_quarter, stems, values
from .titles import segments, tails
from .trade import NAMES, Features, Trade
from .words import is_chinese, length, tokens

_SCHEMA_WORDS = frozenset(
    ["feature", "attribute", "audience", "type", "value", "tag", "keyword", "model", "id", "code"]
)
"""Names of columns that say nothing of what is in them."""


class ItemFacts:
    """The facts of each item, worked out when first asked for."""

    def __init__(self, catalog: Catalog, trade: Trade, *, domain: str) -> None:
        self.catalog, self.trade, self.domain = catalog, trade, domain
        self.features = Features(catalog, trade)
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
        named = _is_name(brand) or (is_chinese(brand) and self.features.fits(brand))
        yield "brand", [fact(brand, "brand", brand)] if named else []
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
                if n is None or len(tail) < 2 or not self.features.fits(tail) or not unspaced.holds(title, tail):
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
        for it in self.features.of(item):
            n = counts.get(feature_key(it), 0)
            if n <= max(most, 1) and self._is_word(it.text):
                found.setdefault(it.text, (n, it))
        return [it for _, it in sorted(found.values(), key=lambda pair: (pair[0], pair[1].text))]

    def _details(self, item: int, features: Sequence[Fact]) -> list[Fact]:
        """Return what stands alone: a value with its attribute's name, a measure, a segment that is no modifier."""
        if is_spaceless(self._title[item]):
            said = unspaced.phrases(self._title[item], self.catalog.segmenter)
            own = [it for it in features if it.field != "title" and it.field not in NAMES]
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


def _is_name(brand: str) -> bool:
    return 0 < length(brand) <= 3 and any(char.isalpha() for char in brand)
