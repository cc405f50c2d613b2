"""Leaks: whatever is planted is refused and named, and no clean split ever is."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentfeed.data.catalog import Catalog
from intentfeed.data.schema import EVENTS
from intentfeed.data.split import SplitConfig, split
from intentfeed.errors import DataError

ITEMS = Catalog.of({"item_id": [f"i{n}" for n in range(6)]})
CAP = 4
"""Events that a published history holds at most."""


def frame(rows):
    """Return events with their split from (user, item, moment, side), by `timestamp` where moments say so."""
    n = len(rows)
    columns = {
        "user_id": [user for user, *_ in rows],
        "event_id": list(range(n)),
        "item_id": [item for _, item, *_ in rows],
        "action": ["purchase"] * n,
        "position": [moment for _, _, moment, _ in rows],
    }
    found = pl.DataFrame({name: columns.get(name, [None] * n) for name in EVENTS}, strict=False)
    found = found.select(pl.col(name).cast(kind) for name, kind in EVENTS.items())
    return found.with_columns(pl.Series("split", [side for *_, side in rows], dtype=pl.String))


def timed(events):
    """Return the same log with seconds in place of places."""
    seconds = pl.from_epoch("position").cast(pl.Datetime("us", "UTC")).alias("timestamp")
    return events.with_columns(seconds).with_columns(position=pl.lit(None, dtype=pl.Int64))


@st.composite
def clean(draw):
    """Draw people who repeat items, some at equal times, cut into train, valid and test in their order."""
    rows = []
    for user in draw(st.sampled_from(["u", "uv", "uvw"])):
        moment, walk = 0, []
        for item in draw(st.lists(st.sampled_from(ITEMS.item_ids), min_size=2, max_size=8)):
            moment += draw(st.integers(0, 2))
            if (user, item, moment) in walk:
                moment += 1
            walk.append((user, item, moment))
        test = draw(st.integers(1, len(walk) - 1))
        valid = draw(st.integers(1, test))
        rows += [(*row, "train" if n < valid else "valid" if n < test else "test") for n, row in enumerate(walk)]
    return draw(st.permutations(rows))


def published(rows):
    """Return the questions of a log as eval.parquet holds them."""
    found = []
    for user in sorted({row[0] for row in rows}):
        order = {"train": 0, "valid": 1, "test": 2}
        walk = sorted((row for row in rows if row[0] == user), key=lambda row: (row[2], order[row[3]]))
        for n, (_, item, _, side) in enumerate(walk):
            if side != "train":
                found.append((side, user, [row[1] for row in walk[max(0, n - CAP) : n]], item))
    return pl.DataFrame(found, schema=["split", "user_id", "history_item_ids", "item_id"], orient="row")


def refusal(events, how, *, learn_valid=True, rows=None, part="test"):
    """Return what is said against a split, or None where it may run."""
    config = SplitConfig(exclude_seen=False, learn_valid=learn_valid)
    try:
        split(events, ITEMS, part=part, how=how, rows=rows, config=config)
    except DataError as error:
        return None if "asks nothing" in str(error) else str(error)
    return None


@settings(max_examples=80, deadline=None)
@given(clean(), st.booleans(), st.booleans(), st.sampled_from(["valid", "test"]))
def test_clean_splits_are_never_refused(rows, by_time, learn_valid, part):
    events, asked = frame(rows), published(rows)
    only_train = events.filter(pl.col("split") == "train")
    for log in (timed(events), timed(only_train)) if by_time else (events, only_train):
        assert refusal(log, "rows", learn_valid=learn_valid, rows=asked, part=part) is None
    log = timed(events) if by_time else events
    assert refusal(log, "given", learn_valid=learn_valid, part=part) is None
    assert refusal(log, "loo", part=part) is None
    assert refusal(timed(events), "time", part=part) is None


@settings(max_examples=80, deadline=None)
@given(clean(), st.booleans(), st.data())
def test_a_copy_of_a_held_out_row_is_always_caught(rows, by_time, data):
    held = data.draw(st.sampled_from([row for row in rows if row[3] == "test"]))
    at = data.draw(st.integers(0, len(rows)))
    planted = [*rows[:at], (*held[:3], "train"), *rows[at:]]
    events = timed(frame(planted)) if by_time else frame(planted)
    for how in ("given", "rows"):
        for part in ("valid", "test"):
            said = refusal(events, how, rows=published(rows), part=part)
            if said is None:
                assert part == "valid", "only a valid part that asks nothing says nothing"
                assert not any(row[3] == "valid" for row in rows)
                continue
            assert f"event {at} of user" in said
            assert said.count("event ") <= 1 + 2 * 3


@settings(max_examples=80, deadline=None)
@given(clean(), st.booleans(), st.data())
def test_an_event_after_the_question_of_its_user_is_always_caught(rows, by_time, data):
    held = data.draw(st.sampled_from([row for row in rows if row[3] == "test"]))
    later = held[2] + data.draw(st.integers(1, 3))
    item = data.draw(st.sampled_from(ITEMS.item_ids))
    at = data.draw(st.integers(0, len(rows)))
    planted = [*rows[:at], (held[0], item, later, "train"), *rows[at:]]
    events = timed(frame(planted)) if by_time else frame(planted)
    for how in ("given", "rows"):
        said = refusal(events, how, rows=published(rows))
        assert said is not None
        assert f"event {at} of user {held[0]!r}" in said


@settings(max_examples=60, deadline=None)
@given(clean(), st.sampled_from(["valid", "test"]))
def test_no_cut_of_ours_learns_what_comes_after_a_question(rows, part):
    """Leave-one-out and the time cut are checked from outside, by the time of the events themselves."""
    events = timed(frame(rows)).drop("split")
    for how in ("loo", "time"):
        try:
            found = split(events, ITEMS, part=part, how=how, config=SplitConfig(exclude_seen=False))
        except DataError:
            continue
        learnt = set(zip(*(found.fit[name].to_list() for name in ("user_id", "item_id", "timestamp")), strict=True))
        for user, history, target in zip(found.cases.users, found.cases.events, found.cases.target, strict=True):
            mine = events.filter(pl.col("user_id") == user)
            last = history.time_s.max()
            after = mine.filter(
                pl.col("item_id") == ITEMS.item_ids[target], pl.col("timestamp").dt.epoch("s") >= last
            ).sort("timestamp")
            assert any(
                (user, item, time) not in learnt for item, time in after.select("item_id", "timestamp").iter_rows()
            )
            assert found.fit.filter(pl.col("user_id") == user)["timestamp"].dt.epoch("s").max() <= last


def test_three_are_named_and_the_rest_counted():
    rows = [("u", f"i{n}", n, "train") for n in range(5)] + [("u", "i5", 0, "test")]
    with pytest.raises(DataError, match=r"4 events to learn from lie after the test row") as caught:
        split(frame(rows), ITEMS, part="test", how="given")
    assert "event 1 of user 'u', event 2 of user 'u', event 3 of user 'u', …" in str(caught.value)


def test_published_answers_in_train_are_refused_where_the_whole_past_is_known():
    """`u` has a short history, so all of the past: train begins with it and goes on with the answer."""
    train = [("u", "i0", 0, "train"), ("u", "i1", 1, "train"), ("u", "i2", 2, "train"), ("v", "i0", 0, "train")]
    asked = pl.DataFrame(
        {
            "split": ["test", "test"],
            "user_id": ["u", "v"],
            "history_item_ids": [["i0", "i1"], ["i0", "i1", "i2", "i3"]],
            "item_id": ["i2", "i4"],
        }
    )
    said = refusal(frame(train), "rows", rows=asked)
    assert said is not None
    assert "1 event to learn from is the answer to a test row of eval.parquet (event 2 of user 'u')" in said
    assert refusal(frame(train[:2] + train[3:]), "rows", rows=asked) is None
    other = asked.with_columns(item_id=pl.Series(["i5", "i4"]))
    assert refusal(frame(train), "rows", rows=other) is None, "a past that goes on otherwise proves nothing"


def test_without_time_and_order_nothing_is_refused():
    rows = [("u", "i0", None, "train"), ("u", "i1", None, "train"), ("u", "i1", None, "test")]
    found = split(frame(rows), ITEMS, part="test", how="given", config=SplitConfig(exclude_seen=False))
    assert "cannot be told" in found.notes[0]


@pytest.mark.shared
@pytest.mark.parametrize("part", ["valid", "test"])
@pytest.mark.parametrize("name", ["amazon-industrial-2018", "amazon-industrial-minionerec", "retailrocket-mb"])
def test_known_splits_may_run_and_a_planted_copy_may_not(shared_data, name, part):
    from intentfeed.evaluate.dataset import read_dataset

    found = read_dataset(shared_data / name)
    assert found.cut(part).cases
    planted = found.events.filter(pl.col("split") == "test").head(1)
    planted = planted.with_columns(split=pl.lit("train"), event_id=pl.lit(10**9, dtype=pl.Int64))
    with pytest.raises(DataError, match="event 1000000000 of user"):
        split(
            pl.concat([found.events, planted]),
            found.catalog,
            part=part,
            how=found.protocol.how,
            rows=found.rows,
            config=found.protocol.split,
        )
