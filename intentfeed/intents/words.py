"""Words of titles, and words without their ending.

No shop vocabulary: only how English joins words, so that "boots for winter" is not read as "for winter boots".
Texts of other languages pass through unharmed; they merely gain fewer breaks.
"""

from __future__ import annotations

import re
from functools import lru_cache

JOINS = frozenset({
    "a", "an", "and", "as", "at", "by", "each", "for", "from", "in", "into", "is", "no", "not", "of", "on", "or",
    "per", "the", "to", "w", "with", "without",
})  # fmt: skip
"""Function words: they end a noun phrase and never take part in one."""
RUN = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*|[^\w\s]", re.UNICODE)
WORD = re.compile(r"[^\W\d_]{2,}", re.UNICODE)
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
    return [stem(word) for word in WORD.findall(text[:LONGEST].lower())]
