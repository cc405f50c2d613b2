"""What reads a command: words and the slate in front of which they were typed → what changes (RecBot, 3.1).

Whatever reads, the same guards hold for what it says: every demand quotes words that were said (RecBot, 3.3).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

from .records import Command, Delta, Demand

LONGEST: Final = 1_000
"""Characters of a command that are read, unless a parser's config says otherwise."""


class Parser(Protocol):
    """Reads one command; it never raises for what somebody typed."""

    def parse(self, command: Command) -> Delta:
        """Return what the command changes; the memory applies it."""
        ...


def cut(text: str, longest: int = LONGEST) -> tuple[str, tuple[str, ...]]:
    """Return the part of a text that is read, ending between words, and a note on the rest where there is one.

    >>> cut("nothing floral please", 16)
    ('nothing floral', ('only the first 16 characters were read: the command has 21',))
    """
    if len(text) <= longest:
        return text, ()
    kept = text[:longest]
    if not text[longest].isspace() and (blank := max(kept.rfind(" "), kept.rfind("\n"))) > longest // 2:
        kept = kept[:blank]
    note = f"only the first {longest:,} characters were read: the command has {len(text):,}"
    return kept.rstrip(), (note,)


def is_quoted(quote: str, text: str) -> bool:
    """Return whether a quote is evidence: some words of the text, without regard to case (RecBot, 3.3).

    >>> is_quoted("No Floral", "please no floral"), is_quoted("", "please"), is_quoted("red", "please")
    (True, False, False)
    """
    plain = quote.strip().casefold()
    return bool(plain) and plain in text.casefold()


def quoted(demands: Iterable[Demand], text: str) -> tuple[tuple[Demand, ...], tuple[str, ...]]:
    """Return the demands whose quote stands in the text, and a note on each that was dropped."""
    kept, dropped = [], []
    for demand in demands:
        if is_quoted(demand.quote, text):
            kept.append(demand)
        else:
            dropped.append(f"a demand whose quote is not in the command: {demand.quote[:80]!r}")
    return tuple(kept), tuple(dropped)
