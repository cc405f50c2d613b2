"""Geometry: round numbers on the axes, and labels that keep apart."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentfeed.evaluate.plots import (
    BOTTOM,
    HEIGHT,
    LEFT,
    LINE,
    RIGHT,
    WIDTH,
    _apart,
    dots,
    lines,
    scatter,
    stack,
    ticks,
)


@given(st.floats(1e-6, 1e6))
def test_ticks_reach_the_top_in_few_even_steps(top):
    marks = ticks(top)
    assert marks[0] == 0
    assert top <= marks[-1] * (1 + 1e-6)
    assert 3 <= len(marks) <= 7
    steps = [b - a for a, b in pairwise(marks)]
    assert max(steps) == pytest.approx(min(steps), rel=1e-6)


def test_no_score_at_all_still_has_an_axis():
    assert ticks(0.0) == (0.0, 1.0)
    assert dots([0.0], [(0.0, 0.0)])[0][0].at == 0
    assert dots([], []) == ((), dots([0.0], [(0.0, 0.0)])[1])


@given(st.lists(st.floats(12, 286), min_size=1, max_size=18))
def test_labels_keep_a_line_apart_in_their_order(ys):
    found = _apart(ys)
    ranked = sorted(range(len(ys)), key=lambda at: (ys[at], at))
    gaps = [found[b] - found[a] for a, b in pairwise(ranked)]
    assert all(gap >= LINE - 1e-6 for gap in gaps)
    assert all(0 <= y <= HEIGHT for y in found)


def test_labels_with_room_stay_where_they_are():
    assert _apart([200.0, 50.0, 120.0]) == [200.0, 50.0, 120.0]
    assert _apart([100.0, 100.0]) == [100 - LINE / 2, 100 + LINE / 2]


def test_a_point_is_where_its_numbers_are():
    (low, high), axes = scatter([0.0, 1.0], [0.0, 0.2], ["a", "b"], x_top=1.0)
    assert (low.x, low.y) == (LEFT, HEIGHT - BOTTOM)
    assert (high.x, high.y) == (WIDTH - RIGHT, axes.y[-1].at)
    assert [tick.text for tick in axes.x] == ["0", "0.2", "0.4", "0.6", "0.8", "1"]


def test_labels_of_a_crowd_do_not_cover_each_other():
    names = [f"method-{n}" for n in range(8)]
    points, _ = scatter([0.5] * 8, [0.1 + n / 1_000 for n in range(8)], names, x_top=1.0)
    boxes = []
    for point, name in zip(points, names, strict=True):
        wide = 6.6 * len(name)
        left = point.label.x if point.label.anchor == "start" else point.label.x - wide
        boxes.append((left, point.label.y - 10, left + wide, point.label.y))
    for one, other in combinations(boxes, 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def test_a_line_rises_with_its_row():
    ((points, label),), along, up = lines([[0.1, 0.2, 0.4]], ["1", "5", "10"])
    places = [tuple(float(part) for part in pair.split(",")) for pair in points.split()]
    assert [x for x, _ in places] == [tick.at for tick in along]
    assert places[0][1] > places[1][1] > places[2][1]
    assert label.y == pytest.approx(places[2][1] + 4)
    assert up[-1].text == "0.4"


def test_shares_lie_side_by_side():
    assert stack([0.2, 0.0, 0.8]) == ((0.0, 20.0), (20.0, 0.0), (20.0, 80.0))
