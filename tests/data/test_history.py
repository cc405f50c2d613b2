"""Histories in time, against the plain way to sort and group."""

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from intentfeed.data.catalog import Catalog
from intentfeed.data.history import ORDER, histories, interactions
from intentfeed.data.schema import EVENTS
from intentfeed.types import ACTIONS, NO_TIME

CATALOG = Catalog.of({"item_id": ["i0", "i1", "i2"]})
START = datetime(2024, 1, 1, tzinfo=UTC)


def log(rows: list[dict]) -> pl.DataFrame:
    return pl.DataFrame([{name: row.get(name) for name in EVENTS} for row in rows], schema=EVENTS)


ROW = st.fixed_dictionaries(
    {
        "user_id": st.sampled_from(["b", "a", "ä", "10", "9"]),
        "item_id": st.sampled_from(["i0", "i1", "i2", "gone", None]),
        "action": st.sampled_from(ACTIONS),
        "timestamp": st.none() | st.integers(0, 5).map(lambda days: START + timedelta(days=days)),
        "position": st.none() | st.integers(0, 3),
        "query": st.sampled_from([None, "red", "blue"]),
        "value": st.none() | st.floats(0, 5),
    }
)


@given(st.lists(ROW, max_size=40))
def test_histories_hold_every_event_of_each_user_in_order(rows: list[dict]) -> None:
    events = log([{**row, "event_id": number} for number, row in enumerate(rows)])
    shuffled = events.sample(fraction=1.0, shuffle=True, seed=len(rows)) if rows else events
    expected = events.sort(ORDER, nulls_last=True)
    found = list(histories(shuffled, CATALOG, {"a": '{"age": "24"}'}))
    assert [history.user_id for history in found] == expected["user_id"].unique(maintain_order=True).to_list()
    row_of = {item_id: row for row, item_id in enumerate(CATALOG.item_ids)}
    for history in found:
        own = expected.filter(pl.col("user_id") == history.user_id)
        assert history.event_id.tolist() == own["event_id"].to_list()
        assert [ACTIONS[code] for code in history.action] == own["action"].to_list()
        assert history.item.tolist() == [row_of.get(item_id or "", -1) for item_id in own["item_id"]]
        assert history.query == own["query"].to_list()
        times = [NO_TIME if time is None else int(time.timestamp()) for time in own["timestamp"]]
        assert history.time_s.tolist() == times
        assert [None if value != value else value for value in history.value] == own["value"].to_list()
        assert history.ordered == (own["timestamp"].count() + own["position"].count() > 0)
        assert history.attributes == ({"age": "24"} if history.user_id == "a" else {})


def test_undated_events_come_last_and_equal_times_keep_the_order_of_the_log() -> None:
    events = log(
        [
            {"user_id": "u", "event_id": 0, "item_id": "i0", "action": "cart", "timestamp": None},
            {"user_id": "u", "event_id": 1, "item_id": "i1", "action": "cart", "timestamp": START},
            {"user_id": "u", "event_id": 2, "item_id": "i2", "action": "cart", "timestamp": START},
        ]
    )
    [history] = histories(events.reverse(), CATALOG)
    assert history.event_id.tolist() == [1, 2, 0]


def test_interactions_are_the_item_events_of_everybody() -> None:
    events = log(
        [
            {"user_id": "b", "event_id": 0, "item_id": "i0", "action": "rate", "value": 4.0, "position": 1},
            {"user_id": "b", "event_id": 1, "item_id": "i2", "action": "rate", "value": 2.0, "position": 0},
            {"user_id": "a", "event_id": 2, "item_id": None, "action": "search"},
            {"user_id": "c", "event_id": 3, "item_id": "i1", "action": "cart"},
            {"user_id": "c", "event_id": 4, "item_id": "gone", "action": "cart"},
        ]
    )
    found = interactions(events, CATALOG)
    assert (found.user.tolist(), found.item.tolist()) == ([0, 0, 1], [2, 0, 1])
    assert (found.n_users, found.n_items, len(found)) == (2, 3, 3)
    assert found.value.tolist()[:2] == [2.0, 4.0]
    assert [ACTIONS[code] for code in found.action] == ["rate", "rate", "cart"]


def test_an_empty_log_has_no_histories() -> None:
    assert list(histories(EVENTS.to_frame(), CATALOG)) == []
    assert len(interactions(EVENTS.to_frame(), CATALOG)) == 0
