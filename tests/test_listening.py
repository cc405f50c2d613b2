"""A finished workspace that is told things: sessions begin with its slates, obey, outlive an update, can be undone."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from intentfeed.commands.grounded import GroundedParser
from intentfeed.commands.llm import LLMParser, LLMPlanner
from intentfeed.commands.planner import GroundedPlanner
from intentfeed.commands.toolbox import toolbox
from intentfeed.config import dump_config, load_config
from intentfeed.daily import update
from intentfeed.errors import ConfigError, DataError
from intentfeed.listening import heard_by
from intentfeed.llm.scripted.process import ScriptedProcess
from intentfeed.service.serving import Serving
from intentfeed.simulate.world import World
from intentfeed.types import History
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


def settings(workspace: Path, *told: str) -> None:
    path = workspace / "config.toml"
    path.write_text(dump_config(load_config(path, overrides=list(told))))


def lines() -> int:
    return sum(thread.name == "llm-online" for thread in threading.enumerate())


def test_one_door_to_the_model_for_all_states_until_it_is_closed(
    small_workspace: Path, tmp_path: Path, scripted: Callable[..., ScriptedProcess]
) -> None:
    root = Path(shutil.copytree(small_workspace, tmp_path / "ws"))
    settings(root, f'llm.endpoint="{scripted().url}"', 'llm.model="scripted"', 'llm.roles=["parser"]')
    before, serving = lines(), Serving(root)
    ws, doors = load(root), set[int]()
    for at in range(3):
        ws.command("told", f"under 4{at}", today=TODAY)
        session = serving.now.feed.open(session_id="s", history=History.of_items([]), today=TODAY)
        serving.now.feed.command(session, f"under 3{at}", today=TODAY)
        parsers = [ws.interactive.parser, serving.now.feed.parser]
        assert lines() == before + 2
        doors |= {id(parser.door) for parser in parsers if isinstance(parser, LLMParser)}
        update(root, items=pl.DataFrame({"item_id": [ws.models.catalog.item_ids[at]], "status": ["withdrawn"]}))
        assert serving.refresh()
    assert len(doors) == 2
    serving.close()
    ws.close()
    assert lines() == before
    assert ws.command("told", "under 50", today=TODAY).delta is not None  # it is opened again
    ws.close()


class Looks:
    """Encodes words as what they look like: round or not."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.array([[float("round" in text), 0.0, 0.0] for text in texts], dtype=np.float32)


def test_a_column_of_vectors_works_with_an_encoder_and_is_refused_without(
    small_workspace: Path, tmp_path: Path
) -> None:
    root = Path(shutil.copytree(small_workspace, tmp_path / "ws"))
    settings(root, 'commands.matcher.vector_column="look"', "commands.matcher.vector_weight=0.9")
    ws = load(root)
    with pytest.raises(ConfigError, match=r"vector_column is 'look'.*vector_encoder"):
        ws.command("blind", "something round", today=TODAY)
    with pytest.raises(ConfigError, match="vector_column is 'look'"):
        Serving(root)
    with pytest.raises(DataError, match="no item has a list of numbers in 'look'"):
        load(root, vector_encoder=Looks()).command("no looks", "something round", today=TODAY)
    shown = ws.recommend(history=ws.models.catalog.item_ids[:1], k=10).item_ids
    looks = [json.dumps({"look": [0.0, 1.0, 0.0] if item_id != shown[7] else [1.0, 0.0, 0.0]}) for item_id in shown]
    update(root, items=pl.DataFrame({"item_id": shown, "attributes": looks}))
    seeing = load(root, vector_encoder=Looks())
    seeing.open("sees", history=ws.models.catalog.item_ids[:1], today=TODAY)
    assert seeing.command("sees", "something quiroundish", today=TODAY).slate.item_ids[0] == shown[7]
    assert "look" not in seeing.interactive.registry.fields  # nobody asks for a number of a vector
    settings(root, 'commands.matcher.vector_column=""')
    plain = load(root)
    plain.open("sees", history=ws.models.catalog.item_ids[:1], today=TODAY)
    assert plain.command("sees", "something quiroundish", today=TODAY).slate.item_ids[0] != shown[7]
