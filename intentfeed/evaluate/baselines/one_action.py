"""One action only: any baseline as if nothing but, say, purchases had been logged. `--methods item-knn:purchase`.

In a log of several actions it is often the rare one that is asked for. Whether the many cheap ones help or hurt a
baseline is then a question of its own, and the better of its two answers is the one to beat.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...data.catalog import Catalog
from ...types import ACTION_CODE, Action, History, Interactions, Settings
from ..recommender import (
    CHUNK,
    CannotRun,
    Histories,
    Lists,
    Paced,
    ReadsEvents,
    Recommender,
    Trainable,
    Tunable,
    stack,
)


class OneAction:
    """Learns from, and is asked with, the events of one action; leaves out what was seen through any action."""

    name: ClassVar[str] = "one-action"

    def __init__(self, base: Recommender, action: Action) -> None:
        self.base, self.action = base, action
        self.name = f"{base.name}:{action}"  # type: ignore[misc]

    def fit(self, interactions: Interactions, catalog: Catalog) -> None:
        """Let the base learn from the events of the action.

        Raises:
            CannotRun: the log has none, or the base cannot.
        """
        self.base.fit(self._kept(interactions), catalog)

    def recommend_events(self, events: Sequence[History], k: int, *, exclude_seen: bool) -> Lists:
        """Return the base's answers to the events of the action."""
        found = []
        for start in range(0, len(events), CHUNK):
            piece = events[start : start + CHUNK]
            told = [_only(history, self.action) for history in piece]
            seen = [history.item for history in piece] if exclude_seen else []
            deeper = max((len(all_) - len(own) for all_, own in zip(seen, told, strict=False)), default=0)
            lists = self._ask(told, k + deeper, exclude_seen=exclude_seen)
            found.append(_without(lists, seen, k) if exclude_seen else lists)
        return stack(found, k)

    def recommend_many(self, histories: Histories, k: int, *, exclude_seen: bool) -> Lists:
        """Return the base's answers to histories of which every event was of the action."""
        return self.base.recommend_many(histories, k, exclude_seen=exclude_seen)

    def _ask(self, events: Sequence[History], k: int, *, exclude_seen: bool) -> Lists:
        if isinstance(self.base, ReadsEvents):
            return self.base.recommend_events(events, k, exclude_seen=exclude_seen)
        return self.base.recommend_many([history.item for history in events], k, exclude_seen=exclude_seen)

    def _kept(self, log: Interactions) -> Interactions:
        """Return the events of the action."""
        kept = log.action == ACTION_CODE[self.action]
        if not kept.any():
            raise CannotRun(f"the log has no {self.action}")
        columns = {name: getattr(log, name)[kept] for name in ("user", "item", "action", "time_s", "value")}
        return replace(log, **columns)


class TunedOneAction(OneAction):
    """The same of a base with settings worth trying."""

    @property
    def config(self) -> Settings:
        """The base's settings."""
        assert isinstance(self.base, Tunable), "made by `of_action`"
        return self.base.config

    def variants(self) -> Iterator[Recommender]:
        """Yield each of the base's."""
        assert isinstance(self.base, Tunable), "made by `of_action`"
        for variant in self.base.variants():
            yield of_action(variant, self.action)


class TrainedOneAction(OneAction):
    """The same of a base that is trained."""

    base: Trainable

    @property
    def config(self) -> Settings:
        """The base's settings."""
        return self.base.config

    @property
    def epochs(self) -> float:
        """Times that the base sees its log."""
        assert isinstance(self.base, Paced), "all that is trained here can say how long"
        return self.base.epochs

    def trials(self) -> Sequence[Trainable]:
        """Return each of the base's."""
        return [TrainedOneAction(trial, self.action) for trial in self.base.trials()]

    def seeded(self, seed: int) -> Trainable:
        """Return the base's of another seed."""
        return TrainedOneAction(self.base.seeded(seed), self.action)

    def fit_watched(
        self, interactions: Interactions, catalog: Catalog, watch: Callable[[], float], *, seconds: float
    ) -> None:
        """Let the base learn from the events of the action until `watch` gains no more."""
        self.base.fit_watched(self._kept(interactions), catalog, watch, seconds=seconds)


def of_action(base: Recommender, action: Action) -> OneAction:
    """Return the base on one action, tuned or trained as it is itself."""
    if isinstance(base, Trainable):
        return TrainedOneAction(base, action)
    return TunedOneAction(base, action) if isinstance(base, Tunable) else OneAction(base, action)


def _only(history: History, action: Action) -> History:
    """Return the history's events of one action."""
    kept = np.flatnonzero(history.action == ACTION_CODE[action])
    return replace(
        history,
        event_id=history.event_id[kept],
        action=history.action[kept],
        item=history.item[kept],
        time_s=history.time_s[kept],
        value=history.value[kept],
        query=[history.query[row] for row in kept.tolist()],
    )


def _without(lists: Lists, seen: Sequence[NDArray[np.int32]], k: int) -> Lists:
    """Return the first k of each list that were not seen."""
    ids_PK = np.full((len(seen), k), -1, dtype=np.int32)
    scores_PK = np.full((len(seen), k), -np.inf, dtype=np.float32)
    for row, (ids, scores) in enumerate(zip(*lists, strict=True)):
        new = np.flatnonzero(~np.isin(ids, seen[row]) & (ids >= 0))[:k]
        ids_PK[row, : len(new)], scores_PK[row, : len(new)] = ids[new], scores[new]
    return ids_PK, scores_PK
