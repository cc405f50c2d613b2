"""What a cue about neither an amount nor a grade does to the pass: one table, one short function a cue. [ours]

A cue may be of several kinds. The first line of the table that names one of them, and whose function takes the cue up,
decides; so what is rare or sure stands before what is common. All state is that of `Row`.
"""

# ruff: noqa: ARG002 - the table calls all functions alike

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar, Literal

from ..records import Scope
from .cue_file import CueKind
from .lists import Lists
from .mark import Mark
from .row import ARTICLES
from .said import Said

LEADS = (
    "negate", "negate_always", "complain", "affirm", "only", "ask", "alike", "instead_of", "except_for", "forget",
    "too", "not_so", "contrast",
)  # fmt: skip
"""What gives free words behind it a sense."""
STATES = (
    *LEADS, "fine_again", "turned_down", "satisfied", "please", "lapse", "degree", "bare", "flaw", "always", "season",
    "again", "topic_after", "idle", "than",
)  # fmt: skip
"""What no sentence has that states a fact of somebody's day."""
TOLD = 4
"""Marks between words that forget and what they forget: `what I said about`."""


class Turns(Lists):
    """Takes up cues; each function returns whether it did."""

    def _turn(self, at: int, mark: Mark) -> None:
        """Take up a cue that is about neither an amount nor a grade."""
        if mark.does(*LEADS) and not (self.telling and mark.does("too", "alike", "having")):
            self.led, self.telling, self.silent = mark.last, False, False
            self.praising = None
            self.out.alike = self.out.alike or mark.does("alike")
        for kinds, take in self.TURNS:
            if mark.does(*kinds) and take(self, at, mark):
                return

    # What stands before

    def _please(self, at: int, mark: Mark) -> bool:
        here = self._in_clause()
        if mark.does("satisfied") and not here:
            return False  # 谢谢 alone asks for nothing
        self.out.asks = True
        for said in here:
            said.governed = said.governed or not said.told
        return True

    def _refuse_before(self, at: int, mark: Mark) -> bool:
        """Refuse what stands before: `trading cards, no`, 鸭绒的不要."""
        here = self._in_clause()
        if not (self._is_bare(mark, here) and self._is_last(at)):
            return False
        before = self._mark(at - 1)
        if not here and before is not None and before.kind in ("break", "pause") and self.out.said:
            last = self.out.said[-1]
            here = [last] if last.clause == self.clause - 1 and not last.governed else []
        names = bool(here) and all(said.mark.kind == "name" for said in here)  # "the limit on price, no"
        for said in here:
            said.negative, said.retracted = not names, said.retracted or names
            said.governed = said.alone = True
            said.since = -1
        self.out.asks = self.out.asks or bool(here)
        return bool(here)

    def _lapse(self, at: int, mark: Mark) -> bool:
        here = self._in_clause()
        lapsed = self.sense == "wanted" or self._is_directly()  # "wool isn't what I want any more"
        for said in here:
            said.again = said.again or said.negative or (lapsed and not said.governed and not said.told)
        return bool(here)

    def _again(self, at: int, mark: Mark) -> bool:
        here = self._in_clause()
        if self.sense != "wanted" or self.asked:
            return False
        for said in here:
            said.again = not said.told
        return bool(here)

    def _allow_again(self, at: int, mark: Mark) -> bool:
        here = self._in_clause()
        if self.sense != "wanted" or any(said.either for said in here):
            return bool(here)  # "wool or linen is fine"
        if here and self._joins_choice(here[0]):
            here[0].either = True  # "wool will do, linen is fine too"
            return True
        for said in here:
            said.retracted, said.negative = True, False
        return bool(here)

    def _joins_choice(self, said: Said) -> bool:
        """Return whether the clause before asks for another value of the same field."""
        before = [one for one in self.out.said if one.clause == said.clause - 1 and one.entries]
        if not before or before[-1].negative or before[-1].retracted:
            return False
        return bool({one.field for one in before[-1].entries} & {one.field for one in said.entries})

    def _turn_down(self, at: int, mark: Mark) -> bool:
        here = self._in_clause()
        for said in _last_ones(here, one=mark.singular):
            said.negative = said.negative or not said.told
            said.governed = said.alone = said.negative
        self.out.asks = self.out.asks or bool(here)
        return bool(here)

    def _praise(self, at: int, mark: Mark) -> bool:
        if mark.does("affirm"):
            return False
        here = self._in_clause()
        self.out.satisfied = True
        for said in here:
            said.pleased = True
        self.praising = None if here else mark
        return True

    # How long

    def _last(self, at: int, mark: Mark) -> bool:
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
        return True

    # What was said before this command

    def _reset(self, at: int, mark: Mark) -> bool:
        if self._narrows(at):
            self._sense("retracted", mark.start)
        else:
            self.out.reset = True
        return True

    def _undo(self, at: int, mark: Mark) -> bool:
        if self._narrows(at):
            self._sense("retracted", mark.start)
        else:
            self.out.last_said = True
        return True

    def _narrows(self, at: int) -> bool:
        """Return whether what is forgotten is named behind: `forget what I said about boots`, `forget I wanted boots`.

        Words that only tell that it was said may stand between.
        """
        for mark in self.marks[at + 1 : at + 1 + TOLD]:
            if mark.kind in ("value", "name", "words", "amount"):
                return True
            if not mark.does(
                "near", "tell", "held", "last_said", "always", "occasion", "topic", "affirm", "ask", "role"
            ):
                return False
        return False

    def _forget(self, at: int, mark: Mark) -> bool:
        after = self._mark(at + 1)
        if mark.does("negate") and after is None:
            return False
        if self.sense == "unwanted" and self._is_directly() and mark.does("universal"):
            return True  # "spare me whatever is black"
        said = after is not None and after.does("last_said") and not self._narrows(at)
        here = self._in_clause()
        if here and self.sense == "wanted" and not self.telling and (after is None or after.kind in ("break", "pause")):
            for one in here:
                one.retracted = not (one.negative or one.told)  # "the boots, never mind"
        elif after is None or after.kind in ("break", "pause") or said:
            self.out.last_said = after is not None and after.does("last_said")
        else:
            self._sense("retracted", mark.start)
        return True

    def _widen(self, at: int, mark: Mark) -> bool:
        if mark.does("both"):
            return False
        self.out.widens = True
        return True

    def _revise(self, at: int, mark: Mark) -> bool:
        if mark.does("affirm"):
            return False
        self.out.revises = True
        if self.sense == "unwanted":
            self._sense("wanted", -1)
        return True

    # Talk

    def _states(self, at: int) -> bool:
        """Return whether a sentence begins that only states a fact: `the kids are in bed`, `the house is quiet`."""
        mark = self.marks[at]
        if not mark.subject or mark.first - self.begun > ARTICLES or (0 <= self.led <= mark.first):
            return False
        for place in range(at + 1, len(self.marks)):
            ahead, before = self.marks[place], self.marks[place - 1]
            if ahead.kind == "break":
                break
            bound = before.does("below", "above", "between", "near") and not before.does("weak")
            limits = ahead.amount is not None and (bound or ahead.amount.money)
            if limits or (ahead.does(*STATES) and not ahead.does("having")):
                return False
        return True

    def _tell(self, at: int, mark: Mark) -> bool:
        if self.sense == "retracted" and self._is_directly():
            return True  # "forget what I said about boots"
        if mark.does("feed") and self.asked:
            return True  # "let me see what you have from Acme"
        self._sense("wanted", -1)
        self.telling, self.led = True, -1
        return True

    def _end_telling(self, at: int, mark: Mark) -> bool:
        if not self.telling:
            return False
        self.telling, self.begun = False, mark.last
        return True

    def _question(self, at: int, mark: Mark) -> bool:
        """Let a question about an item be: `more about the first one`, 第二个怎么样."""
        after, here = self._mark(at + 1), self._in_clause()
        if after is not None and after.kind == "place":
            self.silent = True
        elif any(said.place is not None for said in here) and not any(said.governed for said in here):
            self.out.said = [said for said in self.out.said if said.clause != self.clause]
            self.silent = True
        return True

    def _request(self, at: int, mark: Mark) -> bool:
        """Begin a wish behind a word that turns to the feed: `no crime and could you make it short`."""
        self._sense("wanted", -1)
        self.clause += 1
        self.telling = self.silent = self.occasion = False
        self.led, self.out.asks = -1, True
        return True

    def _small_talk(self, at: int, mark: Mark) -> bool:
        self.silent = True
        return True

    # What follows is unwanted

    def _flaw(self, at: int, mark: Mark) -> bool:
        self._say(replace(mark, kind="words", cue=None), negative=True, retracted=False)
        self.out.asks = True
        return True

    def _instead(self, at: int, mark: Mark) -> bool:
        self._sense("unwanted", mark.start)
        self.out.revises = True
        return True

    def _never(self, at: int, mark: Mark) -> bool:
        self._sense("unwanted", mark.start)
        self.scope, self.out.asks = "always", True
        return True

    def _overdo(self, at: int, mark: Mark) -> bool:
        if mark.does("negate") or self.telling:
            return False
        after = self._mark(at + 1)
        if after is not None and after.kind in ("words", "value"):
            self._sense("unwanted", mark.start)
            self._compare_places(self._in_clause())
        return True

    def _refuse(self, at: int, mark: Mark) -> bool:
        self._sense("unwanted", mark.start)
        self.occasion, self.out.asks = False, True
        return True

    def _set_against(self, at: int, mark: Mark) -> bool:
        if not self._sets_against(at):
            return False
        self._sense("unwanted", mark.start)
        return True

    # What follows is wanted, or the contrary of what it was

    def _except(self, at: int, mark: Mark) -> bool:
        self._sense("unwanted" if self.sense == "wanted" else "wanted", mark.start)
        return True

    def _contrast(self, at: int, mark: Mark) -> bool:
        if self._is_of_all(at):
            self._sense("unwanted", mark.start)
            self.out.asks = True
            return True
        self._sense("wanted", -1)
        self.clause += 1
        self.occasion = False
        return True

    def _is_of_all(self, at: int) -> bool:
        """Return whether a word such as "any" stands before, and nothing but the name of a field between."""
        name = self._mark(at - 1)
        universal = self._mark(at - 2) if name is not None and name.kind == "name" else name
        return universal is not None and universal.does("universal")

    def _affirm(self, at: int, mark: Mark) -> bool:
        """Want what follows, unless the word before turned it: `don't show me`."""
        before = self._mark(at - 1)
        turned = before is not None and before.does("negate", "negate_always", "forget", "complain")
        if self.sense != "wanted" and turned:
            self.out.asks = self.asked = True
            return True
        if self._points(at, mark):
            self.praising, self.out.satisfied = mark, True
        else:
            self.out.asks = self.asked = True
        self.out.revises = self.out.revises or mark.does("revise")
        if self.sense != "wanted":
            self.clause += 1
        self._sense("wanted", -1)
        self.occasion = False
        return True

    def _points(self, at: int, mark: Mark) -> bool:
        """Return whether a word that may praise points at what is on the screen: `I like the mugs`, 喜欢这些灯."""
        after = self._mark(at + 1)
        if after is not None and after.place is not None and after.place.all:
            after, pointed = self._mark(at + 2), True
        else:
            pointed = after is not None and after.pointed and after.first > mark.last
        thing = after is not None and after.kind in ("value", "words")
        return mark.does("fond") and self.sense == "wanted" and thing and pointed

    def _ask(self, at: int, mark: Mark) -> bool:
        before = self._mark(at - 1)
        before = self._mark(at - 2) if before is not None and before.does("last_said") else before
        self.out.asks = True
        if before is not None and before.does("both", "contrast") and self.sense == "unwanted":
            self._sense("wanted", -1)
        return True

    def _occasion(self, at: int, mark: Mark) -> bool:
        after = self._mark(at + 1)
        if self.praising is not None and after is not None and after.pointed:
            return True  # "thanks for the lamps"
        self.praising = None
        if after is not None and after.kind == "name":
            return True  # "no wool for the material"
        if self.sense == "unwanted" and any(said.since == self.since for said in self._in_clause()):
            self.silent = True  # "too many boots for women" has nothing against women
        else:
            self.occasion, self.out.asks = self.sense == "wanted", True
        return True

    # What joins

    def _choose(self, at: int, mark: Mark) -> bool:
        if not self._opens_choice(at):
            return False
        self._begin(mark)
        return True

    def _either(self, at: int, mark: Mark) -> bool:
        self.either = True
        return True

    def _both(self, at: int, mark: Mark) -> bool:
        self.segment += 1
        if self.trailing:
            self.silent = self.trailing = False
            self.clause, self.begun = self.clause + 1, mark.last
        if mark.does("further") and (self._ends_refusal(at) or self._ends_limit(at) or self._ends_talk(at)):
            self._begin(mark)
        self.out.widens = self.out.widens or (mark.does("widen") and mark.first == self.begun)
        return True

    # What is named

    def _role(self, at: int, mark: Mark) -> bool:
        self._say(replace(mark, kind="name", name=f"role:{mark.cue.role if mark.cue else ''}"), name="")
        return True

    def _degree(self, at: int, mark: Mark) -> bool:
        self._plain_grade(mark)
        return True

    TURNS: ClassVar[
        tuple[tuple[tuple[CueKind | Literal["role", "degree"], ...], Callable[[Turns, int, Mark], bool]], ...]
    ] = (
        (("please",), _please),
        (("bare", "negate"), _refuse_before),
        (("so",), _end_telling),
        (("tell",), _tell),
        (("widen",), _widen),
        (("reset",), _reset),
        (("flaw",), _flaw),
        (("small_talk",), _small_talk),
        (("question",), _question),
        (("request",), _request),
        (("always", "season", "session"), _last),
        (("undo",), _undo),
        (("lapse",), _lapse),
        (("again",), _again),
        (("fine_again",), _allow_again),
        (("turned_down",), _turn_down),
        (("satisfied",), _praise),
        (("forget",), _forget),
        (("instead_of",), _instead),
        (("revise",), _revise),
        (("negate_always",), _never),
        (("too", "not_so"), _overdo),
        (("negate", "complain"), _refuse),
        (("except_for",), _except),
        (("contrast",), _contrast),
        (("above",), _set_against),
        (("affirm", "only"), _affirm),
        (("ask",), _ask),
        (("occasion",), _occasion),
        (("choice",), _choose),
        (("either",), _either),
        (("both",), _both),
        (("role",), _role),
        (("degree",), _degree),
    )

    # Where a sense begins and ends

    def _begin(self, mark: Mark) -> None:
        """Begin a wish of its own behind a word that opens one."""
        self._sense("wanted", -1)
        self.clause += 1
        self.led, self.telling, self.silent, self.out.asks = mark.last, False, False, True
        self.praising = None

    def _is_bare(self, mark: Mark, here: Sequence[Said]) -> bool:
        """Return whether a word may refuse what stands before it; where words have no blanks, any that refuses may."""
        return mark.does("bare") or (mark.does("negate") and bool(here) and not mark.said.isascii())

    def _is_last(self, at: int) -> bool:
        after = self._mark(at + 1)
        return after is None or after.kind in ("break", "pause")


def _last_ones(here: Sequence[Said], *, one: bool) -> list[Said]:
    """Return what a word behind things speaks of: the last one, and those of its kind that are joined to it.

    Where it speaks of `one` thing, what an "and" parts from it is another matter.
    """
    found = list(here[-1:])
    for said in reversed(here[:-1]):
        same = {entry.field for entry in said.entries} & {entry.field for entry in found[-1].entries}
        both_free = not said.entries and not found[-1].entries
        if said.segment != found[-1].segment and (one or not (same or both_free)):
            break
        found.append(said)
    return found
