"""Compression tells the spec's worked example, loses nothing but the time within a bucket, and keeps to its budget."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from digests import WORDS, log, slow_text
from hypothesis import given, settings
from hypothesis import strategies as st

from intentfeed.data.compress import CompressConfig, compress, facts_table, totals
from intentfeed.data.digest_parse import DigestFact, parse_digest
from intentfeed.data.item_table import item_table
from intentfeed.data.lines import equal_sets
from intentfeed.data.schema import DIGESTS
from intentfeed.data.tokens import count_tokens
from intentfeed.types import ACTIONS, RELIABLE

AS_OF = date(2025, 3, 20)
SHORT = {
    "vest": "hydration vest 5 L",
    "shoes": "women trail shoes",
    "mug": "titanium camp mug",
    "stove": "folding gas stove",
    "tent": "green two-person tent",
    "case": "phone case",
}
ITEMS = pl.DataFrame({"item_id": list(SHORT), "short": list(SHORT.values())})


def at(day: str, hour: int = 12) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=UTC)


def example() -> pl.DataFrame:
    """The log behind the spec's section 2.4."""
    rows: list[dict[str, object]] = []

    def add(action: str, day: str, hour: int, *items: str) -> None:
        rows.extend({"action": action, "timestamp": at(day, hour), "item_id": item} for item in items)

    add("favorite", "2022-05-01", 9, "stove", "mug")
    add("purchase", "2023-06-02", 9, "tent")
    rows.append({"action": "search", "timestamp": at("2023-07-01"), "query": "two-person tent"})
    add("purchase", "2024-11-11", 9, "stove", "mug")
    add("favorite", "2025-01-05", 9, "mug")
    add("favorite", "2025-01-06", 9, "stove")
    add("purchase", "2025-02-25", 9, "mug")
    add("detail_view", "2025-03-12", 9, "shoes", "vest")
    add("click", "2025-03-18", 8, "case")
    add("detail_view", "2025-03-18", 9, "vest", "shoes")
    add("cart", "2025-03-18", 10, "shoes", "vest")
    rows.append({"action": "search", "timestamp": at("2025-03-18", 21), "query": "trail running vest"})
    return log(rows)


def digest(events: pl.DataFrame, **settings_: object) -> str:
    return compress(events, ITEMS, CompressConfig(**settings_), as_of=AS_OF)["text"][0]  # type: ignore[arg-type]


# The worked example


def test_the_worked_example_comes_out_literally() -> None:
    assert digest(example()).split("\n") == [
        "2025-03-18 (searched) | trail running vest",
        "2025-03-18 (viewed details, added to cart), 2025-03-12 (viewed details) "
        "| hydration vest 5 L, women trail shoes",
        "2025-02-25 (purchased) | titanium camp mug",
        "2025-01 (favourited), 2024-11 (purchased), 2022 (favourited) | folding gas stove, titanium camp mug",
        "2023 (searched) | two-person tent",
        "2023 (purchased) | green two-person tent",
    ]


def test_its_first_step_has_ten_groups() -> None:
    table = facts_table(example(), ITEMS, CompressConfig(), as_of=AS_OF)
    assert [(row["bucket"], row["action"], sorted(row["items"])) for row in table.to_dicts()] == [
        ("2025-03-18", "viewed details", ["hydration vest 5 L", "women trail shoes"]),
        ("2025-03-18", "searched", ["trail running vest"]),
        ("2025-03-18", "added to cart", ["hydration vest 5 L", "women trail shoes"]),
        ("2025-03-12", "viewed details", ["hydration vest 5 L", "women trail shoes"]),
        ("2025-02-25", "purchased", ["titanium camp mug"]),
        ("2025-01", "favourited", ["folding gas stove", "titanium camp mug"]),
        ("2024-11", "purchased", ["folding gas stove", "titanium camp mug"]),
        ("2023", "searched", ["two-person tent"]),
        ("2023", "purchased", ["green two-person tent"]),
        ("2022", "favourited", ["folding gas stove", "titanium camp mug"]),
    ]


def test_the_other_reading_prints_each_item_once() -> None:
    assert digest(example(), reading="per_item").split("\n")[2:4] == [
        "2025-02-25 (purchased), 2025-01 (favourited), 2024-11 (purchased), 2022 (favourited) | titanium camp mug",
        "2025-01 (favourited), 2024-11 (purchased), 2022 (favourited) | folding gas stove",
    ]


def test_relative_labels_tell_the_granularity() -> None:
    assert digest(example(), labels="relative").split("\n")[1:4] == [
        "2 days ago (viewed details, added to cart), 8 days ago (viewed details) "
        "| hydration vest 5 L, women trail shoes",
        "23 days ago (purchased) | titanium camp mug",
        "2 months ago (favourited), 4 months ago (purchased), 3 years ago (favourited) "
        "| folding gas stove, titanium camp mug",
    ]


# Buckets


@pytest.mark.parametrize(
    ("age", "absolute", "relative"),
    [
        (-1, "2025-03-21", "in 1 day"),
        (0, "2025-03-20", "today"),
        (1, "2025-03-19", "1 day ago"),
        (30, "2025-02-18", "30 days ago"),
        (31, "2025-02", "1 month ago"),
        (365, "2024-03", "12 months ago"),
        (366, "2024", "1 year ago"),
        (800, "2023", "2 years ago"),
    ],
)
def test_bucket_edges(age: int, absolute: str, relative: str) -> None:
    when = at("2025-03-20", 23) - timedelta(days=age)
    events = log([{"action": "purchase", "item_id": "mug", "timestamp": when}])
    assert digest(events) == f"{absolute} (purchased) | titanium camp mug"
    assert digest(events, labels="relative") == f"{relative} (purchased) | titanium camp mug"


def test_midnight_begins_the_day() -> None:
    rows = [
        {"action": "cart", "item_id": "mug", "timestamp": datetime(2025, 3, 19, 23, 59, 59, 999999, tzinfo=UTC)},
        {"action": "cart", "item_id": "vest", "timestamp": datetime(2025, 3, 20, tzinfo=UTC)},
    ]
    assert [line[:10] for line in digest(log(rows)).split("\n")] == ["2025-03-20", "2025-03-19"]


def test_without_time_there_is_one_bucket_in_the_order_of_position() -> None:
    rows = [{"action": "review", "item_id": item, "position": 9 - n} for n, item in enumerate(("mug", "vest", "tent"))]
    assert digest(log(rows)) == "undated (reviewed) | titanium camp mug, hydration vest 5 L, green two-person tent"


def test_without_time_or_position_the_rows_give_the_order() -> None:
    rows = [{"action": "like", "item_id": item} for item in ("mug", "vest")]
    assert digest(log(rows)) == "undated (liked) | hydration vest 5 L, titanium camp mug"


# What is kept


def test_plain_clicks_and_impressions_leave_no_trace_but_their_count() -> None:
    rows = [{"action": action, "item_id": "mug", "timestamp": at("2025-03-01")} for action in ("click", "impression")]
    row = compress(log(rows), ITEMS, CompressConfig(), as_of=AS_OF).row(0, named=True)
    assert (row["text"], row["n_events"], row["n_reliable"], row["tokens_after"]) == ("", 2, 0, 0)
    assert row["tokens_raw"] > row["tokens_before"] == 0


@pytest.mark.parametrize("action", sorted(RELIABLE))
def test_every_deliberate_action_is_represented(action: str) -> None:
    events = log([{"action": action, "item_id": "mug", "timestamp": at("2025-03-01")}])
    assert digest(events) == f"2025-03-01 ({WORDS[action]}) | titanium camp mug"


def test_a_rating_under_the_users_mean_is_told_as_low() -> None:
    values = {"mug": 5.0, "vest": 4.0, "tent": 1.0}
    rows = [{"action": "rate", "item_id": item, "value": value} for item, value in values.items()]
    rows += [{"user_id": "v", "action": "rate", "item_id": "mug", "value": 1.0}]  # an own mean of 1: not low
    frame = compress(log(rows), ITEMS, CompressConfig(), as_of=AS_OF)
    assert frame["text"].to_list() == [
        "undated (rated low) | green two-person tent\nundated (rated) | hydration vest 5 L, titanium camp mug",
        "undated (rated) | titanium camp mug",
    ]


def test_queries_are_data() -> None:
    rows = [
        {"action": "search", "query": query, "timestamp": at("2025-03-01")} for query in ("a (b), | c\nd", " ,|", None)
    ]
    assert parse_digest(digest(log(rows))) == {
        DigestFact("2025-03-01", "searched", "a b c d"),
        DigestFact("2025-03-01", "searched", "unnamed"),
    }


def test_an_item_outside_the_catalogue_is_told_by_its_id() -> None:
    assert digest(log([{"action": "cart", "item_id": "x,9"}])) == "undated (added to cart) | item x 9"


def test_a_catalogue_without_text_is_told_by_ids() -> None:
    items = pl.DataFrame({"item_id": ["a"], "short": [""]})
    assert compress(log([{"action": "cart", "item_id": "a"}]), items, CompressConfig(), as_of=AS_OF)["text"][
        0
    ].endswith("| item a")


@pytest.mark.parametrize("reading", ["literal", "per_item"])
@pytest.mark.parametrize("n_clicks", [0, 1])
def test_nothing_to_tell(reading: str, n_clicks: int) -> None:
    config = CompressConfig(reading=reading)  # type: ignore[arg-type]
    clicks = log([{"action": "click", "item_id": "mug"}] * n_clicks)
    for items in (ITEMS, ITEMS.clear()):
        frame = compress(clicks, items, config, as_of=AS_OF)
        assert frame["text"].to_list() == [""] * n_clicks
        assert frame.schema == DIGESTS
        assert facts_table(clicks, items, config, as_of=AS_OF).height == 0
    assert totals(frame)["tokens_after"] == 0


# Against the slow twin, row for row

EVENT = st.fixed_dictionaries(
    {
        "user_id": st.sampled_from(["u", "v", "ü"]),
        "action": st.sampled_from(ACTIONS),
        "item_id": st.sampled_from([*SHORT, "unknown", None]),
        "query": st.sampled_from([None, None, "tent", "two, (tents) |", "phone case"]),
        "position": st.sampled_from([None, None, 3, 5]),
        "value": st.sampled_from([None, 1.0, 3.0, 5.0]),
        "timestamp": st.sampled_from(
            [None, *(at("2025-03-20") - timedelta(days=d) for d in (0, 3, 30, 31, 60, 365, 366, 900))]
        ),
    }
)
CONFIG = st.builds(
    CompressConfig,
    reading=st.sampled_from(["literal", "per_item"]),
    budget_tokens=st.sampled_from([0, 8, 20, 40, 80, 100_000]),
    day_until=st.sampled_from([0, 30]),
    max_query_chars=st.sampled_from([4, 80]),
)
TWINS = pl.DataFrame({"item_id": [*SHORT, "again"], "short": [*SHORT.values(), "phone case"]})


@settings(max_examples=100, deadline=None)
@given(st.lists(EVENT, max_size=25), CONFIG)
def test_equals_the_slow_twin(rows: list[dict[str, object]], config: CompressConfig) -> None:
    events = log(rows)
    frame = compress(events, TWINS, config, as_of=AS_OF)
    by_user: dict[str, list[dict]] = {}
    for event in events.to_dicts():
        by_user.setdefault(event["user_id"], []).append(event)
    expected = {user: slow_text(mine, SHORT, config, AS_OF) for user, mine in by_user.items()}
    assert frame["user_id"].to_list() == sorted(by_user)
    for row in frame.to_dicts():
        text, n_dropped = expected[row["user_id"]]
        assert row["text"] == text
        assert row["n_dropped"] == n_dropped
        assert row["tokens_after"] == count_tokens(text) <= config.budget_tokens
        assert row["n_lines"] == len(text.split("\n") if text else [])
        assert row["n_events"] == len(by_user[row["user_id"]])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(EVENT, max_size=25), st.sampled_from(["literal", "per_item"]), st.sampled_from(["absolute", "relative"])
)
def test_lossless_up_to_the_bucket(rows: list[dict[str, object]], reading: str, labels: str) -> None:
    config = CompressConfig(reading=reading, labels=labels)  # type: ignore[arg-type]
    events = log(rows)
    step1 = facts_table(events, TWINS, config, as_of=AS_OF).explode("items")
    for user, text in compress(events, TWINS, config, as_of=AS_OF).select("user_id", "text").iter_rows():
        mine = step1.filter(pl.col("user_id") == user)
        assert parse_digest(text) == {DigestFact(*row) for row in mine.select("bucket", "action", "items").iter_rows()}


@settings(max_examples=15, deadline=None)
@given(st.lists(EVENT, min_size=1, max_size=20), st.randoms(use_true_random=False))
def test_neither_row_order_nor_company_matters(rows: list[dict[str, object]], random) -> None:
    config = CompressConfig(budget_tokens=40)
    events = log(rows)
    whole = compress(events, TWINS, config, as_of=AS_OF)
    shuffled = events[random.sample(range(len(events)), len(events))]
    assert compress(shuffled, TWINS, config, as_of=AS_OF).equals(whole)
    for user in whole["user_id"]:
        alone = compress(events.filter(pl.col("user_id") == user), TWINS, config, as_of=AS_OF)
        assert alone.equals(whole.filter(pl.col("user_id") == user))


@given(
    st.lists(st.tuples(st.integers(0, 2), st.sets(st.integers(0, 4), min_size=1)), max_size=12),
    st.sampled_from([lambda x: x * 0, lambda x: x & np.uint64(1)]),
)
def test_colliding_sums_merge_nothing_unequal(rows: list[tuple[int, set[int]]], mix) -> None:
    sizes = np.array([len(members) for _, members in rows], dtype=np.int64)
    starts = np.cumsum(sizes) - sizes
    owner = np.array([who for who, _ in rows], dtype=np.int32)
    member = np.array([number for _, members in rows for number in members], dtype=np.int32)
    for sets in (equal_sets(owner, starts, member), equal_sets(owner, starts, member, mix=mix)):
        for i, row in enumerate(rows):
            assert [row == other for other in rows] == (sets == sets[i]).tolist()


# The budget


def big_log() -> pl.DataFrame:
    days = [3, 50, 80, 400, 500, 800, 900]
    rows = [
        {"action": action, "item_id": item, "timestamp": at("2025-03-20") - timedelta(days=day, minutes=n)}
        for day in days
        for action in ("purchase", "cart")
        for n, item in enumerate(SHORT)
    ]
    return log(rows)


def test_what_overflows_goes_in_the_stated_order() -> None:
    events = big_log()
    seen = []
    for budget in range(150, 0, -1):
        row = compress(events, ITEMS, CompressConfig(budget_tokens=budget), as_of=AS_OF).row(0, named=True)
        assert row["tokens_after"] <= budget
        seen.append({(fact.action, fact.bucket) for fact in parse_digest(row["text"])})
    buckets = ["2022", "2023", "2024", "2024-12", "2025-01", "2025-03-17"]
    present = ["2022", "2023", "2024", "2024-12", "2025-01", "2025-03-17"]
    order = [(action, bucket) for action in ("added to cart", "purchased") for bucket in present if bucket in buckets]
    last_seen = {fact: max((n for n, facts in enumerate(seen) if fact in facts), default=-1) for fact in order}
    assert [last_seen[fact] for fact in order] == sorted(last_seen[fact] for fact in order)


def test_a_budget_is_used_well() -> None:
    rows = [{"action": "like", "item_id": f"i{n}"} for n in range(1000)]
    items = pl.DataFrame({"item_id": [f"i{n}" for n in range(1000)], "short": [f"thing {n}" for n in range(1000)]})
    row = compress(log(rows), items, CompressConfig(budget_tokens=500), as_of=AS_OF).row(0, named=True)
    assert 495 <= row["tokens_after"] <= 500
    assert row["n_dropped"] == 1000 - row["text"].count("thing")
    assert "thing 999" in row["text"]


# The counts


def test_tokens_before_are_those_of_one_line_an_event() -> None:
    events = example()
    table = item_table(
        pl.DataFrame(
            {
                "item_id": list(SHORT),
                "short": list(SHORT.values()),
                "title": [f"Long and winding title of {item}" for item in SHORT],
                "category": ["Outdoor > Camp"] * len(SHORT),
                "brand": ["Brand"] * len(SHORT),
                "attributes": ['{"colour": "red"}'] * len(SHORT),
            }
        )
    )
    row = compress(events, table, CompressConfig(), as_of=AS_OF).row(0, named=True)
    lines = {"raw": 0, "before": 0, "short": 0}
    for event in events.to_dicts():
        item = event["item_id"]
        record = event["query"] or f"Long and winding title of {item}, Outdoor > Camp, Brand, " + '{"colour": "red"}'
        start = f"{event['timestamp'].date()} ({WORDS[event['action']]}) | "
        lines["raw"] += count_tokens(f"{start}{record}\n")
        if event["action"] in RELIABLE:
            lines["before"] += count_tokens(f"{start}{record}\n")
            lines["short"] += count_tokens(f"{start}{event['query'] or SHORT[item]}\n")
    assert {name: row[f"tokens_{name}"] for name in lines} == lines
    assert row["tokens_after"] < row["tokens_short"] < row["tokens_before"] < row["tokens_raw"]


def test_totals_add_up() -> None:
    frame = compress(big_log(), ITEMS, CompressConfig(), as_of=AS_OF)
    found = totals(frame, window_tokens=int(frame["tokens_after"][0]))
    assert found["tokens_after"] == frame["tokens_after"].sum()
    assert (found["share_within_window_after"], found["share_within_window_raw"]) == (1.0, 0.0)
