"""How a title is read where words have no blanks: its phrases, each a run of words that ends in what it speaks of."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from ..data.script import is_spaceless, pairs, parts
from ..data.segment import UNIT, Segmenter
from .titles import segments

NEGATORS = frozenset("不无非未免没勿仿假伪类拟")
"""A word behind one of these is undone: imitation silk is no silk."""
JOINS = frozenset("的和与及或赠配")
"""Words that part phrases; what follows `赠` or `配` comes with the thing."""
MEANT_FOR = ("适用", "适配", "兼容", "搭配", "代替", "替代", "专用", "赠", "配")
"""What follows is said of another thing."""
LONGEST = 3
"""Words of what an item is, at most."""


def phrases(title: str, segmenter: Segmenter) -> list[list[str]]:
    """Return the words of each phrase of a title, as far as it speaks of the item itself.

    >>> phrases("岚 防水登山鞋 赠鞋带", Segmenter({"登山鞋": 3, "防水": 5, "鞋带": 2, "赠": 1}))
    [['岚'], ['防水', '登山鞋']]
    """
    found: list[list[str]] = []
    for part in segments(segmenter.phrases(title)):
        if part.startswith(MEANT_FOR):
            break
        words = _with_units(part.split())
        cut = next((at for at, word in enumerate(words) if word in JOINS), len(words))
        if words[:cut]:
            found.append(words[:cut])
        if cut < len(words) and words[cut] in MEANT_FOR:
            break
    return found


def _with_units(words: Sequence[str]) -> list[str]:
    """Return the words, a number joined with the short word behind it, which is its unit."""
    found: list[str] = []
    for word in words:
        if found and found[-1][-1:].isdecimal() and len(word) <= UNIT and is_spaceless(word):
            found[-1] += word
        else:
            found.append(word)
    return found


def ends(phrase: Sequence[str]) -> Iterator[str]:
    """Yield what a phrase may end in, the longest first: its last words without blanks, all of such scripts."""
    last = phrase[-LONGEST:]
    for start in range(len(last)):
        if all(is_spaceless(word) and not has_digit(word) for word in last[start:]):
            yield "".join(last[start:])


def has_digit(word: str) -> bool:
    """Return whether a word holds a number: a size, and no kind of thing."""
    return any(char.isdigit() for char in word)


def holds(title: Sequence[Sequence[str]], wanted: str) -> bool:
    """Return whether a phrase says the words, none of them cut and none undone by the word before."""
    for phrase in title:
        for start in range(len(phrase)):
            said = ""
            for word in phrase[start:]:
                said += word
                if len(said) >= len(wanted):
                    break
            if said == wanted and not (start and phrase[start - 1][-1:] in NEGATORS):
                return True
    return False


def shared_pairs(text: str, others: Collection[str]) -> bool:
    """Return whether the text shares two neighbouring characters with one of the others."""
    own = {pair for part, spaceless in parts(text) if spaceless for pair in pairs(part)}
    return any(pair in other for pair in own for other in others)
