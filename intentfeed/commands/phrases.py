"""Free words that a model wrote: are they a phrase, whose are they, and how are they shown?"""

from __future__ import annotations

import re

MAX_CHARS = 80
MAX_WORDS = 8
_NO_PHRASE = re.compile(r"[<>{}\[\]@|`\\‹›＜＞]|\bwww\.|://|\b(?:java)?script:", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")


def is_phrase(text: str) -> bool:
    """Return whether a text is a short phrase and nothing that could be more than text.

    >>> is_phrase("light blue"), is_phrase("<b>blue</b>"), is_phrase("see www.example.com"), is_phrase("")
    (True, False, False, False)
    """
    return (
        0 < len(text.split()) <= MAX_WORDS
        and len(text) <= MAX_CHARS
        and text.isprintable()
        and not _NO_PHRASE.search(text)
        and any(char.isalnum() for char in text)
    )


def stems(text: str) -> set[str]:
    """Return the words of a text by their first five letters, so that a plural is the same word; of other scripts
    each pair of characters.

    >>> sorted(stems("Long skirts")), sorted(stems("浅蓝色"))
    (['long', 'skirt'], ['浅蓝', '蓝色'])
    """
    words = _WORD.findall(text.casefold())
    return {part for word in words for part in ([word[:5]] if word.isascii() else _pairs(word))}


def _pairs(word: str) -> list[str]:
    return [word[at : at + 2] for at in range(len(word) - 1)] or [word]


def shown(text: str, most: int = 60) -> str:
    """Return a text as it may be told to a person: one line, short, without what does not print."""
    return " ".join("".join(char if char.isprintable() else " " for char in text[:most]).split())
