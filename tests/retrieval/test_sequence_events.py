"""What the sequence towers read: the same in training and serving, distinct items, actions, dislikes, gaps."""

from __future__ import annotations

from collections.abc import Sequence as Some

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentfeed.retrieval.evidence import DEFAULT_WEIGHTS
from intentfeed.retrieval.sequence_events import N_GAPS, N_KINDS, Sequence, read_history, read_log
from intentfeed.types import ACTION_CODE, ACTIONS, NO_TIME, Action, History, Interactions

Event = tuple[int, Action, int, float]
"""Item, action, time, value."""
MINUTE = 60
N_ITEMS = 9
NAN = float("nan")


def history(events: Some[Event]) -> History:
    found = History.of_items([item for item, *_ in events])
    found.action[:] = [ACTION_CODE[action] for _, action, *_ in events]
    found.time_s[:] = [time for *_, time, _ in events]
    found.value[:] = [value for *_, value in events]
    return found


def log(people: Some[Some[Event]]) -> Interactions:
    told = [history(events) for events in people]
    columns = {
        name: np.concatenate([getattr(one, name) for one in told]) for name in ("item", "action", "time_s", "value")
    }
    user = np.repeat(np.arange(len(told)), [len(one) for one in told]).astype(np.int32)
    return Interactions(user=user, **columns, n_users=len(told), n_items=N_ITEMS)


def read(*events: Event, longest: int = 100) -> Sequence:
    return read_history(history(events), N_ITEMS, longest=longest)


def viewed(*items: int) -> list[Event]:
    return [(item, "detail_view", NO_TIME, NAN) for item in items]


def twin(events: Some[Event]) -> list[tuple[int, int, int]]:
    """Return (item, kind, gap) of a person, by plain loops."""
    rated = [value for _, action, _, value in events if action in ("rate", "review") and value == value]
    mean = sum(rated) / max(len(rated), 1)
    place: dict[int, tuple[int, bool, int]] = {}
    strongest: dict[int, Action] = {}
    for at, (item, action, time, value) in enumerate(events):
        if not 0 <= item < N_ITEMS or DEFAULT_WEIGHTS[action] == 0:
            continue
        disliked = action in ("rate", "review") and value == value and value < mean - 1e-9
        place[item] = (at, disliked, time)
        if item not in strongest or DEFAULT_WEIGHTS[action] >= DEFAULT_WEIGHTS[strongest[item]]:
            strongest[item] = action
    found, before = [], NO_TIME
    for item, (_, disliked, time) in sorted(place.items(), key=lambda pair: pair[1][0]):
        gap = 0
        if found and time != NO_TIME != before:
            gap = min(int(1 + np.log2(1 + max(time - before, 0) / MINUTE)), N_GAPS - 1)
        found.append((item, ACTION_CODE[strongest[item]] + disliked * len(ACTIONS), gap))
        before = time
    return found


def rows(of: Sequence) -> list[tuple[int, int, int]]:
    return list(zip(of.item.tolist(), of.kind.tolist(), of.gap.tolist(), strict=True))


events = st.lists(
    st.tuples(
        st.integers(-1, N_ITEMS + 1),
        st.sampled_from(ACTIONS),
        st.sampled_from([NO_TIME, 0, 30, 4_000, 90_000, 10**8]),
        st.sampled_from([NAN, 1.0, 3.0, 5.0]),
    ),
    max_size=14,
)


@given(st.lists(events, min_size=1, max_size=4))
def test_training_and_serving_read_alike_and_as_plain_loops_do(people: list[list[Event]]) -> None:
    known = [[event for event in one if 0 <= event[0] < N_ITEMS] for one in people]
    together = read_log(log(known))
    assert len(together) == len(people)
    for theirs, all_of_them, mine in zip(known, people, together, strict=True):
        alone = read(*theirs)
        assert rows(mine) == rows(alone) == twin(theirs)
        assert rows(read(*all_of_them)) == twin(all_of_them), "unknown items are passed over"
        assert all(part.dtype == np.int64 for part in (mine.item, mine.kind, mine.gap))
        assert ((mine.kind >= 0) & (mine.kind < N_KINDS) & (mine.gap >= 0) & (mine.gap < N_GAPS)).all()


def test_each_item_is_read_once_where_it_was_last() -> None:
    assert read(*viewed(3, 1, 3, 2)).item.tolist() == [1, 3, 2]


def test_the_strongest_action_stays_with_an_item_wherever_it_was() -> None:
    found = read((3, "purchase", 0, NAN), (3, "click", 60, NAN), (2, "click", 60, NAN))
    assert found.kind.tolist() == [ACTION_CODE["purchase"], ACTION_CODE["click"]]


def test_of_equally_strong_actions_the_last_is_read() -> None:
    found = read((3, "cart", 0, NAN), (3, "favorite", 60, NAN), (3, "click", 70, NAN))
    assert found.kind.tolist() == [ACTION_CODE["favorite"]]


def test_what_was_not_liked_is_a_kind_of_its_own() -> None:
    found = read((1, "rate", 0, 5.0), (2, "rate", 1, 1.0), (3, "purchase", 2, 1.0))
    rate = ACTION_CODE["rate"]
    assert found.kind.tolist() == [rate, rate + len(ACTIONS), ACTION_CODE["purchase"]]


def test_somebodys_mean_is_their_own() -> None:
    harsh, kind = [(1, "rate", 0, 1.0), (2, "rate", 1, 2.0)], [(1, "rate", 0, 4.0), (2, "rate", 1, 5.0)]
    assert [(of.kind >= len(ACTIONS)).tolist() for of in read_log(log([harsh, kind]))] == [[True, False]] * 2


def test_gaps_are_powers_of_two_of_a_minute() -> None:
    times = np.cumsum([0, 0, 60, 3 * 60, 86_400, 30 * 86_400]).tolist()
    found = read(*((item, "click", time, NAN) for item, time in enumerate(times)))
    assert found.gap.tolist() == [0, 1, 2, 3, 11, N_GAPS - 1]


def test_a_time_that_is_unknown_on_either_side_is_no_gap() -> None:
    found = read((0, "click", 60, NAN), (1, "click", NO_TIME, NAN), (2, "click", 60, NAN), (3, "click", 60, NAN))
    assert found.gap.tolist() == [0, 0, 0, 1]


def test_gaps_lie_between_the_events_that_are_read() -> None:
    """The first look at item 0 is not where it stands: the gap before item 1 is unknown, that after it a day."""
    found = read((0, "click", 0, NAN), (1, "click", 60, NAN), (0, "click", 60 + 86_400, NAN))
    assert found.item.tolist() == [1, 0]
    assert found.gap.tolist() == [0, 11]


@pytest.mark.parametrize("action", ["impression", "search"])
def test_what_says_nothing_is_not_read(action: Action) -> None:
    assert read((4, action, 0, NAN), *viewed(5)).item.tolist() == [5]
    assert len(read((4, action, 0, NAN))) == 0


def test_only_the_newest_are_read_and_keep_their_gaps() -> None:
    told = [(item, "click", item * MINUTE, NAN) for item in range(6)]
    found = read(*told, longest=2)
    assert rows(found) == rows(read(*told))[-2:]


def test_nobody_and_somebody_without_events_are_read_as_nothing() -> None:
    assert len(read()) == 0
    assert [len(of) for of in read_log(log([[], viewed(1), []]))] == [0, 1, 0]


def test_a_history_is_left_as_it_was() -> None:
    told = history([(3, "rate", 5, 1.0), (3, "purchase", 6, 5.0)])
    before = [getattr(told, name).copy() for name in ("item", "action", "time_s", "value")]
    read_history(told, N_ITEMS, longest=1)
    after = [getattr(told, name) for name in ("item", "action", "time_s", "value")]
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip(before, after, strict=True))
