"""A session outlives the process: its rounds are plain JSON, and go on where they stopped."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from intentfeed.errors import DataError
from intentfeed.feed.interactive import InteractiveFeed
from intentfeed.feed.kept import read_round
from intentfeed.feed.model import fit_all
from intentfeed.feed.recommend import FeedParts

from .told import TODAY, feed_of, session
from .worlds import history, log, shop, tag


@pytest.fixture(scope="module")
def fitted():
    return fit_all(shop(), log())


def over(fitted, catalog=None) -> InteractiveFeed:
    space, neighbours, model = fitted
    return feed_of(FeedParts.build(catalog=catalog or shop(), space=space, neighbours=neighbours, model=model))


@pytest.fixture(scope="module")
def feed(fitted) -> InteractiveFeed:
    return over(fitted)


SAID = ("kettles", "around 14", "never Acme", "no Acme", "from Nobody", "forget the price", "lovely")


def test_every_round_is_read_as_it_was(feed: InteractiveFeed) -> None:
    found = feed.undo(session(feed, *SAID, tags=[tag("kettle")]), today=TODAY)
    found = feed.feedback(found, "i30", "purchase", today=TODAY)
    for one in found.rounds:
        again = read_round(json.loads(json.dumps(one.plain())))
        assert again.plain() == one.plain()
        assert (again.slate, again.before, again.after, again.diff) == (one.slate, one.before, one.after, one.diff)
        assert (again.delta, again.relaxed, again.meets, again.event) == (one.delta, one.relaxed, one.meets, one.event)


def test_a_resumed_session_goes_on_as_if_it_had_never_stopped(feed: InteractiveFeed) -> None:
    found = feed.feedback(session(feed, *SAID[:4]), "i30", "purchase", today=TODAY)
    rounds = [read_round(json.loads(json.dumps(one.plain()))) for one in found.rounds]
    again = feed.resume(rounds, session_id="s1", history=history([0, 1, 2]))
    assert again.history.item.tolist() == [0, 1, 2, 30]
    for step in (
        lambda s: feed.command(s, "under 30", today=TODAY),
        lambda s: feed.undo(s, today=TODAY),
        lambda s: feed.drop(s, "c1", today=TODAY),
        lambda s: feed.feedback(s, "i50", "click", today=TODAY),
    ):
        one, two = step(found), step(again)
        assert replace(one.last, latency_ms={}, plan=()) == replace(two.last, latency_ms={}, plan=())
        assert one.rows == two.rows


def test_items_that_are_no_more_leave_a_resumed_session(feed: InteractiveFeed, fitted) -> None:
    found = session(feed, "kettles")
    gone = shop(status=dict.fromkeys((12, 13, 14), "withdrawn"))
    again = over(fitted, gone).resume(found.rounds, session_id="s1", history=history([0, 1, 2]))
    refreshed = over(fitted, gone).command(again, "", today=TODAY)
    assert not set(refreshed.slate.item_ids) & {"i12", "i13", "i14"}


@pytest.mark.parametrize("what", ["kind", "prefs_after", "next_feed", "diff"])
def test_a_broken_round_is_refused_in_one_sentence(feed: InteractiveFeed, what: str) -> None:
    held = session(feed, "kettles").last.plain()
    del held[what]
    with pytest.raises(DataError, match="a kept round cannot be read"):
        read_round(held)
