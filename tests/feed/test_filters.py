"""What may be shown, what was dropped and by whom; kept and dropped together are everything."""

import numpy as np
import pytest

from intentfeed.feed.filters import KEPT_MASKS, Filters, Screen
from intentfeed.feed.taste import Taste, taste_of_rows

from .worlds import PER_KIND, N, shop

EVERY = np.arange(N, dtype=np.int32)
SCREEN = Screen(shop(status={5: "out_of_stock", 6: "withdrawn"}), exclude_seen=True)


def kept(filters: Filters, taste: Taste | None = None) -> set[int]:
    return set(SCREEN.allowed(taste or Taste(), filters).rows.tolist())


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
    allowed = SCREEN.allowed(taste_of_rows([0, 5, 30]), Filters(categories=("Home > Tent",), max_price=8))
    dropped = allowed.dropped(EVERY)
    assert sum(dropped.values()) + len(allowed.rows) == N
    assert dropped == {"withdrawn": 1, "out_of_stock": 1, "seen": 2, "category": N - PER_KIND - 1, "price": 3}


def test_two_bounds_on_the_price_are_both_counted() -> None:
    dropped = SCREEN.allowed(Taste(), Filters(min_price=10, max_price=12)).dropped(EVERY)
    assert dropped["price"] == N - 3 - 2, "all but three, and the two out of stock"


def test_a_count_is_of_the_rows_it_is_asked_for() -> None:
    assert SCREEN.allowed(Taste()).dropped(np.array([5, 7], dtype=np.int32)) == {"out_of_stock": 1}


def test_seen_items_may_stay_when_the_setting_says_so() -> None:
    again = Screen(shop(), exclude_seen=False)
    assert again.allowed(taste_of_rows([1, 2])).mask_I.all()


@pytest.mark.parametrize("filters", [Filters(), Filters(categories=("Home > Tent",), without=frozenset({3}))])
def test_asked_row_by_row_it_says_what_the_mask_says(filters: Filters) -> None:
    taste = taste_of_rows([1, 2, 70])
    allowed = SCREEN.allowed(taste, filters)
    assert np.array_equal(np.concatenate([allowed.of(EVERY[row : row + 1]) for row in range(N)]), allowed.mask_I)
    assert np.array_equal(allowed.of(EVERY), allowed.mask_I)


def test_only_a_demand_on_items_makes_a_query_demanding() -> None:
    assert not SCREEN.allowed(taste_of_rows([1]), Filters(without=frozenset({3}))).demanding
    assert SCREEN.allowed(Taste(), Filters(min_price=1)).demanding


def test_a_field_may_be_called_like_a_filter() -> None:
    assert kept(Filters(attributes={"category": ("Home > Tent",)})) == set(range(PER_KIND)) - {5, 6}
    assert kept(Filters(categories=("Home",))) == set(range(N)) - {5, 6}


def test_masks_are_forgotten_in_the_end() -> None:
    screen = Screen(shop(), exclude_seen=True)
    for n in range(KEPT_MASKS + 20):
        screen.allowed(Taste(), Filters(attributes={"brand": (f"brand {n}",)}))
    assert len(screen._masks) == KEPT_MASKS
