"""Does an utterance speak of a demand? Content words, field names and their aliases tell; typos are forgiven. [ours]"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import cache, lru_cache
from importlib.resources import files

from ..data.script import is_spaceless, joined, matching_words
from .fields import Field
from .normal import key, singular
from .parser import LONGEST
from .records import Constraint, Demand

ALIKE = 0.8
"""Share of the letters that a mistyped word keeps in order (difflib's ratio)."""
HEARD = 4 * LONGEST
"""Characters of an utterance that are looked at; parsers read fewer."""
LONG = 5
"""Letters that a word must have for a typo in it to be forgiven."""


@cache
def function_words() -> frozenset[str]:
    """Return the words that are no evidence, of all languages."""
    held = tomllib.loads(files(__package__).joinpath("function_words.toml").read_text("utf-8"))
    return frozenset(word for words in held.values() for word in words.split())


def content(text: str) -> frozenset[str]:
    """Return the content words of a text without plural endings, numbers among them.

    >>> sorted(content("No more floral dresses, under 50!"))
    ['50', 'dress', 'floral']
    """
    words = (word.casefold() for word in matching_words(joined(text)))
    return frozenset(singular(word) for word in words if word not in function_words())


@lru_cache(maxsize=10_000)
def _content_of_name(alias: str) -> frozenset[str]:
    """Return the same of a name of the catalogue, and keep it: what people say is kept nowhere."""
    return content(alias)


def said_of(utterance: str, demand: Demand, field: Field | None) -> bool:
    """Return whether an utterance shares a content word with a demand, or names its field."""
    name = demand.field if isinstance(demand, Constraint) else demand.facet
    heard, words = content(utterance[:HEARD]), content(demand.quote)
    for text in _texts(demand):
        words |= content(text)
    return _names(utterance, heard, name, field) or _share(heard, words)


def names(utterance: str, name: str, field: Field | None) -> bool:
    """Return whether an utterance names a field by one of the names people call it."""
    return _names(utterance, content(utterance[:HEARD]), name, field)


def _names(utterance: str, heard: frozenset[str], name: str, field: Field | None) -> bool:
    whole = key(utterance[:HEARD])
    for alias in field.aliases if field else (key(name.replace("_", " ")),):
        words = _content_of_name(alias)
        if (words and words <= heard) or (is_spaceless(alias) and alias in whole):
            return True
        if len(words) == 1 and _share(heard, words):
            return True
    return False


def _texts(demand: Demand) -> list[str]:
    if not isinstance(demand, Constraint):
        return [demand.text]
    value = demand.value if isinstance(demand.value, tuple) else (demand.value,)
    return [held if isinstance(held, str) else f"{held:g}" for held in value]


def _share(heard: Iterable[str], words: frozenset[str]) -> bool:
    heard = frozenset(heard)
    if heard & words:
        return True
    return any(_mistyped(one, other) for one in sorted(heard) for other in sorted(words))


def _mistyped(one: str, other: str) -> bool:
    if min(len(one), len(other)) < LONG or abs(len(one) - len(other)) > 2 or one[0] != other[0]:
        return False
    return one.isalpha() and other.isalpha() and SequenceMatcher(None, one, other).ratio() >= ALIKE
