"""One metric, one file; three kinds, by what they look at.

- Of a question alone: `hits_PK`, how many were wanted and a cut-off → one value a question [P]. `hits_PK[p, i]` says
  whether the i-th shown item answers question p; K may exceed the cut-off, never fall short of it where the method
  had more to show. `wanted_P` is how many items would answer it.
- Of each list beside its items (`Shown`): value and weight a question, so that the bootstrap can draw users.
- Of all lists together (`Shown`): one number, or None where it has no meaning.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .category_diversity import category_diversity
from .category_hr import category_hr
from .coverage import coverage
from .debiased_ndcg import debiased_ndcg
from .diversity import diversity
from .gini import gini
from .groups import group_hit_rates, group_shares, log_shares
from .hr import hr
from .long_tail import long_tail
from .mrr import mrr
from .ndcg import ndcg
from .novelty import novelty
from .recall import recall
from .shown import Shown, Weighed, shown_by
from .sources import duplication, exclusive_recall, source_recall

Metric = Callable[[NDArray[np.bool_], NDArray[np.int64], int], NDArray[np.float64]]
ListMetric = Callable[[Shown, int], Weighed]
WholeMetric = Callable[[Shown, int], float | None]

METRICS: dict[str, Metric] = {"hr": hr, "ndcg": ndcg, "mrr": mrr, "recall": recall}
"""Of a question alone, by the name that is printed before the `@`."""
LIST_METRICS: dict[str, ListMetric] = {
    "debiased_ndcg": debiased_ndcg,
    "category_hr": category_hr,
    "long_tail": long_tail,
    "novelty": novelty,
    "diversity": diversity,
    "category_diversity": category_diversity,
}
"""Of each list beside its items."""
WHOLE_METRICS: dict[str, WholeMetric] = {"coverage": coverage, "gini": gini}
"""Of all lists together."""

__all__ = [
    "LIST_METRICS",
    "METRICS",
    "WHOLE_METRICS",
    "ListMetric",
    "Metric",
    "Shown",
    "Weighed",
    "WholeMetric",
    "category_diversity",
    "category_hr",
    "coverage",
    "debiased_ndcg",
    "diversity",
    "duplication",
    "exclusive_recall",
    "gini",
    "group_hit_rates",
    "group_shares",
    "hr",
    "log_shares",
    "long_tail",
    "mrr",
    "ndcg",
    "novelty",
    "recall",
    "shown_by",
    "source_recall",
]
