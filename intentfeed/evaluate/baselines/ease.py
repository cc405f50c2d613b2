"""EASE: a linear model of items from items, solved in closed form. Strong on dense logs, and hard to get wrong.

Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ...data.catalog import Catalog
from ...types import Interactions, Settings
from ..recommender import CannotRun, Histories, Lists, chunks, stack, top_k
from .recency import recency_rows
from .rows import count_rows

BLOCK = 1024
"""Rows that are mirrored at a time."""


class EaseConfig(Settings):
    """How much the weights are held down, and how the past is weighed."""

    regularization: float = Field(default=250.0, gt=0)
    """The paper's lambda: added to the diagonal of the item-item counts."""
    recency: float = Field(default=1.0, gt=0, le=1)
    """Weight of an event beside the one after it when somebody asks; 1 is the paper's [ours below 1]."""
    widest: int = Field(default=20_000, ge=1)
    """People or items, whichever are fewer, up to which it is solved; 20,000 take 5 to 10 GB, and minutes a lambda."""


TRIED = [
    {"regularization": regularization, "recency": recency}
    for regularization, recency in (
        (250.0, 0.9), (250.0, 1.0), (100.0, 0.8), (100.0, 1.0), (1000.0, 0.8), (1000.0, 0.9), (1000.0, 1.0),
        (20.0, 0.8), (20.0, 1.0), (250.0, 0.8),
    )
]  # fmt: skip
"""The paper's form over its range of lambda, and with recent events counting more; the likeliest first, for a small
budget, and as few changes of lambda as that allows: each is a solution of its own."""


class Ease:
    """Scores x·B with B = I - P / diag(P), P = (XᵀX + λI)⁻¹ of the binary X, by people or by items: as many as fewer.

    With fewer people than items P comes from the people's side, exactly: λP = I - Xᵀ(λI + XXᵀ)⁻¹X. So a wide catalogue
    with a short log needs no matrix of items by items.
    """

    name: ClassVar[str] = "ease"

    def __init__(self, config: EaseConfig | None = None) -> None:
        self.config = config or EaseConfig()
        self._taken: Any = None
        self._gram: Any = None
        self._solved: _Solved | None = None

    def fit(self, interactions: Interactions, catalog: Catalog) -> None:
        """Count pairs and solve.

        Raises:
            CannotRun: the log is empty, or has too many people and too many items to solve for either.
        """
        del catalog
        if not len(interactions):
            raise CannotRun("the log is empty")
        taken = count_rows(interactions).astype(np.float64)
        taken.data[:] = 1
        self._taken = taken[np.diff(taken.indptr) > 0]
        people, items = self._taken.shape[0], len(np.unique(interactions.item))
        if min(people, items) > self.config.widest:
            raise CannotRun(
                f"{people:,} people and {items:,} items are more than it can solve for in memory "
                f"({self.config.widest:,} of either)"
            )
        self._gram = _gram(self._taken)
        self._solved = _solve(self._taken, self._gram, self.config.regularization)

    def recommend_many(self, histories: Histories, k: int, *, exclude_seen: bool) -> Lists:
        """Return the items with the greatest weighted sums."""
        assert self._solved is not None, "fit comes first"
        n_items, found = self._taken.shape[1], []
        for piece in chunks(histories):
            query = recency_rows(piece, n_items, self.config.recency)
            if self.config.recency == 1:
                query.data[:] = 1
            found.append(top_k(self._solved.scores(query), piece, k, exclude_seen=exclude_seen))
        return stack(found, k)

    def variants(self) -> Iterator[Ease]:
        """Yield the settings of TRIED; the counts are shared, and one solution for each lambda."""
        assert self._solved is not None, "fit comes first"
        own = last = self.config.regularization, self._solved
        for values in TRIED:
            other = Ease(self.config.model_copy(update=values))
            other._taken, other._gram = self._taken, self._gram
            wanted = other.config.regularization
            if wanted == own[0]:
                last = own
            elif wanted != last[0]:
                last = wanted, _solve(self._taken, self._gram, wanted)
            other._solved = last[1]
            yield other


class _Solved(Protocol):
    """B in one of two forms."""

    def scores(self, query: Any) -> NDArray[np.float32]:
        """Return query · B [P, I] for sparse rows [P, I]; a row depends on its own question only."""
        ...


class _ByItems:
    """B itself, for the items that the log holds; the others have no weight."""

    def __init__(self, gram_II: Any, seen: NDArray[np.int64], n_items: int, regularization: float) -> None:
        inverse_II = _inverse(gram_II, regularization)
        inverse_II /= -np.diag(inverse_II)
        np.fill_diagonal(inverse_II, 0)
        self._weights_II = inverse_II.astype(np.float32)
        self._seen, self._n_items = seen, n_items

    def scores(self, query: Any) -> NDArray[np.float32]:
        """Return query · B."""
        scores_PI = np.zeros((query.shape[0], self._n_items), dtype=np.float32)
        scores_PI[:, self._seen] = query[:, self._seen] @ self._weights_II
        return scores_PI


class _ByPeople:
    """X and (λI + XXᵀ)⁻¹, from which the product with B follows without B."""

    def __init__(self, taken: Any, gram_UU: Any, regularization: float) -> None:
        inverse_UU = _inverse(gram_UU, regularization)
        self._rows, self._columns = taken.tocsr().astype(np.float32), taken.T.tocsr().astype(np.float32)
        self._inverse_UU = inverse_UU.astype(np.float32)
        self._left_I = 1 - _quadratic(taken.tocsc(), inverse_UU)
        """λ times the diagonal of P [I]."""

    def scores(self, query: Any) -> NDArray[np.float32]:
        """Return query · B, with query · λP = query - query · Xᵀ(λI + XXᵀ)⁻¹X."""
        near_PU = (query @ self._columns) @ self._inverse_UU
        explained_PI = np.ascontiguousarray((self._columns @ np.ascontiguousarray(near_PU.T)).T)
        own_PI = query.toarray()
        scores_PI: NDArray[np.float32] = (own_PI - (own_PI - explained_PI) / self._left_I).astype(np.float32)
        return scores_PI


def _gram(taken: Any) -> Any:
    """Return how many people each two items share, or how many items each two people, whichever is smaller; sparse."""
    held = taken[:, np.unique(taken.indices)]
    return held @ held.T if held.shape[0] < held.shape[1] else held.T @ held


def _solve(taken: Any, gram: Any, regularization: float) -> _Solved:
    """Return the model from whichever counts were made."""
    seen = np.unique(taken.indices)
    if taken.shape[0] < len(seen):
        return _ByPeople(taken, gram, regularization)
    return _ByItems(gram, seen, taken.shape[1], regularization)


def _inverse(gram: Any, regularization: float) -> NDArray[np.float64]:
    """Return (gram + λI)⁻¹, solved in place; on one thread, whose sums have one order."""
    from scipy.linalg.lapack import dpotrf, dpotri
    from threadpoolctl import threadpool_limits

    system = gram.toarray(order="F")
    system[np.diag_indices_from(system)] += regularization
    with threadpool_limits(1):
        lower, _ = dpotrf(system, lower=1, clean=1, overwrite_a=1)
        inverse, _ = dpotri(lower, lower=1, overwrite_c=1)
    for lo in range(0, len(inverse), BLOCK):
        hi = lo + BLOCK
        inverse[lo:hi, hi:] = inverse[hi:, lo:hi].T
        inverse[lo:hi, lo:hi] += np.tril(inverse[lo:hi, lo:hi], -1).T
    symmetric: NDArray[np.float64] = inverse.T  # rows in memory, as what comes next reads them
    return symmetric


def _quadratic(columns: Any, inverse_UU: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return x' · inverse · x of each column x of a binary CSC matrix [I]."""
    found_I = np.zeros(columns.shape[1], dtype=np.float64)
    for item in range(columns.shape[1]):
        people = columns.indices[columns.indptr[item] : columns.indptr[item + 1]]
        if len(people):
            found_I[item] = inverse_UU[np.ix_(people, people)].sum()
    return found_I.astype(np.float32)
