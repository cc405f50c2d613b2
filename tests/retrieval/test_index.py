"""The exact index: scores in any company, files that survive their own index, and questions that it refuses."""

import numpy as np
import pytest

from intentfeed.errors import DataError
from intentfeed.retrieval.index import ExactIndex


@pytest.fixture(scope="module")
def off_grid():
    rng = np.random.default_rng(1)
    return rng.normal(size=(900, 33)).astype(np.float32), rng.normal(size=(70, 33)).astype(np.float32)


def test_off_the_grid_too_scores_do_not_depend_on_company(off_grid):
    vectors, queries = off_grid
    index = ExactIndex(vectors)
    rows, scores = index.search(queries, 20)
    for at in (0, 13, 69):
        alone = index.search(queries[at : at + 1], 20)
        assert np.array_equal(alone[0][0], rows[at])
        assert np.array_equal(alone[1][0], scores[at])
    few = np.zeros(len(vectors), dtype=bool)
    few[rows[0, :5]] = True
    assert np.array_equal(index.search(queries[:1], 5, few)[1][0], scores[0, :5])


def test_an_index_can_be_saved_over_the_files_that_it_reads(off_grid, tmp_path):
    vectors, queries = off_grid
    ExactIndex(vectors).save(tmp_path)
    first, second = ExactIndex.load(tmp_path), ExactIndex.load(tmp_path)
    want = first.search(queries, 5)
    first.update([int(want[0][0, 0])], np.zeros((1, 33), dtype=np.float32))
    first.save(tmp_path)
    assert np.array_equal(second.search(queries, 5)[0], want[0])
    assert np.array_equal(ExactIndex.load(tmp_path).search(queries, 5)[0], first.search(queries, 5)[0])


@pytest.mark.parametrize(
    ("search", "says"),
    [
        (lambda index, queries: index.search(queries[:, :5], 3), "do not fit the index"),
        (lambda index, queries: index.search(queries, 0), "at least 1"),
        (lambda index, queries: index.search(queries, 3, np.ones(5, dtype=bool)), "give 900 booleans"),
    ],
)
def test_a_wrong_question_is_refused(off_grid, search, says):
    vectors, queries = off_grid
    with pytest.raises(DataError, match=says):
        search(ExactIndex(vectors), queries)
