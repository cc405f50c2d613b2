"""What may be said of an item: the words, the field that holds them, and what its category makes of them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..data.catalog import SEPARATOR
from ..data.script import is_spaceless, pairs, parts
from ..types import Settings
from .words import FUNCTION_WORDS, length, tokens

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


def in_quarter(price: float, prices: Sequence[float], *, low: bool) -> bool:
    """Return whether at most a quarter of the sorted prices are as low, or as high, as this one."""
    n = bisect_right(prices, price) if low else len(prices) - bisect_left(prices, price)
    return 0 < 4 * n <= len(prices)
