"""Words for what the code knows by a word or a number: demands, days, counts, rounds, and what could be said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from ....types import Settings


class Counted(Settings):
    """A number with its noun."""

    one: str
    """Of a single one."""
    more: str
    """Of any other number, nothing included."""

    def of(self, n: int) -> str:
        """Return the number with its noun: 1 event, 2 events."""
        return (self.one if n == 1 else self.more).format(n=f"{n:,}")


class Counts(Settings):
    """What is counted."""

    events: Counted
    """Things that somebody did."""
    earlier_events: Counted
    """Those that are not told one by one."""
    interests: Counted
    """Interests of a person."""
    items: Counted
    """The catalogue."""


class Days(Settings):
    """How a day is written."""

    day: str
    """A day of a month of a year."""
    months: tuple[str, ...]
    """The twelve months, January first."""

    def of(self, value: object) -> str:
        """Return a day from a date, a time or ISO text; '' of nothing."""
        if not value:
            return ""
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        assert isinstance(value, date)
        return self.day.format(day=value.day, month=self.months[value.month - 1], year=value.year)


class DemandWords(Settings):
    """A demand in few words."""

    must_be: str
    """Before what is wanted at any price."""
    must_not_be: str
    """Before what is ruled out."""
    rather: str
    """Before a leaning."""
    rather_not: str
    """Before a leaning away."""
    any_of: str
    """Between values of which any will do."""
    equals: str
    """A field that is a number."""
    under: str
    """Less than a number."""
    at_most: str
    """Not more."""
    over: str
    """More than a number."""
    at_least: str
    """Not less."""
    before: str
    """Earlier than a day or a year."""
    until: str
    """Not later."""
    after: str
    """Later."""
    since: str
    """Not earlier."""
    between: str
    """From one to the other."""
    around: str
    """The same of a number that was said loosely."""
    scopes: Mapping[str, str]
    """How long a demand holds."""
    holds: str
    """That it does."""
    ended: Mapping[str, str]
    """Why one holds no longer."""
    ended_in_round: str
    """The same with the round in which it ended."""


class RoundWords(Settings):
    """What was done in a round, as a clause."""

    quoted: str
    """A title, or a demand."""
    still_counts: str
    """The first round, where something holds from before."""
    acted: str
    """Something was done with an item."""
    removed: str
    """A demand was taken off."""
    rescoped: str
    """A demand now holds for longer, or less long."""
    undid: str
    """Before the words that were undone."""
    undid_edit: str
    """Something that was done by hand was undone."""
    said: str
    """Before the words that were said."""
    earlier: str
    """Over demands that are older than the session."""
    satisfied: str
    """Where somebody was content."""
    nothing: str
    """Where nothing of a command could be used, and what could be said instead."""


class ExampleWords(Settings):
    """Commands that are offered, as the parser of the language reads them."""

    under: str
    """A bound of the price."""
    only: str
    """A value that must be."""
    not_from: str
    """A brand that is not wanted."""
    more_like: str
    """More like what stands in the second place."""
    after: str
    """Later than a year."""
    kind: str
    """A kind of thing."""
    not_like: str
    """Nothing like what stands in one place."""
    ordinals: tuple[str, ...]
    """The first places."""
    nth: str
    """A place beyond those."""
    endings: tuple[str, ...]
    """What such a number ends in: any, and those whose last digit is 1, 2 or 3."""

    def refusing(self, rank: int) -> str:
        """Return the command that turns away what stands in a place."""
        if rank <= len(self.ordinals):
            return self.not_like.format(ordinal=self.ordinals[rank - 1])
        last = 0 if rank // 10 % 10 == 1 else rank % 10
        ending = self.endings[last if last < len(self.endings) else 0]
        return self.not_like.format(ordinal=self.nth.format(n=rank, ending=ending))


def plainly(name: str) -> str:
    """Return a name of the data with blanks: `frame_material` → `frame material`."""
    return name.replace("_", " ").replace(".", " ")


def joined(texts: Sequence[str], comma: str) -> str:
    """Return names of the code as a list."""
    return comma.join(map(plainly, texts))
