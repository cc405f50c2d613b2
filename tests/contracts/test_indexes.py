"""What every index must do; a new one is added to `INDEXES` and inherits all. The slow twin sorts everything."""

import numpy as np
import pytest

from intentfeed.errors import DataError
from intentfeed.retrieval.faiss import HnswIndex, IvfIndex
from intentfeed.retrieval.index import ExactIndex

INDEXES = [ExactIndex, HnswIndex, IvfIndex]
N, D = 300, 24


def on_grid(vectors: np.ndarray) -> np.ndarray:
    """Return unit rows on the grid of a Space, with many equal scores among them."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return (np.trunc(unit * 2048) / 2048).astype(np.float32)


def slow(queries, vectors, k, allowed):
    """Score every row, sort by score and row, cut."""
    rows_QK, scores_QK = np.full((len(queries), k), -1), np.full((len(queries), k), -np.inf, dtype=np.float32)
    for at, query in enumerate(queries):
        scored = sorted((-float(np.float32(query @ vectors[row])), row) for row in np.flatnonzero(allowed))
        for place, (score, row) in enumerate(scored[:k]):
            rows_QK[at, place], scores_QK[at, place] = row, -score
    return rows_QK, scores_QK


@pytest.fixture(scope="module")
def vectors():
    rng = np.random.default_rng(3)
    some = on_grid(rng.normal(size=(N - 60, D)))
    return np.vstack([some, some[:40], np.zeros((20, D), dtype=np.float32)])  # twins and blanks: ties


@pytest.fixture(scope="module")
def queries():
    rng = np.random.default_rng(4)
    return np.vstack([on_grid(rng.normal(size=(7, D))), np.zeros((1, D), dtype=np.float32)])


@pytest.fixture(params=INDEXES, ids=lambda kind: kind.__name__)
def index(request, vectors):
    return request.param(vectors.copy())


@pytest.mark.parametrize("k", [1, 10, N, N + 5])
@pytest.mark.parametrize("share", [1.0, 0.6, 0.05, 0.0])
def test_it_finds_what_sorting_everything_finds(index, vectors, queries, k, share):
    allowed = np.random.default_rng(5).random(N) < share
    rows, scores = index.search(queries, k, allowed)
    want_rows, want_scores = slow(queries, vectors, k, allowed)
    assert rows.dtype == np.int32
    assert np.array_equal(rows, want_rows)
    assert np.array_equal(scores, want_scores)


def test_each_query_stands_alone(index, queries):
    rows, scores = index.search(queries, 10)
    for at in range(len(queries)):
        alone = index.search(queries[at : at + 1], 10)
        assert np.array_equal(alone[0][0], rows[at])
        assert np.array_equal(alone[1][0], scores[at])


def test_no_query_no_answer(index):
    rows, scores = index.search(np.zeros((0, D), dtype=np.float32), 3)
    assert rows.shape == scores.shape == (0, 3)


def test_deleted_rows_are_never_found(index, vectors, queries):
    gone = index.search(queries[:1], 3)[0][0].tolist()
    index.delete([*gone, 10_000])
    rows, _ = index.search(queries[:1], N)
    assert not set(gone) & set(rows[0].tolist())
    index.add(gone, vectors[gone])
    assert index.search(queries[:1], 3)[0][0].tolist() == gone


def test_a_row_that_no_index_has_can_be_deleted_without_harm(index, vectors, queries):
    before = index.search(queries, N)
    index.delete([-1, len(vectors) + 7])
    for was, now in zip(before, index.search(queries, N), strict=True):
        assert np.array_equal(was, now)


def test_an_added_row_is_found_at_once(index, queries):
    index.add([N + 2], queries[:1])
    assert index.search(queries[:1], 1)[0][0, 0] == N + 2
    assert N not in index.search(queries[:1], N + 3)[0]


def test_an_updated_row_moves(index, queries):
    index.update([7], queries[1:2])
    assert index.search(queries[1:2], 1)[0][0, 0] == 7


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda index, vectors: index.add([3], vectors[:1]), "row 3 is in the index already"),
        (lambda index, vectors: index.update([N + 1], vectors[:1]), f"row {N + 1} is not in the index"),
        (lambda index, vectors: index.add([N], vectors[:1, :5]), "do not fit the index"),
    ],
)
def test_a_wrong_change_is_refused(index, vectors, change, says):
    with pytest.raises(DataError, match=says):
        change(index, vectors)


def test_changes_leave_the_given_vectors_alone(vectors):
    before = vectors.copy()
    index = ExactIndex(vectors)
    index.update([0], vectors[1:2])
    index.delete([1])
    assert np.array_equal(vectors, before)


def test_saved_and_loaded_it_finds_the_same(index, queries, tmp_path):
    index.delete([2, 3])
    index.save(tmp_path)
    loaded = type(index).load(tmp_path)
    assert len(loaded) == len(index) == N - 2
    for ours, theirs in zip(loaded.search(queries, 20), index.search(queries, 20), strict=True):
        assert np.array_equal(ours, theirs)
    loaded.update([0], queries[:1])  # what came from disk can change too
