"""How a title is read: the parts it falls into, what it says of the item itself, and what the item is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from .words import FUNCTION_WORDS, tokens

_BREAK = re.compile(r"\s+[-–—/|]\s+|[,;:|()\[\]–—]")
_NAMEABLE = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_CUT = frozenset(
    re.findall(
        r"\S+",
        "for with without w to in by from and or of on fits at like compatible ",
    )
)
_MEANT_FOR = frozenset(["for", "fits", "fit", "compatible", "replaces"])
NEGATORS = frozenset(["no", "not", "non", "without", "un", "never", "anti"])
DENIALS = frozenset(["no", "not", "without", "never"])
UNDOING = frozenset(
    re.findall(
        r"\S+",
        "free less resistant proof like look style type effect flavored flavoured scented compatible ",
    )
)
"""Behind a word these undo it: leather look is no leather."""
ABOUT_ANOTHER = frozenset(["for", "with", "without", "w", "fits", "like", "compatible", "replaces"])
"""Behind these another thing is meant."""
NEGATION = frozenset(["no", "not", "non", "without", "un", "never", "free"])


def segments(title: str) -> list[str]:
    """Return the parts of a title between its breaks: commas, brackets, bars, dashes."""
    return [part.strip() for part in _BREAK.split(title) if part.strip()]


def claimable(title: str) -> list[str]:
    """Return the segments that speak of the item itself.

    Behind `for` another thing may be meant to the end: in `Strap for Apple, Samsung` nothing is a Samsung. So it is
    behind `with` where a list follows: `with Hood, Gloves and Socks`.
    """
    parts = segments(title)
    for place, part in enumerate(parts):
        words = set(tokens(part))
        listed = any({"and", "or"} & set(tokens(later)) or "&" in later for later in parts[place + 1 :])
        if words & _MEANT_FOR or ("with" in words and listed):
            return parts[: place + 1]
    return parts


def head_words(segment: str) -> list[str]:
    """Return the nameable words at the end of a segment's first phrase, where what the item is stands."""
    words = segment.split()
    for place, word in enumerate(words):
        if word.casefold().strip(".") in _CUT and place:
            words = words[:place]
            break
    head: list[str] = []
    for word in reversed(words):
        if word.casefold() in NEGATION - {"free"} and head:
            return []  # non slip tape is no slip tape
        if not _NAMEABLE.fullmatch(word) or word.casefold() in FUNCTION_WORDS | NEGATION:
            break
        head.append(word)
    after_number = len(head) < len(words) and any(char.isdigit() for char in words[-len(head) - 1])
    if len(head) == 1 and (after_number or head[0].isupper()):
        return []  # a unit, or an abbreviation
    return head[::-1]


def tails(parts: Iterable[str], max_words: int) -> dict[str, str]:
    """Return the tails of the first phrase as the trade counts them and as they are written, the longest first."""
    words = [word for part in parts for word in head_words(part)]
    written = [words[-n:] for n in range(min(max_words, len(words)), 0, -1)]
    return {" ".join(word.casefold() for word in tail): " ".join(tail) for tail in written}


def count_places(words: Sequence[str], seen: Counter[str], leading: Counter[str]) -> None:
    """Count each word and pair of a phrase, and whether a word of its own follows it."""
    for size in (1, 2):
        for start in range(len(words) - size + 1):
            text = " ".join(words[start : start + size])
            seen[text] += 1
            after = words[start + size] if start + size < len(words) else ""
            leading[text] += after.isalpha() and after not in FUNCTION_WORDS | _CUT


def asserted(wanted: Sequence[str], part: Sequence[str]) -> bool:
    """Return whether a phrase says the words of the thing itself: not denied, not undone, not of another thing."""
    for start in range(len(part) - len(wanted) + 1):
        end = start + len(wanted)
        if not wanted or part[start:end] != wanted:
            continue
        before = part[max(0, start - 2) : start]
        if set(before[-1:]) & NEGATORS or set(before) & DENIALS or set(part[end : end + 1]) & UNDOING:
            continue
        if not set(part[:start]) & ABOUT_ANOTHER:
            return True
    return False
