"""What the words of languages do in a command, found by their longest phrase. [ours]"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final, get_args

from .cue_file import CueFile, Direction, People, Role, TalkWords, read_cues
from .tokens import keys, stem_of
from .tokens import phrase as stems

Phrase = tuple[str, ...]
LONGEST: Final = 64
"""Tokens of a cue."""


@dataclass(frozen=True, slots=True)
class Cue:
    """What a phrase does: `kinds`, or a grade of a role."""

    kinds: frozenset[str]
    role: str = ""
    direction: Direction | None = None
    higher: str = ""
    """How its language asks for more of the role, where no number can."""
    lower: str = ""
    relative: Direction | None = None
    """Which way it grades a field that is named beside it: "a *lower* rating"."""


@dataclass(frozen=True, slots=True)
class Talk:
    """Words by which clauses of talk are known."""

    tells: frozenset[Phrase]
    weak: frozenset[Phrase]
    infinitive: frozenset[Phrase]
    places: frozenset[Phrase]
    owners: frozenset[Phrase]
    leads: frozenset[Phrase]
    openers: frozenset[Phrase]
    few: frozenset[Phrase]
    joins: frozenset[Phrase]
    going: tuple[str, ...]
    past: tuple[str, ...]


@dataclass(frozen=True)
class Cues:
    """The cues of several languages together; the longest phrase that begins somewhere is found in one look-up."""

    phrases: Mapping[Phrase, Cue]
    longest: Mapping[str, int]
    """Tokens of the longest phrase that begins with a word."""
    roles: Mapping[str, Role]
    ones: Mapping[str, float]
    times: Mapping[str, float]
    joins: frozenset[Phrase]
    money: Mapping[str, float]
    signs: frozenset[str]
    decades: frozenset[Phrase]
    decade_words: Mapping[Phrase, float]
    counters: frozenset[str]
    spans: Mapping[Phrase, int]
    past: frozenset[Phrase]
    this: frozenset[Phrase]
    ordinals: Mapping[str, int]
    ordinal_endings: frozenset[str]
    ordinal_before: frozenset[str]
    ordinal_after: frozenset[str]
    endings: tuple[str, ...]
    derived: tuple[str, ...]
    same: Mapping[str, str]
    synonyms: Mapping[Phrase, tuple[Phrase, ...]]
    """Other ways to say a phrase, as stems."""
    times_of_year: frozenset[str]
    people: tuple[People, ...]
    copulas: frozenset[str]
    split: frozenset[str]
    singular: frozenset[str]
    adverbs: frozenset[str]
    inverted: frozenset[str]
    subjects: frozenset[str]
    suffixes: frozenset[Phrase]
    talk: Talk
    stop: frozenset[Phrase]
    quiet: frozenset[Phrase]
    """Words without sense, unless the catalogue has them."""
    ordinary: frozenset[str]
    longest_stop: Mapping[str, int]
    words: frozenset[str]
    """All words of all cues: none of them is misspelt."""

    def at(self, words: list[str], place: int, longest: int = LONGEST) -> tuple[int, Cue] | None:
        """Return the longest cue that begins at a place: how many tokens it has, and what it does."""
        most = min(self.longest.get(words[place], 0), len(words) - place, longest)
        if most > 1 and (found := self._parted_at(words, place, most, longest)) is not None:
            return found
        for n in range(most, 0, -1):
            if (cue := self.phrases.get(tuple(words[place : place + n]))) is not None:
                return n, cue
        return None

    def _parted_at(self, words: list[str], place: int, most: int, longest: int) -> tuple[int, Cue] | None:
        """Return the longest cue with an adverb in it, where one is longer than any without."""
        ahead = words[place : place + most + 1]
        if self.adverbs.isdisjoint(ahead[1:-1]):
            return None
        kept = [at for at, word in enumerate(ahead) if not at or word not in self.adverbs]
        for n in range(min(len(kept), most), 1, -1):
            taken = kept[n - 1] + 1
            phrase = tuple(ahead[at] for at in kept[:n])
            if taken > n and taken <= longest and (cue := self.phrases.get(phrase)) is not None:
                whole = any(tuple(ahead[:more]) in self.phrases for more in range(len(ahead), taken, -1))
                return None if whole or tuple(ahead[:taken]) in self.phrases else (taken, cue)
        return None

    def stop_at(self, words: list[str], place: int) -> int:
        """Return how many tokens of a word without sense begin at a place."""
        most = min(self.longest_stop.get(words[place], 0), len(words) - place)
        return next((n for n in range(most, 0, -1) if self._is_silent(tuple(words[place : place + n]))), 0)

    def is_ordinary(self, word: str) -> bool:
        """Return whether a word is common in its language, or made of a common one: `brighter`, `shiny`."""
        if word in self.ordinary or (word,) in self.quiet:
            return True
        for ending in self.derived:
            if word.endswith(ending) and len(word) - len(ending) > 2:
                root = word[: -len(ending)]
                bare = root[:-1] if root[-1] == root[-2] else root
                if not self.ordinary.isdisjoint((root, root + "e", bare, root[:-1] + "y")):
                    return True
        return False

    def is_quiet(self, word: str) -> bool:
        """Return whether a word says nothing only because it is common: the catalogue may have things about it."""
        return (word,) in self.quiet and (word,) not in self.stop

    def _is_silent(self, words: Phrase) -> bool:
        return words in self.stop or words in self.quiet


@cache
def load_cues(languages: tuple[str, ...] = ("en", "zh")) -> Cues:
    """Return the cues of some languages.

    Raises:
        ConfigError: there is no such file, or it has a key that nobody knows.
    """
    held = [read_cues(language) for language in languages]
    phrases: dict[Phrase, Cue] = {}
    for one in held:
        _add_phrases(phrases, one)
    stop = frozenset(keys(word) for one in held for word in one.words.stop.split())
    quiet = frozenset(keys(word) for one in held for word in one.words.quiet.split())
    said: dict[str, Role] = {}
    for one in held:
        for name, role in one.roles.items():
            known = said.get(name)
            said[name] = role if known is None else _joined(known, role)
    return Cues(
        phrases=phrases,
        longest=longest_of(phrases),
        roles=said,
        ones=_merged(one.numbers.ones for one in held),
        times=_merged(one.numbers.times for one in held),
        joins=frozenset(keys(word) for one in held for word in one.numbers.joins),
        money=_merged(one.numbers.money for one in held),
        signs=frozenset(" ".join(keys(sign)) or sign for one in held for sign in one.numbers.money_signs),
        decades=frozenset(keys(word) for one in held for word in one.numbers.decades),
        decade_words={keys(word): value for one in held for word, value in one.numbers.decade_words.items()},
        counters=frozenset(word for one in held for word in one.numbers.counters),
        spans={keys(word): days for one in held for word, days in one.numbers.spans.items()},
        past=frozenset(keys(word) for one in held for word in one.numbers.past),
        this=frozenset(keys(word) for one in held for word in one.numbers.this),
        ordinals={word: place for one in held for word, place in one.ordinals.words.items()},
        ordinal_endings=frozenset(word for one in held for word in one.ordinals.endings),
        ordinal_before=frozenset(word for one in held for word in one.ordinals.before),
        ordinal_after=frozenset(word for one in held for word in one.ordinals.after),
        endings=tuple(ending for one in held for ending in one.words.endings),
        derived=tuple(ending for one in held for ending in one.words.derived),
        same={stem_of(word): stem_of(group[0]) for one in held for group in one.words.same for word in group[1:]},
        synonyms=_synonyms(one.words.synonyms for one in held),
        times_of_year=frozenset(stem_of(word) for one in held for word in one.words.times_of_year),
        people=tuple(group for one in held for group in one.people.values()),
        copulas=frozenset(word for one in held for word in one.words.copulas),
        split=frozenset(word for one in held for word in one.words.split),
        adverbs=frozenset(word for one in held for word in one.words.adverbs),
        inverted=frozenset(word for one in held for word in one.words.inverted),
        subjects=frozenset(word for one in held for word in one.words.subjects),
        singular=frozenset(word for one in held for word in one.words.singular),
        suffixes=frozenset(keys(word) for one in held for word in one.words.suffixes),
        talk=_talk([one.talk for one in held]),
        stop=stop,
        ordinary=frozenset(stem_of(word) for one in held for word in one.words.ordinary.split()),
        quiet=quiet,
        longest_stop=longest_of(stop | quiet),
        words=frozenset(word for phrase in phrases for word in phrase),
    )


def _talk(held: Sequence[TalkWords]) -> Talk:
    def of(name: str) -> frozenset[Phrase]:
        return frozenset(keys(word) for one in held for word in getattr(one, name).split())

    return Talk(
        tells=frozenset(keys(word) for one in held for word in one.tells),
        weak=of("weak"),
        infinitive=of("infinitive"),
        places=of("places"),
        owners=of("owners"),
        leads=of("leads"),
        openers=of("openers"),
        few=of("few"),
        joins=of("joins"),
        going=tuple(one.going for one in held if one.going),
        past=tuple(one.past for one in held if one.past),
    )


def longest_of(phrases: Iterable[Phrase]) -> dict[str, int]:
    """Return how many tokens the longest phrase has that begins with each word."""
    found: dict[str, int] = {}
    for phrase in phrases:
        if phrase:
            found[phrase[0]] = max(found.get(phrase[0], 0), len(phrase))
    return found


def _add_phrases(phrases: dict[Phrase, Cue], held: CueFile) -> None:
    for kind, written in held.phrases.items():
        for phrase in map(keys, written):
            known = phrases.get(phrase, Cue(frozenset()))
            phrases[phrase] = replace(known, kinds=known.kinds | {kind})
    for role, degree in held.degrees.items():
        more, less = (words[0] if words else "" for words in (degree.higher, degree.lower))
        for direction in get_args(Direction):
            for phrase in map(keys, getattr(degree, direction)):
                kinds = phrases.get(phrase, Cue(frozenset())).kinds | {"degree"}
                phrases[phrase] = Cue(kinds, role, direction, more, less)
    for direction in get_args(Direction):
        for phrase in map(keys, getattr(held.relative, direction)):
            known = phrases.get(phrase, Cue(frozenset({"relative"})))
            phrases[phrase] = replace(known, relative=direction)
    for name, part in held.roles.items():
        for phrase in map(keys, part.said):
            known = phrases.get(phrase, Cue(frozenset()))
            phrases[phrase] = replace(known, kinds=known.kinds | {"role"}, role=known.role or name)


def _synonyms(groups: Iterable[tuple[tuple[str, ...], ...]]) -> dict[Phrase, tuple[Phrase, ...]]:
    found: dict[Phrase, tuple[Phrase, ...]] = {}
    for group in (group for held in groups for group in held):
        members = [stems(word) for word in group]
        for member in members:
            others = (*found.get(member, ()), *(other for other in members if other != member))
            found[member] = tuple(dict.fromkeys(others))
    return found


def _joined(one: Role, other: Role) -> Role:
    return Role(
        fields=one.fields + other.fields,
        said=one.said + other.said,
        unit=one.unit or other.unit,
        unitless=one.unitless + other.unitless,
    )


def _merged(tables: Iterable[Mapping[str, float]]) -> dict[str, float]:
    return {word: float(value) for table in tables for word, value in table.items()}
