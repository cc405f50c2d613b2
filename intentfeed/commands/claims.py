"""What a model says that a command asks for, held against the command, the fields and the screen (RecBot, 3.3, 3.5).

Code alone, and the same for every model: a quote must stand in the command; a field must be in the registry; a value
becomes the catalogue's own spelling or is left to a judgement of sense; numbers must be ones that were said; what
points at the screen is computed from what stands there. Nothing vanishes: what falls is told with its reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import cast, get_args

import numpy as np

from ..data.catalog import Catalog, leaf_name
from .amounts import Span, span_of
from .answer import ABOUT, MAX_ADDED, OPS, ParsedCommand, SaidDemand
from .fields import Field, FieldRegistry, leaf_values
from .limits import as_wanted, compared, met_together, was_said
from .normal import forms, key
from .phrases import MAX_CHARS, is_phrase, shown, stems
from .reading.references import core
from .records import Command, Constraint, Delta, Demand, Feedback, Polarity, Preference, Scope
from .told import Told

_FEEDBACKS: tuple[Feedback, ...] = get_args(Feedback)
_POLARITIES: tuple[Polarity, ...] = get_args(Polarity)


@dataclass(frozen=True)
class Base:
    """What all demands of one row share."""

    quote: str
    polarity: Polarity
    round: int
    scope: Scope
    until: date | None

    def preference(self, facet: str, text: str) -> Preference:
        """Return a soft demand."""
        return Preference(facet=facet, text=text, **vars(self))

    def constraint(self, field: Field, **more: object) -> Constraint:
        """Return a hard demand."""
        return Constraint(field=field.name, unit=field.unit, **vars(self), **more)  # type: ignore[arg-type]


class Claims:
    """Turns what a model said into a delta that the memory may take."""

    def __init__(self, registry: FieldRegistry, catalog: Catalog) -> None:
        self._registry, self._catalog = registry, catalog
        self._known: dict[str, dict[str, tuple[str, ...]]] = {}

    def delta(self, said: ParsedCommand, command: Command) -> tuple[Delta, int]:
        """Return what holds of an answer, and how many of its rows fell."""
        told = Told(command, self._catalog.titles, self._registry.card, frozenset(row.field for row in said.add))
        demands = _distinct(met_together(self._demands(said, told)), told)
        ids = {demand.id for demand in command.memory.demands}
        facets = {*self._registry.fields, ABOUT, *(_about(demand) for demand in command.memory.demands)}
        retracted = [row.id for row in said.retract if _stands(row.id, row.quote, ids, told)]
        cleared = [row.field for row in said.clear if _stands(row.field, row.quote, facets, told)]
        left = [words for quote in said.left if (words := told.own(quote))]
        told.ignored += [f"“{shown(words)}”: nothing here can do that" for words in left]
        delta = Delta(
            feedback=_feedback(said.feedback, adds=bool(demands), ends=bool(retracted or cleared)),
            add=tuple(demands),
            retract_ids=tuple(dict.fromkeys(retracted)),
            clear_fields=tuple(dict.fromkeys(cleared)),
            ignored=tuple(dict.fromkeys(told.ignored)),
            tightens=said.tightens and bool(demands),
            widens=said.widens and bool(demands),
            speaker="llm",
        )
        return delta, told.n_fallen

    def _demands(self, said: ParsedCommand, told: Told) -> Iterator[Demand]:
        for row in said.add:
            quote = told.own(row.quote)
            polarity = next((each for each in _POLARITIES if each == row.polarity), None)
            if not quote:
                told.falls(row.quote, "these are not your words")
            elif polarity is None or row.op not in OPS:
                told.falls(quote, "not read as wanted or unwanted")
            elif row.than and not told.meant(row.than):
                told.falls(quote, "no such place on the screen")
            else:
                base = Base(quote, polarity, told.command.round, *_held_for(row.holds, told.command.today))
                yield from self._read(row, base, told)

    def _read(self, row: SaidDemand, base: Base, told: Told) -> Iterator[Demand]:
        """Yield the demands of one row: by its field where the catalogue has it, else in free words."""
        field = self._registry.field(row.field)
        if field is not None and field.kind in ("number", "date"):
            yield from self._numeric(field, row, base, told)
            return
        if row.op == "less":  # of words, less of a thing is not wanting it, whichever way the polarity says it
            base = replace(base, polarity="negative")
        if field is None or field.kind == "text":
            yield from self._free(row.values or self._titles(row, told), row, base, told)
        else:
            yield from self._worded(field, row, base, told)

    # Numbers

    def _numeric(self, field: Field, row: SaidDemand, base: Base, told: Told) -> Iterator[Demand]:
        ends = (field.low, field.high) if field.low is not None and field.high is not None else None
        read = (span_of(value, field.kind, field.unit, ends) for value in row.values)
        spans = [span for span in read if span is not None]
        if row.values and not spans:  # "cheap": a word about a number
            yield from self._free(row.values, row, base, told)
            return
        if spans and not all(was_said(span, field, base.quote) for span in spans):
            told.falls(base.quote, "a number that you did not say")
            return
        points = row.than or (list(told.rows) if row.op in ("less", "more") else [])
        spans = spans or self._middle(field, told.meant(points))
        found = compared(field, row.op, spans) if spans else None
        if found is None:
            named = f"none of the items meant has a {field.name}" if points else "nothing to compare with"
            told.falls(base.quote, named)
        elif field.hard:
            op, value = found
            approximate = row.op in ("around", "like")
            yield as_wanted(base.constraint(field, op=op, value=value, approximate=approximate))
        else:
            yield base.preference(field.name, shown(base.quote))

    def _middle(self, field: Field, rows: Sequence[int]) -> list[Span]:
        """Return the median of what these rows have in a field (RecBot, 3.3); [] where none has anything."""
        held = [self._registry.held(row, field.name) for row in rows]
        numbers = [value for value in held if isinstance(value, float)]
        middle = float(np.median(numbers)) if numbers else 0.0
        return [(middle, middle)] if numbers else []

    # Words

    def _worded(self, field: Field, row: SaidDemand, base: Base, told: Told) -> Iterator[Demand]:
        """Yield what a field's own values decide, as one demand, and anything else as free words about it."""
        values = row.values or self._held(field, told.meant(row.than))
        if not values:
            told.falls(base.quote, f"none of the items meant has a {field.name}" if row.than else "nothing was named")
        found = {value: self.spelled(field, value) for value in values}
        if row.values and field.hard:
            meant = self._held(field, told.meant(row.than))
            lent = [value for value in values if self._is_lent(found[value], field, meant, told)]
            for value in lent:
                told.falls(base.quote, f"“{shown(value)}” is an item's word, not yours")
            values = [value for value in values if value not in lent]
            found = {value: found[value] for value in values}
        spelled = list(dict.fromkeys(text for texts in found.values() for text in texts))
        if spelled and field.hard:
            one = len(spelled) == 1
            yield base.constraint(field, op="eq" if one else "in", value=spelled[0] if one else tuple(spelled))
        elif spelled:
            names = [leaf_name(text) if field.kind == "category" else text for text in spelled]
            for name in {key(name): name for name in reversed(names)}.values():
                yield base.preference(field.name, name)
        facet = field.name if field.kind != "category" else ABOUT
        yield from self._free([value for value in values if not found[value]], row, base, told, facet=facet)

    def _is_lent(self, spelled: Sequence[str], field: Field, meant: Sequence[str], told: Told) -> bool:
        """Return whether a value may be an item's doing: nobody said it, no item that is meant has it, and a text on
        the screen says it. What is said in another script is translated, so that its words prove nothing."""
        names = [leaf_name(text) if field.kind == "category" else text for text in spelled if text not in meant]
        return any(told.speaks_as(name) and told.is_an_items(name) for name in names)

    def _free(
        self, values: Sequence[str], row: SaidDemand, base: Base, told: Told, *, facet: str = ABOUT
    ) -> Iterator[Demand]:
        """Yield demands in free words, where these are a phrase, and not one that an item on the screen says."""
        if not values and facet == ABOUT and row.field not in self._registry.fields:
            told.falls(base.quote, "nothing was named")
        for value in values:
            text = " ".join(value.split())
            if row.values and told.is_an_items(text):
                told.falls(base.quote, "these words are an item's, not yours")
            elif row.values and not stems(text) & stems(told.command.text) and not stems(text) <= self._value_stems:
                told.falls(base.quote, "these words are neither yours nor the catalogue's")
            elif row.values and not is_phrase(text):
                told.falls(base.quote, "not read as a phrase")
            else:
                yield base.preference(facet, text)

    def _held(self, field: Field, rows: Sequence[int]) -> list[str]:
        held = [self._registry.held(row, field.name) for row in rows]
        return list(dict.fromkeys(text for texts in held if isinstance(texts, tuple) for text in texts))

    def _titles(self, row: SaidDemand, told: Told) -> list[str]:
        """Return what the rows that are meant are like, without what the command says of their fields itself."""
        titles = [shown(core(at, self._registry, sorted(told.named)), MAX_CHARS) for at in told.meant(row.than)]
        return list(dict.fromkeys(title for title in titles if title))

    @cached_property
    def _value_stems(self) -> frozenset[str]:
        """The words of all values of the catalogue."""
        fields = self._registry.fields.values()
        return frozenset(stem for field in fields for value in field.values for stem in stems(value))

    def spelled(self, field: Field, value: str) -> tuple[str, ...]:
        """Return the catalogue's own spelling of a value, singular and plural alike; of a level all paths so called."""
        if field.name not in self._known:
            whole: dict[str, tuple[str, ...]] = {key(each): (each,) for each in field.values}
            self._known[field.name] = {**leaf_values(field), **whole} if field.kind == "category" else whole
        known, folded = self._known[field.name], key(value.replace("›", ">").replace("‹", "<"))  # as prompts show them
        *before, last = folded.split() or [""]
        tried = [folded, *sorted(" ".join([*before, form]) for form in forms(last))]
        return next((known[each] for each in tried if each in known), ())


def _stands(name: str, quote: str, known: set[str], told: Told) -> bool:
    """Return whether something that is to end exists, and words of the command end it."""
    if name not in known:
        return told.falls(quote or name, f"nothing called {shown(name, 20)} holds")
    return bool(told.own(quote)) or told.falls(quote or name, "these are not your words")


def _distinct(demands: Sequence[Demand], told: Told) -> list[Demand]:
    """Return the demands, each once; of the same thing wanted and unwanted, what was said last; no more than twelve."""
    kept: dict[tuple[object, ...], Demand] = {}
    for demand in demands:
        before = kept.pop(_what(demand), None)
        if before is not None and before.polarity != demand.polarity:
            told.falls(before.quote, "said both ways, so the later one counts")
        kept[_what(demand)] = demand
    for demand in list(kept.values())[MAX_ADDED:]:
        told.falls(demand.quote, f"more than {MAX_ADDED} things at once")
    return list(kept.values())[:MAX_ADDED]


def _feedback(said: str, *, adds: bool, ends: bool) -> Feedback:
    """Return what a command does: the model's word where what it found agrees, else what follows from that."""
    feedback: Feedback = next((each for each in _FEEDBACKS if each == said), "new")
    if feedback in ("satisfied", "neutral") and (adds or ends):
        return "revise" if ends else "new"
    if feedback in ("new", "revise") and not adds and not ends:
        return "neutral"
    return "revise" if feedback == "new" and ends else feedback


def _held_for(holds: str, today: date) -> tuple[Scope, date | None]:
    """Return scope and end: a day to come ends what otherwise holds always; what is no day means this session."""
    if holds in get_args(Scope):
        return cast("Scope", holds), None
    try:
        until = date.fromisoformat(holds.strip())
    except ValueError:
        return "session", None
    return ("always", until) if until > today else ("session", None)


def _what(demand: Demand) -> tuple[object, ...]:
    if isinstance(demand, Constraint):
        return demand.field, demand.op, demand.value
    return demand.facet, key(demand.text)


def _about(demand: Demand) -> str:
    return demand.field if isinstance(demand, Constraint) else demand.facet
