"""Which categories does a person's behaviour lead to, through which interest, and how likely is each?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ..data.catalog import SEPARATOR, leaf_name
from ..types import History, Interest
from .likes import recency
from .links import NONE, OWN, Led, LinkConfig
from .model import TagModel
from .past import Past, read_past


class ReachConfig(LinkConfig):
    """How categories are reached and weighed."""

    interest_weight: float = Field(default=0.15, ge=0, le=1)
    """Weight of the categories of the kept interests beside the votes of the newest items."""
    query_weight: float = Field(default=0.15, ge=0, le=1)
    """Weight of the categories that the newest searches mean, where there are any."""
    newest_queries: int = Field(default=20, ge=0)
    """Distinct searches that count."""
    season_power: float = Field(default=0.5, ge=0)
    """How strongly the season moves the score."""
    least_source: float = Field(default=0.1, gt=0)
    """Weight of a category of a long interest that the newest items no longer show."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Where one person's behaviour leads, as columns over the categories."""

    kept: Sequence[Interest]
    led: Led
    score_C: NDArray[np.float32]
    interest_C: NDArray[np.int32]
    """Place in `kept` of the interest that a category hangs on; -1 for none."""
    query_of: Mapping[int, int]
    """The search that leads to a category which no own item is in."""

    def interest(self, code: int) -> Interest | None:
        """Return what a category hangs on."""
        at = int(self.interest_C[code])
        return self.kept[at] if at >= 0 else None

    def ranked(self, spoken_C: NDArray[np.bool_], n: int) -> Iterator[tuple[int, float, int]]:
        """Yield code, score and place of the interest of what is reached and can be spoken of, best first.

        The `n` best, and the best of every interest that these leave out.
        """
        reached = spoken_C & (self.led.how_C != NONE)
        reached[list(self.query_of)] = spoken_C[list(self.query_of)]
        codes = np.flatnonzero(reached)
        codes = codes[np.argsort(-self.score_C[codes], kind="stable")]
        _, first = np.unique(self.interest_C[codes], return_index=True)
        codes = codes[np.union1d(np.arange(min(n, len(codes))), first)]
        yield from zip(codes.tolist(), self.score_C[codes].tolist(), self.interest_C[codes].tolist(), strict=True)

    def missed(self, spoken_C: NDArray[np.bool_], n: int) -> list[int]:
        """Return which of the `n` best categories by votes are not reached, best first."""
        codes = np.flatnonzero(spoken_C & (self.score_C > 0))
        codes = codes[np.argsort(-self.score_C[codes], kind="stable")][:n]
        return [code for code in codes.tolist() if self.led.how_C[code] == NONE and code not in self.query_of]

    def why_missed(self, code: int, paths: Sequence[str]) -> str:
        """Return why a category that is not reached hangs on no kept interest."""
        link = self.led.nearest(code)
        if not link.source:
            return "hangs on no kept interest: too few people have it together with one"
        told = f"{link.both} of {link.have} people with something in {leaf_name(paths[link.source])} have it too"
        often = f"{link.lift:.1f} times as often as people at large"
        return f"hangs on no kept interest: {told}, {often}, which is too little or of too few people"


class Reacher:
    """Reads histories against what was learnt."""

    def __init__(self, model: TagModel, config: ReachConfig) -> None:
        self.model, self.config = model, config
        self._code = {path: code for code, path in enumerate(model.paths)}
        usual = float(model.links.people_C.sum()) / max(model.n_people, 1)
        self._asked = config.asked_where(usual)
        self._below: dict[str, NDArray[np.int64]] = {}

    def read(self, history: History) -> Past:
        """Return the history as tagging needs it."""
        newest = self.model.config.votes.newest
        return read_past(history, self.model.category_I, newest=newest, queries=self.config.newest_queries)

    def votes(self, past: Past) -> NDArray[np.float32]:
        """Return score_C: the categories that the newest liked items vote for."""
        weight = recency(np.arange(len(past.items), dtype=np.int32), self.model.config.votes.recency_power)
        return self.model.votes.scores_of(past.items, weight)

    def reach(self, past: Past, kept: Sequence[Interest], *, month: int) -> Reach:
        """Return where the behaviour leads; with kept interests, only behaviour inside one of them counts."""
        n_categories = len(self.model.paths)
        covers = [self.covered(interest) for interest in kept]
        inside_C = np.full(n_categories, -1, dtype=np.int32)
        for at in range(len(kept) - 1, -1, -1):  # where two cover a category, the stronger one keeps it
            inside_C[covers[at]] = at
        own_C = self._own(past)
        sources = np.flatnonzero((own_C > 0) & ((inside_C >= 0) | (not kept)))
        weights = np.sqrt(own_C[sources])
        led = self.model.links.lead(sources, weights, self.model.n_people, self._asked, lenient=not kept)
        interest_C = np.where(led.how_C != NONE, inside_C[led.source_C], -1).astype(np.int32)
        meant = self._meant(past)
        query_of: dict[int, int] = {}
        for at, code in enumerate(meant):
            if code and led.how_C[code] != OWN and (not kept or inside_C[code] >= 0):
                query_of.setdefault(code, at)
                interest_C[code] = inside_C[code]
        score_C = self._scores(past, kept, covers, meant) * self.model.lift_CM[:, month - 1] ** self.config.season_power
        return Reach(kept, led, score_C, interest_C, query_of)

    def _meant(self, past: Past) -> list[int]:
        """Return the category that each search means to φ; 0 for none."""
        if not past.queries:
            return []
        paths = self.model.phi.predict([text for text, _ in past.queries])
        return [self._code.get(path, 0) for path in paths]

    def _own(self, past: Past) -> NDArray[np.float64]:
        """Return the weight of the person's own categories, newest items counting more; 0 for others."""
        codes = self.model.category_I[past.items]
        weight = recency(np.arange(len(codes), dtype=np.int32), self.model.config.votes.recency_power)
        own_C = np.bincount(codes, weights=weight, minlength=len(self.model.paths)).astype(np.float64)
        ever_C = np.bincount(past.code, minlength=len(self.model.paths)) > 0
        own_C = np.where(ever_C, np.maximum(own_C, self.config.least_source), 0.0)
        own_C[0] = 0
        return own_C

    def covered(self, interest: Interest) -> NDArray[np.int64]:
        """Return the categories at or below those of an interest."""
        found = [self._at_or_below(path) for path in interest.categories if path]
        return np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)

    def _at_or_below(self, path: str) -> NDArray[np.int64]:
        if path not in self._below:
            inside = path + SEPARATOR
            codes = [code for other, code in self._code.items() if other == path or other.startswith(inside)]
            self._below[path] = np.array(codes, dtype=np.int64)
        return self._below[path]

    def _scores(
        self, past: Past, kept: Sequence[Interest], covers: Sequence[NDArray[np.int64]], meant: Sequence[int]
    ) -> NDArray[np.float32]:
        """Return score_C: votes of the newest items, of the interests and of the searches."""
        config, score_C = self.config, self.votes(past)
        if kept and config.interest_weight:
            held_C = np.zeros_like(score_C)
            own_C = np.bincount(past.code, minlength=len(score_C)) > 0
            for interest, codes in zip(kept, covers, strict=True):
                inside = codes[own_C[codes]]
                held_C[inside] += interest.confidence / max(len(inside), 1)
            score_C = _mixed(score_C, held_C, config.interest_weight)
        if any(meant) and config.query_weight:
            asked_C = np.zeros_like(score_C)
            for at, code in enumerate(meant):
                asked_C[code] += (1 + at) ** -0.5 if code else 0
            score_C = _mixed(score_C, asked_C, config.query_weight)
        return score_C


def _mixed(score_C: NDArray[np.float32], more_C: NDArray[np.float32], weight: float) -> NDArray[np.float32]:
    """Return a mixture of the scores and of others that are brought to sum to one first."""
    total = more_C.sum()
    if total <= 0:
        return score_C
    mixed: NDArray[np.float32] = (1 - weight) * score_C + weight * more_C / total
    return mixed
