"""Is a phrase a tag at all, and a precise one? For phrases that somebody else wrote: form, brands, vague words."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Callable
from importlib.resources import files

from ..data.script import is_spaceless
from .meanings import PlainWords
from .words import JOINS, RUN, stem

MAX_WORDS = 8
MAX_WIDE = 24
"""Characters of a tag in a script without spaces."""
_WORDS = tomllib.loads(files("intentfeed").joinpath("intents", "plain_words.toml").read_text(encoding="utf-8"))
VAGUE = frozenset(word for word in (*_WORDS["paper"], *_WORDS["vague"]) if not is_spaceless(word))
"""Words that say little of what is meant."""
VAGUE_WIDE = tuple(word for word in (*_WORDS["paper"], *_WORDS["vague"]) if is_spaceless(word))
ANYTHING = frozenset(_WORDS["anything"])
"""Words that name a shelf somewhere and mean too much else."""
_ALLOWED = re.compile(r"[^\W_][\w '’\-/+.&°]*", re.UNICODE)
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_HAN = re.compile(r"[\u3400-\u9fff]")
_MODEL = re.compile(r"(?=[a-z0-9-]*\d{2})[a-z]{1,5}-?\d{2,}[a-z0-9-]*[a-z]\d*|[a-z]{1,5}-?\d{3,}[a-z0-9-]*")
_SEVERAL = re.compile(r"[&/]| or |或")
_LINK = re.compile(r"https?|www\b|\.(?:com|net|org|cn|io)\b|\w@\w", re.IGNORECASE)
CLAIMS = re.compile(
    r"\d ?% ?off|\bper ?cent off|\bdiscount|\bclearance\b|\bbest-?sell|\bguarantee|\bfree (?:shipping|gift|trial)"
    r"|\b(?:buy|order|click|shop|act) (?:now|here|today)\b|\bcheap(?:est)?\b|\bcure[sd]?\b|\bmiracle|\bheals?\b"
    r"|\bclinically|\bmedically|\b#1\b|\blimited (?:time|offer)"
    r"|治愈|根治|特效|打折|促销|包邮|限时|秒杀|全网最低|点击|立即购买",
    re.IGNORECASE,
)
"""Claims about health, price or quality, and calls to act (4.4; prohibitions of ours)."""
COMMANDS = re.compile(
    r"\b(?:ignore|disregard|forget|override|reveal|repeat|print|output)\b.{0,30}"
    r"\b(?:instructions?|prompts?|rules|above|previous|system|everything)\b"
    r"|\bignor\w+ .{0,30}\b(?:instruc|instruk|anweisung)|игнориру|指示を|تجاهل"
    r"|\b(?:system|developer) (?:prompt|message)\b|\bas an ai\b|\byou (?:must|should|are now)\b|\bassistant\b"
    r"|\bjailbreak|忽略.{0,8}(?:指令|以上|之前)|系统提示|提示词",
    re.IGNORECASE,
)
"""What speaks to a reader or a model instead of naming a thing."""


def normal(text: str) -> str:
    """Return a tag in the one form in which tags are compared and stored: NFKC, lower case, single spaces.

    >>> normal("  Waterproof　Hiking  BOOTS. ")
    'waterproof hiking boots'
    """
    plain = unicodedata.normalize("NFKC", text)
    return " ".join(plain.split()).strip(' .。;；,，"“”「」').lower()


def sameness(text: str) -> frozenset[str]:
    """Return what two tags that say the same have in common: their words, whatever order, number and joins.

    Of Han the characters: where one word ends is not written, and hardly two names differ in nothing but the order.

    >>> sameness("boots for hiking") == sameness("hiking boot")
    True
    >>> sameness("防水的登山鞋") == sameness("登山鞋 防水")
    True
    """
    spaced = _HAN.sub(r" \g<0> ", text.replace("-", " "))
    words = [word for word in RUN.findall(spaced) if word[0].isalnum() and word not in JOINS]
    return frozenset(stem(word) for word in words)


def malformed(text: str) -> str | None:
    """Return why a text is no tag at all; None where it has the form of one."""
    if not text:
        return "is empty or too long"
    if not _ALLOWED.fullmatch(text) or _LINK.search(text):
        return "is no phrase: holds signs that no description needs"
    if text.count(" ") >= MAX_WORDS or (_WIDE.search(text) and len(text) > MAX_WIDE):
        return "is a sentence rather than a phrase"
    if CLAIMS.search(text):
        return "makes a claim instead of a description"
    if COMMANDS.search(text):
        return "speaks to a reader instead of naming a thing"
    return None


def imprecise(words: PlainWords, flags: Counter[str]) -> Callable[[str], str | None]:
    """Return what says why a tag is not precise: a brand, a model, or too vague to search by.

    Vague words and brands that are ordinary words too are only flagged, in `flags`, where enough else is said (X9).
    """

    def objection(text: str) -> str | None:
        brand = words.brand_in(text)
        if brand:
            return f"names the brand {brand}"
        if _SEVERAL.search(text):
            return "names several kinds of thing at once"
        if any(_MODEL.fullmatch(word) for word in text.split(" ")):
            return "names a model"
        if _WIDE.search(text):
            return _vague_wide(text, flags)
        tokens = text.split(" ")
        vague = {word for word in tokens if word in VAGUE or word in words.vague}
        telling = [word for word in tokens if word not in vague and word not in JOINS]
        named = any(stem(word) in words.specific for word in telling)
        # "set" says little, but "knife set" enough where knives and sets share a shelf.
        if not telling or (vague and len(telling) == 1 and not _enough(telling[0], tokens[-1], named, words)):
            return f"is vague: {' '.join(sorted(vague)) or text} says too little to search by"
        if len(tokens) == 1 and not named:
            return "is a single word, too broad to search by"
        flags["vague word"] += bool(vague)
        flags["brand that is a word"] += bool(words.doubtful & set(tokens))
        return None

    return objection


def _enough(word: str, head: str, named: bool, words: PlainWords) -> bool:
    """Tell whether one telling word is enough beside a vague one."""
    return named if head == word else words.have_a_shelf(word, head)


def _vague_wide(text: str, flags: Counter[str]) -> str | None:
    rest = text
    for word in VAGUE_WIDE:
        rest = rest.replace(word, "")
    if len(rest) < 2 or (rest != text and len(rest) < 3):
        return f"is vague: {text} says too little to search by"
    flags["vague word"] += rest != text
    return None
