"""Which index suits these vectors, and how hard it must look: settled by measuring recall when it is built."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from .encode import unit_rows
from .index import ExactIndex, Index, IndexConfig, check_rows
from .nearest import Found

if TYPE_CHECKING:
    from .faiss import FaissIndex

SHARES = (1.0, 0.5, 0.25, 0.1, 0.05)
"""Shares of the rows that a filter leaves, at which the effort is measured; between them it is interpolated."""
REGIONS = 200
"""Regions that the vectors are cut into, to try filters that keep whole regions."""
MIXED = 3
"""Items whose mean is a sampled query, as a person is the mean of a history."""
STEP = 1.15
"""Efforts that are tried differ by this factor, or a power of it."""
STRIDE = 4
"""Powers that are skipped at first."""
FEW_LISTS = 0.1
"""Lists that reach the target within this share of themselves are good enough to do without a graph."""
ERRORS = 2.0
"""Standard errors by which the measured recall must clear the target: other queries are a little harder or easier."""


def build_index(
    vectors: NDArray[np.float32], config: IndexConfig | None = None, queries_QD: NDArray[np.float32] | None = None
) -> Index:
    """Return an index of the vectors, row by row: exact when there are few, else one whose recall was measured.

    Recall is measured on `queries_QD`, or on a sample of items and of means of items. With "auto", lists are built
    first, and the graph, slow to build, only if the lists have to look at more than a tenth of all vectors.

    Raises:
        DataError: the vectors are no matrix of finite numbers, or no effort reaches the target.
    """
    config = config or IndexConfig()
    vectors = np.asarray(vectors, dtype=np.float32)
    if vectors.ndim != 2 or not vectors.shape[1]:
        raise DataError(f"vectors of shape {vectors.shape} make no index: give (n, dims)")
    check_rows(range(len(vectors)), vectors, vectors.shape[1])
    if config.kind == "exact" or (config.kind == "auto" and len(vectors) < config.exact_below) or not len(vectors):
        return ExactIndex(vectors)
    queries = sampled(vectors, config) if queries_QD is None else np.asarray(queries_QD, dtype=np.float32)
    return _approximate(vectors, config, queries)


def load_index(folder: Path) -> Index:
    """Read back the index that was saved in the folder, of whatever kind.

    Raises:
        DataError: there is none, or it was not saved to its end.
    """
    from .faiss import HnswIndex, IvfIndex

    path = folder / "index.json"
    if not path.is_file():
        raise DataError(f"{folder} holds no complete index: build it again")
    kinds: dict[str, type[ExactIndex] | type[FaissIndex]] = {"exact": ExactIndex, "hnsw": HnswIndex, "ivf": IvfIndex}
    try:
        index: Index = kinds[json.loads(path.read_text())["kind"]].load(folder)
        return index
    except (KeyError, TypeError, ValueError, OSError, RuntimeError) as error:
        raise DataError(f"the index in {folder} cannot be read ({error}): build it again") from error


def sampled(vectors: NDArray[np.float32], config: IndexConfig) -> NDArray[np.float32]:
    """Return queries to measure with: half of them items, half means of a few items, each 1 long."""
    rng = np.random.default_rng(config.seed)
    half = config.n_queries // 2
    items_QD = vectors[rng.integers(0, len(vectors), half)]
    means_QD = vectors[rng.integers(0, len(vectors), (config.n_queries - half, MIXED))].mean(axis=1)
    return unit_rows(np.vstack([items_QD, means_QD]).astype(np.float32))


def recall_of(found: Found, wanted: Found) -> float:
    """Return the mean share of the wanted rows that were found; a row that scores no less than the last one counts."""
    recall_Q = _recalls(found, wanted)
    return float(recall_Q.mean()) if len(recall_Q) else 1.0


def _recalls(found: Found, wanted: Found) -> NDArray[np.float64]:
    """Return the recall of each query that wants anything."""
    last_Q = np.where(wanted[0] >= 0, wanted[1], np.inf).min(axis=1)
    n_wanted_Q = (wanted[0] >= 0).sum(axis=1)
    good_Q = ((found[0] >= 0) & (found[1] >= last_Q[:, None])).sum(axis=1)
    some = n_wanted_Q > 0
    recall_Q: NDArray[np.float64] = np.minimum(good_Q, n_wanted_Q)[some] / n_wanted_Q[some]
    return recall_Q


def tune(index: FaissIndex, vectors: NDArray[np.float32], queries_QD: NDArray[np.float32]) -> None:
    """Set the least efforts that reach the target with and without filters, and keep the recall that they bring.

    The filters are of two sorts: rows at random, and whole regions, as a category is one, which may lie far from a
    query; the worse recall counts. Where a filter's rows can be multiplied in the time of the search, the index does
    that, and the effort is as good as any. An effort that was set by hand is measured and kept.
    """
    config = index.config
    exact, region_I = ExactIndex(vectors), _regions(vectors, config)
    efforts: dict[float, int] = {}
    recalls: dict[float, float] = {}
    least = index.least
    for share in SHARES[:1] if config.effort else SHARES:
        masks: list[NDArray[np.bool_] | None] = [None] if share == 1 else _filters(region_I, share, config)
        trial = _Trial(index, queries_QD, masks, [exact.search(queries_QD, config.at_k, mask_I) for mask_I in masks])

        def reaches(effort: int, trial: _Trial = trial, share: float = share) -> bool:
            index.measured({**efforts, share: effort}, {})
            return trial.recall(ERRORS) >= config.target_recall

        least = config.effort or _first(_ladder(least, index.most), reaches)
        efforts[share] = least
        index.measured(efforts, {})
        recalls[share] = round(trial.recall(0), 5)
    index.measured(efforts, recalls)


@dataclass(frozen=True)
class _Trial:
    """Queries under some filters, with the answers that are wanted."""

    index: FaissIndex
    queries_QD: NDArray[np.float32]
    masks: list[NDArray[np.bool_] | None]
    wanted: list[Found]

    def recall(self, errors: float) -> float:
        """Return the recall under the worst filter, less so many standard errors."""
        worst = 1.0
        for mask_I, wanted in zip(self.masks, self.wanted, strict=True):
            recall_Q = _recalls(self.index.search(self.queries_QD, self.index.config.at_k, mask_I), wanted)
            if len(recall_Q):
                worst = min(worst, float(recall_Q.mean() - errors * recall_Q.std() / len(recall_Q) ** 0.5))
        return worst


def _first(ladder: Sequence[int], reaches: Callable[[int], bool]) -> int:
    """Return the first effort that reaches the target, or the last one: by strides, then by halving the last stride."""
    low, high = 0, 0
    while not reaches(ladder[high]):
        if high == len(ladder) - 1:
            return ladder[high]
        low, high = high + 1, min(high + STRIDE, len(ladder) - 1)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if reaches(ladder[middle]) else (middle + 1, high)
    return ladder[high]


def _regions(vectors: NDArray[np.float32], config: IndexConfig) -> NDArray[np.int64]:
    """Return the region of each row: which of some sampled rows it scores highest with."""
    rng = np.random.default_rng(config.seed)
    pivots_PD = unit_rows(vectors[rng.choice(len(vectors), min(REGIONS, len(vectors)), replace=False)])
    step = 1 << 16
    nearest = [(vectors[lo : lo + step] @ pivots_PD.T).argmax(axis=1) for lo in range(0, len(vectors), step)]
    return np.concatenate(nearest)


def _filters(region_I: NDArray[np.int64], share: float, config: IndexConfig) -> list[NDArray[np.bool_] | None]:
    """Return a filter of rows at random and one of whole regions; the second leaves about the share."""
    rng = np.random.default_rng(config.seed)
    at_random_I = rng.random(len(region_I)) < share
    order_P = rng.permutation(int(region_I.max()) + 1)
    size_P = np.bincount(region_I)[order_P]
    n_regions = int(np.abs(np.cumsum(size_P) / len(region_I) - share).argmin()) + 1
    return [at_random_I, np.isin(region_I, order_P[:n_regions])]


def _approximate(vectors: NDArray[np.float32], config: IndexConfig, queries_QD: NDArray[np.float32]) -> Index:
    """Return lists or a graph that reach the target, whichever has less to multiply."""
    from .faiss import HnswIndex, IvfIndex

    lists = None
    if config.kind != "hnsw":
        lists = IvfIndex(vectors, config=config)
        tune(lists, vectors, queries_QD)
        if config.kind == "ivf" or config.effort or lists.efforts[1.0] <= FEW_LISTS * lists.most:
            return lists
    graph = HnswIndex(vectors, config=config)
    tune(graph, vectors, queries_QD)
    reached = graph.recall[1.0] >= config.target_recall or config.effort
    if lists is not None:
        return graph if reached and graph.rows_worth() < lists.rows_worth() else lists
    if not reached:
        raise DataError(
            f"the graph finds {graph.recall[1.0]:.3f} of what is to be found, below target_recall = "
            f"{config.target_recall}: set kind = 'ivf', or a greater m and ef_construction"
        )
    return graph


def _ladder(start: int, most: int) -> Sequence[int]:
    efforts = [start]
    while efforts[-1] < most:
        efforts.append(min(max(efforts[-1] + 1, round(efforts[-1] * STEP)), most))
    return efforts
