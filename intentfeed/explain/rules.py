"""The prohibitions of RecGPT-V1, 8.3 and 8.5, as patterns over a sentence: length, emptiness, excess, people."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ..data.script import is_spaceless
from ..types import Settings
from .words import is_chinese, length


class LengthRule(Settings):
    """How long a sentence may be; punctuation counts for nothing (U30)."""

    min_words: int = 3
    """English words."""
    max_words: int = 7
    """English words."""
    min_characters: int = 6
    """Chinese characters."""
    max_characters: int = 10
    """Chinese characters."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong with a reason."""

    rule: str
    detail: str


TITLE_SIMILARITY = 0.8
"""Share of characters in common, by edit distance, from which a sentence counts as the title said again."""

_FORBIDDEN: dict[str, re.Pattern[str]] = {
    "generic": re.compile(
        r"\b(practical|versatile|elegant|high[- ]quality|top[- ]quality|premium|amazing|awesome|exquisite|stylish"
        r"|excellent|nice|wonderful|great|good value|multi-?purpose)\b"
        r"|实用|百搭|优雅|高端|精美|优质|高品质|物美价廉|超值|好用", re.I),
    "cliche": re.compile(
        r"\bmust[- ]?haves?\b|\bmust[- ]buy\b|\bgame[- ]?changer\b|\blife[- ]?saver\b|\bholy grail\b"
        r"|\b(can't|cannot) live without\b|\byou need this\b|\bneeds? in (your|their) life\b"
        r"|\bgod(send|-?tier)\b|\bno home should\b|!{2,}|必备|神器|必入|闭眼入|必买|种草|爆款|人手一", re.I),
    "exaggeration": re.compile(
        r"\b100 ?(%|percent|per cent)|\b(best|finest|greatest|cheapest|coolest|strongest|fastest|safest)\b"
        r"|\bperfect\b|\bflawless\b|\bguarantee[ds]?\b|\bmiracle\b|\bunbeatable\b|\bunrivalled\b|\bultimate\b"
        r"|\beverlasting\b|\blasts? forever\b|\bforever\b|\bnever (breaks?|fails?|fades?|wears?)\b|\bindestructible\b"
        r"|\bnumber ?(one|1)\b|\bno\.? ?1\b|#1\b|\bworld'?s\b|\bcures?\b|\bmagical(ly)?\b"
        r"|百分百|100%|第一|最好|最强|最佳|绝对|永久|永远|完美|顶级|极致|万能|无敌", re.I),
    "hard_sell": re.compile(
        r"\b(buy|order|shop|act|hurry)( it| yours)? (now|today|up)\b|\blimited\b|\bwhile (stocks?|supplies) last\b"
        r"|\blast chance\b|\bhurry\b|\bonly \d+ left\b|\bends (soon|today|tonight)\b|\bdon't miss\b|\bsale\b"
        r"|\d ?% off\b|\bdiscount(s|ed)?\b|\bflash deal\b|\bfree shipping\b"
        r"|限时|抢购|秒杀|最后|包邮|打折|特价|促销|清仓|立即|下单|优惠", re.I),
    "personal": re.compile(
        r"[\w.+-]+@[\w-]+\.\w+|(?<!\w)@\w{2,}|\bhttps?:|\bwww\.|\+?\d[\d\s().-]{6,}\d", re.I),
    "address": re.compile(
        r"\b(mr|mrs|ms|miss|dr|prof)\.? \w|\b(aged|age) \d|\b\d{1,3}[- ]year[- ]old\b|先生|女士|小姐", re.I),
    "markup": re.compile(
        r"[<>{}\[\]`|\\$^~*\x00-\x1f\x7f]|\bignore (all|any|the|previous|prior)\b|\bsystem prompt\b", re.I),
}  # fmt: skip
_NAMES_EXCUSE = frozenset({"generic", "cliche", "exaggeration", "hard_sell", "address"})


_TRIGGERS = frozenset(
    re.findall(
        r"\S+",
        "practical versatile elegant high top premium amazing awesome exquisite stylish excellent nice "
        "wonderful great good multi multipurpose must musthave musthaves gamechanger game life lifesaver holy "
        "can't cannot need needs godsend god godtier no 100 best finest greatest cheapest coolest strongest "
        "fastest safest perfect flawless guarantee guaranteed guarantees miracle unbeatable unrivalled "
        "ultimate everlasting last lasts forever never indestructible number world's worlds cure cures "
        "100percent 100per number1 numberone no1 "
        "magical magically buy order shop act hurry limited while only ends don't sale off discount discounts "
        "discounted flash free http https www mr mrs ms miss dr prof aged age year ignore system ",
    )
)
"""No forbidden phrase does without one of these words or one of the signs below: a quick way to see all is well."""
_SIGNS = re.compile(r"[<>{}\[\]`|\\$^~*@!%#\x00-\x1f\x7f]|\d[\d\s().-]{6,}|[㐀-鿿]|[\u0130\u0131\u017f\u212a]")
"""The last four are letters that a pattern takes for i, s or k, whatever the case, and a set of words does not."""


def prohibited(text: str, words: Sequence[str], names: Sequence[str], rule: LengthRule) -> Iterator[Violation]:
    """Yield what the sentence may not be, whatever is true.

    `words` are its words, `names` those of brands, categories and people in it: what a thing is called is no
    exaggeration.
    """
    n = length(text)
    chinese = not text.isascii() and is_chinese(text)
    low, high = (rule.min_characters, rule.max_characters) if chinese else (rule.min_words, rule.max_words)
    if not low <= n <= high:
        yield Violation("length", f"{n} long, {low} to {high} allowed")
    if _TRIGGERS.isdisjoint(words) and not _SIGNS.search(text):
        return
    without = text
    for name in sorted(names, key=len, reverse=True):
        without = re.sub(_whole(name), "", without, flags=re.I)
    for what, pattern in _FORBIDDEN.items():
        if found := pattern.search(without if what in _NAMES_EXCUSE else text):
            yield Violation(what, found.group().strip())


def _whole(name: str) -> str:
    """Return a pattern of a name as a whole word; where words have no blanks, anywhere."""
    return re.escape(name) if is_spaceless(name) else rf"(?<!\w){re.escape(name)}(?!\w)"


def near_title(sentence: Sequence[str], title: Sequence[str]) -> bool:
    """Return whether the words are those of the title, or nearly so."""
    if not title or not sentence:
        return False
    if 2 * len(set(sentence).intersection(title)) < min(len(set(sentence)), len(set(title))):
        return False
    common = sum((Counter(sentence) & Counter(title)).values())
    if 2 * common < max(len(sentence), len(title)):
        return False
    if common == len(sentence) == len(title):
        return True
    one, other = " ".join(sentence), " ".join(title)
    longer = max(len(one), len(other))
    shared = sum((Counter(one) & Counter(other)).values())  # no edit distance is below what the letters leave over
    return shared >= TITLE_SIMILARITY * longer and similarity(one, other) >= TITLE_SIMILARITY


@lru_cache(maxsize=1 << 12)
def similarity(one: str, other: str) -> float:
    """Return 1 less the edit distance by the length of the longer text."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        corner, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            corner, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, corner + (a != b))
    return 1 - row[-1] / max(len(one), len(other), 1)
