"""A slip of the keyboard → the word that was meant; a word that anybody knows stays what it is. [ours]

Only slips that hands make count: a letter left out, doubled, swapped with its neighbour, or hit beside its key. So no
correct word turns into another one because a letter happens to differ.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

SHORTEST: Final = 5
"""Letters of a word that can be a slip."""
TWO_FROM: Final = 8
"""Letters from which two slips are allowed for."""
LONGEST: Final = 24
_ROWS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_VOWELS: Final = frozenset("aeiouy")


class Speller:
    """Knows the words that may be meant, each with its weight."""

    def __init__(self, weights: Mapping[str, int]) -> None:
        self._weights = weights
        kept = sorted(
            word for word in weights if SHORTEST <= len(word) <= LONGEST and word.isascii() and word.isalpha()
        )
        by_start: dict[str, list[str]] = defaultdict(list)
        for word in kept:
            by_start[word[0]].append(word)
        self._words: Mapping[str, list[str]] = by_start
        self._letters: dict[str, NDArray[np.uint8]] = {
            start: np.array([list(word.encode().ljust(LONGEST, b"\0")) for word in words], dtype=np.uint8)
            for start, words in by_start.items()
        }
        self._lengths = {start: np.array([len(word) for word in words]) for start, words in by_start.items()}
        self._seen: dict[str, str | None] = {}

    def meant(self, word: str) -> str | None:
        """Return the word that a misspelt one stands for; None where nothing is near enough.

        Of several the nearest counts, then the most common one, then the first of the alphabet.
        """
        if not (SHORTEST <= len(word) <= LONGEST - 2 and word.isascii() and word.isalpha()):
            return None
        if word not in self._seen:
            if len(self._seen) > 10_000:
                self._seen.clear()
            self._seen[word] = self._nearest(word)
        return self._seen[word]

    def _nearest(self, word: str) -> str | None:
        most = 2 if len(word) >= TWO_FROM else 1
        starts = dict.fromkeys((word[0], word[1]))
        found: list[tuple[int, int, str]] = []
        for start in starts:
            if start not in self._words:
                continue
            near = np.flatnonzero(np.abs(self._lengths[start] - len(word)) <= most)
            if not len(near):
                continue
            letters_WL = self._letters[start][near, : len(word) + most]
            far = distances(word, letters_WL, self._lengths[start][near])
            for place in np.flatnonzero(far <= most).tolist():
                other = self._words[start][int(near[place])]
                distance = int(far[place])
                if is_slip(word, other) if distance == 1 else word[:2] == other[:2]:
                    found.append((distance, -self._weights[other], other))
        return min(found)[2] if found else None


def distances(word: str, letters_WL: NDArray[np.uint8], lengths_W: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many slips part a word from each of W others: letters left out, added, changed, neighbours swapped."""
    n = letters_WL.shape[1]
    before2 = before = np.broadcast_to(np.arange(n + 1), (len(letters_WL), n + 1)).astype(np.int64)
    typed = word.encode()
    for at, letter in enumerate(typed):
        now = np.empty_like(before)
        now[:, 0] = at + 1
        changed = before[:, :-1] + (letters_WL != letter)
        for place in range(1, n + 1):
            least = np.minimum(np.minimum(before[:, place], now[:, place - 1]) + 1, changed[:, place - 1])
            if at and place > 1:
                swapped = (letters_WL[:, place - 2] == letter) & (letters_WL[:, place - 1] == typed[at - 1])
                least = np.where(swapped, np.minimum(least, before2[:, place - 2] + 1), least)
            now[:, place] = least
        before2, before = before, now
    return before[np.arange(len(lengths_W)), lengths_W]


def is_slip(typed: str, meant: str) -> bool:
    """Return whether one letter's difference is what a hand does.

    >>> is_slip("coffe", "coffee"), is_slip("cheper", "cheaper"), is_slip("horses", "hoses"), is_slip("wpol", "wool")
    (True, True, False, True)
    """
    same = next((at for at, (one, other) in enumerate(zip(typed, meant, strict=False)) if one != other), len(typed))
    if len(typed) < len(meant):
        return same > 0
    if len(typed) > len(meant):
        extra = typed[same] if same < len(typed) else typed[-1]
        return (same > 0 and extra in (typed[same - 1 : same], typed[same + 1 : same + 2])) or _beside(typed, same)
    if sorted(typed) == sorted(meant):
        return True
    if same == 0:
        return False
    one, other = typed[same], meant[same]
    return other in _neighbours(one) or {one, other} <= _VOWELS or {one, other} in ({"s", "c"}, {"s", "z"}, {"k", "c"})


def _beside(typed: str, at: int) -> bool:
    """Return whether the letter too many lies beside the one before it or after it."""
    around = typed[max(0, at - 1) : at] + typed[at + 1 : at + 2]
    return len(typed) > 6 and at < len(typed) and any(typed[at] in _neighbours(letter) for letter in around)


def _neighbours(letter: str) -> str:
    for row in _ROWS:
        if letter in row:
            at = row.index(letter)
            return row[max(0, at - 1) : at] + row[at + 1 : at + 2]
    return ""


def weights(sources: Iterable[tuple[Iterable[str], int]]) -> dict[str, int]:
    """Return words with their weights, the largest of several."""
    found: dict[str, int] = {}
    for words, weight in sources:
        for word in words:
            found[word] = max(found.get(word, 0), weight)
    return found
