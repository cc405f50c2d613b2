"""The approximate indexes: FAISS finds, NumPy scores; filters, changes and files obey the contract of the exact one.

Vectors are kept by slot, in the order in which they came; a slot names one row or, once that row is deleted or
replaced, none. FAISS holds the first slots. Those that came since are few and are multiplied in full; when they become
many they are linked in, and when too many slots name no row the whole is built anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from . import index as exact
from . import nearest
from .faiss_kinds import Graph, Held, Lists, Main
from .index import IndexConfig
from .nearest import Found

BLOCK = 8_000_000
"""Numbers gathered at a time; bounds the memory and changes no result."""
SPARE = 4
"""Places beyond the k asked for that FAISS fills and NumPy scores, so that its rounding at the end decides nothing."""


class FaissIndex:
    """Inner products over the rows that FAISS brings, each scored by NumPy from the vector that was given.

    A search whose filter leaves few rows multiplies these, and is exact; so is one that FAISS finds too little for.
    Answers depend on the vectors, the changes since and the filter, never on other queries nor on threads.
    """

    kind: ClassVar[str]
    _main_kind: ClassVar[type[Graph] | type[Lists]]

    def __init__(
        self,
        vectors: NDArray[np.float32],
        live_I: NDArray[np.bool_] | None = None,
        config: IndexConfig | None = None,
    ) -> None:
        self.config = config or IndexConfig()
        self.efforts: dict[float, int] = {}
        """Effort by share of the rows that a filter leaves, as measured; see `indexing.tune`."""
        self.recall: dict[float, float] = {}
        """Recall that was measured with them."""
        rows = np.arange(len(vectors)) if live_I is None else np.flatnonzero(live_I)
        exact.check_rows(range(len(vectors)), vectors, vectors.shape[1])
        given = np.ascontiguousarray(vectors if live_I is None else vectors[rows], dtype=np.float32)
        self._hold(self._main_kind.build(given, self.config), rows.astype(np.int32), given[:0], len(vectors))

    def __len__(self) -> int:
        return int(np.count_nonzero(self._slot_I >= 0))

    def search(self, queries_QD: NDArray[np.float32], k: int, allowed_I: NDArray[np.bool_] | None = None) -> Found:
        """Return the k best rows of each query among the allowed ones, as far as FAISS brings them."""
        queries_QD = np.ascontiguousarray(queries_QD, dtype=np.float32)
        exact.check_queries(queries_QD, self._fresh_FD.shape[1], k)
        n_main = self._main.n_slots
        mask_S, n_allowed = None, n_main
        if allowed_I is not None or not self._whole:
            mask_S = (self._row_S >= 0) & (True if allowed_I is None else self._by_slot(allowed_I))
            n_allowed = int(np.count_nonzero(mask_S))
        effort = self.effort(n_allowed / max(n_main, 1), k)
        if n_allowed <= max(self._main.rows_worth(effort), self.config.exact_rows, 2 * k):
            return self._search_exactly(queries_QD, k, mask_S)
        return self._search_main(queries_QD, k, effort, mask_S)

    def like(self, rows: NDArray[np.integer[Any]], k: int, allowed_I: NDArray[np.bool_] | None = None) -> Found:
        """Return the k best rows for the vectors of some rows that are held, among the allowed ones.

        What is held is known to FAISS, so that less is to be looked for than by `search`; where too little is allowed
        near a row, that one is searched for as any other vector.
        """
        exact.refuse_missing(rows.tolist(), self._slot_I >= 0)
        slots = self._slot_I[rows]
        queries_QD = np.ascontiguousarray(self._take(slots))
        exact.check_queries(queries_QD, self._fresh_FD.shape[1], k)
        mask_S = None if allowed_I is None else self._by_slot(allowed_I)
        n_allowed = self._main.n_slots if mask_S is None else int(np.count_nonzero(mask_S))
        if not self._whole or n_allowed <= max(self.config.exact_rows, 2 * k):
            return self.search(queries_QD, k, allowed_I)
        unfiltered = -(-k * self._main.n_slots // n_allowed)  # as many hold k that are allowed, if they lie anywhere
        held = self._main.like(slots, k + SPARE, self.effort(1.0, unfiltered), mask_S)
        found, scores = self._settled(queries_QD, held, k, mask_S, exactly=False)
        short_Q = found[:, k - 1] < 0
        if short_Q.any():
            found[short_Q], scores[short_Q] = self.search(queries_QD[short_Q], k, allowed_I)
        return found, scores

    def effort(self, share: float, k: int) -> int:
        """Return the effort of a search for k under a filter that leaves this share: the more, the narrower it is.

        Between the shares that were measured it runs straight in the logarithms; beyond them it grows as 1 / share.
        """
        if share <= 0:
            return self._main.most
        if share == 1 and k <= self.config.at_k:  # the usual one
            return self.efforts.get(1.0) or self.config.effort or self._main.usual
        known = sorted(self.efforts.items()) or [(1.0, self.config.effort or self._main.usual)]
        shares, efforts = np.log([share for share, _ in known]), np.log([effort for _, effort in known])
        wanted = np.exp(np.interp(np.log(share), shares, efforts)) * max(1.0, known[0][0] / share)
        return int(min(np.ceil(wanted * max(1.0, k / self.config.at_k) - 1e-9), self._main.most))

    def add(self, rows: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Take in new rows; rows between the last one and a new one stay empty."""
        exact.check_rows(rows, vectors, self._fresh_FD.shape[1])
        exact.refuse_taken(rows, self._slot_I >= 0)
        self._append(rows, vectors)

    def update(self, rows: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Replace the vectors of rows that are there."""
        exact.check_rows(rows, vectors, self._fresh_FD.shape[1])
        exact.refuse_missing(rows, self._slot_I >= 0)
        self._append(rows, vectors)

    def delete(self, rows: Sequence[int]) -> None:
        """Let rows never be found again, unless they are added anew; unknown ones are let be."""
        known = [row for row in rows if 0 <= row < len(self._slot_I) and self._slot_I[row] >= 0]
        row_S, slot_I = self._row_S.copy(), self._slot_I.copy()
        row_S[slot_I[known]] = -1
        slot_I[known] = -1
        self._place(row_S, slot_I)
        self._tidy()

    def save(self, folder: Path) -> None:
        """Write `index.faiss`, the arrays beside it and, last, `index.json` into the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "index.json").unlink(missing_ok=True)
        self._main.write(folder)
        exact.replace_array(folder / "index_rows.npy", self._row_S)
        exact.replace_array(folder / "index_fresh.npy", self._fresh_FD)
        known = {
            "kind": self.kind,
            "n_rows": len(self._slot_I),
            "efforts": self.efforts,
            "recall": self.recall,
            "config": self.config.model_dump(),
        }
        (folder / "index.json").write_text(json.dumps(known, indent=2) + "\n")

    @classmethod
    def load(cls, folder: Path) -> FaissIndex:
        """Read what `save` wrote; vectors, neighbors and lists stay on disk until they are touched."""
        known = json.loads((folder / "index.json").read_text())
        if known["kind"] != cls.kind:
            raise DataError(f"the index in {folder} is of kind {known['kind']}, not {cls.kind}: read it by load_index")
        index = cls.__new__(cls)
        index.config = IndexConfig(**known["config"])
        index.measured(
            {float(share): effort for share, effort in known["efforts"].items()},
            {float(share): recall for share, recall in known["recall"].items()},
        )
        row_S, fresh_FD = np.load(folder / "index_rows.npy"), np.load(folder / "index_fresh.npy")
        index._hold(cls._main_kind.read(folder), row_S, fresh_FD, known["n_rows"])
        return index

    def measured(self, efforts: Mapping[float, int], recall: Mapping[float, float]) -> None:
        """Keep what was measured: the effort of each share of allowed rows, and the recall that it brought."""
        self.efforts, self.recall = dict(efforts), dict(recall)

    def rows_worth(self) -> float:
        """Return how many rows could be multiplied in the time of a search without filter."""
        return self._main.rows_worth(self.effort(1.0, self.config.at_k))

    @property
    def least(self) -> int:
        """The smallest effort that is worth a try."""
        return self._main.least

    @property
    def most(self) -> int:
        """The greatest effort that means anything."""
        return self._main.most

    def _hold(self, main: Main, row_S: NDArray[np.int32], fresh_FD: NDArray[np.float32], n_rows: int) -> None:
        """Begin with these slots; the last ones are fresh."""
        self._main, self._fresh_FD = main, fresh_FD
        slot_I = np.full(n_rows, -1, dtype=np.int32)
        live_S = row_S >= 0
        slot_I[row_S[live_S]] = np.flatnonzero(live_S)
        self._place(row_S, slot_I)

    def _place(self, row_S: NDArray[np.int32], slot_I: NDArray[np.int32]) -> None:
        self._row_S, self._slot_I = row_S, slot_I
        self._plain = len(row_S) == len(slot_I) and bool((row_S == np.arange(len(row_S))).all())
        """Each slot names the row of its number."""
        self._whole = not len(self._fresh_FD) and bool((row_S >= 0).all())
        """FAISS holds the living rows and nothing else."""

    def _by_slot(self, allowed_I: NDArray[np.bool_]) -> NDArray[np.bool_]:
        exact.fitting(allowed_I, len(self._slot_I))
        return allowed_I if self._plain else allowed_I[self._row_S]

    def _search_main(
        self, queries_QD: NDArray[np.float32], k: int, effort: int, mask_S: NDArray[np.bool_] | None
    ) -> Found:
        """Return what FAISS finds, the fresh ones joined in, everything scored anew."""
        mask_M = None if mask_S is None or mask_S[: self._main.n_slots].all() else mask_S[: self._main.n_slots]
        step = max(1, BLOCK // (k + SPARE) // queries_QD.shape[1])
        if len(queries_QD) <= step:
            return self._settled(queries_QD, self._main.search(queries_QD, k + SPARE, effort, mask_M), k, mask_S)
        some = [queries_QD[lo : lo + step] for lo in range(0, len(queries_QD), step)]
        pieces = [self._settled(each, self._main.search(each, k + SPARE, effort, mask_M), k, mask_S) for each in some]
        return np.concatenate([rows for rows, _ in pieces]), np.concatenate([scores for _, scores in pieces])

    def _settled(
        self,
        queries_QD: NDArray[np.float32],
        held: Held,
        k: int,
        mask_S: NDArray[np.bool_] | None,
        *,
        exactly: bool = True,
    ) -> Found:
        """Return the k best of what FAISS found and of the fresh rows, each scored from its vector.

        With `exactly`, who found too little has all that is allowed multiplied.
        """
        slots_QK, vectors_QKD = held
        scores_QK = nearest.product(queries_QD, vectors_QKD)
        if self._plain and self._whole and nearest.falling(slots_QK, scores_QK):
            return slots_QK[:, :k].astype(np.int32), scores_QK[:, :k]
        rows_QK = np.where(slots_QK < 0, -1, self._row_S[slots_QK])
        rows, scores = self._with_fresh(queries_QD, rows_QK, scores_QK, k, mask_S)
        short_Q = slots_QK[:, k - 1] < 0
        if exactly and short_Q.any():  # the filter keeps far from the query: nothing near it is allowed
            rows[short_Q], scores[short_Q] = self._search_exactly(queries_QD[short_Q], k, mask_S)
        return rows, scores

    def _with_fresh(
        self,
        queries_QD: NDArray[np.float32],
        rows_QK: NDArray[np.integer[Any]],
        scores_QK: NDArray[np.float32],
        k: int,
        mask_S: NDArray[np.bool_] | None,
    ) -> Found:
        """Return the k best of what FAISS found and of the fresh rows."""
        if mask_S is None or not mask_S[self._main.n_slots :].any():
            return nearest.ordered(rows_QK, scores_QK, k)
        fresh_F = np.flatnonzero(mask_S[self._main.n_slots :])
        by_row = fresh_F[np.argsort(self._row_S[fresh_F + self._main.n_slots])]
        row_F = self._row_S[by_row + self._main.n_slots]
        rows, scores = nearest.search_rows(queries_QD, self._fresh_FD[by_row], row_F, k)
        return nearest.ordered(np.hstack([rows_QK, rows]), np.hstack([scores_QK, scores]), k)

    def _search_exactly(self, queries_QD: NDArray[np.float32], k: int, mask_S: NDArray[np.bool_] | None) -> Found:
        """Return the k best rows, the vectors of all that are allowed being multiplied."""
        rows = np.sort(self._row_S if mask_S is None else self._row_S[mask_S])
        return nearest.search_rows(queries_QD, self._take(self._slot_I[rows]), rows, k)

    def _take(self, slots: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
        """Return the vectors of slots."""
        n_main = self._main.n_slots
        if not len(self._fresh_FD):
            return self._main.take(slots)
        vectors = np.empty((len(slots), self._fresh_FD.shape[1]), dtype=np.float32)
        old = slots < n_main
        vectors[old], vectors[~old] = self._main.take(slots[old]), self._fresh_FD[slots[~old] - n_main]
        return vectors

    def _append(self, rows: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Give the rows slots of their own, the last ones; what named them before names none."""
        if not len(rows):
            return
        slot_I = np.full(max(len(self._slot_I), max(rows) + 1), -1, dtype=np.int32)
        slot_I[: len(self._slot_I)] = self._slot_I
        row_S, left = self._row_S.copy(), slot_I[list(rows)]
        row_S[left[left >= 0]] = -1
        slot_I[list(rows)] = np.arange(len(row_S), len(row_S) + len(rows))
        self._fresh_FD = np.vstack([self._fresh_FD, np.asarray(vectors, dtype=np.float32)])
        self._place(np.concatenate([row_S, np.asarray(rows, dtype=np.int32)]), slot_I)
        self._tidy()

    def _tidy(self) -> None:
        """Link in what is fresh, or build anew, when there is enough of it."""
        n_main, n_fresh = self._main.n_slots, len(self._fresh_FD)
        if np.count_nonzero(self._row_S < 0) > self.config.dead_share * len(self._row_S):
            self._build_anew()
        elif n_fresh > self.config.fresh_share * n_main:
            live_F = self._row_S[n_main:] >= 0
            self._main.add(self._fresh_FD[live_F])
            row_S = np.concatenate([self._row_S[:n_main], self._row_S[n_main:][live_F]])
            self._hold(self._main, row_S, self._fresh_FD[:0], len(self._slot_I))

    def _build_anew(self) -> None:
        rows = np.flatnonzero(self._slot_I >= 0).astype(np.int32)
        vectors = self._take(self._slot_I[rows])
        self._hold(self._main_kind.build(vectors, self.config), rows, vectors[:0], len(self._slot_I))


class HnswIndex(FaissIndex):
    """A graph of neighbors: quick at high recall, slow to build, about 8 m bytes an item beside the vectors."""

    kind = "hnsw"
    _main_kind = Graph


class IvfIndex(FaissIndex):
    """Lists around centroids: quick to build, best where vectors fall into groups; holds the vectors twice."""

    kind = "ivf"
    _main_kind = Lists
