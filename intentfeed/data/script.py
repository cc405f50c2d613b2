"""What is a word where a script has no blanks between words? One answer for Han, kana, Thai, Lao, Khmer and Myanmar.

To match texts, overlapping pairs of characters do (`matching_words`): no dictionary, nothing to learn. To speak of
things a `Segmenter` knows the words of one catalogue: whole fields (categories, brands, attribute values) and runs of
characters that titles keep together, read by the likeliest cut. Texts without such characters pass through as they
are. [ours]
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
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
_RUN: Final = for_python(f"[{SPACELESS}]+")
_CLUSTER: Final = re.compile(f"[{_BEFORE}]*.[{MARKS}{_BEHIND}]*", re.DOTALL)
_WORD: Final = re.compile(f"(?:[^\\W_]|[{MARKS}])+")
_BLANK: Final = for_python(rf"(?<=[{SPACELESS}])[ \t]+(?=[{SPACELESS}])")
_HAN: Final = re.compile(r"[㐀-䶿一-鿿豈-﫿]")
_KANA: Final = re.compile(r"[ぁ-ゖァ-ヺ]")
LONGEST: Final = 8
"""Characters of a word."""
UNIT: Final = 2
"""Characters of a unit at most."""
MERGED: Final = 4
"""Single characters that stand together as an unknown word."""
MAX_TEXTS: Final = 20_000
"""Titles that teach; of more, every second, third …"""
MIN_COUNT: Final = 3
"""Uses of a run of characters before it can be a word without being a field's value."""
MIN_HOLD: Final = 0.5
"""Part of the uses of its rarer half, wherever it is cut, that a word must account for."""
MIN_VARIETY: Final = 3
"""Different neighbours of a word that show where it ends."""
FIELD_WEIGHT: Final = 3.0
"""Uses that one item with the word as a field's whole value counts for."""


def is_spaceless(text: str) -> bool:
    """Return whether any character is of a script without blanks between words."""
    return not text.isascii() and _RUN.search(text) is not None


def clusters(text: str) -> list[str]:
    """Return the characters of a text, marks with the letter that they belong to; joined they are the text.

    >>> clusters("ที่นอน"), clusters("เบา")
    (['ที่', 'น', 'อ', 'น'], ['เบา'])
    """
    return _CLUSTER.findall(text)


def parts(text: str) -> list[tuple[str, bool]]:
    """Return the text cut where scripts with and without blanks meet: (part, whether it is without)."""
    found, at = [], 0
    for run in _RUN.finditer(text):
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


class Segmenter:
    """Cuts runs of characters into the words of one catalogue; where it knows none, into single characters."""

    def __init__(self, counts: Mapping[str, float]) -> None:
        self.counts = dict(counts)
        """How often each word is used; single characters included."""
        total = math.log(sum(self.counts.values()) + 1.0)
        self._cost = {word: total - math.log(n) for word, n in self.counts.items()}
        self._unknown = total + 2.0
        self._cuts: dict[str, tuple[str, ...]] = {}

    @classmethod
    def learn(cls, texts: Sequence[str], fields: Mapping[str, int]) -> Segmenter:
        """Return the words of titles and of whole `fields`, each with the items that have it."""
        step = max(1, -(-len(texts) // MAX_TEXTS))
        runs = [tuple(clusters(run)) for text in texts[::step] for run in _RUN.findall(text)]
        counts, before, after = _count(runs)
        held: dict[str, float] = {
            word: FIELD_WEIGHT * max(n, counts.get(tuple(clusters(word)), 0))
            for word, n in fields.items()
            if _RUN.fullmatch(word) and 1 < len(clusters(word)) <= LONGEST
        }
        words = {"".join(gram): float(n) for gram, n in counts.items() if len(gram) == 1}
        free = [
            gram
            for gram, n in counts.items()
            if len(gram) > 1
            and n >= MIN_COUNT
            and min(len(before[gram]), len(after[gram])) > 1
            and _holds(gram, counts)
        ]
        known = {tuple(clusters(word)) for word in held}
        for gram in sorted(
            free, key=lambda gram: (len(gram), gram)
        ):  # short ones first: a long one may be made of them
            rest = () if gram in known else _rest(gram, known, before, after)
            for word in (gram,) if not rest else (rest,) if len(rest) < len(gram) else ():
                known.add(word)
                words.setdefault("".join(word), float(counts[word]))
        return cls(dict(sorted((words | held).items())))

    @property
    def knows(self) -> bool:
        """Whether there is anything to cut by."""
        return bool(self.counts)

    def cut(self, run: str) -> tuple[str, ...]:
        """Return the words of a run of characters of scripts without blanks; joined they are the run."""
        found = self._cuts.get(run)
        if found is None:
            found = _likeliest(clusters(run), self._cost, self._unknown)
            if len(self._cuts) < 1 << 17:
                self._cuts[run] = found
        return found

    def spaced(self, text: str) -> str:
        """Return the text with a blank between words; texts without such scripts come back as they are."""
        if text.isascii():
            return text
        found: list[str] = []
        for part, spaceless in parts(text):
            if spaceless:
                glue = found and not found[-1][-1:].isspace()
                found.append((" " if glue else "") + " ".join(self.cut(part)))
            else:
                found.append(part if not found or part[:1].isspace() or not part[:1].isalnum() else f" {part}")
        return "".join(found)

    def phrases(self, text: str) -> str:
        """Return `spaced`, with a comma at each blank of the original beside such scripts: it parts phrases there.

        >>> Segmenter({"登山鞋": 3, "防水": 5}).phrases("岚 防水登山鞋 42 码")
        '岚, 防水 登山鞋, 42, 码'
        """
        if text.isascii() or not is_spaceless(text):
            return text
        return self.spaced(_BESIDE.sub(", ", text))

    def words(self, text: str) -> list[str]:
        """Return the words of a text; a number keeps a short word after it, which is its unit.

        >>> Segmenter({"登山鞋": 3}).words("登山鞋42码")
        ['登山鞋', '42码']
        """
        found: list[str] = []
        for word in self.spaced(text).split():
            unit = found and found[-1][-1:].isdecimal() and is_spaceless(word) and len(word) <= UNIT
            if unit and f"{found[-1]}{word}" in text:
                found[-1] += word
            else:
                found.append(word)
        return found


_BESIDE: Final = for_python(rf"(?<=[{SPACELESS}])\s+|\s+(?=[{SPACELESS}])")
_Gram = tuple[str, ...]
_Neighbours = defaultdict[_Gram, set[str]]


def _count(runs: Sequence[_Gram]) -> tuple[Counter[_Gram], _Neighbours, _Neighbours]:
    """Return how often each run of up to LONGEST characters occurs, and all that stands before and after it.

    Beyond single characters only runs with MIN_COUNT uses, found length by length: both shorter runs inside must have
    as many. The end of a text counts as two neighbours: what stands there stands free.
    """
    counts: Counter[_Gram] = Counter()
    before: _Neighbours = defaultdict(set)
    after: _Neighbours = defaultdict(set)
    open_: list[tuple[_Gram, list[int]]] = [(run, list(range(len(run)))) for run in runs]
    for n in range(1, LONGEST + 1):
        level = Counter(run[start : start + n] for run, starts in open_ for start in starts)
        frequent = {gram for gram, uses in level.items() if uses >= MIN_COUNT}
        counts.update(level if n == 1 else {gram: uses for gram, uses in level.items() if gram in frequent})
        longer: list[tuple[_Gram, list[int]]] = []
        for run, starts in open_:
            kept = [start for start in starts if run[start : start + n] in frequent]
            if n > 1:
                _meet(run, kept, n, before, after)
            both = set(kept)
            if going := [start for start in kept if start + 1 in both and start + n < len(run)]:
                longer.append((run, going))
        open_ = longer
    return counts, before, after


def _meet(run: _Gram, starts: Iterable[int], n: int, before: _Neighbours, after: _Neighbours) -> None:
    """Add what stands before and after the runs of `n` characters at `starts`."""
    for start in starts:
        gram, end = run[start : start + n], start + n
        before[gram].update((run[start - 1],) if start else ("^", "^^"))
        after[gram].update((run[end],) if end < len(run) else ("$", "$$"))


def _holds(gram: _Gram, counts: Mapping[_Gram, int]) -> bool:
    """Return whether the run accounts for most uses of the rarer of its halves, wherever it is cut."""
    n = counts[gram]
    return all(n >= MIN_HOLD * min(counts[gram[:at]], counts[gram[at:]]) for at in range(1, len(gram)))


def _rest(gram: _Gram, known: Set[_Gram], before: _Neighbours, after: _Neighbours) -> _Gram:
    """Return what a phrase holds beside a known word, so that it is no word itself; () where it may be one.

    The known word stands at an end, and elsewhere beside other things. Where nothing new is left the phrase itself
    comes back; so it does where one character is left, and the phrase never stands free on that side.
    """
    if _is_made_of(gram, known):
        return gram
    for at in range(1, len(gram)):
        first, last = gram[:at], gram[at:]
        if first in known and len(first) > 1 and len(after[first]) >= MIN_VARIETY:
            if len(last) > 1:
                return last
            if "$" not in after[gram]:
                return gram
        if last in known and len(last) > 1 and len(before[last]) >= MIN_VARIETY:
            if len(first) > 1:
                return first
            if "^" not in before[gram]:
                return gram
    return ()


def _is_made_of(gram: _Gram, known: Set[_Gram]) -> bool:
    """Return whether the run is two or more known words, none of a single character: a phrase, and no word."""
    reached = {0}
    for end in range(2, len(gram) + 1):
        if any(start in reached and gram[start:end] in known for start in range(end - 1) if end - start < len(gram)):
            reached.add(end)
    return len(gram) in reached


def _likeliest(chars: Sequence[str], cost: Mapping[str, float], unknown: float) -> tuple[str, ...]:
    """Return the cut of least cost, of equals the one whose last word is longest; single characters side by side are
    a word that nobody knows, and stay together up to MERGED.
    """
    best = [0.0] + [math.inf] * len(chars)
    start_of = [0] * (len(chars) + 1)
    for end in range(1, len(chars) + 1):
        for start in range(max(0, end - LONGEST), end):
            word = "".join(chars[start:end])
            price = cost.get(word, unknown if end - start == 1 else math.inf)
            if best[start] + price < best[end]:
                best[end], start_of[end] = best[start] + price, start
    found, end = [], len(chars)
    while end:
        found.append("".join(chars[start_of[end] : end]))
        end = start_of[end]
    return tuple(_merged(found[::-1], {char for char in chars if len(char) > 1}))


def _merged(words: Sequence[str], wide: Set[str]) -> Iterable[str]:
    """Yield the words; runs of single characters (`wide` are those with marks) as one, up to MERGED of them."""
    kept: list[str] = []
    for word in words:
        single = len(word) == 1 or word in wide
        if kept and (not single or len(kept) == MERGED):
            yield "".join(kept)
            kept = []
        if single:
            kept.append(word)
        else:
            yield word
    if kept:
        yield "".join(kept)
