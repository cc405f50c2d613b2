"""Is the active-intent-aware score worth serving? Hidden items say so, before anybody is served with it [ours].

A score that had too little time to learn is worse than what stands in for it: the feed's own order of what answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from .active import ActiveIntent

if TYPE_CHECKING:
    from .fit_active import Asked

UNJUDGED = 0.5
"""Share of a score of which nobody has asked what it is worth."""
SURE = 2.0
"""Standard errors that a gain must be above."""
FEWEST = 20
"""Questions below which nobody knows."""
TOO_FEW = "too few people have an item that could be hidden, so that nobody knows whether it helps: it is not served"


@dataclass(frozen=True, kw_only=True)
class Worth:
    """What hidden items say of the score, and so what share it has in the personal score of who asks for something."""

    share: float = 0.0
    """Under which they are found best; 0 where none is better than none, and the score is not served."""
    ndcg: tuple[float, float] | None = None
    """NDCG@10 with that share, or with the best of the others where it is 0, and without; None where nobody knows."""
    error: float = 0.0
    """Standard error of the difference, person by person."""
    n: int = 0
    """Questions."""

    @classmethod
    def of(cls, ndcg_SP: NDArray[np.float64], shares: Sequence[float]) -> Self:
        """Return what NDCG@10 of each person's question says, under no share at first, then under each of `shares`.

        The gain must be twice its standard error: one that chance would bring serves nobody, and costs where it is one.
        """
        n = ndcg_SP.shape[1]
        if n < FEWEST or not len(shares):
            return cls()
        means_S, gains_SP = ndcg_SP.mean(axis=1), ndcg_SP[1:] - ndcg_SP[:1]
        best = int(np.argmax(means_S[1:]))
        error = float(gains_SP[best].std() / np.sqrt(n))
        serves = float(gains_SP[best].mean()) > SURE * error
        ndcg = (float(means_S[1 + best]), float(means_S[0]))
        return cls(share=float(shares[best]) if serves else 0.0, ndcg=ndcg, error=error, n=n)

    @property
    def serves(self) -> bool:
        """Whether it is served."""
        return self.share > 0

    @property
    def why(self) -> str:
        """Say it in one sentence."""
        if self.ndcg is None:
            return TOO_FEW
        told, without = self.ndcg
        found = f"NDCG@10 of what {self.n:,} questions hid is {told:.4f} with it and {without:.4f} without"
        if self.serves:
            return f"{found}: it is served, with {self.share:g} of the personal score"
        return f"{found}, which is no gain beyond chance (± {SURE * self.error:.4f}): it is not served"

    def figures(self) -> dict[str, Any]:
        """Return what is written of it."""
        told = {"serves": self.serves, "share": self.share, "why": self.why}
        if self.ndcg is None:
            return told
        numbers = {"ndcg@10_with": round(self.ndcg[0], 4), "ndcg@10_without": round(self.ndcg[1], 4)}
        return {**told, **numbers, "ndcg@10_error": round(self.error, 4), "questions": self.n}


Judge = Callable[["Asked", ActiveIntent], Worth]
"""Ranks hidden items with and without a score that has not seen them."""
