"""Brands and people who never existed: names from syllables, another set for each seed."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .shop import VOCABULARY, words

BOOK = tomllib.loads((VOCABULARY / "words.toml").read_text(encoding="utf-8"))
NAMES = {part: words(line) for part, line in BOOK["names"].items()}
HOUSES = {department: words(line) for department, line in BOOK["houses"].items()}
UNSEEMLY = NAMES["unseemly"]
"""Letters that no name may contain."""
KNOWN = frozenset(NAMES["known"])
"""Brands that exist, never to be invented."""


@dataclass(frozen=True, slots=True)
class Brand:
    """A maker: what it is called, how dear it is, how its things look, and its model lines."""

    name: str
    tier: float
    """Price level: about -1.5 (cheap) to 1.5 (dear)."""
    style: int
    lines: tuple[str, ...]


def invent_brands(
    rng: np.random.Generator,
    department: str,
    *,
    n: int,
    n_styles: int,
    named: Callable[[np.random.Generator, str], str] | None = None,
    line: Callable[[np.random.Generator], str] | None = None,
) -> list[Brand]:
    """Return `n` brands of a department, no two with one name; English names unless the language has its own."""
    named, line = named or brand_name, line or line_name
    names: dict[str, None] = {}
    while len(names) < n:
        names.setdefault(named(rng, department))
    return [
        Brand(
            name=name,
            tier=float(np.clip(rng.normal(0.0, 0.8), -1.6, 1.6)),
            style=int(rng.integers(n_styles)),
            lines=tuple(line(rng) for _ in range(6)),
        )
        for name in names
    ]


def person(rng: np.random.Generator) -> str:
    """Return a first name and a family name."""
    return f"{_part(rng, 'first')} {_surname(rng)}"


def brand_name(rng: np.random.Generator, department: str) -> str:
    """Return one brand name: a word, a family or two, or a house."""
    roll = rng.random()
    if roll < 0.60:
        return latin_name(rng)
    if roll < 0.80:
        return f"{_surname(rng)} & {_surname(rng)}" if rng.random() < 0.4 else _surname(rng)
    ending = str(rng.choice(HOUSES.get(department, ("Studio", "House", "Works"))))
    return f"{_surname(rng) if ending.startswith('&') else latin_name(rng)} {ending}"


def line_name(rng: np.random.Generator) -> str:
    """Return the name of a model line."""
    roll = rng.random()
    if roll < 0.6:
        return latin_name(rng)
    if roll < 0.8:
        return f"{latin_name(rng)} {rng.integers(2, 10)}"
    return f"{'ABCDEFGKLMNRSTVX'[rng.integers(16)]}{rng.integers(1, 10) * 10 ** int(rng.integers(1, 3))}"


def latin_name(rng: np.random.Generator) -> str:
    """Return a word that sounds like a name and is no known brand."""
    while True:
        word = _part(rng, "onsets") + _part(rng, "vowels") + _part(rng, "codas")
        if rng.random() < 0.3:
            word += _part(rng, "vowels") + _part(rng, "links")
        if rng.random() < 0.8:
            word += _part(rng, "endings")
        if 4 <= len(word) <= 8 and _may_be(word):
            return word.capitalize()


def _surname(rng: np.random.Generator) -> str:
    """Return a family name."""
    while True:
        name = _part(rng, "surname_heads") + _part(rng, "surname_tails")
        if _may_be(name.lower()):
            return name


def _may_be(name: str) -> bool:
    """Whether nobody has that name and nobody minds it."""
    return name not in KNOWN and not any(letters in name for letters in UNSEEMLY)


def _part(rng: np.random.Generator, name: str) -> str:
    """Return one part of a name."""
    return str(rng.choice(NAMES[name]))
