"""One history, read for tagging."""

from __future__ import annotations

import numpy as np

from intentfeed.intents.past import read_past, recent
from tests.intents.shop import TODAY, past_of

CATEGORY_I = np.array([1, 1, 2, 0], np.int32)


def test_items_come_newest_first_and_once() -> None:
    past = read_past(
        past_of(("purchase", 0, 9), ("purchase", 2, 8), ("favorite", 0, 7)), CATEGORY_I, newest=10, queries=5
    )
    assert past.items.tolist() == [0, 2]
    assert past.code.tolist() == [1, 2, 1]
    assert past.history.event_id[past.events_in(1, 5)].tolist() == [102, 100]


def test_deeds_are_counted_most_frequent_first() -> None:
    history = past_of(("purchase", 0, 9), ("detail_view", 1, 8), ("detail_view", 0, 7))
    past = read_past(history, CATEGORY_I, newest=10, queries=5)
    assert past.deeds(past.events_in(1, 5)) == "viewed 2× and bought 1×"


def test_searches_are_gathered_newest_first() -> None:
    history = past_of(("search", "Red Pot", 9), ("search", "pan", 8), ("search", "red pot ", 7), ("search", " ", 6))
    past = read_past(history, CATEGORY_I, newest=10, queries=1)
    assert past.queries == (("red pot", (102, 100)),)


def test_the_last_days_end_with_the_day_and_leave_out_what_was_only_shown() -> None:
    history = past_of(
        ("click", 0, 40),
        ("click", 1, 29),
        ("impression", 2, 3),
        ("search", "pan", 2),
        ("purchase", 3, 0),
        ("click", 0, -1),
    )
    items, texts = recent(history, TODAY, 30, 10)
    assert items.tolist() == [3, 1]
    assert texts == ["pan"]


def test_undated_events_are_of_no_day() -> None:
    items, texts = recent(past_of(("click", 0, None), ("search", "pan", None)), TODAY, 30, 10)
    assert not len(items)
    assert not texts
