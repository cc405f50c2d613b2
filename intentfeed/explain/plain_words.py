"""Which words state nothing of an item, and which may never be said of one? The shipped lists [ours]."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files

from .words import FUNCTION_WORDS

HAN = re.compile(r"[㐀-䶿一-鿿豈-﫿]")
MAX_PIECE = 8
"""Chinese characters of the longest piece that is looked up."""

NEGATORS = frozenset(
    [
        "no",
        "not",
        "non",
        "without",
        "un",
        "never",
        "anti",
        "nor",
        "neither",
        "nothing",
        "none",
        "cannot",
        "free",
        "less",
    ]
)
"""These turn what follows, or what stands before, into its opposite: never said on their own."""

_SECTION = re.compile(r"^\[(\w+)\]$")


@dataclass(frozen=True)
class Plain:
    """The words of one language by what they may do."""

    plain: frozenset[str]
    occasion: frozenset[str] = frozenset()
    feeling: frozenset[str] = frozenset()
    mood: frozenset[str] = frozenset()
    particle: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    """Never said, not even in the words of a title: what a seller writes there proves nothing of the kind."""

    def is_plain(self, word: str) -> bool:
        """Return whether an English word, or what a plural or a verb's s was put to, states nothing."""
        return any(form in FUNCTION_WORDS or form in self._anywhere for form in _forms(word))

    def is_occasion(self, word: str) -> bool:
        """Return whether a word is a time or a place."""
        return any(form in self.occasion for form in _forms(word))

    def takes_mood(self, word: str) -> bool:
        """Return whether a mood may stand before the word: a time, a place, a feeling."""
        return any(form in self.occasion or form in self.feeling for form in _forms(word))

    def is_mood(self, word: str) -> bool:
        """Return whether a word states nothing before what takes a mood."""
        return word in self.mood

    @cached_property
    def _anywhere(self) -> frozenset[str]:
        return self.plain | self.occasion | self.feeling


def _forms(word: str) -> tuple[str, ...]:
    """Return a word with and without `'s` and the s of a plural; no other ending: lined and padded say something."""
    bare = word.removesuffix("'s")
    forms = [word, bare]
    if len(bare) > 3 and bare.endswith("s") and not bare.endswith("ss"):
        forms.append(bare[:-1])
        if bare.endswith("es"):
            forms.append(bare[:-2])
        if bare.endswith("ies"):
            forms.append(f"{bare[:-3]}y")
    return tuple(forms)


@lru_cache(maxsize=4)
def plain_words(language: str) -> Plain:
    """Return the shipped list of a language, `en` or `zh`."""
    text = files("intentfeed").joinpath("explain", f"plain_words.{language}.txt").read_text(encoding="utf-8")
    sections: dict[str, set[str]] = {}
    name = ""
    for line in text.splitlines():
        if found := _SECTION.match(line):
            name = found[1]
        elif not line.startswith("#"):
            sections.setdefault(name, set()).update(line.split())
    return Plain(**{name: frozenset(words) for name, words in sections.items() if name})
