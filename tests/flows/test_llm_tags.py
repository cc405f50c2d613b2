"""Tags over HTTP: forty people of the sample world, the scripted endpoint, the door, and everything checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from intentfeed.data.history import histories
from intentfeed.data.item_table import item_table
from intentfeed.data.records import interests_by_user
from intentfeed.evaluate.tags import tag_ranks
from intentfeed.fitting import Models
from intentfeed.intents.llm import LLMTagger
from intentfeed.intents.precise import CLAIMS
from intentfeed.llm.config import LLMConfig
from intentfeed.llm.door import open_door
from intentfeed.llm.log import CallLog
from intentfeed.llm.scripted.process import ScriptedProcess
from intentfeed.simulate.world import World
from intentfeed.types import Context, History, Interest, Tag
from intentfeed.workspace import load

N_PEOPLE = 40


@dataclass(frozen=True)
class People:
    """The first people of the world who have interests, and what was fitted."""

    models: Models
    context: Context
    rows: Sequence[tuple[History, list[Interest]]]


@pytest.fixture(scope="module")
def people(small_workspace: Path) -> People:
    """Return forty people with their kept interests."""
    workspace = load(small_workspace)
    rows = []
    for part in sorted(workspace.manifest.segments["events"]):
        interests = interests_by_user(workspace.rows("interests", part))
        for history in histories(workspace.rows("events", part), workspace.models.catalog, workspace.people):
            kept = [i for i in interests.get(history.user_id, []) if i.status == "kept"]
            if kept:
                rows.append((history, kept))
    assert len(rows) >= N_PEOPLE
    return People(workspace.models, workspace.context, rows[:N_PEOPLE])


def tagger_for(people: People, llm: LLMConfig, log: CallLog) -> LLMTagger:
    """Return a tagger that reads this log."""
    models = people.models
    return LLMTagger(
        models.tagger,  # type: ignore[arg-type]
        answers=log,
        llm=llm,
        language="en",
        chosen=lambda _: True,
        texts=item_table(models.catalog.frame).frame["short"].to_list(),
    )


def asked(people: People, folder: Path, **manners: object) -> Iterator[tuple[LLMTagger, list[list[Tag]]]]:
    """Yield the tagger after a wave over HTTP, and everybody's tags."""
    with ScriptedProcess(dict(manners)) as server:
        llm = LLMConfig(endpoint=server.url, model="scripted", timeout_s=5.0)
        log = CallLog(folder / "llm.sqlite")
        tagger = tagger_for(people, llm, log)
        calls = [tagger.call(history, kept, people.context) for history, kept in people.rows]
        assert all(calls)
        replies = list(open_door(llm, log).complete_many(call for call in calls if call))
        assert len(replies) == N_PEOPLE
        yield tagger, [tagger.tag(history, kept, people.context) for history, kept in people.rows]


@pytest.fixture(scope="module")
def honest(people: People, tmp_path_factory: pytest.TempPathFactory) -> tuple[LLMTagger, list[list[Tag]]]:
    """Return the tags of an endpoint that does its best."""
    return next(asked(people, tmp_path_factory.mktemp("honest")))


def test_everybody_is_spoken_of_by_the_model(people: People, honest: tuple[LLMTagger, list[list[Tag]]]) -> None:
    tagger, tags = honest
    assert tagger.spoke["llm"] >= 0.95 * N_PEOPLE
    assert sum(tag.backend == "llm" for row in tags for tag in row) >= 0.4 * sum(map(len, tags))
    for (history, kept), row in zip(people.rows, tags, strict=True):
        assert len(row) >= min(50, len(people.models.tagger.tag(history, kept, people.context)))


def test_each_tag_hangs_on_a_kept_interest_with_real_events_and_a_category(
    people: People, honest: tuple[LLMTagger, list[list[Tag]]]
) -> None:
    paths = set(people.models.catalog.categories) - {""}
    for (history, kept), row in zip(people.rows, honest[1], strict=True):
        keys = {interest.interest_id: interest.key for interest in kept}
        events = set(history.event_id.tolist())
        assert [tag.rank for tag in row] == list(range(1, len(row) + 1))
        for tag in row:
            assert keys[tag.interest_id] == tag.interest_key
            assert tag.event_ids
            assert set(tag.event_ids) <= events
            assert tag.category in paths
            assert tag.reason


def test_hits_stand_beside_the_grounded_ones(
    people: People, honest: tuple[LLMTagger, list[list[Tag]]], small_world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    grounded = people.models.tagger
    future = small_world.truth("future").filter(pl.col("item_id").is_not_null())
    row_of, category_I = people.models.catalog.row_of, people.models.catalog.category_I
    nexts = dict(future.group_by("user_id", maintain_order=True).agg(pl.col("item_id").first()).iter_rows())
    told = [at for at, (history, _) in enumerate(people.rows) if nexts.get(history.user_id) in row_of]
    truth = np.array([category_I[row_of[nexts[people.rows[at][0].user_id]]] for at in told], dtype=np.int32)
    mine = [[tag.tag for tag in honest[1][at]] for at in told]
    theirs = [[tag.tag for tag in grounded.tag(*people.rows[at], people.context)] for at in told]
    hits = {
        name: float((tag_ranks(grounded, rows, truth) <= 30).mean())  # type: ignore[arg-type]
        for name, rows in (("scripted", mine), ("grounded", theirs))
    }
    with capsys.disabled():
        print(f"\nHR@30 of {len(told)} people: scripted {hits['scripted']:.3f}, grounded {hits['grounded']:.3f}")
    assert hits["grounded"] > 0
    assert hits["scripted"] >= 0.5 * hits["grounded"]


def test_of_nonsense_nothing_is_left(people: People, tmp_path: Path) -> None:
    tagger, tags = next(asked(people, tmp_path, fault_rate=1.0, faults="nonsense"))
    assert tagger.spoke["llm"] == 0
    for (history, kept), row in zip(people.rows, tags, strict=True):
        assert row == people.models.tagger.tag(history, kept, people.context)
        assert not [tag for tag in row if CLAIMS.search(tag.tag) or "<" in tag.tag + tag.reason]


def test_faults_leave_nobody_without_tags(people: People, tmp_path: Path) -> None:
    faults = "429,500,cut,malformed,schema,prose,nonsense"
    tagger, tags = next(asked(people, tmp_path, fault_rate=0.3, faults=faults, seed=3))
    assert all(row for row in tags)
    assert tagger.spoke.total() == N_PEOPLE
    assert tagger.spoke["llm"] >= 0.75 * N_PEOPLE  # nonsense, said to a tenth of them at most, is not asked again
