"""What FAISS searches: a graph (HNSW) or lists (IVF). Vectors are named by slots, in the order in which they came.

Both are built by one thread from fixed seeds, so that the same vectors make the same index. Both are read by
`IO_FLAG_MMAP_IFC`: the graph's neighbors and vectors and the lists' vectors and ids stay on disk until they are
touched; the graph's levels and offsets (12 bytes an item) and the lists' centroids are read at once. (`IO_FLAG_MMAP`
maps lists only, and reads a graph whole.)
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from .index import IndexConfig, replace_array

faiss: Any = import_module("faiss")  # its type stubs know less than it does

LISTS_SLICE = 16
"""Queries that go to the lists at once: from 20 on FAISS compares centroids by BLAS, which rounds as company has it."""

ROWS_A_CANDIDATE, ROWS_A_LISTED = 20.0, 0.35
"""Rows multiplied exactly in the time of one candidate of the graph, and of one vector in a list, as measured."""

Held = tuple[NDArray[np.int64], NDArray[np.float32]]
"""slots_QK as FAISS ranks them, best first, -1 where it found fewer; and their vectors_QKD, any of slot -1."""


class Main(Protocol):
    """The part of an index that FAISS holds."""

    n_slots: int
    """Vectors that it holds."""
    least: int
    """Effort that is tried first."""
    usual: int
    """Effort where none was measured."""
    most: int
    """Effort beyond which there is nothing more to find."""

    def take(self, slots: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
        """Return the vectors of slots, in the shape of the slots and one axis more; of slot -1, any."""
        ...

    def rows_worth(self, effort: int) -> float:
        """Return how many rows could be multiplied in the time of a search with this effort."""
        ...

    def search(
        self, queries_QD: NDArray[np.float32], depth: int, effort: int, mask_S: NDArray[np.bool_] | None
    ) -> Held:
        """Return the `depth` best slots that it comes across with `effort`, among those of the mask; their vectors."""
        ...

    def like(self, slots: NDArray[np.integer[Any]], depth: int, effort: int, mask_S: NDArray[np.bool_] | None) -> Held:
        """Return the `depth` best slots for the vectors of some slots, as `search` does for any vectors."""
        ...

    def add(self, vectors: NDArray[np.float32]) -> None:
        """Take in further slots."""
        ...

    def write(self, folder: Path) -> None:
        """Write itself into the folder, old files being replaced whole."""
        ...


class Graph:
    """HNSW; the effort is `efSearch`. The vectors are those that FAISS holds, not a second copy."""

    least, usual, most = 64, 256, 1 << 14

    def __init__(self, index: Any) -> None:
        self._index, self.n_slots = index, int(index.ntotal)
        self._bytes_SB = self._look()

    @classmethod
    def build(cls, vectors: NDArray[np.float32], config: IndexConfig) -> Graph:
        """Return the graph of the vectors."""
        index = faiss.IndexHNSWFlat(vectors.shape[1], config.m, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = config.ef_construction
        with threadpool_limits(1):
            index.add(np.ascontiguousarray(vectors))
        return cls(index)

    @classmethod
    def read(cls, folder: Path) -> Graph:
        """Return what `write` wrote, on disk until it is touched."""
        return cls(faiss.read_index(str(folder / "index.faiss"), faiss.IO_FLAG_MMAP_IFC))

    def search(
        self, queries_QD: NDArray[np.float32], depth: int, effort: int, mask_S: NDArray[np.bool_] | None
    ) -> Held:
        """Return the `depth` best slots that it comes across with `effort`, among those of the mask; their vectors."""
        params = _params(faiss.SearchParametersHNSW, "efSearch", max(effort, depth), mask_S)
        slots_QK = self._index.search(queries_QD, depth, params=params)[1]
        return slots_QK, self.take(slots_QK)

    def like(self, slots: NDArray[np.integer[Any]], depth: int, effort: int, mask_S: NDArray[np.bool_] | None) -> Held:
        """Return the `depth` best slots for the vectors of some slots."""
        return self.search(np.ascontiguousarray(self.take(slots)), depth, effort, mask_S)

    def rows_worth(self, effort: int) -> float:
        """Return how many rows could be multiplied in the time of a search with this effort."""
        return ROWS_A_CANDIDATE * effort

    def take(self, slots: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
        """Return the vectors of slots, in the shape of the slots and one axis more; of slot -1, any."""
        return np.take(self._bytes_SB, slots, axis=0).view(np.float32)

    def add(self, vectors: NDArray[np.float32]) -> None:
        """Take in further slots; what was on disk comes into memory."""
        if not faiss.downcast_index(self._index.storage).codes.is_owned:
            self._index = faiss.deserialize_index(faiss.serialize_index(self._index))
        with threadpool_limits(1):
            self._index.add(np.ascontiguousarray(vectors))
        self.n_slots = int(self._index.ntotal)
        self._bytes_SB = self._look()

    def write(self, folder: Path) -> None:
        """Write itself into the folder, old files being replaced whole."""
        _write(self._index, folder)

    def _look(self) -> NDArray[np.uint8]:
        """Return FAISS's own vectors without a copy: bytes, since in a mapped file numbers begin at odd places."""
        if not self.n_slots:
            return np.empty((0, 4 * self._index.d), dtype=np.uint8)
        codes = faiss.downcast_index(self._index.storage).codes
        look: NDArray[np.uint8] = faiss.rev_swig_ptr(codes.data(), codes.size())
        return look.reshape(self.n_slots, -1)


class Lists:
    """IVF with plain vectors; the effort is `nprobe`. The vectors are kept a second time, in slot order."""

    def __init__(self, index: Any, vectors_SD: NDArray[np.float32]) -> None:
        self._index, self.n_slots = index, len(vectors_SD)
        self._vectors_SD = vectors_SD
        self._beside_LL = np.empty((0, 0), dtype=np.int64)
        self.least, self.usual, self.most = 1, max(index.nlist // 8, 1), index.nlist

    @classmethod
    def build(cls, vectors: NDArray[np.float32], config: IndexConfig) -> Lists:
        """Return the lists of the vectors around k-means centroids."""
        n, dims = vectors.shape
        n_lists = min(config.n_lists or round(4 * n**0.5), max(n, 1))
        index = faiss.IndexIVFFlat(faiss.IndexFlatIP(dims), dims, n_lists, faiss.METRIC_INNER_PRODUCT)
        index.cp.seed, index.cp.niter = config.seed, config.rounds
        index.cp.max_points_per_centroid, index.cp.min_points_per_centroid = config.points, 1
        vectors = np.ascontiguousarray(vectors)
        with threadpool_limits(1):
            if n:
                index.train(vectors)
                index.add(vectors)
        return cls(index, vectors)

    @classmethod
    def read(cls, folder: Path) -> Lists:
        """Return what `write` wrote, on disk until it is touched."""
        index = faiss.read_index(str(folder / "index.faiss"), faiss.IO_FLAG_MMAP_IFC)
        return cls(index, np.asarray(np.load(folder / "index_vectors.npy", mmap_mode="r")))

    def search(
        self, queries_QD: NDArray[np.float32], depth: int, effort: int, mask_S: NDArray[np.bool_] | None
    ) -> Held:
        """Return the `depth` best slots that it comes across with `effort`, among those of the mask; their vectors."""
        params = _params(faiss.SearchParametersIVF, "nprobe", min(effort, self.most), mask_S)
        if len(queries_QD) <= LISTS_SLICE:
            return self._found(queries_QD, depth, params)
        some = [queries_QD[lo : lo + LISTS_SLICE] for lo in range(0, len(queries_QD), LISTS_SLICE)]
        slots, vectors = zip(*(self._found(each, depth, params) for each in some), strict=True)
        return np.concatenate(slots), np.concatenate(vectors)

    def _found(self, queries_QD: NDArray[np.float32], depth: int, params: Any) -> Held:
        """Return what FAISS finds; without a filter the vectors are read where it has just been, not far away."""
        if params.sel is not None:
            slots_QK = self._index.search(queries_QD, depth, params=params)[1]
            return slots_QK, self.take(slots_QK)
        _, slots_QK, codes_QKB = self._index.search_and_return_codes(queries_QD, depth, params=params)
        return slots_QK, codes_QKB.view(np.float32)

    def like(self, slots: NDArray[np.integer[Any]], depth: int, effort: int, mask_S: NDArray[np.bool_] | None) -> Held:
        """Return the `depth` best slots for the vectors of some slots: in their own lists and those beside them.

        Which lists these are is known, while a vector from elsewhere is compared with all centroids first.
        """
        effort = min(effort, self.most)
        lists_QL = np.ascontiguousarray(self._beside(effort)[self._list_S[slots]])
        queries_QD = np.ascontiguousarray(self.take(slots))
        found, none = np.empty((len(slots), depth), dtype=np.int64), np.zeros(lists_QL.shape, dtype=np.float32)
        scores = np.empty(found.shape, dtype=np.float32)
        params = _params(faiss.SearchParametersIVF, "nprobe", effort, mask_S)
        self._index.search_preassigned_c(
            len(slots),
            faiss.swig_ptr(queries_QD),
            depth,
            faiss.swig_ptr(lists_QL),
            faiss.swig_ptr(none),  # what is added to the scores by list
            faiss.swig_ptr(scores),
            faiss.swig_ptr(found),
            False,
            params,
        )
        return found, self.take(found)

    @cached_property
    def _list_S(self) -> NDArray[np.int32]:  # noqa: N802
        """The list of each slot."""
        list_S, lists = np.empty(self.n_slots, dtype=np.int32), self._index.invlists
        for number in range(self._index.nlist):
            if size := lists.list_size(number):
                list_S[faiss.rev_swig_ptr(lists.get_ids(number), size)] = number
        return list_S

    def _beside(self, effort: int) -> NDArray[np.int64]:
        """Return the lists nearest to each one [L, effort], itself among them."""
        if self._beside_LL.shape[1] != effort:
            n = self._index.nlist
            with threadpool_limits(1):
                near_LL = self._index.quantizer.search(self._index.quantizer.reconstruct_n(0, n), effort)[1]
            away_L = ~(near_LL == np.arange(n)[:, None]).any(axis=1)
            near_LL[away_L, -1] = np.flatnonzero(away_L)
            self._beside_LL = near_LL
        return self._beside_LL

    def rows_worth(self, effort: int) -> float:
        """Return how many rows could be multiplied in the time of a search with this effort."""
        return ROWS_A_LISTED * effort * self.n_slots / max(int(self._index.nlist), 1)

    def take(self, slots: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
        """Return the vectors of slots, in the shape of the slots and one axis more; of slot -1, any."""
        return np.take(self._vectors_SD, slots, axis=0)

    def add(self, vectors: NDArray[np.float32]) -> None:
        """Take in further slots; what was on disk comes into memory."""
        self._index = faiss.deserialize_index(faiss.serialize_index(self._index))
        with threadpool_limits(1):
            self._index.add(np.ascontiguousarray(vectors))
        self._vectors_SD = np.vstack([self._vectors_SD, vectors])
        self.n_slots = len(self._vectors_SD)
        self.__dict__.pop("_list_S", None)

    def write(self, folder: Path) -> None:
        """Write itself into the folder, old files being replaced whole."""
        _write(self._index, folder)
        replace_array(folder / "index_vectors.npy", self._vectors_SD)


def _write(index: Any, folder: Path) -> None:
    fresh = folder / "index.faiss.tmp"
    faiss.write_index(index, str(fresh))
    fresh.replace(folder / "index.faiss")


def _params(kind: Any, name: str, effort: int, mask_S: NDArray[np.bool_] | None) -> Any:
    if mask_S is None:
        return _unfiltered(kind, name, effort)
    return kind(**{name: effort}, sel=faiss.IDSelectorBitmap(np.packbits(mask_S, bitorder="little")))


@lru_cache(maxsize=64)
def _unfiltered(kind: Any, name: str, effort: int) -> Any:
    return kind(**{name: effort})
