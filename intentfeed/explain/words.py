"""What counts as a word, how long a sentence is, and how a name stands in the middle of one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_WORD = re.compile(r"[^\W_]+(?:['’\-./][^\W_]+)*")
_CHINESE = re.compile(r"[㐀-䶿一-鿿豈-﫿]")

FUNCTION_WORDS = frozenset(
    re.findall(
        r"\S+",
        "a an the of for in on at to with from by and or as your you yours it its this that these those is "
        "are be one more another any some all into onto up down out over under so if when while than then too "
        "also just ",
    )
)
"""The closed class of English words that state nothing of an item; negations are left out, for they do."""


def split(text: str) -> tuple[str, ...]:
    """Return the words in lower case, hyphens parting them: what two texts have in common is told from these."""
    return tuple(_TOKEN.findall(text.casefold().replace("’", "'")))


@lru_cache(maxsize=1 << 16)
def tokens(text: str) -> tuple[str, ...]:
    """Return what `split` does, remembered: for the texts that come back, as those of fields and claims do."""
    return split(text)


def is_chinese(text: str) -> bool:
    """Return whether at least half of the letters are Chinese characters."""
    letters = sum(char.isalnum() for char in text)
    return letters > 0 and 2 * len(_CHINESE.findall(text)) >= letters


def length(text: str) -> int:
    """Return the length as the rule counts it: Chinese letters, or English words; punctuation counts for nothing."""
    if not text.isascii() and is_chinese(text):
        return sum(char.isalnum() for char in text)
    return len(_WORD.findall(text))


def letters(text: str) -> tuple[str, ...]:
    """Return the letters and digits of a text, as the rule counts those of a Chinese sentence."""
    return tuple(char for char in text.casefold() if char.isalnum())


def starts_with_vowel(text: str) -> bool:
    """Return whether `an` goes before the text, judged by its letters."""
    first = text[:1].casefold()
    if first.isdigit():
        return re.match(r"8|11\b|18\b", text) is not None
    low = text.casefold()
    if re.match(r"uni[^mn]|us[aeu]|eu|one\b|once", low):
        return False
    return first in ("a", "e", "i", "o", "u") or re.match(r"hour|honest|heir", low) is not None


@lru_cache(maxsize=1 << 16)
def words_of(text: str) -> tuple[str, ...]:
    """Return the words in lower case with their hyphens: a glass-jar is no glass."""
    return tuple(_WORD.findall(text.casefold().replace("’", "'")))


def contains(part: Sequence[str], whole: Sequence[str]) -> bool:
    """Return whether `part` stands in `whole` as an unbroken run."""
    n = len(part)
    return any(whole[i : i + n] == part for i in range(len(whole) - n + 1)) if n else False


class Casing:
    """Knows from the catalogue's running text which words are written small."""

    def __init__(self, lower: frozenset[str]) -> None:
        self.lower = lower
        self._mid: dict[tuple[str, bool], str] = {}

    @classmethod
    def of(cls, running: Iterable[str]) -> Casing:
        """Return the casing learnt from texts: a word is small where it is seen so twice as often as not."""
        small: Counter[str] = Counter()
        large: Counter[str] = Counter()
        for text in running:
            for word in _WORD.findall(text):
                (small if word[0].islower() else large)[word.casefold()] += 1
        return cls(frozenset(word for word, n in small.items() if n >= 2 * large[word]))

    def knows(self, text: str) -> bool:
        """Return whether every word is one that the catalogue writes small: a word of the language, and no name."""
        words = [word.casefold() for word in _WORD.findall(text)]
        cased = (word for word in words if word.isalpha() and word != word.upper())
        return all({word, word.removesuffix("s"), f"{word}s"} & self.lower for word in cased)

    def mid(self, text: str, *, common: bool) -> str:
        """Return the text as it stands within a sentence.

        A category or an interest is `common`: its capitals are those of a heading, and fall unless the word is an
        acronym or a mixed one. Any other text loses the capital of a word only where the catalogue writes it small.
        """
        found = self._mid.get((text, common))
        if found is None:
            found = self._mid[text, common] = _WORD.sub(lambda word: self._word(word.group(), common), text)
        return found

    def _word(self, word: str, common: bool) -> str:
        parts = re.split(r"[-/]", re.sub(r"['’]", "", word))
        if not all(len(part) > 1 and part.isalpha() and (part.istitle() or part.islower()) for part in parts):
            return word
        return word.casefold() if common or word.casefold() in self.lower else word


def opening(text: str) -> str:
    """Return the text with a capital first letter; nothing else changes."""
    return text[:1].upper() + text[1:]
