"""Raw values of one attribute → a typed column: the values themselves say whether they are numbers, dates or words.

What cannot be known from a name is not guessed from it, with one exception: an attribute that calls itself an id is no
number to be compared. [ours]
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..types import Settings
from .days import day_comes_first, read_day
from .normal import key
from .units import Unit, converted, measure, number

FieldKind = Literal["number", "date", "category", "value", "list", "text"]
"""A number or a day, compared by size; a category path; one or several of a closed vocabulary; free text."""

Texts = Sequence[str]
SEPARATORS = ("|", ";", "、", "，", ",", "/")
"""What may part the entries of a list that is written as a text, tried in this order."""
ID_WORDS = frozenset({"id", "ids", "sku", "ean", "isbn", "upc", "gtin", "asin", "barcode", "url", "uri"})
YEARS = (1800, 2100)
NESTED = 2
"""Levels of objects inside an attribute that become fields of their own."""


class ColumnConfig(Settings):
    """When values count as numbers, dates, lists or words of a closed vocabulary."""

    alike: float = 0.95
    """Share of the values that must be numbers, or days, or quantities of one kind, for the field to be of them."""
    repeats: float = 3.5
    """How often a value of a closed vocabulary comes at least, on average (see `closed`)."""
    few: int = 20
    """Up to so many items, repetition tells nothing, and short words count as a closed vocabulary."""
    value_words: float = 5.0
    """Mean words of a value; longer ones are free text."""
    value_chars: float = 40.0
    """Mean characters of a value; longer ones are free text."""
    view_items: int = 10
    """Quantities of one kind, so many at least, give a field of other values a numeric view."""
    view_share: float = 0.1
    """And so large a share of the field's values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One field of all items: `number_I` for numbers and days, else codes into `spelled`, else texts."""

    kind: FieldKind
    unit: str = ""
    number_I: NDArray[np.float64] | None = None
    """NaN where missing; a date as its ordinal day."""
    spelled: Texts = ()
    """Values as the catalogue mostly writes them, most frequent first."""
    counts: Sequence[int] = ()
    """Items that have each value."""
    code: NDArray[np.int32] | None = None
    """Index into `spelled` of every (item, value), items in order."""
    owner: NDArray[np.int32] | None = None
    """The item of each `code`."""
    text_I: pl.Series | None = None
    """Free text; '' where missing."""


Raw = Mapping[int, Any]
"""Values by row, none of them null or empty."""


def gather(attributes: Sequence[Mapping[str, Any]]) -> dict[str, dict[int, Any]]:
    """Return the values of each attribute by row, what is empty left out; an object's members become attributes."""
    found: dict[str, dict[int, Any]] = {}
    for row, fields in enumerate(attributes):
        for name, value in fields.items():
            if isinstance(value, dict):
                for inner, held in _members(name, value, NESTED):
                    found.setdefault(inner, {})[row] = held
            elif _filled(value):
                found.setdefault(name, {})[row] = value
    return found


def _members(name: str, value: Mapping[str, Any], depth: int) -> Iterator[tuple[str, Any]]:
    for inner, held in value.items():
        if isinstance(held, dict) and depth > 1:
            yield from _members(f"{name}.{inner}", held, depth - 1)
        elif not isinstance(held, dict) and _filled(held):
            yield f"{name}.{inner}", held


def _filled(value: Any) -> bool:
    if isinstance(value, str):
        return bool(value.strip())
    return value is not None and value != [] and not (isinstance(value, float) and not math.isfinite(value))


def columns_of(name: str, raw: Raw, n_items: int, config: ColumnConfig) -> dict[str, Column]:
    """Return an attribute's column by its name, and its numeric views, named `… in …`, by theirs."""
    values = raw.values()
    if any(isinstance(value, list) for value in values):
        return {name: _listed({row: _entries(value) for row, value in raw.items()}, n_items, config)}
    if all(isinstance(value, bool) for value in values):
        return {name: coded({row: [_text(value)] for row, value in raw.items()}, "value")}
    if all(isinstance(value, int | float) for value in values):
        return {name: _numeric(name, {row: float(value) for row, value in raw.items()}, n_items)}
    return _worded(name, {row: _text(value) for row, value in raw.items()}, n_items, config)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else " ".join(str(value).split())


def _entries(value: Any) -> list[str]:
    entries = value if isinstance(value, list) else [value]
    return [_text(entry) for entry in entries if not isinstance(entry, list | dict) and _filled(entry)]


# Numbers


def _numeric(name: str, numbers: Mapping[int, float], n_items: int) -> Column:
    distinct = set(numbers.values())
    if ID_WORDS & set(key(name.replace("_", " ").replace(".", " ")).split()):
        return _free({row: f"{value:g}" for row, value in numbers.items()}, n_items)
    if distinct == {0.0, 1.0}:
        return coded({row: [f"{value:g}"] for row, value in numbers.items()}, "value")
    years = all(value.is_integer() and YEARS[0] <= value <= YEARS[1] for value in distinct)
    return Column(kind="number", unit="year" if years else "", number_I=_dense(numbers, n_items))


def _dense(numbers: Mapping[int, float], n_items: int) -> NDArray[np.float64]:
    number_I = np.full(n_items, np.nan)
    number_I[np.fromiter(numbers, np.int64, len(numbers))] = np.fromiter(numbers.values(), np.float64, len(numbers))
    return number_I


# Words


def _worded(name: str, texts: Mapping[int, str], n_items: int, config: ColumnConfig) -> dict[str, Column]:
    counts = Counter(texts.values())
    enough = config.alike * len(texts)
    numbers = {text: value for text in counts if (value := number(text)) is not None}
    if _rows(numbers, counts) >= enough:
        if len(counts) > config.alike * len(texts) and len(texts) > config.few:
            return {name: _free(texts, n_items)}  # as many numbers as items, kept as texts: a code
        return {name: _numeric(name, {row: numbers[text] for row, text in texts.items() if text in numbers}, n_items)}
    first = day_comes_first(counts)
    days = {text: day.toordinal() for text in counts if (day := read_day(text, day_first=first)) is not None}
    if _rows(days, counts) >= enough:
        told = {row: float(days[text]) for row, text in texts.items() if text in days}
        return {name: Column(kind="date", number_I=_dense(told, n_items))}
    measured = {text: found for text in counts if (found := measure(text)) is not None}
    views = _views(name, texts, counts, measured, n_items, config)
    if len(views) == 1 and _rows(measured, counts) >= enough:
        return {name: next(iter(views.values()))}
    return {name: _vocabulary(texts, counts, n_items, config), **views}


def _rows(known: Iterable[str], counts: Mapping[str, int]) -> int:
    return sum(counts[text] for text in known)


def _views(
    name: str,
    texts: Mapping[int, str],
    counts: Mapping[str, int],
    measured: Mapping[str, tuple[float, Unit]],
    n_items: int,
    config: ColumnConfig,
) -> dict[str, Column]:
    """Return a numeric column for each kind of quantity that is common among the values, in its most usual unit."""
    usual: dict[str, Counter[str]] = {}
    for text, (_, found) in measured.items():
        usual.setdefault(found.kind, Counter())[found.name] += counts[text]
    views = {}
    for kind, names in sorted(usual.items()):
        if names.total() < max(min(config.view_items, len(texts)), config.view_share * len(texts)):
            continue
        unit = min(names, key=lambda name: (-names[name], name))
        numbers = {
            row: value
            for row, text in texts.items()
            if text in measured and measured[text][1].kind == kind
            if (value := _in(*measured[text], wanted=unit)) is not None
        }
        views[f"{name} in {unit}"] = Column(kind="number", unit=unit, number_I=_dense(numbers, n_items))
    return views


def _in(value: float, unit: Unit, *, wanted: str) -> float | None:
    return converted(value, given=unit.name, wanted=wanted)


def _vocabulary(texts: Mapping[int, str], counts: Counter[str], n_items: int, config: ColumnConfig) -> Column:
    if parted := _parted(texts, counts, config):
        return _listed(parted, n_items, config)
    if closed(counts, config):
        return coded({row: [text] for row, text in texts.items()}, "value")
    return _free(texts, n_items)


def closed(counts: Mapping[str, int], config: ColumnConfig) -> bool:
    """Return whether values with these counts are words of a closed vocabulary: short, and coming again and again.

    What decides is not how many values are rare but how many there are in effect (the exponential of their entropy):
    colours have favourites, names of models do not.
    """
    n = sum(counts.values())
    if sum(len(text) * count for text, count in counts.items()) > config.value_chars * n:
        return False
    if sum((text.count(" ") + 1) * count for text, count in counts.items()) > config.value_words * n:
        return False
    if n <= config.few:
        return not any(any(letter.isdigit() for letter in text) for text in counts)
    entropy = -sum(count / n * math.log(count / n) for count in counts.values())
    return n / math.exp(entropy) >= config.repeats


def _parted(texts: Mapping[int, str], counts: Counter[str], config: ColumnConfig) -> dict[int, list[str]]:
    """Return lists where texts are written lists: parting them leaves far fewer values; {} elsewhere."""
    for sign in SEPARATORS:
        if sum(count for text, count in counts.items() if sign in text) < 0.2 * len(texts):
            continue
        parts = {text: [part for part in map(str.strip, text.split(sign)) if part] for text in counts}
        single: Counter[str] = Counter()
        for text, count in counts.items():
            single.update(dict.fromkeys(parts[text], count))
        if single and 2 * len(single) <= len(counts) and closed(single, config):
            return {row: parts[text] for row, text in texts.items() if parts[text]}
    return {}


def _listed(entries: Mapping[int, Sequence[str]], n_items: int, config: ColumnConfig) -> Column:
    """Return lists of values, or their text where the entries are sentences."""
    flat = [entry for held in entries.values() for entry in held]
    if sum(map(len, flat)) > config.value_chars * len(flat):
        return _free({row: "; ".join(held) for row, held in entries.items()}, n_items)
    return coded(entries, "list")


def coded(entries: Mapping[int, Sequence[str]], kind: FieldKind) -> Column:
    """Return a column of codes, spellings that differ in case or blanks as one value."""
    keys = {text: key(text) for text in {text for held in entries.values() for text in held}}
    written: Counter[str] = Counter(text for held in entries.values() for text in held)
    held_by: Counter[str] = Counter(found for held in entries.values() for found in {keys[text] for text in held})
    spelling: dict[str, str] = {}
    for text in sorted(written, key=lambda text: (-written[text], text)):
        spelling.setdefault(keys[text], text)
    order = sorted(held_by, key=lambda found: (-held_by[found], found))
    at = {found: code for code, found in enumerate(order)}
    pairs = [(row, code) for row in sorted(entries) for code in sorted({at[keys[text]] for text in entries[row]})]
    return Column(
        kind=kind,
        spelled=tuple(spelling[found] for found in order),
        counts=tuple(held_by[found] for found in order),
        code=np.array([code for _, code in pairs], dtype=np.int32),
        owner=np.array([row for row, _ in pairs], dtype=np.int32),
    )


def _free(texts: Mapping[int, str], n_items: int) -> Column:
    held = [""] * n_items
    for row, text in texts.items():
        held[row] = text
    return Column(kind="text", text_I=pl.Series("text", held, dtype=pl.String))


def number_in(column: Column, value: str | float) -> float | None:
    """Return the number that a value stands for in a column, a day as its ordinal; None where it is none."""
    if not isinstance(value, str):
        return float(value) if math.isfinite(value) else None
    if column.kind == "date":
        day = read_day(value)
        return float(day.toordinal()) if day else None
    plain = number(value)
    if plain is not None:
        return plain
    told = measure(value)
    if told is None:
        return None
    return converted(told[0], given=told[1].name, wanted=column.unit) if column.unit else told[0]
