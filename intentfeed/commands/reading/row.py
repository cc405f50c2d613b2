"""A row of marks, the sense that holds at one of them, and what was said so far. [ours]"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ..records import Scope
from .mark import Mark, looks_back
from .said import Reading, Said

Sense = Literal["wanted", "unwanted", "retracted"]
COPULA = 6
"""Tokens between the name of a field and its value: `should not be`."""
REACH = 3
"""Words without sense between a word that wants or refuses and what it speaks of."""
ARTICLES = 2
"""The same before the first thing of a clause."""


class Row:
    """A row of marks, the sense that holds at one of them, and what was said so far."""

    def __init__(self, marks: Sequence[Mark]) -> None:
        self.marks = list(marks)
        self.n_tokens = marks[-1].total if marks else 0
        self.out = Reading()
        self.clause = 0
        self.sense: Sense = "wanted"
        self.since = -1
        self.occasion = False
        self.scope: Scope = "session"
        self.either = False
        self.segment = 0
        self.silent = False
        self.trailing = False
        """Whether that is for the end of a comparison, which an "and" ends too."""
        self.asked = False
        """Whether words of this clause ask for something."""
        self.led = -1
        """Token behind the last word that wants or refuses; -1 where none does."""
        self.telling = False
        """Whether somebody tells of himself."""
        self.begun = 0
        """First token of the clause."""
        self.praising: Mark | None = None
        """The word before that praises what follows."""

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
            governed=self.led >= 0 and mark.first - self.led <= REACH,
            told=self.telling,
            fragment=mark.first - self.begun <= ARTICLES,
            segment=self.segment,
            alone=self._ends(mark),
            part=self._is_part(mark),
            cued=self._is_cued(mark),
            praised=self.praising is not None,
            pointed=self._is_pointed(mark),
        )
        if said.governed:
            self.led = mark.last
        for name, value in more.items():
            setattr(said, name, value)
        said.name = said.name or self._named(mark)
        self.out.said.append(said)
        self.either = False
        return said

    def _is_pointed(self, mark: Mark) -> bool:
        """Return whether praise points at a thing: `love these lamps`, `thanks for the lamps`."""
        before = self._mark(self._place(mark) - 1)
        these = before is not None and before.place is not None and before.place.all
        return self.praising is not None and (mark.pointed or these or self.praising.does("fond"))

    def _sense(self, sense: Sense, since: int) -> None:
        self.sense, self.since = sense, since

    def _named(self, mark: Mark) -> str:
        """Return the field that is named beside: `colour: red`, `the colour should be red`, `red as the colour`."""
        at = self._place(mark)
        before, further = self._mark(at - 1), self._mark(at - 2)
        if before is not None and before.kind == "name":
            return before.name
        joins = before is not None and (
            before.kind == "pause" or before.does("affirm", "negate", "except_for", "contrast", "choice", "ask")
        )
        if joins and further is not None and further.does("tell"):  # 颜色方面我喜欢红色
            at, further = at - 1, self._mark(at - 3)
        leads = joins and further is not None and further.kind == "name" and not looks_back(self.marks, at - 2)
        if further is not None and leads and mark.first - further.last <= COPULA:
            return further.name
        return self._named_behind(at)

    def _named_behind(self, at: int) -> str:
        """Return the field whose name stands behind the value at a place; '' for none."""
        mark, after, later = self.marks[at], self._mark(at + 1), self._mark(at + 2)
        if after is not None and after.does("turned_down", "please"):  # "red is not for me as the colour"
            mark, after, later = after, later, self._mark(at + 3)
        leads = after is not None and (after.does("than", "occasion") or after.said == "(") and after.first == mark.last
        if leads and later is not None and later.kind == "name" and later.first - mark.last <= COPULA:
            return later.name
        return ""

    def _is_part(self, mark: Mark) -> bool:
        """Return whether something is named as a part of another thing: `with a hood`, `with a leather strap`."""
        at = self._place(mark)
        while (before := self._mark(at - 1)) is not None and before.kind == "value" and before.last == mark.first:
            at, mark = at - 1, before
        return before is not None and before.does("having")

    def _is_cued(self, mark: Mark) -> bool:
        after = self._mark(self._place(mark) + 1)
        asks = after is not None and after.does("ask", "affirm", "negate", "only", "turned_down", "fond")
        return mark.aged or (after is not None and (after.kind == "amount" or asks))

    def _place(self, mark: Mark) -> int:
        return next((place for place, one in enumerate(self.marks) if one.first == mark.first and one.total), 0)

    def _is_directly(self, *, bounds: bool = False) -> bool:
        """Return whether nothing stands between here and the word that set the sense, or nothing but `bounds`."""
        since = [said for said in self.out.said if said.since == self.since and said.mark.kind != "name"]
        return all(bounds and bool(said.bound) for said in since)

    def _in_clause(self) -> list[Said]:
        return [said for said in self.out.said if said.clause == self.clause]

    def _ends(self, mark: Mark) -> bool:
        """Return whether nothing but values and the end of the clause follows right behind."""
        last = mark.last
        for one in self.marks:
            if one.first < last:
                continue
            if one.kind in ("break", "pause") or one.does("polite", "both", "either", "idle"):
                return one.first == last
            if one.first != last or one.kind not in ("value", "amount"):
                return False
            last = one.last
        return last == self.n_tokens

    # Neighbours

    def _mark(self, at: int) -> Mark | None:
        return self.marks[at] if 0 <= at < len(self.marks) else None
