"""Amounts in a command: digits and words, money, units, decades, one or both ends of a range. [ours]"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from ..units import unit as named_unit
from .cues import Cues
from .tokens import Token

MOST: Final = 1e12
"""A number beyond it is a joke, and is not read."""
YEAR: Final = 365
SMALL: Final = 10
"""A number word up to this one is an amount only with a unit, money or a bound: `one` is seldom a number."""
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
    days: bool = False
    """Both ends are days, counted as dates are."""
    bare: bool = False
    """Without unit or money, and before a word that it seems to count: `3 people`."""
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
    found = Amount(number.value, number.value, money=bool(sign), worded=number.worded, near=number.near)
    at, found = _with_unit(tokens, at, found, cues)
    if number.value > MOST:
        return None
    return at - place, replace(found, bare=_counts(tokens, at, found, cues))


def _counts(tokens: Sequence[Token], at: int, found: Amount, cues: Cues) -> bool:
    """Return whether a number counts the word after it."""
    if found.unit or found.money or found.year or at >= len(tokens):
        return False
    keys = [token.key for token in tokens[at : at + 6]]
    return tokens[at].kind == "word" and cues.at(keys, 0) is None


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
    if at < len(tokens) and tokens[at].key == "个" and at + 1 < len(tokens) and cues.ones.get(tokens[at + 1].key) == 0.5:
        half, after = 0.5, at + 2
    for n in (4, 3, 2, 1):
        if after + n > len(tokens):
            continue
        pieces = [token.key for token in tokens[after : after + n]]
        spaceless = all(token.kind == "han" for token in tokens[after : after + n])
        written = ("" if spaceless else " ").join(pieces)
        if written in cues.signs or " ".join(pieces) in cues.signs:
            return after + n, replace(found, money=True)
        if (unit := named_unit(written)) is not None and _is_unit(tokens, after, written, found, cues):
            value = found.low + half
            more = _and_half(tokens, after + n, cues)
            value += 0.5 if more else 0
            return after + n + more, replace(found, low=value, high=value, unit=unit.name, worded=False)
    looks = found.low.is_integer() and YEARS[0] <= found.low <= YEARS[1] and not found.money and not found.worded
    if looks:
        return at + (1 if at < len(tokens) and tokens[at].key == "年" else 0), replace(found, year=True)
    return at, found


def _is_unit(tokens: Sequence[Token], at: int, written: str, found: Amount, cues: Cues) -> bool:
    """Return whether a word that may be a unit is one here: `30 in`, but not `one in blue`."""
    if tokens[at].kind == "han" or len(written) > 1 and (written,) not in cues.stop:
        return True
    last = at + 1 >= len(tokens) or tokens[at + 1].kind != "word"
    return not found.worded and (tokens[at].glued or last or len(written) == 1)


def _and_half(tokens: Sequence[Token], at: int, cues: Cues) -> int:
    for words in cues.joins:
        if _is(tokens, at, words) and at + len(words) < len(tokens):
            if cues.ones.get(tokens[at + len(words)].key) == 0.5:
                return len(words) + 1
    return 1 if at < len(tokens) and tokens[at].kind == "han" and cues.ones.get(tokens[at].key) == 0.5 else 0


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
    return _worded(tokens, place, cues)


def _times(tokens: Sequence[Token], at: int, cues: Cues, *, glued: bool) -> float:
    """Return the factor that a token is after digits; a single letter must touch them."""
    token = tokens[at]
    if token.kind == "word" and len(token.key) == 1 and not (glued and token.glued):
        return 0.0
    if token.key == "m":
        return 0.0
    value = cues.times.get(token.key, 0.0)
    return value if value > 1 else 0.0


def _worded(tokens: Sequence[Token], place: int, cues: Cues) -> _Number | None:
    """Return a number in words: ones add up, times multiply what was said since the last larger one."""
    total = part = 0.0
    at, some, near = place, False, False
    last = 0.0
    while at < len(tokens):
        key = tokens[at].key
        if key in cues.ones and not (some and tokens[at].kind == "word" and key in ("a", "an")):
            part += cues.ones[key]
            last = cues.ones[key]
        elif key in cues.times and (some or cues.times[key] > 1):
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
    if not some or (at == place + 1 and tokens[place].key in ("a", "an")):
        return None
    if tokens[place].kind == "han" and at - place > 1 and last in range(1, 10) and tokens[at - 2].key in cues.times:
        before = cues.times[tokens[at - 2].key]
        if before >= 100:  # 两百五 is 250
            part = last * before / 10
    value = total + part
    if tokens[place].kind == "word" and _tens_then_ones(tokens[place:at], cues) is False:
        return None
    return _Number(value, at - place, worded=value <= SMALL or value == 0.5, near=near)


def _tens_then_ones(tokens: Sequence[Token], cues: Cues) -> bool:
    """Return whether words make one number: `twenty five` does, `five six` does not."""
    values = [cues.ones[token.key] for token in tokens if token.key in cues.ones]
    return all(not (one < 20 and other < 20 and one > 1) for one, other in zip(values, values[1:], strict=False)) or any(
        token.key in cues.times for token in tokens
    )


def _join(tokens: Sequence[Token], at: int, cues: Cues) -> int:
    for words in cues.joins:
        after = at + len(words)
        if _is(tokens, at, words) and after < len(tokens):
            key = tokens[after].key
            before = tokens[at - 1].key
            if key in cues.ones and cues.ones[key] >= 1 and before in cues.times and key not in ("a", "an"):
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
                first = today.toordinal() - int(days * many) if words in cues.past else date(today.year, 1, 1).toordinal()
                return after + len(span) - place, Amount(max(first, 1), today.toordinal(), days=True, decade=True)
    return None


def _decade_at(
    tokens: Sequence[Token], at: int, number: _Number, cues: Cues, today: date
) -> tuple[int, Amount] | None:
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
