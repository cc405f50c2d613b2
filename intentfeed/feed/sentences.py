"""The sentences by which a person is told what a command did, in the language of the catalogue. [ours]

Data, one file a language: `sentences.en.toml` and `sentences.zh.toml`. Places in braces are filled in once and never
read again, so that no word of an item or a person can be taken for one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from ..types import Settings

UNIT = " in "
"""Between a field and the unit of some of its values, in the name of the field that those are."""


class Sentences(Settings):
    """Sentences of one language."""

    quoted: str
    """Words of a person."""
    comma: str
    """Between the things of a list."""
    both: str
    """Before the last of a list, all of which is meant."""
    either: str
    """The same where any of them is."""
    semicolon: str
    """Between reasons."""
    none: str
    """No items."""

    gone: str
    """Why an item left: the shop has it no longer."""
    taken_up: str
    """The person bought it, or the like."""
    lapsed: str
    """What spoke for it holds no longer; of one that came, what spoke against it."""
    passed_over: str
    """It suits, but others should have their turn."""
    outdone: str
    """Others suit better."""
    meets: str
    """Why an item came."""
    next: str
    """Nothing that was said brought it."""
    up: str
    """An item that moved."""
    down: str
    """The other way."""
    because: str
    """Behind that, why."""
    against: str
    """What was said, and what the item is instead."""
    unsaid: str
    """The catalogue does not say."""
    lacks: str
    """The item has none of a field."""
    has: str
    """The item's value of a field."""

    reordered: str
    """The whole change: another order."""
    unchanged: str
    """The whole change: none."""
    changed: str
    """The whole change."""
    because_of: str
    """What did all of it."""
    mostly_because_of: str
    """What did most of it."""
    turned_away: str
    """Items that left for what was said, before `made_room`."""
    made_room_one: str
    """One item left for others' sake."""
    made_room: str
    """Several did."""
    came: str
    """What came and stayed, behind that."""

    nothing_of: str
    """Less than a slate: nothing is what was asked for."""
    nothing_of_all: str
    """Nothing is all of it."""
    one_of: str
    """One item is."""
    some_of: str
    """Some are."""
    unranked: str
    """Nothing is shown: nothing was found."""
    used_up: str
    """All of it was seen or is gone."""
    emptied_by_one: str
    """One demand leaves nothing."""
    emptied_by_any: str
    """Several do, each of them by itself in the way."""
    emptied_by_all: str
    """Several do, together only."""

    in_unit: str
    """A field whose values of one unit are a field of their own."""
    fields: Mapping[str, str]
    """Names that fields often have in data, as a reader knows them."""

    def named(self, field: str) -> str:
        """Return the name of a field as a reader knows it; one that nobody foresaw as the data has it."""
        name, apart, unit = field.rpartition(UNIT)
        if field in self.fields or not apart:
            return self.fields.get(field, field)
        return self.in_unit.format(field=self.fields.get(name, name), unit=unit)

    def listed(self, texts: Sequence[str], joined_by: str | None = None) -> str:
        """Return texts as a list: a, b and c."""
        if len(texts) < 2:
            return "".join(texts)
        return f"{self.comma.join(texts[:-1])}{self.both if joined_by is None else joined_by}{texts[-1]}"


@cache
def sentences_in(language: str) -> Sentences:
    """Return the sentences for a catalogue's language: Chinese ones for `zh`, else English ones."""
    name = "zh" if language == "zh" else "en"
    text = files(__package__).joinpath(f"sentences.{name}.toml").read_text("utf-8")
    return Sentences.model_validate(tomllib.loads(text))
