"""Amounts in a command: digits and words, money, units, decades, one or both ends of a range. [ours]"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Final

from ..units import unit as named_unit
from .cues import Cues
from .tokens import Token

MOST: Final = 1e12
"""A number beyond it is a joke, and is not read."""
YEAR: Final = 365
SMALL: Final = 10
"""A number word up to this one is an amount only with a unit, money or a bound: `one` is seldom a number."""
HALF: Final = 0.5
ARTICLES: Final = frozenset({"a", "an"})
YEARS: Final = (1850, 2100)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number as somebody said it."""

    low: float
    high: float
    """The same, but for a decade."""
    unit: str = ""
    money: bool = False
    decade: bool = False
    year: bool = False
    """Looks like a year: four digits without a unit."""
    dated: bool = False
    """Said to be a year."""
    days: bool = False
    """Both ends are days, counted as dates are."""
    bare: bool = False
    """Without unit or money, and before a word that it seems to count: `3 people`."""
    spans: bool = False
    """Counts stretches of time: `2 months`."""
    near: bool = False
    """Said to be approximate by its own words."""
    worded: bool = False
    """Said in a word that may mean something else."""


@dataclass(frozen=True, slots=True)
class _Number:
    value: float
    n: int
    worded: bool
    near: bool = False
    high: float = 0.0
    """Of two numbers said as one: 三四百."""


def amount_at(tokens: Sequence[Token], place: int, cues: Cues, today: date) -> tuple[int, Amount] | None:
    """Return the amount that begins at a place and how many tokens it takes; None where none does.

    A range such as `20-30` is two amounts with a sign between; who reads the marks puts them together.
    """
    token = tokens[place]
    if (money := cues.money.get(token.key)) is not None:
        return 1, Amount(money, money, money=True)
    for words, value in cues.decade_words.items():
        if _is(tokens, place, words):
            return len(words), _decade(value, today)
    if (past := _past_at(tokens, place, cues, today)) is not None:
        return past
    sign = _sign_at(tokens, place, cues)
    start = place + sign
    number = _number_at(tokens, start, cues)
    if number is None:
        return None
    at = start + number.n
    if not sign and (decade := _decade_at(tokens, at, number, cues, today)) is not None:
        return at - place + decade[0], decade[1]
    found = Amount(number.value, number.high or number.value, money=bool(sign), worded=number.worded, near=number.near)
    at, found = _with_unit(tokens, at, found, cues)
    if number.value > MOST or (tokens[place].key in ARTICLES and not found.unit and number.n == 1):
        return None
    return at - place, replace(found, bare=_counts(tokens, at, found, cues), spans=_is_span(tokens, at, found, cues))


def _is_span(tokens: Sequence[Token], at: int, found: Amount, cues: Cues) -> bool:
    """Return whether a number counts stretches of time."""
    plain = not (found.unit or found.money or found.year)
    return plain and at < len(tokens) and tokens[at].kind == "word" and (tokens[at].key,) in cues.spans


def _counts(tokens: Sequence[Token], at: int, found: Amount, cues: Cues) -> bool:
    """Return whether a number counts the word after it."""
    if found.unit or found.money or found.year or at >= len(tokens):
        return False
    keys = [token.key for token in tokens[at : at + 6]]
    cue = cues.at(keys, 0)
    return tokens[at].kind == "word" and (cue is None or cue[1].kinds == {"role"} or (keys[0],) in cues.spans)


def _sign_at(tokens: Sequence[Token], place: int, cues: Cues) -> int:
    """Return how many tokens a sign of money before a number takes."""
    for n in (2, 1):
        if place + n < len(tokens) and " ".join(token.key for token in tokens[place : place + n]) in cues.signs:
            return n
    return 0


def _with_unit(tokens: Sequence[Token], at: int, found: Amount, cues: Cues) -> tuple[int, Amount]:
    """Return the amount with the unit or the money that follows, and where it ends."""
    after = at
    while after < len(tokens) and tokens[after].key in cues.counters and after < at + 2:
        after += 1
    half = 0.0
    if at + 1 < len(tokens) and tokens[at].key in cues.counters and cues.ones.get(tokens[at + 1].key) == HALF:
        half, after = HALF, at + 2
    for place in dict.fromkeys((at, after)):
        if (measured := _measured(tokens, place, found, cues, half if place == after else 0.0)) is not None:
            return measured
    looks = found.low.is_integer() and YEARS[0] <= found.low <= YEARS[1] and not found.money and not found.worded
    if looks:
        dated = at < len(tokens) and tokens[at].kind == "han" and (tokens[at].key,) in cues.spans
        return at + dated, replace(found, year=True, dated=dated)
    return after if after < at + 2 else at, found


def _measured(tokens: Sequence[Token], at: int, found: Amount, cues: Cues, half: float) -> tuple[int, Amount] | None:
    """Return the amount with the unit or the sign of money that stands at a place; None where none does."""
    for n in (4, 3, 2, 1):
        if at + n > len(tokens):
            continue
        pieces = [token.key for token in tokens[at : at + n]]
        written = ("" if all(token.kind == "han" for token in tokens[at : at + n]) else " ").join(pieces)
        if written in cues.signs or " ".join(pieces) in cues.signs:
            return at + n, replace(found, money=True)
        if (unit := named_unit(written)) is not None and _is_unit(tokens, at, written, found, cues):
            more = _and_half(tokens, at + n, cues)
            value = found.low + half + (HALF if more else 0)
            high = value if found.low == found.high else found.high
            return at + n + more, replace(found, low=value, high=high, unit=unit.name, worded=False)
    return None


def _is_unit(tokens: Sequence[Token], at: int, written: str, found: Amount, cues: Cues) -> bool:
    """Return whether a word that may be a unit is one here: `30 in`, but not `one in blue`."""
    if tokens[at].kind == "han" or (len(written) > 1 and (written,) not in cues.stop):
        return True
    last = at + 1 >= len(tokens) or tokens[at + 1].kind != "word"
    return not found.worded and (tokens[at].glued or last or len(written) == 1)


def _and_half(tokens: Sequence[Token], at: int, cues: Cues) -> int:
    for words in cues.joins:
        after = at + len(words)
        if _is(tokens, at, words) and after < len(tokens) and cues.ones.get(tokens[after].key) == HALF:
            return len(words) + 1
    return 1 if at < len(tokens) and tokens[at].kind == "han" and cues.ones.get(tokens[at].key) == HALF else 0


# Numbers


def _number_at(tokens: Sequence[Token], place: int, cues: Cues) -> _Number | None:
    if place >= len(tokens):
        return None
    token = tokens[place]
    if token.kind == "number":
        value, n = float(token.key), 1
        while place + n < len(tokens) and (times := _times(tokens, place + n, cues, glued=n == 1)):
            value, n = value * times, n + 1
        return _Number(value, n, worded=False)
    return _two_in_one(tokens, place, cues) or _worded(tokens, place, cues)


def _times(tokens: Sequence[Token], at: int, cues: Cues, *, glued: bool) -> float:
    """Return the factor that a token is after digits; a single letter must touch them."""
    token = tokens[at]
    if token.kind == "word" and len(token.key) == 1 and not (glued and token.glued):
        return 0.0
    if token.key == "m":
        return 0.0
    value = cues.times.get(token.key, 0.0)
    return value if value > 1 else 0.0


def _two_in_one(tokens: Sequence[Token], place: int, cues: Cues) -> _Number | None:
    """Return 三四百: three or four hundred."""
    if place + 2 >= len(tokens) or tokens[place].kind != "han":
        return None
    low, high = (cues.ones.get(tokens[at].key, 0.0) for at in (place, place + 1))
    times = cues.times.get(tokens[place + 2].key, 0.0)
    if not (1 <= low < high == low + 1 and times > 1):
        return None
    return _Number(low * times, 3, worded=False, high=high * times)


def _worded(tokens: Sequence[Token], place: int, cues: Cues) -> _Number | None:
    """Return a number in words: ones add up, times multiply what was said since the last larger one."""
    total = part = 0.0
    at, some, near = place, False, False
    last = 0.0
    while at < len(tokens):
        key = tokens[at].key
        if key in cues.ones and not (some and key in ARTICLES):
            part += cues.ones[key]
            last = cues.ones[key]
        elif key in cues.times and (some or (cues.times[key] > 1 and (len(key) > 1 or not key.isascii()))):
            times = cues.times[key]
            if times == 1:
                near = True
            elif times >= 1000:
                total, part = total + max(part, 1) * times, 0.0
            else:
                total, part = total + (part or 1) * times, 0.0
            last = times
        elif some and (joined := _join(tokens, at, cues)):
            at += joined
            continue
        else:
            break
        some, at = True, at + 1
    if not some or (at > place + 1 and tokens[place].key in ARTICLES and tokens[place + 1].key in cues.ones):
        return None
    if cues.ones.get(tokens[at - 1].key) == HALF and at < len(tokens) and tokens[at].key in ARTICLES:
        at += 1
    if (
        tokens[place].kind == "han"
        and at - place > 1
        and tokens[at - 1].key in cues.ones
        and tokens[at - 2].key in cues.times
    ):
        before = cues.times[tokens[at - 2].key]
        if before >= 100:  # 两百五 is 250
            part = last * before / 10
    value = total + part
    if tokens[place].kind == "word" and _tens_then_ones(tokens[place:at], cues) is False:
        return None
    return _Number(value, at - place, worded=value <= SMALL or value == HALF, near=near)


def _tens_then_ones(tokens: Sequence[Token], cues: Cues) -> bool:
    """Return whether words make one number: `twenty five` does, `five six` does not."""
    values = [cues.ones[token.key] for token in tokens if token.key in cues.ones]
    follow = all(not (one < 20 and other < 20 and one > 1) for one, other in pairwise(values))
    return follow or any(token.key in cues.times for token in tokens)


def _join(tokens: Sequence[Token], at: int, cues: Cues) -> int:
    for words in cues.joins:
        after = at + len(words)
        if _is(tokens, at, words) and after < len(tokens):
            key = tokens[after].key
            before = tokens[at - 1].key
            if key in cues.ones and cues.ones[key] >= 1 and before in cues.times and key not in ARTICLES:
                return len(words)
    return 0


# Decades, and time that has passed


def _past_at(tokens: Sequence[Token], place: int, cues: Cues, today: date) -> tuple[int, Amount] | None:
    """Return the days of `the last two years`, `this year`, 近三年."""
    for words in (*cues.past, *cues.this):
        if not _is(tokens, place, words):
            continue
        at = place + len(words)
        number = _number_at(tokens, at, cues)
        after = at + (number.n if number else 0)
        for span, days in sorted(cues.spans.items(), key=lambda item: -len(item[0])):
            if _is(tokens, after, span):
                if words in cues.this and (number or days < YEAR):
                    continue
                many = number.value if number else 1
                first = (
                    today.toordinal() - int(days * many) if words in cues.past else date(today.year, 1, 1).toordinal()
                )
                return after + len(span) - place, Amount(max(first, 1), today.toordinal(), days=True, decade=True)
    return None


def _decade_at(tokens: Sequence[Token], at: int, number: _Number, cues: Cues, today: date) -> tuple[int, Amount] | None:
    value = number.value
    if value % 10 or not (value < 100 or YEARS[0] <= value <= YEARS[1]):
        return None
    glued = at < len(tokens) and (tokens[at].glued or tokens[at].kind == "han")
    for words in cues.decades:
        if glued and _is(tokens, at, words):
            return len(words), _decade(value, today)
    return None


def _decade(value: float, today: date) -> Amount:
    """Return the years of a decade: of two digits the latest that has begun."""
    start = value if value >= 100 else 1900 + value if 1900 + value + 100 > today.year else 2000 + value
    return Amount(start, start + 9, decade=True, year=True)


def _is(tokens: Sequence[Token], at: int, words: tuple[str, ...]) -> bool:
    return tuple(token.key for token in tokens[at : at + len(words)]) == words
