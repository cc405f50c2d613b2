"""Of which kind is an attribute? Its values say: numbers, days, quantities, lists, words that come again, or free text.

What cannot be known from a name is not guessed from it, with one exception: an attribute that calls itself an id is no
number to be compared. [ours]
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..types import Settings
from .columns import Column, Raw, Words, coded, filled, free
from .days import day_comes_first, read_day
from .normal import key
from .units import Unit, converted, measure, number

SEPARATORS = {"|": 1, ";": 1, "、": 1, "，": 2, ",": 2, "/": 2}
"""What may part the entries of a list that is written as a text, tried in this order, and how many times fewer entries
than texts there must be for it to be believed: commas stand in names, too."""
ID_WORDS = frozenset({"id", "ids", "sku", "ean", "isbn", "upc", "gtin", "asin", "barcode", "url", "uri"})
YEARS = (1800, 2100)


class ColumnConfig(Settings):
    """When values count as numbers, dates, lists or words of a closed vocabulary."""

    alike: float = 0.95
    """Share of the values that must be numbers, or days, or quantities of one kind, for the field to be of them."""
    repeats: float = 2.5
    """How often a value of a closed vocabulary comes at least, on average (see `closed`)."""
    few: int = 20
    """Up to so many items, repetition tells nothing, and short words count as a closed vocabulary."""
    value_words: float = 5.0
    """Mean words of a value; longer ones are free text."""
    value_chars: float = 40.0
    """Mean characters of a value; longer ones are free text."""
    one_brand: float = 0.6
    """Values of which two items share the brand so often are names of products, hence free text."""
    parted: float = 0.2
    """Share of the texts that a separator must stand in for them to be written lists."""
    view_items: int = 10
    """Quantities of one kind, so many at least, give a field of other values a numeric view."""
    view_share: float = 0.1
    """And so large a share of the field's values."""


DEFAULTS = ColumnConfig()


def columns_of(name: str, raw: Raw, brand_I: NDArray[np.int32], config: ColumnConfig = DEFAULTS) -> dict[str, Column]:
    """Return an attribute's column by its name, and its numeric views, named `… in …`, by theirs.

    `brand_I` has a code for the brand of each item, -1 where it has none.
    """
    n_items, types = len(brand_I), set(map(type, raw.value))
    if list in types:
        return {name: _listed(_flat(raw), n_items, config)}
    if types == {bool}:
        return {name: coded(Words.of(raw.row, [_text(value) for value in raw.value]), "value")}
    if types <= {int, float}:
        return {name: _numeric(name, raw, n_items)}
    values = raw.value if types == {str} else [_text(value) for value in raw.value]
    return _worded(name, Words.of(raw.row, values), brand_I, config)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _flat(raw: Raw) -> Words:
    """Return the entries of lists."""
    lists = [value if isinstance(value, list) else [value] for value in raw.value]
    pairs = [
        (row, entry if type(entry) is str else _text(entry))
        for row, entries in zip(raw.row.tolist(), lists, strict=True)
        for entry in entries
        if not isinstance(entry, list | dict) and filled(entry)
    ]
    return Words.of(np.array([row for row, _ in pairs], dtype=np.int32), [text for _, text in pairs])


# Numbers


def _numeric(name: str, raw: Raw, n_items: int) -> Column:
    numbers = np.array(raw.value, dtype=np.float64)
    if ID_WORDS & set(key(re.sub(r"[_.-]", " ", name)).split()):
        return free(Words.of(raw.row, [f"{value:.17g}" for value in raw.value]), n_items)
    if np.array_equal(np.unique(numbers), [0.0, 1.0]):
        return coded(Words.of(raw.row, [f"{value:g}" for value in raw.value]), "value")
    number_I = np.full(n_items, np.nan)
    number_I[raw.row] = numbers
    return Column(kind="number", unit=_year(numbers), number_I=number_I)


def _year(numbers: NDArray[np.float64]) -> str:
    whole = numbers == np.floor(numbers)
    return "year" if bool((whole & (numbers >= YEARS[0]) & (numbers <= YEARS[1])).all()) else ""


# Words


def _worded(name: str, words: Words, brand_I: NDArray[np.int32], config: ColumnConfig) -> dict[str, Column]:
    n_items = len(brand_I)
    numbers = {text: value for text in words.texts if (value := number(text)) is not None}
    if words.share(numbers) >= config.alike:
        if len(words.texts) > config.alike * len(words.row) and len(words.row) > config.few:
            return {name: free(words, n_items)}  # as many numbers as items, kept as texts: a code
        number_I = words.dense(numbers, n_items)
        return {name: Column(kind="number", unit=_year(number_I[~np.isnan(number_I)]), number_I=number_I)}
    first = day_comes_first(words.texts)
    days = {
        text: float(day.toordinal()) for text in words.texts if (day := read_day(text, day_first=first)) is not None
    }
    if words.share(days) >= config.alike:
        return {name: Column(kind="date", number_I=words.dense(days, n_items))}
    measured = {text: found for text in words.texts if (found := measure(text)) is not None}
    views = _views(name, words, measured, n_items, config)
    if len(views) == 1 and words.share(measured) >= config.alike:
        return {name: next(iter(views.values()))}
    return {name: _vocabulary(words, brand_I, config), **views}


def _views(
    name: str, words: Words, measured: Mapping[str, tuple[float, Unit]], n_items: int, config: ColumnConfig
) -> dict[str, Column]:
    """Return a numeric column for each kind of quantity that is common among the values, in its most usual unit."""
    usual: dict[str, Counter[str]] = {}
    for text, count in zip(words.texts, words.counts, strict=True):
        if text in measured:
            found = measured[text][1]
            usual.setdefault(found.kind, Counter())[found.name] += count
    least = max(min(config.view_items, len(words.row)), config.view_share * len(words.row))
    views = {}
    for kind, names in sorted(usual.items()):
        if names.total() < least:
            continue
        wanted = min(names, key=lambda name: (-names[name], name))
        numbers = {text: _in(*found, wanted) for text, found in measured.items() if found[1].kind == kind}
        views[f"{name} in {wanted}"] = Column(kind="number", unit=wanted, number_I=words.dense(numbers, n_items))
    return views


def _in(value: float, given: Unit, wanted: str) -> float:
    found = converted(value, given=given.name, wanted=wanted)
    return math.nan if found is None else found


def _vocabulary(words: Words, brand_I: NDArray[np.int32], config: ColumnConfig) -> Column:
    if parted := _parted(words, config):
        return _listed(parted, len(brand_I), config)
    if closed(dict(zip(words.texts, words.counts, strict=True)), config) and not _names_products(
        words, brand_I, config
    ):
        return coded(words, "value")
    return free(words, len(brand_I))


def closed(counts: Mapping[str, int], config: ColumnConfig) -> bool:
    """Return whether values with these counts are words of a closed vocabulary: short, and coming again and again.

    What decides is not how many values are rare but how many there are in effect (the exponential of their entropy):
    colours have favourites, names of models do not.
    """
    n = sum(counts.values())
    if not _short(counts, config):
        return False
    if n <= config.few:
        return not any(any(letter.isdigit() for letter in text) for text in counts)
    entropy = -sum(count / n * math.log(count / n) for count in counts.values())
    return n / math.exp(entropy) >= config.repeats


def _names_products(words: Words, brand_I: NDArray[np.int32], config: ColumnConfig) -> bool:
    """Return whether values are names that brands give to what they make: each is of one brand, a brand has many.

    A property of brands (their country) has brands in common, or is always the same for one; neither is a name.
    """
    brand = brand_I[words.row]
    known = brand >= 0
    code, brand = words.code[known], brand[known]
    if not len(code):
        return False
    both = _pairs(code.astype(np.int64) * (int(brand.max()) + 1) + brand)
    of_value, of_brand = _pairs(code), _pairs(brand)
    if not of_value or not of_brand:
        return False
    return both / of_value >= config.one_brand and both / of_brand <= 1 - config.one_brand


def _pairs(groups: NDArray[np.integer[Any]]) -> int:
    """Return how many pairs of entries are of the same group."""
    counts = np.unique(groups, return_counts=True)[1]
    return int((counts * (counts - 1)).sum()) // 2


def _parted(words: Words, config: ColumnConfig) -> Words | None:
    """Return entries where texts are written lists: parting them leaves far fewer values; None elsewhere."""
    counts = words.counts
    for sign, fewer in SEPARATORS.items():
        if words.share({text for text in words.texts if sign in text}) < config.parted:
            continue
        parts = [[part for part in map(str.strip, text.split(sign)) if part] for text in words.texts]
        single: Counter[str] = Counter()
        for entries, count in zip(parts, counts, strict=True):
            for entry in entries:
                single[entry] += count
        if single and fewer * len(single) <= len(words.texts) and closed(single, config):
            held = [(row, entry) for row, code in zip(words.row.tolist(), words.code.tolist(), strict=True)
                    for entry in parts[code]]  # fmt: skip
            return Words.of(np.array([row for row, _ in held], dtype=np.int32), [entry for _, entry in held])
    return None


def _listed(entries: Words, n_items: int, config: ColumnConfig) -> Column:
    """Return lists of values, or their text where the entries are sentences."""
    short = _short(dict(zip(entries.texts, entries.counts, strict=True)), config)
    return coded(entries, "list") if short else free(entries, n_items)


def _short(counts: Mapping[str, int], config: ColumnConfig) -> bool:
    """Return whether values are names rather than sentences, by their mean length."""
    n = sum(counts.values())
    chars = sum(len(text) * count for text, count in counts.items())
    words = sum((text.count(" ") + 1) * count for text, count in counts.items())
    return chars <= config.value_chars * n and words <= config.value_words * n
