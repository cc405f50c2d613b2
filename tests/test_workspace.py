"""The request path over a finished run: it says what the run wrote, and knows nothing of the days after."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from intentfeed.daily import update
from intentfeed.errors import DataError
from intentfeed.simulate.world import World
from intentfeed.workspace import load

from .conftest import run_world


def test_a_slate_computed_now_is_the_one_that_was_written(small_workspace: Path) -> None:
    ws = load(small_workspace)
    for user_id in ws.user_ids()[:3]:
        assert ws.recommend(user_id).items == ws.person(user_id).slate.items


def test_nothing_of_a_later_day_is_known(small_workspace: Path) -> None:
    ws = load(small_workspace)
    user_id = ws.user_ids()[0]
    events = ws.store.scan("events", user_id).collect().filter(pl.col("action") != "impression").drop_nulls("item_id")
    day = events["timestamp"].dt.date().sort()[events.height // 2]
    before = set(events.filter(pl.col("timestamp").dt.date() <= day)["item_id"])
    ws.context = replace(ws.context, as_of=day)
    shown = set(ws.recommend(user_id, k=len(ws.models.catalog)).item_ids)
    later = set(events["item_id"]) - before
    assert later
    assert later <= shown
    assert not before & shown


def test_who_or_what_is_unknown_is_said_with_what_is_near(small_workspace: Path) -> None:
    ws = load(small_workspace)
    user_id = ws.user_ids()[0]
    with pytest.raises(DataError, match=user_id):
        ws.recommend(f"{user_id}x")
    with pytest.raises(DataError, match="none of the items nonesuch"):
        ws.recommend(history=["nonesuch"])
    with pytest.raises(DataError, match="a user or a history"):
        ws.recommend()


def test_many_histories_equal_one_by_one_and_short_lists_end_in_nothing(small_workspace: Path) -> None:
    ws = load(small_workspace)
    some = [ws.models.catalog.item_ids[:3], ["nonesuch"], ws.models.catalog.item_ids[7:8] * 2]
    k = len(ws.models.catalog)
    ids, scores = ws.recommend_many(some, k=k)
    for row in (0, 2):
        assert [item for item in ids[row].tolist() if item] == ws.recommend(history=some[row], k=k).item_ids
    assert ids[0].tolist()[-3:] == ["", "", ""]
    assert (scores[ids == ""] == float("-inf")).all()


def test_a_day_in_the_past_knows_nothing_of_what_came_later(small_world: World, tmp_path: Path) -> None:
    last = pl.read_parquet(small_world.events)["timestamp"].max()
    assert isinstance(last, datetime)
    run_world(small_world, tmp_path / "ws", as_of=last.date() - timedelta(days=200), limit=8)
    ws = load(tmp_path / "ws")
    for user_id in ws.user_ids():
        assert ws.recommend(user_id).items == ws.person(user_id).slate.items, "events after the day must not be seen"


def test_an_open_workspace_takes_up_what_is_committed_later(small_workspace: Path, tmp_path: Path) -> None:
    ws = load(shutil.copytree(small_workspace, tmp_path / "ws"))
    user_id = ws.user_ids()[0]
    first = ws.recommend(user_id)
    gone = first.item_ids[0]
    ws.recommend_many([[gone]], k=3)
    names = ws._names
    ws.recommend_many([[gone]], k=3)
    assert ws._names is names, "the ids of a large catalogue are not listed for every question"
    update(tmp_path / "ws", items=pl.DataFrame({"item_id": [gone], "status": ["withdrawn"]}), refit=True)
    assert gone not in ws.recommend(user_id).item_ids
    known = ws.models.catalog.item_ids
    assert ws._names.tolist() == [*known, ""]
    assert ws._names is not names
    assert set(ws.recommend_many([first.item_ids[1:3]], k=3)[0][0].tolist()) <= set(known)
    assert ws.person(user_id).slate.items == ws.recommend(user_id).items
    shutil.rmtree(tmp_path / "ws")
    with pytest.raises(DataError, match="no completed run"):
        ws.recommend(user_id)


def test_a_session_answers_nobody_but_whom_it_was_opened_for(small_workspace: Path) -> None:
    ws = load(small_workspace)
    one, other = ws.user_ids()[:2]
    ws.command("s1", "something else", user_id=one)
    with pytest.raises(DataError, match=f"session 's1' is that of user '{one}', not of user '{other}'"):
        ws.command("s1", "cheaper", user_id=other)
    assert len(ws.session("s1").rounds) == 2
    assert ws.command("s1", "cheaper", user_id=one).number == 2
    assert ws.command("s1", "cheaper").number == 3
    ws.open("s2", history=[])
    with pytest.raises(DataError, match="session 's2' is that of nobody known"):
        ws.command("s2", "cheaper", user_id=one)


@pytest.mark.parametrize("k", [0, -1])
def test_a_slate_without_places_is_refused(small_workspace: Path, k: int) -> None:
    ws = load(small_workspace)
    for ask in (
        lambda: ws.open("s1", history=[], k=k),
        lambda: ws.recommend(ws.user_ids()[0], k=k),
        lambda: ws.recommend_many([[]], k=k),
    ):
        with pytest.raises(DataError, match=f"a slate of {k} items shows nothing"):
            ask()


def test_a_history_without_items_is_that_of_somebody_new(small_workspace: Path) -> None:
    ws = load(small_workspace)
    shown = ws.recommend(history=[], k=5)
    assert len(shown.items) == 5
    assert shown.item_ids == ws.open("s1", history=[], k=5).slate.item_ids
