"""The file of a language's cue words, `cues.<language>.toml`, read strictly. [ours]"""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Literal

from pydantic import Field, ValidationError

from ...errors import ConfigError
from ...types import Settings

CueKind = Literal[
    "negate", "negate_always", "complain", "flaw", "turned_down", "affirm", "ask", "only", "contrast", "except_for",
    "both", "either", "occasion", "below", "above", "strict", "timed", "between", "to", "below_after",
    "above_after", "near", "near_after", "too", "so", "polite", "somewhat", "not_so", "even", "than", "these",
    "one", "ones", "position", "last", "front", "alike", "forget", "fine_again", "again", "undo", "last_said",
    "revise", "instead_of", "reset", "always", "season", "session", "satisfied", "small_talk", "tell", "weak", "widen",
    "ideal", "bare", "please", "lapse", "choice", "further", "topic", "faint", "narrow", "having",
    "fond", "question", "idle", "tight", "universal", "held", "topic_after", "request", "feed", "split", "equal",
]  # fmt: skip
"""The lists of phrases; each is explained where it stands, in `cues.en.toml`."""
Direction = Literal["high", "low", "higher", "lower"]


class Degree(Settings):
    """Words that grade one thing, such as a price."""

    high: tuple[str, ...] = ()
    """Plain words for much of it: `expensive`."""
    low: tuple[str, ...] = ()
    """Plain words for little: `cheap`."""
    higher: tuple[str, ...] = ()
    """Words that compare, towards more; the first is what we write ourselves."""
    lower: tuple[str, ...] = ()
    """The same, towards less."""


class Role(Settings):
    """A part that a field of any catalogue may play, such as that of the price."""

    fields: tuple[str, ...]
    """Words of the names of fields that play it."""
    said: tuple[str, ...] = ()
    """Further words by which people name it."""
    unit: str = ""
    """Unit of its numbers, where the field tells none."""
    unitless: tuple[str, ...] = ()
    """Those of `fields` that count things."""


class NumberWords(Settings):
    """Words of numbers and of money."""

    ones: dict[str, float]
    """Words of numbers that add up."""
    times: dict[str, float]
    """Words that multiply what stands before."""
    joins: tuple[str, ...] = ()
    """Words between the parts of a number."""
    money: dict[str, float] = Field(default_factory=dict)
    """Words that are an amount of money by themselves."""
    money_signs: tuple[str, ...] = ()
    """What stands before or after an amount of money."""
    decades: tuple[str, ...] = ()
    """What makes a number a decade."""
    decade_words: dict[str, float] = Field(default_factory=dict)
    """Decades by name."""
    counters: tuple[str, ...] = ()
    """Words between a number and its unit."""
    spans: dict[str, int] = Field(default_factory=dict)
    """Days of each stretch of time."""
    past: tuple[str, ...] = ()
    """What says that a stretch of time has just passed."""
    this: tuple[str, ...] = ()
    """What says that it is going on."""


class Ordinals(Settings):
    """Words of places on the slate."""

    words: dict[str, int] = Field(default_factory=dict)
    """Words of places, from 1."""
    endings: tuple[str, ...] = ()
    """What makes a number one."""
    before: tuple[str, ...] = ()
    """What stands before a number and makes it one."""
    after: tuple[str, ...] = ()
    """What an ordinal follows where it speaks of the slate."""


class Words(Settings):
    """Forms of words, and words that say nothing."""

    endings: tuple[str, ...] = ()
    """Endings that words of one root may have."""
    derived: tuple[str, ...] = ()
    """Endings that make further words of common ones."""
    same: tuple[tuple[str, ...], ...] = ()
    """Spellings of one word, the first as it is looked up."""
    synonyms: tuple[tuple[str, ...], ...] = ()
    """Words of one meaning."""
    times_of_year: tuple[str, ...] = ()
    """Seasons and feasts, which say what is wanted even where nobody asks."""
    adverbs: tuple[str, ...] = ()
    """Words that may stand inside a cue: "isn't *really* my thing"."""
    inverted: tuple[str, ...] = ()
    """Words that deny nothing where a question begins with them: "*aren't* these dear?"."""
    subjects: tuple[str, ...] = ()
    """What stands behind them then."""
    singular: tuple[str, ...] = ()
    """First words of what is said of one thing only: "boots and this *is* not for me"."""
    split: tuple[str, ...] = ()
    """Ends of verbs that stand apart from them: "leave the red ones *out*"."""
    copulas: tuple[str, ...] = ()
    """Words between what a sentence is about and what it says of it."""
    suffixes: tuple[str, ...] = ()
    """Words after a value that add nothing to it."""
    stop: str = ""
    """Words that say nothing, between blanks."""
    quiet: str = ""
    """Words that say nothing unless the catalogue has them, between blanks."""
    ordinary: str = ""
    """Common words that are no slips of the keyboard, between blanks."""


class People(Settings):
    """Somebody whom items may be for."""

    called: tuple[str, ...]
    """What catalogues call them."""
    said: tuple[str, ...]
    """Whom people mean by them."""
    aged: bool = False
    """Their age says that they are meant: "my son is 7"."""


class TalkWords(Settings):
    """Words by which clauses of talk are known, each list between blanks unless its entries have some."""

    tells: tuple[str, ...] = ()
    """Verbs, times and places of a story."""
    weak: str = ""
    """Cues that are no wish where a clause has the form of a story."""
    infinitive: str = ""
    """Words behind which a verb asks for nothing: "*to* find the button"."""
    places: str = ""
    """Words that lead to a place where an owner follows: "*on* the couch"."""
    owners: str = ""
    """Words such as "the" and "my"."""
    leads: str = ""
    """What else follows a verb of its going on: "typing *with*"."""
    openers: str = ""
    """Words that may stand before such a verb."""
    few: str = ""
    """Words that may stand before what a clause names first: a clause that begins so asks for it."""
    joins: str = ""
    """Words that join clauses."""
    going: str = ""
    """Ending of a verb that goes on."""
    past: str = ""
    """Ending of a verb of the past."""


class CueFile(Settings):
    """One file of cues."""

    phrases: dict[CueKind, tuple[str, ...]]
    """Phrases by what they do."""
    degrees: dict[str, Degree]
    """Words that grade, by role."""
    relative: Degree = Degree()
    """Words that grade whatever field is named beside them: "a *lower* rating"."""
    roles: dict[str, Role]
    """What fields may be, by name."""
    numbers: NumberWords
    """Words of numbers."""
    ordinals: Ordinals
    """Words of places."""
    words: Words
    """Forms of words, and words that say nothing."""
    talk: TalkWords = TalkWords()
    """Words of small talk."""
    people: dict[str, People] = Field(default_factory=dict)
    """Whom items may be for."""


def read_cues(language: str) -> CueFile:
    """Return the cues of one language as its file has them.

    Raises:
        ConfigError: there is no such file, or it has a key that nobody knows.
    """
    path = files(__package__).joinpath("..", f"cues.{language}.toml")
    if not language.isalpha() or not path.is_file():
        raise ConfigError(f"there are no cue words of the language {language!r}: choose en or zh, or write its file")
    try:
        return CueFile.model_validate(tomllib.loads(path.read_text("utf-8")))
    except ValidationError as wrong:
        first = wrong.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigError(f"cues.{language}.toml: {where}: {first['msg']}; compare cues.en.toml") from wrong
