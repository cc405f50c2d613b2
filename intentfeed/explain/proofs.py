"""Does a field of an item, or what its category makes of it, show what is said? Each answer is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..data.catalog import SEPARATOR, Catalog
from ..data.script import is_spaceless
from ..types import Claim
from .facts import HIGH, LOW, RARE, FactsConfig, in_quarter, values
from .free_text import PriceBand
from .phrases import holds, phrases
from .shelves import meanings
from .titles import asserted, claimable
from .words import contains, tokens, words_of


class Proofs:
    """Looks up what claims say in the fields of one catalogue, keeping what it found."""

    def __init__(self, catalog: Catalog, config: FactsConfig, phrases: Mapping[str, str]) -> None:
        self.catalog, self.config, self._phrases = catalog, config, phrases
        self._category = catalog.frame["category"].to_list()
        self._brand = catalog.frame["brand"].to_list()
        self._price = catalog.frame["price"].to_list()
        self._description = catalog.frame["description"].to_list()
        self._members: dict[str, list[int]] = {}
        self._prices: dict[str, list[float]] = {}
        self._proved: dict[tuple[int, str, str, str], str] = {}
        self._rarity: dict[tuple[str, str, str], int] = {}
        for row, category in enumerate(self._category):
            self._members.setdefault(category, []).append(row)

    def disproof(self, item: int, claim: Claim) -> str:
        """Return why the item's field does not show the words of the claim, or '' where it does."""
        key = (item, claim.item_field or "", claim.value or "", claim.text)
        why = self._proved.get(key)
        if why is None:
            why = self._proved[key] = self._disproof(*key)
        return why

    def price_band(self, item: int) -> PriceBand:
        """Return whether the item's price lies in the lowest or the highest quarter of its category."""
        category = self._category[item]
        if self._holds("price:low", item, "price", f"{LOW}{category}"):
            return "low"
        return "high" if self._holds("price:high", item, "price", f"{HIGH}{category}") else ""

    def _disproof(self, item: int, field: str, value: str, text: str) -> str:
        if not field or not value:
            return f"{text}: no field or no value is named"
        fact = self._phrases.get(" ".join(tokens(text)))
        if fact is not None:
            return "" if self._holds(fact, item, field, value) else f"{text}: {field} does not show {value}"
        if RARE in value:
            return f"{text}: not a phrase that says rare"
        if not self.has(item, field, value):
            return f"{text}: {field} is not {value}"
        return "" if _says(text, field, value) else f"{text}: says more or less than {field} {value}"

    def has(self, item: int, field: str, value: str) -> bool:
        """Return whether a field of the item holds the value."""
        wanted = tokens(value)
        if field in ("title", "description"):
            if is_spaceless(value):
                return self._is_said(item, field, value)
            parts = claimable(self.catalog.titles[item]) if field == "title" else self._sentences(item)
            said = words_of(value)
            return any(asserted(said, words_of(part)) for part in parts) and not self._is_cut(item, wanted)
        if field == "brand":
            return bool(wanted) and tokens(self._brand[item]) == wanted
        if field == "category":
            path = self._category[item]
            return bool(wanted) and any(tokens(level) == wanted for level in (path, *path.split(SEPARATOR)))
        if field == "price":
            return self._price[item] is not None and value in (str(self._price[item]), f"{self._price[item]:g}")
        held = self.catalog.attributes[item].get(field)
        if isinstance(held, bool):
            return held and value == "true"
        if isinstance(held, int | float):
            return value in (str(held), f"{held:g}", *meanings(held))
        return value.casefold() in (entry.casefold() for entry in values(held))

    def _is_said(self, item: int, field: str, value: str) -> bool:
        """Return whether a title, or a sentence of the description, without blanks between words says the value."""
        texts = [self.catalog.titles[item]] if field == "title" else self._description[item].split("。")
        return any(holds(phrases(text, self.catalog.segmenter), value) for text in texts)

    def _sentences(self, item: int) -> list[str]:
        return [part for text in self._description[item].split(". ") for part in claimable(text)]

    def _is_cut(self, item: int, wanted: Sequence[str]) -> bool:
        """Return whether the words are a compound of the item's attributes cut short: carbon for carbon steel."""
        held = [tokens(value) for field in self.catalog.attributes[item].values() for value in values(field)]
        if wanted in held:
            return False
        return any(contains(wanted, whole) and whole[-len(wanted) :] != wanted for whole in held)

    def _holds(self, fact: str, item: int, field: str, value: str) -> bool:
        """Return whether what the category makes of a price or a feature holds."""
        category = self._category[item]
        members = self._members.get(category, [])
        if fact == "rare":
            feature, _, place = value.partition(RARE)
            if place != category or not category or len(members) < self.config.min_priced:
                return False
            n = self._rarity.get((category, field, feature))
            if n is None:
                n = self._rarity[category, field, feature] = sum(self.has(row, field, feature) for row in members)
            return self.has(item, field, feature) and n <= self.config.rare_share * len(members)
        if fact not in ("price:low", "price:high") or field != "price" or not category:
            return False
        low = fact == "price:low"
        price = self._price[item]
        if value != f"{LOW if low else HIGH}{category}" or price is None:
            return False
        prices = self._prices_of(category)
        return len(prices) >= self.config.min_priced and in_quarter(price, prices, low=low)

    def _prices_of(self, category: str) -> list[float]:
        """Return the prices of a category as they stand, lowest first."""
        found = self._prices.get(category)
        if found is None:
            priced = (self._price[row] for row in self._members.get(category, ()))
            found = self._prices[category] = sorted(price for price in priced if price is not None)
        return found


def _says(text: str, field: str, value: str) -> bool:
    """Return whether the words are the value, as it stands or with the field's name; part of it for a text field."""
    said, held, name = tokens(text), tokens(value), tokens(field.replace("_", " "))
    if said in (held, (*held, *name)):
        return True
    if value == "true":
        return said == name
    return field in ("title", "description") and asserted(words_of(text), words_of(value))
