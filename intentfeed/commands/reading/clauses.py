"""Marks in a row → things said, each with its sense: wanted or not, taken back, for how long, why. [ours]

One pass from left to right. A cue sets the sense of what follows; it reaches to the end of the sentence, a comma that
begins something else, a "but", or words that want something. A few cues turn what stands before them.
"""

from __future__ import annotations

from collections.abc import Sequence

from .mark import Mark
from .said import Reading
from .turns import LEADS, Turns


def read(marks: Sequence[Mark]) -> Reading:
    """Return what a row of marks says."""
    return _Reader(marks).read()


class _Reader(Turns):
    """The state of one pass."""

    def read(self) -> Reading:
        at = 0
        while at < len(self.marks):
            mark = self.marks[at]
            if mark.kind in ("break", "pause"):
                self._pause(at)
            elif mark.talk:
                self._pass_over(mark)
            elif self.silent and not (mark.does(*LEADS) or (self.trailing and mark.does("both"))):
                pass
            elif mark.kind == "cue":
                at = self._cue(at)
            elif mark.kind == "amount":
                at = self._amount(at)
            elif mark.kind == "name":
                self._name(at)
            elif mark.kind == "words" and self._is_place(at - 1) and mark.first == self.marks[at - 1].last:
                pass  # the noun of "that first tent"
            else:
                self.telling = self.telling or self._states(at)
                after = self._mark(at + 1)
                one = mark.kind == "value" and mark.pointed and after is not None and after.does("one")
                self._say(mark, item=one)
            at += 1
        return self.out

    def _pass_over(self, mark: Mark) -> None:
        """Say what stands in small talk as told: nothing is asked for there."""
        if mark.kind in ("value", "words"):
            self._say(mark, told=True, governed=False, negative=False, retracted=False, occasion=False, cued=False)
        self.led, self.begun = -1, mark.last

    def _name(self, at: int) -> None:
        """Say the field itself where nothing of it follows: `forget the budget`, `any colour`."""
        after = self._mark(at + 1)
        named = (after is not None and after.kind in ("value", "amount")) or self._leads_to_amount(at + 1)
        if not named:
            self._say(self.marks[at], name=self.marks[at].name)

    # Where a sense ends

    def _pause(self, at: int) -> None:
        ends = self.marks[at].kind == "break"
        keeps = not ends and self.sense != "wanted" and self._continues(at)
        if ends:
            self.scope = "session"
        if not keeps:
            self._sense("wanted", -1)
            self.clause += 1
            self.led = -1
        self.begun = self.marks[at].last
        self.occasion = self.silent = self.trailing = self.asked = self.telling = False
        self.praising = None

    # Cues

    def _cue(self, at: int) -> int:
        """Take up a cue and return the place of the last mark that it used."""
        mark = self.marks[at]
        cue = mark.cue
        assert cue is not None
        if self._bounds_amount(at) or (mark.does("near") and self._leads_to_amount(at + 1)):
            return self._bounded(at)
        if used := self._bounds_place(at) or self._set_beside(at):
            return used
        if mark.does("too", "so", "not_so", "even", "somewhat", "complain", "negate") and (used := self._graded(at)):
            return used
        if mark.does("degree") and self._compares(mark):
            return self._grade(at, at)
        self._turn(at, mark)
        return at

    def _is_place(self, at: int) -> bool:
        mark = self._mark(at)
        return mark is not None and mark.place is not None and not mark.place.all
