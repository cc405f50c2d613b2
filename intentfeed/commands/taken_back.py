"""Is a command nothing but "undo that"? Then it speaks of what was said last, though it shares no word of it. [ours]"""

from __future__ import annotations

from typing import Final

from .reading.cues import load_cues
from .reading.tokens import tokenise

LONGEST: Final = 200
"""Characters; who says more than that says something."""
BESIDE: Final = frozenset({"please", "polite", "revise", "small_talk", "last_said"})
"""Kinds of cues that ask for nothing."""


def takes_back_the_last(utterance: str) -> bool:
    """Return whether a command takes back what was said last and says nothing else.

    >>> takes_back_the_last("Oh no, undo that please"), takes_back_the_last("撤销"), takes_back_the_last("undo the red")
    (True, True, False)
    """
    if len(utterance) > LONGEST:
        return False
    cues, undone = load_cues(), False
    tokens = [token for token in tokenise(utterance) if token.kind not in ("sign", "break")]
    words, place = [token.key for token in tokens], 0
    while place < len(words):
        found = cues.at(words, place)
        kinds = found[1].kinds if found else frozenset[str]()
        undone = undone or "undo" in kinds
        n = found[0] if found and kinds & (BESIDE | {"undo"}) else cues.stop_at(words, place)
        if not n:
            return False
        place += n
    return undone
