"""Words of titles, and words without their ending.

No shop vocabulary: only how English and Chinese join words, so that "boots for winter" is not read as "for winter
boots". Texts of other languages pass through unharmed; they merely gain fewer breaks.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ..data.script import MARKS, is_spaceless, pairs, parts

JOINS = frozenset({
    "a", "an", "and", "as", "at", "by", "each", "for", "from", "in", "into", "is", "no", "not", "of", "on", "or",
    "per", "the", "to", "w", "with", "without", "的", "和", "与", "及", "或", "赠", "配", "适用",
})  # fmt: skip
"""Function words: they end a noun phrase and never take part in one."""
RUN = re.compile(rf"(?:[^\W_]|[{MARKS}])+(?:['’-](?:[^\W_]|[{MARKS}])+)*|[^\w\s]", re.UNICODE)
WORD = re.compile(rf"(?:[^\W\d_]|[{MARKS}])+", re.UNICODE)
HAS_DIGIT = re.compile(r"\d")
LONGEST = 400
"""Characters of a title that are read."""


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Return the word without the ending of an English plural.

    >>> [stem(word) for word in ("boots", "batteries", "boxes", "glass", "shoes")]
    ['boot', 'battery', 'box', 'glass', 'shoe']
    """
    word = word.removesuffix("'s").removesuffix("’s")
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("xes", "ches", "shes", "sses")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def stems(text: str) -> list[str]:
    """Return the stems of all words of letters, in order; hyphens part words.

    >>> stems("Non-slip Hiking Boots 2.0")
    ['non', 'slip', 'hiking', 'boot']
    """
    return [stem(word) for word in WORD.findall(text[:LONGEST].lower()) if len(word) > 1 or is_spaceless(word)]


def matching_stems(text: str) -> list[str]:
    """Return the stems of a text; of scripts without blanks between words the overlapping pairs of characters.

    >>> matching_stems("Gore-Tex登山鞋")
    ['gore', 'tex', '登山', '山鞋']
    """
    found = []
    for word in stems(text):
        for part, spaceless in [(word, False)] if word.isascii() else parts(word):
            found += pairs(part) if spaceless else [part]
    return found


def is_short(term: str) -> bool:
    """Return whether a term is too short to describe: two letters, or one character of a script without blanks."""
    return len(term) < (2 if is_spaceless(term) else 3)
