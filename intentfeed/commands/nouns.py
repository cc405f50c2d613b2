"""What the titles call the items: a noun that somebody names may be a kind of things though no field knows it [ours].

In titles a noun stands at the end of its phrase ("Two-speed Electric Screwdriver, Black", "Kettle with Filter") and an
adjective before it; names and numbers may follow ("Brush Pens Rallulo 5"). A word that mostly stands there is a noun,
and the items whose titles end so are what it names: a lamp shade is no lamp. Where the script has no blanks between
words, the end of a run of characters is the end of a phrase.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..data.catalog import TELLING, Catalog, leaf_name
from ..data.script import SPACELESS, is_spaceless, pairs, parts
from .evidence import function_words
from .normal import forms, key, singular, spaced, spaced_text

Mask = NDArray[np.bool_]
OFTEN = 0.4
"""Share of the titles with a word in which it ends the phrase, from which it is a noun."""
LONGEST = 4
"""Words of a noun phrase that are looked for."""
RARE = 2
"""Titles that a name stands in at most; in small catalogues one."""
MANY = 1_000
"""Items from which a catalogue is not small."""
KEPT = 256
_AND = r"[,，、&/]| and |和|与"
_MARKS = r"[,;:](?:\s|$)|[()\[\]{}|]|\s[-–—]\s"


@dataclass(frozen=True, slots=True)
class Noun:
    """A noun that somebody named, and the items that titles call so."""

    text: str
    """The longest end of what was said that titles know."""
    levels: tuple[Mask, ...]
    """The items called so [I], then those called by ever shorter ends of it, each with those before."""
    sure: bool
    """Whether it mostly ends the phrase where it stands."""
    whole: bool
    """Whether it is all that was said."""
    before: tuple[str, ...]
    """The words before it that titles do not know together with it."""
    shelves_C: NDArray[np.float64]
    """How much a category's own name says it [C]: 1 where a part of the name is it, half where one ends in it."""

    @property
    def held_I(self) -> Mask:  # noqa: N802
        """Return the items that titles call what was said."""
        return self.levels[0]


class _Titles(NamedTuple):
    """Titles cut for looking up the words that end them."""

    phrases: pl.Series
    """The first phrase of each, spaced."""
    ending: dict[str, NDArray[np.int64]]
    """By word, the rows whose phrase it may be the noun of."""
    n_of: dict[str, int]
    """By word, the titles with it anywhere."""


class Nouns:
    """The nouns of a catalogue's titles; looked up when somebody first names one."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._kept: dict[str, tuple[Noun | None]] = {}  # many threads ask at once

    def of(self, text: str) -> Noun | None:
        """Return the noun of a short phrase; None where titles and categories know none."""
        at = key(text)
        kept = self._kept.get(at)
        if kept is None:
            if len(self._kept) >= KEPT:
                self._kept = {}
            kept = self._kept[at] = (self._of(at),)
        return kept[0]

    def _of(self, text: str) -> Noun | None:
        spaceless = is_spaceless(text)
        words = self._cut(text) if spaceless else phrase_of(text)
        blank = "" if spaceless else " "
        known = self._shelves(words[-1:], spaceless=spaceless).any()
        found, sure = list[tuple[str, Mask]](), False
        for at in range(max(0, len(words) - LONGEST), len(words)):
            read = self._run if spaceless else self._ended
            held_I, sure = read(words[at:], known=bool(known))
            held_I = held_I | self._having(words[at:], self._names, spaceless=spaceless)[self._catalog.category_I]
            if held_I.any() and not (found and (held_I == found[-1][1]).all()):
                found.append((blank.join(words[at:]), held_I))
        if not found and known:
            found = [(words[-1], self._shelves(words[-1:], spaceless=spaceless)[self._catalog.category_I])]
        if not found:
            return None
        longest = next(n for n in range(len(words), 0, -1) if blank.join(words[-n:]) == found[0][0])
        ends_C = self._shelves(words[-longest:], spaceless=spaceless)
        shelves_C = 0.5 * ends_C + 0.5 * self._having(words[-longest:], self._parts, spaceless=spaceless)
        masks = tuple(np.any([held_I for _, held_I in found[: at + 1]], axis=0) for at in range(len(found)))
        whole = found[0][0] == (text if spaceless else spaced_text(text).strip())
        return Noun(found[0][0], masks, sure, whole, before=tuple(words[:-longest]), shelves_C=shelves_C)

    def _ended(self, words: Sequence[str], *, known: bool) -> tuple[Mask, bool]:
        """Return the items whose phrase ends in some words, and whether the last of them is a noun, which it may be
        `known` to be; all that have them where it is not."""
        titles, ends = self._titles, forms(words[-1])
        rows = np.unique(np.concatenate([titles.ending.get(word, _NONE) for word in sorted(ends)]))
        n = sum(titles.n_of.get(word, 0) for word in ends)
        sure = known or len(rows) >= OFTEN * n
        if sure and len(words) > 1:
            sought = [" ".join(["", *words[:-1], word, ""]) for word in sorted(ends)]
            rows = rows[titles.phrases.gather(rows).str.contains_any(sought).to_numpy()]
        held_I = np.zeros(len(self._catalog), dtype=np.bool_)
        held_I[rows] = True
        if not sure and n:
            sought = [" ".join(["", *words[:-1], word, ""]) for word in sorted(ends)]
            held_I = self._spaced.str.contains_any(sought).to_numpy().copy()
        return held_I, sure

    def _run(self, words: Sequence[str], *, known: bool) -> tuple[Mask, bool]:
        """Return the same where the script has no blanks between words."""
        said = "".join(words)
        rows = self._lower.str.contains(said, literal=True).arg_true().to_numpy()
        held_I = np.zeros(len(self._catalog), dtype=np.bool_)
        if not len(rows):
            return held_I, known
        ends = self._lower.gather(rows).str.contains(f"{re.escape(said)}(?:[^{SPACELESS}]|$)").to_numpy()
        sure = known or bool(np.count_nonzero(ends) >= OFTEN * len(rows))
        held_I[rows[ends] if sure else rows] = True
        return held_I, sure

    def _cut(self, text: str) -> list[str]:
        """Return the words of the last part of a phrase of such a script."""
        runs = [run for run, spaceless in parts(text) if spaceless]
        words = list(self._catalog.segmenter.cut(runs[-1])) if runs else []
        breaks = [at for at, word in enumerate(words) if word in _words("leading")]
        return words[breaks[-1] + 1 :] if breaks else words

    def _shelves(self, words: Sequence[str], *, spaceless: bool) -> NDArray[np.bool_]:
        """Return which categories have some words, or the most of them that any has, at the end of a part of their own
        name [C]: "Mugs & Cups" has two."""
        for at in range(len(words)):
            found_C = self._having(words[at:], self._ends, spaceless=spaceless)
            if found_C.any():
                return found_C
        return self._having((), self._ends, spaceless=spaceless)

    def _having(self, words: Sequence[str], named: Mapping[str, list[int]], *, spaceless: bool) -> NDArray[np.bool_]:
        """Return which categories are named by some words, in singular or plural [C]."""
        found_C = np.zeros(len(self._catalog.categories), dtype=np.bool_)
        last = sorted(forms(words[-1])) if words and not spaceless else words[-1:]
        said = [("" if spaceless else " ").join([*words[:-1], word]) for word in last]
        found_C[[code for one in said for code in named.get(one, ())]] = True
        return found_C

    @cached_property
    def _names(self) -> dict[str, list[int]]:
        """By its own name, or that without marks between the words, the categories so called."""
        return _by_name((leaf, code) for code, leaf in enumerate(self._leaves))

    @cached_property
    def _parts(self) -> dict[str, list[int]]:
        """The same by every part of the name that is a noun: "Mugs & Cups" has two, "Table & Desk Lamps" one."""
        return _by_name((part, code) for code, leaf in enumerate(self._leaves) for part in _nouns_in(leaf))

    @cached_property
    def _ends(self) -> dict[str, list[int]]:
        """The same by every end of a part."""
        found: dict[str, list[int]] = {}
        for part, codes in self._parts.items():
            spaceless = is_spaceless(part)
            words = self._cut(part) if spaceless else part.split()
            for at in range(len(words)):
                found.setdefault(("" if spaceless else " ").join(words[at:]), []).extend(codes)
        return found

    @cached_property
    def _leaves(self) -> list[str]:
        return [key(leaf_name(path)) for path in self._catalog.categories]

    @cached_property
    def _lower(self) -> pl.Series:
        return pl.Series(self._catalog.titles, dtype=pl.String).str.to_lowercase()

    @cached_property
    def _spaced(self) -> pl.Series:
        return spaced(self._lower)

    @cached_property
    def _titles(self) -> _Titles:
        parting = "|".join(sorted(_words("parting")))
        first = self._lower.str.extract(rf"^[^\w]*(.*?)(?:{_MARKS}|$)", 1).fill_null("")
        first = spaced(first).str.replace(rf"^(\s\S+?.*?)\s(?:{parting})\s.*$", "${1} ")
        row_W, code_W, words = _cut_up(first)
        n_C = np.bincount(code_W, minlength=len(words))
        number_C = words.str.contains(r"\d").to_numpy()
        shelved_C = words.is_in(sorted({form for name in self._ends for form in forms(name)})).to_numpy()
        common_C = ((n_C > (RARE if len(first) >= MANY else 1)) | shelved_C) & ~number_C
        at_W, last_I = np.arange(len(row_W)), np.full(len(first), -1)
        np.maximum.at(last_I, row_W, np.where(common_C[code_W], at_W, -1))
        ends_W = (at_W >= last_I[row_W]) & ~number_C[code_W]
        order = np.lexsort((row_W[ends_W], code_W[ends_W]))
        row_E, code_E = row_W[ends_W][order], code_W[ends_W][order]
        new_E = _changes(row_E) | _changes(code_E)  # a word may stand there twice
        row_E, code_E = row_E[new_E], code_E[new_E]
        starts = np.flatnonzero(_changes(code_E))
        named = words.gather(code_E[starts]).to_list()
        ending = dict(zip(named, np.split(row_E, starts[1:]), strict=True)) if named else {}
        row_W, code_W, words = _cut_up(self._spaced)
        each = np.sort(row_W * len(words) + code_W)
        each = each[_changes(each)] % max(len(words), 1)
        n_of = dict(zip(words.to_list(), np.bincount(each, minlength=len(words)).tolist(), strict=True))
        return _Titles(first, ending, n_of)

    def common(self, least: int, most: int) -> list[NDArray[np.int64]]:
        """Return the rows of the words that end the phrases of the most titles, of at least so many each; where the
        script has no blanks, of pairs of characters that end a run, as the first titles have them."""
        found = dict(self._titles.ending)
        ends: dict[str, set[int]] = {}
        for row, title in enumerate(self._catalog.titles[:TELLING]):
            for part, spaceless in parts(title) if is_spaceless(title) else ():
                if spaceless:
                    ends.setdefault(pairs(part)[-1], set()).add(row)
        if ends:
            found = {word: np.array(sorted(rows), dtype=np.int64) for word, rows in ends.items()}
        named = sorted(
            (word for word, rows in found.items() if len(rows) >= least and word not in function_words()),
            key=lambda word: (-len(found[word]), word),
        )
        return [found[word] for word in named[:most]]


def _changes(values: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return where a value is not that before it."""
    return np.concatenate([np.ones(min(1, len(values)), dtype=np.bool_), values[1:] != values[:-1]])


def _cut_up(texts: pl.Series) -> tuple[NDArray[np.int64], NDArray[np.int64], pl.Series]:
    """Return the row and the code of every word of spaced texts, in their order, and the words by code."""
    lists = texts.str.strip_chars().str.split(" ")
    row_W = np.repeat(np.arange(len(texts)), lists.list.len().to_numpy())
    flat = lists.explode()
    words = flat.unique(maintain_order=True)
    code_W = flat.cast(pl.Enum(words)).to_physical().to_numpy().astype(np.int64)
    some = (words != "").to_numpy()[code_W] if len(words) else np.zeros(0, dtype=np.bool_)
    return row_W[some], code_W[some], words


def _nouns_in(name: str) -> list[str]:
    """Return the parts of a category's name, less those in the singular beside a plural, which say which of it.

    >>> _nouns_in("mugs & cups"), _nouns_in("table & desk lamps"), _nouns_in("tea & teaware")
    (['mugs ', ' cups'], [' desk lamps'], ['tea ', ' teaware'])
    """
    found = re.split(_AND, name)
    return [part for part in found if _is_plural(part) or not _is_plural(found[-1])]


def _is_plural(phrase: str) -> bool:
    last = phrase.split()[-1:]
    return bool(last) and singular(last[0]) != last[0]


def _by_name(named: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for text, code in named:
        name = text.strip() if is_spaceless(text) else spaced_text(text).strip()
        if name:
            found.setdefault(name, []).append(code)
    return found


_NONE = np.zeros(0, dtype=np.int64)


def phrase_of(text: str) -> list[str]:
    """Return the words of a short phrase up to where more is said of it; [] where it begins so, or ends in a number.

    >>> phrase_of("a reading lamp for my desk"), phrase_of("for hiking"), phrase_of("wider than 120 cm")
    (['reading', 'lamp'], [], [])
    """
    words = spaced_text(text).split()
    while words and words[0] in _words("leading"):
        words = words[1:]
    at = next((at for at, word in enumerate(words) if word in _words("parting")), len(words))
    words = words[:at]
    if words and any(word[:1].isdigit() for word in words[-2:]):
        return []
    return words


def is_part(text: str, quote: str) -> bool:
    """Return whether a person named something as a part or the use of a thing: "with a leather strap", "for a wedding".

    >>> is_part("leather strap", "and with a leather strap"), is_part("strap", "a strap for my watch")
    (True, False)
    """
    words, said = spaced_text(text).split(), spaced_text(quote).split()
    at = next((at for at in range(len(said)) if words and said[at : at + 1] == words[:1]), 0)
    before = [word for word in said[:at] if word not in _words("leading")]
    return bool(before) and before[-1] in _words("parting")


@cache
def _words(of: str) -> frozenset[str]:
    """Return the words of a kind, of all languages."""
    held = tomllib.loads(files(__package__).joinpath("nouns.toml").read_text("utf-8"))
    return frozenset(word for language in held.values() for word in language[of].split())
