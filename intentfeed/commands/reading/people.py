"""Whom items are for: "my niece" is one of the kids, where a field of the catalogue has kids. [ours]"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..fields import Field, FieldRegistry
from .cue_file import People
from .cues import Phrase
from .indexing import FEW_VALUES, Entry
from .tokens import phrase


def with_people(
    entries: Mapping[Phrase, tuple[Entry, ...]], registry: FieldRegistry, people: Sequence[People]
) -> dict[Phrase, tuple[Entry, ...]]:
    """Return the entries also under the words for people, where those mean nothing of their own."""
    found = dict(entries)
    for group in people:
        entry = _meant(group, registry)
        for said in group.said if entry is not None else ():
            assert entry is not None
            found.setdefault(phrase(said), (entry,))
    return found


def _meant(group: People, registry: FieldRegistry) -> Entry | None:
    """Return the values that stand for a group, of the field with few values that most items have; None for none."""
    called = {phrase(word) for word in group.called}
    held = [(field, _values(field, called)) for field in registry.fields.values() if field.kind in ("value", "list")]
    some = [(field, values) for field, values in held if values and len(field.values) <= FEW_VALUES]
    if not some:
        return None
    field, values = max(some, key=lambda one: (one[0].coverage, one[0].name))
    count = sum(n for value, n in zip(field.values, field.counts, strict=True) if value in values)
    return Entry(field.name, values, count, "child" if group.aged else "person")


def _values(field: Field, called: set[Phrase]) -> tuple[str, ...]:
    return tuple(value for value in field.values if phrase(value) in called)
