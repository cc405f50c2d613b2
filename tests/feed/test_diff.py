"""What a person is told of a change: which words did it, and what about the item made them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from intentfeed.feed.interactive import InteractiveFeed
from intentfeed.feed.model import fit_all
from intentfeed.feed.parts import FeedParts

from .told import TODAY, feed_of, session
from .worlds import log, shop


@pytest.fixture(scope="module")
def feed() -> InteractiveFeed:
    space, neighbours, model = fit_all(shop(), log())
    return feed_of(FeedParts.build(catalog=shop(), space=space, neighbours=neighbours, model=model))


def test_what_left_names_the_words_and_what_it_was(feed: InteractiveFeed) -> None:
    change = session(feed, "under 30", past=[30, 31, 32]).last.diff
    assert {one.caused_by for one in change.left} == {("c1",)}
    for one in change.left:
        assert one.words == f"“under 30”: price {one.item_id[1:]}"
        assert one.rank is None
        assert one.was is not None
    assert change.words.endswith("mostly because of “under 30”.")


def test_what_came_names_the_new_words_that_it_meets(feed: InteractiveFeed) -> None:
    change = session(feed, "under 30", "kettles").last.diff
    assert {(one.caused_by, one.words) for one in change.came} == {(("c2",), "meets “kettles”")}
    assert change.words == "5 left, 5 came, 0 stayed, mostly because of “kettles”."


def test_what_moved_says_from_where_and_why(feed: InteractiveFeed) -> None:
    before = session(feed, "kettles", k=69)
    change = feed.command(before, "something blue", today=TODAY).last.diff
    assert len(change.moved) >= 6
    for one in change.moved:
        assert before.slate.item_ids[one.was - 1] == one.item_id
        blue = int(one.item_id[1:]) % 2 == 1
        if one.rank < one.was:
            assert one.words == f"up from {one.was} to {one.rank}" + (": meets “something blue”" if blue else "")
        elif not blue:
            assert one.words == f"down from {one.was} to {one.rank}: “something blue”: colors Green"
    assert change.words == "The same items in another order."


def test_taking_words_back_is_told_as_such(feed: InteractiveFeed) -> None:
    feed = replace(feed, config=feed.config.model_copy(update={"looked_at": 0}))  # nothing moves but by words
    found = session(feed, "kettles", "no Acme")
    change = feed.undo(found, today=TODAY).last.diff
    assert {one.words for one in change.left} == {"“no Acme” no longer holds"}
    assert {one.words for one in change.came} == {"“no Acme” no longer holds"}
    assert {one.caused_by for one in (*change.left, *change.came)} == {("c2",)}


def test_nothing_changed_is_said_too(feed: InteractiveFeed) -> None:
    change = session(feed, "kettles", "lovely").last.diff
    assert change.words == "Nothing changed."
    assert len(change.stayed) == 5
    assert change.left == change.came == change.moved == ()


def test_every_item_is_in_one_place(feed: InteractiveFeed) -> None:
    found = session(feed, "kettles", "under 30", "something blue", "no Acme", "forget the price", "start over", k=7)
    for old, new in zip(found.rounds, found.rounds[1:], strict=False):
        told = new.diff
        left, came = ({one.item_id for one in some} for some in (told.left, told.came))
        both = {one.item_id for one in told.moved} | set(told.stayed)
        assert left | both == set(old.slate.item_ids)
        assert came | both == set(new.slate.item_ids)
        assert len(told.left) + len(told.moved) + len(told.stayed) == len(old.slate.items)
