"""Does a command say that it holds for now only, in so many words: "just for today", 就今天? [ours]

What is said without a word on how long holds for the session; restating so what was said for good leaves that as it is.
"""

from __future__ import annotations

from typing import Final

from .reading.cues import load_cues
from .reading.tokens import tokenise

LONGEST: Final = 1_000
"""Characters that are read."""


def says_for_now(utterance: str) -> bool:
    """Return whether a phrase for it stands in an utterance.

    >>> says_for_now("no wool, just for today"), says_for_now("先不要羊毛"), says_for_now("no wool, ever")
    (True, True, False)
    """
    cues = load_cues()
    words = [token.key for token in tokenise(utterance[:LONGEST]) if token.kind not in ("sign", "break")]
    place = 0
    while place < len(words):
        found = cues.at(words, place)
        if found is not None and "session" in found[1].kinds:
            return True
        place += found[0] if found is not None else 1
    return False
