"""What leads from one category to another, on a log that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from intentfeed.intents import links as module
from intentfeed.intents.likes import Likes
from intentfeed.intents.links import NONE, Led, Link, LinkConfig, Links

ANY = LinkConfig(min_lift=1, sure=0)
"""Whatever is more often than expected."""
PATHS = ["", "A > x > one", "A > x > two", "A > y > three", "B > four"]


def links() -> Links:
    """Return ten people: six have one and three, two of them four as well; four have only two."""
    pairs = [(u, c) for u in range(6) for c in (1, 3)] + [(0, 4), (1, 4)] + [(u, 2) for u in range(6, 10)]
    user, item = (np.array(column, np.int32) for column in zip(*sorted(pairs), strict=True))
    return Links.fit(Likes(user, item, np.zeros(len(user), np.int32), 10, 5), np.arange(5, dtype=np.int32), PATHS)


def lead(links: Links, sources: list[int], n_people: int = 10, config: LinkConfig = ANY, lenient: bool = False) -> Led:
    """Return where the sources lead, all weighing the same."""
    return links.lead(np.array(sources, np.int64), np.ones(len(sources)), n_people, config, lenient=lenient)


def crowd() -> Links:
    """Return a hundred people: all but five have two, twenty have one, and three goes with one, four with nobody.

    Of the twenty with one, nineteen have two and ten have three, which five others have as well; two have four, as
    ten others do.
    """
    pairs = [(u, 1) for u in range(20)] + [(u, 2) for u in range(1, 96)]
    pairs += [(u, 3) for u in range(10)] + [(u, 3) for u in range(50, 55)]
    pairs += [(u, 4) for u in (18, 19)] + [(u, 4) for u in range(60, 70)]
    user, item = (np.array(column, np.int32) for column in zip(*sorted(pairs), strict=True))
    paths = ["", "A > x > one", "A > y > two", "A > z > three", "B > w > four"]
    return Links.fit(Likes(user, item, np.zeros(len(user), np.int32), 100, 5), np.arange(5, dtype=np.int32), paths)


def test_what_everybody_has_goes_with_nothing() -> None:
    led = lead(crowd(), [1], 100, LinkConfig(full_categories=1))
    assert led.how_C[2] == NONE  # 19 of 20 have it, but so have 95 of 100
    assert led.nearest(2) == Link("together", 1, both=19, have=20, lift=1.0)
    assert led.link(3) == Link("together", 1, both=10, have=20, lift=pytest.approx(10 / 3))
    assert led.how_C[4] == NONE


def test_a_high_lift_of_few_people_is_not_yet_sure() -> None:
    few = lead(crowd(), [3], 100, LinkConfig(min_lift=1.5, sure=0, full_categories=1))
    assert few.link(1).lift == pytest.approx(10 / 3)
    sure = lead(crowd(), [3], 100, LinkConfig(min_lift=1.5, sure=5, full_categories=1))
    assert sure.how_C[1] == NONE


def test_the_source_that_says_most_is_chosen_not_the_one_that_most_have() -> None:
    led = lead(crowd(), [2, 1], 100, LinkConfig(min_lift=1, sure=0))
    assert led.link(3) == Link(
        "together", 1, both=10, have=20, lift=pytest.approx(10 / 3)
    )  # with two 14 people have it


def test_the_own_shelf_comes_first_unless_the_log_speaks_against_it() -> None:
    ten = links()
    led = lead(ten, [1, 3])
    assert led.link(2) == Link("shelf", 1)  # nobody of six has both, which of so few says nothing
    many = Links(ten.together_CC * 20, PATHS)
    assert lead(many, [1, 3], 200, LinkConfig()).how_C[2] == NONE  # nobody of 120 does


def test_the_lenient_take_what_is_more_often_than_chance() -> None:
    strict = LinkConfig(min_lift=9, full_categories=1)
    assert lead(crowd(), [1], 100, strict).how_C[3] == NONE
    led = lead(crowd(), [1], 100, strict, lenient=True)
    assert led.link(3).source == 1
    assert led.how_C[2] == led.how_C[4] == NONE  # both are had as often as by chance, or less


def test_who_has_much_of_everything_must_have_more_of_it() -> None:
    pairs = [(u, 1) for u in range(10)] + [(u, c) for u in range(10) for c in range(2, 12)]  # ten people have it all
    pairs += [(u, 2 + u % 10) for u in range(10, 100)]
    user, item = (np.array(column, np.int32) for column in zip(*sorted(pairs), strict=True))
    paths = ["", *(f"D{c} > s > leaf" for c in range(1, 12))]
    log = Likes(user, item, np.zeros(len(user), np.int32), 100, 12)
    led = lead(Links.fit(log, np.arange(12, dtype=np.int32), paths), [1], 100, LinkConfig(full_categories=1))
    assert led.nearest(2).lift == pytest.approx(10 * 100 / (10 * 19))
    assert not (led.how_C[2:] != NONE).any()


def test_less_is_asked_where_people_have_few_categories() -> None:
    asked = LinkConfig(min_lift=3, sure=2, full_categories=20)
    assert (asked.asked_where(5).min_lift, asked.asked_where(5).sure) == (1.5, 0.5)
    assert asked.asked_where(50) == asked


def test_people_are_counted() -> None:
    assert links().people_C.tolist() == [0, 6, 4, 6, 2]


def test_own_together_shelf_and_nothing() -> None:
    led = lead(links(), [1])
    assert led.link(1) == Link("own", 1)
    assert led.link(3) == Link("together", 1, both=6, have=6, lift=pytest.approx(10 / 6))
    assert led.link(4) == Link("together", 1, both=2, have=6, lift=pytest.approx(10 / 6))
    assert led.link(2) == Link("shelf", 1)
    assert led.how_C[0] == NONE


def test_too_few_people_lead_nowhere() -> None:
    led = lead(links(), [1], config=LinkConfig(min_together=3, min_lift=1, sure=0))
    assert led.how_C[4] == NONE


def test_chance_leads_nowhere() -> None:
    led = lead(links(), [1], 6)  # of six people all have it: nothing goes with it more than by chance
    assert led.how_C[3] == NONE


def test_no_source_no_lead() -> None:
    assert not lead(links(), []).how_C.any()


def test_the_plain_matrix_and_the_sparse_one_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    dense = lead(links(), [1, 2])
    monkeypatch.setattr(module, "DENSE_BELOW", 0)
    sparse = lead(links(), [1, 2])
    assert [dense.link(code) for code in range(1, 5)] == [sparse.link(code) for code in range(1, 5)]
