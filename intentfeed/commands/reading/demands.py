"""Things said → demands in the catalogue's own spelling, and what is taken back of the memory (RecBot, 3.2). [ours]"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ...data.catalog import SEPARATOR, leaf_name
from ..fields import FieldRegistry
from ..records import Command, Constraint, Demand, Polarity, Preference, Shown
from .cues import Cues
from .indexing import Entry
from .licence import Licence
from .limits import Limits
from .merging import either, is_choice, merged, without_contrary, without_replaced
from .praise import Praise
from .references import core, shown_at
from .said import Reading, Said
from .settling import Settling
from .taking_back import TakingBack
from .vocabulary import Vocabulary

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
    licence: Licence

    def of(self, reading: Reading, command: Command, text: str) -> Outcome:
        """Return what a reading of a text asks for, in front of the slate and the memory of the command."""
        said = Settling(self.registry, self.limits).of(reading.said, command, text)
        asks = reading.asks or reading.alike
        kept = Praise(self.registry).without(said, command.slate, text, asks=asks)
        out = self._of(kept, reading, command, text)
        asked = out.add or out.retract_ids or out.clear_fields
        if asks and len(kept) < len(said) and not asked:
            return self._of(said, reading, command, text)  # "nice lamps, more please"
        return out

    def _of(self, said: Sequence[Said], reading: Reading, command: Command, text: str) -> Outcome:
        out = Outcome()
        back = TakingBack(command.memory, self.limits)
        for at, one in enumerate(said):
            quote = quote_of(one, text)
            if one.again:
                one.retracted = back.speaks(one)
                one.negative = not one.retracted
            if one.retracted and one.place is not None:
                one.retracted = back.speaks(one)
            if one.retracted and ((one.grade is None and one.amount is None) or back.speaks(one)):
                self._retract(one, back, quote, out)
            elif one.grade is not None:
                pointed = self._pointed(said, at, command.slate)
                self._take(self.limits.comparison(one, pointed or command.slate, quote), one, out)
                out.compared += out.add[-1:]
            elif one.amount is not None:
                self._take(self.limits.amount(one, command, quote), one, out)
            elif one.place is not None or self._items(one, command.slate):
                self._point(one, said, command, quote, out)
            elif one.mark.kind == "value" and self.licence.counts(one, reading):
                self._value(one, said, text, quote, out)
            elif one.mark.kind == "words":
                self._words(one, reading, text, quote, out)
        out.ignored += [f"{text[lo:hi]!r}: the limit beside it holds" for lo, hi in reading.passed_over]
        if reading.last_said:
            out.retract_ids += back.newest()
        out.add = merged(without_contrary(without_replaced(out.add, out.compared)), self.registry)
        return out

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

    def _pointed(self, said: Sequence[Said], at: int, slate: Sequence[Shown]) -> tuple[Shown, ...]:
        """Return the items that the comparison at a place is made with: those it names, else all pointed at alone."""
        of = [_compares(said, place) for place in range(len(said))]
        mine = at if at in of else -1
        found = [
            shown
            for owner, one in zip(of, said, strict=True)
            if owner == mine and not one.negative and not (one.place is not None and one.place.all)
            for shown in self._shown(one, slate)
        ]
        return tuple(dict.fromkeys(found))

    def _point(self, one: Said, said: Sequence[Said], command: Command, quote: str, out: Outcome) -> None:
        """Take up a place on the slate: more of its kind, or less."""
        items = self._shown(one, command.slate)
        whole = one.place is not None and one.place.all
        if not items:
            out.ignored.append(f"{quote!r}: there is no such item on the screen")
        elif not whole and not one.compared:
            stated = [
                entry.field for other in said if other is not one and not other.negative for entry in other.entries
            ]
            for shown in items[:FEW_ITEMS]:
                self._alike(shown, one, stated, quote, out)

    def _alike(self, shown: Shown, one: Said, stated: Sequence[str], quote: str, out: Outcome) -> None:
        """Ask for the category of an item, or for none of it; of an item without one, for what its title says."""
        polarity: Polarity = "negative" if one.negative else "positive"
        held = self.registry.held(shown.row, "category") if "category" in self.registry.fields else None
        if isinstance(held, tuple) and held:
            if "category" not in stated:
                leaf = leaf_name(held[0])
                self._add(out, one, Preference(polarity=polarity, facet="category", text=leaf, quote=quote))
        elif text := core(shown.row, self.registry, stated):
            self._add(out, one, Preference(polarity=polarity, facet="about", text=text, quote=quote))

    # Values and words

    def _value(self, one: Said, said: Sequence[Said], text: str, quote: str, out: Outcome) -> None:
        words = text[one.mark.start : one.mark.end]
        entry = self._chosen(one, said, words)
        if entry is None or (one.part and entry.match == "piece" and not one.name):
            self._about(one, words, quote, out)
            return
        held = self.registry.fields[entry.field]
        polarity: Polarity = "negative" if one.negative else "positive"
        reason = entry.match == "root" or (one.occasion and not self._is_asked(one, entry, said))
        if entry.match == "piece" and one.negative and any(self._is_wanted(path, out) for path in entry.values):
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
        if one.either and last is not None and isinstance(demand, Constraint) and is_choice(last, demand):
            out.add[-1] = either(last, demand)
        else:
            self._add(out, one, demand)

    def _words(self, one: Said, reading: Reading, text: str, quote: str, out: Outcome) -> None:
        """Take up free words: as the category that they lie in, else as they are, where they count at all."""
        words = text[one.mark.start : one.mark.end]
        path = self.licence.category(one, reading)
        if path and not (one.negative and self._is_wanted(path, out)):
            polarity: Polarity = "negative" if one.negative else "positive"
            self._add(out, one, Preference(polarity=polarity, facet="category", text=self._called(path), quote=quote))
        elif self.licence.is_asked(one, reading):
            self._about(one, words, quote, out)
        elif one.mark.known:
            out.ignored.append(f"{quote[:80]!r}: told, not asked for")
        else:
            out.ignored.append(f"{quote[:80]!r}: nothing of this catalogue")

    def _is_wanted(self, path: str, out: Outcome) -> bool:
        """Return whether the command asks for a category, so that what it refuses must be a part of it."""
        wanted = [one.text for one in out.add if isinstance(one, Preference) and one.polarity == "positive"]
        return self._called(path) in wanted

    def _called(self, path: str) -> str:
        """Return a category as people read it: its last level, where that is a level without others below it."""
        below = f"{path}{SEPARATOR}"
        inner = any(other.startswith(below) for other in self.registry.fields["category"].values)
        return path if inner else leaf_name(path)

    def _chosen(self, one: Said, said: Sequence[Said], words: str) -> Entry | None:
        """Return what a phrase means: in the field named beside it, in that of what it is joined to, as it is spelt."""
        at = next(place for place, other in enumerate(said) if other is one)
        joined = [said[at - 1]] if one.either and at else []
        joined += [other for other in said[at + 1 : at + 2] if other.either]
        beside = {entry.field for other in joined for entry in other.entries}
        named = set(self.limits.roles.cleared(one.name)) if one.name else set()
        for entry in one.entries:
            if entry.field in named:
                return entry
        for entry in one.entries:
            if entry.field in beside:
                return entry
        first = one.entries[0] if one.entries else None
        unsure = first is not None and not one.occasion and (first.field == "category" or not words.islower())
        spelt = (entry for entry in one.entries if unsure and self._is_spelt(entry, words))
        return next(spelt, first)

    def _is_spelt(self, entry: Entry, words: str) -> bool:
        """Return whether a whole name is spelt as it was typed: `Cats` is no `cat`, and `wine` no `Wine`.

        It decides where nothing else does, and among categories and what a rule can decide alone.
        """
        field = self.registry.fields[entry.field]
        clear = field.kind == "category" or field.hard
        return clear and entry.match == "whole" and any(leaf_name(value) == words for value in entry.values)

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

    def _retract(self, one: Said, back: TakingBack, quote: str, out: Outcome) -> None:
        fields, ids = back.of(one)
        out.clear_fields += [name for name in fields if name not in out.clear_fields]
        out.retract_ids += [found for found in ids if found not in out.retract_ids]
        if not (fields or ids):
            out.ignored.append(f"{quote!r}: nothing like it is asked for")

    # Adding

    def _take(self, demand: Demand | str, one: Said, out: Outcome) -> None:
        if isinstance(demand, str):
            out.ignored.append(demand)
        else:
            self._add(out, one, demand)

    def _add(self, out: Outcome, one: Said, demand: Demand) -> None:
        out.add.append(replace(demand, scope=one.scope))


def _compares(said: Sequence[Said], at: int) -> int:
    """Return the place of the comparison that names the item at a place: `newer than the first`; -1 for none."""
    first = at
    while first > 0 and said[first].place is not None and said[first - 1].place is not None:
        first -= 1
    return first - 1 if first and said[first].than and said[first - 1].grade is not None else -1


def quote_of(one: Said, text: str) -> str:
    """Return the words that say it, with the word that turns them where it stands near."""
    start = one.since if 0 <= one.since < one.mark.start and one.mark.start - one.since <= QUOTE_GAP else one.mark.start
    return text[start : one.mark.end].strip()
