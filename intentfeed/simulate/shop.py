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
class Leaf:
    """One leaf category with the words and prices its items are made of."""

    department: str
    parent: str
    name: str
    price: float
    """Median price."""
    nouns: tuple[str, ...]
    mods: tuple[str, ...]
    sizes: tuple[str, ...]
    mats: tuple[str, ...]
    extras: tuple[str, ...]
    """What an item comes with."""
    palette: str
    audiences: tuple[str, ...]
    season: str
    consumable: bool
    role: str
    """Whether people come here by free choice (`interest`), by need (`necessity`) or with the season (`seasonal`)."""
    acts: tuple[str, ...]
    """Activities that link parents across departments."""
    patterns: tuple[str, ...]
    """Title patterns of books, records and films; empty for goods with a brand."""
    things: tuple[str, ...]
    """Words for those patterns."""

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
                leaves += [
                    _leaf(book["department"], parent, entry, name, line) for name, line in entry["leaves"].items()
                ]
    return leaves


def _leaf(department: str, parent: str, entry: dict[str, str], name: str, line: str) -> Leaf:
    """Return one leaf from its line: price | nouns | modifiers | sizes | extras."""
    price, nouns, mods, sizes, *rest = [part.strip() for part in line.split("|")]
    extras = dict(part.split("=") if "=" in part else (part, "yes") for part in words("".join(rest), ";"))
    return Leaf(
        department=department,
        parent=parent,
        name=name,
        price=float(price),
        nouns=words(nouns),
        mods=words(mods),
        sizes=tuple(size for size in words(sizes) if size != "one size"),
        mats=words(extras.get("mats", entry.get("mats", ""))),
        extras=words(entry.get("with", "")),
        palette=entry.get("colours", "none"),
        audiences=words(extras.get("for", entry.get("for", "unisex"))),
        season=extras.get("season", entry.get("season", "")),
        consumable="consumable" in extras,
        role=extras.get("role", entry.get("role", "interest")),
        acts=words(entry.get("acts", "")),
        patterns=words(entry.get("patterns", ""), "|"),
        things=words(extras.get("things", entry.get("things", ""))),
    )


def choose_leaves(rng: np.random.Generator, at_least: int) -> list[Leaf]:
    """Return the leaves that this shop carries: most of the vocabulary, never fewer than `at_least` if it has them."""
    leaves = load_leaves()
    n_kept = max(min(at_least, len(leaves)), int(len(leaves) * rng.uniform(0.90, 0.95)))
    kept = np.sort(rng.permutation(len(leaves))[:n_kept])
    return [leaves[i] for i in kept]
