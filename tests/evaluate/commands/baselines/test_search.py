"""BM25 over all that is known of an item."""

from __future__ import annotations

import math

import numpy as np
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.evaluate.commands.baselines.search import SearchLoop, TextBm25, text_of
from intentfeed.simulate.gold import Gold
from intentfeed.simulate.sessions import Asked
from intentfeed.types import History

CATALOG = Catalog.of(
    {
        "item_id": [f"i{row}" for row in range(12)],
        "title": ["red boots", "green boots", "red lamp", *(f"thing {row}" for row in range(9))],
        "attributes": ['{"tags": ["warm", "winter"]}', *["{}"] * 11],
    }
)
NEW = Gold(feedback="new")


def test_scores_are_those_of_the_formula():
    n, df, tf = 12, 2, 1
    lengths = [4, 2, 2, *[2] * 9]
    mean = sum(lengths) / n
    idf = math.log(1 + (n - df + 0.5) / (df + 0.5))
    expected = idf * tf * 2.5 / (tf + 1.5 * (1 - 0.75 + 0.75 * 2 / mean))
    assert TextBm25(CATALOG).scores("lamp red")[1] == 0
    assert TextBm25(CATALOG).scores("boots")[1] == pytest.approx(expected)


def test_all_fields_are_read():
    assert text_of(CATALOG, 0) == "red boots warm winter"
    assert int(np.argmax(TextBm25(CATALOG).scores("for the winter"))) == 0


@pytest.mark.parametrize(("query", "first"), [("current", 2), ("all", 0)])
def test_the_last_command_or_all_of_them_are_the_query(query, first: int):
    loop = SearchLoop("x", CATALOG, TextBm25(CATALOG).scores, query=query)
    asked = Asked(episode_id="e", user_id="u", history=History.of_items([1]), first=(5, 6))
    feed = loop.open(asked)
    assert feed.rows == (5, 6)
    feed = loop.command(feed, "winter boots", NEW)
    assert feed.rows[0] == 0
    assert 1 not in feed.rows, "what was had is not shown again"
    assert loop.command(feed, "lamp", NEW).rows[0] in (first, 2)
    assert 0 in loop.command(feed, "lamp", NEW).rows[:2] or query == "current"
