import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentfeed.interests.grounded import GroundedMiner, MinerConfig
from intentfeed.types import ACTIONS, History, Interest

from . import shop
from .shop import PHONES, POTS, SEEDS, SHOES, SOAP, SOCKS, TODAY, YARN, background, history, looks, restocks

YEARS = range(10, 700, 50)


def about(found: list[Interest], category: str) -> Interest:
    """Return the interest whose evidence lies in the category."""
    return next(interest for interest in found if category in interest.categories)


def test_what_is_done_for_months_is_kept_with_its_evidence(miner: GroundedMiner) -> None:
    seen = history([*background(), *looks(SHOES, YEARS), ("purchase", shop.item(SHOES, 3), 705)])
    interest = about(miner.mine(seen, "", TODAY), SHOES)
    assert interest.status == "kept"
    assert interest.name == "Trail Shoes"
    assert interest.listed
    assert interest.interest_id.startswith("matched interest_")
    assert set(interest.event_ids) == {int(e) for e in seen.event_id[seen.item // shop.PER_CATEGORY == 0]}
    assert interest.reason == "1 purchase and 14 detail views of trail shoes over 23 months, last in December 2025"


def test_a_single_action_is_refused(miner: GroundedMiner) -> None:
    interest = about(miner.mine(history([*background(), *looks(SHOES, [300])]), "", TODAY), SHOES)
    assert (interest.status, interest.reasonableness) == ("rejected", "weak")
    assert interest.reason.startswith("A single detail view of trail shoes on 27 October 2024: one action")


def test_one_sitting_is_refused_however_long(miner: GroundedMiner) -> None:
    interest = about(miner.mine(history([*background(), *looks(SHOES, [300] * 20)]), "", TODAY), SHOES)
    assert (interest.status, interest.reasonableness) == ("rejected", "weak")
    assert "one sitting" in interest.reason


def test_a_short_burst_is_refused_and_the_same_number_over_months_is_not(miner: GroundedMiner) -> None:
    burst = about(miner.mine(history([*background(), *looks(SHOES, range(300, 314))]), "", TODAY), SHOES)
    spread = about(miner.mine(history([*background(), *looks(SHOES, range(300, 580, 20))]), "", TODAY), SHOES)
    assert (burst.status, spread.status) == ("rejected", "kept")
    assert "14 of 14 in one short burst" in burst.reason


def test_a_season_that_returns_each_year_is_kept_and_does_not_fade_in_between(miner: GroundedMiner) -> None:
    springs = [year + day for year in (80, 445) for day in range(0, 60, 10)]
    interest = about(miner.mine(history([*background(), *looks(SEEDS, springs)]), "", TODAY), SEEDS)
    assert (interest.status, interest.stage) == ("kept", "stable")


def test_restocking_is_a_necessity_even_for_who_does_it_most(miner: GroundedMiner) -> None:
    interest = about(miner.mine(history([*background(), *restocks(SOAP, range(5, 720, 30))]), "", TODAY), SOAP)
    assert (interest.status, interest.willingness) == ("rejected", "necessity")
    assert "restocking" in interest.reason


def test_repurchase_is_no_necessity_where_people_look_around(miner: GroundedMiner) -> None:
    rows = [*background(), *looks(SHOES, range(5, 720, 15)), *restocks(SHOES, (100, 400))]
    assert about(miner.mine(history(rows), "", TODAY), SHOES).status == "kept"


def test_what_suits_others_only_is_a_gift(miner: GroundedMiner) -> None:
    rows = [*background(), *looks(YARN, (100, 250, 400, 550))]
    hers = about(miner.mine(history(rows, attributes={"gender": "f"}), "", TODAY), YARN)
    his = about(miner.mine(history(rows, attributes={"gender": "m"}), "", TODAY), YARN)
    assert (hers.status, his.status) == ("kept", "rejected")
    assert "for somebody else" in his.reason
    assert "gender m" in his.reason


def test_nobody_is_judged_by_attributes_that_are_unknown(miner: GroundedMiner) -> None:
    rows = [*background(), *looks(YARN, (100, 250, 400, 550))]
    assert about(miner.mine(history(rows), "", TODAY), YARN).status == "kept"


def test_what_follows_searches_for_something_else_is_no_interest(miner: GroundedMiner) -> None:
    visits = [row for day in (100, 300, 500) for row in (("search", "present grandma", day), *looks(SHOES, [day] * 3))]
    searches = [row for day in range(20, 720, 60) for row in (("search", "handsets", day), *looks(PHONES, [day]))]
    interest = about(miner.mine(history([*background(), *searches, *visits]), "", TODAY), SHOES)
    assert (interest.status, interest.reasonableness) == ("rejected", "none")
    assert "“present grandma”" in interest.reason


def test_a_search_is_evidence_for_the_category_it_names(miner: GroundedMiner) -> None:
    rows = [*background(), *[("search", "trail shoes", day) for day in YEARS]]
    interest = about(miner.mine(history(rows), "", TODAY), SHOES)
    assert interest.status == "kept"
    assert interest.reason.startswith("14 searches")


def test_a_query_that_no_category_covers_is_an_extended_interest(miner: GroundedMiner) -> None:
    rows = [*background(), *[("search", "vintage accordions", day) for day in YEARS]]
    found = next(i for i in miner.mine(history(rows), "", TODAY) if i.key.startswith("query:"))
    assert (found.status, found.listed, found.name) == ("kept", False, "Vintage accordions")
    assert found.interest_id.startswith("extended interest_")


def test_siblings_are_one_interest_and_a_dominant_one_stands_for_itself(miner: GroundedMiner) -> None:
    both = miner.mine(history([*background(), *looks(SEEDS, YEARS), *looks(POTS, YEARS)]), "", TODAY)
    assert about(both, SEEDS) is about(both, POTS)
    assert about(both, SEEDS).name == "Plants"
    mostly = miner.mine(history([*background(), *looks(SEEDS, YEARS), *looks(POTS, YEARS[:3])]), "", TODAY)
    assert about(mostly, SEEDS).name == "Seeds"


def test_a_category_of_one_brand_is_a_line(miner: GroundedMiner) -> None:
    one_brand = [("detail_view", shop.item(SHOES, 4 * (n % 2)), day) for n, day in enumerate(YEARS)]
    interest = about(miner.mine(history([*background(), *one_brand]), "", TODAY), SHOES)
    assert (interest.status, interest.name, interest.listed) == ("kept", "Brand 0 trail shoes", False)


def test_ratings_under_the_own_mean_speak_against(miner: GroundedMiner) -> None:
    rows = [*looks(SHOES, YEARS, action="rate"), *looks(SEEDS, YEARS, action="rate")]
    values = {n: 2.0 if n < len(YEARS) else 5.0 for n in range(len(rows))}
    found = miner.mine(history(rows, values=values), "", TODAY)
    assert about(found, SEEDS).status == "kept"
    assert not [i for i in found if SHOES in i.categories]


@pytest.mark.parametrize("clock", ["order", "none"])
def test_without_dates_numbers_decide_and_the_reason_says_so(miner: GroundedMiner, clock: str) -> None:
    found = miner.mine(history([*looks(SHOES, range(4)), *looks(SOAP, [9])], clock=clock), "", TODAY)
    assert (about(found, SHOES).status, about(found, SOAP).status) == ("kept", "rejected")
    assert about(found, SHOES).since is None
    assert "spread over time could not be tested" in about(found, SHOES).reason


def test_two_events_are_enough_for_a_person_of_few_and_are_doubted(miner: GroundedMiner) -> None:
    few = about(miner.mine(history(looks(SHOES, (10, 400))), "", TODAY), SHOES)
    many = about(miner.mine(history([*background(), *looks(SHOES, YEARS)]), "", TODAY), SHOES)
    assert (few.status, many.status) == ("kept", "kept")
    assert few.confidence < 0.6 < many.confidence


def test_events_after_the_day_of_reference_do_not_count(miner: GroundedMiner) -> None:
    late = [*background(), *looks(SHOES, range(735, 1000, 20))]
    assert not [i for i in miner.mine(history(late), "", TODAY) if SHOES in i.categories]


def test_an_empty_history_has_no_interests(miner: GroundedMiner) -> None:
    assert miner.mine(history([]), "", TODAY) == []
    assert miner.mine(history([("impression", 0, 1), ("click", 0, 1)]), "", TODAY) == []


rows = st.lists(
    st.tuples(st.sampled_from(ACTIONS), st.integers(0, 55), st.integers(0, 720)).map(
        lambda row: row if row[0] != "search" else ("search", ["", "trail shoes", "x y", "☃"][row[1] % 4], row[2])
    ),
    max_size=40,
)


@settings(deadline=None, max_examples=60)
@given(rows=rows, clock=st.sampled_from(["time", "order", "none"]))
def test_whatever_the_history_interests_are_well_formed(miner: GroundedMiner, rows: list[shop.Row], clock: str) -> None:
    seen = history(rows, clock=clock)
    found = miner.mine(seen, "", TODAY)
    assert miner.mine(seen, "another digest", TODAY) == found
    assert len({i.interest_id for i in found}) == len(found) == len({i.key for i in found})
    own = set(seen.event_id.tolist())
    for interest in found:
        assert interest.event_ids
        assert set(interest.event_ids) <= own
        assert interest.name
        assert interest.reason
        assert 0 < interest.confidence < 1
        assert interest.listed == interest.interest_id.startswith("matched")
        if interest.status == "kept":
            assert (interest.willingness, interest.reasonableness) == ("spontaneity", "strong")
            assert len(interest.event_ids) >= 2


def test_what_was_saved_mines_the_same(miner: GroundedMiner, tmp_path: Path) -> None:
    miner.save(tmp_path / "miner")
    again = GroundedMiner.load(tmp_path / "miner", shop.catalogue())
    visits = [*background(), *looks(YARN, YEARS), *looks(SEEDS, YEARS), *restocks(SOAP, YEARS), *looks(SOCKS, [3])]
    seen = history([*visits, ("search", "trail shoes", 5)], attributes={"gender": "m"})
    assert again.mine(seen, "", TODAY) == miner.mine(seen, "", TODAY)
    assert again.config == miner.config


def test_fitting_twice_gives_the_same_files(tmp_path: Path) -> None:
    log, people = shop.everybody()
    for name in ("one", "two"):
        GroundedMiner.fit(shop.catalogue(), log, MinerConfig(), people=people).save(tmp_path / name)
    for path in sorted((tmp_path / "one").iterdir()):
        if path.suffix == ".npz":
            with np.load(path) as one, np.load(tmp_path / "two" / path.name) as two:
                assert all((one[key] == two[key]).all() or one[key].dtype.kind == "f" for key in one.files)
        else:
            assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_the_order_of_events_of_one_second_does_not_matter(miner: GroundedMiner) -> None:
    seen = history([*background(), *looks(SHOES, YEARS), *looks(SEEDS, YEARS)])
    flipped = History(
        seen.user_id, seen.attributes, seen.event_id[::-1], seen.action[::-1], seen.item[::-1],
        seen.time_s, seen.value[::-1], list(seen.query)[::-1],
    )  # fmt: skip
    assert {i.key for i in miner.mine(flipped, "", TODAY)} == {i.key for i in miner.mine(seen, "", TODAY)}


def test_a_renamed_listed_interest_is_called_so(miner: GroundedMiner, tmp_path: Path) -> None:
    miner.save(tmp_path)
    text = (tmp_path / "pool.jsonl").read_text()
    (tmp_path / "pool.jsonl").write_text(text.replace('"name": "Trail Shoes"', '"name": "Running off the road"'))
    edited = GroundedMiner.load(tmp_path, shop.catalogue())
    seen = history([*background(), *looks(SHOES, YEARS)])
    assert about(edited.mine(seen, "", TODAY), SHOES).name == "Running off the road"
    assert about(edited.mine(seen, "", TODAY), SHOES).key == about(miner.mine(seen, "", TODAY), SHOES).key


def test_a_person_is_judged_alone(miner: GroundedMiner) -> None:
    seen = history([*background(), *looks(SHOES, YEARS)], user_id="a")
    first = miner.mine(seen, "", TODAY)
    miner.mine(history([*background(), *looks(SEEDS, YEARS), ("search", "trail shoes", 3)], user_id="b"), "", TODAY)
    assert miner.mine(seen, "", TODAY) == first
    assert [replace(i, user_id="c") for i in first] == miner.mine(replace(seen, user_id="c"), "", TODAY)


def test_a_listed_interest_made_by_hand_takes_its_categories_together(miner: GroundedMiner, tmp_path: Path) -> None:
    miner.save(tmp_path)
    line = {"key": "own:out", "name": "Out and about", "categories": [SHOES, SEEDS]}
    with (tmp_path / "pool.jsonl").open("a") as handle:
        handle.write(json.dumps(line) + "\n")
    edited = GroundedMiner.load(tmp_path, shop.catalogue())
    found = edited.mine(history([*background(), *looks(SHOES, YEARS), *looks(SEEDS, YEARS)]), "", TODAY)
    assert about(found, SHOES) is about(found, SEEDS)
    assert (about(found, SHOES).name, about(found, SHOES).status) == ("Out and about", "kept")
