"""What is read of a person: each behaviour's newest items before a moment, as a slow twin reads them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from intentfeed.retrieval.paper_events import Events, behaviours_in, name_key, readable
from intentfeed.types import ACTION_CODE, ACTIONS, NO_TIME, Action, History, Interactions

BEHAVIOURS: tuple[Action, ...] = ("click", "purchase")
LOG = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9), st.sampled_from(("click", "purchase", "cart"))))


@given(events=LOG, most=st.integers(1, 4), asked=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 12)), max_size=5))
def test_sequences_before_a_moment(events: list[tuple[int, int, str]], most: int, asked: list[tuple[int, int]]) -> None:
    events.sort(key=lambda event: event[0])
    user, item, action = (
        (np.array(column) for column in zip(*events, strict=True)) if events else [np.zeros(0, int)] * 3
    )
    codes = np.array([ACTION_CODE[name] for name in action.tolist()], dtype=np.int8)
    sequences = Events.of(user, item, codes, n_users=4, behaviours=BEHAVIOURS)
    whom, when = np.array(asked, dtype=np.int64).reshape(-1, 2).T

    def slow(person: int, end: int) -> list[list[int]]:
        found: list[list[int]] = [[], []]
        for place, (u, i, name) in enumerate(events):
            if u == person and place < end:
                found[int(name == "purchase")].append(i)  # a cart, being rare, joins the first
        return [row[-most:] for row in found]

    items, owner = sequences.before(whom, when, most)
    found = [items[owner == slot].tolist() for slot in range(2 * len(asked))]
    assert found == [row for person, end in asked for row in slow(person, end)]
    items, owner = sequences.before(np.arange(4), None, most)
    assert [items[owner == slot].tolist() for slot in range(8)] == [row for u in range(4) for row in slow(u, 10**6)]


def test_common_behaviours_get_a_sequence() -> None:
    names = ["click"] * 150 + ["purchase"] * 48 + ["cart"] + ["impression"] * 500
    n = len(names)
    log = Interactions(
        user=np.zeros(n, np.int32), item=np.zeros(n, np.int32),
        action=np.array([ACTION_CODE[name] for name in names], dtype=np.int8),
        time_s=np.full(n, NO_TIME), value=np.full(n, np.nan), n_users=1, n_items=1,
    )  # fmt: skip
    assert behaviours_in(log, 4) == ("click", "purchase")  # one cart in 199 is too rare, showing is not doing
    assert behaviours_in(log, 1) == ("click",)


def test_what_counts_of_a_history() -> None:
    history = History.of_items([2, -1, 9, 3, 4], action="rate")
    history.value[:] = [5, 5, 5, 1, 4]
    assert readable(history, 9).tolist() == [True, False, False, False, True]  # unknown, beyond, below the own mean
    assert not readable(History.of_items([1], action="impression"), 9).any()


def test_a_name_is_a_number_that_stays() -> None:
    assert name_key("user 7") == name_key("user 7") != name_key("user 8")
    assert 0 <= name_key("") < 2**64
    assert len(ACTIONS) == len(ACTION_CODE)
