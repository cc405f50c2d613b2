"""What the shop sells: leaf categories in three levels, read from the vocabulary, another selection for each seed."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

VOCABULARY = Path(__file__).parent / "vocabulary"
SEASONS = ("", "spring", "summer", "autumn", "winter", "christmas", "halloween")
"""Index 0 is the whole year."""
AUDIENCES = ("unisex", "women", "men", "kids", "baby", "dog", "cat")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of goods within a leaf, with words that go together."""

    price: float
    """Median price."""
    nouns: tuple[str, ...]
    mods: tuple[str, ...]
    sizes: tuple[str, ...]
    mats: tuple[str, ...]
    extras: tuple[str, ...]
    """What an item may come with."""
    palette: str
    audiences: tuple[str, ...]
    """Of AUDIENCES, those that it is made for."""
    things: tuple[str, ...]
    """Words for the title patterns of books, records and films."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One leaf category: what it holds, whom it is for, and what brings people to it."""

    department: str
    parent: str
    name: str
    kinds: tuple[Kind, ...]
    season: str
    consumable: bool
    rebuy: bool
    """Goods that one likes and buys again, such as wine."""
    role: str
    """Whether people come here by free choice (`interest`), by need (`necessity`) or with the season (`seasonal`)."""
    acts: tuple[str, ...]
    """Activities that link parents across departments."""
    quiet: bool
    """Titles do not say whom an item is for."""
    patterns: tuple[str, ...]
    """Title patterns; empty for goods with a brand and a model."""

    @property
    def audiences(self) -> tuple[str, ...]:
        """Everybody for whom there is something here."""
        return tuple(dict.fromkeys(name for kind in self.kinds for name in kind.audiences))

    @property
    def parent_path(self) -> str:
        """The path one level up."""
        return f"{self.department} > {self.parent}"

    @property
    def path(self) -> str:
        """The full path of the category."""
        return f"{self.parent_path} > {self.name}"


def words(text: str, separator: str = ",") -> tuple[str, ...]:
    """Return the trimmed, non-empty parts of `text`."""
    return tuple(part.strip() for part in text.split(separator) if part.strip())


def load_leaves(folder: Path = VOCABULARY) -> list[Leaf]:
    """Return every leaf of the vocabulary, in file order."""
    leaves = []
    for path in sorted(folder.glob("*.toml")):
        book = tomllib.loads(path.read_text(encoding="utf-8"))
        if "department" not in book:
            continue
        for parent, entry in book.items():
            if isinstance(entry, dict):
                department = book["department"]
                leaves += [_leaf(department, parent, entry, name, text) for name, text in entry["leaves"].items()]
    return leaves


def choose_leaves(rng: np.random.Generator, at_least: int, folder: Path = VOCABULARY) -> list[Leaf]:
    """Return the leaves that this shop carries: most of the vocabulary, never fewer than `at_least` if it has them."""
    leaves = load_leaves(folder)
    n_kept = max(min(at_least, len(leaves)), int(len(leaves) * rng.uniform(0.88, 0.95)))
    kept = np.sort(rng.permutation(len(leaves))[:n_kept])
    return [leaves[i] for i in kept]


def _leaf(department: str, parent: str, entry: dict[str, str], name: str, text: str | list[str]) -> Leaf:
    """Return one leaf from its line, or from a line for each kind of goods in it."""
    lines = [text] if isinstance(text, str) else text
    extras = _extras(lines[0])
    return Leaf(
        department=department,
        parent=parent,
        name=name,
        kinds=tuple(_kind(entry, line) for line in lines),
        season=extras.get("season", entry.get("season", "")),
        consumable="consumable" in extras,
        rebuy="rebuy" in extras or "rebuy" in entry,
        role=extras.get("role", entry.get("role", "interest")),
        acts=words(entry.get("acts", "")),
        quiet="quiet" in entry,
        patterns=words(entry.get("patterns", ""), "|"),
    )


def _kind(entry: dict[str, str], line: str) -> Kind:
    """Return one kind of goods from its line: price | nouns | modifiers | sizes | extras."""
    price, nouns, mods, sizes = [part.strip() for part in line.split("|")][:4]
    extras = _extras(line)
    mats = extras.get("mats", entry.get("mats", ""))
    return Kind(
        price=float(price),
        nouns=words(nouns),
        mods=words(mods),
        sizes=words(sizes),
        mats=() if mats == "none" else words(mats),
        extras=words(extras.get("with", "")),
        palette=extras.get("colours", entry.get("colours", "none")),
        audiences=words(extras.get("for", entry.get("for", "unisex"))),
        things=words(extras.get("things", "")),
    )


def _extras(line: str) -> dict[str, str]:
    """Return what follows the fourth bar: `name=value` parts and bare flags, between semicolons."""
    parts = words("".join(line.split("|")[4:]), ";")
    return {name: value or "yes" for name, _, value in (part.partition("=") for part in parts)}
