"""The words of one catalogue whose script has no blanks between them: learnt by counting, cut by likelihood [ours].

A word is the whole value of a field (a category, a brand, an attribute), or a run of characters that titles keep
together and that is no phrase of other words.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Final

from .script import RUN, SPACELESS, clusters, is_spaceless, parts
from .tokens import for_python

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
        runs = [tuple(clusters(run)) for text in texts[::step] for run in RUN.findall(text)]
        counts, before, after = _count(runs)
        held: dict[str, float] = {
            word: FIELD_WEIGHT * max(n, counts.get(tuple(clusters(word)), 0))
            for word, n in fields.items()
            if RUN.fullmatch(word) and 1 < len(clusters(word)) <= LONGEST
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
