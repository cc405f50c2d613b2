"""Splits: nothing of the answer is learnt, order is stable, and the hash names the questions."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentfeed.data.catalog import Catalog
from intentfeed.data.schema import EVENTS
from intentfeed.data.split import SplitConfig, sample, sampled, split
from intentfeed.errors import DataError

ITEMS = Catalog.of({"item_id": [f"i{n}" for n in range(12)]})
REPEATS = SplitConfig(exclude_seen=False)


def log(*rows, **more):
    """Return events from (user, item, time in seconds or None); `more` adds columns."""
    n = len(rows)
    columns = {
        "user_id": [row[0] for row in rows],
        "event_id": list(range(n)),
        "item_id": [row[1] for row in rows],
        "action": ["purchase"] * n,
        "timestamp": [None if row[2] is None else row[2] * 1_000_000 for row in rows],
        **more,
    }
    frame = pl.DataFrame({name: columns.get(name, [None] * n) for name in EVENTS}, strict=False)
    frame = frame.with_columns(pl.col("timestamp").cast(pl.Int64).cast(pl.Datetime("us", "UTC")))
    frame = frame.select(pl.col(name).cast(kind) for name, kind in EVENTS.items())
    return frame.with_columns(pl.Series("split", more["split"])) if "split" in more else frame


def asked(found):
    """Return user → (history, target) in item ids."""
    ids = ITEMS.item_ids
    return {
        user: ([ids[i] for i in history], ids[target])
        for user, history, target in zip(found.cases.users, found.cases.histories, found.cases.target, strict=True)
    }


BASIC = log(
    ("u", "i0", 1), ("u", "i1", 2), ("u", "i2", 3), ("u", "i3", 4), ("v", "i4", 1), ("v", "i5", 2), ("w", "i6", 1)
)


def test_leave_one_out():
    test, valid = split(BASIC, ITEMS, part="test"), split(BASIC, ITEMS, part="valid")
    assert asked(test) == {"u": (["i0", "i1", "i2"], "i3"), "v": (["i4"], "i5")}
    assert asked(valid) == {"u": (["i0", "i1"], "i2")}, "v has no event before its last but one"
    assert test.fit["item_id"].to_list() == ["i0", "i1", "i2", "i4", "i6"], "valid rows may be learnt for the test"
    assert valid.fit["item_id"].to_list() == ["i0", "i1", "i4", "i6"], "v's test answer stays hidden from valid too"
    assert valid.fit.schema == EVENTS


def test_equal_times_keep_the_order_of_the_file():
    rows = [("u", f"i{n}", 5) for n in (7, 2, 9, 4)]
    assert asked(split(log(*rows), ITEMS, part="test")) == {"u": (["i7", "i2", "i9"], "i4")}
    position = log(*[(u, i, None) for u, i, _ in rows], position=[3, 2, 1, 0])
    assert asked(split(position, ITEMS, part="test")) == {"u": (["i4", "i9", "i2"], "i7")}


def test_what_is_asked_is_new_to_the_user_unless_repeats_are_allowed():
    again = log(("u", "i0", 1), ("u", "i1", 2), ("u", "i1", 3), ("u", "i0", 4))
    assert asked(split(again, ITEMS, part="test")) == {"u": (["i0"], "i1")}
    assert asked(split(again, ITEMS, part="test", config=REPEATS)) == {"u": (["i0", "i1", "i1"], "i0")}
    assert split(again, ITEMS, part="test").fit.height == 1, "what follows the answer would give it away"


def test_only_some_actions_are_asked_for():
    actions = ["detail_view", "purchase", "detail_view", "click"]
    shop = log(("u", "i0", 1), ("u", "i1", 2), ("u", "i2", 3), ("u", "i3", 4), action=actions)
    assert asked(split(shop, ITEMS, part="test"))["u"] == (["i0", "i1"], "i2"), "a plain click is no evidence"
    bought = SplitConfig(targets=("purchase",))
    assert asked(split(shop, ITEMS, part="test", config=bought))["u"] == (["i0"], "i1")


def test_what_does_not_count_is_known_but_not_learnt():
    """A search and a click before the answer may be known; the click on the answer itself may not."""
    shop = log(
        ("u", "i0", 1), ("u", None, 2), ("u", "i5", 3), ("u", "i2", 4), ("u", None, 5), ("u", "i2", 6), ("u", "i4", 7),
        action=["purchase", "search", "impression", "click", "search", "purchase", "click"],
    )  # fmt: skip
    found = split(shop, ITEMS, part="test")
    assert asked(found) == {"u": (["i0"], "i2")}
    assert found.fit["event_id"].to_list() == [0]
    assert found.known["event_id"].to_list() == [0, 1, 2], "up to the click that led to the purchase"


def test_a_given_column_is_obeyed():
    given_ = log(
        ("u", "i0", 1), ("u", "i1", 2), ("u", "i2", 3), ("v", "i3", 1), ("v", "i4", 2),
        split=["train", "valid", "test", "train", "test"],
    )  # fmt: skip
    assert asked(split(given_, ITEMS, part="test", how="given")) == {"u": (["i0", "i1"], "i2"), "v": (["i3"], "i4")}
    assert split(given_, ITEMS, part="test", how="given").fit.height == 3
    strict = SplitConfig(learn_valid=False)
    assert split(given_, ITEMS, part="test", how="given", config=strict).fit.height == 2
    assert asked(split(given_, ITEMS, part="valid", how="given")) == {"u": (["i0"], "i1")}


def test_without_valid_rows_the_last_of_the_tested_action_is_held_out_with_every_trace():
    shop = log(
        ("u", "i0", 1), ("u", "i1", 2), ("u", "i2", 3), ("u", "i1", 4), ("u", "i3", 5), ("u", "i4", None),
        action=["detail_view", "detail_view", "detail_view", "purchase", "detail_view", "purchase"],
        split=["train"] * 5 + ["test"],
    )  # fmt: skip
    found = split(shop, ITEMS, part="valid", how="given")
    assert asked(found) == {"u": (["i0"], "i1")}, "its view came before i2, so i2 and i3 are not known yet"
    assert found.fit["item_id"].to_list() == ["i0"]
    assert asked(split(shop, ITEMS, part="test", how="given"))["u"][1] == "i4", "an undated test row is the last"


def test_a_side_of_another_name_is_refused_and_one_without_a_name_stands_aside():
    rows = [("u", f"i{n}", n) for n in range(4)]
    sides = ["train", "train", "validation", "test"]
    with pytest.raises(DataError, match=r"says 'validation' \(1 row of another name than train, valid, test\): rename"):
        split(log(*rows, split=sides), ITEMS, part="test", how="given")
    found = split(log(*rows, split=["train", "train", None, "test"]), ITEMS, part="test", how="given")
    assert asked(found) == {"u": (["i0", "i1", "i2"], "i3")}
    assert found.fit["item_id"].to_list() == ["i0", "i1"]


def test_questions_that_nobody_may_answer_are_counted():
    """A column may ask for what was seen, and the rules keep everybody from listing it: a miss for all, so say so."""
    rows = [("u", "i0", 1), ("u", "i1", 2), ("u", "i0", 3), ("v", "i2", 1), ("v", "i3", 2)]
    again = log(*rows, split=["train", "train", "test", "train", "test"])
    said = "1 of 2 questions ask for an item seen before, which nobody may list here"
    assert split(again, ITEMS, part="test", how="given").notes == (said,)
    assert split(again, ITEMS, part="test", how="given", config=REPEATS).notes == ()
    assert split(again, ITEMS, part="test", how="loo").notes == ()


def test_a_leaking_column_is_refused():
    leaking = log(("u", "i0", 1), ("u", "i1", 2), ("u", "i2", 3), split=["train", "test", "train"])
    with pytest.raises(DataError, match=r"1 event to learn from lies after.*event 2 of user 'u'"):
        split(leaking, ITEMS, part="test", how="given")


def test_published_rows_are_asked_as_they_are():
    events = log(("u", "i0", 1), ("u", "i1", 2), ("u", "i2", 3), split=["train", "valid", "test"])
    rows = pl.DataFrame(
        {
            "split": ["valid", "test", "test"],
            "user_id": ["u", "u", "x"],
            "history_item_ids": [["i0"], ["i0", "i1", "gone"], []],
            "item_id": ["i1", "i2", "i5"],
        }
    )
    found = split(events, ITEMS, part="test", how="rows", rows=rows, config=SplitConfig(learn_valid=False))
    assert asked(found) == {"u": (["i0", "i1"], "i2"), "x": ([], "i5")}
    assert found.fit["item_id"].to_list() == ["i0"]
    with pytest.raises(DataError, match=r"eval\.parquet"):
        split(events, ITEMS, part="test", how="rows")


def test_a_time_cut_is_the_same_moment_for_everybody():
    rows = [("u", f"i{n}", n) for n in range(10)] + [("v", "i0", 0), ("v", "i1", 9), ("w", "i2", 9)]
    found = split(log(*rows), ITEMS, part="test", how="time", config=SplitConfig(test_from=0.7))
    cut = 8
    assert found.fit["timestamp"].dt.epoch("s").max() < cut
    assert asked(found) == {"u": ([f"i{n}" for n in range(8)], "i8"), "v": (["i0"], "i1")}, "w has no past"
    valid = split(log(*rows), ITEMS, part="valid", how="time", config=SplitConfig(valid_from=0.5, test_from=0.7))
    assert asked(valid)["u"] == ([f"i{n}" for n in range(5)], "i5")
    with pytest.raises(DataError, match="timestamp"):
        split(log(("u", "i0", None), ("u", "i1", None)), ITEMS, part="test", how="time")


def test_a_log_without_order_is_drawn_by_lot_whatever_the_order_of_its_rows():
    rows = [(f"u{n}", f"i{m}", None) for n in range(30) for m in range(6)]
    found = split(log(*rows), ITEMS, part="test")
    turned = split(log(*rows[::-1]), ITEMS, part="test")
    assert not found.ordered
    assert asked(found) == asked(turned)
    assert len({target for _, target in asked(found).values()}) > 3, "not simply the last by id"


def test_the_hash_names_the_questions_and_nothing_else():
    first = split(BASIC, ITEMS, part="test")
    shuffled = split(BASIC.sample(fraction=1, shuffle=True, seed=3), ITEMS, part="test")
    backward = Catalog.of({"item_id": ITEMS.item_ids[::-1]})
    assert first.split_hash == shuffled.split_hash == split(BASIC, backward, part="test").split_hash
    other = BASIC.with_columns(
        pl.when(pl.col("item_id") == "i3").then(pl.lit("i8")).otherwise("item_id").alias("item_id")
    )
    assert split(other, ITEMS, part="test").split_hash != first.split_hash
    swapped = log(
        ("u", "i1", 1), ("u", "i0", 2), ("u", "i2", 3), ("u", "i3", 4), ("v", "i4", 1), ("v", "i5", 2), ("w", "i6", 1)
    )
    assert split(swapped, ITEMS, part="test").split_hash != first.split_hash, "the order of a history is content"
    more = pl.concat([BASIC, log(("x", "i9", 1)).with_columns(event_id=pl.lit(99, dtype=pl.Int64))])
    assert split(more, ITEMS, part="test").split_hash == first.split_hash
    assert split(more, ITEMS, part="test").fit_hash != first.fit_hash


def test_a_row_logged_twice_is_one_event():
    """Where repeats may be asked for, the copy of the answer's row would give it away."""
    twice = log(("u", "i0", 1), ("u", "i1", 2), ("u", "i2", 3), ("u", "i2", 3))
    found = split(twice, ITEMS, part="test", config=REPEATS)
    assert asked(found) == {"u": (["i0", "i1"], "i2")}
    assert found.fit["event_id"].to_list() == [0, 1]


def test_where_times_are_equal_the_column_decides():
    """A held-out row comes last of its second, wherever it stands in the file: nothing proves that train is later."""
    tied = log(("u", "i0", 1), ("u", "i1", 2), ("u", "i2", 2), split=["train", "test", "train"])
    assert asked(split(tied, ITEMS, part="test", how="given")) == {"u": (["i0", "i2"], "i1")}


def test_a_given_column_in_a_log_without_order_is_obeyed_and_noted():
    rows = [("u", f"i{n}", None) for n in range(6)]
    found = split(log(*rows, split=["train", "test", *["train"] * 4]), ITEMS, part="test", how="given")
    [(history, target)] = asked(found).values()
    assert (sorted(history), target) == (["i0", "i2", "i3", "i4", "i5"], "i1"), "what is learnt is all history"
    assert "cannot be told" in found.notes[0]
    assert not split(BASIC, ITEMS, part="test").notes


def test_nothing_to_ask_is_said():
    with pytest.raises(DataError, match="asks nothing"):
        split(log(("u", "i0", 1), ("v", "i1", 1)), ITEMS, part="test")


def test_a_sample_keeps_order_and_content():
    found = split(BASIC, ITEMS, part="test").cases
    assert sample(found, 5) is found
    assert len(sample(found, 1)) == 1
    assert sample(found, 1).users[0] in found.users


def test_fewer_questions_are_other_questions():
    whole = split(BASIC, ITEMS, part="test")
    one = sampled(whole, 1, ITEMS)
    assert one.split_hash != whole.split_hash
    assert one.fit_hash == whole.fit_hash
    assert one.notes == ("only 1 of 2 questions, drawn by lot",)
    assert sampled(whole, 2, ITEMS) is whole


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("uvw"), st.sampled_from(ITEMS.item_ids), st.integers(0, 5)), min_size=4, max_size=40
    ),
    st.booleans(),
)
def test_no_answer_is_ever_learnt(rows, exclude_seen):
    config = SplitConfig(exclude_seen=exclude_seen)
    for part in ("valid", "test"):
        try:
            found = split(log(*rows), ITEMS, part=part, config=config)
        except DataError:
            continue
        histories = {
            user: found.fit.filter(pl.col("user_id") == user)["item_id"].to_list() for user in found.cases.users
        }
        for user, (history, target) in asked(found).items():
            assert history == histories[user], "the history is exactly what is learnt of its user"
            assert history
            assert not exclude_seen or target not in history
        assert np.unique(found.cases.users).size == len(found.cases)
