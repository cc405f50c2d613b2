"""The aggregator: one score from all (RecBot, 5.4). s_final = s_match + s_atten, and what further tools add."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from ..types import Settings
from .config import AggregatorConfig
from .tools import Pool, ToolContext


class AggregatorArgs(Settings):
    """Nothing is to be told."""


class Aggregator:
    """Sums the scores."""

    name = "aggregator"
    description = "Sums the scores of all other tools into the final order. Always the last step, exactly once."
    kind: Literal["merge"] = "merge"
    args = AggregatorArgs

    def __init__(self, config: AggregatorConfig | None = None) -> None:
        self.config = config or AggregatorConfig()

    def run(self, pool: Pool, _args: AggregatorArgs, _context: ToolContext) -> Pool:
        """Return the pool with its final score; a tool that did not run adds nothing."""
        final_C = np.zeros(len(pool.rows)) if pool.bonus_I is None else pool.bonus_I[pool.rows].astype(np.float64)
        for name, score_C in pool.scores.items():
            final_C = final_C + self.config.weights.get(name, 1.0) * score_C
        return replace(pool, final_C=final_C)
