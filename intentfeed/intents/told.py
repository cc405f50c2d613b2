"""May a model's reason be shown as it stands? Else the events it rests on are told in the grounded wording.

A reason is kept only as plain quoted data: short, without markup, claims or brands, and naming nothing that the
person did not touch, no number that the log does not hold and no deed that the cited events are not. [ours]
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..data.catalog import Catalog, leaf_name
from ..data.script import is_spaceless
from ..llm.client import Language
from ..types import ACTIONS
from .meanings import PlainWords
from .past import SEARCH, Past
from .precise import ANYTHING, CLAIMS, COMMANDS
from .words import RUN, stem, stems

MIN_CHARS = 8
"""Of a reason; a character of a script without blanks says as much as two."""
_MARKUP = re.compile(r"[<>{}\[\]`|\\*_#~^]|https?:|www\.|\w@\w")
_QUOTED = re.compile('[“"«「『‘]([^”"»」』’]{3,})[”"»」』’]')
_NUMBER = re.compile(r"\d+")
_DEEDS: dict[str, re.Pattern[str]] = {
    "purchase": re.compile(r"\b(?:bought|purchase[sd]?|purchasing|ordered|owns?|owned)\b|购买|买过|买了|下单"),
    "search": re.compile(r"\bsearch(?:ed|es|ing)?\b|\blooked (?:up|for)\b|搜索|搜过|搜了"),
    "favorite": re.compile(r"\bsaved\b|\bfavou?rit(?:ed|es)\b|\bwish-?list|收藏"),
    "cart": re.compile(r"\b(?:in|into|to) (?:the |your |their )?(?:cart|basket)\b|加购|购物车"),
    "rate": re.compile(r"\brat(?:ed|ings?)\b|评分"),
}
"""Words that claim a deed, and the action that makes them true. Looking is not listed: everything was looked at."""
_DONE = {
    "click": ("clicked", "点击"), "detail_view": ("viewed", "浏览"), "review_read": ("read reviews of", "看评论"),
    "favorite": ("saved", "收藏"), "cart": ("put in the cart", "加购"), "purchase": ("bought", "购买"),
    "rate": ("rated", "评分"), "tag": ("tagged", "打标签"), "like": ("liked", "点赞"),
    "bookmark": ("bookmarked", "收藏"), "comment": ("commented on", "评论"), "follow": ("followed", "关注"),
    "review": ("reviewed", "评价"), "search": ("searched", "搜索"),
}  # fmt: skip
_MAX_TITLE = 60


@dataclass(frozen=True)
class Heard:
    """Everything that was told of one person in the prompt: what a reason may speak of."""

    texts: tuple[str, ...]
    """Lines of behaviour, interests, attributes, the day and its notes."""

    @cached_property
    def whole(self) -> str:
        """All of it, in lower case."""
        return "\n".join(self.texts).lower()

    @cached_property
    def stems(self) -> frozenset[str]:
        """Its words without endings."""
        return frozenset(stem(word) for word in RUN.findall(self.whole.replace("-", " ")))

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Its numbers."""
        return frozenset(_NUMBER.findall(self.whole))


def objection(reason: str, tag: str, *, heard: Heard, actions: Collection[str], words: PlainWords) -> str | None:
    """Return why a reason may not be shown as it stands; None where it may.

    `actions` are those of the events that the tag cites.
    """
    if sum(1 + is_spaceless(each) for each in reason[:MIN_CHARS]) < MIN_CHARS:
        return "says nothing"
    if _MARKUP.search(reason) or not reason.isprintable():
        return "holds markup"
    if CLAIMS.search(reason):
        return "makes a claim"
    if COMMANDS.search(reason):
        return "speaks to a reader"
    if any(each.isalpha() and not _readable(each, heard) for each in reason):
        return "holds letters of another script"
    brand = words.brand_in(reason)
    if brand:
        return f"names the brand {brand}"
    return _unheard(reason, tag, heard, words) or _undone(reason, actions)


def _readable(letter: str, heard: Heard) -> bool:
    """Tell whether a letter is Latin or Han, or was told of the person: nobody reads what looks like other letters."""
    return letter.isascii() or letter <= "\u024f" or "\u3400" <= letter <= "\u9fff" or letter.lower() in heard.whole


def _unheard(reason: str, tag: str, heard: Heard, words: PlainWords) -> str | None:
    """Return what a reason names that the person never touched, if anything."""
    for quote in _QUOTED.findall(reason):
        if quote.lower().strip(" .,…") not in heard.whole and quote.lower() != tag:
            return f"quotes “{quote[:40]}”, which is nowhere"
    number = next((found for found in _NUMBER.findall(reason) if found not in heard.numbers), "")
    if number:
        return f"says {number}, which is nowhere"
    own = set(stems(tag))
    for word in stems(reason.replace("-", " ")):
        unheard = word in words.nouns and word not in own and word not in heard.stems and word not in ANYTHING
        if unheard and not is_spaceless(word):  # those are looked for inside the runs, below
            return f"names {word}, which the person never touched"
    wide = words.nouns_in(reason.lower()) if is_spaceless(reason) else []
    noun = next((noun for noun in wide if noun not in heard.whole and noun not in tag), "")
    return f"names {noun}, which the person never touched" if noun else None


def _undone(reason: str, actions: Collection[str]) -> str | None:
    """Return which deed a reason claims that the cited events are not."""
    low = reason.lower()
    for action, claim in _DEEDS.items():
        if action not in actions and claim.search(low):
            return f"claims a {action} that the cited events are not"
    return None


def told(places: Sequence[int], past: Past, catalog: Catalog, category: str, language: Language) -> str:
    """Return the grounded wording: what the cited events are, newest first, and what for."""
    which: NDArray[np.int64] = np.asarray(places, dtype=np.int64)
    history = past.history
    title = next((catalog.titles[row] for row in history.item[which].tolist() if row >= 0), "")
    query = next((history.query[at] or "" for at in places if int(history.action[at]) == SEARCH), "")
    about = title or query
    count: dict[str, int] = {}
    for code in history.action[which].tolist():
        count[ACTIONS[code]] = count.get(ACTIONS[code], 0) + 1
    ranked = sorted(count.items(), key=lambda pair: (-pair[1], pair[0]))
    leaf = leaf_name(category)
    if language == "zh":
        deeds = "、".join(f"{_DONE[action][1]}{n}次" for action, n in ranked)
        return f"你{deeds}" + (f"，如“{_short(about)}”" if about else "") + (f"；由此想到{leaf}" if leaf else "")
    deeds_ = [f"{_DONE[action][0]} {n}×" for action, n in ranked]
    joined = deeds_[0] if len(deeds_) == 1 else ", ".join(deeds_[:-1]) + " and " + deeds_[-1]
    last = "last" if history.ordered else "such as"
    return (
        f"You {joined}" + (f", {last} “{_short(about)}”" if about else "") + (f"; this leads to {leaf}" if leaf else "")
    )


def _short(text: str) -> str:
    """Return at most so many characters, cut between words where there are words."""
    text = " ".join(text.split())
    if len(text) <= _MAX_TITLE:
        return text
    head = text[:_MAX_TITLE]
    return (head.rsplit(" ", 1)[0] if " " in head else head) + "…"
