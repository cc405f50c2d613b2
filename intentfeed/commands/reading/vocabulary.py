"""The words of one catalogue: values of its fields, levels of its categories, words of its titles. Indexed once. [ours]

A value is found by its whole name, by a part that no other value shares, or by the word it ends in.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from ...data.catalog import Catalog, leaf_name
from ...data.script import is_spaceless
from ..fields import FieldRegistry
from .cues import Cues, Phrase, longest_of
from .indexing import (
    Entry,
    Held,
    add_paths,
    add_values,
    most_items,
    normal,
    said_in_full,
    short_texts,
    starts,
    with_synonyms,
)
from .people import with_people
from .tokens import phrase, stem_of

RARE: Final = 0.15
"""Items with a value, as a share of the titles with its word, below which the word is no evidence of it."""
MOST_TITLES: Final = 200_000
"""Titles whose words are learnt."""
_WORDS: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


class Vocabulary:
    """Finds what phrases mean in a catalogue."""

    def __init__(self, registry: FieldRegistry, catalog: Catalog, cues: Cues) -> None:
        self._cues = cues
        self._segmenter = catalog.segmenter
        self.registry = registry
        held = Held(cues, registry.fields, said_in_full(registry, len(catalog)))
        for field in registry.fields.values():
            if field.kind == "category":
                add_paths(held, field)
            elif field.values:
                add_values(held, field, zip(field.values, field.counts, strict=True))
            elif field.kind == "text" and field.name not in ("title", "description"):
                add_values(held, field, short_texts(registry, field))
        own = with_synonyms(held.entries(), cues)
        self.entries: Mapping[Phrase, tuple[Entry, ...]] = with_people(own, registry, cues.people)
        self.longest: Mapping[str, int] = longest_of(self.entries)
        self._starts: Mapping[str, tuple[Phrase, ...]] = starts(self.entries)
        self.parts: Mapping[str, tuple[Entry, ...]] = held.part_entries()
        self._told: Mapping[str, tuple[Entry, ...]] = self._telling_parts()
        self.roots: Mapping[str, tuple[Entry, ...]] = self._roots()
        self.title_words: Mapping[str, int] = _title_words(catalog)
        self.names: Mapping[Phrase, str] = _names(registry)
        self.longest_name: Mapping[str, int] = longest_of(self.names)

    def at(self, stems: Sequence[str], place: int) -> tuple[int, tuple[Entry, ...]] | None:
        """Return the longest value that begins at a place: how many tokens it has, and what it may mean."""
        most = min(self.longest.get(stems[place], 0), len(stems) - place)
        for n in range(most, 0, -1):
            if (found := self.entries.get(tuple(stems[place : place + n]))) is not None:
                return n, found
        return None

    def nearly_at(self, stems: Sequence[str], place: int) -> tuple[int, tuple[Entry, ...]] | None:
        """Return a value of several words of which one is a letter off: `yoga matts`; None where nothing is that near.

        One word alone is never bent so: it may be right as it is. Beside the other words of a value it is not.
        """
        for words in self._starts.get(stems[place], ()):
            typed = tuple(stems[place : place + len(words)])
            if len(typed) == len(words) and typed != words:
                off = [(one, other) for one, other in zip(typed, words, strict=True) if one != other]
                if len(off) == 1 and _is_nearly(*off[0]):
                    return len(words), self.entries[words]
        return None

    def name_at(self, stems: Sequence[str], place: int) -> tuple[int, str] | None:
        """Return the longest name of a field that begins at a place: how many tokens, and the field."""
        most = min(self.longest_name.get(stems[place], 0), len(stems) - place)
        for n in range(most, 0, -1):
            if (found := self.names.get(tuple(stems[place : place + n]))) is not None:
                return n, found
        return None

    def knows(self, stem: str) -> bool:
        """Return whether a word occurs in a value, a category or a title."""
        return stem in self.title_words or stem in self.parts or stem in self.longest or (stem,) in self.entries

    def first_word(self, run: str) -> str:
        """Return the word that a run of characters without blanks begins with, as titles have it; '' for none."""
        words = self._segmenter.cut(run) if self._segmenter.knows else ()
        return words[0] if words and words[0] in self._segmenter.counts else ""

    def words_of(self, run: str) -> Sequence[str]:
        """Return the words of a run of characters without blanks, as titles have them; () where none is known."""
        return self._segmenter.cut(run) if self._segmenter.knows else ()

    def part_of(self, stem: str) -> tuple[Entry, ...]:
        """Return what a word means that is a part of values, categories left out; () where it tells too little."""
        return self._told.get(stem, ())

    def tells(self, entry: Entry, words: Sequence[str]) -> bool:
        """Return whether a phrase is evidence of what it may mean: no rule hides items for a word of many senses."""
        rare = len(words) == 1 and entry.count < RARE * self.title_words.get(words[0], 0)
        return not (rare and self.registry.fields[entry.field].hard) and not self._is_shared(entry, words)

    def _is_shared(self, entry: Entry, words: Sequence[str]) -> bool:
        """Return whether a category's words are the last ones of other categories too, so that they name none."""
        if entry.field != "category":
            return False
        names = {leaf_name(path) for path in entry.values}
        if any(normal(phrase(name), self._cues) == tuple(words) for name in names):
            return False
        parts = self.parts.get(words[-1], ()) if len(words) == 1 else ()
        return len(names | {leaf_name(path) for part in parts if part.field == "category" for path in part.values}) > 1

    def of_root(self, stem: str) -> tuple[Entry, ...]:
        """Return what words of the same root mean: `hike` finds `hiking`."""
        return self.roots.get(self._root(stem), ()) if len(stem) > 3 else ()

    def _telling_parts(self) -> dict[str, tuple[Entry, ...]]:
        """Return the parts that tell: common nouns that values end in, and proper names of a single value."""
        of_categories = {word for words, entries in self.entries.items() for word in words if _is_path(entries)}
        found: dict[str, tuple[Entry, ...]] = {}
        for word, entries in self.parts.items():
            if word in of_categories or (word in self._cues.ordinary and not self._ends_values(word, entries)):
                continue
            kept = tuple(entry for entry in entries if entry.field != "category" and self._tells(word, entry))
            if kept:
                found[word] = kept
        return found

    def _tells(self, word: str, entry: Entry) -> bool:
        """Return whether a part stands for its values: a proper name for one, a common noun for several.

        Of a hard field one value in small letters does not count: a rule would hide all others for half a word.
        """
        ends = self._ends_values(word, (entry,))
        if not self.registry.fields[entry.field].hard or not word.isascii():
            return len(entry.values) == 1 or ends
        return (len(entry.values) == 1 and not entry.values[0].islower()) or (len(entry.values) > 1 and ends)

    def _ends_values(self, word: str, entries: Sequence[Entry]) -> bool:
        """Return whether all values end in the word, written small: `light blue`, and not `Handert Kitchen`."""
        values = [value for entry in entries if entry.field != "category" for value in entry.values]
        return bool(values) and all(
            (value.islower() and phrase(value)[-1:] == (word,)) or is_spaceless(value) for value in values
        )

    def _roots(self) -> dict[str, tuple[Entry, ...]]:
        found: dict[str, list[Entry]] = defaultdict(list)
        for words, entries in self.entries.items():
            if len(words) == 1 and len(words[0]) > 3 and words[0].isascii() and words not in self._cues.stop:
                root = self._root(words[0])
                found[root] += [
                    Entry(entry.field, entry.values, entry.count, "root")
                    for entry in entries
                    if entry.field != "category" and self.registry.fields[entry.field].kind != "text"
                ]
        return {root: tuple(sorted(entries, key=most_items)) for root, entries in found.items() if entries}

    def _root(self, stem: str) -> str:
        for ending in self._cues.endings:
            if stem.endswith(ending) and len(stem) - len(ending) > 2:
                stem = stem[: -len(ending)]
                break
        if len(stem) > 3 and stem[-1] == stem[-2]:
            stem = stem[:-1]
        return stem.removesuffix("e")


def _is_path(entries: Sequence[Entry]) -> bool:
    return any(entry.field == "category" for entry in entries)


def _is_nearly(typed: str, meant: str) -> bool:
    """Return whether a word is another one with two letters swapped or one doubled."""
    if min(len(typed), len(meant)) < 3 or not typed.isalpha() or typed[0] != meant[0]:
        return False
    if len(typed) == len(meant):
        off = [at for at, (one, other) in enumerate(zip(typed, meant, strict=True)) if one != other]
        return (
            len(off) == 2 and off[1] == off[0] + 1 and typed[off[0]] == meant[off[1]] and typed[off[1]] == meant[off[0]]
        )
    longer, shorter = sorted((typed, meant), key=len, reverse=True)
    doubled = (at for at in range(1, len(longer)) if longer[at] == longer[at - 1])
    return len(longer) == len(shorter) + 1 and any(longer[:at] + longer[at + 1 :] == shorter for at in doubled)


def _title_words(catalog: Catalog) -> dict[str, int]:
    counts: Counter[str] = Counter()
    raw: Counter[str] = Counter()
    for title in catalog.titles[:MOST_TITLES]:
        raw.update(set(_WORDS.findall(title)))
    for word, n in raw.items():
        counts[stem_of(word.casefold())] += n
    return dict(counts)


def _names(registry: FieldRegistry) -> dict[Phrase, str]:
    """Return the names of fields, as people say them; of two fields of one name the more common one has it."""
    found: dict[Phrase, str] = {}
    for field in sorted(registry.fields.values(), key=lambda field: -field.coverage):
        for alias in (field.name, *field.aliases):
            if words := phrase(alias):
                found.setdefault(words, field.name)
    return found
