"""The packed sort equals the plain one, whatever the bounds; runs and stretches are what they say."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from intentfeed.data.sorting import compact, lengths, run_starts, sorted_by, spread

COLUMNS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=30)


@given(COLUMNS, st.sampled_from([4, 1 << 20, 1 << 40, 1 << 62]))
def test_sorted_by_is_a_stable_sort(rows: list[tuple[int, int]], bound: int) -> None:
    first, second = (np.array([row[i] for row in rows], dtype=np.int64) for i in (0, 1))
    expected = sorted(range(len(rows)), key=rows.__getitem__)
    assert sorted_by((first, bound), (second, 3)).tolist() == expected


@given(COLUMNS)
def test_runs_cover_equal_rows(rows: list[tuple[int, int]]) -> None:
    columns = [np.array([row[i] for row in rows], dtype=np.int64) for i in (0, 1)]
    starts = run_starts(*columns)
    assert starts.tolist() == [i for i in range(len(rows)) if i == 0 or rows[i] != rows[i - 1]]
    assert spread(starts, lengths(starts, len(rows))).tolist() == list(range(len(rows)))


@given(st.lists(st.integers(0, 9), max_size=20))
def test_compact_keeps_the_order_of_values(values: list[int]) -> None:
    used, place = compact(np.array(values, dtype=np.int64), 10)
    assert used.tolist() == sorted(set(values))
    assert used[place].tolist() == values
