"""What one method scored, question by question, what that cost, and why it could not where it could not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .intervals import interval, ratio_interval

OURS = "intentfeed"
"""How the names of our own methods begin; all others are baselines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One setting that was tried on the valid part."""

    settings: dict[str, Any]
    score: float | None
    """By the metric that settings are chosen by; None where it failed."""
    seconds: float
    epochs: float | None = None
    """How long it trained until its best state, where it tells."""
    failed: str | None = None
    """What it said when it stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a method took; seconds are of the wall."""

    fit_s: float = 0.0
    """To learn what is served, once; the mean over seeds."""
    tune_s: float = 0.0
    """To find the settings, and the score on the valid part."""
    answer_s: float = 0.0
    """To answer all the questions once."""
    n_questions: int = 0
    peak_mib: float = 0.0
    """Resident memory of the process at its highest."""
    before_mib: float = 0.0
    """The same before this method began."""

    @property
    def per_thousand_s(self) -> float | None:
        """Seconds for a thousand questions; None for what answers while it learns."""
        return 1000 * self.answer_s / self.n_questions if self.answer_s and self.n_questions else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One line of the table."""

    method: str
    settings: dict[str, Any] = field(default_factory=dict)
    """Those in force, where the method has any."""
    epochs: float | None = None
    """How long what is served trained, where it tells."""
    trials: tuple[Trial, ...] = ()
    """Settings tried on the valid part; none where there was nothing to choose."""
    valid_score: float | None = None
    """What the chosen setting scored on the valid part, by the metric that settings are chosen by."""
    seeds: tuple[int, ...] = ()
    """Seeds it was fitted with; none where it has no seed, and one run is all there is."""
    values: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    """One value a question [P] for each metric that has one, the mean over seeds."""
    weights: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    """Weight of each question [P], for the metrics that weigh them."""
    draws: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    """Bootstrap means [B] for each metric that has values."""
    by_seed: dict[str, tuple[float | None, ...]] = field(default_factory=dict)
    """Every metric, one number a seed; None where it has no meaning on this data set."""
    groups_G: NDArray[np.float64] | None = None
    """Share of slots of each popularity group, most popular first; the mean over seeds."""
    group_hits_G: NDArray[np.float64] | None = None
    """Hit rate at 10 of the questions whose answer is in each group, NaN where none is; the mean over seeds."""
    sources: Mapping[str, Source] = field(default_factory=dict)
    """What each source brought, of a method that has several."""
    duplication: float | None = None
    """Share of its candidates that more than one source brought."""
    cost: Cost = field(default_factory=Cost)
    short: int = 0
    """Questions answered with fewer items than asked for, at the first seed."""
    cannot: str | None = None
    """Why it has nothing to work with here."""
    failed: str | None = None
    """What it said when it broke off."""
    commit: str | None = None
    """Commit that measured it, where that was another run than this one."""

    @property
    def ran(self) -> bool:
        """Whether there are scores."""
        return self.cannot is None and self.failed is None

    @property
    def ours(self) -> bool:
        """Whether it is one of ours."""
        return self.method.startswith(OURS)

    @property
    def tried(self) -> int:
        """How many settings were tried."""
        return max(len(self.trials), 1)

    def has(self, metric: str) -> bool:
        """Return whether the metric was measured here and means something."""
        return any(value is not None for value in self.by_seed.get(metric, ()))

    def mean(self, metric: str) -> float:
        """Return the mean over the questions, or the metric itself where it is of all lists; over seeds, too."""
        if metric not in self.values:
            found = [value for value in self.by_seed[metric] if value is not None]
            return float(np.mean(found))
        if metric not in self.weights:
            return float(self.values[metric].mean())
        return float(np.average(self.values[metric], weights=self.weights[metric]))

    def spread(self, metric: str) -> float | None:
        """Return the standard deviation over seeds; None for fewer than two."""
        found = [value for value in self.by_seed[metric] if value is not None]
        return float(np.std(found, ddof=1)) if len(found) > 1 else None

    def interval(self, metric: str) -> tuple[float, float]:
        """Return the 95 % bootstrap interval of the mean: over users, the seeds taken as they are."""
        return interval(self.draws[metric])

    def ratio_to(self, other: Result, metric: str) -> tuple[float, float] | None:
        """Return the paired 95 % interval of this mean over the other's."""
        return ratio_interval(self.draws[metric], other.draws[metric])


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What one source brought to a method that has several."""

    recall: float
    """Share of the questions whose answer it brought."""
    exclusive: float
    """Share of the questions whose answer it alone brought."""
    exclusive_interval: tuple[float, float]
    """95 % bootstrap interval of that."""
    mean_length: float
    """Candidates a question."""
