"""What the clauses of a command come to: things said, each with its sense. [ours]"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..records import Scope
from .cues import Cue
from .indexing import Entry
from .mark import Mark
from .numbers import Amount
from .references import Place


@dataclass(slots=True)
class Said:
    """One thing that a command speaks of."""

    mark: Mark
    negative: bool = False
    retracted: bool = False
    again: bool = False
    """There once more: welcome back where it was turned down, else one time too many."""
    occasion: bool = False
    """Told as a reason, not asked for."""
    scope: Scope = "session"
    since: int = -1
    """Where the cue begins that turned it; -1 for none."""
    clause: int = 0
    name: str = ""
    """The field or role named beside it."""
    bound: str = ""
    """Of an amount: `below`, `above`, `between`, or ''."""
    strict: bool = False
    timed: bool = False
    """Of an amount: its bound speaks of time."""
    near: bool = False
    grade: Cue | None = None
    """Of a comparison: the role and which way, as asked for in the end."""
    less: bool = False
    words: str = ""
    """Of a comparison: as it was said."""
    plain: bool = False
    """A grade without comparison, such as `cheap`."""
    compared: bool = False
    """A place that something is compared with."""
    than: bool = False
    """That the comparison said right before it names: `newer than the first`."""
    item: bool = False
    """A value that names an item of the slate: `the Zerard one`."""
    either: bool = False
    """Joined to the one before by "or"."""
    governed: bool = False
    """Stands right behind a word that wants or refuses."""
    told: bool = False
    """Stands where somebody tells of himself."""
    fragment: bool = False
    """Stands at the beginning of its clause."""
    compound: bool = False
    """A value and a noun, refused together."""
    pleased: bool = False
    """Praise stands behind it in its clause: `the lamps are great`."""
    praised: bool = False
    """Praise stands before it: `nice lamps`."""
    pointed: bool = False
    """That praise points at what is on the screen: `love these lamps`, `thanks for the lamps`."""
    segment: int = 0
    """Of its clause, between words such as "and"."""
    part: bool = False
    """Named as a part of something: `with a hood`."""
    cued: bool = False
    """A number or a word that asks follows next: `my son is 7`, `my niece loves`."""
    alone: bool = False
    """Nothing but values and the end of the clause follows."""

    @property
    def amount(self) -> Amount | None:
        """Its amount."""
        return self.mark.amount

    @property
    def place(self) -> Place | None:
        """Its place on the slate."""
        return self.mark.place

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What it may mean in the catalogue."""
        return self.mark.entries


@dataclass(slots=True)
class Reading:
    """All that a command says."""

    said: list[Said] = field(default_factory=list)
    reset: bool = False
    satisfied: bool = False
    revises: bool = False
    tightens: bool = False
    last_said: bool = False
    """Takes back what was said last."""
    widens: bool = False
    """Adds to what holds: `also red`."""
    passed_over: list[tuple[int, int]] = field(default_factory=list)
    """Characters that say what would be best beside a limit that holds."""
    asks: bool = False
    """Has words that ask for something."""
    alike: bool = False
    """Asks for more of a kind: `more like that`."""
