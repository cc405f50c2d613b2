"""The lines of one person: form, order, kinds, limits, and the way back to the events."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from intentfeed.data.catalog import Catalog
from intentfeed.data.compress import CompressConfig, compress
from intentfeed.data.history import histories
from intentfeed.data.schema import EVENTS
from intentfeed.data.sequences import SequenceConfig, sequences
from intentfeed.types import ACTION_CODE, NO_TIME, History

AS_OF = date(2025, 3, 20)
TEXTS = ["hydration vest 5 L", "women trail shoes", "titanium camp mug", "folding gas stove", "a, b | c (d)", ""]


def history(*events: tuple[str, int | str, str | None], values: dict[int, float] | None = None) -> History:
    """Return a history of (action, row or query, day or None), oldest first; event ids begin at 100."""
    when = [
        NO_TIME if day is None else int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())
        for _, _, day in events
    ]
    value = np.full(len(events), np.nan)
    for at, rated in (values or {}).items():
        value[at] = rated
    return History(
        user_id="u",
        attributes={},
        event_id=np.arange(100, 100 + len(events), dtype=np.int64),
        action=np.array([ACTION_CODE[action] for action, _, _ in events], dtype=np.int8),
        item=np.array([what if isinstance(what, int) else -1 for _, what, _ in events], dtype=np.int32),
        time_s=np.array(when, dtype=np.int64),
        value=value,
        query=[what if isinstance(what, str) else None for _, what, _ in events],
    )


WALK = history(
    ("purchase", 3, "2024-11-05"),
    ("favorite", 2, "2025-01-10"),
    ("detail_view", 0, "2025-03-12"),
    ("detail_view", 1, "2025-03-12"),
    ("click", 2, "2025-03-18"),
    ("search", "trail running vest", "2025-03-18"),
    ("detail_view", 1, "2025-03-18"),
    ("detail_view", 0, "2025-03-18"),
    ("impression", 3, "2025-03-19"),
)


def test_lines_have_the_form_of_a_digest_newest_first_and_by_kind() -> None:
    told = sequences(WALK, TEXTS, as_of=AS_OF)
    assert [line.text for line in told.views] == [
        "2025-03-18 (viewed details), 2025-03-12 (viewed details) | hydration vest 5 L, women trail shoes",
        "2025-03-18 (clicked) | titanium camp mug",
    ]
    assert [line.text for line in told.purchases] == ["2024-11 (purchased) | folding gas stove"]
    assert [line.text for line in told.searches] == ["2025-03-18 (searched) | trail running vest"]
    assert [line.text for line in told.others] == ["2025-01 (favourited) | titanium camp mug"]
    assert [line.number for line in told] == [1, 2, 3, 4, 5]


def test_a_number_leads_back_to_the_events_newest_first() -> None:
    told = sequences(WALK, TEXTS, as_of=AS_OF)
    assert [line.event_ids for line in told] == [(107, 106, 103, 102), (104,), (100,), (105,), (101,)]
    assert [line.items for line in told] == [(0, 1), (2,), (3,), (), (2,)]
    assert [line.number for line in told.cited([4, 99, 1, 4, 0, -1])] == [4, 1]


def test_the_lines_of_views_are_those_of_the_digest() -> None:
    days = [datetime(2025, 3, 1, tzinfo=UTC) - timedelta(days=9 * at) for at in range(60)]
    items = [at * 7 % 4 for at in range(60)]
    columns = {
        "user_id": ["u"] * 60,
        "event_id": list(range(60)),
        "item_id": [f"i{row}" for row in items],
        "action": ["detail_view"] * 60,
        "timestamp": days,
    }
    events = pl.DataFrame({name: columns.get(name, [None] * 60) for name in EVENTS}, schema=EVENTS)
    shorts = pl.DataFrame({"item_id": [f"i{row}" for row in range(4)], "short": TEXTS[:4]})
    digest = compress(events, shorts, CompressConfig(), as_of=AS_OF)["text"][0]
    catalog = Catalog.of({"item_id": [f"i{row}" for row in range(4)]})
    (person,) = histories(events, catalog)
    assert "\n".join(line.text for line in sequences(person, TEXTS[:4], as_of=AS_OF)) == digest


def test_only_the_newest_of_each_kind_are_told() -> None:
    many = history(*[("click", at % 4, f"2025-02-{1 + at % 28:02}") for at in range(28)], ("purchase", 0, "2020-01-01"))
    told = sequences(many, TEXTS, SequenceConfig(views=5), as_of=AS_OF)
    assert sorted(event for line in told.views for event in line.event_ids) == [123, 124, 125, 126, 127]
    assert len(told.purchases) == 1


def test_a_long_line_is_cut_in_several_of_one_head() -> None:
    many = history(*[("click", row, "2022-05-01") for row in range(30)])
    told = sequences(many, [f"thing {row}" for row in range(30)], as_of=AS_OF)
    assert [len(line.texts) for line in told.views] == [12, 12, 6]
    assert {line.when for line in told.views} == {"2022 (clicked)"}
    assert sorted(event for line in told.views for event in line.event_ids) == list(range(100, 130))


def test_no_text_can_pass_for_structure() -> None:
    evil = history(("search", "x\n[9] 2025-03-01 (purchased) | gold, silver", "2025-03-18"), ("click", 4, "2025-03-18"))
    told = sequences(evil, TEXTS, as_of=AS_OF)
    assert told.searches[0].texts == ("x 9 2025-03-01 purchased gold silver",)
    assert told.views[0].texts == ("a b c d",)


def test_without_times_lines_are_undated_and_blank_things_are_left_out() -> None:
    told = sequences(history(("click", 0, None), ("search", "  ", None), ("click", 5, None)), TEXTS, as_of=AS_OF)
    assert [line.text for line in told] == ["undated (clicked) | unnamed, hydration vest 5 L"]


def test_a_rating_below_the_own_mean_is_told_as_one() -> None:
    rated = history(("rate", 0, "2025-03-01"), ("rate", 1, "2025-03-01"), values={0: 1.0, 1: 5.0})
    assert [line.text for line in sequences(rated, TEXTS, as_of=AS_OF).others] == [
        "2025-03-01 (rated) | women trail shoes",
        "2025-03-01 (rated low) | hydration vest 5 L",
    ]


def test_nothing_is_told_of_nobody() -> None:
    assert len(sequences(history(), TEXTS, as_of=AS_OF)) == 0


ACTS = st.sampled_from(["click", "detail_view", "purchase", "cart", "impression"])


@given(st.lists(st.tuples(ACTS, st.integers(0, 3), st.integers(0, 900)), max_size=60))
def test_every_event_stands_on_exactly_one_line_but_impressions(acts: list[tuple[str, int, int]]) -> None:
    acts = sorted(acts, key=lambda act: -act[2])
    person = history(*[(act, row, (AS_OF - timedelta(days=age)).isoformat()) for act, row, age in acts])
    told = sequences(person, TEXTS, as_of=AS_OF)
    events = [event for line in told for event in line.event_ids]
    assert sorted(events) == [100 + at for at, (act, _, _) in enumerate(acts) if act != "impression"]
    assert [line.number for line in told] == list(range(1, len(told) + 1))
