"""One stretch of a command, and what stretches side by side come to. [ours]"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from .cues import Cue
from .indexing import Entry
from .numbers import Amount
from .references import Place

MarkKind = Literal["cue", "value", "amount", "place", "name", "words", "pause", "break"]
COPULA = 6
"""Tokens between the name of a field and its value: `must not be`."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One stretch of a command."""

    kind: MarkKind
    start: int
    end: int
    """Characters of the text."""
    said: str = ""
    """Its tokens, as cues have them."""
    cue: Cue | None = None
    entries: tuple[Entry, ...] = ()
    amount: Amount | None = None
    place: Place | None = None
    name: str = ""
    """Of a field or a role."""
    known: bool = False
    """Free words that the catalogue has."""
    pointed: bool = False
    """Stands behind a word such as `the`."""
    subject: bool = False
    """Stands before a word such as `is`."""
    talk: bool = False
    """Stands in a clause that only tells a story."""
    aged: bool = False
    """Stands before such a word and a number: `my daughter is six`."""
    singular: bool = False
    """Of a cue: speaks of one thing, as `is not for me` does."""
    first: int = 0
    last: int = 0
    """Tokens that it takes: from the first up to, not including, the last."""
    total: int = 0
    """Tokens of the command."""

    def does(self, *kinds: str) -> bool:
        """Return whether it is a cue that may do one of these things."""
        return self.cue is not None and not self.cue.kinds.isdisjoint(kinds)


def joined(marks: Sequence[Mark], text: str) -> list[Mark]:
    """Return the marks with free words that stand side by side as one."""
    found: list[Mark] = []
    for mark in marks:
        last = found[-1] if found else None
        free = mark.kind == "words" and last is not None and mark.first == last.last and mark.talk == last.talk
        if last is not None and free and (last.kind == "words" or _is_modifier(last)):
            said = text[last.start : mark.end]
            known = last.known or mark.known or last.kind == "value"
            found[-1] = replace(last, kind="words", entries=(), end=mark.end, last=mark.last, said=said, known=known)
        elif last is not None and last.kind == "words" and mark.first == last.last and _is_half(mark):
            found[-1] = replace(last, end=mark.end, last=mark.last, said=text[last.start : mark.end], known=True)
        else:
            found.append(mark)
    return found


def leading(found: Sequence[Mark], at: int) -> Mark | None:
    """Return the mark that tells how to read on: the last one, or a name of which a `:` or a `should be` follows.

    It tells as well how to read what an "or" joins to the value behind it.
    """
    if not found:
        return None
    last, before = found[-1], found[-2] if len(found) > 1 else None
    joins = last.kind == "pause" or last.does("affirm", "negate", "except_for", "contrast", "choice", "ask")
    if joins and before is not None and before.does("tell") and len(found) > 2:  # 颜色方面我喜欢红色
        found, before = [*found[:-2], last], found[-3]
    named = joins and before is not None and before.kind == "name" and last.last == at
    if before is not None and named and at - before.last <= COPULA and not looks_back(found, len(found) - 2):
        return before
    if before is not None and before.kind == "value" and last.does("either") and last.last == at:
        name = leading(found[:-2], before.first)  # "the rating should be PG-13 or G"
        return name if name is not None and name.kind == "name" else last
    return last


def looks_back(marks: Sequence[Mark], at: int) -> bool:
    """Return whether the name of a field at a place is that of the value before it: `no classic as the style`."""
    joins, value = (marks[at - 1], marks[at - 2]) if at > 1 else (None, None)
    return joins is not None and value is not None and joins.does("than", "occasion") and value.kind == "value"


def _is_half(mark: Mark) -> bool:
    """Return whether a mark is but a word of some values, in a script with blanks: `sheets` of `dust sheets`."""
    return (
        mark.kind == "value" and mark.said.isascii() and all(entry.match in ("part", "root") for entry in mark.entries)
    )


def _is_modifier(mark: Mark) -> bool:
    """Return whether a category of one word says what the noun behind it is for: `laptop bags`."""
    one_word = mark.kind == "value" and mark.last - mark.first == 1
    return one_word and all(entry.field == "category" for entry in mark.entries) and mark.said.isascii()
