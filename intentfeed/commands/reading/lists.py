"""How far does a refusal reach? Over a list of things of one kind, up to what a word of its own asks for. [ours]

no suede, leather or mesh               refuses all three
no suede, either leather or mesh        asks for one of two
no suede, leather please                asks for leather
no boots, Acme or Zeta                  two brands are no boots: asks for one of them
"""

from __future__ import annotations

from .mark import Mark
from .quantities import Quantities
from .said import Said

ONE_CLAUSE = 6
"""Marks after which a sense no longer reaches over a comma."""
LIST_SIGNS = ("、", "/")
"""Signs that part things, never clauses."""
THINGS = ("value", "words", "name")
"""Kinds of marks that name things."""


class Lists(Quantities):
    """Tells a list that goes on from another wish that begins."""

    def _continues(self, at: int) -> bool:
        """Return whether a list goes on after the comma at a place: `no suede, leather or mesh`, `no navy, black`."""
        last = next((said for said in reversed(self.out.said) if said.mark.kind != "name"), None)
        after = self._mark(at + 1)
        if last is None or after is None or last.clause != self.clause or after.does("choice"):
            return False
        if self._is_named_behind(at + 1) or self._is_wanted_behind(at + 1):
            return False
        if after.kind == "cue" and after.does("either") and self.sense == "unwanted":
            return True
        if after.kind not in ("value", "words") or (not self._parts_list(at) and self._begins_wish(at + 1)):
            return False
        if after.kind == "value" and not _fields(after).isdisjoint(self._fields_said()):
            return True
        if after.kind == "value" and self.sense == "unwanted" and (last.entries or last.amount is not None):
            return False  # of another kind than what is refused
        return self._leads_to_last(at + 1)

    def _leads_to_last(self, at: int) -> bool:
        """Return whether things follow whose last one an "or" joins, or an "and" behind which the clause ends."""
        ahead = self.marks[at : at + ONE_CLAUSE]
        end = next((place for place, mark in enumerate(ahead) if mark.kind in ("break", "cue")), len(ahead))
        if end == len(ahead) or not ahead[end].does("either", "both"):
            return False
        last = next((mark for mark in ahead[end + 1 :] if mark.kind not in THINGS), None)
        ends = last is None or last.kind in ("break", "pause") or last.does("please", "always", "session", "season")
        return ahead[end].does("either") or (self.sense == "unwanted" and ends)

    def _parts_list(self, at: int) -> bool:
        """Return whether a sign parts the things of a list and nothing else."""
        return self.marks[at].said in LIST_SIGNS

    def _begins_wish(self, at: int) -> bool:
        """Return whether one thing was refused, and one other that a "please" asks for is all that follows."""
        return self.sense == "unwanted" and len(self._refused()) == 1 and self._pleads(at)

    def _ends_refusal(self, at: int) -> bool:
        """Return whether the "and" at a place begins a wish of its own: `no boots and Acme please`.

        Two things of one kind are refused together: `no boots and sandals please`, but `not boots and sandals please`.
        """
        refused, after = self._refused(), self._mark(at + 1)
        if self.sense != "unwanted" or not refused or after is None or after.kind not in THINGS:
            return False
        if refused[-1].amount is not None or self._is_labelled(at + 1) or self._is_named_behind(at + 1):
            return True
        before = self._mark(at - 1)
        if before is not None and before.kind == "name" and self._pleads(at + 1):
            return True  # "no classic as the style and technical please"
        if not self._begins_wish(at + 1):
            return False
        if any(mark.does("please") and not mark.does("polite") for mark in self.marks[at + 1 : at + 3]):
            return True  # "skip wool and linen would be nice"
        other = bool(after.entries) and _fields(after).isdisjoint(self._fields_said())
        return other or self._refuses_one()

    def _ends_limit(self, at: int) -> bool:
        """Return whether the "and" at a place begins a wish behind a limit: `I can spend 30 and Acme please`."""
        here = self._in_clause()
        return self.telling and bool(here) and bool(here[-1].bound) and self._pleads(at + 1)

    def _ends_talk(self, at: int) -> bool:
        """Return whether the "and" at a place begins a wish behind talk: `I'd be over the moon and Acme please`."""
        return self.telling and self._pleads(at + 1)

    def _opens_choice(self, at: int) -> bool:
        """Return whether an "either" begins a wish of its own, and is none of a refusal: `I don't want either`."""
        after = self._mark(at + 1)
        return after is not None and after.kind in THINGS and (self.sense != "unwanted" or not self._is_directly())

    def _sets_against(self, at: int) -> bool:
        """Return whether a word sets a thing before another of its kind: `wool over cotton`."""
        before, after = self._mark(at - 1), self._mark(at + 1)
        if before is None or after is None or self.sense != "wanted":
            return False
        return before.kind == after.kind == "value" and not _fields(before).isdisjoint(_fields(after))

    def _pleads(self, at: int) -> bool:
        """Return whether nothing but one thing stands between a place and a "please"."""
        for mark in self.marks[at:]:
            if mark.does("please"):
                return True
            if mark.kind not in THINGS and not mark.does("ask", "one", "ones"):
                return False
        return False

    def _is_labelled(self, at: int) -> bool:
        """Return whether the name of a field and its value stand at a place: `colour: red`."""
        marks = [self._mark(at + more) for more in range(3)]
        return [mark.kind for mark in marks if mark is not None] == ["name", "pause", "value"]

    def _is_named_behind(self, at: int) -> bool:
        """Return whether a value stands at a place and the name of its field behind it: `red (colour)`."""
        value = self._mark(at)
        return value is not None and value.kind == "value" and bool(self._named_behind(at))

    def _is_wanted_behind(self, at: int) -> bool:
        """Return whether what stands at a place is what the words behind it want: `Acme is the make I'm after`."""
        if not self.marks[at].subject:
            return False
        ahead = self.marks[at + 1 : at + ONE_CLAUSE]
        end = next((place for place, mark in enumerate(ahead) if mark.kind in ("break", "pause")), len(ahead))
        return any(mark.does("affirm", "please") for mark in ahead[:end])

    def _refuses_one(self) -> bool:
        return any(mark.start == self.since and mark.does("narrow") for mark in self.marks)

    def _refused(self) -> list[Said]:
        """Return what the word that set the sense has turned so far."""
        said_so = [said for said in self.out.said if said.since == self.since and said.clause == self.clause]
        return [said for said in said_so if said.mark.kind != "name"]

    def _fields_said(self) -> set[str]:
        last = [said for said in self.out.said if said.mark.kind != "name"][-1:]
        return {name for said in (*self._refused(), *last) for name in _meant(said)}


def _meant(said: Said) -> set[str]:
    """Return the fields that it may be of: the one named beside it, where it is of that."""
    held = {entry.field for entry in said.entries}
    return held & {said.name} or held


def _fields(mark: Mark) -> set[str]:
    return {entry.field for entry in mark.entries}
