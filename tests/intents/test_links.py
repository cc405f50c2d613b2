"""What leads from one category to another, on a log that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from intentfeed.intents import links as module
from intentfeed.intents.likes import Likes
from intentfeed.intents.links import NONE, Link, Links

PATHS = ["", "A > x > one", "A > x > two", "A > y > three", "B > four"]


def links() -> Links:
    """Return ten people: six have one and three, two of them four as well; four have only two."""
    pairs = [(u, c) for u in range(6) for c in (1, 3)] + [(0, 4), (1, 4)] + [(u, 2) for u in range(6, 10)]
    user, item = (np.array(column, np.int32) for column in zip(*sorted(pairs), strict=True))
    return Links.fit(Likes(user, item, np.zeros(len(user), np.int32), 10, 5), np.arange(5, dtype=np.int32), PATHS)


def test_people_are_counted() -> None:
    assert links().people_C.tolist() == [0, 6, 4, 6, 2]


def test_own_together_shelf_and_nothing() -> None:
    led = links().lead([1], [1.0], 10, 2)
    assert led.link(1) == Link("own", 1)
    assert led.link(3) == Link("together", 1, both=6, have=6)
    assert led.link(4) == Link("together", 1, both=2, have=6)
    assert led.link(2) == Link("shelf", 1)
    assert led.how_C[0] == NONE


def test_too_few_people_lead_nowhere() -> None:
    led = links().lead([1], [1.0], 10, 3)
    assert led.how_C[4] == NONE


def test_chance_leads_nowhere() -> None:
    led = links().lead([1], [1.0], 6, 2)  # of six people all have it: nothing goes with it more than by chance
    assert led.how_C[3] == NONE


def test_no_source_no_lead() -> None:
    assert not links().lead([], [], 10, 2).how_C.any()


def test_the_plain_matrix_and_the_sparse_one_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    dense = links().lead([1, 2], [1.0, 0.5], 10, 2)
    monkeypatch.setattr(module, "DENSE_BELOW", 0)
    sparse = links().lead([1, 2], [1.0, 0.5], 10, 2)
    assert [dense.link(code) for code in range(1, 5)] == [sparse.link(code) for code in range(1, 5)]
