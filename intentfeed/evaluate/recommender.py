"""What every recommender at the table must do, and how scores become a list: one contract, one tie-break."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ..data.catalog import Catalog
from ..data.split import Cases, Split
from ..errors import DataError
from ..types import History, Interactions, Settings

Histories = Sequence[NDArray[np.int32]]
"""Catalogue rows a user, oldest first; empty for a person never seen before."""
Lists = tuple[NDArray[np.int32], NDArray[np.float32]]
"""ids_PK and scores_PK, best first; -1 and -inf where a list is shorter than k."""
CHUNK = 256
"""Histories scored at once: bounds the memory at CHUNK × I floats, and changes no result."""


class CannotRun(DataError):  # noqa: N818
    """A recommender has nothing to work with on this data set; the table says n/a and why."""


class Recommender(Protocol):
    """Learns from a log and a catalogue, then answers histories; knows nothing else of a person."""

    name: ClassVar[str]
    """As printed, and as asked for with --methods."""

    def fit(self, interactions: Interactions, catalog: Catalog) -> None:
        """Learn.

        Raises:
            CannotRun: the data set lacks what this method needs.
        """
        ...

    def recommend_many(self, histories: Histories, k: int, *, exclude_seen: bool) -> Lists:
        """Return the `k` best items for each history out of the whole catalogue; equal to asking one by one."""
        ...


@runtime_checkable
class ReadsEvents(Protocol):
    """A recommender that uses more of a history than its items: which action it was, when, how it was rated."""

    def recommend_events(self, events: Sequence[History], k: int, *, exclude_seen: bool) -> Lists:
        """Return the `k` best items for each history out of the whole catalogue; equal to asking one by one."""
        ...


def answers(recommender: Recommender, cases: Cases, k: int, *, exclude_seen: bool) -> Lists:
    """Return what a recommender says to the questions, told as much of each history as it can use."""
    if isinstance(recommender, ReadsEvents):
        return recommender.recommend_events(cases.events, k, exclude_seen=exclude_seen)
    return recommender.recommend_many(cases.histories, k, exclude_seen=exclude_seen)


@runtime_checkable
class Tunable(Protocol):
    """A recommender with a few settings worth trying; the referee chooses on validation, for everybody alike."""

    @property
    def config(self) -> Settings:
        """The settings in force."""
        ...

    def variants(self) -> Iterator[Recommender]:
        """Yield this fitted one under each setting worth trying, at most ten, the likeliest first; they share what was
        learnt. A budget of fewer trials takes the first ones."""
        ...


@runtime_checkable
class Trainable(Protocol):
    """A recommender that learns anew under each setting, from a seed, for as long as validation says that it gains."""

    name: ClassVar[str]
    """As printed, and as asked for with --methods."""

    @property
    def config(self) -> Settings:
        """The settings in force."""
        ...

    def trials(self) -> Sequence[Trainable]:
        """Return an unfitted one for each setting worth trying, at most ten, the likeliest first."""
        ...

    def seeded(self, seed: int) -> Trainable:
        """Return an unfitted one of the same settings, as long a training and another seed."""
        ...

    def fit_watched(
        self, interactions: Interactions, catalog: Catalog, watch: Callable[[], float], *, seconds: float
    ) -> None:
        """Learn until `watch`, the validation score of this one as it stands, gains no more, or the time is up.

        Keeps the best state, and how long it took: `fit` afterwards learns as long, from whatever it is given.
        """
        ...

    def fit(self, interactions: Interactions, catalog: Catalog) -> None:
        """Learn for the length that `fit_watched` found, or the setting's own."""
        ...

    def recommend_many(self, histories: Histories, k: int, *, exclude_seen: bool) -> Lists:
        """Return the `k` best items for each history out of the whole catalogue; equal to asking one by one."""
        ...


@runtime_checkable
class Paced(Protocol):
    """A trained recommender that can say how long it learns: without that nobody could repeat it by hand."""

    @property
    def epochs(self) -> float:
        """Times that it sees the log."""
        ...


@runtime_checkable
class Sourced(Protocol):
    """A fitted recommender that gathers from several sources, and can say which of them brought what."""

    def sources(self, split: Split) -> Mapping[str, NDArray[np.int32]]:
        """Return the ids_PK that each source brings to the questions of a split, by its name; -1 where it has fewer."""
        ...


def tie_breaker(n_items: int) -> NDArray[np.int64]:
    """Return a fixed shuffle of 0..n_items-1: equal scores are listed in this order [I].

    Not the order of the catalogue: ids are often handed out as events come in, and then a tie would leak the log.
    """
    return np.random.default_rng(0).permutation(n_items)


def top_k(scores_PI: NDArray[np.float32], histories: Histories, k: int, *, exclude_seen: bool) -> Lists:
    """Return the `k` best of each row, ties by `tie_breaker`; what scores -inf is never listed."""
    n_rows, n_items = scores_PI.shape
    if exclude_seen:
        scores_PI = scores_PI.copy()
        for row, history in enumerate(histories):
            scores_PI[row, history] = -np.inf
    ids_PK = np.full((n_rows, k), -1, dtype=np.int32)
    best_PK = np.full((n_rows, k), -np.inf, dtype=np.float32)
    shuffle = np.argsort(tie_breaker(n_items))
    depth = min(k, n_items)
    for row in range(n_rows if depth else 0):
        scores = scores_PI[row, shuffle]
        edge = np.partition(scores, n_items - depth)[n_items - depth]  # the last score that may be listed
        above = np.flatnonzero(scores > edge)
        above = above[np.argsort(-scores[above], kind="stable")]
        level = np.flatnonzero(scores == edge)[: depth - len(above)] if edge > -np.inf else above[:0]
        found = np.concatenate([above, level])
        ids_PK[row, : len(found)] = shuffle[found]
        best_PK[row, : len(found)] = scores[found]
    return ids_PK, best_PK


def chunks(histories: Histories) -> Iterator[Histories]:
    """Yield the histories in pieces of CHUNK."""
    for start in range(0, len(histories), CHUNK):
        yield histories[start : start + CHUNK]


def stack(lists: Sequence[Lists], k: int) -> Lists:
    """Return the pieces' answers as one."""
    if not lists:
        return np.empty((0, k), dtype=np.int32), np.empty((0, k), dtype=np.float32)
    return np.concatenate([ids for ids, _ in lists]), np.concatenate([scores for _, scores in lists])
