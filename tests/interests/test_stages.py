import numpy as np
import pytest

from intentfeed.interests.evidence import Clock
from intentfeed.interests.facts import Facts
from intentfeed.interests.stages import StageConfig, confidence_of, fits, stage_of
from intentfeed.types import ACTIONS

TODAY = 20_000


def facts(days: list[int], clock: Clock = "time") -> Facts:
    n = len(days)
    return Facts(
        clock=clock, n=n, by_action=(0,) * len(ACTIONS), weight=n, n_items=n, n_days=len(set(days)), n_weeks=n,
        first_day=days[0], last_day=days[-1], densest_day=days[0], densest=1,
    )  # fmt: skip


def stage(ago: list[int], *, there: int = 1_000, clock: Clock = "time") -> str:
    """Return the stage of an interest with events so many days ago, of a person who was there for `there` days."""
    days = [TODAY - n for n in ago]
    return stage_of(facts(days, clock), np.array(days), first=TODAY - there, last=TODAY, config=StageConfig())


@pytest.mark.parametrize(
    ("ago", "expected"),
    [
        ([80, 60, 40, 20], "emerging"),
        ([900, 800, 700, 600, 500, 400, 300, 200, 100, 10], "stable"),
        ([900, 600, 300, 40, 30, 20, 10], "active"),
        ([900, 880, 860, 840], "fading"),
        ([760, 750, 740, 395, 385, 375, 365, 364], "stable"),  # each winter
        ([760, 700, 620, 550, 480, 420], "fading"),  # at any time of the year, and then for a year not
    ],
)
def test_when_it_was_seen_decides_where_it_stands(ago: list[int], expected: str) -> None:
    assert stage(ago) == expected


def test_nothing_is_new_to_a_person_who_is() -> None:
    assert stage([80, 60, 40, 20], there=85) != "emerging"


def test_without_time_the_place_in_the_sequence_decides_and_without_order_nothing_does() -> None:
    assert stage([90, 80, 70], there=100, clock="order") == "fading"
    assert stage([10, 5, 1], there=100, clock="order") == "emerging"
    assert stage([90, 80, 70], there=100, clock="none") == "stable"


def test_confidence_grows_with_days_and_share_and_falls_with_doubt() -> None:
    def sure(days: int, *, part: float = 0.02, against: int = 0, signs: int = 0, clock: Clock = "time") -> float:
        seen = facts(list(range(days)), clock)
        return confidence_of(seen, part=part, n_against=against, signs=signs, devotion=1.0)

    assert sure(4) < sure(8) < sure(16)
    assert sure(4, part=0.01) < sure(4, part=0.05)
    assert sure(8, against=4) < sure(8)
    assert sure(8, signs=1) < sure(8)
    assert sure(8, clock="order") < sure(8)
    assert sure(2, part=0.5) < 0.6
    assert 0 < sure(2, part=0.001, signs=3) < sure(500, part=1.0) < 1


@pytest.mark.parametrize(
    ("ago", "allowed"),
    [
        ([80, 60, 40, 20], {"emerging", "active"}),
        ([900, 600, 300, 40, 30, 20, 10], {"active", "stable"}),
        ([900, 880, 860, 840], {"fading"}),
        ([400, 300, 200, 100], {"stable", "fading"}),
    ],
)
def test_the_dates_allow_some_stages_and_no_others(ago: list[int], allowed: set[str]) -> None:
    said = {
        name
        for name in ("emerging", "active", "stable", "fading", "growing", "")
        if fits(name, facts([TODAY - n for n in ago]), first=TODAY - 1_000, last=TODAY, config=StageConfig())
    }
    assert said == allowed
    assert stage(ago) in allowed


@pytest.mark.parametrize("clock", ["order", "none"])
def test_without_dates_nothing_is_allowed(clock: Clock) -> None:
    assert not fits("stable", facts([1, 500], clock), first=1, last=1_000, config=StageConfig())
