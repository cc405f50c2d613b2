"""What was in front of somebody and was left there comes later, as far as what they asked for allows."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from intentfeed.commands.grounded import GroundedParser
from intentfeed.commands.memory import consolidate
from intentfeed.commands.records import Delta
from intentfeed.feed.interactive import InteractiveFeed
from intentfeed.feed.kept import read_round
from intentfeed.feed.model import fit_all
from intentfeed.feed.parts import FeedParts
from intentfeed.feed.passed import passed_over, refused
from intentfeed.feed.rounds import Session

from .told import SAID, TODAY, feed_of, hard, rows, session
from .worlds import KINDS, kind, log, shop

CONTENT, NEUTRAL = SAID["lovely"], SAID[""]


@pytest.fixture(scope="module")
def feed() -> InteractiveFeed:
    space, neighbours, model = fit_all(shop(), log())
    return feed_of(FeedParts.build(catalog=shop(), space=space, neighbours=neighbours, model=model))


def test_the_first_item_was_looked_at_for_sure_and_the_later_ones_less(feed: InteractiveFeed) -> None:
    opened = session(feed)
    found = passed_over(opened, opened.memory, "more", NEUTRAL, chance=0.9)
    assert list(found) == list(opened.slate.item_ids)
    assert list(found.values()) == [pytest.approx(math.log(1 - 0.9 / rank)) for rank in range(1, 6)]
    assert passed_over(opened, opened.memory, "more", NEUTRAL, chance=0) == {}


def test_it_adds_up_over_slates_that_somebody_spoke_in_front_of(feed: InteractiveFeed) -> None:
    said = session(feed, "kettles", "no Acme")
    found = passed_over(said, said.memory, "more", NEUTRAL, chance=0.9)
    shown = [item for one in said.rounds for item in one.slate.items]
    for item_id in {item.item_id for item in shown}:
        ranks = [item.rank for item in shown if item.item_id == item_id]
        assert found[item_id] == pytest.approx(sum(math.log(1 - 0.9 / rank) for rank in ranks))
    silent = passed_over(said, said.memory, "", None, chance=0.9)
    assert not set(said.slate.item_ids) - {item.item_id for one in said.rounds[:2] for item in one.slate.items} & set(
        silent
    ), "the slate that nobody has spoken in front of does not count yet"


def test_whoever_is_content_or_has_changed_their_mind_has_passed_nothing_over(feed: InteractiveFeed) -> None:
    opened = session(feed)
    assert passed_over(opened, opened.memory, "lovely", CONTENT, chance=0.9) == {}
    for said in (("kettles", "never Bolt", "tents"), ("kettles", "under 30", "under 20")):
        shown = passed_over(now := session(feed, *said), now.memory, "", None, chance=0.9)
        assert (now.rounds[0].slate.item_ids[0] in shown) == (said[2] == "under 20"), "a bound that is moved is none"
    turned = session(feed, "kettles", "start over")
    assert set(passed_over(turned, turned.memory, "", None, chance=0.9)) == set(turned.rounds[1].slate.item_ids)


def test_saying_it_again_shows_others_that_meet_it_and_nothing_that_does_not(feed: InteractiveFeed) -> None:
    first, again = session(feed, "kettles"), session(feed, "kettles", "kettles")
    assert {kind(row) for row in rows(again)} == {1}
    assert rows(again)[0] not in rows(first)
    assert len(set(rows(again)) - set(rows(first))) >= 2
    told = again.last.diff
    assert {(one.words, one.made_room) for one in told.left} == {("it suits, but you passed it over", True)}
    n, left = len(told.came), len(told.left)
    assert left > 1
    assert told.words == (
        f"{left} that suit made room for others, since you had them in front of you. {n} came, {5 - left} stayed."
    )
    still = replace(feed, config=feed.config.model_copy(update={"looked_at": 0}))
    assert rows(session(still, "kettles", "kettles")) == rows(first)


def test_a_narrowing_tells_what_goes_against_it_from_what_makes_room(feed: InteractiveFeed) -> None:
    """What leaves though it meets the words is not told as if it did not; the sentence counts it apart."""
    for past, words in (
        ([], "3 left because of “under 30”; 2 that suit made room for others, since you had them in front of you. "),
        ([27, 28, 29], "3 left because of “under 30”; 1 that suits made room for others, since you had it in front of"),
        ([30, 31, 32], "3 left, 3 came, 2 stayed, mostly because of “under 30”."),
    ):
        found = session(feed, "under 30", past=past)
        before, told = found.rounds[0].slate, found.last.diff
        suits = {item.item_id for item in before.items if int(item.item_id[1:]) <= 30}
        room = {one.item_id for one in told.left if one.made_room}
        assert room == {one.item_id for one in told.left} & suits
        assert told.words.startswith(words)


def test_an_edit_by_hand_counts_nothing_twice(feed: InteractiveFeed) -> None:
    found = session(feed, "kettles", "under 30")
    longer = feed.rescope(found, "c1", "always", today=TODAY)
    assert longer.slate.item_ids == found.slate.item_ids


@pytest.fixture(scope="module")
def hears(feed: InteractiveFeed) -> InteractiveFeed:
    return InteractiveFeed.build(feed.parts, lambda registry: GroundedParser(registry, feed.parts.catalog))


@pytest.mark.parametrize("talk", ["hello", "ok", "what is this?", "asdf qwer", "你好", "tell me more"])
def test_talk_leaves_the_screen_as_it_is(hears: InteractiveFeed, talk: str) -> None:
    for before in (session(hears), session(hears, "kettles")):
        after = hears.command(before, talk, today=TODAY)
        assert after.slate.item_ids == before.slate.item_ids
        assert hears.command(after, talk, today=TODAY).slate.item_ids == before.slate.item_ids


@pytest.mark.parametrize(
    "asked", ["something else", "show me more", "none of these", "next, please", "换一批", "I don't like them"]
)
def test_asking_for_others_brings_others(hears: InteractiveFeed, asked: str) -> None:
    before = session(hears, "kettles")
    after = hears.command(before, asked, today=TODAY)
    assert after.memory == before.memory
    assert before.slate.item_ids[0] not in after.slate.item_ids


def test_praise_and_small_talk_leave_the_screen_as_it_is(feed: InteractiveFeed) -> None:
    for said in ((), ("kettles",)):
        before = session(feed, *said)
        for words in ("lovely", ""):
            assert session(feed, *said, words).slate.items == before.slate.items
    told = session(feed, "kettles")
    moved = replace(told, slate=replace(told.slate, items=told.slate.items[::-1]), rows=told.rows[::-1])
    assert feed.command(moved, "lovely", today=TODAY).rows == moved.rows, "in the order in which it was shown"


def test_what_is_praised_stays_and_more_of_its_kind_comes(hears: InteractiveFeed) -> None:
    before = session(hears, k=8)
    praised = kind(before.rows[1])
    its = [row for row in before.rows if kind(row) == praised]
    after = hears.command(before, f"The {KINDS[praised]} look good, show me more", today=TODAY)
    kept = its[: before.k // 2]
    assert list(after.rows[: len(kept)]) == kept, "no more than half of the places, so that more can come"
    assert {kind(row) for row in after.rows} == {praised}
    assert set(after.rows) - set(before.rows)
    asked = hears.command(before, f"show me {KINDS[praised]}", today=TODAY)
    assert list(asked.rows[: len(kept)]) != kept, "who does not praise has passed them over"
    other = hears.command(before, f"The {KINDS[praised]} do not look good", today=TODAY)
    assert list(other.rows[: len(kept)]) != kept


def test_the_feed_says_so_where_there_is_no_more_of_what_was_asked_for(feed: InteractiveFeed) -> None:
    assert session(feed, "kettles").last.short == ""
    many = session(feed, "kettles", k=60).last
    assert many.short == "12 items are all there is of “kettles”; the rest comes nearest."
    assert read_round(many.plain(), ended=()).short == many.short
    bound = session(feed, "kettles", "under 20", k=60).last
    assert bound.short.endswith("of “kettles” and “under 20”; the rest comes nearest."), "there are dearer kettles"


def test_a_mere_refusal_replaces_what_it_hits_and_leaves_the_rest_where_that_is_wanted(feed: InteractiveFeed) -> None:
    before = session(feed)
    stays = tuple(row for row in before.rows if row % 3)
    assert 0 < len(stays) < 5
    keeps = replace(feed, config=feed.config.model_copy(update={"stays": True}))
    for said in ("never Acme", "no Acme"):
        after = session(keeps, said)
        assert after.rows[-len(stays) :] == stays, "in its order, after what has come"
        assert not [row for row in after.rows if row % 3 == 0]
        assert [item.rank for item in after.slate.items] == [1, 2, 3, 4, 5]
        assert tuple(rows(after)) == after.rows
        assert {kind(row) for row in after.rows} == {kind(row) for row in before.rows}
    assert session(feed, "never Acme").rows[-len(stays) :] != stays


def test_a_refusal_beside_a_wish_or_of_nothing_or_of_everything_makes_the_screen_anew(feed: InteractiveFeed) -> None:
    opened, wished = session(feed), session(feed, "kettles")
    witness, never, wish = feed.witness, SAID["never Acme"], SAID["kettles"]

    def hit(before: Session, delta: Delta, words: str = "never Acme, thanks") -> frozenset[int]:
        after = consolidate(
            before.memory, delta, quote_source=words, round=1, today=TODAY, registry=feed.registry
        ).memory
        return refused(before, after, words, delta, witness)

    assert hit(opened, never)
    assert not hit(opened, replace(never, add=(*never.add, *wish.add)), "never Acme, kettles")
    assert not hit(wished, never), "nor with a wish that holds"
    assert not hit(opened, never, "never Acme, show me others")
    strange = hard("brand", "eq", "Nobody", "never Acme", polarity="negative")
    assert not hit(opened, replace(never, add=(*never.add, strange))), "it may mean more than is known"
    all_of = hard("brand", "in", ("Acme", "Bolt"), "never Acme", polarity="negative")
    assert not hit(opened, replace(never, add=(all_of,)))
    assert not hit(opened, SAID["lovely"])
