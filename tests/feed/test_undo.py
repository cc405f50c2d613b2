"""Taking a step back puts back what may still be shown, and answers anew what may not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from intentfeed.commands.grounded import GroundedParser
from intentfeed.commands.records import Delta
from intentfeed.data.catalog import Catalog
from intentfeed.errors import DataError
from intentfeed.feed.interactive import InteractiveFeed
from intentfeed.feed.model import fit_all
from intentfeed.feed.parts import FeedParts
from intentfeed.feed.rounds import Session

from .told import SAID, TODAY, feed_of, hard, rows, session
from .worlds import N, history, interactions, log, shop

LATER = date(2027, 2, 1)


def over(catalog: Catalog) -> InteractiveFeed:
    known = log() if len(catalog) == N else interactions([0, 0, 1, 1], [0, 1, 1, 2], n_users=2, n_items=len(catalog))
    space, neighbours, model = fit_all(catalog, known)
    return feed_of(FeedParts.build(catalog=catalog, space=space, neighbours=neighbours, model=model))


def resumed(feed: InteractiveFeed, found: Session) -> Session:
    return feed.resume(found.rounds, session_id="s1", history=history([0, 1, 2]))


@pytest.fixture(scope="module")
def feed() -> InteractiveFeed:
    return over(shop())


def test_items_that_the_catalogue_has_no_longer_do_not_return(feed: InteractiveFeed) -> None:
    said = session(feed, "under 30", "kettles")
    gone = set(said.rounds[1].slate.item_ids) | {"i5"}
    fewer = Catalog(shop().frame.filter(~pl.col("item_id").is_in(sorted(gone))))
    back = over(fewer).undo(resumed(over(fewer), said), today=TODAY)
    assert [demand.id for demand in back.memory.demands] == ["c1"]
    assert len(back.slate.items) == 5
    assert not set(back.slate.item_ids) & gone
    assert max(rows(back)) <= 30


def test_what_was_withdrawn_or_costs_more_since_does_not_return(feed: InteractiveFeed) -> None:
    said = session(feed, "under 30", "kettles")
    shown = rows(session(feed, "under 30"))
    withdrawn = over(shop(status={shown[0]: "withdrawn"}))
    assert shown[0] not in rows(withdrawn.undo(resumed(withdrawn, said), today=TODAY))
    price = pl.when(pl.col("item_id") == f"i{shown[1]}").then(99.0).otherwise(pl.col("price")).alias("price")
    dearer = over(Catalog(shop().frame.with_columns(price)))
    back = dearer.undo(resumed(dearer, said), today=TODAY)
    assert shown[1] not in rows(back)
    assert len(back.slate.items) == 5


def test_a_demand_on_a_field_that_is_gone_does_not_hold_again(feed: InteractiveFeed) -> None:
    said = feed.drop(session(feed, "under 30", "kettles"), "c1", today=TODAY)
    bare = over(Catalog(shop().frame.with_columns(price=pl.lit(None, dtype=pl.Float64))))
    back = bare.undo(resumed(bare, said), today=TODAY)
    assert [demand.id for demand in back.memory.demands] == ["c2"]
    assert [(one.why, one.round, one.day) for one in back.memory.ended] == [
        ("retracted", 3, TODAY),
        ("undecidable", 4, TODAY),
    ]
    assert bare.command(back, "no Acme", today=TODAY).slate.items


def test_what_was_taken_up_since_does_not_return(feed: InteractiveFeed) -> None:
    said = session(feed, "kettles")
    taken = said.rounds[0].slate.item_ids[0]
    back = feed.undo(feed.feedback(said, taken, "purchase", today=TODAY), today=TODAY)
    assert back.memory.demands == ()
    assert taken not in back.slate.item_ids
    assert back.last.kind == "undo"
    assert back.last.command == "kettles"


def test_a_demand_that_has_run_out_does_not_rule_the_slate_that_returns(
    feed: InteractiveFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    until = replace(hard("price", "le", 15.0, "under 15"), scope="season", until=date(2026, 12, 1))
    monkeypatch.setitem(SAID, "under 15", replace(SAID["under 30"], add=(until,)))
    said = session(feed, "under 15", "no Acme", past=[40, 41, 42])
    back = feed.undo(said, today=LATER)
    assert back.memory.demands == ()
    assert max(rows(back)) > 15
    ended = [(one.demand.id, one.why, one.round, one.day) for one in back.memory.ended]
    assert ended == [("c1", "expired", 3, LATER), ("c2", "undone", 3, LATER)]


def test_what_has_run_out_is_neither_made_to_last_nor_dropped(
    feed: InteractiveFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    until = replace(hard("price", "le", 15.0, "under 15"), scope="season", until=date(2026, 12, 1))
    monkeypatch.setitem(SAID, "under 15", replace(SAID["under 30"], add=(until,)))
    said = session(feed, "under 15", "no Acme")
    with pytest.raises(DataError, match="no demand 'c1' holds in session 's1': those are c2"):
        feed.rescope(said, "c1", "always", today=LATER)
    with pytest.raises(DataError, match="no demand 'c1' holds"):
        feed.drop(said, "c1", today=LATER)
    assert [one.id for one in feed.rescope(said, "c1", "always", today=TODAY).memory.demands] == ["c1", "c2"]


@pytest.fixture(scope="module")
def hears(feed: InteractiveFeed) -> InteractiveFeed:
    return InteractiveFeed.build(feed.parts, lambda registry: GroundedParser(registry, feed.parts.catalog))


@pytest.mark.parametrize("words", ["undo", "undo that", "take that back", "撤销"])
def test_a_typed_undo_takes_back_what_was_said_last_and_no_more(hears: InteractiveFeed, words: str) -> None:
    found = session(hears, "under 30", "kettles", words)
    assert [demand.id for demand in found.memory.demands] == ["c1"]
    assert [(one.demand.id, one.why, one.by) for one in found.memory.ended] == [("c2", "retracted", words)]
    assert found.last.delta is not None
    assert found.last.delta.ignored == ()
    assert session(hears, "under 30", "kettles", words, words).memory.demands == ()


def test_a_model_that_names_something_older_is_not_believed(
    feed: InteractiveFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SAID, "undo", Delta(feedback="revise", retract_ids=("c1", "c2"), speaker="llm"))
    found = session(feed, "under 30", "kettles", "undo")
    assert [demand.id for demand in found.memory.demands] == ["c1"]
    assert found.last.delta is not None
    assert len(found.last.delta.ignored) == 1
