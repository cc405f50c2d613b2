import pytest

from intentfeed.interests.evidence import Clock
from intentfeed.interests.facts import Facts
from intentfeed.interests.wording import actions_of, behaviour, in_sentence, listing, long, sentence
from intentfeed.types import ACTIONS

from .shop import FIRST


def facts(days: int = 1, clock: Clock = "time", **actions: int) -> Facts:
    n = sum(actions.values())
    return Facts(
        clock=clock, n=n, by_action=tuple(actions.get(action, 0) for action in ACTIONS), weight=n, n_items=n,
        n_days=min(days, n), n_weeks=1, first_day=FIRST, last_day=FIRST + days - 1, densest_day=FIRST, densest=n,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "inside"),
    [
        ("Trail Running", "trail running"),
        ("LCR Meters", "LCR meters"),
        ("Heaters & Hot-Water Bottles", "heaters & hot-water bottles"),
        ("3D Printers", "3D printers"),
        ("Women's Coats", "women's coats"),
    ],
)
def test_a_name_inside_a_sentence_is_small_but_for_what_is_always_large(name: str, inside: str) -> None:
    assert in_sentence(name) == inside


def test_purchases_are_said_first_then_what_was_done_most() -> None:
    done = facts(detail_view=12, review_read=1, purchase=3, favorite=1)
    assert actions_of(done) == "3 purchases, 1 favorite, 12 detail views and 1 review read"
    assert listing(["a", "b", "c"]) == "a, b and c"
    assert listing(["a"]) == "a"


def test_searches_are_for_things_and_other_actions_of_them() -> None:
    assert behaviour(facts(days=90, search=3), "tents") == "3 searches for tents over 3 months, last in March 2024"
    assert behaviour(facts(search=1), "tents") == "a single search for tents on 1 January 2024"
    mixed = behaviour(facts(days=15, purchase=1, search=2), "tents")
    assert mixed == "1 purchase of tents, with 2 searches over 2 weeks, last in January 2024"


def test_without_dates_nothing_is_said_about_time() -> None:
    assert behaviour(facts(clock="order", review=2), "tents") == "2 reviews of tents"
    assert behaviour(facts(clock="none", review=1), "tents") == "a single review of tents"


@pytest.mark.parametrize(
    ("days", "said"), [(1, "1 day"), (13, "13 days"), (21, "3 weeks"), (425, "14 months"), (1_000, "2.7 years")]
)
def test_a_span_is_said_in_the_unit_that_people_use(days: int, said: str) -> None:
    assert long(days) == said


def test_a_sentence_begins_large() -> None:
    assert sentence("a single view", ": too little") == "A single view: too little"
