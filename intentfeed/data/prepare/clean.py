"""Texts and prices of a shop's pages → what a person would read, or nothing."""

from __future__ import annotations

import html
import math
import re

TAG = re.compile(r"</?[a-zA-Z!][^<>]{0,500}>")
SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b\ufeff\ud800-\udfff]+")
"""Spaces, controls, and halves of characters, which JSON may hold and nothing else."""
HALF = re.compile("[\ud800-\udfff]")
CODE = re.compile(r"getTime\(\)|function\s*\(|\bvar [a-zA-Z_]\w* ?=|[.#@][\w-]+[^{}]{0,80}\{[^{}]{0,200}[:;]")
"""Scripts and style sheets that the crawlers took for a title or a price."""
PRICE = re.compile(r"^\s*(?:from\s+)?(?:US)?\$?\s*(?P<number>\d[\d,]*(?:\.\d+)?)(?:\s*[-–]\s*\$?\s*[\d,.]+)?\s*$", re.I)
"""A range of prices is read as its lower end."""
LONGEST_PRICE = 40


def clean_text(value: object, limit: int) -> str | None:
    """Return one line without markup, entities or code, at most `limit` characters; None where nothing is left.

    >>> clean_text("Tom &amp;amp; Jerry<br />Set", 100)
    'Tom & Jerry Set'
    """
    if not isinstance(value, str):
        return None
    text = value[: 4 * limit]
    for _ in range(2):  # many are escaped twice
        text = html.unescape(text)
    if CODE.search(text):
        return None
    text = SPACE.sub(" ", TAG.sub(" ", text)).strip()
    return text[:limit].rstrip() or None


def plain_id(value: object) -> str:
    """Return an id or a number as text, '' for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return HALF.sub("", str(value)).strip()


def clean_list(value: object, limit: int) -> list[str]:
    """Return the texts of a list, or of one text, that are left when cleaned."""
    parts = value if isinstance(value, list) else [value]
    return [text for part in parts if (text := clean_text(part, limit)) is not None]


def price_of(value: object) -> float | None:
    """Return a price above nothing.

    >>> price_of("$1,299.00"), price_of("$4.99 - $9.99"), price_of(".a-box{color:red}")
    (1299.0, 4.99, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str):
        found = PRICE.match(value) if len(value) <= LONGEST_PRICE else None
        if found is None:
            return None
        value = found["number"].replace(",", "")
    price = float(value)
    return price if math.isfinite(price) and price > 0 else None
