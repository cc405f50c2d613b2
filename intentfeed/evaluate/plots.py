"""Where things stand on a plot: numbers → shares of a track, or places on a fixed canvas. Draws nothing itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 620.0, 330.0
"""Of the canvas of the two plots that are not made of rows, in its own units."""
LEFT, RIGHT, TOP, BOTTOM = 48.0, 135.0, 12.0, 44.0
"""Margins: numbers of the axis, names of the lines, and the axis below."""
LETTER, LINE = 6.6, 14.0
"""Width of a letter and height of a line of the labels, in the same units."""

NEAR = 9.0
"""Between a dot and the label right beside it."""
FURTHER = tuple(
    (shift, rise, anchor)
    for rise in (-12.0, 20.0, -26.0, 34.0, -40.0, 48.0, -54.0, 62.0)
    for shift, anchor in ((4.0, "start"), (-4.0, "end"))
)
"""Where a label may stand otherwise: right and down of the dot, and which end of it is there."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A number of an axis and where it stands."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A score on a track from 0 to 100, with its interval."""

    at: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Label:
    """Where a name is written, and from which end."""

    x: float
    y: float
    anchor: str
    lead: tuple[float, float, float, float] | None = None
    """A line from what it names, where it stands apart from that."""


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the canvas and its label."""

    x: float
    y: float
    label: Label


@dataclass(frozen=True, slots=True)
class Axes:
    """Numbers along the two axes of the canvas."""

    x: tuple[Tick, ...]
    y: tuple[Tick, ...]


def ticks(top: float, n: int = 5) -> tuple[float, ...]:
    """Return about `n` round numbers from 0 that reach `top`.

    >>> ticks(0.113), ticks(7.0)
    ((0.0, 0.05, 0.1, 0.15), (0.0, 2.0, 4.0, 6.0, 8.0))
    """
    if not top > 0:
        return (0.0, 1.0)
    power = 10.0 ** math.floor(math.log10(top / n))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power * n >= top)
    return tuple(round(step * at, 12) for at in range(math.ceil(top / step - 1e-9) + 1))


def dots(means: Sequence[float], intervals: Sequence[tuple[float, float]]) -> tuple[tuple[Dot, ...], tuple[Tick, ...]]:
    """Return each score with its interval on a track that begins at nothing, and the numbers below.

    >>> dots([0.1], [(0.05, 0.2)])[0]
    (Dot(at=50.0, low=25.0, high=100.0),)
    """
    marks = ticks(max((high for _, high in intervals), default=0.0))
    share = 100 / marks[-1]
    found = [
        Dot(round(mean * share, 2), round(low * share, 2), round(high * share, 2))
        for mean, (low, high) in zip(means, intervals, strict=True)
    ]
    return tuple(found), tuple(Tick(round(mark * share, 2), f"{mark:g}") for mark in marks)


def stack(shares: Sequence[float]) -> tuple[tuple[float, float], ...]:
    """Return where each share begins on a track from 0 to 100, and how wide it is.

    >>> stack([0.5, 0.25, 0.25])
    ((0.0, 50.0), (50.0, 25.0), (75.0, 25.0))
    """
    begins, found = 0.0, list[tuple[float, float]]()
    for share in shares:
        found.append((round(begins, 3), round(100 * share, 3)))
        begins += 100 * share
    return tuple(found)


def scatter(
    xs: Sequence[float], ys: Sequence[float], names: Sequence[str], *, x_top: float | None = None
) -> tuple[tuple[Point, ...], Axes]:
    """Return where each pair stands on the canvas, with a label beside it that covers no other where there is room."""
    x_marks = ticks(max(xs, default=0.0) if x_top is None else x_top)
    y_marks = ticks(max(ys, default=0.0))
    places = [(_x(x / x_marks[-1]), _y(y / y_marks[-1])) for x, y in zip(xs, ys, strict=True)]
    labels = _beside(places, names)
    points = [Point(round(x, 1), round(y, 1), label) for (x, y), label in zip(places, labels, strict=True)]
    return tuple(points), Axes(_along_x(x_marks), _along_y(y_marks))


def lines(
    rows: Sequence[Sequence[float]], columns: Sequence[str]
) -> tuple[tuple[tuple[str, Label], ...], tuple[Tick, ...], tuple[Tick, ...]]:
    """Return each row as the points of a line with the label at its end, then the columns and the numbers."""
    y_marks = ticks(max((value for row in rows for value in row), default=0.0))
    last = max(len(columns) - 1, 1)
    ends = _apart([_y(row[-1] / y_marks[-1]) for row in rows])
    found = []
    for row, end in zip(rows, ends, strict=True):
        lead = (_x(1) + 2, round(_y(row[-1] / y_marks[-1]), 1), _x(1) + 12, round(end, 1))
        points = " ".join(f"{_x(at / last):.1f},{_y(value / y_marks[-1]):.1f}" for at, value in enumerate(row))
        found.append((points, Label(_x(1) + 15, round(end + 4, 1), "start", lead)))
    return (
        tuple(found),
        tuple(Tick(round(_x(at / last), 1), name) for at, name in enumerate(columns)),
        _along_y(y_marks),
    )


def _x(share: float) -> float:
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _y(share: float) -> float:
    return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP)


def _along_x(marks: Sequence[float]) -> tuple[Tick, ...]:
    return tuple(Tick(round(_x(mark / marks[-1]), 1), f"{mark:g}") for mark in marks)


def _along_y(marks: Sequence[float]) -> tuple[Tick, ...]:
    return tuple(Tick(round(_y(mark / marks[-1]), 1), f"{mark:g}") for mark in marks)


def _apart(ys: Sequence[float]) -> list[float]:
    """Return the heights moved apart by at least a line, as little as that takes, and kept on the canvas.

    Neighbours that are too near move as one block about their mean (pool adjacent violators).
    """
    order = sorted(range(len(ys)), key=lambda at: (ys[at], at))
    blocks = list[tuple[float, int]]()
    for rank, at in enumerate(order):
        mean, size = ys[at] - LINE * rank, 1
        while blocks and blocks[-1][0] > mean:
            above, n = blocks.pop()
            mean, size = (above * n + mean * size) / (n + size), n + size
        blocks.append((mean, size))
    lowest = HEIGHT - BOTTOM + LINE - LINE * (len(ys) - 1)
    starts = [max(TOP, min(mean, lowest)) for mean, size in blocks for _ in range(size)]
    found = [0.0] * len(ys)
    for rank, at in enumerate(order):
        found[at] = starts[rank] + LINE * rank
    return found


def _beside(places: Sequence[tuple[float, float]], names: Sequence[str]) -> list[Label]:
    """Return a label for each place: right, left, above or below of it, the first that covers nothing."""
    taken = [(x - 6, y - 6, x + 6, y + 6) for x, y in places]
    found = []
    for at, ((x, y), name) in enumerate(zip(places, names, strict=True)):
        wide = LETTER * len(name)
        ways = [(NEAR, 4.0, "start"), (-NEAR, 4.0, "end"), *FURTHER]
        boxes = [_box(x + right, y + down, wide, anchor) for right, down, anchor in ways]
        others = [box for other, box in enumerate(taken) if other != at]
        free = [
            way for way, box in zip(ways, boxes, strict=True) if _fits(box) and not any(_meet(box, b) for b in others)
        ]
        right, down, anchor = free[0] if free else ways[0]
        taken.append(_box(x + right, y + down, wide, anchor))
        lead = None if abs(right) >= NEAR else (round(x, 1), round(y, 1), round(x + right, 1), round(y + down - 4, 1))
        found.append(Label(round(x + right, 1), round(y + down, 1), anchor, lead))
    return found


Box = tuple[float, float, float, float]


def _box(x: float, y: float, wide: float, anchor: str) -> Box:
    left = x if anchor == "start" else x - wide
    return left, y - LINE + 4, left + wide, y + 3


def _fits(box: Box) -> bool:
    return box[0] >= LEFT and box[2] <= WIDTH and box[1] >= 0 and box[3] <= HEIGHT - BOTTOM + 2


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
