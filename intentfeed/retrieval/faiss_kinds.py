"""What FAISS searches: a graph (HNSW) or lists (IVF). Vectors are named by slots, in the order in which they came.

Both are built by one thread from fixed seeds, so that the same vectors make the same index. Both are read by
`IO_FLAG_MMAP_IFC`: the graph's neighbors and vectors and the lists' vectors and ids stay on disk until they are
touched; the graph's levels and offsets (12 bytes an item) and the lists' centroids are read at once. (`IO_FLAG_MMAP`
maps lists only, and reads a graph whole.)
"""

from __future__ import annotations

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

ROWS_A_CANDIDATE, ROWS_A_LISTED = 30.0, 0.35
"""Rows multiplied exactly in the time of one candidate of the graph, and of one vector in a list, as measured."""

Slots = NDArray[np.int64]
"""slots_QK as FAISS ranks them, best first; -1 where it found fewer."""


class Main(Protocol):
    """The part of an index that FAISS holds."""

    vectors_SD: NDArray[np.float32]
    """Vectors by slot; their memory is this object's."""
    least: int
    """Effort that is tried first."""
    usual: int
    """Effort where none was measured."""
    most: int
    """Effort beyond which there is nothing more to find."""

    def rows_worth(self, effort: int) -> float:
        """Return how many rows could be multiplied in the time of a search with this effort."""
        ...

    def search(
        self, queries_QD: NDArray[np.float32], depth: int, effort: int, mask_S: NDArray[np.bool_] | None
    ) -> Slots:
        """Return the `depth` best slots that it comes across with `effort`, among those of the mask."""
        ...

    def add(self, vectors: NDArray[np.float32]) -> None:
        """Take in further slots."""
        ...

    def write(self, folder: Path) -> None:
        """Write itself into the folder, old files being replaced whole."""
        ...


class Graph:
    """HNSW; the effort is `efSearch`. It holds the vectors themselves, and `vectors_SD` looks at them."""

    least, usual, most = 64, 256, 1 << 14

    def __init__(self, index: Any) -> None:
        self._index = index
        self.vectors_SD = self._look()

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
    ) -> Slots:
        """Return the `depth` best slots that it comes across with `effort`, among those of the mask."""
        params = faiss.SearchParametersHNSW(efSearch=max(effort, depth), sel=_selector(mask_S))
        slots_QK: Slots = self._index.search(queries_QD, depth, params=params)[1]
        return slots_QK

    def rows_worth(self, effort: int) -> float:
        """Return how many rows could be multiplied in the time of a search with this effort."""
        return ROWS_A_CANDIDATE * effort

    def add(self, vectors: NDArray[np.float32]) -> None:
        """Take in further slots; what was on disk comes into memory."""
        if not faiss.downcast_index(self._index.storage).codes.is_owned:
            self._index = faiss.deserialize_index(faiss.serialize_index(self._index))
        with threadpool_limits(1):
            self._index.add(np.ascontiguousarray(vectors))
        self.vectors_SD = self._look()

    def write(self, folder: Path) -> None:
        """Write itself into the folder, old files being replaced whole."""
        _write(self._index, folder)

    def _look(self) -> NDArray[np.float32]:
        """Return FAISS's own vectors as an array, without a copy."""
        n, dims = self._index.ntotal, self._index.d
        storage = faiss.downcast_index(self._index.storage)
        if not n:
            return np.empty((0, dims), dtype=np.float32)
        return np.asarray(faiss.rev_swig_ptr(storage.get_xb(), n * dims)).reshape(n, dims)


class Lists:
    """IVF with plain vectors; the effort is `nprobe`. The vectors are kept a second time, in slot order."""

    def __init__(self, index: Any, vectors_SD: NDArray[np.float32]) -> None:
        self._index = index
        self.vectors_SD = vectors_SD
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
    ) -> Slots:
        """Return the `depth` best slots that it comes across with `effort`, among those of the mask."""
        params = faiss.SearchParametersIVF(nprobe=min(effort, self._index.nlist), sel=_selector(mask_S))
        n = len(queries_QD)
        slots_QK = np.empty((n, depth), dtype=np.int64)
        for lo in range(0, n, LISTS_SLICE):
            some = slice(lo, lo + LISTS_SLICE)
            self._index.search(queries_QD[some], depth, params=params, I=slots_QK[some])
        return slots_QK

    def rows_worth(self, effort: int) -> float:
        """Return how many rows could be multiplied in the time of a search with this effort."""
        return ROWS_A_LISTED * effort * len(self.vectors_SD) / max(int(self._index.nlist), 1)

    def add(self, vectors: NDArray[np.float32]) -> None:
        """Take in further slots; what was on disk comes into memory."""
        self._index = faiss.deserialize_index(faiss.serialize_index(self._index))
        with threadpool_limits(1):
            self._index.add(np.ascontiguousarray(vectors))
        self.vectors_SD = np.vstack([self.vectors_SD, vectors])

    def write(self, folder: Path) -> None:
        """Write itself into the folder, old files being replaced whole."""
        _write(self._index, folder)
        replace_array(folder / "index_vectors.npy", self.vectors_SD)


def _write(index: Any, folder: Path) -> None:
    fresh = folder / "index.faiss.tmp"
    faiss.write_index(index, str(fresh))
    fresh.replace(folder / "index.faiss")


def _selector(mask_S: NDArray[np.bool_] | None) -> Any:
    return None if mask_S is None else faiss.IDSelectorBitmap(np.packbits(mask_S, bitorder="little"))
