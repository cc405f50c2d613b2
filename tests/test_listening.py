"""A finished workspace that is told things: sessions begin with its slates, obey, outlive an update, can be undone."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from intentfeed.commands.grounded import GroundedParser
from intentfeed.commands.llm import LLMParser, LLMPlanner
from intentfeed.commands.planner import GroundedPlanner
from intentfeed.commands.toolbox import toolbox
from intentfeed.config import load_config
from intentfeed.daily import update
from intentfeed.errors import DataError
from intentfeed.listening import heard_by
from intentfeed.simulate.world import World
from intentfeed.workspace import Workspace, load

from .conftest import run_world

TODAY = date(2024, 6, 3)


@pytest.fixture(scope="module")
def ws(small_workspace: Path) -> Workspace:
    return load(small_workspace)


def prices(ws: Workspace, item_ids: list[str]) -> list[float]:
    held = dict(ws.models.catalog.frame.select("item_id", "price").rows())
    return [held[item_id] for item_id in item_ids]


def test_a_session_begins_with_the_slate_that_recommend_gives(ws: Workspace) -> None:
    user_id = ws.user_ids()[0]
    opened = ws.open("begin", user_id=user_id, today=TODAY)
    assert opened.slate.items == ws.recommend(user_id).items
    some = ws.models.catalog.item_ids[:3]
    assert ws.open("some", history=some, k=7, today=TODAY).slate.items == ws.recommend(history=some, k=7).items
    assert len(ws.open("nobody", today=TODAY).slate.items) == 10
    with pytest.raises(DataError, match="has no user 'x'"):
        ws.open("who", user_id="x", today=TODAY)


def test_it_obeys_and_takes_it_back(ws: Workspace) -> None:
    opened = ws.open("obeys", user_id=ws.user_ids()[1], today=TODAY)
    limit = round(sorted(prices(ws, opened.slate.item_ids))[4] + 0.5)
    cheap = ws.command("obeys", f"nothing over {limit}, please", today=TODAY)
    assert max(prices(ws, cheap.slate.item_ids)) <= limit
    assert cheap.delta is not None
    assert cheap.delta.speaker == "grounded"
    dear = [item_id for item_id, price in zip(opened.slate.item_ids, prices(ws, opened.slate.item_ids), strict=True)
            if price > limit]  # fmt: skip
    assert dear
    assert set(dear) <= {change.item_id for change in cheap.diff.left}
    assert all("over" in change.words for change in cheap.diff.left if change.item_id in dear)
    back = ws.undo("obeys", today=TODAY)
    assert back.slate == opened.slate
    again = ws.command("obeys", f"under {limit}", today=TODAY)
    held = again.after.demands[0].id
    assert ws.rescope("obeys", held, "always", today=TODAY).after.demands[0].scope == "always"
    assert ws.drop("obeys", held, today=TODAY).after.demands == ()
    taken = ws.feedback("obeys", opened.slate.item_ids[0], "purchase", today=TODAY)
    assert opened.slate.item_ids[0] not in taken.slate.item_ids
    assert [one.kind for one in ws.session("obeys").rounds] == [
        "open", "command", "undo", "command", "edit", "edit", "feedback",
    ]  # fmt: skip


def test_a_command_opens_a_session_and_anything_else_does_not(ws: Workspace) -> None:
    first = ws.command("new one", "under 20", user_id=ws.user_ids()[2], today=TODAY)
    assert first.number == 1
    assert max(prices(ws, first.slate.item_ids)) < 20
    for call in (lambda: ws.undo("unheard of"), lambda: ws.session("unheard of"), lambda: ws.drop("unheard of", "c1")):
        with pytest.raises(DataError, match="no session 'unheard of'"):
            call()


def test_a_session_goes_on_over_what_an_update_brings(small_workspace: Path, tmp_path: Path) -> None:
    ws = load(shutil.copytree(small_workspace, tmp_path / "ws"))
    user_id = ws.user_ids()[0]
    before = ws.command("goes on", "under 30", user_id=user_id, today=TODAY)
    gone = before.slate.item_ids[0]
    items = pl.DataFrame({"item_id": [gone], "status": ["withdrawn"]})
    update(ws.store.root, items=items)
    assert ws.session("goes on").memory == before.after
    after = ws.command("goes on", "thanks", today=TODAY)
    assert gone not in after.slate.item_ids
    assert after.after.demands == before.after.demands
    assert max(prices(ws, after.slate.item_ids)) < 30


def test_new_settings_of_listening_are_taken_up_without_making_anything_anew(
    small_world: World, small_workspace: Path, tmp_path: Path
) -> None:
    workspace = Path(shutil.copytree(small_workspace, tmp_path / "ws"))
    config = load_config(overrides=["run.workers=1", "run.n_partitions=4", "commands.matcher.alpha=0.7"])
    assert not run_world(small_world, workspace, config=config).worked
    ws = load(workspace)
    assert ws.config.commands.matcher.alpha == 0.7
    assert ws.interactive.tools["matcher"].config.alpha == 0.7


def test_who_reads_and_who_plans_is_a_setting(ws: Workspace, tmp_path: Path) -> None:
    registry, catalog, tools = ws.interactive.registry, ws.models.catalog, toolbox()
    parser, planner = heard_by(catalog, registry, tools, ws.config, ws.store)
    assert (type(parser), type(planner)) == (GroundedParser, GroundedPlanner)
    for roles, kinds in (
        (["parser", "planner"], (LLMParser, LLMPlanner)),
        (["parser"], (LLMParser, GroundedPlanner)),
        (["miner"], (GroundedParser, GroundedPlanner)),
    ):
        told = [f"llm.endpoint=batch:{tmp_path}", "llm.model=some", f"llm.roles={roles}"]
        parser, planner = heard_by(catalog, registry, tools, load_config(overrides=told), ws.store)
        assert (type(parser), type(planner)) == kinds
