from pathlib import Path

import numpy as np
import pytest

from intentfeed.interests.affinity import Affinity
from intentfeed.interests.audience import Audience
from intentfeed.interests.grounded import GroundedMiner
from intentfeed.interests.habits import CategoryHabits

from . import shop
from .shop import PHONES, POTS, SEEDS, SHOES, SOAP, SOCKS, YARN


def figure(miner: GroundedMiner, name: str, path: str) -> float:
    return float(getattr(miner.habits, name)[miner.pool.tree.node_of[path]])


def test_what_everybody_restocks_is_told_by_repeats_rhythm_and_little_looking(miner: GroundedMiner) -> None:
    assert figure(miner, "again", SOAP) > 0.9
    assert figure(miner, "bought", SOAP) == pytest.approx(1.0)
    assert figure(miner, "irregular", SOAP) < 0.1
    assert figure(miner, "buyers", SOAP) == 1.0
    assert np.isnan(figure(miner, "again", SHOES))


def test_usual_is_what_the_person_in_the_middle_does(miner: GroundedMiner) -> None:
    assert 0.2 < figure(miner, "usual", SOAP) < 0.6
    assert figure(miner, "usual", SHOES) == figure(miner, "usual", YARN) == 0.0


def test_a_parent_has_the_figures_of_all_below_it(miner: GroundedMiner) -> None:
    assert figure(miner, "share", "Outdoors") == pytest.approx(
        figure(miner, "share", SHOES) + figure(miner, "share", SOCKS)
    )


def test_siblings_that_draw_the_same_people_have_affinity_and_cousins_have_none(miner: GroundedMiner) -> None:
    node = miner.pool.tree.node_of
    assert miner.affinity.of(node[SHOES], node[SOCKS]) > 2
    assert miner.affinity.of(node[SOCKS], node[SHOES]) == miner.affinity.of(node[SHOES], node[SOCKS])
    assert miner.affinity.of(node[SHOES], node[PHONES]) == 1.0


def test_an_audience_is_learnt_from_who_comes_back(miner: GroundedMiner) -> None:
    kits, pots = np.array([shop.item(YARN)]), np.array([shop.item(POTS)])
    assert miner.audience.fit_of(kits, {"gender": "m"})[0] < 0.4
    assert miner.audience.fit_of(kits, {"gender": "m"})[1] == ("gender", "m")
    assert miner.audience.fit_of(kits, {"gender": "f"})[0] == 1.0
    assert miner.audience.fit_of(pots, {"gender": "m"})[0] == 1.0
    assert miner.audience.fit_of(kits, {"gender": "x", "shoe": "44"}) == (1.0, None)


def test_numbers_such_as_an_age_are_cut_into_parts_and_names_are_left_out() -> None:
    log, _ = shop.everybody()
    people = [{"age": str(20 + user), "town": f"town {user}"} for user in range(60)]
    audience = Audience.fit(shop.catalogue(), log, GroundedMiner.fit(shop.catalogue(), log).pool.tree, people)
    assert {name for name, _ in audience.people.values} <= {"age"}
    assert len(audience.people.edges["age"]) == 4


def test_what_was_saved_is_found_by_name_in_a_catalogue_that_has_changed(miner: GroundedMiner, tmp_path: Path) -> None:
    miner.save(tmp_path)
    less = shop.catalogue().frame.filter(~shop.pl.col("category").is_in([SEEDS, SOCKS]))
    again = GroundedMiner.load(tmp_path, type(miner.pool.catalog)(less))
    for name in ("share", "usual", "bought"):
        assert figure(again, name, SOAP) == figure(miner, name, SOAP)
    assert SEEDS not in again.pool.tree.node_of
    kits = np.array([again.pool.catalog.category_I.tolist().index(again.pool.catalog.categories.index(YARN))])
    assert again.audience.fit_of(kits, {"gender": "m"})[0] == pytest.approx(
        miner.audience.fit_of(np.array([shop.item(YARN)]), {"gender": "m"})[0]
    )


def test_an_empty_log_has_no_habits_and_fits() -> None:
    log, _ = shop.everybody()
    nobody = type(log)(
        log.user[:0], log.item[:0], log.action[:0], log.time_s[:0], log.value[:0], n_users=0, n_items=log.n_items
    )
    miner = GroundedMiner.fit(shop.catalogue(), nobody)
    assert isinstance(miner.habits, CategoryHabits)
    assert isinstance(miner.affinity, Affinity)
    assert miner.mine(shop.history(shop.looks(SHOES, range(0, 700, 50))), "", shop.TODAY)[0].name == "Trail Shoes"


def test_an_empty_catalogue_fits_and_mines_nothing_but_queries(tmp_path: Path) -> None:
    log, _ = shop.everybody()
    nobody = type(log)(log.user[:0], log.item[:0], log.action[:0], log.time_s[:0], log.value[:0], n_users=0, n_items=0)
    empty = shop.Catalog.of({"item_id": []})
    GroundedMiner.fit(empty, nobody).save(tmp_path)
    miner = GroundedMiner.load(tmp_path, empty)
    found = miner.mine(shop.history([("search", "tent", day) for day in range(0, 700, 90)]), "", shop.TODAY)
    assert [interest.name for interest in found] == ["Tent"]
