"""ALS: implicit matrix factorisation through the kept library `implicit` (extra `baselines`).

Hu, Koren and Volinsky, "Collaborative Filtering for Implicit Feedback Datasets", ICDM 2008.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from ...data.catalog import Catalog
from ...types import Interactions, Settings
from ..recommender import CannotRun, Histories, Lists, chunks, stack, top_k
from .recency import recency_rows
from .rows import count_rows, weighted_sums


class AlsConfig(Settings):
    """Size and weights of the factorisation."""

    factors: int = Field(default=128, ge=1)
    """Width of the vectors."""
    regularization: float = Field(default=10.0, ge=0)
    """Weight of the squared lengths."""
    alpha: float = Field(default=10.0, gt=0)
    """Confidence that one event adds."""
    iterations: int = Field(default=15, ge=1)
    """Rounds over people and items."""
    recency: float = Field(default=0.8, gt=0, le=1)
    """Weight of an event beside the one after it when somebody asks; 1 is the paper's [ours below 1]."""
    seed: int = 0
    """Of the first vectors."""


TRIED = [
    {"factors": factors, "regularization": regularization, "alpha": alpha, "recency": recency}
    for factors, regularization, alpha, recency in (
        (128, 10.0, 10.0, 0.8), (128, 10.0, 1.0, 0.8), (128, 10.0, 40.0, 0.8), (256, 10.0, 10.0, 0.8),
        (64, 1.0, 10.0, 0.8), (64, 10.0, 1.0, 0.8), (64, 10.0, 1.0, 0.9), (128, 10.0, 3.0, 0.8), (64, 1.0, 10.0, 1.0),
        (64, 10.0, 1.0, 1.0),
    )
]  # fmt: skip
"""Low confidence for dense logs, high for sparse ones; recent events counting more, and the paper's form last."""


class Als:
    """Vectors of items learnt with those of everybody; a history's own vector is solved for when it asks."""

    name: ClassVar[str] = "als"

    def __init__(self, config: AlsConfig | None = None) -> None:
        self.config = config or AlsConfig()
        self._taken: Any = None
        self._model: Any = None

    def fit(self, interactions: Interactions, catalog: Catalog) -> None:
        """Factorise how often each person had each item.

        Raises:
            CannotRun: the log is empty, or the extra is missing.
        """
        del catalog
        if not len(interactions):
            raise CannotRun("the log is empty")
        self._taken = count_rows(interactions)
        self._model = _factorised(self._taken, self.config)

    def recommend_many(self, histories: Histories, k: int, *, exclude_seen: bool) -> Lists:
        """Return the items whose vectors lie along the history's."""
        from threadpoolctl import threadpool_limits

        items_IF, found = self._model.item_factors, []
        for piece in chunks(histories):
            query = recency_rows(piece, len(items_IF), self.config.recency)
            with threadpool_limits(1):
                users_PF = self._model.recalculate_user(np.arange(len(piece)), query)
            found.append(top_k(weighted_sums(users_PF, items_IF.T), piece, k, exclude_seen=exclude_seen))
        return stack(found, k)

    def variants(self) -> Iterator[Als]:
        """Yield the settings of TRIED, each factorised anew unless it differs in how it asks only."""
        learnt = {_learning(self.config): self._model}
        for values in TRIED:
            other = Als(self.config.model_copy(update=values))
            other._taken = self._taken
            key = _learning(other.config)
            if key not in learnt:
                learnt[key] = _factorised(self._taken, other.config)
            other._model = learnt[key]
            yield other


def _learning(config: AlsConfig) -> str:
    """Return the settings that matter while it learns."""
    return config.model_dump_json(exclude={"recency"})


def _factorised(taken: Any, config: AlsConfig) -> Any:
    """Return the fitted model, the same on any number of cores."""
    try:
        from implicit.als import AlternatingLeastSquares
    except ImportError as error:
        raise CannotRun("it needs the library implicit: pip install 'intentfeed[baselines]'") from error
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        model = AlternatingLeastSquares(
            factors=config.factors,
            regularization=config.regularization,
            alpha=config.alpha,
            iterations=config.iterations,
            random_state=config.seed,
            num_threads=1,
        )
        model.fit(taken, show_progress=False)
        _ = model.YtY  # kept by the model: worked out here, on one thread
    return model
