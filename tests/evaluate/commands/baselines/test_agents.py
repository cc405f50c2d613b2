"""What the stand-ins for agents do and, as their papers have it, cannot do."""

from __future__ import annotations

import numpy as np
import pytest

from intentfeed.evaluate.commands.baselines.agents import IAgentLike, InteRecAgentLike, PlainFilter
from intentfeed.evaluate.commands.sitting import Sitting
from intentfeed.simulate.gold import Gold
from intentfeed.simulate.sessions import Asked, Feed
from intentfeed.types import History
from tests.evaluate.commands.shop import shelf_sitting

NEW = Gold(feedback="new")


@pytest.fixture(scope="module")
def sitting(tmp_path_factory: pytest.TempPathFactory) -> Sitting:
    return shelf_sitting(tmp_path_factory.mktemp("shelf"))


def opened(loop, sitting: Sitting, first: tuple[int, ...] = tuple(range(20, 30))) -> Feed:
    history = History.of_items([3, 14, 75])
    feed = loop.open(Asked(episode_id="e", user_id="u", history=history, first=first))
    assert feed.rows == first
    return feed


def values(sitting: Sitting, name: str, feed: Feed) -> set[object]:
    return {sitting.dataset.catalog.field(row, name) for row in feed.rows}


def test_the_plain_filter_keeps_what_is_hard_and_is_deaf_to_what_is_soft(sitting: Sitting):
    loop = PlainFilter("plain filter", sitting.feed)
    feed = loop.command(opened(loop, sitting), "only Dunvik", NEW)
    assert values(sitting, "brand", feed) == {"Dunvik"}
    boots = loop.command(feed, "I want boots", NEW)
    assert boots.rows == feed.rows


def test_a_rule_that_leaves_nothing_is_not_called(sitting: Sitting):
    loop = PlainFilter("plain filter", sitting.feed)
    feed = loop.command(opened(loop, sitting), "only Dunvik", NEW)
    none = loop.command(feed, "under 1", NEW)
    assert none.rows == feed.rows, "as if it had not been said"
    cheaper = loop.command(none, "no Dunvik", NEW)
    assert len(cheaper.rows) == 10
    assert "Dunvik" not in values(sitting, "brand", cheaper)


def test_the_interactive_agent_filters_by_all_that_is_wanted(sitting: Sitting):
    loop = InteRecAgentLike("agent", sitting.feed)
    feed = loop.command(opened(loop, sitting), "only Dunvik", NEW)
    feed = loop.command(feed, "I want boots", NEW)
    assert values(sitting, "brand", feed) == {"Dunvik"}
    assert values(sitting, "category", feed) == {"Wear > Boots"}


def test_it_remembers_unwanted_items_and_not_what_was_unwanted_of_them(sitting: Sitting):
    loop = InteRecAgentLike("agent", sitting.feed)
    before = opened(loop, sitting)
    bad = {row for row in before.rows if sitting.dataset.catalog.field(row, "brand") == "Dunvik"}
    assert bad
    feed = loop.command(before, "no Dunvik", NEW)
    assert not bad & set(feed.rows)
    assert set(feed.state.unwanted) == bad, "other items of the brand may still come"


def test_the_reranker_never_leaves_its_hundred(sitting: Sitting):
    loop = IAgentLike("iagent", sitting.feed)
    feed = opened(loop, sitting)
    pool = set(feed.state.pool)
    assert len(pool) == 100
    feed = loop.command(feed, "only Dunvik", NEW)
    assert set(feed.rows) <= pool
    assert values(sitting, "brand", feed) == {"Dunvik"}
    assert len(feed.rows) == len(np.unique(feed.rows)) == 10
