"""Graph and lists where they do approximate: large enough, and told to leave small filters to FAISS."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentfeed.errors import DataError
from intentfeed.retrieval.faiss import HnswIndex, IvfIndex
from intentfeed.retrieval.index import ExactIndex, IndexConfig
from intentfeed.retrieval.indexing import recall_of

KINDS = [HnswIndex, IvfIndex]
EFFORT = {HnswIndex: 40, IvfIndex: 40}
N, D, K = 3000, 16, 20


def on_grid(vectors, grid):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return (np.trunc(unit * grid) / grid).astype(np.float32)


@pytest.fixture(scope="module")
def vectors():
    rng = np.random.default_rng(1)
    middles = rng.normal(size=(40, D))
    return on_grid(middles[rng.integers(0, 40, N)] + 0.8 * rng.normal(size=(N, D)), 2048)


@pytest.fixture(scope="module")
def queries(vectors):
    rng = np.random.default_rng(2)
    return on_grid(vectors[rng.integers(0, N, (40, 3))].mean(axis=1), 4096)


def made(kind, vectors, **settings):
    """Return an index that leaves everything it can to FAISS."""
    config = IndexConfig(kind=kind.kind, effort=EFFORT[kind], exact_rows=0, at_k=K, m=16, **settings)
    return kind(vectors, config=config)


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: kind.__name__)
def index(request, vectors):
    """Return one that no test may change."""
    return made(request.param, vectors)


def same(one, other):
    return np.array_equal(one[0], other[0]) and np.array_equal(one[1], other[1])


def counted(index, monkeypatch):
    """Return a list that grows by a place whenever FAISS is asked."""
    asked, search = [], index._main.search
    monkeypatch.setattr(index._main, "search", lambda *args: asked.append(args[2]) or search(*args))
    return asked


def test_it_finds_nearly_everything_and_scores_it_exactly(index, vectors, queries, monkeypatch):
    asked = counted(index, monkeypatch)
    exact = ExactIndex(vectors).search(queries, K)
    rows, scores = index.search(queries, K)
    assert asked
    assert recall_of((rows, scores), exact) >= 0.99
    assert np.array_equal(scores, np.einsum("qkd,qd->qk", vectors[rows].astype(float), queries.astype(float)))
    for row_K, score_K in zip(rows, scores, strict=True):
        assert np.array_equal(np.lexsort((row_K, -score_K)), np.arange(K))


@pytest.mark.parametrize("share", [0.5, 0.25, 0.1, 0.05, 0.01])
def test_recall_holds_under_filters(index, vectors, queries, share):
    allowed = np.random.default_rng(3).random(N) < share
    found = index.search(queries, K, allowed)
    assert allowed[found[0]].all()
    assert recall_of(found, ExactIndex(vectors).search(queries, K, allowed)) >= 0.99


def test_a_wide_filter_goes_to_faiss_with_more_effort_the_narrower_it_is(index, queries, monkeypatch):
    asked = counted(index, monkeypatch)
    for share in (0.97, 0.85, 0.7):
        index.search(queries, K, np.random.default_rng(3).random(N) < share)
    assert len(asked) == 3
    assert EFFORT[type(index)] < asked[0] < asked[1] < asked[2]


@given(seed=st.integers(0, 10_000), n_allowed=st.integers(0, 150), k=st.integers(1, 60))
@settings(deadline=None, max_examples=40)
def test_a_narrow_filter_is_exact(index, vectors, queries, seed, n_allowed, k):
    allowed = np.zeros(N, dtype=bool)
    allowed[np.random.default_rng(seed).integers(0, N, n_allowed)] = True
    exact = ExactIndex(vectors).search(queries, k, allowed)
    if isinstance(index, HnswIndex) or n_allowed <= 2 * k:
        assert same(index.search(queries, k, allowed), exact)
    config = IndexConfig(effort=EFFORT[type(index)], exact_rows=200, at_k=K)
    careful = type(index).__new__(type(index))
    careful.__dict__.update(index.__dict__, config=config)
    assert same(careful.search(queries, k, allowed), exact)


def test_where_nothing_near_is_allowed_it_looks_everywhere(vectors, queries):
    """A filter on the far side of a query: the few lists that are near hold nothing of it."""
    index = IvfIndex(vectors, config=IndexConfig(kind="ivf", effort=2, exact_rows=0, at_k=K))
    scores = vectors @ queries[0]
    far = scores < np.sort(scores)[N // 2]
    assert same(index.search(queries[:1], K, far), ExactIndex(vectors).search(queries[:1], K, far))


@pytest.mark.parametrize("share", [None, 0.6, 0.1, 0.01])
def test_what_is_like_a_row_is_what_its_vector_finds(index, vectors, share):
    rows = np.random.default_rng(4).choice(N, 50, replace=False)
    allowed = None if share is None else np.random.default_rng(5).random(N) < share
    found = index.like(rows, 10, allowed)
    wanted = ExactIndex(vectors).like(rows, 10, allowed)
    assert recall_of(found, wanted) > 0.95
    assert (found[0] >= 0).all()
    if allowed is not None:
        assert allowed[found[0]].all()
    alone = [index.like(rows[at : at + 1], 10, allowed) for at in range(3)]
    assert all(same((found[0][at : at + 1], found[1][at : at + 1]), one) for at, one in enumerate(alone))


def test_what_is_like_a_row_is_looked_for_far_away_too(index, vectors):
    row = 7
    far = np.argsort(vectors @ vectors[row])[:300]
    allowed = np.zeros(N, dtype=bool)
    allowed[far] = True
    found, wanted = index.like(np.array([row]), 10, allowed), ExactIndex(vectors).like(np.array([row]), 10, allowed)
    assert recall_of(found, wanted) > 0.8


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_like_a_row_follows_changes(kind, vectors):
    index, twin = made(kind, vectors[:2000]), ExactIndex(vectors[:2000])
    rows = np.arange(1990, 2010)
    for one in (index, twin):
        one.add(range(2000, 2020), vectors[2000:2020])
        one.delete([5])
    assert recall_of(index.like(rows, 10), twin.like(rows, 10)) > 0.95
    index.add(range(2020, 2200), vectors[2020:2200])  # enough to be linked in
    twin.add(range(2020, 2200), vectors[2020:2200])
    assert recall_of(index.like(rows + 100, 10), twin.like(rows + 100, 10)) > 0.95


def test_each_query_stands_alone_off_the_grid_too(request, index):
    rng = np.random.default_rng(4)
    index = made(type(index), rng.normal(size=(N, D)).astype(np.float32))
    queries = rng.normal(size=(70, D)).astype(np.float32)
    allowed = rng.random(N) < 0.6
    for mask in (None, allowed):
        rows, scores = index.search(queries, K, mask)
        for at in range(len(queries)):
            alone = index.search(queries[at : at + 1], K, mask)
            assert np.array_equal(alone[0][0], rows[at])
            assert np.array_equal(alone[1][0], scores[at])


def test_two_builds_are_one(index, vectors, queries, tmp_path):
    again = made(type(index), vectors)
    assert same(again.search(queries, K), index.search(queries, K))
    index.save(tmp_path / "one")
    again.save(tmp_path / "two")
    assert all(
        (tmp_path / "two" / path.name).read_bytes() == path.read_bytes() for path in (tmp_path / "one").iterdir()
    )


class Twin:
    """What must hold after any changes: a dictionary."""

    def __init__(self, vectors):
        self.vectors = dict(enumerate(vectors))

    def matches(self, index, queries, allowed):
        """Raise unless the index knows these rows only, scores them right and finds nearly all of the best."""
        n = len(allowed)
        table, live = np.zeros((n, D), dtype=np.float32), np.zeros(n, dtype=bool)
        for row, vector in self.vectors.items():
            table[row], live[row] = vector, True
        assert len(index) == len(self.vectors)
        wanted = ExactIndex(table, live).search(queries, K, allowed)
        rows, scores = index.search(queries, K, allowed)
        known = rows >= 0
        assert (live & allowed)[rows[known]].all()
        assert np.array_equal(known, wanted[0] >= 0)
        assert np.array_equal(scores[known], np.einsum("qkd,qd->qk", table[rows], queries)[known])
        assert recall_of((rows, scores), wanted) >= 0.98


@pytest.mark.parametrize("kind", KINDS)
@given(
    seed=st.integers(0, 10_000),
    steps=st.lists(st.tuples(st.sampled_from(["add", "update", "delete", "reload"]), st.integers(1, 120)), max_size=6),
)
@settings(deadline=None, max_examples=12)
def test_after_any_changes_it_answers_as_its_twin(kind, vectors, queries, tmp_path_factory, seed, steps):
    rng, n = np.random.default_rng(seed), 1200
    index, twin = made(kind, vectors[:n], fresh_share=0.03, dead_share=0.1), Twin(vectors[:n])
    for what, size in steps:
        if what == "add":
            rows = (n + rng.permutation(2 * size)[:size]).tolist()  # with gaps between
            new = vectors[rng.integers(0, N, size)]
            index.add(rows, new)
            twin.vectors.update(zip(rows, new, strict=True))
            n = max(n, max(rows) + 1)
        elif what == "update":
            rows = rng.permutation(list(twin.vectors))[:size].tolist()
            new = vectors[rng.integers(0, N, len(rows))]
            index.update(rows, new)
            twin.vectors.update(zip(rows, new, strict=True))
        elif what == "delete":
            rows = rng.permutation(n)[:size].tolist()
            index.delete(rows)
            for row in rows:
                twin.vectors.pop(row, None)
        else:
            folder, before = tmp_path_factory.mktemp("index"), index
            index.save(folder)
            index = kind.load(folder)
            assert same(index.search(queries, K), before.search(queries, K))
        twin.matches(index, queries[:10], rng.random(n) < rng.choice([1.0, 0.6]))


@pytest.mark.parametrize("kind", KINDS)
def test_changes_are_linked_in_and_compacted(kind, vectors, queries):
    index = made(kind, vectors[:1000], fresh_share=0.05, dead_share=0.2)
    index.add(list(range(1000, 1040)), vectors[1000:1040])
    assert (index._main.n_slots, len(index._fresh_FD)) == (1000, 40)
    index.add(list(range(1040, 1100)), vectors[1040:1100])
    assert (index._main.n_slots, len(index._fresh_FD)) == (1100, 0)
    index.delete(list(range(230)))
    assert index._main.n_slots == 870
    anew = made(kind, vectors[230:1100])
    found, wanted = index.search(queries, K), anew.search(queries, K)
    assert np.array_equal(found[0], wanted[0] + 230), "compacted, it is as if it had been built from what lives"


@pytest.mark.parametrize("kind", KINDS)
def test_what_lies_on_disk_can_change_and_be_saved_there_again(kind, vectors, queries, tmp_path):
    made(kind, vectors, fresh_share=0.01).save(tmp_path)
    reader, writer = kind.load(tmp_path), kind.load(tmp_path)
    before = reader.search(queries, K)
    writer.add(list(range(N, N + 50)), vectors[:50])  # more than stays apart
    assert writer._main.n_slots == N + 50
    writer.save(tmp_path)
    assert same(reader.search(queries, K), before), "who reads the old files keeps them"
    assert same(kind.load(tmp_path).search(queries, K), writer.search(queries, K))


@pytest.mark.parametrize("kind", KINDS)
def test_the_vectors_of_a_loaded_index_stay_on_disk(kind, vectors, tmp_path):
    import faiss

    made(kind, vectors).save(tmp_path)
    inner = kind.load(tmp_path)._main._index
    if kind is HnswIndex:
        assert not inner.hnsw.neighbors.is_owned
        assert not faiss.downcast_index(inner.storage).codes.is_owned
    else:
        lists = faiss.downcast_InvertedLists(inner.invlists)
        assert not any(lists.codes.at(n).is_owned for n in range(inner.nlist) if lists.codes.at(n).size())


def test_another_kind_of_file_is_refused(vectors, tmp_path):
    made(IvfIndex, vectors).save(tmp_path)
    with pytest.raises(DataError, match="is of kind ivf, not hnsw"):
        HnswIndex.load(tmp_path)
