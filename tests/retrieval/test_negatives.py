"""No item is held against somebody who took it, no tag against an item that carries it, no shelf against itself."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from intentfeed.retrieval.negatives import Shelves, Taken, evenly, runs

PAIRS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), max_size=40)


@given(pairs=PAIRS, asked=st.lists(st.integers(0, 4), min_size=1, max_size=6), candidates=st.sets(st.integers(0, 9)))
def test_what_is_allowed_is_what_was_never_taken(
    pairs: list[tuple[int, int]], asked: list[int], candidates: set[int]
) -> None:
    rows, items = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    pool = np.array(sorted(candidates, reverse=True), dtype=np.int64)
    allowed = Taken(rows, items, n_rows=5, n_items=10).absent(np.array(asked), pool)
    assert allowed.tolist() == [[(row, item) not in pairs for item in pool.tolist()] for row in asked]


def test_the_same_shelf_and_the_others() -> None:
    shelves = Shelves(np.array([1, 2, 1, 0, 2, 3]))
    drawn = shelves.same(np.array([0, 1, 5]), 50, np.random.default_rng(0))
    assert [sorted(set(row)) for row in drawn.tolist()] == [[0, 2], [1, 4], [5]]
    allowed = shelves.elsewhere(np.array([0, 1]), np.arange(6))
    assert allowed.tolist() == [[False, True, False, False, True, True], [True, False, True, False, False, True]]


def test_items_without_a_category_are_on_no_other_shelf() -> None:
    assert not Shelves(np.zeros(4, dtype=np.int32)).elsewhere(np.array([0]), np.arange(4)).any()


def test_drawn_evenly_and_never_twice() -> None:
    rng = np.random.default_rng(1)
    counts = np.zeros(10)
    for _ in range(2_000):
        drawn = evenly(10, 3, rng)
        assert len(set(drawn.tolist())) == 3
        counts[drawn] += 1
    assert abs(counts / 600 - 1).max() < 0.15
    assert evenly(4, 9, rng).tolist() == [0, 1, 2, 3]


def test_runs_lie_one_after_the_other() -> None:
    at, owner = runs(np.array([5, 2, 9]), np.array([7, 2, 10]))
    assert at.tolist() == [5, 6, 9]
    assert owner.tolist() == [0, 0, 2]
