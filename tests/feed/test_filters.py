"""What may be shown, what was dropped and by whom; kept and dropped together are everything."""

import numpy as np
import pytest

from intentfeed.feed.filters import Filters, Screen
from intentfeed.feed.taste import Taste, taste_of_rows

from .worlds import PER_KIND, N, shop

SCREEN = Screen(shop(status={5: "out_of_stock", 6: "withdrawn"}), exclude_seen=True)


def kept(filters: Filters, taste: Taste | None = None) -> set[int]:
    return set(np.flatnonzero(SCREEN.screen(taste or Taste(), filters).kept_I).tolist())


@pytest.mark.parametrize(
    ("filters", "want"),
    [
        (Filters(categories=("Home > Kettle",)), set(range(PER_KIND, 2 * PER_KIND))),
        (Filters(categories=("Home",)), set(range(N))),
        (Filters(categories=("Hom", "Home > Kett")), set()),
        (Filters(attributes={"brand": ("acme",)}), set(range(0, N, 3))),
        (Filters(attributes={"colors": ("RED", "nothing")}), set(range(1, N, 2))),
        (Filters(attributes={"colors": ("Red",), "brand": ("Acme",)}), set(range(3, N, 6))),
        (Filters(attributes={"no such field": ("x",)}), set()),
        (Filters(min_price=10, max_price=12), {10, 11, 12}),
        (Filters(without=frozenset({0, 1, N + 7})), set(range(2, N))),
    ],
)
def test_a_demand_keeps_what_meets_it(filters: Filters, want: set[int]) -> None:
    assert kept(filters) == want - {5, 6}


def test_nothing_vanishes() -> None:
    taste = taste_of_rows([0, 5, 30])
    screened = SCREEN.screen(taste, Filters(categories=("Home > Tent",), max_price=8))
    everything = screened.kept_I.astype(int) + sum(rows.astype(int) for rows in screened.dropped.values())
    assert (everything == 1).all()
    assert screened.count(np.ones(N, dtype=bool)) == {
        "withdrawn": 1, "out_of_stock": 1, "seen": 2, "category": N - PER_KIND - 1, "price": 3,
    }  # fmt: skip


def test_two_bounds_on_the_price_are_both_counted() -> None:
    screened = SCREEN.screen(Taste(), Filters(min_price=10, max_price=12))
    assert screened.count(np.ones(N, dtype=bool))["price"] == N - 3 - 2, "all but three, and the two out of stock"


def test_a_count_asks_for_what_would_have_been_shown() -> None:
    would = np.zeros(N, dtype=bool)
    would[[5, 7]] = True
    assert SCREEN.screen(Taste(), Filters()).count(would) == {"out_of_stock": 1}


def test_seen_items_may_stay_when_the_setting_says_so() -> None:
    taste = taste_of_rows([1, 2])
    again = Screen(shop(), exclude_seen=False)
    assert again.screen(taste, Filters()).kept_I.all()
    assert again.allowed(taste).all()


def test_the_quick_mask_equals_the_screen_without_demands() -> None:
    taste = taste_of_rows([1, 2, 70])
    assert np.array_equal(SCREEN.allowed(taste), SCREEN.screen(taste, Filters()).kept_I)
