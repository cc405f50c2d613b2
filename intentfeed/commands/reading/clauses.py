"""Marks in a row → things said, each with its sense: wanted or not, taken back, for how long, why. [ours]

One pass from left to right. A cue sets the sense of what follows; it reaches to the end of the sentence, a comma that
begins something else, a "but", or words that want something. A few cues turn what stands before them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from ..records import Scope
from .cues import Cue
from .marks import Mark
from .numbers import Amount
from .references import Place
from .vocabulary import Entry

ONE_CLAUSE = 6
"""Marks after which a sense no longer reaches over a comma."""


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
    item: bool = False
    """A value that names an item of the slate: `the Zerard one`."""
    either: bool = False
    """Joined to the one before by "or"."""

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
    asks: bool = False
    """Has words that ask for something."""


def read(marks: Sequence[Mark]) -> Reading:
    """Return what a row of marks says."""
    return _Reader(marks).read()


Sense = Literal["wanted", "unwanted", "retracted"]


class _Reader:
    """The state of one pass."""

    def __init__(self, marks: Sequence[Mark]) -> None:
        self.marks = list(marks)
        self.out = Reading()
        self.clause = 0
        self.sense: Sense = "wanted"
        self.since = -1
        self.occasion = False
        self.scope: Scope = "session"
        self.either = False
        self.silent = False
        self.asked = False
        """Whether words of this clause ask for something."""

    def read(self) -> Reading:
        at = 0
        while at < len(self.marks):
            mark = self.marks[at]
            if mark.kind in ("break", "pause"):
                self._pause(at)
            elif self.silent:
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

    # What is said

    def _say(self, mark: Mark, **more: object) -> Said:
        said = Said(
            mark=mark,
            negative=self.sense == "unwanted",
            retracted=self.sense == "retracted",
            occasion=self.occasion,
            scope=self.scope,
            since=self.since,
            clause=self.clause,
            either=self.either,
        )
        for name, value in more.items():
            setattr(said, name, value)
        before = self._before(mark)
        if before is not None and before.kind == "name" and not said.name:
            said.name = before.name
        self.out.said.append(said)
        self.either = False
        return said

    def _name(self, at: int) -> None:
        """Say the field itself where nothing of it follows: `forget the budget`, `any colour`."""
        after = self._mark(at + 1)
        named = after is not None and after.kind in ("value", "amount") or self._leads_to_amount(at + 1)
        if not named:
            self._say(self.marks[at], name=self.marks[at].name)

    def _in_clause(self) -> list[Said]:
        return [said for said in self.out.said if said.clause == self.clause]

    # Where a sense ends

    def _pause(self, at: int) -> None:
        ends = self.marks[at].kind == "break"
        keeps = not ends and self.sense != "wanted" and self._continues(at)
        if ends:
            self.scope = "session"
        if not keeps:
            self._sense("wanted", -1)
            self.clause += 1
        self.occasion = self.silent = self.asked = False

    def _continues(self, at: int) -> bool:
        """Return whether a list goes on after a comma: `no suede, leather or mesh`, `no navy, black`."""
        last = self.out.said[-1] if self.out.said else None
        after = self._mark(at + 1)
        if last is None or after is None or last.clause != self.clause:
            return False
        if after.kind == "cue" and after.does("either") and self.sense == "unwanted":
            return True
        same = {entry.field for entry in last.entries} & {entry.field for entry in after.entries}
        if after.kind == "value" and same:
            return True
        ahead = self.marks[at + 1 : at + 1 + ONE_CLAUSE]
        end = next(
            (place for place, mark in enumerate(ahead) if mark.kind == "break" or mark.kind == "cue"), len(ahead)
        )
        joins = end < len(ahead) and ahead[end].does("either") and ahead[end].kind == "cue"
        return after.kind in ("value", "words") and joins

    def _sense(self, sense: Sense, since: int) -> None:
        self.sense, self.since = sense, since

    # Cues

    def _cue(self, at: int) -> int:
        """Take up a cue and return the place of the last mark that it used."""
        mark = self.marks[at]
        cue = mark.cue
        assert cue is not None
        if self._bounds_amount(at) or mark.does("near") and self._leads_to_amount(at + 1):
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
        if mark.does("reset"):
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
        elif mark.does("again") and here and self.sense == "wanted" and not self.asked:
            for said in here:
                said.again = True
        elif mark.does("fine_again") and here and self.sense == "wanted":
            for said in here:
                said.retracted, said.negative = True, False
        elif mark.does("turned_down") and here:
            for said in here:
                said.negative = True
            out.asks = True
        elif mark.does("satisfied") and not mark.does("affirm"):
            out.satisfied = True
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
        elif mark.does("too", "not_so") and not mark.does("negate"):
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
        elif mark.does("affirm", "only"):
            self._affirm(at, mark)
        elif mark.does("ask"):
            out.asks = True
        elif mark.does("occasion") and self.sense == "unwanted" and any(said.negative for said in here):
            self.silent = True  # "too many boots for women" has nothing against women
        elif mark.does("occasion"):
            self.occasion, out.asks = self.sense == "wanted", True
        elif mark.does("either"):
            self.either = True
        elif mark.does("role"):
            self._say(replace(mark, kind="name", name=f"role:{mark.cue.role if mark.cue else ''}"), name="")
        elif mark.does("degree"):
            self._plain_grade(at, mark)

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
        if here and trails:
            for said in here:
                said.scope = scope
        else:
            self.scope = scope

    # Grades: cheaper, too long

    def _compares(self, mark: Mark) -> bool:
        return mark.cue is not None and mark.cue.direction in ("higher", "lower")

    def _graded(self, at: int) -> int:
        """Return the place of the grade that words such as `too` go with, having taken it up; 0 where none follows."""
        place = at
        while (mark := self._mark(place)) is not None and mark.does(
            "too", "so", "not_so", "even", "somewhat", "complain", "negate"
        ):
            place += 1
        after = self._mark(place)
        if after is None or not after.does("degree") or after.does("affirm", "negate"):
            return 0
        words = self.marks[at:place]
        if not self._compares(after) and not any(
            word.does("too", "so", "not_so", "complain", "negate") for word in words
        ):
            return 0
        return self._grade(at, place)

    def _grade(self, at: int, place: int) -> int:
        """Say a comparison whose grade stands at `place`, led by the words from `at`."""
        mark = self.marks[place]
        assert mark.cue is not None
        words = self.marks[at:place]
        less = mark.cue.direction in ("low", "lower")
        plain = mark.cue.direction in ("high", "low")
        turned = sum(word.does("negate") and not word.does("not_so") for word in words) > 0
        if plain and (
            any(word.does("too", "so", "not_so", "complain") for word in words) or turned or self.sense == "unwanted"
        ):
            less = not less
        elif not plain and (turned or self.sense == "unwanted"):
            less = not less
        if any(word.does("too", "so") for word in words):
            self._compare_places(self._in_clause())
        tight = any(word.does("even") for word in words)
        self.out.tightens = self.out.tightens or tight and not plain
        self.out.asks = True
        start = min(mark.start, *(word.start for word in words)) if words else mark.start
        retracted = self.sense == "retracted"
        said = self._say(
            replace(mark, start=start),
            words=_plain(mark.said),
            grade=mark.cue,
            less=less,
            negative=False,
            retracted=retracted,
        )
        after = self._mark(place + 1)
        if after is not None and after.does("than"):
            then = self._mark(place + 2)
            if then is not None and then.kind == "place":
                self._say(then, compared=True, negative=False)
                return place + 2
            if then is not None and then.kind == "amount":
                self.out.said.remove(said)
                bound, name = "below" if less else "above", f"role:{mark.cue.role}"
                return self._amount(place + 2, bound=bound, strict=True, name=name, start=start)
        return place

    def _compare_places(self, here: Sequence[Said]) -> None:
        """Take places on the slate for what is complained of: `the first two are too tall` wants no more of them."""
        for said in here:
            said.compared = said.compared or said.place is not None

    def _plain_grade(self, at: int, mark: Mark) -> None:
        """Say a plain grade, such as `cheap`: the weakest comparison, which an amount replaces."""
        if self.sense != "retracted":
            assert mark.cue is not None
            less = (mark.cue.direction == "low") != (self.sense == "unwanted")
            self._say(mark, grade=mark.cue, less=less, plain=True, negative=False)

    # Amounts

    def _leads_to_amount(self, at: int) -> bool:
        """Return whether an amount follows, behind nothing but words that go with it."""
        for mark in self.marks[at : at + 4]:
            if mark.kind == "amount":
                return True
            if not (mark.kind == "name" or mark.does("below", "above", "near", "between", "than", "affirm", "ask")):
                return False
        return False

    def _bounds_amount(self, at: int) -> bool:
        return self.marks[at].does("below", "above", "between") and self._leads_to_amount(at + 1)

    def _bounded(self, at: int) -> int:
        """Take up a bound and the amount that it leads to."""
        bound, near, strict, timed, name, start = "", False, False, False, "", self.marks[at].start
        place = at
        while self.marks[place].kind != "amount":
            mark = self.marks[place]
            timed = timed or mark.does("timed")
            near = near or mark.does("near") and not mark.does("below", "above")
            for kind in ("below", "above", "between"):
                if mark.does(kind):
                    bound = kind if bound in ("", "between") else bound
                    strict = mark.does("strict")
            if mark.kind == "name" or mark.does("role"):
                name = mark.name or f"role:{mark.cue.role if mark.cue else ''}"
            place += 1
        return self._amount(place, bound=bound, near=near, strict=strict, timed=timed, name=name, start=start)

    def _amount(
        self,
        at: int,
        *,
        bound: str = "",
        near: bool = False,
        strict: bool = False,
        timed: bool = False,
        name: str = "",
        start: int = -1,
    ) -> int:
        """Say an amount, or both ends of a range, with the bound that stands before or after."""
        mark = self.marks[at]
        assert mark.amount is not None
        amount, last = mark.amount, at
        join = self._mark(at + 1)
        other = self._mark(at + 2)
        if join is not None and other is not None and other.amount is not None:
            ranged = join.does("to") or (join.does("both") and bound == "between")
            if ranged and other.amount.high >= amount.low:
                shared = other.amount
                amount = replace(
                    shared,
                    low=amount.low,
                    high=shared.high,
                    money=shared.money or amount.money,
                    unit=shared.unit or amount.unit,
                )
                bound, last = "between", at + 2
        if bound == "between" and last == at and not amount.decade:
            bound = "above" if not amount.year else ""
        while (after := self._mark(last + 1)) is not None and after.kind == "cue":
            tail = after.does("below_after", "above_after", "near_after")
            loose = after.does("below", "above") and not bound and not self._leads_to_amount(last + 2)
            if not (tail or loose):
                break
            near = near or after.does("near_after")
            if after.does("below_after", "above_after", "below", "above") and bound != "between":
                bound = "below" if after.does("below_after", "below") else "above"
                strict = after.does("strict")
            timed = timed or after.does("timed")
            last += 1
        flips = self.sense == "unwanted" and bound in ("below", "above")
        if flips:
            bound, strict = ("above" if bound == "below" else "below"), False
        begin = start if start >= 0 else mark.start
        whole = replace(mark, start=begin, end=self.marks[last].end, amount=amount)
        before = self._before(mark)
        named = name or (before.name if before is not None and before.kind == "name" else "")
        self._say(
            whole, bound=bound, near=near or amount.near, strict=strict, timed=timed, name=named,
            negative=self.sense == "unwanted" and not flips,
        )  # fmt: skip
        return last

    def _is_place(self, at: int) -> bool:
        mark = self._mark(at)
        return mark is not None and mark.place is not None and not mark.place.all

    # Neighbours

    def _mark(self, at: int) -> Mark | None:
        return self.marks[at] if 0 <= at < len(self.marks) else None

    def _before(self, mark: Mark) -> Mark | None:
        """Return the mark that ends where this one begins, but for words that say nothing."""
        at = next((place for place, one in enumerate(self.marks) if one.first == mark.first), 0)
        return self._mark(at - 1)


def _plain(said: str) -> str:
    """Return the tokens of a cue as they are written: with blanks only where the script has them."""
    return said if said.isascii() else said.replace(" ", "")
