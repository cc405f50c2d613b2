"""What counts of a history: the last place, the strongest action, never what was disliked."""

from dataclasses import replace

import numpy as np

from intentfeed.feed.taste import LONGEST, taste_of, taste_of_rows

from .worlds import history, interest


def test_each_item_stands_where_it_was_last() -> None:
    assert taste_of_rows([3, 1, 3, 2]).items == (1, 3, 2)


def test_the_strongest_action_gives_the_weight_and_the_most_is_one() -> None:
    taste = taste_of(history([3, 1, 3], actions=["purchase", "detail_view", "click"]))
    assert taste.items == (1, 3)
    assert np.isclose(taste.weights, [1 / 3, 1.0]).all()


def test_ratings_below_the_own_mean_and_impressions_are_left_out() -> None:
    taste = taste_of(
        history([1, 2, 3, 4], actions=["rate", "rate", "rate", "impression"], values=[5.0, 1.0, 4.0, np.nan])
    )
    assert taste.items == (1, 3)
    assert taste.seen == {1, 2, 3}


def test_only_the_value_of_a_rating_or_a_review_judges() -> None:
    for action, kept in (("purchase", (1, 2, 3)), ("review", (1, 3)), ("rate", (1, 3))):
        assert taste_of(history([1, 2, 3], actions=[action] * 3, values=[5.0, 1.0, 4.0])).items == kept


def test_searches_and_unknown_rows_are_no_items() -> None:
    assert taste_of(history([-1, 5], actions=["search", "click"])).seen == {5}
    assert taste_of_rows([-1]).items == ()


def test_one_kind_of_action_equals_bare_rows() -> None:
    rows = [4, 8, 4, 15]
    assert taste_of(history(rows, actions=["cart"] * 4)) == taste_of_rows(rows)


def test_only_the_newest_count_but_all_are_seen() -> None:
    taste = taste_of_rows(range(LONGEST + 10))
    assert taste.items[0] == 10
    assert len(taste.seen) == LONGEST + 10


def test_known_interests_leave_little_room_for_anything_else() -> None:
    told = history([1, 2, 3, 4], actions=["purchase"] * 4)
    one = replace(interest("k", "k"), event_ids=(int(told.event_id[0]),))
    assert taste_of(told, [one]).weights == (1.0, 0.25, 0.25, 0.25)
    many = [one, *(replace(interest(f"k{n}", f"k{n}"), event_ids=()) for n in range(4))]
    assert taste_of(told, many).items == (1,), "with five interests, what shows none of them does not count"
    assert taste_of(told, many).seen == {1, 2, 3, 4}
