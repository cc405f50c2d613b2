import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.data.history import histories, interactions
from intentfeed.evaluate.interests import (
    Claimed,
    Score,
    eval_interests,
    frequent_categories,
    interest_report,
    matched,
    read_case,
    score,
)
from intentfeed.interests.grounded import GroundedMiner
from intentfeed.simulate.world import WorldConfig, ensure_world
from intentfeed.types import Context
from tests.interests import shop

SMALL = WorldConfig.model_validate({"seed": 101, "n_users": 120, "heavy_users": 0, "events_per_user": 900.0})


def claimed(category: str, *events: int) -> Claimed:
    return Claimed((category,), frozenset(events))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Score]:
    return interest_report(101, config=SMALL, cache_dir=tmp_path_factory.mktemp("worlds"))


def test_the_same_leaf_or_its_parent_matches_and_a_cousin_does_not() -> None:
    true = [claimed("A > B > C", 1, 2, 3)]
    assert matched([claimed("A > B > C", 1, 2, 3)], true) == [(0, 0)]
    assert matched([claimed("A > B", 1, 2, 3)], true) == [(0, 0)]
    assert matched([claimed("A > B > C > D", 1, 2, 3)], true) == [(0, 0)]
    assert matched([claimed("A > B > CC", 1, 2, 3)], true) == []
    assert matched([claimed("A > B > E", 1, 2, 3)], true) == []


def test_evidence_must_overlap_by_three_tenths() -> None:
    true = [claimed("A", *range(10))]
    assert matched([claimed("A", 0, 1, 2)], true) == [(0, 0)]
    assert matched([claimed("A", 0, 1)], true) == []
    assert matched([claimed("A", 0, 1, 2, 90)], true) == []


def test_matches_are_one_to_one_and_as_many_as_possible() -> None:
    true = [claimed("A", 1, 2, 3), claimed("A", 2, 3, 4)]
    mined = [claimed("A", 2, 3), claimed("A", 1), claimed("A", 1, 2, 3, 4)]
    pairs = matched(mined, true)
    assert len(pairs) == 2
    assert len({m for m, _ in pairs}) == len({t for _, t in pairs}) == 2
    assert matched([], true) == matched(mined, []) == []


def test_frequent_categories_take_all_events_of_the_largest() -> None:
    catalog: Catalog = shop.catalogue()
    seen = shop.history(
        [*shop.looks(shop.SHOES, range(5)), *shop.looks(shop.SOCKS, [9]), *shop.looks(shop.SOAP, [7] * 3)]
    )
    leaves = frequent_categories(seen, catalog, levels=0, k=2)
    assert [(c.categories[0], len(c.events)) for c in leaves] == [(shop.SHOES, 5), (shop.SOAP, 3)]
    parents = frequent_categories(seen, catalog, levels=1, k=1)
    assert [(c.categories[0], len(c.events)) for c in parents] == [("Outdoors > Running", 6)]


def test_the_truth_itself_scores_one(tmp_path_factory: pytest.TempPathFactory) -> None:
    config = SMALL.model_copy(update={"n_users": 12})
    case = read_case(ensure_world(config, tmp_path_factory.mktemp("worlds")))
    perfect = score(case.true, case)
    assert (perfect.precision, perfect.recall, perfect.f1, perfect.macro_f1) == (1, 1, 1, 1)
    nothing = score({}, case)
    assert (nothing.n_mined, nothing.f1, nothing.precision) == (0, 0, 0)


def test_on_a_small_world_most_interests_are_found_and_few_are_made_up(report: dict[str, Score]) -> None:
    ours = report["grounded"]
    assert ours.f1 >= 0.85
    assert ours.precision >= 0.85
    assert ours.f1 >= max(report[name].f1 for name in report if name != "grounded") + 0.15
    assert 8 <= ours.n_mined / ours.n_users <= 18


def test_needs_gifts_and_bursts_are_seldom_taken_for_interests(report: dict[str, Score]) -> None:
    wrong = report["grounded"].wrong
    assert wrong.get("necessity", 0) <= 0.01 * report["grounded"].n_mined
    assert wrong.get("gift", 0) <= 0.06 * report["grounded"].n_mined
    assert wrong.get("burst", 0) <= 0.03 * report["grounded"].n_mined


def test_confidence_means_what_it_says(report: dict[str, Score]) -> None:
    assert report["grounded"].calibration_error <= 0.08
    least, most = report["grounded"].calibration[0], report["grounded"].calibration[-1]
    assert least[1] < most[1]


def test_the_table_has_a_row_a_seed_and_method_and_the_mean(tmp_path: Path) -> None:
    tiny = SMALL.model_copy(update={"n_users": 8})
    rows = eval_interests([101, 102], config=tiny, cache_dir=tmp_path)
    assert [row["seed"] for row in rows] == ["101"] * 3 + ["102"] * 3 + ["mean"] * 3
    ours = [row["f1"] for row in rows if row["method"] == "grounded"]
    assert ours[2] == pytest.approx((float(ours[0]) + float(ours[1])) / 2, abs=1e-4)


def test_what_has_ended_fades_and_what_goes_on_does_not(tmp_path: Path) -> None:
    world = ensure_world(SMALL, tmp_path)
    case = read_case(world)
    people = [json.loads(case.people[user]) for user in sorted(case.events["user_id"].unique().to_list())]
    miner = GroundedMiner.fit(case.catalog, interactions(case.events, case.catalog), people=people)
    ends: dict[str, list[date | None]] = {}
    for row in world.truth("interests").to_dicts():
        ends.setdefault(row["user_id"], []).append(row["end"])
    fading: dict[bool, list[bool]] = {True: [], False: []}
    for seen in histories(case.events, case.catalog, case.people):
        kept = [i for i in miner.mine(seen, "", Context(as_of=case.as_of)) if i.status == "kept"]
        mined = [Claimed(i.categories, frozenset(i.event_ids)) for i in kept]
        for m, t in matched(mined, case.true.get(seen.user_id, [])):
            end = ends[seen.user_id][t]
            if end is None or end < case.as_of - timedelta(180):
                fading[end is not None].append(kept[m].stage == "fading")
    assert np.mean(fading[True]) >= 0.65
    assert np.mean(fading[False]) <= 0.15
