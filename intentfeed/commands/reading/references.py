"""Places on the slate that words point at: `the second one`, `the last three`, `these`, 第二个. [ours]"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ...data.catalog import leaf_name
from ..fields import FieldRegistry
from ..records import Shown
from .cues import Cues
from .tokens import Token

MOST: Final = 50
"""Places that anybody points at."""
LONGEST: Final = 120
"""Characters of a title that tell what it is like."""


@dataclass(frozen=True, slots=True)
class Place:
    """Items of the slate: from position `first` to `last`, both from 1, or negative from the end; all of them for 0."""

    first: int = 0
    last: int = 0

    @property
    def all(self) -> bool:
        """Whether the whole slate is meant."""
        return self.first == 0


def place_at(tokens: Sequence[Token], at: int, cues: Cues) -> tuple[int, Place] | None:
    """Return the place on the slate that words name and how many tokens they take; None where they name none."""
    keys = [token.key for token in tokens[at : at + 8]]
    cue = cues.at(keys, 0)
    kinds = cue[1].kinds if cue else frozenset()
    n = cue[0] if cue else 0
    if "last" in kinds and (found := _counted(tokens, at + n, cues)) is not None:
        taken, count = found
        return (n + taken, Place(-count, -1)) if count <= MOST else None
    if ("last" in kinds and _noun(keys, n, cues)) or ("last" in kinds and _named(tokens, at, cues)):
        return n + _noun(keys, n, cues), Place(-1, -1)
    if "front" in kinds and (found := _counted(tokens, at + n, cues)) is not None:
        taken, count = found
        return (n + taken, Place(1, count)) if count <= MOST else None
    if "position" in kinds and n < len(keys) and (number := _whole(keys[n], cues)):
        return n + 1, Place(number, number)
    if "these" in kinds:
        return n, Place()
    return _ordinal_at(tokens, at, cues)


def _ordinal_at(tokens: Sequence[Token], at: int, cues: Cues) -> tuple[int, Place] | None:
    token = tokens[at]
    keys = [one.key for one in tokens[at : at + 8]]
    if token.key in cues.ordinal_before and len(keys) > 1:
        number = _whole(keys[1], cues)
        return (2 + _noun(keys, 2, cues), Place(number, number)) if 0 < number <= MOST else None
    number, n = cues.ordinals.get(token.key, 0), 1
    if token.kind == "number" and len(keys) > 1 and keys[1] in cues.ordinal_endings and tokens[at + 1].glued:
        number, n = int(float(token.key)), 2
    if not 0 < number <= MOST:
        return None
    if number == 1 and (found := _counted(tokens, at + n, cues)) is not None and found[1] > 1:
        return n + found[0], Place(1, min(found[1], MOST))
    noun = _noun(keys, n, cues)
    if not noun and not _named(tokens, at, cues):
        return None
    return n + noun, Place(number, number)


def _named(tokens: Sequence[Token], at: int, cues: Cues) -> bool:
    """Return whether the word before says that an ordinal is a place."""
    return at > 0 and tokens[at - 1].key in cues.ordinal_after


def _counted(tokens: Sequence[Token], at: int, cues: Cues) -> tuple[int, int] | None:
    """Return a count and how many tokens it and its noun take: `three`, `3 ones`, 三个."""
    if at >= len(tokens):
        return None
    count = _whole(tokens[at].key, cues)
    keys = [token.key for token in tokens[at : at + 4]]
    noun = _noun(keys, 1, cues)
    spans = any(tuple(keys[1 : 1 + len(span)]) == span for span in cues.spans)
    if count < 1 or spans or (len(keys) > 1 and not noun and tokens[at].kind == "han"):
        return None
    return 1 + noun, count


def _whole(key: str, cues: Cues) -> int:
    value = float(key) if key.replace(".", "", 1).isdecimal() else cues.ones.get(key, 0.0)
    return int(value) if value >= 1 and value <= MOST and value.is_integer() and key not in ("a", "an") else 0


def _noun(keys: Sequence[str], at: int, cues: Cues) -> int:
    """Return how many tokens a word such as `one` takes; 0 where there is none."""
    found = cues.at(list(keys), at) if at < len(keys) else None
    return found[0] if found and found[1].kinds & {"one", "ones"} else 0


def shown_at(place: Place, slate: Sequence[Shown]) -> tuple[Shown, ...]:
    """Return the items of the slate at a place, in order; none where it has not so many."""
    if place.all:
        return tuple(slate)
    ordered = sorted(slate, key=lambda shown: shown.position)
    if place.first < 0:
        return tuple(ordered[place.first :]) if -place.first <= len(ordered) else tuple(ordered)
    return tuple(shown for shown in ordered if place.first <= shown.position <= place.last)


def core(row: int, registry: FieldRegistry, without: Sequence[str]) -> str:
    """Return what an item is like: its title without its brand, its model and the values of some fields."""
    held = registry.held(row, "title") if "title" in registry.fields else None
    title = held[0] if isinstance(held, tuple) else ""
    for name in dict.fromkeys(("brand", *without)):
        values = registry.held(row, name) if name in registry.fields else None
        for value in values if isinstance(values, tuple) else ():
            title = _cut(title, leaf_name(value))
    return " ".join(title.replace(",", " ").split())[:LONGEST].strip()


def _cut(title: str, value: str) -> str:
    """Return the title without a value, where something else is left."""
    at = title.casefold().find(value.casefold()) if value else -1
    if at < 0 or len(title.casefold()) != len(title):
        return title
    left = title[:at].removesuffix("by ") + title[at + len(value) :]
    return left if any(char.isalpha() for char in left) else title
