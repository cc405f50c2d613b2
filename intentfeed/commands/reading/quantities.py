"""Grades and amounts among the marks of a command: `even cheaper`, `no more than 50`, `20 to 30 quid`. [ours]"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .cues import Cue
from .mark import Mark
from .numbers import Amount
from .roles import NAMED, name_of, role_of
from .row import Row
from .said import Said


@dataclass(frozen=True, slots=True)
class _Bound:
    """How an amount bounds, and the place of the last mark that says so."""

    bound: str
    near: bool
    strict: bool
    timed: bool
    last: int = -1


class Quantities(Row):
    """Takes up grades and amounts."""

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
        if self._is_adjective(place, words):
            return 0
        complains = any(word.does("too", "so", "not_so", "complain", "negate") for word in words)
        dear = after.cue is not None and after.cue.role == "price" and any(word.does("somewhat") for word in words)
        if not (self._compares(after) or complains or dear):
            return 0
        return self._grade(at, place)

    def _is_adjective(self, place: int, words: Sequence[Mark]) -> bool:
        """Return whether a plain grade belongs to the noun behind it: in "no short skirts" it is no comparison."""
        mark, noun = self.marks[place], self._mark(place + 1)
        beside = noun is not None and noun.first == mark.last and noun.kind in ("value", "words")
        price = mark.cue is not None and mark.cue.role == "price"
        return (
            beside and not price and not self._compares(mark) and not any(w.does("too", "so", "not_so") for w in words)
        )

    def _grade(self, at: int, place: int) -> int:
        """Say a comparison whose grade stands at `place`, led by the words from `at`."""
        mark = self.marks[place]
        assert mark.cue is not None
        words = self.marks[at:place]
        less = mark.cue.direction in ("low", "lower")
        plain = mark.cue.direction in ("high", "low")
        unwanted = self.sense == "unwanted" and self._is_directly()
        turned = sum(word.does("negate") and not word.does("not_so") for word in words) > 0
        if (
            plain
            and (any(word.does("too", "so", "not_so", "complain", "somewhat") for word in words) or turned or unwanted)
        ) or (not plain and (turned or unwanted)):
            less = not less
        before = self._mark(at - 1)
        places = before is not None and before.place is not None and before.last == mark.first  # "the first costs more"
        if places or any(word.does("too", "so") for word in words):
            self._compare_places(self._in_clause())
        tight = any(word.does("even") for word in words)
        self.out.tightens = self.out.tightens or (tight and not plain)
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
        if after is not None and after.kind == "name" and mark.cue.role.startswith(NAMED):
            place, after = place + 1, self._mark(place + 2)  # "a lower rating than"
        if after is not None and after.does("than"):
            then = self._mark(place + 2)
            if then is not None and then.kind == "place":
                self._say(then, compared=True, than=True, negative=False)
                return place + 2
            if then is not None and then.kind == "amount":
                self.out.said.remove(said)
                turned_back = less != (unwanted and not turned)  # "no ... older than 1990" is turned with its amount
                bound, name = "below" if turned_back else "above", name_of(mark.cue.role)
                return self._amount(place + 2, bound=bound, strict=True, name=name, start=start)
            return self._compared(place + 1, said)
        return place

    def _compared(self, at: int, said: Said) -> int:
        """Take up what follows the "than" of a comparison with the whole screen, and return its last place.

        `than what is on now` says nothing more; `than I'd like` complains: the contrary is asked for.
        """
        further = 1
        while (mark := self._mark(at + further)) is not None and mark.does("tell"):
            further += 1
        if mark is not None and mark.does("affirm", "held"):
            said.less = not said.less
            return at + further
        self.silent = self.trailing = True
        return at

    def _bounds_place(self, at: int) -> int:
        """Return the place of the last mark of a bound by what is on the screen, having taken it up; 0 for none.

        `earlier than the second one`, `that costs less than these`.
        """
        mark = self.marks[at]
        last = at + 1
        while (after := self._mark(last)) is not None and after.does("than", "below", "above"):
            last += 1
        if after is None or not mark.does("below", "above") or mark.does("weak"):
            return 0
        if after.kind != "place" and not (after.does("ones") and after.pointed):
            return 0
        less = mark.does("below")
        named = self._named_before(at)
        role = "date" if mark.does("timed") else role_of(named) if named else "price"
        unwanted = self.sense == "unwanted" and self._is_directly() and not mark.does("equal")
        cue = Cue(frozenset({"degree"}), role, "lower" if less else "higher")
        self.out.asks = True
        retracted = self.sense == "retracted"
        said = self._say(replace(mark, cue=cue), words=_plain(mark.said), grade=cue, less=less != unwanted,
                         negative=False, retracted=retracted, name=named)  # fmt: skip
        if after.kind == "place":
            self._say(after, compared=True, than=True, negative=False)
            return last
        return self._compared(last, said)

    def _set_beside(self, at: int) -> int:
        """Return the place of the grade that a "than" leads to over an amount or a place, having taken it up.

        So comparisons stand in Chinese: 比第二个便宜, 别比95还低. 0 where it is none.
        """
        than, of = self.marks[at], self._mark(at + 1)
        if not than.does("than") or of is None or of.kind not in ("amount", "place"):
            return 0
        place, name = at + 2, ""
        while (mark := self._mark(place)) is not None and (
            mark.kind == "name" or (mark.does("even", "both") and not mark.does("degree"))
        ):
            place, name = place + 1, name or mark.name
        cue = mark.cue if mark is not None else None
        way = (cue.direction or cue.relative) if cue is not None else None
        if mark is None or cue is None or way is None:
            return 0
        less, named = way in ("low", "lower"), name or self._named_before(at)
        role = (
            role_of(named) if named else cue.role or ("date" if of.amount is not None and of.amount.year else "price")
        )
        if of.kind == "amount":
            self._amount(at + 1, bound="below" if less else "above", strict=True, name=name_of(role), start=than.start)
            return place
        unwanted = self.sense == "unwanted" and self._is_directly()
        retracted, cue = self.sense == "retracted", replace(cue, role=role)
        self.out.asks = True
        self._say(replace(mark, start=than.start), words=_plain(mark.said), grade=cue, less=less != unwanted,
                  negative=False, retracted=retracted)  # fmt: skip
        self._say(of, compared=True, than=True, negative=False)
        return place

    def _named_before(self, at: int) -> str:
        """Return the field whose name stands right before: `a rating above the first one`."""
        before = self._mark(at - 1)
        before = self._mark(at - 2) if before is not None and before.does("affirm") else before
        return before.name if before is not None and before.kind == "name" else ""

    def _compare_places(self, here: Sequence[Said]) -> None:
        """Take places on the slate for what is complained of: `the first two are too tall` wants no more of them."""
        for said in here:
            if said.place is not None:
                said.compared, said.negative = True, False

    def _plain_grade(self, mark: Mark) -> None:
        """Say a plain grade, such as `cheap`: the weakest comparison, which an amount replaces."""
        if self.sense != "retracted" and not self.telling:
            assert mark.cue is not None
            less = (mark.cue.direction == "low") != (self.sense == "unwanted")
            self._say(mark, grade=mark.cue, less=less, plain=True)

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
        mark, after = self.marks[at], self._mark(at + 1)
        amount = after.amount if after is not None and mark.does("weak") else None
        if amount is not None and not amount.money and (amount.bare or amount.worded or not self._is_end(at + 2)):
            return False  # "I have 40 already"
        return mark.does("below", "above", "between") and self._leads_to_amount(at + 1)

    def _is_end(self, at: int) -> bool:
        after = self._mark(at)
        return (
            after is None
            or after.kind in ("break", "pause")
            or after.does("polite", "contrast", "affirm", "idle", "below_after")
        )

    def _bounded(self, at: int) -> int:
        """Take up a bound and the amount that it leads to."""
        bound, near, strict, timed, name, start = "", False, False, False, "", self.marks[at].start
        place = at
        while self.marks[place].kind != "amount":
            mark = self.marks[place]
            timed = timed or mark.does("timed")
            near = near or (mark.does("near") and not mark.does("below", "above"))
            for kind in ("below", "above", "between"):
                if mark.does(kind):
                    bound = kind if bound in ("", "between") else bound
                    strict = mark.does("strict")
            if mark.kind == "name" or mark.does("role"):
                name = mark.name or f"role:{mark.cue.role if mark.cue else ''}"
            place += 1
        name = name or self._named_before(at)
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
        amount, last = self._ranged(at, bound)
        if last > at:
            bound = "between"
        elif bound == "between" and not amount.decade:
            bound = "above" if not amount.year else ""
        held = self._trailed(last, _Bound(bound, near, strict, timed))
        last = held.last
        unwanted = self.sense == "unwanted" and self._is_directly(bounds=True)
        flips = unwanted and held.bound in ("below", "above")
        if flips:
            held = replace(held, bound="above" if held.bound == "below" else "below", strict=False)
        if self._is_passed_over(at, amount, held, name=name):
            return last
        begin = start if start >= 0 else mark.start
        whole = replace(mark, start=begin, end=self.marks[last].end, amount=amount)
        named = name or self._named(mark)
        self._say(
            whole, bound=held.bound, near=held.near or amount.near, strict=held.strict, timed=held.timed, name=named,
            negative=unwanted and not flips,
        )  # fmt: skip
        return last

    def _ranged(self, at: int, bound: str) -> tuple[Amount, int]:
        """Return the amount at a place, or the range that begins with it, and the place where that ends."""
        amount, join, other = self.marks[at].amount, self._mark(at + 1), self._mark(at + 2)
        assert amount is not None
        if join is None or other is None or other.amount is None:
            return amount, at
        ranged = join.does("to") or (join.does("both") and bound == "between")
        if not ranged or other.amount.high < amount.low:
            return amount, at
        shared = other.amount
        money, unit = shared.money or amount.money, shared.unit or amount.unit
        return replace(shared, low=amount.low, high=shared.high, money=money, unit=unit), at + 2

    def _trailed(self, last: int, held: _Bound) -> _Bound:
        """Return a bound with what the words behind the amount make of it: `30 or less`, `40 ish`."""
        bound, near, strict, timed = held.bound, held.near, held.strict, held.timed
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
        return _Bound(bound, near, strict, timed, last)

    def _is_passed_over(self, at: int, amount: Amount, held: _Bound, *, name: str) -> bool:
        """Return whether an amount asks for nothing, and note what follows from it all the same."""
        follows = self._mark(held.last + 1)
        if not (held.bound or held.near) and follows is not None and self._is_dear(follows):
            self._compare_places(self._in_clause())
            return True  # "the first one, 3,500, is too much": what counts is the item
        wonders = follows is not None and follows.does("occasion") and not self.asked
        if held.bound == "above" and not name and wonders:
            return True  # "over 500 for a mower?"
        led = self._mark(at - 1)
        if led is not None and led.does("ideal") and not held.bound and any(said.bound for said in self.out.said):
            self.out.passed_over.append((self.marks[at].start, self.marks[held.last].end))
            return True
        return self._is_told(at, amount, bound=held.bound, named=bool(name))

    @staticmethod
    def _is_dear(mark: Mark) -> bool:
        return mark.cue is not None and mark.cue.role == "price" and mark.cue.direction == "lower"

    def _is_told(self, at: int, amount: Amount, *, bound: str, named: bool) -> bool:
        """Return whether a number is no limit: an age, a day that something happened, `after 2 months`, `not 300`."""
        before = self._mark(at - 1)
        beside = before is not None and (before.kind == "name" or before.does("between", "ask", "only"))
        if amount.days:
            return not (bound or beside or named or self.led >= 0)
        if bound or named or (before is not None and before.kind == "name"):
            return amount.spans
        plain = not (amount.money or amount.unit or amount.year or amount.decade)
        refused = self.sense == "unwanted" and self._is_directly() and bool(self.out.said)
        return plain and (self.telling or amount.spans or refused)


def _plain(said: str) -> str:
    """Return the tokens of a cue as they are written: with blanks only where the script has them."""
    return said if said.isascii() else said.replace(" ", "")
