"""In which order: a linear model of what the sources say and of the item itself, learnt from hidden items.

`FEATURES OF A CANDIDATE` are computed in one place, `Features`; the model is one weight a feature, plain JSON, and an
item's score is their sum, so that it can be said which source carried it. Learnt by a listwise softmax: of a person's
candidates the hidden one should score highest [ours].
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.catalog import Catalog
from ..retrieval.towers import Towers
from .config import SOURCES, SourceName
from .gather import Gathered
from .stats import ItemStats
from .taste import Taste

TOO_SMALL = 1e-9
"""Scores up to this are noise; they are not stretched to 1."""
LAST_RESORT = 1e-3
"""Least share of popularity: with nothing else to go by, people get what is popular."""
EQUAL: dict[SourceName, float] = dict.fromkeys(SOURCES, 1.0)
OF_SOURCE = ("score", "rank", "listed")
"""What is made of each source's scores."""
OF_ITEM = ("popularity", "freshness", "category", "near_category", "brand", "seen", "new", "new_words", "new_text")
"""What an item brings along; `new` is how well an item that nobody took up reads beside the best one, the other two how
well its words and its text go with the history as such: where all are far away, the nearest says little."""
LOG_ODDS = 15.0
"""An item that a trained encoder holds this much less likely than its best one is as good as none."""
FRESH_DAYS = 30.0
NEWEST = 5
"""Items of the history whose category and brand an item may share."""


class Features:
    """Turns candidates into numbers within -1 and 1; all that the ranker ever sees of them."""

    def __init__(
        self,
        catalog: Catalog,
        stats: ItemStats,
        names: Sequence[SourceName],
        per_source: int,
        widths: Mapping[SourceName, float] | None = None,
    ) -> None:
        self.names = tuple(f"{name}.{kind}" for name in names for kind in OF_SOURCE) + tuple(
            f"item.{kind}" for kind in OF_ITEM
        )
        """One a row of what `of` returns."""
        self._n_sources = len(names)
        self._reading = {name: names.index(name) for name in ("words", "text") if name in names}
        self._widths = {names.index(name): width for name, width in (widths or {}).items() if name in names}
        self._per_source = per_source
        self._discount = _discounts(per_source)
        n = len(catalog)
        self._popularity_I = _padded(stats.popularity_I / max(float(stats.popularity_I.max(initial=0)), TOO_SMALL), n)
        self._fresh_I = _padded(np.exp2(-stats.age_days_I / FRESH_DAYS), n)
        self._known_I = _padded(stats.known_I, n) > 0
        self._category_I = catalog.category_I
        paths = [path.rpartition(" > ")[0] for path in catalog.categories]
        self._above_I = _codes(paths)[catalog.category_I]
        self._brand_I = _codes(catalog.frame["brand"].to_list())

    def row(self, source: SourceName, kind: str) -> int:
        """Return the place of one feature of a source."""
        return self.names.index(f"{source}.{kind}")

    def of(self, found: Gathered, taste: Taste) -> NDArray[np.float32]:
        """Return features_FC of a person's candidates; what may not be shown sets no scale and takes no rank."""
        of_sources = self._of_sources(found)
        of_items = self._of_items(found.rows, taste)
        new = ~self._known_I[found.rows]
        if new.any():
            read = [row * len(OF_SOURCE) for row in self._reading.values()]
            of_items[OF_ITEM.index("new")] = new * of_sources[read].max(axis=0, initial=0)
            for name, row in self._reading.items():
                of_items[OF_ITEM.index(f"new_{name}")] = new * np.clip(found.scores_SC[row], 0, 1) ** 2
        return np.concatenate([of_sources, of_items])

    def _of_sources(self, found: Gathered) -> NDArray[np.float32]:
        scores_SC = found.scores_SC
        kept_SC = scores_SC[:, found.kept] if found.kept.any() else scores_SC
        features = np.zeros((self._n_sources, len(OF_SOURCE), len(found.rows)), dtype=np.float32)
        flat = features.reshape(self._n_sources * len(OF_SOURCE), len(found.rows))
        if not kept_SC.size:
            return flat
        ordered_SC = -np.sort(-kept_SC, axis=1)
        best_S = ordered_SC[:, 0]
        scale_S = np.where(best_S > TOO_SMALL, best_S, 1).astype(np.float32)
        features[:, 0] = np.clip(scores_SC / scale_S[:, None], -1, 1)
        for row, width in self._widths.items():
            features[row, 0] = np.clip(1 - (best_S[row] - scores_SC[row]) / width, 0, 1)
        for row, (scores, ordered) in enumerate(zip(scores_SC, ordered_SC, strict=True)):
            rank = np.searchsorted(-ordered, -scores)  # how many that may be shown score higher
            rank[scores <= TOO_SMALL] = self._per_source
            features[row, 1] = self._discount[np.minimum(rank, self._per_source)]
            features[row, 2] = rank < self._per_source
        return flat

    def _of_items(self, rows: NDArray[np.int32], taste: Taste) -> NDArray[np.float32]:
        features = np.zeros((len(OF_ITEM), len(rows)), dtype=np.float32)
        features[0], features[1] = self._popularity_I[rows], self._fresh_I[rows]
        newest = np.array([item for item in taste.items[-NEWEST:] if item < len(self._category_I)], dtype=np.int32)
        if len(newest):
            weight = 0.5 ** np.arange(len(newest))[::-1]
            weight = (weight / weight.sum()).astype(np.float32)
            for row, code_I in ((2, self._category_I), (3, self._above_I), (4, self._brand_I)):
                same = (code_I[rows] == code_I[newest][:, None]) & (code_I[rows] > 0)
                features[row] = (same * weight[:, None]).sum(axis=0)
        if taste.seen:
            features[5] = np.isin(rows, np.fromiter(taste.seen, dtype=np.int64))
        return features


@dataclass(frozen=True)
class Ranker:
    """One weight a feature, by name; features without one count nothing."""

    weights: Mapping[str, float]
    learnt: bool = False
    """Whether the weights were learnt from people, or are those of the sources alone."""

    @classmethod
    def fixed(cls, weights: Mapping[SourceName, float], speaking: Sequence[SourceName]) -> Ranker:
        """Return the ranker that adds up the sources' scaled scores; shares of those that speak add up to 1."""
        kept = {source: float(weights.get(source, 0.0)) for source in speaking}
        total = sum(kept.values()) or 1.0
        shares = {f"{source}.score": weight / total for source, weight in kept.items() if weight > 0}
        shares["popular.score"] = max(shares.get("popular.score", 0.0), LAST_RESORT)
        return cls(shares)

    def knows(self, source: SourceName) -> bool:
        """Return whether it has learnt what to make of a source: one that came later waits for the next fit."""
        return source == "popular" or f"{source}.score" in self.weights

    def among(self, speaking: Sequence[SourceName]) -> Ranker:
        """Return the ranker for those that speak now."""
        if self.learnt:
            return self
        given = {source: self.weights[f"{source}.score"] for source in speaking if f"{source}.score" in self.weights}
        return Ranker.fixed(given, speaking)

    def score(self, features_FC: NDArray[np.float32], names: Sequence[str]) -> NDArray[np.float32]:
        """Return the scores [C]; each depends on its own candidate's features only."""
        total = np.zeros(features_FC.shape[1])
        for name, row in zip(names, features_FC, strict=True):
            weight = self.weights.get(name, 0.0)
            if weight:
                total += weight * row
        return total.astype(np.float32)

    def parts(self, features_F: NDArray[np.float32], names: Sequence[str]) -> dict[str, float]:
        """Return how much of one candidate's score each source carries; the item itself counts with popularity."""
        parts: dict[str, float] = {}
        for name, source, value in zip(names, _carriers(tuple(names)), features_F.tolist(), strict=True):
            if value:
                parts[source] = parts.get(source, 0.0) + self.weights.get(name, 0.0) * value
        return parts

    def most(self) -> float:
        """Return what all sources together can at most add."""
        return sum(self._most().values())

    def _most(self) -> dict[SourceName, float]:
        return {source: max(sum(self.weights.get(f"{source}.{kind}", 0.0) for kind in OF_SOURCE), 0.0)
                for source in SOURCES}  # fmt: skip

    def shares(self) -> dict[SourceName, float]:
        """Return what each source can at most add, all of them together being 1."""
        most = self._most()
        total = sum(most.values()) or 1.0
        return {source: share / total for source, share in most.items() if share > 0}

    def save(self, path: Path) -> None:
        """Write the weights as JSON."""
        path.write_text(json.dumps({"learnt": self.learnt, "weights": dict(self.weights)}, indent=1))

    @classmethod
    def load(cls, path: Path) -> Ranker:
        """Read what `save` wrote."""
        meta = json.loads(path.read_text())
        return cls(meta["weights"], meta["learnt"])


def widths_of(towers: Towers | None) -> dict[SourceName, float]:
    """Return how far below a source's best score its score counts nothing, of those whose scores are log-odds."""
    return {} if towers is None else dict.fromkeys(("towers", "interests"), LOG_ODDS * towers.temperature)


@lru_cache(maxsize=8)
def _carriers(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the source that each feature speaks for."""
    return tuple(name.partition(".")[0].replace("item", "popular") for name in names)


def contributors(parts: Mapping[str, float], *, tag: float) -> tuple[str, ...]:
    """Return the sources that carry at least a tenth of an item's score, strongest first; never none."""
    parts = {"tag": tag, **parts} if tag > 0 else parts
    total = sum(max(part, 0.0) for part in parts.values())
    kept = [name for name, part in parts.items() if part > 0 and part >= total / 10]
    return tuple(sorted(kept, key=lambda name: -parts[name])) or ("popular",)


def _discounts(n: int) -> NDArray[np.float32]:
    """Return what each rank is worth: 1 for the first, 0 beyond the list."""
    worth = 1 / np.log2(np.arange(n + 1) + 2)
    worth[n] = 0
    return worth.astype(np.float32)


def _padded(values_I: NDArray[Any], n: int) -> NDArray[np.float32]:
    """Return the column with zeros for items that came after the fit."""
    padded = np.zeros(n, dtype=np.float32)
    padded[: min(n, len(values_I))] = values_I[:n]
    return padded


def _codes(values: Sequence[str]) -> NDArray[np.int32]:
    """Return a number for each value, 0 for the empty one."""
    code = {value: at for at, value in enumerate(["", *sorted(set(values) - {""})])}
    return np.array([code[value] for value in values], dtype=np.int32)
