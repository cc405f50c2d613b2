"""The words of one catalogue: values of its fields, levels of its categories, words of its titles. Indexed once. [ours]

A value is found by its whole name, by a part that no other value shares, or by the word it ends in.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from ...data.catalog import SEPARATOR, Catalog, leaf_name
from ...data.script import is_spaceless
from ..fields import Field, FieldRegistry
from .cues import Cues, Phrase, longest_of
from .tokens import phrase, stem_of

Match = Literal["whole", "piece", "part", "root"]
LONGEST_VALUE: Final = 8
"""Tokens of a value in words; one of a script without blanks may have three times as many."""
RARE: Final = 0.15
"""Items with a value, as a share of the titles with its word, below which the word is no evidence of it."""
MOST_NEIGHBOURS: Final = 300
"""Values that begin with one word, beyond which none of them is guessed at."""
MOST_TITLES: Final = 200_000
"""Titles whose words are learnt."""
_PARTS: Final = re.compile(r"\s*[,&/+、]\s*|\s+and\s+|[和与及]")
_WORDS: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Entry:
    """What a phrase may mean: values of one field, any of which will do."""

    field: str
    values: tuple[str, ...]
    count: int
    """Items that have one of them."""
    match: Match = "whole"


class Vocabulary:
    """Finds what phrases mean in a catalogue."""

    def __init__(self, registry: FieldRegistry, catalog: Catalog, cues: Cues) -> None:
        self._cues = cues
        self._segmenter = catalog.segmenter
        self.registry = registry
        held = _Held(cues)
        for field in registry.fields.values():
            if field.kind == "category":
                _add_paths(held, field)
            elif field.values:
                _add_values(held, field, zip(field.values, field.counts, strict=True))
            elif field.kind == "text" and field.name not in ("title", "description"):
                _add_values(held, field, _short_texts(registry, field))
        self.entries: Mapping[Phrase, tuple[Entry, ...]] = _with_synonyms(held.entries(), cues)
        self.longest: Mapping[str, int] = longest_of(self.entries)
        self._starts: Mapping[str, tuple[Phrase, ...]] = _starts(self.entries)
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
        if any(_normal(phrase(name), self._cues) == tuple(words) for name in names):
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
            if word in of_categories or word in self._cues.ordinary and not self._ends_values(word, entries):
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
        return len(entry.values) == 1 and not entry.values[0].islower() or len(entry.values) > 1 and ends

    def _ends_values(self, word: str, entries: Sequence[Entry]) -> bool:
        """Return whether all values end in the word, written small: `light blue`, and not `Handert Kitchen`."""
        values = [value for entry in entries if entry.field != "category" for value in entry.values]
        return bool(values) and all(
            value.islower() and phrase(value)[-1:] == (word,) or is_spaceless(value) for value in values
        )

    def _roots(self) -> dict[str, tuple[Entry, ...]]:
        found: dict[str, list[Entry]] = defaultdict(list)
        for words, entries in self.entries.items():
            if len(words) == 1 and len(words[0]) > 3 and words[0].isascii():
                root = self._root(words[0])
                found[root] += [
                    Entry(entry.field, entry.values, entry.count, "root")
                    for entry in entries
                    if entry.field != "category" and self.registry.fields[entry.field].kind != "text"
                ]
        return {root: tuple(sorted(entries, key=_most)) for root, entries in found.items() if entries}

    def _root(self, stem: str) -> str:
        for ending in self._cues.endings:
            if stem.endswith(ending) and len(stem) - len(ending) > 2:
                stem = stem[: -len(ending)]
                break
        if len(stem) > 3 and stem[-1] == stem[-2]:
            stem = stem[:-1]
        return stem.removesuffix("e")


class _Held:
    """Collects entries by phrase while the index is built."""

    def __init__(self, cues: Cues) -> None:
        self.cues = cues
        self.whole: dict[Phrase, dict[str, tuple[list[str], int]]] = defaultdict(dict)
        self.named: set[tuple[Phrase, str]] = set()
        """Phrases that are a whole level of a category: parts of other levels are then not meant."""
        self.paths: set[str] = set()
        self.part: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))

    def add(self, words: Phrase, field: str, value: str, count: int) -> None:
        if not words or words in self.cues.stop and len(words) == 1 and words[0].isascii():
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
        silent = (word,) in self.cues.stop or (word,) in self.cues.quiet
        if (len(word) > 2 or not word.isascii()) and word.isalpha() and not silent:
            self.part[word][field][value] = count

    def entries(self) -> dict[Phrase, tuple[Entry, ...]]:
        return {
            words: tuple(
                sorted((self._entry(words, field, values, n) for field, (values, n) in fields.items()), key=_most)
            )
            for words, fields in self.whole.items()
        }

    def _entry(self, words: Phrase, field: str, values: Sequence[str], n: int) -> Entry:
        piece = field in self.paths and (words, field) not in self.named
        return Entry(field, tuple(values), n, "piece" if piece else "whole")

    def part_entries(self) -> dict[str, tuple[Entry, ...]]:
        return {
            word: tuple(
                sorted(
                    (Entry(field, tuple(values), sum(values.values()), "part") for field, values in fields.items()),
                    key=_most,
                )
            )
            for word, fields in self.part.items()
        }


def _with_synonyms(entries: dict[Phrase, tuple[Entry, ...]], cues: Cues) -> dict[Phrase, tuple[Entry, ...]]:
    """Return the entries also under other words of the same meaning, where those mean nothing of their own."""
    found = dict(entries)
    for words in list(entries):
        for at in range(len(words)):
            for n in range(1, min(3, len(words) - at) + 1):
                for other in cues.synonyms.get(words[at : at + n], ()):
                    found.setdefault((*words[:at], *other, *words[at + n :]), entries[words])
    return found


def _is_path(entries: Sequence[Entry]) -> bool:
    return any(entry.field == "category" for entry in entries)


def _starts(phrases: Iterable[Phrase]) -> dict[str, tuple[Phrase, ...]]:
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


def _most(entry: Entry) -> tuple[bool, int, str]:
    """Order what a phrase may mean: parts of a category's name last, else by how many items have it."""
    return entry.match == "piece", -entry.count, entry.field


def _add_values(held: _Held, field: Field, counted: Iterable[tuple[str, int]]) -> None:
    for value, count in counted:
        words = _normal(phrase(value), held.cues)
        if not words or len(words) > (3 * LONGEST_VALUE if is_spaceless(value) else LONGEST_VALUE):
            continue
        held.add(words, field.name, value, count)
        if is_spaceless(value):
            for suffix in held.cues.suffixes:
                if len(words) - len(suffix) > 1 and words[-len(suffix) :] == suffix:
                    held.add(words[: -len(suffix)], field.name, value, count)
                elif len(words) == 2 and words[-1:] == suffix:
                    held.add_part(words[0], field.name, value, count)
        elif len(words) > 1 and len(pieces := value.split()) > 1:
            ends = {phrase(pieces[0])[-1:], phrase(pieces[-1])[:1]} if field.kind != "text" else set()
            for word in sorted(ends):
                if len(phrase(pieces[0])) == len(phrase(pieces[-1])) == 1:
                    held.add_part(word[0], field.name, value, count)


def _add_paths(held: _Held, field: Field) -> None:
    held.paths.add(field.name)
    for path, count in zip(field.values, field.counts, strict=True):
        name = leaf_name(path)
        whole = _normal(phrase(name), held.cues)
        held.add_level(whole, field.name, path, count)
        levels = path.split(SEPARATOR)
        if len(levels) > 1:
            held.add_level(_normal(phrase(path.replace(SEPARATOR, " ")), held.cues), field.name, path, count)
        pieces = [piece for piece in _PARTS.split(name) if piece]
        if len(pieces) > 1:
            for piece in pieces:
                if not _is_adjective(piece, pieces[-1]):
                    held.add_piece(_normal(phrase(piece), held.cues), field.name, path, count)
            first, last = phrase(pieces[0]), phrase(pieces[-1])
            if len(first) > 1 and len(last) == 1:
                held.add_piece(_normal((first[0], *last), held.cues), field.name, path, count)
            elif len(first) == 1 and len(last) > 1:
                held.add_piece(_normal((*first, last[-1]), held.cues), field.name, path, count)
        for piece in pieces:
            words = _normal(phrase(piece), held.cues)
            if len(words) > 1 and not is_spaceless(piece):
                held.add_part(words[-1], field.name, path, count)


def _is_adjective(piece: str, last: str) -> bool:
    """Return whether a part of a category's name says of what kind the last part is: `Dark & Craft Chocolate`."""
    one, more = phrase(piece), phrase(last)
    return len(one) == 1 < len(more) and one[0] == piece.casefold() and not is_spaceless(piece)


def _normal(words: Phrase, cues: Cues) -> Phrase:
    return tuple(cues.same.get(word, word) for word in words)


def _short_texts(registry: FieldRegistry, field: Field) -> Iterable[tuple[str, int]]:
    """Return the texts of a field that are short enough to be named, with the items of each."""
    text_I = registry.column(field.name).text_I
    if text_I is None:
        return []
    counts = Counter(text for text in text_I.to_list() if text and len(text) <= 40)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


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
