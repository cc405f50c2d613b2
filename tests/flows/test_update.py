"""One day later: only the users concerned change, whatever came in, and those who leave are gone."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from intentfeed.daily import update
from intentfeed.data.store import Store
from intentfeed.errors import DataError
from intentfeed.manifest import Manifest
from intentfeed.simulate.world import World
from intentfeed.workspace import load

from .test_run import tables

BY_USER = ("digests", "interests", "tags", "slates")


@pytest.fixture
def workspace(small_workspace: Path, tmp_path: Path) -> Path:
    """Return a copy of the finished run, free to be changed."""
    return Path(shutil.copytree(small_workspace, tmp_path / "ws"))


def future_of(world: World, users: Sequence[str]) -> pl.DataFrame:
    return world.truth("future").filter(pl.col("user_id").is_in(users))


def busy(world: World, n: int) -> list[str]:
    """Return people who do something deliberate after the log's end."""
    rows = world.truth("future").filter(pl.col("action") != "impression").group_by("user_id").len()
    return rows.sort("len", "user_id", descending=True)["user_id"].head(n).to_list()


def others_unchanged(before: dict[str, pl.DataFrame], after: dict[str, pl.DataFrame], touched: Sequence[str]) -> None:
    for name in BY_USER:
        same = pl.col("user_id").is_in(touched).not_()
        assert before[name].filter(same).equals(after[name].filter(same)), f"{name} of others changed"


def test_new_events_touch_their_users_only(small_world: World, workspace: Path) -> None:
    users, before = busy(small_world, 3), tables(workspace)
    outcome = update(workspace, events=future_of(small_world, users))
    after = tables(workspace)
    assert outcome.n_touched == len(users)
    seconds = sum(outcome.figures["seconds"].values())
    assert outcome.figures["users_per_second"] == pytest.approx(len(users) / seconds, rel=1e-3)
    others_unchanged(before, after, users)
    grown = after["digests"].filter(pl.col("user_id").is_in(users))["n_events"].sum()
    was = before["digests"].filter(pl.col("user_id").is_in(users))["n_events"].sum()
    assert grown - was == future_of(small_world, users).height
    new_ids = set(after["events"]["event_id"]) - set(before["events"]["event_id"])
    assert min(new_ids) == before["events"]["event_id"].max() + 1


def test_standing_interests_keep_their_ids_and_dates(small_world: World, workspace: Path) -> None:
    users, before = busy(small_world, 3), tables(workspace)
    update(workspace, events=future_of(small_world, users))
    key = ["user_id", "interest_id"]
    kept = before["interests"].filter((pl.col("status") == "kept") & pl.col("user_id").is_in(users))
    still = kept.join(tables(workspace)["interests"], on=key, suffix="_after")
    assert still.height == kept.height, "no standing interest vanishes: it stays, is renamed or ends"
    assert (still["since"] == still["since_after"]).all()


def test_the_same_events_twice_count_once(small_world: World, workspace: Path, tmp_path: Path) -> None:
    path = tmp_path / "new.parquet"
    future_of(small_world, busy(small_world, 2)).write_parquet(path)
    assert update(workspace, events=str(path)).worked
    once = tables(workspace)
    assert not update(workspace, events=str(path)).worked
    assert once["events"].equals(tables(workspace)["events"])


def test_nothing_given_means_no_work(workspace: Path) -> None:
    assert not update(workspace).worked


def test_folding_files_away_does_not_show(small_world: World, workspace: Path, tmp_path: Path) -> None:
    """The same updates, each partition rewritten at every one of them or never, end in the same rows."""
    users = busy(small_world, 3)
    folded = Path(shutil.copytree(workspace, tmp_path / "folded"))
    for root, limit in ((workspace, 100), (folded, 1)):
        config = root / "config.toml"
        config.write_text(config.read_text().replace("max_segments = 8", f"max_segments = {limit}"))
        for turn in (0, 1):
            for user in users:
                rows = future_of(small_world, [user])
                half = rows.height // 2
                update(root, events=rows.slice(half * turn, half))
    files = [Store(root).completed()["segments"]["digests"].values() for root in (workspace, folded)]
    assert [max(map(len, found)) > 1 for found in files] == [True, False]
    for name in ("events", *BY_USER):
        assert tables(folded)[name].equals(tables(workspace)[name]), name


def test_those_who_leave_are_gone_from_every_file(small_world: World, workspace: Path) -> None:
    leaver, before = busy(small_world, 1)[0], tables(workspace)
    update(workspace, delete=[leaver])
    after = tables(workspace)
    others_unchanged(before, after, [leaver])
    for name in ("events", *BY_USER):
        assert leaver not in after[name]["user_id"].to_list(), name
    for path in workspace.rglob("*.parquet"):
        frame = pl.read_parquet(path)
        if "user_id" in frame.columns and path.parent.name != "touched":
            assert leaver not in frame["user_id"].to_list(), path
    with pytest.raises(DataError, match="has no user"):
        load(workspace).person(leaver)


def test_an_unknown_leaver_changes_nothing(workspace: Path) -> None:
    before = tables(workspace)
    with pytest.raises(DataError, match="nobody-here"):
        update(workspace, delete=["nobody-here"])
    for name, frame in tables(workspace).items():
        assert frame.equals(before[name])


def test_a_withdrawn_item_leaves_the_slates_that_showed_it(workspace: Path) -> None:
    before = tables(workspace)
    item_id = before["slates"]["item_id"].mode().sort()[0]
    showed = before["slates"].filter(pl.col("item_id") == item_id)["user_id"].to_list()
    outcome = update(workspace, items=pl.DataFrame({"item_id": [item_id], "status": ["withdrawn"]}))
    after = tables(workspace)
    assert outcome.n_touched == len(showed)
    assert item_id not in after["slates"]["item_id"].to_list()
    others_unchanged(before, after, showed)


def test_what_was_said_of_an_item_is_not_said_after_it_changed(workspace: Path) -> None:
    """Even of one that nobody is shown: whoever asks next must not hear what is no longer true."""
    before = tables(workspace)
    shown = before["slates"]["item_id"].unique().to_list()
    item_id = before["explanations"].filter(pl.col("item_id").is_in(shown).not_())["item_id"].sort()[0]
    new = {"item_id": [item_id], "title": ["Purple elephant statue"], "brand": ["Acme"], "category": ["Zoo > Statues"]}
    outcome = update(workspace, items=pl.DataFrame(new))
    after = tables(workspace)
    of_item = pl.col("item_id") == item_id
    old, said = before["explanations"].filter(of_item), after["explanations"].filter(of_item)
    assert outcome.n_touched == 0
    others_unchanged(before, after, [])
    assert said.height, "the item still has something said of it"
    assert not set(said["text"]) & set(old["text"])
    assert before["explanations"].filter(~of_item).equals(after["explanations"].filter(~of_item))


def test_rows_of_a_delta_that_are_no_item_lie_with_their_reason(workspace: Path) -> None:
    ids = load(workspace).models.catalog.item_ids[:200]
    rows = {"item_id": [*ids, None], "status": ["available"] * 201}
    update(workspace, items=pl.DataFrame(rows))
    [rejects] = (workspace / "rejects").glob("items-*.jsonl")
    assert pl.read_ndjson(rejects).select("row", "why").rows() == [(200, "no item_id")]


def test_what_held_on_one_day_is_not_said_of_another(small_world: World, workspace: Path) -> None:
    store = Store(workspace)
    store.commit({**store.completed(), "context_notes": ["snow"]})
    update(workspace, items=pl.DataFrame({"item_id": ["just-in"], "title": ["Lamp"]}))
    assert Manifest.of(store.completed()).context.notes == ("snow",)
    update(workspace, events=future_of(small_world, busy(small_world, 1)))
    assert Manifest.of(store.completed()).context.notes == ()


def test_settings_of_another_run_do_not_spread_users_anew(small_world: World, workspace: Path) -> None:
    """A run that begins anew and dies between its settings and its manifest leaves just this."""
    path = workspace / "config.toml"
    path.write_text(path.read_text().replace("n_partitions = 4", "n_partitions = 7"))
    user = busy(small_world, 1)[0]
    update(workspace, events=future_of(small_world, [user]))
    found = load(workspace).store.scan("events", user).collect()
    assert found.height == tables(workspace)["events"].filter(pl.col("user_id") == user).height
    assert found.filter(pl.col("timestamp") > datetime(2025, 2, 28, 23, 59, tzinfo=UTC)).height


def test_the_log_of_the_run_given_again_counts_once(small_world: World, workspace: Path) -> None:
    assert not update(workspace, events=str(small_world.events)).worked


def test_a_new_item_can_be_found_at_once(workspace: Path) -> None:
    ws = load(workspace)
    twin = tables(workspace)["slates"]["item_id"][0]
    row = ws.models.catalog.frame.row(ws.models.catalog.row_of[twin], named=True)
    new = pl.DataFrame(
        {
            "item_id": ["just-in"],
            "title": [row["title"]],
            "category": [row["category"]],
            "brand": [row["brand"]],
            "price": [row["price"]],
        }
    )
    update(workspace, items=new)
    near = load(workspace).recommend(history=[twin], k=20)
    assert "just-in" in near.item_ids


def test_refit_thinks_of_everybody(small_world: World, workspace: Path) -> None:
    outcome = update(workspace, events=future_of(small_world, busy(small_world, 3)), refit=True)
    assert outcome.n_touched == tables(workspace)["digests"].height
