"""One metric, one file: each turns hits_PK, how many were wanted and a cut-off into one value a question [P].

`hits_PK[p, i]` says whether the i-th shown item answers question p; K may exceed the cut-off, never fall short of
it where the method had more to show. `wanted_P` is how many items would answer it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .hr import hr
from .mrr import mrr
from .ndcg import ndcg
from .recall import recall

Metric = Callable[[NDArray[np.bool_], NDArray[np.int64], int], NDArray[np.float64]]
METRICS: dict[str, Metric] = {"hr": hr, "ndcg": ndcg, "mrr": mrr, "recall": recall}
"""By the name that is printed before the `@`."""

__all__ = ["METRICS", "Metric", "hr", "mrr", "ndcg", "recall"]
