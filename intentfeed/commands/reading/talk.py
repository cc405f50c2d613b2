"""Which clauses of a command are small talk? Those that tell what happened, and ask for nothing. [ours]

    Missed the tram, soaked to the bone. Anything but musicals.     the first sentence asks for nothing

A clause is talk where its form is that of a story (a verb of daily life in the past, a form such as `waiting for the`,
a place or a time of somebody's day), and no word in it wants, refuses or compares. A clause that has neither inherits
from the clause it is joined to; behind a comma only where another sentence says what is wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from .cues import Cues, Phrase
from .mark import Mark
from .tokens import BREAKS, PAUSES, Token

WISHES: Final = (
    "negate", "negate_always", "complain", "affirm", "ask", "alike", "instead_of", "forget", "too", "not_so", "flaw",
    "turned_down", "please", "fine_again", "lapse", "reset", "undo", "revise", "always", "request", "choice", "fond",
    "satisfied", "question", "except_for", "only", "again", "topic", "topic_after", "equal", "ideal", "held",
)  # fmt: skip
"""What no clause of talk has, but for words that are `weak` in it."""
COMPARES: Final = ("higher", "lower")
BEYOND: Final = (
    "negate", "complain", "affirm", "ask", "only", "occasion", "degree", "either", "idle", "session", "season", "topic",
    "near",
)  # fmt: skip
"""What no sentence has that is talk by its other words alone."""
FEWEST_TOLD: Final = 4
"""Words of a sentence that may be prose."""
OPENS: Final = 2
"""Words of a sentence of which none is a value in prose: `lamps and rugs I can keep alive`."""
PROSE: Final = 3
"""Words of it to each one of the catalogue's values."""


@dataclass(slots=True)
class _Clause:
    first: int
    last: int
    sentence: int
    joined: bool
    """Joined to the one before by a word such as "and"."""
    wish: bool = False
    talk: bool = False


def talk_tokens(tokens: Sequence[Token], marks: Sequence[Mark], cues: Cues) -> frozenset[int]:
    """Return the places of the tokens that only tell a story."""
    keys = [token.key for token in tokens]
    clauses = _clauses(keys, marks, cues)
    for one in clauses:
        one.wish = _is_wish(one, keys, marks, cues)
        one.talk = not one.wish and _is_story(one, tokens, keys, marks, cues)
    wishes = {one.sentence for one in clauses if one.wish}
    pairs = list(pairwise(clauses))
    for one, beside, joined in [(b, a, b.joined) for a, b in pairs] + [(a, b, False) for a, b in reversed(pairs)]:
        elsewhere = bool(wishes - {one.sentence})
        if one.sentence == beside.sentence and beside.talk and (joined or elsewhere) and not _turns(one, marks):
            one.talk = not one.wish
    for number in {clauses[0].sentence, clauses[-1].sentence} if wishes else ():
        sentence = [one for one in clauses if one.sentence == number]
        if number not in wishes and not any(one.talk for one in sentence) and _is_prose(sentence, tokens, marks):
            for one in sentence:
                one.talk = True
    return frozenset(at for one in clauses if one.talk for at in range(one.first, one.last))


def _clauses(keys: Sequence[str], marks: Sequence[Mark], cues: Cues) -> list[_Clause]:
    held = {at for mark in marks if mark.last - mark.first > 1 for at in range(mark.first, mark.last)}
    found: list[_Clause] = []
    first, sentence, joined = 0, 0, False
    for at in range(len(keys) + 1):
        key = keys[at] if at < len(keys) else "."
        joins = (key,) in cues.talk.joins and at not in held
        if not (key in BREAKS or key in PAUSES or joins):
            continue
        if at > first:
            found.append(_Clause(first, at, sentence, joined))
        joined = joins and (at > first or joined)
        first = at + 1
        sentence += key in BREAKS
    return found


def _is_wish(one: _Clause, keys: Sequence[str], marks: Sequence[Mark], cues: Cues) -> bool:
    """Return whether a word of a clause wants, refuses, compares or limits."""
    inside = [mark for mark in marks if one.first <= mark.first < one.last]
    for before, mark in zip([None, *inside], inside, strict=False):
        pointed = mark.place is not None and (mark.pointed or mark.place.all)
        if pointed or mark.aged:
            return True
        bounded = before is not None and before.does("below", "above", "near") and not _is_weak(before, keys, cues)
        counted = mark.amount is not None and not (mark.amount.worded or mark.amount.unit)
        if mark.amount is not None and (mark.amount.money or bounded or counted):
            return True
        if mark.does("degree") and before is not None and before.does("too", "so", "not_so", "even"):
            return True
        if mark.kind in ("value", "amount") and before is not None and before.kind == "name":
            return True
        compares = mark.cue is not None and mark.cue.direction in COMPARES
        if (mark.does(*WISHES) or compares) and not _is_weak(mark, keys, cues):
            return True
    return False


def _is_prose(sentence: Sequence[_Clause], tokens: Sequence[Token], marks: Sequence[Mark]) -> bool:
    """Return whether a sentence holds a value or two by chance: most of its words are none of the catalogue's."""
    first, last = sentence[0].first, sentence[-1].last
    inside = [mark for mark in marks if first <= mark.first < last]
    if any(mark.kind in ("place", "name", "amount") or mark.does(*BEYOND) for mark in inside):
        return False
    if any(mark.kind == "value" and mark.first - first < OPENS for mark in inside):
        return False
    words = [at for at in range(first, last) if tokens[at].kind in ("word", "number")]
    named = sum(mark.last - mark.first for mark in inside if mark.kind == "value")
    return len(words) >= FEWEST_TOLD and len(words) >= PROSE * named


def _turns(one: _Clause, marks: Sequence[Mark]) -> bool:
    """Return whether a clause has a word that may want or refuse, be it as weak as a "no"."""
    return any(mark.does("negate", "complain") for mark in marks if one.first <= mark.first < one.last)


def _is_weak(mark: Mark, keys: Sequence[str], cues: Cues) -> bool:
    """Return whether a word that may want or refuse is as good as any other in a story: `with`, `to find`."""
    if tuple(keys[mark.first : mark.last]) in cues.talk.weak:
        return True
    behind = mark.first > 0 and (keys[mark.first - 1],) in cues.talk.infinitive
    return behind and mark.last - mark.first == 1


def _is_story(one: _Clause, tokens: Sequence[Token], keys: Sequence[str], marks: Sequence[Mark], cues: Cues) -> bool:
    """Return whether a clause has the form of a story."""
    words = cues.talk
    held = {at for mark in marks if mark.kind == "value" for at in range(mark.first, mark.last)}
    named = one.first
    while named < one.last and (keys[named],) in words.few:
        named += 1
    if named in held:  # "a lamp on my desk": what it is about comes first
        return False
    for at in range(one.first, one.last):
        if at in held:
            continue
        if _begins(words.tells, keys, at, one.last):
            return True
        owned = at + 1 < one.last and (keys[at + 1],) in words.owners and held.isdisjoint(range(one.first, at))
        if owned and at > one.first and (keys[at],) in words.places:
            return True
        if owned and keys[at].endswith(words.past):
            return True
    first = one.first
    while first < one.last and (keys[first],) in words.openers:
        first += 1
    if first + 1 < one.last and tokens[first].kind == "word" and keys[first].endswith(words.going):
        after = (keys[first + 1],)
        silent = first in held or (keys[first],) in cues.stop
        return not silent and (after in words.places or after in words.owners or after in words.leads)
    return False


def _begins(phrases: frozenset[Phrase], keys: Sequence[str], at: int, last: int) -> bool:
    return any(tuple(keys[at : at + n]) in phrases for n in range(1, min(LONGEST_TOLD, last - at) + 1))


LONGEST_TOLD: Final = 5
"""Tokens of a word that tells."""
