"""Who is this? The role that reads one person's history and names what they care about (RecGPT-V1, 3)."""

from __future__ import annotations

from typing import Protocol

from ..types import Backend, Context, History, Interest


class Miner(Protocol):
    """Names a person's interests; backed by statistics (`GroundedMiner`) or by a language model."""

    backend: Backend

    def mine(self, history: History, digest: str, context: Context) -> list[Interest]:
        """Return the interests of the person on the day `context.as_of`, best supported first.

        Kept and rejected ones alike: `status`, `willingness`, `reasonableness` and `reason` tell them apart. Every
        one cites events of the history. `digest` is the history as text, for backends that read.
        """
        ...
