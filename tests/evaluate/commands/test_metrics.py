"""Figures of sessions by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from intentfeed.commands.records import Constraint, Demand, Preference
from intentfeed.evaluate.commands.metrics import DEFINED, METRICS, Meter, c_ndcg, rank
from intentfeed.simulate.episodes import Casting
from intentfeed.simulate.gold import Gold
from intentfeed.simulate.phrasing import Said
from intentfeed.simulate.sessions import Feed, Played, PlayedRound
from tests.simulate.shelf import shelf_cases, shelf_traits

TRAITS = shelf_traits()
EPISODE = replace(Casting(TRAITS).cast(shelf_cases(), "multi")[0][0], targets=(7,), history=(119,))
METER = Meter(TRAITS, rounds=5)
DUNVIK = Constraint(polarity="positive", field="brand", op="eq", value="Dunvik", quote="Dunvik")
BOOTS = Preference(polarity="positive", facet="category", text="Wear > Boots", quote="boots")
NO_BOOTS = replace(BOOTS, polarity="negative")


def heard(number: int, rows: list[int], *active: Demand, satisfied: bool = False) -> PlayedRound:
    return PlayedRound(
        number=number,
        before=(),
        said=Said(text="", gold=Gold(feedback="new")),
        held=(),
        active=active,
        target=7,
        feed=Feed(rows=tuple(rows)),
        satisfied=satisfied,
        seconds=0.0,
    )


def session(*rounds: PlayedRound, **changed) -> Played:
    return Played(episode=replace(EPISODE, **changed), first=(), rounds=rounds)


def test_a_pass_at_the_second_round():
    found = METER.session(session(heard(1, [1, 2, 3, 4, 5, 6, 7]), heard(2, [1, 7], satisfied=True)))
    assert (found["pass@5"], found["pass@10"], found["rounds"], found["rounds/late"]) == (1, 1, 2, 2)
    assert (found["recall@5"], found["ndcg@10"]) == (1, pytest.approx(1 / math.log2(3)))


def test_a_failure_counts_all_rounds_or_one_more_or_not_at_all():
    found = METER.session(session(heard(1, [1, 2]), heard(2, [3, 4])))
    assert (found["pass@5"], found["rounds"], found["rounds/late"]) == (0, 5, 6)
    assert math.isnan(found["rounds/passed"])
    assert found["ndcg@10"] == 0


def test_a_target_in_sixth_place_passes_at_ten_alone():
    found = METER.session(session(heard(1, [1, 2, 3, 4, 5, 7])))
    assert (found["pass@5"], found["pass@10"], found["recall@5"], found["recall@10"]) == (0, 1, 0, 1)


def test_what_satisfies_before_the_change_of_mind_is_no_pass():
    early = heard(1, [7], satisfied=True)
    found = METER.session(session(early, heard(2, [1]), scenario="drift", targets=(7, 9), drift_round=2))
    assert (found["pass@5"], found["pass@10"]) == (0, 0)


def test_conditions_are_met_by_share_of_what_could_meet_them():
    dunvik = [row for row in range(120) if row % 4 == 3]
    half = METER.conditions(heard(1, [*dunvik[:5], 0, 4, 8, 12, 16], DUNVIK), ())
    assert half["csr@10"] == half["csr/hard@10"] == half["csr/each@10"] == 0.5
    assert math.isnan(half["csr/soft@10"])
    both = [row for row in dunvik if 40 <= row < 60]
    assert len(both) == 5
    whole = METER.conditions(heard(1, [*both, 0, 1, 2, 4, 5], DUNVIK, BOOTS), ())
    assert (whole["csr@10"], whole["csr/soft@10"], whole["c_ndcg@10"]) == (1, 1, 1), "no more than five can meet both"
    assert whole["csr/hard@10"] == 0.5, "of hard ones alone ten could"


def test_a_short_feed_is_no_excuse():
    assert METER.conditions(heard(1, [3, 7], DUNVIK), ())["csr@10"] == 0.2
    assert METER.conditions(heard(1, [], DUNVIK), ())["csr@10"] == 0


def test_what_was_seen_cannot_be_shown_and_is_not_asked_for():
    boots = [row for row in range(40, 60) if row % 4 == 3]
    seen = METER.conditions(heard(1, boots[2:], DUNVIK, BOOTS), boots[:2])
    assert seen["csr@10"] == 1


def test_forgetting_an_older_condition_costs():
    dunvik = [row for row in range(120) if row % 4 == 3][:10]
    kept = [row for row in range(120) if row % 4 == 3 and not 40 <= row < 60][:10]
    crowd = list(range(40, 60))[:10]
    assert METER.conditions(heard(2, crowd, NO_BOOTS), ())["csr/soft@10"] == 0
    assert METER.conditions(heard(2, kept, DUNVIK, NO_BOOTS), ())["csr@10"] == 1
    assert METER.conditions(heard(2, dunvik, NO_BOOTS), ())["csr/soft@10"] == 1


def test_csr_is_the_mean_over_the_feeds_of_a_session():
    dunvik = [row for row in range(120) if row % 4 == 3][:10]
    found = METER.session(session(heard(1, dunvik, DUNVIK), heard(2, list(range(0, 40, 4)), DUNVIK)))
    assert found["csr@10"] == 0.5


def test_c_ndcg_rewards_meeting_early():
    early, late = np.zeros(10, dtype=bool), np.zeros(10, dtype=bool)
    early[:2], late[8:] = True, True
    assert c_ndcg(early, 2) == 1
    assert 0 < c_ndcg(late, 2) < 0.5


def test_ranks_count_from_one():
    assert [rank(7, rows) for rows in ((7, 1), (1, 7), (1, 2))] == [1, 2, math.inf]


def test_every_figure_is_defined_and_measured():
    assert set(DEFINED) == set(METRICS)
    measured = METER.of([session(heard(1, [7], DUNVIK, satisfied=True)), session(heard(1, [1], DUNVIK))])
    assert measured.values_SM.shape == (2, len(METRICS))
    assert measured.mean("pass@5") == 0.5
    assert measured.mean("rounds/passed") == 1
