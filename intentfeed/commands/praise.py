"""Does a command praise what is on the screen while it asks for more? [ours]

"The last three are fine, more of those" wants those kept; "the second one but cheaper" wants another.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from .others import LONGEST
from .reading.tokens import keys, tokenise

Phrase = tuple[str, ...]


def praises(utterance: str) -> bool:
    """Return whether one of the phrases for it stands in an utterance, with no "not" right before it.

    >>> praises("The desks look good, show me more"), praises("不错，再来几个"), praises("they do not look good")
    (True, True, False)
    """
    words = tuple(token.key for token in tokenise(utterance[:LONGEST]) if token.kind not in ("sign", "break"))
    phrases, nots, longest = _phrases()
    found = (at for at in range(len(words)) for n in range(1, longest + 1) if words[at : at + n] in phrases)
    return any(not nots.intersection(words[max(0, at - 1) : at]) for at in found)


@cache
def _phrases() -> tuple[frozenset[Phrase], frozenset[str], int]:
    """Return the phrases of all languages, the words that deny them, and the longest's words."""
    held = tomllib.loads(files(__package__).joinpath("praise.toml").read_text("utf-8"))
    nots = frozenset(word for text in held.pop("not") for word in keys(text))
    phrases = frozenset(keys(phrase) for language in held.values() for phrase in language)
    return phrases, nots, max(map(len, phrases))
