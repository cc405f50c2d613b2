"""What might they want now? The one role of this folder: from a person's interests to tags, by whichever backend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ..types import Backend, Context, History, Interest, Tag


class Tagger(Protocol):
    """Names things a person may want next (RecGPT-V1, 4): `GroundedTagger` here, a language model behind the same call.

    Whoever speaks, the checks of `constraints` hold for it: they take phrases, not backends.
    """

    backend: Backend

    def tag(self, history: History, interests: Sequence[Interest], context: Context) -> list[Tag]:
        """Return tags in rank order, each with its interest, its reason and the events that speak for it."""
        ...
