"""The slot guard: does a text say what was meant, all of it and nothing more (RecBot, 7.2, turn logic 6)?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..commands.records import Constraint
from .leaks import words_of
from .phrasing import Saying
from .slots import Slot
from .topics import stem
from .traits import Traits

_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")


def faults(text: str, saying: Saying, traits: Traits, cues: Mapping[str, Sequence[str]]) -> list[str]:
    """Return what is wrong with a text, in words that tell the speaker what to mend; [] where nothing is.

    A light extractor, not a parser: names and numbers must be there, negation where something is unwanted and nowhere
    else, a comparison where one is meant, no other number, and nothing else of the target.
    """
    intention, plain = saying.intention, text.casefold()
    found = [f"it does not name {name!r}" for slot in intention.slots for name in slot.names if not names(text, name)]
    unwanted = any(slot.demand.polarity == "negative" for slot in intention.slots)
    complaint = any(slot.complaint for slot in intention.slots)
    bare = plain
    for limit in cues["limits"]:
        bare = bare.replace(limit, " ")
    denies = _cued(bare, cues["negative"])
    back = bool(intention.stale) or intention.reset
    if unwanted and not denies:
        found.append("it does not say that something is unwanted")
    if denies and not (unwanted or complaint or back or any(_compares(slot) for slot in intention.slots)):
        found.append("it denies something, and nothing is to be denied")
    if back and not _cued(plain, cues["retract"]):
        found.append("it does not take back what no longer counts")
    found += [f"it does not compare by {slot.places.get('field', '')}" for slot in intention.slots
              if _compares(slot) and not _cued(plain, cues["less" if _is_less(slot) else "more"])]  # fmt: skip
    allowed = {digits for slot in intention.slots for place in (*slot.names, *slot.places.values())
               for digits in _NUMBER.findall(place)}  # fmt: skip
    found += [f"it names {number}, which is not meant" for number in _NUMBER.findall(text)
              if _number(number) not in {_number(each) for each in allowed}]  # fmt: skip
    meant = [name for slot in intention.slots for name in slot.names]
    found += [
        f"it names {value!r}, which is not to be told yet"
        for value in _untold(saying, traits)
        if names(text, value) and not any(names(name, value) for name in meant)
    ]
    return found


def names(text: str, name: str) -> bool:
    """Return whether a text names a value: its words in a row, by stem; a number as a number.

    >>> names("no more evening dress for me", "Evening Dresses"), names("under 50", "50"), names("500", "50")
    (True, True, False)
    """
    if _NUMBER.fullmatch(name):
        return _number(name) in {_number(found) for found in _NUMBER.findall(text)}
    said, meant = [stem(word) for word in words_of(text)], [stem(word) for word in words_of(name)]
    n = len(meant)
    return bool(n) and any(said[at : at + n] == meant for at in range(len(said) - n + 1))


def quotes(text: str, saying: Saying) -> list[str]:
    """Return for each slot the part of a text that says it: the clause with most of its names, else all of it."""
    clauses = [part.strip() for part in re.split(r"(?<=[,;.!?，。；！？])\s*|\s+(?:and|but)\s+", text) if part.strip()]
    found = []
    for slot in saying.intention.slots:
        counts = [sum(names(clause, name) for name in slot.names) for clause in clauses]
        best = max(counts, default=0)
        found.append(clauses[counts.index(best)].strip(" ,;.!?，。；！？") if best else text)
    return found


def _untold(saying: Saying, traits: Traits) -> list[str]:
    """Return what is true of the target and was never said."""
    said = {key for key, _ in saying.mind.said}
    target = saying.episode.target(saying.number)
    told: list[Any] = [slot.key for slot in saying.intention.slots]
    return [
        traits.spoken(trait.field, trait.values[0])
        for trait in traits.of(target)
        if trait.values and trait.key not in said and trait.key not in told
    ]


def _compares(slot: Slot) -> bool:
    """Whether a slot is a number compared with the feed."""
    return isinstance(slot.demand, Constraint) and slot.demand.op in ("lt", "gt") and not slot.names


def _is_less(slot: Slot) -> bool:
    return isinstance(slot.demand, Constraint) and slot.demand.op == "lt"


def _cued(plain: str, cues: Sequence[str]) -> bool:
    """Whether a cue stands in a text: as a word, or anywhere where a script has no blanks."""
    return any(
        re.search(rf"(?<!\w){re.escape(cue)}(?!\w)" if cue.isascii() else re.escape(cue), plain.replace("’", "'"))
        for cue in cues
    )


def _number(written: str) -> float:
    return float(written.replace(",", "."))
