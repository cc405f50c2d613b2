"""Values and category names of a catalogue under every phrase by which people may call them. [ours]"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from ...data.catalog import SEPARATOR, leaf_name
from ...data.script import is_spaceless
from ..fields import Field, FieldRegistry
from .cues import Cues, Phrase
from .tokens import phrase, ranged_phrase

Match = Literal["whole", "piece", "part", "root", "person", "child"]
"""A whole value; a part of a category's name; a word of a value; a word of the same root; somebody it is for."""
LONGEST_VALUE: Final = 8
"""Tokens of a value in words; one of a script without blanks may have three times as many."""
LONGEST_TEXT: Final = 40
"""Characters of a text that may be named whole, such as a model."""
MOST_NEIGHBOURS: Final = 300
"""Values that begin with one word, beyond which none of them is guessed at."""
FEW_VALUES: Final = 12
"""Values of a field that everybody knows, such as the seasons."""
COMMON: Final = 5
"""Categories that a list must know to be looked at for whether it says the same."""
LOOKED_AT: Final = 500
"""Items that tell whether a list says the same as a category, all over the catalogue."""
IN_FULL: Final = 0.95
"""Of them, that must have the category in the list."""
SOME_VALUES: Final = 150
"""Values of a field that has a vocabulary of its own, such as materials."""
_PARTS: Final = re.compile(r"\s*[,&/+、]\s*|\s+and\s+|[和与及]")


@dataclass(frozen=True, slots=True)
class Entry:
    """What a phrase may mean: values of one field, any of which will do."""

    field: str
    values: tuple[str, ...]
    count: int
    """Items that have one of them."""
    match: Match = "whole"
    said: str = ""
    """The last word of the phrase."""


class Held:
    """Collects entries by phrase while the index is built."""

    def __init__(
        self, cues: Cues, fields: Mapping[str, Field], fuller: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.cues = cues
        self._fields = fields
        self._order = likeliest(fields, fuller)
        self.whole: dict[Phrase, dict[str, tuple[list[str], int]]] = defaultdict(dict)
        self.named: set[tuple[Phrase, str]] = set()
        """Phrases that are a whole level of a category: parts of other levels are then not meant."""
        self.paths: set[str] = set()
        self.part: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))

    def add(self, words: Phrase, field: str, value: str, count: int) -> None:
        """Add a value under a phrase, unless that is a word that says nothing and no rule decides the field."""
        silent = words in self.cues.stop and len(words) == 1 and words[0].isascii()
        if not words or (silent and (field in self.paths or not self._fields[field].hard)):
            return
        values, total = self.whole[words].get(field, ([], 0))
        if value not in values:
            self.whole[words][field] = ([*values, value], total + count)

    def add_level(self, words: Phrase, field: str, path: str, count: int) -> None:
        """Add a whole level of a category, in the place of parts of levels."""
        if (words, field) not in self.named:
            self.named.add((words, field))
            self.whole[words].pop(field, None)
        self.add(words, field, path, count)

    def add_piece(self, words: Phrase, field: str, path: str, count: int) -> None:
        """Add a part of a level, unless a whole level is called so."""
        if (words, field) not in self.named:
            self.add(words, field, path, count)

    def add_part(self, word: str, field: str, value: str, count: int) -> None:
        """Add a value under one of its words."""
        silent = (word,) in self.cues.stop or (word,) in self.cues.quiet
        if (len(word) > 2 or not word.isascii()) and word.isalpha() and not silent:
            self.part[word][field][value] = count

    def entries(self) -> dict[Phrase, tuple[Entry, ...]]:
        """Return what each phrase may mean, likeliest first."""
        return {
            words: tuple(
                sorted((self._entry(words, field, values, n) for field, (values, n) in fields.items()), key=self._order)
            )
            for words, fields in self.whole.items()
        }

    def _entry(self, words: Phrase, field: str, values: Sequence[str], n: int) -> Entry:
        piece = field in self.paths and (words, field) not in self.named
        return Entry(field, tuple(values), n, "piece" if piece else "whole", words[-1])

    def part_entries(self) -> dict[str, tuple[Entry, ...]]:
        """Return what each word may be a part of, likeliest first."""
        return {
            word: tuple(
                sorted(
                    (Entry(field, tuple(values), sum(values.values()), "part") for field, values in fields.items()),
                    key=most_items,
                )
            )
            for word, fields in self.part.items()
        }


def with_synonyms(entries: dict[Phrase, tuple[Entry, ...]], cues: Cues) -> dict[Phrase, tuple[Entry, ...]]:
    """Return the entries also under other words of the same meaning, where those mean nothing of their own."""
    found = dict(entries)
    for words in list(entries):
        for at in range(len(words)):
            for n in range(1, min(3, len(words) - at) + 1):
                for other in cues.synonyms.get(words[at : at + n], ()):
                    found.setdefault((*words[:at], *other, *words[at + n :]), entries[words])
    return found


def starts(phrases: Iterable[Phrase]) -> dict[str, tuple[Phrase, ...]]:
    """Return the phrases of several words by their first one, longest first; of very many none."""
    found: dict[str, list[Phrase]] = defaultdict(list)
    for words in phrases:
        if 1 < len(words) <= LONGEST_VALUE and words[0].isascii():
            found[words[0]].append(words)
    return {
        first: tuple(sorted(held, key=lambda words: (-len(words), words)))
        for first, held in found.items()
        if len(held) <= MOST_NEIGHBOURS
    }


def most_items(entry: Entry) -> tuple[bool, int, str]:
    """Order what a phrase may mean: parts of a category's name last, else by how many items have it."""
    return entry.match == "piece", -entry.count, entry.field


def likeliest(fields: Mapping[str, Field], fuller: Mapping[str, str]) -> Callable[[Entry], tuple[int, int, str]]:
    """Order what a phrase may mean: a value of a few, then a category, one of some, one of many, part of a category.

    Of a category and a list that says the same in full, as all genres do of a first genre, the list is meant.
    """

    def order(entry: Entry) -> tuple[int, int, str]:
        field = fields[entry.field]
        if entry.field in fuller.values() and entry.match == "whole":
            return 1, -entry.count, entry.field
        if field.kind == "category":
            return (1 if entry.match == "whole" else 4) + (entry.field in fuller), -entry.count, entry.field
        if field.kind == "value" and len(field.values) <= FEW_VALUES:
            return 0, -entry.count, entry.field
        doing = bool(entry.said) and (not entry.said.isascii() or entry.said.endswith("ing"))
        some = field.kind != "text" and len(field.values) <= SOME_VALUES
        many = 3 if doing or not some or field.hard else 5
        return (many if field.kind == "list" else 2 if some else 3), -entry.count, entry.field

    return order


def said_in_full(registry: FieldRegistry, n_items: int) -> dict[str, str]:
    """Return for each category field the list, if any, that holds its value for nearly all items that have one."""
    fields = registry.fields
    lists = [name for name, field in fields.items() if field.kind == "list"]
    found: dict[str, str] = {}
    for name in (name for name, field in fields.items() if field.kind == "category"):
        for other in lists:
            if set(fields[name].values[:COMMON]) <= set(fields[other].values) and _is_within(
                registry, name, other, n_items
            ):
                found.setdefault(name, other)
    return found


def _is_within(registry: FieldRegistry, name: str, other: str, n_items: int) -> bool:
    rows = range(0, n_items, 1 + n_items // LOOKED_AT)
    pairs = [(registry.held(row, name), registry.held(row, other)) for row in rows]
    both = [held[0] in more for held, more in pairs if isinstance(held, tuple) and held and isinstance(more, tuple)]
    return bool(both) and sum(both) >= IN_FULL * len(both)


def add_values(held: Held, field: Field, counted: Iterable[tuple[str, int]]) -> None:
    """Add the values of a field, each with the items that have it."""
    for value, count in counted:
        words = normal(phrase(value), held.cues)
        if not words or len(words) > (3 * LONGEST_VALUE if is_spaceless(value) else LONGEST_VALUE):
            continue
        held.add(words, field.name, value, count)
        if words[-1].isalpha() and (ranged := normal(ranged_phrase(value), held.cues)) != words:
            held.add(ranged, field.name, value, count)  # `0-13 kg` is no amount
        if len(words) > 2 and words[1] == "x" and words[0].isdigit() and words[2].isdigit():
            for by in ("x", "by"):  # `160 by 230` is `160 x 230 cm`
                held.add((words[0], by, words[2]), field.name, value, count)
        if is_spaceless(value):
            for suffix in held.cues.suffixes:
                if len(words) - len(suffix) > 1 and words[-len(suffix) :] == suffix:
                    held.add(words[: -len(suffix)], field.name, value, count)
                elif len(words) == 2 and words[-1:] == suffix and words[0].isascii() and words[0].isalpha():
                    held.add(words[:1], field.name, value, count)  # `XL` of `XL码`
                elif len(words) == 2 and words[-1:] == suffix:
                    held.add_part(words[0], field.name, value, count)
        elif len(words) > 1 and len(pieces := value.split()) > 1:
            ends = {phrase(pieces[0])[-1:], phrase(pieces[-1])[:1]} if field.kind != "text" else set()
            for word in sorted(ends):
                if len(phrase(pieces[0])) == len(phrase(pieces[-1])) == 1:
                    held.add_part(word[0], field.name, value, count)


def add_paths(held: Held, field: Field) -> None:
    """Add the levels of the category paths, whole and in parts, under which people may call them."""
    held.paths.add(field.name)
    for path, count in zip(field.values, field.counts, strict=True):
        name = leaf_name(path)
        whole = normal(phrase(name), held.cues)
        held.add_level(whole, field.name, path, count)
        levels = path.split(SEPARATOR)
        if len(levels) > 1:
            held.add_level(normal(phrase(path.replace(SEPARATOR, " ")), held.cues), field.name, path, count)
        pieces = [piece for piece in _PARTS.split(name) if piece]
        if len(pieces) > 1:
            for piece in pieces:
                if not _is_adjective(piece, pieces[-1]):
                    held.add_piece(normal(phrase(piece), held.cues), field.name, path, count)
            first, last = phrase(pieces[0]), phrase(pieces[-1])
            if len(first) > 1 and len(last) == 1:
                held.add_piece(normal((first[0], *last), held.cues), field.name, path, count)
            elif len(first) == 1 and len(last) > 1:
                held.add_piece(normal((*first, last[-1]), held.cues), field.name, path, count)
        for piece in pieces:
            words = normal(phrase(piece), held.cues)
            if len(words) > 1 and not is_spaceless(piece):
                held.add_part(words[-1], field.name, path, count)


def _is_adjective(piece: str, last: str) -> bool:
    """Return whether a part of a category's name says of what kind the last part is: `Dark & Craft Chocolate`."""
    one, more = phrase(piece), phrase(last)
    return len(one) == 1 < len(more) and one[0] == piece.casefold() and not is_spaceless(piece)


def normal(words: Phrase, cues: Cues) -> Phrase:
    """Return the words of a phrase in the spelling that is looked up."""
    return tuple(cues.same.get(word, word) for word in words)


def short_texts(registry: FieldRegistry, field: Field) -> Iterable[tuple[str, int]]:
    """Return the texts of a field that are short enough to be named, with the items of each."""
    text_I = registry.column(field.name).text_I
    if text_I is None:
        return []
    counts = Counter(text for text in text_I.to_list() if text and len(text) <= LONGEST_TEXT)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
