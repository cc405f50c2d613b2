"""Items hidden to be found again: the last one taken up, with every trace of it and all that came later."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from intentfeed.retrieval.hidden import Hidden, hide_items, hide_last
from intentfeed.types import ACTION_CODE, NO_TIME, Action, Interactions
from tests.feed.worlds import interactions, log

Told = Sequence[tuple[int, Action]]


def acted(*people: Told) -> Interactions:
    """Return people's (item, action), oldest first."""
    rows = [(user, item, ACTION_CODE[action]) for user, told in enumerate(people) for item, action in told]
    user, item, action = (np.array(column) for column in zip(*rows, strict=True))
    return Interactions(
        user=user.astype(np.int32),
        item=item.astype(np.int32),
        action=action.astype(np.int8),
        time_s=1_000 * np.arange(len(rows)),
        value=np.arange(len(rows)) / 7,
        n_users=len(people),
        n_items=20,
    )


def viewed(*items: int) -> list[tuple[int, Action]]:
    return [(item, "detail_view") for item in items]


def random_log(seed: int) -> Interactions:
    rng = np.random.default_rng(seed)
    kinds: tuple[Action, ...] = ("impression", "click", "detail_view", "purchase")
    return acted(
        *(
            [(int(rng.integers(8)), kinds[int(rng.integers(4))]) for _ in range(int(rng.integers(1, 9)))]
            for _ in range(25)
        )
    )


def of_user(of: Interactions, user: int) -> list[int]:
    found: list[int] = of.item[of.user == user].tolist()
    return found


def check(whole: Interactions, hidden: Hidden, *, repeats: bool) -> None:
    """What must hold of any log."""
    assert hidden.users == sorted(set(hidden.users))
    assert len(hidden.users) == len(hidden.targets) == len(hidden.histories)
    assert (np.diff(hidden.log.user) >= 0).all()
    assert (hidden.log.n_users, hidden.log.n_items) == (whole.n_users, whole.n_items)
    for user, target, history in zip(hidden.users, hidden.targets, hidden.histories, strict=True):
        mine, n = of_user(whole, user), len(history)
        assert history.item.tolist() == mine[:n], "the beginning of what they did"
        assert mine[n] == target, "and the target is what came next"
        assert n > 0
        assert of_user(hidden.log, user) == history.item.tolist(), "what came later would tell what did not come next"
        if not repeats:
            assert target not in history.item, "no trace is left"
    for user in set(range(whole.n_users)) - set(hidden.users):
        assert of_user(hidden.log, user) == of_user(whole, user), "who is not asked keeps everything"


@pytest.mark.parametrize("repeats", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_any_log_keeps_the_rules(seed: int, repeats: bool) -> None:
    whole = random_log(seed)
    before = whole.item.copy()
    for n_users in (0, 3, 100):
        hidden = hide_last(whole, n_users, repeats=repeats)
        assert len(hidden.users) <= n_users
        check(whole, hidden, repeats=repeats)
    assert len(hide_last(whole, 100, repeats=repeats).users) > 8
    assert np.array_equal(whole.item, before)


def test_the_history_keeps_actions_times_and_ratings() -> None:
    whole = acted([(1, "purchase"), (2, "click"), (3, "purchase")])
    (history,) = hide_last(whole, 1).histories
    assert history.action.tolist() == [ACTION_CODE["purchase"], ACTION_CODE["click"]]
    assert history.time_s.tolist() == [0, 1_000]
    assert history.value.tolist() == [0, 1 / 7]


def test_it_ends_before_the_first_trace_of_the_target() -> None:
    """Somebody looks at 4, then at 5, and buys 4: to know of the look is to know the purchase."""
    whole = acted([*viewed(1, 4, 5), (4, "purchase")], viewed(2, 3))
    hidden = hide_last(whole, 10)
    assert hidden.targets == [4, 3]
    assert [history.item.tolist() for history in hidden.histories] == [[1], [2]]
    assert hidden.log.item.tolist() == [1, 2]


def test_who_met_nothing_before_the_target_is_never_asked() -> None:
    whole = acted(viewed(4, 1, 4), viewed(7), [(2, "impression"), (3, "detail_view")], viewed(1, 2))
    hidden = hide_last(whole, 10)
    assert hidden.users == [3]
    check(whole, hidden, repeats=False)


def test_what_was_done_with_it_does_not_matter() -> None:
    assert hide_last(acted([*viewed(1), (3, "purchase"), *viewed(4)], [*viewed(1), (3, "purchase")]), 10).targets == [
        4,
        3,
    ]


def test_what_says_nothing_is_never_a_target() -> None:
    seen: Told = [*viewed(1, 2), (3, "impression"), (4, "search")]
    assert hide_last(acted(seen, seen), 10).targets == [2, 2]
    assert hide_last(acted([(1, "impression"), (2, "impression")]), 10).targets == []


def test_where_things_may_come_again_the_last_event_is_asked_for() -> None:
    hidden = hide_last(acted(viewed(1, 2, 1), viewed(3, 3)), 10, repeats=True)
    assert hidden.targets == [1, 3]
    assert [history.item.tolist() for history in hidden.histories] == [[1, 2], [3]]
    assert hidden.log.item.tolist() == [1, 2, 3]


def test_people_are_spread_evenly_and_always_the_same() -> None:
    hidden, again = hide_last(log(100), 10), hide_last(log(100), 10)
    assert hidden.users == again.users == list(range(0, 100, 11))
    assert hidden.targets == again.targets
    assert np.array_equal(hidden.log.item, again.log.item)


def test_nothing_to_hide() -> None:
    empty = interactions([], [], n_users=0)
    for found in (hide_last(empty, 5), hide_last(log(3), 0), hide_last(interactions([0], [1], n_users=1), 5)):
        assert (found.targets, found.users, found.histories) == ([], [], [])
    assert len(hide_last(log(3), 0).log) == len(log(3))


def test_a_log_without_times_stays_one() -> None:
    (history,) = hide_last(log(1), 1).histories
    assert (history.time_s == NO_TIME).all()


def test_some_items_are_hidden_altogether_and_stay_in_the_histories() -> None:
    hidden = hide_last(log(), 50)
    found, again = hide_items(hidden, 0.25), hide_items(hidden, 0.25)
    gone = set(range(hidden.log.n_items)) - set(found.log.item.tolist())
    assert len(gone) == hidden.log.n_items // 4
    assert found.log.item.tolist() == [item for item in hidden.log.item.tolist() if item not in gone]
    assert found.histories is hidden.histories
    assert set(hidden.targets) & gone, "new ones are asked for"
    assert gone & {int(item) for history in found.histories for item in history.item}, "and met"
    assert np.array_equal(again.log.item, found.log.item)


def test_no_item_is_hidden_for_nobody_or_for_no_share() -> None:
    assert len(hide_items(hide_last(log(), 50), 0.0).log) == len(hide_last(log(), 50).log)
    assert len(hide_items(hide_last(log(), 0), 0.5).log) == len(log())
