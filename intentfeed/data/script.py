"""What is a word where a script has no blanks between words? One answer for Han, kana, Thai, Lao, Khmer and Myanmar.

To match texts, overlapping pairs of characters do (`matching_words`): no dictionary, nothing to learn. To speak of
things it takes the words of a catalogue, which `segment.Segmenter` knows. Texts without such characters pass through as
they are. [ours]
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final, Literal

from .tokens import for_python

SPACELESS: Final = (
    r"\x{2E80}-\x{2FDF}\x{3005}-\x{3007}\x{3021}-\x{3029}\x{3038}-\x{303B}\x{3041}-\x{309A}\x{309D}-\x{309F}"
    r"\x{30A1}-\x{30FA}\x{30FC}-\x{30FF}\x{31F0}-\x{31FF}\x{3400}-\x{4DBF}\x{4E00}-\x{9FFF}\x{F900}-\x{FAFF}"
    r"\x{FF66}-\x{FF9F}\x{20000}-\x{3FFFF}\x{0E01}-\x{0E3A}\x{0E40}-\x{0E4E}\x{0E81}-\x{0EBD}\x{0EC0}-\x{0ECE}"
    r"\x{0EDC}-\x{0EDF}\x{1000}-\x{103F}\x{1050}-\x{108F}\x{109A}-\x{109D}\x{AA60}-\x{AA7F}\x{1780}-\x{17D3}"
    r"\x{17D7}\x{17DC}\x{17DD}"
)
"""Letters and marks of scripts written without blanks between words, as a character class (see `for_python`)."""
_MARKED: Final = ((0x0900, 0x1AFF), (0x3099, 0x309A), (0xA880, 0xABFF))
MARKS: Final = "".join(
    chr(code)
    for first, last in _MARKED
    for code in range(first, last + 1)
    if unicodedata.category(chr(code)) in ("Mn", "Mc")
)
"""Vowel signs and tones that belong to the letter before them, though Python's \\w does not know them."""
_BEFORE: Final = "เ-ไເ-ໄ"
"""Thai and Lao vowels that are written before the letter they belong to."""
_BEHIND: Final = "ะาำๅະາຳ"
"""And those that follow it."""
RUN: Final = for_python(f"[{SPACELESS}]+")
"""Characters of such scripts side by side."""
_CLUSTER: Final = re.compile(f"[{_BEFORE}]*.[{MARKS}{_BEHIND}]*", re.DOTALL)
_WORD: Final = re.compile(f"(?:[^\\W_]|[{MARKS}])+")
_BLANK: Final = for_python(rf"(?<=[{SPACELESS}])[ \t]+(?=[{SPACELESS}])")
_HAN: Final = re.compile(r"[㐀-䶿一-鿿豈-﫿]")
_KANA: Final = re.compile(r"[ぁ-ゖァ-ヺ]")


def is_spaceless(text: str) -> bool:
    """Return whether any character is of a script without blanks between words."""
    return not text.isascii() and RUN.search(text) is not None


def clusters(text: str) -> list[str]:
    """Return the characters of a text, marks with the letter that they belong to; joined they are the text.

    >>> clusters("ที่นอน"), clusters("เบา")
    (['ที่', 'น', 'อ', 'น'], ['เบา'])
    """
    return _CLUSTER.findall(text)


def parts(text: str) -> list[tuple[str, bool]]:
    """Return the text cut where scripts with and without blanks meet: (part, whether it is without)."""
    found, at = [], 0
    for run in RUN.finditer(text):
        if run.start() > at:
            found.append((text[at : run.start()], False))
        found.append((run.group(), True))
        at = run.end()
    return [*found, (text[at:], False)] if at < len(text) else found


def pairs(run: str) -> list[str]:
    """Return the overlapping pairs of characters of a run; one character is itself.

    >>> pairs("登山鞋")
    ['登山', '山鞋']
    """
    found = clusters(run)
    return ["".join(found[at : at + 2]) for at in range(len(found) - 1)] or found


def words_between_marks(text: str) -> list[str]:
    """Return the runs of letters and digits, vowel signs and tones among them."""
    return _WORD.findall(text)


def matching_words(text: str) -> list[str]:
    """Return the words by which a text is matched, in order: words between blanks, else pairs of characters.

    >>> matching_words("Gore-Tex登山鞋 42")
    ['Gore', 'Tex', '登山', '山鞋', '42']
    """
    if text.isascii():
        return _WORD.findall(text)
    found: list[str] = []
    for word in _WORD.findall(text):
        for part, spaceless in parts(word):
            found += pairs(part) if spaceless else [part]
    return found


def joined(text: str) -> str:
    """Return the text without the blanks between characters of scripts that have none.

    >>> joined("防水 登山鞋 Gore-Tex")
    '防水登山鞋 Gore-Tex'
    """
    return text if text.isascii() else _BLANK.sub("", text)


def language_of(texts: Iterable[str]) -> Literal["zh", "other"]:
    """Return `zh` where most texts have Han characters and hardly any has kana, else `other`."""
    n = n_han = n_kana = 0
    for text in texts:
        if text:
            n += 1
            n_kana += _KANA.search(text) is not None
            n_han += _HAN.search(text) is not None
    return "zh" if 2 * n_han > n and 5 * n_kana < n else "other"
