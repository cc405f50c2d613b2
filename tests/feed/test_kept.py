"""A session outlives the process: its rounds are plain JSON, and go on where they stopped."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from intentfeed.errors import DataError
from intentfeed.feed.interactive import InteractiveFeed
from intentfeed.feed.kept import read_memory, read_round, read_rounds
from intentfeed.feed.model import fit_all
from intentfeed.feed.parts import FeedParts
from intentfeed.feed.rounds import Round, Session, plain_memory

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


def kept(found: Session) -> list[Round]:
    return read_rounds(json.loads(json.dumps([one.plain() for one in found.rounds])))


SAID = ("kettles", "around 14", "never Acme", "no Acme", "from Nobody", "forget the price", "lovely")


def test_every_round_is_read_as_it_was(feed: InteractiveFeed) -> None:
    found = feed.undo(session(feed, *SAID, tags=[tag("kettle")]), today=TODAY)
    found = feed.feedback(found, "i30", "purchase", today=TODAY)
    for one, again in zip(found.rounds, kept(found), strict=True):
        assert {ended.day for ended in again.after.ended} <= {TODAY}
        assert again.plain() == one.plain()
        assert (again.slate, again.before, again.after, again.diff) == (one.slate, one.before, one.after, one.diff)
        assert (again.delta, again.relaxed, again.meets, again.event) == (one.delta, one.relaxed, one.meets, one.event)


def test_a_resumed_session_goes_on_as_if_it_had_never_stopped(feed: InteractiveFeed) -> None:
    found = feed.feedback(session(feed, *SAID[:4]), "i30", "purchase", today=TODAY)
    again = feed.resume(kept(found), session_id="s1", history=history([0, 1, 2]))
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


def test_rounds_that_hold_all_that_had_ended_are_read_as_before(feed: InteractiveFeed) -> None:
    """As they were written until now; rounds that are written now may follow them."""
    found = session(feed, *SAID)
    old = []
    undated = json.loads(json.dumps(plain_memory(found.memory)))
    for ended in undated["ended"]:
        del ended["day"]  # as it was before days were written down
    assert {ended.day for ended in read_memory(undated).ended} == {None}
    for one in found.rounds[:6]:
        held = {name: value for name, value in one.plain().items() if name not in ("ended", "ended_before")}
        old.append({**held, "prefs_before": plain_memory(one.before), "prefs_after": plain_memory(one.after)})
    mixed = [*old, *(one.plain() for one in found.rounds[6:])]
    again = read_rounds(json.loads(json.dumps(mixed)))
    assert [(one.before, one.after) for one in again] == [(one.before, one.after) for one in found.rounds]


def test_what_stood_and_had_ended_before_the_session_is_kept(feed: InteractiveFeed) -> None:
    was = session(feed, "kettles", "start over").memory
    found = session(feed, "no Acme", "start over", standing=was)
    assert [one.after.ended for one in kept(found)] == [one.after.ended for one in found.rounds]
    assert [one.before for one in kept(found)] == [one.before for one in found.rounds]


def test_a_long_session_grows_by_its_rounds_and_no_more(feed: InteractiveFeed) -> None:
    found = session(feed, *("under 30", "under 20") * 15)
    sizes = [len(json.dumps(one.plain())) for one in found.rounds]
    assert sizes[-1] < 1.2 * sizes[4]
    rounds = kept(found)
    assert len(rounds[-1].after.ended) == 29
    assert all(one.after.ended[0] is rounds[2].after.ended[0] for one in rounds[2:])  # held once
