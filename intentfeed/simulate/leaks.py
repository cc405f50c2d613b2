"""The leak guard: does a text give away the very item that is meant (RecBot, 7.2, turn logic 5)?"""

from __future__ import annotations

from difflib import SequenceMatcher

from ..data.script import matching_words

MOST_ALIKE = 0.6
"""Overlap with the title from which a text is refused; RecAI's limit."""


def leaks(text: str, title: str, item_id: str = "") -> bool:
    """Return whether a text holds the title or the id of an item, or is too much like the title.

    It is too much like it when it has 60 % of the title's words, or reads 60 % the same. The second looks at texts no
    longer than twice the title, as a long text is never like a short one.

    >>> leaks("something like Gorilla Original Glue", "Gorilla Original Glue"), leaks("no more glue", "Wood Glue 5 oz")
    (True, False)
    """
    said, meant = words_of(text), words_of(title)
    if item_id and _holds(said, words_of(item_id)):
        return True
    if not meant:
        return False
    if _holds(said, meant):
        return True
    kinds = set(meant)
    if len(kinds & set(said)) >= MOST_ALIKE * len(kinds):
        return True
    if len(text) > 2 * len(title):
        return False
    return SequenceMatcher(None, text.casefold(), title.casefold(), autojunk=False).ratio() >= MOST_ALIKE


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case; of scripts without blanks, pairs of characters."""
    return matching_words(text.casefold())


def _holds(words: list[str], run: list[str]) -> bool:
    """Return whether the words stand somewhere in a row."""
    n = len(run)
    return bool(n) and any(words[at : at + n] == run for at in range(len(words) - n + 1))
