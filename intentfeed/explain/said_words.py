"""The words of a free sentence: each as it is compared, where it stands, and how it is written."""

from __future__ import annotations

import re
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_DAYS = frozenset(
    f"{day}day{ending}"
    for day in ("mon", "tues", "wednes", "thurs", "fri", "satur", "sun")
    for ending in ("", "s", "'s")
)


@dataclass(frozen=True, slots=True)
class SaidWord:
    """A word of a sentence: as compared, and where it stands."""

    text: str
    start: int
    end: int
    capital: bool
    """Written with a capital where a sentence does not ask for one."""
    hyphened: bool
    """A part of a compound."""


def said_words(text: str) -> list[SaidWord]:
    """Return the words of a sentence in their order."""
    found = list(_WORD.finditer(text))
    said = []
    for match in found:
        written = match.group()
        before = text[: match.start()].rstrip(" \"'“‘(")
        opens = not before or before[-1] in ".!?:…—–"
        capital = written[0].isupper() and not opens and written != "I" and not written.startswith(("I'", "I’"))
        word = written.casefold().replace("’", "'")
        hyphened = "-" in (text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1])
        said.append(SaidWord(word, match.start(), match.end(), capital and word not in _DAYS, hyphened))
    return said
