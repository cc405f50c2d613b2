"""The attenuator: what is unwanted comes later, not never (RecBot, 5.3). s_atten = −β·likeness, never a reward."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..types import Settings
from .config import AttenuatorConfig
from .records import Preference
from .tools import Pool, ToolContext


class AttenuatorArgs(Settings):
    """Ids of unwanted preferences."""

    negative: tuple[str, ...] = ()
    """What is unwanted."""


class Attenuator:
    """Lowers the score of what is like something unwanted."""

    name = "attenuator"
    description = (
        "Lowers items that are like what is unwanted, without removing them. negative takes ids of what is unwanted."
    )
    kind: Literal["score"] = "score"
    args = AttenuatorArgs

    def __init__(self, config: AttenuatorConfig | None = None) -> None:
        self.config = config or AttenuatorConfig()

    def nominate(self, pool: Pool, args: AttenuatorArgs, context: ToolContext) -> Pool:
        """Return the pool with its focus on what is known to be free of what is unwanted.

        Where that fills the slate, nothing else is looked at, however little of what is wanted is among it; unless all
        that is wanted is of a kind that is unwanted, as a barbecue is to somebody who has had enough of the garden.
        """
        focus_I, mask_I = pool.focus_I, pool.mask_I
        wanted_I = None if pool.focus_I is None else pool.focus_I & pool.mask_I
        for preference in self._dislikes(args, context):
            held_I = context.witness.held_I(preference) if self.config.evidence else None
            if held_I is not None:
                focus_I = ~held_I if focus_I is None else focus_I & ~held_I
                within = wanted_I is not None and wanted_I.any() and not (wanted_I & ~held_I).any()
                if not (within and preference.facet == "category"):
                    mask_I = mask_I & ~held_I
        full = mask_I is not pool.mask_I and np.count_nonzero(mask_I) >= context.k
        return replace(pool, focus_I=focus_I, mask_I=mask_I if full else pool.mask_I)

    def run(self, pool: Pool, args: AttenuatorArgs, context: ToolContext) -> Pool:
        """Return the pool with s_atten, at most 0."""
        dislikes = self._dislikes(args, context)
        if not dislikes:
            return pool.scored(self.name, np.zeros(len(pool.rows)))
        if not self.config.evidence:
            return pool.scored(self.name, -self.config.beta * self._like(dislikes, pool.rows, context))
        told = [one for one in dislikes if context.witness.fields(one)]
        free = [one for one in dislikes if one not in told]
        like_C = self._like(free, pool.rows, context)
        for preference in told:  # who has the field is known to be it, or not to be it
            silent_C = context.witness.silent_I(preference)[pool.rows]
            like_C = np.maximum(like_C, np.where(silent_C, self._like([preference], pool.rows, context), 0))
        for preference in dislikes:
            held_I = context.witness.held_I(preference)
            if held_I is not None:
                like_C = np.where(held_I[pool.rows], self.config.held, like_C)
        return pool.scored(self.name, -self.config.beta * like_C)

    def _like(self, dislikes: list[Preference], rows: NDArray[np.int32], context: ToolContext) -> NDArray[np.float64]:
        """Return how like what is unwanted the items are, from 0 to 1 [C]."""
        if not dislikes:
            return np.zeros(len(rows))
        texts = [preference.text for preference in dislikes]
        queries_PD = context.items.encode(texts if self.config.per_item else [" ".join(texts)])
        cosines_PC = queries_PD @ context.items.vectors_ID[rows].T
        like_PC = np.array([context.alike.of(cosines_C) for cosines_C in cosines_PC])
        return np.asarray(like_PC.max(axis=0), dtype=np.float64)

    @staticmethod
    def _dislikes(args: AttenuatorArgs, context: ToolContext) -> list[Preference]:
        return [one for one in context.memory.preferences if one.id in args.negative]
