"""What a session was worth, by the definitions of RecBot, 9, where the paper's are lost, and ours where it is silent.

Conditions are the simulator's own slots, never what a system's parser made of the words; an item meets them by the
masks of the field registry. After a change of mind only those count that are true of the second target.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...commands.records import Constraint, Demand
from ...simulate.sessions import Played, PlayedRound
from ...simulate.traits import Traits

K = 10
"""The whole slate; ranks below it are not shown and not measured."""
METRICS = (
    "pass@5", "pass@10", "rounds", "rounds/passed", "rounds/late", "recall@5", "recall@10", "ndcg@10", "csr@10",
    "csr/hard@10", "csr/soft@10", "csr/each@10", "c_ndcg@10",
)  # fmt: skip
DEFINED: dict[str, str] = {
    "pass@5": "share of sessions with the target among the first 5 items of some feed that counts; ends the session",
    "pass@10": "the same among the first 10, though only the first 5 end a session",
    "rounds": "mean commands until the pass, a failed session counting T_max",
    "rounds/passed": "the same over passed sessions only",
    "rounds/late": "the same, a failed session counting T_max + 1 (InteRecAgent's)",
    "recall@5": "target among the first 5 of the last feed",
    "recall@10": "target among the first 10 of the last feed",
    "ndcg@10": "1 / log2(rank + 1) of the target in the last feed, 0 below 10",
    "csr@10": "share of the first min(10, items of the catalogue that meet all active conditions and may be shown) "
    "items that meet them all, over the feeds of a session, then over sessions",
    "csr/hard@10": "the same of the hard conditions alone",
    "csr/soft@10": "share of the first min(10, items that meet all conditions) items that meet the soft ones",
    "csr/each@10": "csr@10's items, each condition by itself, mean",
    "c_ndcg@10": "DCG with gain 1 for each item that meets all conditions over that of the best order, as csr@10",
}
"""What each figure means, in the words printed under the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What each session of a loop was worth."""

    values_SM: NDArray[np.float64]
    """One row a session, in the order of METRICS; NaN where a figure has no meaning for it."""
    users: list[str]

    def mean(self, metric: str) -> float:
        """Return a metric's mean over the sessions that it has a meaning for."""
        column = self.values_SM[:, METRICS.index(metric)]
        known = column[~np.isnan(column)]
        return float(known.mean()) if len(known) else math.nan


class Meter:
    """Measures sessions on one catalogue."""

    def __init__(self, traits: Traits, *, rounds: int, exclude_seen: bool = True) -> None:
        self.traits, self.t_max, self.exclude_seen = traits, rounds, exclude_seen
        self._met: dict[Demand, NDArray[np.bool_]] = {}

    def of(self, sessions: Sequence[Played]) -> Measured:
        """Return the figures of sessions that were played."""
        rows = [self.session(session) for session in sessions]
        values_SM = np.array([[row[name] for name in METRICS] for row in rows]).reshape(len(rows), len(METRICS))
        return Measured(values_SM=values_SM, users=[session.episode.user_id for session in sessions])

    def session(self, session: Played) -> dict[str, float]:
        """Return the figures of one session."""
        at, last = session.passed_at, session.rounds[-1]
        place = rank(last.target, last.feed.rows)
        figures = {
            "pass@5": float(at > 0),
            "pass@10": float(session.found_at(10) > 0),
            "rounds": float(at or self.t_max),
            "rounds/passed": float(at) if at else math.nan,
            "rounds/late": float(at or self.t_max + 1),
            "recall@5": float(place <= 5),
            "recall@10": float(place <= 10),
            "ndcg@10": 1 / math.log2(place + 1) if place <= 10 else 0.0,
        }
        if session.episode.scenario == "single":  # one round is all there is: T_max is 1
            figures |= {"rounds": 1.0, "rounds/late": float(at or 2)}
        met = [self.conditions(one, session.episode.history) for one in session.rounds]
        for name in ("csr@10", "csr/hard@10", "csr/soft@10", "csr/each@10", "c_ndcg@10"):
            known = [one[name] for one in met if not math.isnan(one[name])]
            figures[name] = float(np.mean(known)) if known else math.nan
        return figures

    def conditions(self, one: PlayedRound, history: Sequence[int]) -> dict[str, float]:
        """Return how far a feed meets the active conditions; NaN where there are none of a kind."""
        hard = [demand for demand in one.active if isinstance(demand, Constraint)]
        soft = [demand for demand in one.active if not isinstance(demand, Constraint)]
        may_I = self.traits.catalog.available_I.copy()
        if self.exclude_seen:
            may_I[list(history)] = False
        both_I, hard_I, soft_I = (self.all_of(demands) for demands in (one.active, hard, soft))
        most = min(K, int((both_I & may_I).sum()))
        shown = list(one.feed.rows[:most])
        shown_hard = list(one.feed.rows[: min(K, int((hard_I & may_I).sum()))])
        figures = dict.fromkeys(("csr@10", "csr/hard@10", "csr/soft@10", "csr/each@10", "c_ndcg@10"), math.nan)
        if one.active and most:
            figures["csr@10"] = both_I[shown].sum() / most
            figures["csr/each@10"] = float(np.mean([self.met(demand)[shown].sum() / most for demand in one.active]))
            figures["c_ndcg@10"] = c_ndcg(both_I[list(one.feed.rows[:K])], most)
        if hard and (most_hard := min(K, int((hard_I & may_I).sum()))):
            figures["csr/hard@10"] = hard_I[shown_hard].sum() / most_hard
        if soft and most:
            figures["csr/soft@10"] = soft_I[shown].sum() / most
        return figures

    def all_of(self, demands: Sequence[Demand]) -> NDArray[np.bool_]:
        """Return which items [I] meet every one of the demands."""
        met = np.ones(len(self.traits.catalog), dtype=np.bool_)
        for demand in demands:
            met = met & self.met(demand)
        return met

    def met(self, demand: Demand) -> NDArray[np.bool_]:
        """Return which items [I] meet one demand."""
        if demand not in self._met:
            self._met[demand] = self.traits.meets(demand)
        return self._met[demand]


def rank(target: int, rows: Sequence[int]) -> float:
    """Return the place of the target, from 1; infinite where it is not shown."""
    return rows.index(target) + 1 if target in rows else math.inf


def c_ndcg(met_K: NDArray[np.bool_], n_met: int) -> float:
    """Return DCG over the shown items that meet all conditions, over that of min(K, `n_met`) such items in front."""
    discount = 1 / np.log2(np.arange(K) + 2)
    return float((met_K * discount[: len(met_K)]).sum() / discount[: min(K, n_met)].sum())
