"""Words in the one form in which they are compared: whole words, without regard to case. [ours]"""

from __future__ import annotations

from functools import lru_cache

import polars as pl

from ..data.script import MARKS, SPACELESS

_SPACELESS = rf"([{SPACELESS}])"
_BETWEEN_ASCII = "[^a-z0-9]+"
_BETWEEN = rf"[^\w{MARKS}]+|_+"


def key(text: str) -> str:
    """Return what two spellings of one value share.

    >>> key("  Light  Blue ") == key("light blue")
    True
    """
    return " ".join(text.casefold().split())


def spaced(texts: pl.Series) -> pl.Series:
    """Return texts as words between blanks, a blank at either end, so that a phrase is found as ` phrase `.

    Characters of scripts without blanks between words stand alone: there any run of characters is a phrase.
    """
    plain = pl.Series("texts", texts, dtype=pl.String).str.to_lowercase()
    ascii_I = plain.str.len_bytes() == plain.str.len_chars()
    found = plain.str.replace_all(_BETWEEN_ASCII, " ")
    if not ascii_I.all():
        others = (~ascii_I).arg_true()
        split = plain.gather(others).str.replace_all(_BETWEEN, " ").str.replace_all(_SPACELESS, " ${1} ")
        found = found.scatter(others, split.str.replace_all(r"\s+", " "))
    return pl.select(" " + pl.lit(found.str.strip_chars()) + " ").to_series()


@lru_cache(maxsize=10_000)
def spaced_text(text: str) -> str:
    """Return one text as `spaced` does.

    >>> spaced_text("Paper-bag 半身裙")
    ' paper bag 半 身 裙 '
    """
    return str(spaced(pl.Series([text], dtype=pl.String))[0])


def phrases(text: str) -> list[str]:
    """Return the forms under which a phrase is looked for in `spaced` texts: as it is, and its last word as singular
    and plural; [] for a text without words.

    >>> phrases("Long skirts")
    [' long skirt ', ' long skirts ']
    """
    words = spaced_text(text).split()
    if not words:
        return []
    *before, last = words
    start = " ".join(["", *before, ""])
    return sorted({f"{start}{form} " for form in forms(last)})


def forms(word: str) -> set[str]:
    """Return a word with the English plurals that it may stand for or have.

    >>> sorted(forms("batteries")), sorted(forms("glass"))
    (['batteries', 'battery'], ['glass', 'glasses'])
    """
    if len(word) < 3 or not word.isascii() or not word.isalpha():
        return {word}
    one = singular(word)
    if one.endswith("y") and one[-2:-1] not in ("a", "e", "i", "o", "u"):
        return {word, one, one[:-1] + "ies"}
    if one.endswith(("s", "x", "z", "ch", "sh")):
        return {word, one, one + "es"}
    return {word, one, one + "s"}


def singular(word: str) -> str:
    """Return an English word without the ending of a plural.

    >>> [singular(word) for word in ("boots", "batteries", "boxes", "glass", "shoes")]
    ['boot', 'battery', 'box', 'glass', 'shoe']
    """
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("xes", "ches", "shes", "sses")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
