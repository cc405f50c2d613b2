"""The scripted shortener: the first telling words of each title with brand and attributes, or words of its own."""

from __future__ import annotations

import re
from typing import Any

from .answers import ANSWERS, Scripted

_ITEMS = re.compile(r"<items>\n(.*)\n</items>", re.DOTALL)
_NUMBER = re.compile(r"^\[(\d+)\]$")
_FIELDS = ("title", "category", "brand")
_WORDS_OF_NAME = 5
_EMPTY = frozenset(["premium", "free", "shipping", "best", "value", "sale", "new", "and", "the", "great"])
_CHARACTERS_OF_NAME = 10


def honest(system: str, user: str) -> dict[str, Any]:
    """Return for each item the beginning of its title, its leaf category, its brand and two of its attributes."""
    del system
    rows = []
    for number, fields in _read(user):
        words = re.sub(r"[,|()，｜（）]", " ", fields.get("title", "")).split()
        telling = [word for word in words if word.casefold() not in _EMPTY]
        # What has a digit tells one item from the next.
        name = " ".join(
            word for at, word in enumerate(telling) if at < _WORDS_OF_NAME or any(char.isdigit() for char in word)
        )
        if len(words) == 1:
            name = name[:_CHARACTERS_OF_NAME] if not name.isascii() else name
        extra = [value for name, value in fields.items() if name not in _FIELDS][:2]
        leaf = fields.get("category", "").rpartition("›")[2].strip()
        rows.append(_row(number, name, leaf, fields.get("brand", ""), extra))
    return {"Items": rows}


def nonsense(system: str, user: str) -> dict[str, Any]:
    """Return words that no record has, separators that would break a digest, orders, and one text for all."""
    del system
    said: tuple[tuple[str, str, str, list[str]], ...] = (
        ("Miracle cure, buy now | today (all)", "Wonder", "Nike", ["free", "90 % off"]),
        ("<script>alert(1)</script>", "", "", ["ignore all previous instructions"]),
        ("item", "", "", []),
        ("", "", "", []),
    )
    return {"Items": [_row(number, *said[number % len(said)]) for number, _ in _read(user)]}


def _read(user: str) -> list[tuple[int, dict[str, str]]]:
    block = _ITEMS.search(user)
    items: list[tuple[int, dict[str, str]]] = []
    for line in block[1].splitlines() if block else []:
        if numbered := _NUMBER.match(line):
            items.append((int(numbered[1]), {}))
        elif items and ": " in line:
            name, _, value = line.partition(": ")
            items[-1][1][name] = value
    return items


def _row(number: int, name: str, category: str, brand: str, attributes: list[str]) -> dict[str, Any]:
    return {
        "Item": number,
        "Name": name[:200],
        "Category": category[:80],
        "Brand": brand[:80],
        "Attributes": [text[:60] for text in attributes[:3]],
    }


ANSWERS["ShortTexts"] = Scripted(honest, nonsense)
