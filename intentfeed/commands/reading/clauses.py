"""Marks in a row → things said, each with its sense: wanted or not, taken back, for how long, why. [ours]

One pass from left to right. A cue sets the sense of what follows; it reaches to the end of the sentence, a comma that
begins something else, a "but", or words that want something. A few cues turn what stands before them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..records import Scope
from .lists import Lists
from .mark import Mark
from .row import Sense
from .said import Reading, Said

LEADS = (
    "negate", "negate_always", "complain", "affirm", "only", "ask", "alike", "instead_of", "except_for", "forget",
    "too", "not_so", "contrast",
)  # fmt: skip
"""What gives free words behind it a sense."""


def read(marks: Sequence[Mark]) -> Reading:
    """Return what a row of marks says."""
    return _Reader(marks).read()


class _Reader(Lists):
    """The state of one pass."""

    def read(self) -> Reading:
        at = 0
        while at < len(self.marks):
            mark = self.marks[at]
            if mark.kind in ("break", "pause"):
                self._pause(at)
            elif self.silent and not mark.does(*LEADS):
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
                after = self._mark(at + 1)
                one = mark.kind == "value" and mark.pointed and after is not None and after.does("one")
                self._say(mark, item=one)
            at += 1
        return self.out

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
        self.occasion = self.silent = self.asked = self.telling = False

    def _begin(self, mark: Mark) -> None:
        """Begin a wish of its own behind a word that opens one."""
        self._sense("wanted", -1)
        self.clause += 1
        self.led, self.telling, self.silent, self.out.asks = mark.last, False, False, True

    def _sense(self, sense: Sense, since: int) -> None:
        self.sense, self.since = sense, since

    # Cues

    def _cue(self, at: int) -> int:
        """Take up a cue and return the place of the last mark that it used."""
        mark = self.marks[at]
        cue = mark.cue
        assert cue is not None
        if self._bounds_amount(at) or (mark.does("near") and self._leads_to_amount(at + 1)):
            return self._bounded(at)
        if mark.does("too", "so", "not_so", "even", "somewhat", "complain", "negate") and (used := self._graded(at)):
            return used
        if mark.does("degree") and self._compares(mark):
            return self._grade(at, at)
        self._turn(at, mark)
        return at

    def _turn(self, at: int, mark: Mark) -> None:
        """Take up a cue that is about neither an amount nor a grade."""
        out = self.out
        here = self._in_clause()
        if mark.does(*LEADS) and not (self.telling and mark.does("too", "alike")):
            self.led, self.telling, self.silent = mark.last, False, False
        if mark.does("please"):
            out.asks = True
            for said in here:
                said.governed = said.governed or not said.told
        elif self._is_bare(mark, here) and self._is_last(at) and self._turns_back(at, here):
            out.asks = True
        elif mark.does("so") and self.telling:
            self.telling, self.begun = False, mark.last
        elif mark.does("tell"):
            self._sense("wanted", -1)
            self.telling, self.led = True, -1
        elif mark.does("widen") and not mark.does("both"):
            out.widens = True
        elif mark.does("reset"):
            out.reset = True
        elif mark.does("flaw"):
            self._say(replace(mark, kind="words", cue=None), negative=True, retracted=False)
            out.asks = True
        elif mark.does("small_talk"):
            self.silent = True
        elif mark.does("always", "season", "session"):
            self._last(mark, at)
        elif mark.does("undo"):
            out.last_said = True
        elif mark.does("lapse") and here:
            for said in here:
                said.again = said.again or said.negative
        elif mark.does("again") and here and self.sense == "wanted" and not self.asked:
            for said in here:
                said.again = True
        elif mark.does("fine_again") and here and self.sense == "wanted":
            for said in here:
                said.retracted, said.negative = True, False
        elif mark.does("turned_down") and here:
            for said in _last_ones(here):
                said.negative = said.negative or not said.told
                said.governed = said.alone = said.negative
            out.asks = True
        elif mark.does("satisfied") and not mark.does("affirm"):
            out.satisfied = True
            for said in here:
                said.pleased = True
        elif mark.does("forget") and (mark.does("negate") is False or self._mark(at + 1) is not None):
            self._forget(at, mark)
        elif mark.does("instead_of"):
            self._sense("unwanted", mark.start)
            out.revises = True
        elif mark.does("revise") and not mark.does("affirm"):
            out.revises = True
            if self.sense == "unwanted":
                self._sense("wanted", -1)
        elif mark.does("negate_always"):
            self._sense("unwanted", mark.start)
            self.scope, out.asks = "always", True
        elif mark.does("too", "not_so") and not mark.does("negate") and not self.telling:
            after = self._mark(at + 1)
            if after is not None and after.kind in ("words", "value"):
                self._sense("unwanted", mark.start)
                self._compare_places(here)
        elif mark.does("negate", "complain"):
            self._sense("unwanted", mark.start)
            self.occasion, out.asks = False, True
        elif mark.does("except_for"):
            self._sense("unwanted" if self.sense == "wanted" else "wanted", mark.start)
        elif mark.does("contrast"):
            self._sense("wanted", -1)
            self.clause += 1
            self.occasion = False
        elif mark.does("above") and self._sets_against(at):
            self._sense("unwanted", mark.start)
        elif mark.does("affirm", "only"):
            self._affirm(at, mark)
        elif mark.does("ask"):
            before = self._mark(at - 1)
            out.asks = True
            if before is not None and before.does("both", "contrast") and self.sense == "unwanted":
                self._sense("wanted", -1)
        elif mark.does("occasion") and self.sense == "unwanted" and any(said.since == self.since for said in here):
            self.silent = True  # "too many boots for women" has nothing against women
        elif mark.does("occasion"):
            self.occasion, out.asks = self.sense == "wanted", True
        elif mark.does("choice") and self._opens_choice(at):
            self._begin(mark)
        elif mark.does("either"):
            self.either = True
        elif mark.does("both"):
            self.segment += 1
            if mark.does("further") and (self._ends_refusal(at) or self._ends_limit(at)):
                self._begin(mark)
            out.widens = out.widens or (mark.does("widen") and mark.first == self.begun)
        elif mark.does("role"):
            self._say(replace(mark, kind="name", name=f"role:{mark.cue.role if mark.cue else ''}"), name="")
        elif mark.does("degree"):
            self._plain_grade(mark)

    def _is_bare(self, mark: Mark, here: Sequence[Said]) -> bool:
        """Return whether a word may refuse what stands before it; where words have no blanks, any that refuses may."""
        return mark.does("bare") or (mark.does("negate") and bool(here) and not mark.said.isascii())

    def _is_last(self, at: int) -> bool:
        after = self._mark(at + 1)
        return after is None or after.kind in ("break", "pause")

    def _turns_back(self, at: int, here: Sequence[Said]) -> bool:
        """Refuse what stands before: `trading cards, no`, 鸭绒的不要."""
        before = self._mark(at - 1)
        if not here and before is not None and before.kind in ("break", "pause") and self.out.said:
            last = self.out.said[-1]
            here = [last] if last.clause == self.clause - 1 and not last.governed else []
        for said in here:
            said.negative = said.governed = said.alone = True
            said.since = -1
        return bool(here)

    def _affirm(self, at: int, mark: Mark) -> None:
        """Want what follows, unless the word before turned it: `don't show me`."""
        before = self._mark(at - 1)
        self.out.asks = self.asked = True
        if (
            self.sense != "wanted"
            and before is not None
            and before.does("negate", "negate_always", "forget", "complain")
        ):
            return
        if mark.does("revise"):
            self.out.revises = True
        if self.sense != "wanted":
            self.clause += 1
        self._sense("wanted", -1)
        self.occasion = False

    def _forget(self, at: int, mark: Mark) -> None:
        after = self._mark(at + 1)
        if after is None or after.kind in ("break", "pause") or after.does("last_said"):
            self.out.last_said = after is not None and after.does("last_said")
            return
        self._sense("retracted", mark.start)

    def _last(self, mark: Mark, at: int) -> None:
        """Take up how long something holds: at the end of a clause of what stands before, else of what follows."""
        scope: Scope = "always" if mark.does("always") else "season" if mark.does("season") else "session"
        after = self._mark(at + 1)
        here = self._in_clause()
        trails = (
            after is None or after.kind in ("break", "pause") or after.does("contrast", "turned_down", "fine_again")
        )
        if trails and not here and self.out.said and self._mark(at - 1) is not None:  # "no more black, ever"
            here = [said for said in self.out.said if said.clause == self.out.said[-1].clause]
        if here and trails:
            for said in here:
                said.scope = scope
        else:
            self.scope = scope

    def _is_place(self, at: int) -> bool:
        mark = self._mark(at)
        return mark is not None and mark.place is not None and not mark.place.all


def _last_ones(here: Sequence[Said]) -> list[Said]:
    """Return what a word behind things speaks of: the last one, and those of its kind that are joined to it."""
    found = [here[-1]]
    for said in reversed(here[:-1]):
        same = {entry.field for entry in said.entries} & {entry.field for entry in found[-1].entries}
        both_free = not said.entries and not found[-1].entries
        if said.segment != found[-1].segment and not same and not both_free:
            break
        found.append(said)
    return found
