"""One command's work on the memory: what is taken back, what gives way, what comes in (RecBot, 3.4).

The guards of 3.3 stand here a second time, whoever parsed: what quotes nothing of the command is not added, what the
command does not speak of is not taken back, and what no field can decide is a preference. Nothing vanishes: what is
ignored is returned with its reason.
"""

# ruff: noqa: A002 - a round is a round

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from .conflicts import ABOUT, Rules, alternatives, either, relation, same
from .evidence import names, said_of
from .fields import FieldRegistry
from .for_now import says_for_now
from .parser import is_quoted
from .records import Constraint, Delta, Demand, Ended, Memory, Preference, Scope, Why
from .seasons import season_ends
from .taken_back import takes_back_the_last
from .units import converted

SCOPES: tuple[Scope, ...] = ("session", "season", "always")
"""From the shortest to the longest."""
PASSES = 4
"""Over what a command adds, at most; the second finds nothing left to do but for the oddest commands."""
LONGEST = 200
"""Characters of a value, a preference or a quote that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consolidated:
    """A memory after a command, and what of the command was not taken up, each with its reason."""

    memory: Memory
    ignored: tuple[str, ...] = ()


def consolidate(
    memory: Memory, delta: Delta, *, quote_source: str, round: int, today: date, registry: FieldRegistry
) -> Consolidated:
    """Return the memory after a command as `apply` does, and why parts of the delta were ignored.

    What a command restates survives the very same command's reset, retraction or clearing: "start over, but still under
    50" keeps the budget as it was, with its id.
    """
    if delta.feedback in ("satisfied", "neutral"):
        return Consolidated(memory=memory)
    change = _Change(
        memory, Rules(registry=registry, tightens=delta.tightens, widens=delta.widens), quote_source, round, today
    )
    added = change.checked(delta.add)
    change.take_back(delta, added)
    change.add(added)
    return Consolidated(memory=change.memory(), ignored=tuple(change.ignored))


class _Change:
    """One command's work on a memory."""

    def __init__(self, memory: Memory, rules: Rules, utterance: str, round: int, today: date) -> None:
        self._rules, self._utterance, self._round, self._today = rules, utterance, round, today
        self._held = list(memory.demands)
        self._ended = list(memory.ended)
        self._next = memory.next_number
        self._for_now = says_for_now(utterance)
        self._last = max((demand.round for demand in memory.demands), default=0)
        self.ignored: list[str] = []

    def memory(self) -> Memory:
        return Memory(demands=tuple(self._held), ended=tuple(self._ended), next_number=self._next)

    # What may come in

    def checked(self, demands: Iterable[Demand]) -> list[Demand]:
        """Return the demands that may be added, in the form in which they are kept, none against another."""
        found: list[Demand] = []
        together = replace(self._rules, together=True, tightens=False, widens=False)
        for demand in demands:
            ready = self._ready(demand)
            if ready is None:
                continue
            if any(same(old, ready, together) for old in found):
                continue
            beside = next((old for old in found if alternatives(old, ready, self._rules.registry)), None)
            kept = [left for old in found for left in ([old] if old is beside else _left_of(old, ready, together))]
            self.ignored += [f"{_words(old)}: the command says otherwise after it" for old in found if old not in kept]
            found = kept
            if beside is not None:
                found[found.index(beside)] = either(beside, ready)
                continue
            if not any(relation(old, ready, together).fate == "covers" for old in found):
                found.append(ready)
        return found

    def _ready(self, demand: Demand) -> Demand | None:
        if not is_quoted(demand.quote, self._utterance):
            self.ignored.append(f"{_words(demand)}: its quote {demand.quote[:60]!r} is not in the command")
            return None
        until = demand.until
        if demand.scope == "season" and until is None:
            until = season_ends(self._today)
        if until is not None and until <= self._today:
            self.ignored.append(f"{_words(demand)}: it would have ended on {until.isoformat()}")
            return None
        demand = replace(demand, id="", round=self._round, until=until, quote=demand.quote[:LONGEST], said=self._today)
        if isinstance(demand, Preference):
            return self._named(demand)
        return self._ruled(demand)

    def _named(self, demand: Preference) -> Preference | None:
        text = " ".join(demand.text.split())[:LONGEST]
        if not text:
            self.ignored.append(f"a preference without words, said as {demand.quote[:60]!r}")
            return None
        facet = demand.facet if self._rules.registry.field(demand.facet) else ABOUT
        return replace(demand, text=text, facet=facet)

    def _ruled(self, demand: Constraint) -> Demand | None:
        """Return a constraint in the unit of its field; a preference, where no field could decide it (RecBot, 3.3)."""
        field = self._rules.registry.field(demand.field)
        if field is None:
            return self._named(_softened(demand))
        value = demand.value if isinstance(demand.value, tuple) else (demand.value,)
        if field.kind in ("number", "date"):
            numbers = [self._rules.registry.number(field.name, held) for held in value]
            given = [number for number in numbers if number is not None and math.isfinite(number)]
            if not given or len(given) < len(value):
                self.ignored.append(f"{_words(demand)}: {field.name} is compared with numbers")
                return None
            if demand.unit and field.unit:
                turned = [converted(number, given=demand.unit, wanted=field.unit) for number in given]
                known = [number for number in turned if number is not None]
                given = known if len(known) == len(given) else given
                demand = replace(demand, unit=field.unit if len(known) == len(given) else demand.unit)
            if demand.op == "between":
                given = [min(given), max(given)]
                demand = replace(demand, op="eq", value=0.0) if given[0] == given[1] else demand
            return replace(demand, value=(*given,) if isinstance(demand.value, tuple) else given[0])  # type: ignore[arg-type]
        texts = [" ".join(str(held).split())[:LONGEST] if isinstance(held, str) else float(held) for held in value]
        if any(held == "" for held in texts) or not texts:
            self.ignored.append(f"{_words(demand)}: it names no value")
            return None
        return replace(demand, value=tuple(texts) if isinstance(demand.value, tuple) else texts[0])  # type: ignore[arg-type]

    # What is taken back

    def take_back(self, delta: Delta, added: Sequence[Demand]) -> None:
        if delta.feedback == "reset":
            for old in list(self._held):
                if old.scope == "session" or old.id in delta.retract_ids:
                    self._end_unless_restated(old, "reset", added)
            return
        for name in delta.clear_fields:
            self._clear(name, added)
        for demand_id in dict.fromkeys(delta.retract_ids):
            self._retract(demand_id, added)

    def _clear(self, name: str, added: Sequence[Demand]) -> None:
        field = self._rules.registry.field(name)
        about = [old for old in self._held if about_of(old) == name]
        if not about:
            self.ignored.append(f"forgetting {name[:60]}: nothing was said about it")
        elif names(self._utterance, name, field) or any(said_of(self._utterance, old, field) for old in about):
            for old in about:
                self._end_unless_restated(old, "cleared", added)
        else:
            self.ignored.append(f"forgetting {name[:60]}: the command does not speak of it")

    def _retract(self, demand_id: str, added: Sequence[Demand]) -> None:
        old = next((held for held in self._held if held.id == demand_id), None)
        if old is None:
            self.ignored.append(f"taking back {demand_id[:20]!r}: no such demand holds")
        elif any(relation(old, new, self._rules).fate in ("replaced", "contradicted") for new in added):
            return  # it gives way to what comes in
        elif said_of(self._utterance, old, self._rules.registry.field(about_of(old))) or self._was_last(old):
            self._end_unless_restated(old, "retracted", added)
        else:
            self.ignored.append(f"taking back {_words(old)}: the command does not speak of it")

    def _was_last(self, old: Demand) -> bool:
        """Return whether the command takes back what was said last, of which this is: `undo that`."""
        return old.round == self._last and takes_back_the_last(self._utterance)

    def _end_unless_restated(self, old: Demand, why: Why, added: Sequence[Demand]) -> None:
        if not any(same(old, new, self._rules) for new in added):
            self._end(old, why)

    def _end(self, old: Demand, why: Why) -> None:
        self._held.remove(old)
        self._on_record(old, why)

    def _on_record(self, old: Demand, why: Why) -> None:
        by = self._utterance[:LONGEST]
        self._ended.append(Ended(demand=old, round=self._round, why=why, by=by, day=self._today))

    # What comes in

    def add(self, added: Sequence[Demand]) -> None:
        """Let what is held give way to all of it, then take up what is not held yet, until nothing changes any more.

        What the command itself restates gives way to nothing else in it. That, and the passes, make saying the same
        thing twice the same as saying it once.
        """
        for _ in range(PASSES):
            before = list(self._held)
            restated = {old.id for old in self._held for new in added if same(old, new, self._rules)}
            for new in added:
                self._make_way_for(new, restated)
            for new in added:
                self._take_up(new)
            if self._held == before:
                return

    def _take_up(self, new: Demand) -> None:
        twin = next((old for old in self._held if same(old, new, self._rules)), None)
        if twin is not None and self._for_now and _outlives(twin, new):
            self._suspend(twin, new, new)
        elif twin is not None:
            self._held[self._held.index(twin)] = _restated(twin, new)
        elif not any(relation(old, new, self._rules).fate == "covers" for old in self._held):
            self._keep(new)

    def _keep(self, new: Demand) -> None:
        self._held.append(replace(new, id=f"c{self._next}"))
        self._next += 1

    def _suspend(self, old: Demand, new: Demand, instead: Demand) -> None:
        """Hold something in place of what was said for longer, for as long as the new demand holds."""
        self._end(old, "suspended")
        self._keep(replace(instead, scope=new.scope, until=new.until, round=new.round, said=new.said))

    def _make_way_for(self, new: Demand, restated: set[str]) -> None:
        """End what gives way to a demand; what loses or gains some of its values stays the same demand."""
        for old in list(self._held):
            found = relation(old, new, self._rules)
            if found.fate not in ("replaced", "contradicted") or old.id in restated:
                continue
            widened = self._rules.widens and found.fate == "replaced" and alternatives(old, new, self._rules.registry)
            if found.left is not None and found.taken is not None and _outlives(old, new):
                self._suspend(old, new, found.left)
            elif found.left is not None and found.taken is not None:
                self._held[self._held.index(old)] = found.left
                self._on_record(found.taken, "contradicted")
            elif widened and _outlives(old, new):
                self._suspend(old, new, replace(either(old, new, widens=True), quote=new.quote))
            elif widened:
                self._held[self._held.index(old)] = _restated(either(old, new, widens=True), new)
            elif _outlives(old, new):
                self._end(old, "suspended")
            else:
                self._end(old, "replaced" if found.fate == "replaced" else "contradicted")


def _left_of(old: Demand, new: Demand, rules: Rules) -> list[Demand]:
    """Return what is left of a demand when the same command says another after it."""
    found = relation(old, new, rules)
    if found.fate in ("replaced", "contradicted"):
        return [found.left] if found.left is not None else []
    return [old]


def _outlives(old: Demand, new: Demand) -> bool:
    """Return whether a demand was to hold for longer than the one that takes its place, and stands again after that."""
    return SCOPES.index(old.scope) > SCOPES.index(new.scope)


def _restated(old: Demand, new: Demand) -> Demand:
    """Return the old demand with the newest quote and the longer of the two scopes."""
    longest = max((old, new), key=lambda demand: (SCOPES.index(demand.scope), demand.until or date.max))
    return replace(old, quote=new.quote, scope=longest.scope, until=longest.until)


def _softened(demand: Constraint) -> Preference:
    """Return a constraint as a preference, in its own words where it has any."""
    values = demand.value if isinstance(demand.value, tuple) else (demand.value,)
    texts = [value for value in values if isinstance(value, str)]
    return Preference(
        polarity=demand.polarity,
        facet=ABOUT,
        text=", ".join(texts) or demand.quote,
        quote=demand.quote,
        round=demand.round,
        scope=demand.scope,
        until=demand.until,
        said=demand.said,
    )


def about_of(demand: Demand) -> str:
    """Return the field or the facet that a demand speaks of."""
    return demand.field if isinstance(demand, Constraint) else demand.facet


def _words(demand: Demand) -> str:
    """Return a demand in a few words, for a note."""
    if isinstance(demand, Preference):
        return f"{demand.facet} {demand.text[:60]!r}"
    return f"{demand.field[:40]} {demand.op} {str(demand.value)[:60]}"
