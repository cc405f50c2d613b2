"""Events as numbers: order, repeats, cores and splits, against the slow way."""

from collections import Counter

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from intentfeed.data.prepare.events import (
    TEST,
    VALID,
    Events,
    Gathering,
    first_of_each_pair,
    in_order,
    k_core,
    last_out,
    natural_order,
)
from intentfeed.data.prepare.lines import EVENT

COLUMNS = ("user_id", "item_id", "behavior", "value", "timestamp", "tag", "position", "split")
ROWS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from("wxyz"), st.integers(10**9, 10**9 + 5)), min_size=1, max_size=40
)


def gathered(rows: list[tuple[str, str, int]]) -> Events:
    gathering = Gathering(("rate",))
    for lo in range(0, len(rows), 7):
        block = [(user, item, float(lo), time) for user, item, time in rows[lo : lo + 7]]
        gathering.add(pl.DataFrame(block, schema=EVENT, orient="row"))
    return gathering.done()


def plain(events: Events) -> list[tuple[str, str, int]]:
    columns = events.user.tolist(), events.item.tolist(), events.time.tolist()
    return [(events.users[user], events.items[item], time) for user, item, time in zip(*columns, strict=True)]


@settings(deadline=None, max_examples=60)
@given(ROWS)
def test_order_is_stable(rows):
    assert plain(gathered(rows)) == rows
    assert plain(in_order(gathered(rows))) == sorted(rows, key=lambda row: (row[0], row[2]))


@settings(deadline=None, max_examples=60)
@given(ROWS)
def test_the_first_of_each_pair(rows):
    kept, seen = [], set()
    for row in sorted(rows, key=lambda row: (row[0], row[2])):
        if row[:2] not in seen:
            seen.add(row[:2])
            kept.append(row)
    assert plain(first_of_each_pair(in_order(gathered(rows)))) == kept


@settings(deadline=None, max_examples=60)
@given(ROWS, st.integers(0, 4))
def test_a_core_is_the_largest_that_holds(rows, k):
    kept = list(rows)
    while True:
        users, items = Counter(row[0] for row in kept), Counter(row[1] for row in kept)
        fewer = [row for row in kept if users[row[0]] >= k and items[row[1]] >= k]
        if len(fewer) == len(kept):
            break
        kept = fewer
    events = k_core(gathered(rows), k)
    assert plain(events) == kept
    assert set(events.users) == {row[0] for row in kept}
    assert set(events.items) == {row[1] for row in kept}


@settings(deadline=None, max_examples=60)
@given(ROWS)
def test_the_last_two_are_held_out(rows):
    events = last_out(in_order(gathered(rows)))
    n_of = Counter(row[0] for row in rows)
    for part, least in ((TEST, 3), (VALID, 3)):
        assert Counter(events.users[user] for user in events.user[events.split == part].tolist()) == {
            user: 1 for user, n in n_of.items() if n >= least
        }
    ends = np.r_[events.user[1:] != events.user[:-1], True]
    assert ((events.split == TEST) <= ends).all()


def test_ids_in_their_natural_order():
    def order(*ids: str) -> list[str]:
        return [ids[place] for place in natural_order(ids).tolist()]

    assert order("10", "9", "0", "100") == ["0", "9", "10", "100"]
    assert order("10", "9", "x") == ["10", "9", "x"]
    assert order("10", "09") == ["09", "10"], "a leading zero makes it a text"
    assert order() == []


def test_rows_as_they_are_written(monkeypatch):
    monkeypatch.setattr("intentfeed.data.prepare.events.BATCH_ROWS", 2)
    gathering = Gathering(("rate", "tag"))
    rows = [("u", "a", 4.5, 10**9 + 1), ("u", "b", None, 10**9 * 1000), ("u", "c", 1.0, None)]
    gathering.add(pl.DataFrame(rows, schema=EVENT, orient="row"))
    gathering.add(pl.DataFrame([("u", "a", None, 10**9)], schema=EVENT, orient="row"), behavior=1, texts=["word"])
    batches = list(in_order(gathering.done()).batches(COLUMNS))
    assert [batch.height for batch in batches] == [2, 2]
    assert pl.concat(batches).rows() == [
        ("u", "c", "rate", 1.0, None, None, 0, "train"),
        ("u", "a", "tag", None, 10**9, "word", 1, "train"),
        ("u", "a", "rate", 4.5, 10**9 + 1, None, 2, "train"),
        ("u", "b", "rate", None, 10**9, None, 3, "train"),
    ]
