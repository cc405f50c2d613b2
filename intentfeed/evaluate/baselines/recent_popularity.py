"""Recent popularity: what people took up lately. In some logs it beats every model, so no table goes without it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ...data.catalog import Catalog
from ...types import NO_TIME, History, Interactions, Settings
from ..recommender import CHUNK, CannotRun, Histories, Lists, chunks, stack, top_k

DAY_S = 86_400
STEPS = 500
"""Moments at which the counts are brought up to date, at most: in between only the new take-ups are added."""
TAIL = 1e-6
"""What a person counts at least, so that what nobody took up lately is settled by who ever did."""
TRIED_DAYS = (14, 3, 30, 7, 1, 60, 120, 365)
TRIED_PLACES = (5, 10, 3, 2, 20, 1, 0.5, 50)


class RecentPopularityConfig(Settings):
    """How fast fame fades."""

    half_life_days: float = Field(default=30.0, gt=0)
    """After so many days a person counts half, where the log has time."""
    half_life_places: float = Field(default=5.0, gt=0)
    """In a log that knows order only: so many places before the end of their history a person counts half."""


class RecentPopularity:
    """Ranks by the people who took up an item, each counting less the longer ago they first did.

    A question whose history has times is answered as of its last event, as a shop would have answered it. Where the log
    has order only, there is no clock that people share; then each person's newest events stand for what is new.
    """

    name: ClassVar[str] = "recent-popularity"

    def __init__(self, config: RecentPopularityConfig | None = None) -> None:
        self.config = config or RecentPopularityConfig()
        self._taken: TakenUp | None = None

    def fit(self, interactions: Interactions, catalog: Catalog) -> None:
        """Find when each person first took up each item.

        Raises:
            CannotRun: the log has neither time nor order.
        """
        if not interactions.ordered:
            raise CannotRun("the log has neither time nor order")
        self._taken = TakenUp.of(interactions, len(catalog))

    def recommend_many(self, histories: Histories, k: int, *, exclude_seen: bool) -> Lists:
        """Return what is popular at the end of the log, for each history the same."""
        scores_1I = self._scores([None])
        tiled = (np.tile(scores_1I, (len(piece), 1)) for piece in chunks(histories))
        found = zip(chunks(histories), tiled, strict=True)
        return stack([top_k(scores_PI, piece, k, exclude_seen=exclude_seen) for piece, scores_PI in found], k)

    def recommend_events(self, events: Sequence[History], k: int, *, exclude_seen: bool) -> Lists:
        """Return what was popular at the last event of each history."""
        found = []
        for start in range(0, len(events), CHUNK):
            piece = events[start : start + CHUNK]
            scores_PI = self._scores([_moment(history) for history in piece])
            found.append(top_k(scores_PI, [history.item for history in piece], k, exclude_seen=exclude_seen))
        return stack(found, k)

    def variants(self) -> Iterator[RecentPopularity]:
        """Yield short and long memory, the likeliest first, in days or, without time, in places."""
        assert self._taken is not None, "fit comes first"
        timed = self._taken.timed
        for value in TRIED_DAYS if timed else TRIED_PLACES:
            setting = {"half_life_days" if timed else "half_life_places": float(value)}
            other = RecentPopularity(self.config.model_copy(update=setting))
            other._taken = self._taken
            yield other

    def _scores(self, moments: Sequence[int | None]) -> NDArray[np.float32]:
        """Return scores_PI as of each moment (epoch seconds); None is the end of the log."""
        assert self._taken is not None, "fit comes first"
        if self._taken.timed:
            return self._taken.as_of(moments, self.config.half_life_days * DAY_S)
        return np.tile(self._taken.by_place(self.config.half_life_places), (len(moments), 1))


def _moment(history: History) -> int | None:
    """Return the time of the last event; None where it has none."""
    return int(history.time_s[-1]) if len(history) and history.time_s[-1] != NO_TIME else None


@dataclass(frozen=True)
class TakenUp:
    """Who first took up what when: one entry a pair of user and item, oldest first; those without a time lead."""

    item: NDArray[np.int64]
    time_s: NDArray[np.int64]
    """Seconds since the first of them; 0 where the log has none."""
    from_end: NDArray[np.int64]
    """Events of the same user that came after."""
    start_s: int
    timed: bool
    n_items: int

    @classmethod
    def of(cls, log: Interactions, n_items: int) -> TakenUp:
        """Return the first event of each pair."""
        _, first = np.unique(log.user.astype(np.int64) * n_items + log.item, return_index=True)
        ends = np.searchsorted(log.user, log.user[first], side="right")
        time_s = log.time_s[first]
        known = time_s != NO_TIME
        start_s = int(time_s[known].min()) if known.any() else 0
        order = np.lexsort((first, np.where(known, time_s, start_s)))
        return cls(
            item=log.item[first][order].astype(np.int64),
            time_s=np.where(known, time_s - start_s, 0)[order],
            from_end=(ends - first - 1)[order],
            start_s=start_s,
            timed=bool(known.any()),
            n_items=n_items,
        )

    def by_place(self, half_life: float) -> NDArray[np.float32]:
        """Return scores_I in which a person counts half for each `half_life` events that they had since."""
        return self._sum(slice(None), np.maximum(0.5 ** (self.from_end / half_life), TAIL)).astype(np.float32)

    def as_of(self, moments: Sequence[int | None], half_life_s: float) -> NDArray[np.float32]:
        """Return scores_PI as of each moment; a row does not depend on what else is asked.

        The log is walked once in even steps. What a moment adds to its step's counts are the few take-ups since.
        """
        end = int(self.time_s[-1])
        at = np.array([end if moment is None else min(max(moment - self.start_s, -1), end) for moment in moments])
        step_s = max(DAY_S, -(-end // STEPS))
        scores_PI = np.zeros((len(moments), self.n_items), dtype=np.float32)
        faded_I, ever_I = np.zeros(self.n_items), np.zeros(self.n_items)
        for step in range(int(at.max(initial=-1)) // step_s + 1):
            lo, hi = np.searchsorted(self.time_s, [step * step_s, (step + 1) * step_s])
            for row in np.flatnonzero(at // step_s == step):
                new = slice(lo, int(np.searchsorted(self.time_s, at[row], side="right")))
                fade = 0.5 ** ((at[row] - step * step_s) / half_life_s)
                recent_I = faded_I * fade + self._sum(new, 0.5 ** ((at[row] - self.time_s[new]) / half_life_s))
                scores_PI[row] = recent_I + TAIL * (ever_I + self._sum(new, None))
            until_end = ((step + 1) * step_s - self.time_s[lo:hi]) / half_life_s
            faded_I = faded_I * 0.5 ** (step_s / half_life_s) + self._sum(slice(lo, hi), 0.5**until_end)
            faded_I[faded_I < 1e-30] = 0
            ever_I += self._sum(slice(lo, hi), None)
        return scores_PI

    def _sum(self, part: slice, weights: NDArray[np.float64] | None) -> NDArray[np.float64]:
        """Return the weights of a part of the take-ups added up for each item [I]."""
        return np.bincount(self.item[part], weights=weights, minlength=self.n_items).astype(np.float64)
