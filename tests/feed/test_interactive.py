"""The loop on a shop whose right answers are known: what was said is obeyed, told, and can be taken back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from intentfeed.commands.config import CommandsConfig, MatcherConfig
from intentfeed.commands.planner import GroundedPlanner
from intentfeed.commands.records import Delta, Memory, Plan, Step
from intentfeed.commands.toolbox import toolbox
from intentfeed.commands.tools import Pool, ToolContext
from intentfeed.commands.vectors import Vectors
from intentfeed.data.catalog import Catalog
from intentfeed.errors import ConfigError, DataError
from intentfeed.feed.interactive import InteractiveFeed
from intentfeed.feed.model import fit_all
from intentfeed.feed.parts import FeedParts
from intentfeed.feed.recommend import Query, recommend
from intentfeed.types import Settings

from .told import SAID, TODAY, Reads, feed_of, hard, rows, session, soft
from .worlds import PER_KIND, N, history, interest, kind, log, shop, tag


@pytest.fixture(scope="module")
def parts() -> FeedParts:
    space, neighbours, model = fit_all(shop(), log())
    return FeedParts.build(catalog=shop(), space=space, neighbours=neighbours, model=model)


@pytest.fixture(scope="module")
def feed(parts: FeedParts) -> InteractiveFeed:
    return feed_of(parts)


@pytest.mark.parametrize("past", [(), (0, 1, 2), (40, 41, 60)])
def test_before_anything_is_said_it_is_the_feed_that_recommend_gives(feed: InteractiveFeed, past: tuple) -> None:
    told = {"interests": [interest("tents", "tents")], "tags": [tag("kettle")]}
    for more in ({}, told):
        opened = session(feed, past=past, **more)
        plain = recommend(Query(history=history(past), k=5, **more), feed.parts)
        assert opened.slate.items == plain.items
        assert opened.last.number == 0
        assert opened.last.kind == "open"
        assert session(feed, "", past=past, **more).slate.items == plain.items  # nor after nothing in particular


def test_hard_demands_are_obeyed_in_the_personal_order(feed: InteractiveFeed) -> None:
    before = session(feed, past=[30, 31, 32], k=8)
    after = session(feed, "under 30", past=[30, 31, 32], k=8)
    assert max(rows(after)) <= 30
    assert [row for row in rows(before) if row <= 30] == [row for row in rows(after) if row in rows(before)]
    assert after.last.dropped["c1"] == 39  # 31 to 71 cost more, of which two were seen


def test_a_category_is_brought_whole_though_nobody_like_this_takes_it(feed: InteractiveFeed) -> None:
    after = session(feed, "kettles", k=10)
    assert {kind(row) for row in rows(after)} == {1}
    assert len(rows(after)) == 10  # no share of the slate bounds what was asked for


def test_soft_demands_add_up_and_dislikes_come_last(feed: InteractiveFeed) -> None:
    after = session(feed, "kettles", "something blue", "no Acme", k=6)
    blue = [row for row in range(12, 24) if row % 2]
    assert [row for row in rows(after)[:4] if row % 3] == rows(after)[:4]
    assert set(rows(after)[:4]) <= set(blue)
    assert all(met.holds for item in after.slate.items[:4] for met in after.last.meets[item.item_id])


def test_the_score_of_each_item_is_told_and_is_the_order(feed: InteractiveFeed) -> None:
    last = session(feed, "kettles", "no Acme", k=10).last
    told = [last.scores[item_id] for item_id in last.slate.item_ids]
    assert set(told[0]) == {"s_sem", "s_collab", "s_kin", "s_match", "s_atten", "s_final"}
    finals = [score["s_final"] for score in told]
    assert finals == sorted(finals, reverse=True)
    for score in told:
        assert score["s_final"] == pytest.approx(score["s_match"] + score["s_kin"] + score["s_atten"], abs=1e-5)
        assert score["s_match"] == pytest.approx(0.5 * score["s_sem"] + 0.5 * score["s_collab"], abs=1e-5)


def test_the_parser_sees_the_slate_and_the_memory_that_were_there(parts: FeedParts) -> None:
    feed = feed_of(parts)
    found = session(feed, "under 30", "kettles")
    assert isinstance(feed.parser, Reads)
    last = feed.parser.seen[-1]
    assert [shown.row for shown in last.slate] == [feed.parts.catalog.row_of[i] for i in found.rounds[1].slate.item_ids]
    assert [shown.position for shown in last.slate] == [1, 2, 3, 4, 5]
    assert last.memory == found.rounds[1].after
    assert (last.round, last.today) == (2, TODAY)


def test_every_shown_item_says_which_demands_it_meets_and_by_what(feed: InteractiveFeed) -> None:
    last = session(feed, "under 30", "kettles", "no Acme").last
    for item in last.slate.items:
        row = int(item.item_id[1:])
        met = {one.demand_id: one for one in last.meets[item.item_id]}
        assert (met["c1"].holds, met["c1"].field, met["c1"].value) == (True, "price", str(row))
        assert (met["c2"].holds, met["c2"].value) == (True, "Home > Kettle")
        assert (met["c3"].holds, met["c3"].value) == (row % 3 != 0, "Acme" if row % 3 == 0 else "Bolt")


def test_what_is_forbidden_never_fills_the_slate_and_an_empty_one_says_why(feed: InteractiveFeed) -> None:
    found = session(feed, "never Acme", "never Bolt")
    assert found.slate.items == ()
    assert found.last.empty_why == (
        "“never Acme” and “never Bolt” leave together nothing to show: take one of them back to see items again."
    )
    assert len(found.last.diff.left) == 5
    again = feed.drop(found, "c1", today=TODAY)
    assert len(again.slate.items) == 5
    assert all(int(item_id[1:]) % 3 == 0 for item_id in again.slate.item_ids)


def test_the_words_that_are_to_be_taken_back_do_bring_items_back(
    feed: InteractiveFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    dear = hard("price", "lt", 99.0, "not under 99", polarity="negative")
    monkeypatch.setitem(SAID, "not under 99", Delta(feedback="new", add=(dear,)))
    found = session(feed, "never Acme", "not under 99")
    assert found.last.empty_why == "“not under 99” leaves nothing to show: take it back to see items again."
    assert feed.drop(found, "c2", today=TODAY).slate.items


def test_what_nothing_meets_is_eased_and_said(feed: InteractiveFeed) -> None:
    found = session(feed, "kettles", "from Nobody")
    assert {kind(row) for row in rows(found)} == {1}
    assert [(one.demand_id, one.how) for one in found.last.relaxed] == [("c2", "let go")]
    assert "“from Nobody”" in found.last.relaxed[0].words
    assert found.memory.demand("c2") is not None  # it holds still, and is tried again
    wide = session(feed, "kettles", "around 14", k=8)
    assert [one.how for one in wide.last.relaxed] == ["widened"]
    assert min(rows(wide)) >= 9
    assert max(rows(wide)) <= 19


def test_undo_restores_memory_and_slate_one_step_at_a_time(feed: InteractiveFeed) -> None:
    found = session(feed, "kettles", "under 30", "no Acme")
    rounds = found.rounds
    for at in (2, 1, 0):
        found = feed.undo(found, today=TODAY)
        assert found.slate == rounds[at].slate
        assert found.memory.demands == rounds[at].after.demands
        assert found.last.kind == "undo"
        assert found.rows == tuple(rows(found))
    with pytest.raises(DataError, match="nothing to undo"):
        feed.undo(found, today=TODAY)
    again = feed.command(found, "no Acme", today=TODAY)
    assert again.memory.demands[0].id not in {demand.id for one in rounds for demand in one.after.demands}
    assert feed.undo(again, today=TODAY).memory.demands == ()


def test_one_demand_is_dropped_or_holds_for_longer(feed: InteractiveFeed) -> None:
    found = session(feed, "kettles", "under 30")
    kept = feed.drop(found, "c2", today=TODAY)
    assert [demand.id for demand in kept.memory.demands] == ["c1"]
    assert kept.slate.item_ids == session(feed, "kettles").slate.item_ids
    assert feed.undo(kept, today=TODAY).slate == found.slate
    always = feed.rescope(found, "c1", "always", today=TODAY)
    assert always.memory.demand("c1") == replace(found.memory.demands[0], scope="always")
    assert always.slate.item_ids == found.slate.item_ids
    for call in (lambda: feed.drop(found, "c9", today=TODAY), lambda: feed.rescope(found, "c9", "always", today=TODAY)):
        with pytest.raises(DataError, match="no demand 'c9' holds in session 's1': those are c1, c2"):
            call()
    with pytest.raises(DataError, match="no scope"):
        feed.rescope(found, "c1", "forever", today=TODAY)  # type: ignore[arg-type]


def test_what_is_taken_up_changes_the_feed_and_is_seen(feed: InteractiveFeed) -> None:
    many = [interest(str(at), str(at)) for at in range(8)]  # who has many interests is judged by their evidence
    for more in ({}, {"interests": many}):
        found = session(feed, **more)
        after = feed.feedback(found, "i30", "purchase", today=TODAY)
        assert kind(rows(after)[0]) == kind(30)
        assert 30 not in rows(after)
        assert after.memory == found.memory
        assert after.history.event_id[-1] == -1
    gone = feed.feedback(found, found.slate.item_ids[0], "click", today=TODAY)
    left = {change.item_id: change.words for change in gone.last.diff.left}
    assert left[found.slate.item_ids[0]] == "you have taken it up"
    with pytest.raises(DataError, match="there is no item 'x'"):
        feed.feedback(found, "x", "click", today=TODAY)
    with pytest.raises(DataError, match="there is no action 'eat'"):
        feed.feedback(found, "i30", "eat", today=TODAY)  # type: ignore[arg-type]


def test_what_somebody_complained_of_does_not_come_again(parts: FeedParts, feed: InteractiveFeed) -> None:
    said = ("kettles", "under 30", "no Acme")
    found, shown = session(feed, *said, k=28), set(rows(session(feed, *said[:2], k=28)))
    assert not [row for row in rows(found) if row % 3 == 0 and row in shown]
    evaluated = feed_of(parts, config=CommandsConfig(exclude_shown="never"))
    assert [row for row in rows(session(evaluated, *said, k=28)) if row % 3 == 0]  # last, but there
    fresh = session(feed_of(parts, config=CommandsConfig(exclude_shown="always")), *said, k=5)
    assert not set(rows(fresh)) & set(rows_of(fresh.rounds[0]) + rows_of(fresh.rounds[1]) + rows_of(fresh.rounds[2]))
    assert set(rows(feed.drop(found, "c3", today=TODAY))) & {row for row in shown if row % 3 == 0}


def rows_of(one) -> list[int]:
    return [int(item_id[1:]) for item_id in one.slate.item_ids]


def test_each_stage_is_heard_as_it_is_done(feed: InteractiveFeed) -> None:
    heard = []
    found = feed.command(
        session(feed), "under 30", today=TODAY, heard=lambda stage, facts: heard.append((stage, facts))
    )
    assert [stage for stage, _ in heard] == ["parsed", "planned", "filtered", "ranked"]
    facts = dict(heard)
    assert facts["parsed"]["add"][0]["field"] == "price"
    assert [step["tool"] for step in facts["planned"]["plan"]] == ["filter", "matcher", "aggregator"]
    assert facts["filtered"]["left"] == 28
    assert facts["ranked"]["item_ids"] == found.slate.item_ids


class Careless:
    """A planner that forgets the filter and calls a tool that is not there."""

    def plan(self, memory: Memory) -> Plan:
        return (Step(tool="matcher", args={"positive": []}), Step(tool="hack"))


def test_a_careless_planner_harms_nobody(parts: FeedParts, feed: InteractiveFeed) -> None:
    found = session(feed_of(parts, planner=Careless()), "never Acme", "kettles")
    assert found.last.repaired
    assert found.last.plan == GroundedPlanner().plan(found.memory)
    assert found.slate == session(feed, "never Acme", "kettles").slate


class NoArgs(Settings):
    """Nothing is to be told."""


class Trends:
    """Raises one item that everybody talks about, and one that nobody may be shown."""

    name, description, kind, args = "trends", "Raises what is talked about.", "score", NoArgs

    def run(self, pool: Pool, _args: NoArgs, _context: ToolContext) -> Pool:
        return pool.scored(self.name, np.where(np.isin(pool.rows, [15, 70]), 9.0, 0.0))


class Trendy:
    """The rules, with the trends among the scores."""

    def plan(self, memory: Memory) -> Plan:
        *steps, last = GroundedPlanner().plan(memory)
        return (*steps, Step(tool="trends"), last)


def test_a_further_tool_is_heard_and_bound_by_what_was_forbidden(parts: FeedParts) -> None:
    feed = feed_of(parts, tools=toolbox(more=[Trends()]), planner=Trendy())
    found = session(feed, "under 30")
    assert rows(found)[0] == 15
    assert 70 not in rows(found)
    assert not found.last.repaired
    assert found.last.scores["i15"]["s_trends"] == 9
    assert rows(session(feed))[:2] == [15, 70]


def test_sessions_know_nothing_of_each_other_and_repeat_to_the_letter(feed: InteractiveFeed) -> None:
    said = ("kettles", "no Acme", "under 30", "forget the price")
    alone = session(feed, *said)
    one, two = session(feed), session(feed, past=[50, 51])
    for text in said:
        one, two = feed.command(one, text, today=TODAY), feed.command(two, "never Bolt", today=TODAY)
    assert one.slate == alone.slate
    assert one.memory == alone.memory
    assert [replace(r, latency_ms={}) for r in one.rounds] == [replace(r, latency_ms={}) for r in alone.rounds]


def test_what_stands_from_before_is_heeded_until_its_day(feed: InteractiveFeed) -> None:
    lasting = replace(soft("category", "Kettle", "kettles"), id="c1", scope="season", until=TODAY + timedelta(days=9))
    standing = Memory(demands=(lasting,), next_number=2)
    assert {kind(row) for row in rows(session(feed, standing=standing))} == {1}
    later = feed.open(session_id="s", history=history([0, 1, 2]), standing=standing, today=date(2026, 10, 20), k=5)
    assert {kind(row) for row in rows(later)} == {0}
    assert [one.why for one in later.memory.ended] == ["expired"]
    forgotten = Memory(demands=(replace(hard("voltage", "le", 5.0, "5 volts"), id="c1"),), next_number=2)
    assert session(feed, standing=forgotten).memory.demands == ()  # the items have no such field any more


class Looks:
    """Encodes words as what they look like: round or not."""

    def encode(self, texts: list[str]) -> NDArray[np.float32]:
        return np.array([[float("round" in text), 0.0] for text in texts], dtype=np.float32)


def test_a_column_of_vectors_is_evidence_where_somebody_can_read_it(parts: FeedParts) -> None:
    looks = [json.dumps({"look": [1.0, 0.0] if row == 40 else [0.0, 1.0]}) for row in range(N)]
    seen = Catalog(parts.catalog.frame.with_columns(pl.Series("attributes", looks)))
    config = CommandsConfig(matcher=MatcherConfig(vector_column="look"))
    here = replace(parts, catalog=seen)
    blind = session(feed_of(here, config=config), "something round", past=())
    seeing = session(feed_of(here, config=config, vector_encoder=Looks()), "something round", past=())
    assert rows(seeing)[0] == 40
    assert rows(blind)[0] != 40
    assert "look" not in feed_of(here, config=config).registry.fields
    told = toolbox(config, vectors=Vectors.of(seen, "look", Looks()))
    assert rows(session(feed_of(here, config=config, tools=told), "something round", past=()))[0] == 40
    with pytest.raises(ConfigError, match="tools bring their own vectors"):
        feed_of(here, config=config, tools=told, vector_encoder=Looks())


@pytest.mark.parametrize(
    ("look", "why"),
    [("[1, 0, 0]", "vectors of 3 numbers, and words become 2"), ("[1, 1" + "0" * 400 + "]", "has no 2 numbers"),
     ("[1, NaN]", "has no 2 numbers")],
)  # fmt: skip
def test_a_column_of_no_such_vectors_is_refused(look: str, why: str) -> None:
    one = shop()
    odd = Catalog(one.frame.with_columns(pl.lit(f'{{"look": {look}}}').alias("attributes")))
    with pytest.raises(DataError, match=why):
        Vectors.of(odd, "look", Looks())


def test_a_narrow_demand_in_a_larger_catalogue_finds_what_meets_it() -> None:
    more = [f"{name} number{at}" for at in range(300) for name in ("tent", "kettle", "hose", "lamp")]
    catalog = shop(extra=more)
    assert len(catalog) > 1_000 + PER_KIND
    space, neighbours, model = fit_all(catalog, replace(log(), n_items=len(catalog)))
    feed = feed_of(FeedParts.build(catalog=catalog, space=space, neighbours=neighbours, model=model))
    found = session(feed, "kettles", "never Acme", k=10)
    assert len(found.slate.items) == 10
    kettles = {row for row in range(len(catalog)) if catalog.titles[row].startswith("kettle") and row % 3}
    assert set(rows(found)) <= kettles
    few = session(feed, "kettles", "around 14", k=3)
    assert set(rows(few)) <= set(range(12, 17))
    assert len(catalog) >= N
    assert np.isfinite([score for item in found.last.scores.values() for score in item.values()]).all()
