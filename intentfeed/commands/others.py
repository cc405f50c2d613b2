"""Does a command that asks for nothing in particular ask to see other items? [ours]

"Something else" and "none of these" do; "hello" and "what is this?" do not, and leave the screen as it is.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from .reading.cues import load_cues
from .reading.tokens import keys, tokenise

Phrase = tuple[str, ...]
LONGEST = 1_000
"""Characters that are read."""


def asks_for_others(utterance: str) -> bool:
    """Return whether one of the phrases for it stands in an utterance.

    >>> asks_for_others("OK, show me more"), asks_for_others("换一批"), asks_for_others("hello")
    (True, True, False)
    """
    words = tuple(token.key for token in tokenise(utterance[:LONGEST]) if token.kind not in ("sign", "break"))
    within, alone, longest = _phrases()
    if tuple(word for word in words if not _is_polite(word)) in alone:
        return True
    return any(words[at : at + n] in within for at in range(len(words)) for n in range(1, longest + 1))


def _is_polite(word: str) -> bool:
    found = load_cues().phrases.get((word,))
    return found is not None and not found.kinds.isdisjoint(("please", "polite"))


@cache
def _phrases() -> tuple[frozenset[Phrase], frozenset[Phrase], int]:
    """Return the phrases of all languages that count anywhere, those that count alone, and the longest's words."""
    held = tomllib.loads(files(__package__).joinpath("others.toml").read_text("utf-8"))
    within = frozenset(keys(phrase) for language in held.values() for phrase in language["within"])
    alone = frozenset(keys(phrase) for language in held.values() for phrase in language["alone"])
    return within, alone, max(map(len, within))
