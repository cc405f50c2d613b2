"""Interests over HTTP: forty people of the sample world, the scripted endpoint, the door, and the truth."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from intentfeed.data.compress import CompressConfig, compress
from intentfeed.data.history import histories, interactions
from intentfeed.data.item_table import item_table
from intentfeed.data.short import short_texts
from intentfeed.evaluate.interests import Case, Claimed, Score, read_case, score
from intentfeed.interests.grounded import GroundedMiner
from intentfeed.interests.llm import LLMMiner
from intentfeed.llm.client import Language
from intentfeed.llm.config import LLMConfig
from intentfeed.llm.door import open_door
from intentfeed.llm.log import CallLog
from intentfeed.llm.scripted.process import ScriptedProcess
from intentfeed.simulate.world import World, WorldConfig, ensure_world
from intentfeed.types import Context, History, Interest

N_PEOPLE = 40


@dataclass(frozen=True)
class People:
    """The first people of the world, their digests, and what was fitted."""

    case: Case
    grounded: GroundedMiner
    texts: list[str]
    rows: list[tuple[History, str]]
    context: Context
    language: Language

    def score(self, found: dict[str, list[Interest]]) -> Score:
        """Return how well the kept interests match the truth about these people."""
        said = {
            user: [Claimed(i.categories, frozenset(i.event_ids), i.confidence) for i in mined if i.status == "kept"]
            for user, mined in found.items()
        }
        true = {user: claims for user, claims in self.case.true.items() if user in found}
        case = Case(self.case.catalog, self.case.events, self.case.people, self.case.as_of, true, self.case.cause)
        return score(said, case)


def people_of(world: World, language: Language) -> People:
    """Return forty people who have a digest."""
    case = read_case(world)
    log = interactions(case.events, case.catalog)
    about = [json.loads(case.people.get(user, "{}")) for user in sorted(case.events["user_id"].unique().to_list())]
    grounded = GroundedMiner.fit(case.catalog, log, people=about)
    table = item_table(case.catalog.frame.with_columns(short=short_texts(case.catalog)))
    digests = dict(
        compress(case.events, table, CompressConfig(), as_of=case.as_of).select("user_id", "text").iter_rows()
    )
    rows = [(h, digests[h.user_id]) for h in histories(case.events, case.catalog, case.people) if digests[h.user_id]]
    texts = table.frame["short"].to_list()
    return People(case, grounded, texts, rows[:N_PEOPLE], Context(as_of=case.as_of), language)


@pytest.fixture(scope="module")
def people(small_world: World) -> People:
    """Return forty people of the small world."""
    return people_of(small_world, "en")


def asked(people: People, folder: Path, **manners: object) -> Iterator[tuple[LLMMiner, dict[str, list[Interest]]]]:
    """Yield the miner after a wave over HTTP, and everybody's interests."""
    with ScriptedProcess(dict(manners)) as server:
        llm = LLMConfig(endpoint=server.url, model="scripted", timeout_s=5.0, attempts=5)
        log = CallLog(folder / "llm.sqlite")
        miner = LLMMiner(
            people.grounded,
            answers=log,
            llm=llm,
            language=people.language,
            chosen=lambda _: True,
            texts=people.texts,
            compress=CompressConfig(),
        )
        calls = [miner.call(history, digest, people.context) for history, digest in people.rows]
        replies = list(open_door(llm, log).complete_many(call for call in calls if call))
        assert len(replies) == sum(call is not None for call in calls)
        yield miner, {h.user_id: miner.mine(h, digest, people.context) for h, digest in people.rows}


@pytest.fixture(scope="module")
def honest(people: People, tmp_path_factory: pytest.TempPathFactory) -> tuple[LLMMiner, dict[str, list[Interest]]]:
    """Return the interests of an endpoint that does its best."""
    return next(asked(people, tmp_path_factory.mktemp("honest")))


def test_what_the_model_names_is_true(
    people: People, honest: tuple[LLMMiner, dict[str, list[Interest]]], capsys: pytest.CaptureFixture[str]
) -> None:
    miner, found = honest
    grounded = {h.user_id: people.grounded.mine(h, digest, people.context) for h, digest in people.rows}
    ours, theirs = people.score(found), people.score(grounded)
    with capsys.disabled():
        print(f"\nF1 of interests: scripted model {ours.f1:.3f}, grounded {theirs.f1:.3f}, {ours.n_users} people")
    assert miner.spoke["llm"] >= 0.95 * N_PEOPLE
    assert ours.f1 >= 0.7
    assert ours.precision >= 0.8


def test_each_interest_cites_events_of_its_own_person(
    people: People, honest: tuple[LLMMiner, dict[str, list[Interest]]]
) -> None:
    for history, _ in people.rows:
        found = honest[1][history.user_id]
        events = set(history.event_id.tolist())
        assert len({interest.interest_id for interest in found}) == len(found)
        assert len({interest.key for interest in found}) == len(found)
        for interest in found:
            assert interest.user_id == history.user_id
            assert interest.event_ids
            assert set(interest.event_ids) <= events
            assert interest.reason


def test_most_reasons_are_the_models_own_words(honest: tuple[LLMMiner, dict[str, list[Interest]]]) -> None:
    kept = [i for mined in honest[1].values() for i in mined if i.status == "kept" and i.backend == "llm"]
    assert sum("and more like it" in interest.reason for interest in kept) >= 0.8 * len(kept)


def test_the_same_holds_in_chinese(common: Path, tmp_path: Path) -> None:
    size = {"seed": 101, "n_users": 44, "n_items": 1_200, "min_leaves": 90, "events_per_user": 300.0, "heavy_users": 0}
    world = ensure_world(WorldConfig.model_validate({**size, "language": "zh"}), common / "worlds")
    people = people_of(world, "zh")
    miner, found = next(asked(people, tmp_path))
    assert miner.spoke["llm"] >= 0.9 * N_PEOPLE
    assert people.score(found).f1 >= 0.7


def test_of_faults_and_nonsense_nothing_is_left(people: People, tmp_path: Path) -> None:
    faults = "429,500,cut,prose,schema,nonsense"
    miner, found = next(asked(people, tmp_path, fault_rate=0.5, faults=faults, seed=4))
    assert len(found) == N_PEOPLE
    assert miner.spoke.total() == N_PEOPLE
    assert 0 < miner.spoke["llm"] < N_PEOPLE
    assert people.score(found).f1 >= 0.7
    said = " ".join(f"{i.name} {i.reason}" for mined in found.values() for i in mined)
    for lie in ("<", "Golf Carts", "Miracle", "BrandZilla", "Ignore all", "yacht", "90 %"):
        assert lie not in said
