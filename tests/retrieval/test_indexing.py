"""The index that is built finds what it promises, says so in its file, and is the same each time."""

import json

import numpy as np
import pytest

from intentfeed.errors import DataError
from intentfeed.retrieval.index import ExactIndex, IndexConfig
from intentfeed.retrieval.indexing import build_index, load_index, recall_of

N, D, K = 4000, 24, 50


@pytest.fixture(scope="module")
def vectors():
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(60, D))[rng.integers(0, 60, N)] + 0.7 * rng.normal(size=(N, D))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def queries(vectors):
    rng = np.random.default_rng(2)
    return vectors[rng.integers(0, N, (64, 2))].mean(axis=1)


def config(**settings):
    return IndexConfig(**{"exact_below": 1000, "exact_rows": 100, "at_k": K, "m": 12, "n_queries": 64, **settings})


@pytest.mark.parametrize("kind", ["auto", "hnsw", "ivf"])
def test_the_target_is_reached_on_queries_of_its_own_and_on_ours(vectors, queries, kind, tmp_path):
    index = build_index(vectors, config(kind=kind))
    exact = ExactIndex(vectors)
    assert recall_of(index.search(queries, K), exact.search(queries, K)) >= 0.99
    for share in (0.5, 0.25, 0.1, 0.05, 0.01):
        allowed = np.random.default_rng(3).random(N) < share
        assert recall_of(index.search(queries, K, allowed), exact.search(queries, K, allowed)) >= 0.99
    index.save(tmp_path)
    known = json.loads((tmp_path / "index.json").read_text())
    assert known["recall"]["1.0"] >= 0.995
    assert list(known["efforts"].values()) == sorted(known["efforts"].values()), "narrower, never less effort"


def test_whole_regions_can_be_filtered(vectors, queries):
    """A category lies together, and mostly not where the query is."""
    index, exact = build_index(vectors, config(kind="ivf"), queries), ExactIndex(vectors)
    for first in range(3):
        allowed = vectors[:, first] > 0.1
        assert recall_of(index.search(queries, K, allowed), exact.search(queries, K, allowed)) >= 0.98


def test_few_vectors_are_searched_exactly(vectors):
    assert isinstance(build_index(vectors[:999], config()), ExactIndex)
    assert isinstance(build_index(vectors, config(kind="exact")), ExactIndex)
    assert not isinstance(build_index(vectors[:1000], config(at_k=10)), ExactIndex)
    assert len(build_index(vectors[:0], config(kind="ivf"))) == 0


@pytest.mark.parametrize("kind", ["auto", "exact", "hnsw", "ivf"])
def test_any_kind_is_read_back(vectors, queries, kind, tmp_path):
    index = build_index(vectors, config(kind=kind))
    index.save(tmp_path)
    again = load_index(tmp_path)
    assert type(again) is type(index)
    for one, other in zip(index.search(queries, K), again.search(queries, K), strict=True):
        assert np.array_equal(one, other)
    once_more = build_index(vectors, config(kind=kind))
    assert np.array_equal(once_more.search(queries, K)[1], index.search(queries, K)[1])


def test_an_effort_that_was_set_is_kept_and_measured(vectors, tmp_path):
    index = build_index(vectors, config(kind="ivf", effort=3))
    assert index.efforts == {1.0: 3}
    assert 0.2 < index.recall[1.0] < 0.99


def test_what_cannot_be_built_or_read_is_refused(vectors, tmp_path):
    with pytest.raises(DataError, match="make no index"):
        build_index(vectors[0])
    holed = vectors.copy()
    holed[17, 3] = np.nan
    with pytest.raises(DataError, match="row 17 holds a number that is not finite"):
        build_index(holed)
    with pytest.raises(DataError, match="no complete index"):
        load_index(tmp_path)
    build_index(vectors, config(kind="ivf")).save(tmp_path)
    (tmp_path / "index.faiss").write_bytes(b"nonsense")
    with pytest.raises(DataError, match="cannot be read"):
        load_index(tmp_path)
