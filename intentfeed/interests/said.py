"""May a model's words stand? Names and reasons are data: plain, short, and held by what the person did [ours].

In doubt a reason gives way to the grounded wording, and a name to none: both are cheap, a false claim is not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Set
from datetime import date
from functools import lru_cache

from ..data.script import MARKS, matching_words, pairs, parts
from ..types import ACTION_CODE
from .evidence import DATED, date_of
from .facts import Facts
from .phrasing import ACTIONS_SAID, FRAGMENTS, FUNCTION_WORDS, HAN_FUNCTION, NUMBER_WORDS, ORDERS
from .wording import MONTHS

MAX_NAME_CHARS = 48
MAX_NAME_WORDS = 6
MAX_NAME_SPACELESS = 16
"""Characters of scripts without blanks between words."""
MAX_REASON_CHARS = 240
_WORD = re.compile(r"[^\W_]+")
_LETTER = rf"(?:[^\W_]|[{MARKS}])"
_NAME = re.compile(rf"{_LETTER}+(?:(?: ?[&/+·-] ?|, |['’] ?| ){_LETTER}+)*")
_DATE = re.compile(
    r"\b(\d{4})(?:-(\d\d)(?:-(\d\d))?)?\b"
    r"|(\d{4}) ?年(?: ?(\d{1,2}) ?月(?: ?(\d{1,2}) ?日)?)?|(\d{1,2}) ?月"
)  # fmt: skip
_UNPLAIN = re.compile(
    r"[<>{}\[\]|\\`*#_~=^$@‹›\"“”]|https?:|www\.|://|\b\w+\.(?:com|net|org|io|cn|co|ru)\b", re.IGNORECASE
)
_NUMBERS = {word: number for number, word in enumerate(NUMBER_WORDS.split(), start=3)}
_EXACT = frozenset(FUNCTION_WORDS.split())
"""As written: 'like' claims nothing, 'liked' does."""
_ORDERS = frozenset(ORDERS.split())
_LATIN_LOOK = ("CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC")


def stem(word: str) -> str:
    """Return a word of a language with word ends without them: 'running', 'runs' and 'run' are one."""
    word = word.casefold()
    if not word.isascii() or len(word) < 4:
        return word
    for end in ("ings", "ing", "ies", "ied", "ed", "es", "s", "y", "e"):
        if word.endswith(end) and len(word) - len(end) >= 3:
            word = word[: -len(end)]
            break
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word


def terms(text: str) -> set[str]:
    """Return what a text can be found by: words without their ends, or pairs where a script has no blanks."""
    return {stem(word) for word in matching_words(text)}


@lru_cache(maxsize=1)
def _known() -> tuple[frozenset[str], dict[str, frozenset[int]]]:
    """Return the stems of words that claim nothing, and what actions each word claims."""
    actions: dict[str, frozenset[int]] = {}
    for said, names in ACTIONS_SAID.items():
        for word in said.split():
            actions[stem(word)] = frozenset(ACTION_CODE[name] for name in names)
    return frozenset(map(stem, FUNCTION_WORDS.split())), actions


def plain_name(text: str, brands: Set[str]) -> str | None:
    """Return a name that a model gave to an interest, in plain words; None where it is none.

    One to six words, no markup, no address, no digits beyond a few, neither a brand alone nor an order to the reader,
    and no word that mixes scripts to look like another. `brands` are case-folded.
    """
    name = " ".join(unicodedata.normalize("NFKC", text[: 4 * MAX_NAME_CHARS]).split())
    if not name or len(name) > MAX_NAME_CHARS or not _NAME.fullmatch(name) or _UNPLAIN.search(name):
        return None
    words = _WORD.findall(name)
    letters = sum(each.isalpha() for each in name)
    if len(words) > MAX_NAME_WORDS or 2 * letters < len(name) or letters < 2:
        return None
    if sum(len(part) for part, spaceless in parts(name) if spaceless) > MAX_NAME_SPACELESS or any(
        _mixes_scripts(word) for word in words
    ):
        return None
    if name.casefold() in brands or is_order(name):
        return None
    return name[:1].upper() + name[1:]


def is_order(text: str) -> bool:
    """Return whether a text reads like an order to whoever, or whatever, reads it."""
    folded = text.casefold()
    said = {word.casefold() for word in _WORD.findall(folded)}
    return bool(said & _ORDERS) or any(fragment in folded for fragment in FRAGMENTS)


def _mixes_scripts(word: str) -> bool:
    """Return whether a word has letters of Latin and of a script that has the same shapes."""
    scripts = {unicodedata.name(each, "").partition(" ")[0] for each in word if each.isalpha()}
    return "LATIN" in scripts and bool(scripts & set(_LATIN_LOOK))


def plain_reason(text: str) -> str | None:
    """Return a reason as one short plain line; None where it has markup, an address or an order, or is too long."""
    line = " ".join(unicodedata.normalize("NFKC", text[: 4 * MAX_REASON_CHARS]).split()).rstrip(".。")
    odd = any(unicodedata.category(each) in ("Cc", "Cf", "Co", "Cs", "Cn") for each in line)
    if len(line) < 8 or len(line) > MAX_REASON_CHARS or odd or _UNPLAIN.search(line) or is_order(line):
        return None
    return line[:1].upper() + line[1:]


def bears_out(reason: str, texts: Iterable[str], facts: Facts, days: Iterable[int]) -> bool:
    """Return whether each word of a reason is in the texts or claims nothing, and numbers and deeds are the facts'.

    `days` are those of the events, by number.
    """
    held = {term for text in texts for term in terms(text)}
    days_done = [date_of(day) for day in days] if facts.clock in DATED else []
    line = unicodedata.normalize("NFKC", reason)
    said = [_said(found) for found in _DATE.finditer(line)]
    if not all(_is_date(*each, days_done) or str(each[0]) in held for each in said):
        return False
    months = {MONTHS[day.month - 1].casefold() for day in days_done}
    return all(
        _run_held(piece, held, facts) if spaceless else _words_held(piece, held | months, facts)
        for piece, spaceless in parts(_DATE.sub(" ", line))
    )


def _said(found: re.Match[str]) -> tuple[int | None, int | None, int | None]:
    """Return year, month and day of a date as far as it says them."""
    first, second, third, year, month, day, alone = (int(part) if part else None for part in found.groups())
    return first or year, second or month or alone, third or day


def _is_date(year: int | None, month: int | None, day: int | None, done: Iterable[date]) -> bool:
    """Return whether something was done on a date, or in the month or year that it is."""
    return any(
        (year is None or year == each.year) and (month is None or month == each.month) and (day in (None, each.day))
        for each in done
    )


def _words_held(text: str, held: Set[str], facts: Facts) -> bool:
    """Return whether each word is held or claims nothing, each number is a count, and each deed was done."""
    function, actions = _known()
    counts = {facts.n, facts.n_items, facts.n_days, facts.n_weeks, *facts.by_action} - {0}
    counts |= {round(facts.span_days / unit) for unit in (7, 30.44, 365.25)} - {0} if facts.clock in DATED else set()
    for word in _WORD.findall(text):
        folded, root = word.casefold(), stem(word)
        number = int(folded) if folded.isdecimal() and len(folded) < 9 else _NUMBERS.get(folded)
        if number is not None and number in counts:
            continue
        if folded in _EXACT:
            continue
        if root in actions and root not in held:
            if not any(facts.by_action[code] for code in actions[root]):
                return False
        elif folded not in held and root not in held and root not in function:
            return False
    return True


def _run_held(run: str, held: Set[str], facts: Facts) -> bool:
    """Return the same for a run of characters without blanks: each pair is in the texts, or one of it claims nothing.

    Words for deeds are taken out first; each must be among the facts.
    """
    _, actions = _known()
    for said in sorted((each for each in actions if not each.isascii()), key=len, reverse=True):
        if said in run and said not in held:
            if not any(facts.by_action[code] for code in actions[said]):
                return False
            run = run.replace(said, "的")
    known = {each for term in held for each in term} | HAN_FUNCTION
    return set(run) <= known and all(pair in held or set(pair) & HAN_FUNCTION for pair in pairs(run))
