"""Which further fields of an item are worth naming in a few tokens? The paper lets a model say; we count."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import Any, Final

from .catalog import Catalog
from .tokens import count_tokens

_YEARS: Final = range(1800, 2101)
_CODE: Final = re.compile(r"[^\s]*\d[^\s]*")


def key_attributes(catalog: Catalog, *, max_tokens: int = 5) -> list[list[str]]:
    """Return the words for each item's attributes [I], the most telling attribute of the catalogue first.

    An attribute is worth the entropy of its values for each token it costs, as far as other items share them: what
    occurs once says nothing about taste. Left out are identifiers (almost every item has another, with a digit), long
    texts, what hardly varies, and values that a third of the items have. A list stands for its first entry. A number is
    told with its name, save a year.
    """
    texts: dict[str, dict[int, str]] = {}
    for row, fields in enumerate(catalog.attributes):
        for name, value in fields.items():
            text = _text(value)
            if text:
                texts.setdefault(name, {})[row] = text
    numeric = {name: _told_with_name(catalog, name, values) for name, values in texts.items()}
    shown = {
        name: {row: f"{name.replace('_', ' ')} {text}" if numeric[name] else text for row, text in values.items()}
        for name, values in texts.items()
    }
    worth = {name: _worth(values, len(catalog), max_tokens) for name, values in shown.items()}
    ranked = sorted((name for name in shown if worth[name] > 0), key=lambda name: (-worth[name], name))
    out: list[list[str]] = [[] for _ in range(len(catalog))]
    for name in ranked:
        telling = _telling(shown[name], max_tokens)
        for row, text in shown[name].items():
            if text in telling:
                out[row].append(text)
    return out


def _telling(values: dict[int, str], max_tokens: int) -> set[str]:
    """Return the values that are short and say at least 1.5 bits."""
    counts = Counter(values.values())
    most = len(values) / 2**1.5
    return {text for text, count in counts.items() if count <= most and count_tokens(text) <= max_tokens}


def _text(value: Any) -> str:
    """Return what an attribute's value says; '' for what says nothing."""
    if isinstance(value, list):
        return _text(value[0]) if value else ""
    if value is None or isinstance(value, bool | dict):
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value).strip()


def _told_with_name(catalog: Catalog, name: str, values: dict[int, str]) -> bool:
    """Whether the values are bare numbers that are not years."""
    row = next(iter(values))
    value = catalog.attributes[row].get(name)
    if not isinstance(value, int | float):
        return False
    return not all(text.isascii() and text.isdigit() and int(text) in _YEARS for text in values.values())


def _worth(values: dict[int, str], n_items: int, max_tokens: int) -> float:
    """Return bits for each token that an attribute gives over the catalogue; 0 for one to be left out."""
    counts = Counter(values.values())
    n = len(values)
    entropy = -sum(count / n * math.log2(count / n) for count in counts.values())
    tokens = sum(count_tokens(text) * count for text, count in counts.items()) / n
    identifier = len(counts) > 0.5 * n and sum(bool(_CODE.fullmatch(text)) for text in counts) > 0.9 * len(counts)
    if n < 0.01 * n_items or tokens > max_tokens or entropy < 0.5 or (n > 20 and identifier):
        return 0.0
    shared = sum(count for count in counts.values() if count > 1) / n
    return entropy * shared / (tokens + 1) * math.sqrt(n / n_items)
