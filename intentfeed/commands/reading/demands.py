"""Things said → demands, with the catalogue's own spelling, and what of the memory is taken back (RecBot, 3.2). [ours]"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from ...data.catalog import leaf_name
from ..fields import FieldRegistry
from ..records import Command, Constraint, Demand, Polarity, Preference, Shown
from .clauses import Reading, Said
from .cues import Cues
from .limits import Limits
from .references import core, shown_at
from .tokens import phrase
from .vocabulary import Entry, Vocabulary

MOST_VALUES = 40
"""Values that one word may stand for: `blue` for every blue."""
FEW_ITEMS = 10
"""Items of the slate that one command can turn down."""
QUOTE_GAP = 40
"""Characters between the word that turns something and the thing, for one quote to hold both."""


@dataclass(slots=True)
class Outcome:
    """What a command comes to."""

    add: list[Demand] = field(default_factory=list)
    retract_ids: list[str] = field(default_factory=list)
    clear_fields: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    compared: list[Demand] = field(default_factory=list)
    """What comparisons with the slate added."""


@dataclass(frozen=True, slots=True)
class Demands:
    """Turns what was said into demands on one catalogue."""

    registry: FieldRegistry
    vocabulary: Vocabulary
    cues: Cues
    limits: Limits

    def of(self, reading: Reading, command: Command, text: str) -> Outcome:
        """Return what a reading of a text asks for, in front of the slate and the memory of the command."""
        out = Outcome()
        said = self._compounded(self._settled(reading.said), command, text)
        pointed = self._pointed(said, command.slate)
        for one in said:
            quote = quote_of(one, text)
            if one.again:
                one.retracted = self._holds(one, command)
                one.negative = not one.retracted
            if one.retracted and (one.grade is None and one.amount is None or self._holds(one, command)):
                self._retract(one, command, quote, out)
            elif one.grade is not None:
                self._take(self.limits.comparison(one, pointed or command.slate, quote), one, out)
                out.compared += out.add[-1:]
            elif one.amount is not None:
                self._take(self.limits.amount(one, command, quote), one, out)
            elif one.place is not None or self._items(one, command.slate):
                self._point(one, said, command, quote, out)
            elif one.mark.kind == "value":
                self._value(one, said, command, text, quote, out)
            elif one.mark.kind == "words" and (reading.asks or one.mark.known or len(said) > 1 or one.negative):
                self._about(one, text[one.mark.start : one.mark.end], quote, out)
            elif one.mark.kind == "words":
                out.ignored.append(f"{quote[:80]!r}: nothing of this catalogue")
        if reading.last_said:
            out.retract_ids += self._newest(command)
        out.add = merged(_without_replaced(out.add, out.compared), self.registry)
        return out

    # Words that mean nothing beside others

    def _settled(self, said: Sequence[Said]) -> list[Said]:
        """Return what was said without plain grades that an amount replaces or that no field can tell."""
        kept = []
        for one in said:
            if one.plain and one.grade is not None:
                role = one.grade.role
                if any(self._bounds(other, role) for other in said) or not self.limits.has(role):
                    if self.limits.has(role) or role == "price":
                        continue
                    one = _as_words(one)
            kept.append(one)
        return kept

    def _compounded(self, said: Sequence[Said], command: Command, text: str) -> list[Said]:
        """Return what was said with `leather jackets` as one thing where it is unwanted: not all leather, nor all jackets.

        Where the slate or the memory is about jackets already, the leather alone is meant.
        """
        kept: list[Said] = []
        for one in said:
            before = kept[-1] if kept else None
            beside = before is not None and before.negative and one.negative and before.mark.last == one.mark.first
            if before is None or not beside or before.mark.kind != "value" or one.mark.kind != "words":
                kept.append(one)
            elif not self._is_topic(one, command):
                mark = replace(one.mark, start=before.mark.start, first=before.mark.first)
                kept[-1] = replace(one, mark=replace(mark, said=text[mark.start : mark.end].casefold()))
        return kept

    def _is_topic(self, one: Said, command: Command) -> bool:
        words = set(phrase(one.mark.said)[-1:])
        asked = [demand.text for demand in command.memory.preferences if demand.polarity == "positive"]
        if any(words & set(phrase(wanted)) for wanted in asked):
            return True
        shown = [self._words_of(item.row) for item in command.slate]
        return 2 * sum(bool(words & held) for held in shown) > len(shown) > 0

    def _words_of(self, row: int) -> set[str]:
        names = [name for name in ("title", "category") if name in self.registry.fields]
        values = [self.registry.held(row, name) for name in names]
        return {word for value in values if isinstance(value, tuple) for text in value for word in phrase(text)}

    def _bounds(self, other: Said, role: str) -> bool:
        if other.amount is None:
            return False
        return (
            other.amount.money and role == "price" or other.name == f"role:{role}" or not other.name and role == "price"
        )

    # The slate

    def _items(self, one: Said, slate: Sequence[Shown]) -> tuple[Shown, ...]:
        """Return the items of the slate that a value names: `the Zerard one`."""
        if not one.item or one.negative:
            return ()
        found = tuple(shown for shown in slate if any(self._has(shown.row, entry) for entry in one.entries))
        return found if len(found) == 1 else ()

    def _has(self, row: int, entry: Entry) -> bool:
        held = self.registry.held(row, entry.field)
        return isinstance(held, tuple) and not set(held).isdisjoint(entry.values)

    def _shown(self, one: Said, slate: Sequence[Shown]) -> tuple[Shown, ...]:
        return self._items(one, slate) or (shown_at(one.place, slate) if one.place is not None else ())

    def _pointed(self, said: Iterable[Said], slate: Sequence[Shown]) -> tuple[Shown, ...]:
        """Return the items that comparisons are made with: those pointed at one by one, where there are any."""
        found = [
            shown
            for one in said
            if not one.negative and not (one.place is not None and one.place.all)
            for shown in self._shown(one, slate)
        ]
        return tuple(dict.fromkeys(found))

    def _point(self, one: Said, said: Sequence[Said], command: Command, quote: str, out: Outcome) -> None:
        """Take up a place on the slate: more of its kind, or less."""
        items = self._shown(one, command.slate)
        whole = one.place is not None and one.place.all
        if not items:
            out.ignored.append(f"{quote!r}: there is no such item on the screen")
        elif one.negative:
            for shown in items[:FEW_ITEMS]:
                self._add(
                    out,
                    one,
                    Preference(
                        polarity="negative",
                        facet="about",
                        text=core(shown.row, self.registry, ()) or "this",
                        quote=quote,
                    ),
                )
        elif not whole and not one.compared:
            stated = [
                entry.field for other in said if other is not one and not other.negative for entry in other.entries
            ]
            for shown in items[:FEW_ITEMS]:
                self._alike(shown, one, stated, quote, out)

    def _alike(self, shown: Shown, one: Said, stated: Sequence[str], quote: str, out: Outcome) -> None:
        held = self.registry.held(shown.row, "category") if "category" in self.registry.fields else None
        if isinstance(held, tuple) and held and "category" not in stated:
            self._add(out, one, Preference(polarity="positive", facet="category", text=leaf_name(held[0]), quote=quote))
        if text := core(shown.row, self.registry, stated):
            self._add(out, one, Preference(polarity="positive", facet="about", text=text, quote=quote))

    # Values and words

    def _value(self, one: Said, said: Sequence[Said], command: Command, text: str, quote: str, out: Outcome) -> None:
        entry = self._chosen(one)
        words = text[one.mark.start : one.mark.end]
        if entry is None:
            self._about(one, words, quote, out)
            return
        held = self.registry.fields[entry.field]
        polarity: Polarity = "negative" if one.negative else "positive"
        reason = entry.match == "root" or one.occasion and not self._is_asked(one, entry, said)
        if entry.match == "root" and one.negative:
            self._about(one, words, quote, out)
            return
        if held.hard and not reason and len(entry.values) <= MOST_VALUES:
            value = entry.values[0] if len(entry.values) == 1 else tuple(sorted(entry.values))
            demand: Demand = Constraint(
                polarity=polarity,
                field=held.name,
                op="eq" if len(entry.values) == 1 else "in",
                value=value,
                quote=quote,
            )
        else:
            names = {leaf_name(value) for value in entry.values}
            whole = entry.match != "part" or not words.isascii()
            told = names.pop() if len(names) == 1 and whole else words
            demand = Preference(polarity=polarity, facet=held.name, text=told, quote=quote)
        last = out.add[-1] if out.add else None
        if one.either and last is not None and isinstance(demand, Constraint) and _is_choice(last, demand):
            out.add[-1] = _either(last, demand)
        else:
            self._add(out, one, demand)

    def _chosen(self, one: Said) -> Entry | None:
        """Return what a phrase means: in the field named beside it, else in the field where most items have it."""
        named = set(self.limits.roles.cleared(one.name)) if one.name else set()
        for entry in one.entries:
            if entry.field in named:
                return entry
        return one.entries[0] if one.entries else None

    def _is_asked(self, one: Said, entry: Entry, said: Sequence[Said]) -> bool:
        """Return whether a value told as a reason is asked for all the same: it stands there whole and alone."""
        if entry.match != "whole":
            return False
        beside = [other.mark for other in said if other is not one and other.clause == one.clause and other.occasion]
        return not any(mark.first == one.mark.last or mark.last == one.mark.first for mark in beside)

    def _about(self, one: Said, words: str, quote: str, out: Outcome) -> None:
        polarity: Polarity = "negative" if one.negative else "positive"
        text = " ".join(words.split())
        if sum(char.isalnum() for char in text) > 1 or not text.isascii():
            self._add(out, one, Preference(polarity=polarity, facet="about", text=text[:200], quote=quote))

    # Taking back

    def _retract(self, one: Said, command: Command, quote: str, out: Outcome) -> None:
        if one.mark.kind == "name" or one.name and not one.entries:
            out.clear_fields += [name for name in self.limits.roles.cleared(one.name) if name not in out.clear_fields]
            return
        ids = [demand.id for demand in command.memory.demands if self._speaks_of(one, demand)]
        out.retract_ids += [found for found in ids if found not in out.retract_ids]
        if not ids:
            out.ignored.append(f"{quote!r}: nothing like it is asked for")

    def _holds(self, one: Said, command: Command) -> bool:
        return any(self._speaks_of(one, demand) for demand in command.memory.demands)

    def _speaks_of(self, one: Said, demand: Demand) -> bool:
        if one.grade is not None:
            return isinstance(demand, Constraint) and self.limits.plays(one.grade.role, demand.field)
        if one.amount is not None:
            return (
                isinstance(demand, Constraint)
                and not isinstance(demand.value, str)
                and one.amount.high in _numbers(demand)
            )
        if isinstance(demand, Constraint):
            values = {demand.value} if isinstance(demand.value, str) else set(map(str, _several(demand)))
            return any(entry.field == demand.field and values & set(entry.values) for entry in one.entries)
        words = set(phrase(one.mark.said)) | {
            word for entry in one.entries for word in phrase(leaf_name(entry.values[0]))
        }
        return bool(words & set(phrase(demand.text)))

    def _newest(self, command: Command) -> list[str]:
        demands = command.memory.demands
        last = max((demand.round for demand in demands), default=0)
        return [demand.id for demand in demands if demand.round == last]

    # Adding

    def _take(self, demand: Demand | str, one: Said, out: Outcome) -> None:
        if isinstance(demand, str):
            out.ignored.append(demand)
        else:
            self._add(out, one, demand)

    def _add(self, out: Outcome, one: Said, demand: Demand) -> None:
        out.add.append(replace(demand, scope=one.scope))


def quote_of(one: Said, text: str) -> str:
    """Return the words that say it, with the word that turns them where it stands near."""
    start = one.since if 0 <= one.since < one.mark.start and one.mark.start - one.since <= QUOTE_GAP else one.mark.start
    return text[start : one.mark.end].strip()


def _without_replaced(demands: Sequence[Demand], compared: Sequence[Demand]) -> list[Demand]:
    """Return the demands without comparisons on a field that an amount bounds too: `newer please, 2010 or later`."""
    bounded = {one.field for one in demands if isinstance(one, Constraint) and one not in compared and _numbers(one)}
    return [one for one in demands if not (one in compared and isinstance(one, Constraint) and one.field in bounded)]


def merged(demands: Sequence[Demand], registry: FieldRegistry) -> list[Demand]:
    """Return the demands without repeats; several values of a field that has one at a time become one demand."""
    found: list[Demand] = []
    for demand in demands:
        place = next((at for at, other in enumerate(found) if _same_slot(demand, other, registry)), None)
        if place is None:
            found.append(demand)
        else:
            found[place] = _either(found[place], demand)
    return found


def _same_slot(one: Demand, other: Demand, registry: FieldRegistry) -> bool:
    if isinstance(one, Preference) and isinstance(other, Preference):
        return (
            one.facet == other.facet and one.polarity == other.polarity and one.text.casefold() == other.text.casefold()
        )
    if not (isinstance(one, Constraint) and isinstance(other, Constraint)):
        return False
    if one.field != other.field or one.polarity != other.polarity:
        return False
    if one.op in ("eq", "in") and other.op in ("eq", "in"):
        single = registry.fields[one.field].kind in ("value", "category")
        return single and isinstance(one.value, str | tuple) and one.scope == other.scope or one.value == other.value
    return one.op == other.op and one.value == other.value or _closes(one, other)


def _is_choice(last: Demand, demand: Constraint) -> bool:
    """Return whether two values joined by "or" are a choice of one field."""
    return (
        isinstance(last, Constraint)
        and last.field == demand.field
        and last.polarity == demand.polarity
        and last.op in ("eq", "in")
    )


def _closes(one: Constraint, other: Constraint) -> bool:
    """Return whether two bounds are the two ends of one range."""
    lower, upper = ("gt", "ge"), ("lt", "le")
    ends = one.op in lower and other.op in upper or one.op in upper and other.op in lower
    ranges = one.op == other.op == "between" and _touch(one, other)
    return ranges or ends and isinstance(one.value, float | int) and isinstance(other.value, float | int)


def _touch(one: Constraint, other: Constraint) -> bool:
    """Return whether two ranges overlap or follow each other, as two decades do."""
    (low, high), (low2, high2) = sorted((_numbers(one), _numbers(other)))
    return low2 <= high + 1


def _either(one: Demand, other: Demand) -> Demand:
    if not (isinstance(one, Constraint) and isinstance(other, Constraint)) or one.value == other.value:
        return one
    if one.op == "between":
        ends = _numbers(one) + _numbers(other)
        return replace(one, value=(min(ends), max(ends)))
    if isinstance(one.value, float | int) and isinstance(other.value, float | int):
        low, high = sorted((float(one.value), float(other.value)))
        return replace(one, op="between", value=(low, high))
    values = sorted({str(value) for demand in (one, other) for value in _several(demand)})
    return replace(one, op="in", value=tuple(values))


def _several(demand: Constraint) -> tuple[str | float, ...]:
    return demand.value if isinstance(demand.value, tuple) else (demand.value,)


def _numbers(demand: Constraint) -> tuple[float, ...]:
    return tuple(float(value) for value in _several(demand) if isinstance(value, float | int))


def _as_words(one: Said) -> Said:
    return replace(one, grade=None, mark=replace(one.mark, kind="words"))
