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


def test_what_was_not_liked_was_met_and_stands_where_it_was() -> None:
    taste = taste_of(
        history([1, 2, 3, 4], actions=["rate", "rate", "rate", "impression"], values=[5.0, 1.0, 4.0, np.nan])
    )
    assert taste.items == (1, 3)
    assert taste.met == (1, 2, 3)
    assert taste.met_weights == (1.0, 1.0, 1.0)


def test_what_was_met_has_weights_of_its_own() -> None:
    """The strongest action stands, of a dislike too; what was liked is weighed among its like."""
    told = history([1, 2, 2, 3], actions=["click", "purchase", "rate", "rate"], values=[np.nan, np.nan, 1.0, 5.0])
    taste = taste_of(told)
    assert taste.items == (1, 2, 3), "what was bought was taken up, whatever was said of it later"
    assert taste.met == (1, 2, 3)
    assert np.isclose(taste.weights, taste.met_weights).all()
    worse = taste_of(history([1, 2, 3], actions=["click", "review", "review"], values=[np.nan, 1.0, 5.0]))
    assert worse.items == (1, 3)
    assert np.isclose(worse.weights, [0.5, 1.0]).all()
    assert np.isclose(worse.met_weights, [0.5, 1.0, 1.0]).all()


def test_where_all_was_liked_the_same_was_met() -> None:
    taste = taste_of(history([4, 8, 4, 15], actions=["cart", "purchase", "click", "favorite"]))
    assert (taste.met, taste.met_weights) == (taste.items, taste.weights)
    assert taste_of_rows([4, 8, 4]).met == (8, 4)


def test_interests_leave_no_more_room_for_what_was_met() -> None:
    told = history([1, 2], actions=["rate", "rate"], values=[1.0, 5.0])
    many = [replace(interest(f"k{n}", f"k{n}"), event_ids=()) for n in range(5)]
    many[0] = replace(many[0], event_ids=(int(told.event_id[1]),))
    taste = taste_of(told, many)
    assert taste.met == taste.items == (2,)
    assert taste.seen == {1, 2}


def test_all_that_it_was_read_from_stays_with_it_and_makes_no_difference() -> None:
    told = history([4, 8], actions=["cart", "cart"])
    assert taste_of(told).history is told
    assert taste_of_rows([4, 8, -1]).history.item.tolist() == [4, 8]
    assert taste_of(told) == taste_of(history([4, 8], actions=["purchase"] * 2))
