"""What may be spent: held back before, settled after, never beyond."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentfeed.errors import BudgetError
from intentfeed.llm.budget import Budget, Hold, price_of, tokens_like
from intentfeed.llm.client import Usage
from intentfeed.llm.config import BudgetConfig, PriceConfig


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_no_limit_is_no_limit():
    budget = Budget(BudgetConfig())
    budget.check()
    assert budget.fits(Hold(10**15, 10.0**12))


@pytest.mark.parametrize("config", [BudgetConfig(tokens=0), BudgetConfig(usd=0.0), BudgetConfig(hours=0.0)])
def test_a_budget_of_nothing_is_said_at_once(config: BudgetConfig):
    with pytest.raises(BudgetError, match=r"llm\.budget\.(tokens|usd|hours) is 0, so no question may be asked"):
        Budget(config).check()


def test_what_an_earlier_run_spent_counts():
    with pytest.raises(BudgetError, match=r"llm\.budget\.tokens is used up \(1,100 of 1,000 spent\)"):
        Budget(BudgetConfig(tokens=1_000), spent=Usage(tokens_in=1_000, tokens_out=100)).check()


def test_it_waits_for_those_under_way_before_it_is_over():
    budget = Budget(BudgetConfig(tokens=1_000))
    first = Hold(600)
    assert budget.fits(first)
    budget.hold(first)
    assert not budget.fits(Hold(600))
    assert budget.used_up == ""  # the one under way may cost less than it holds
    budget.settle(first, Usage(tokens_in=100, tokens_out=50))
    assert budget.fits(Hold(600))
    assert not budget.fits(Hold(900))
    assert budget.used_up == "llm.budget.tokens is used up (150 of 1,000 spent)"
    assert not budget.fits(Hold(1))  # over is over


def test_money_is_counted_at_the_price():
    price = PriceConfig(input=2.0, cached=0.5, output=8.0)
    assert price_of(price, tokens_in=1_000_000, tokens_cached=400_000, tokens_out=100_000) == pytest.approx(2.2)
    budget = Budget(BudgetConfig(usd=1.0))
    budget.hold(Hold(usd=0.7))
    assert not budget.fits(Hold(usd=0.4))
    budget.settle(Hold(usd=0.7), Usage(cost_usd=0.5))
    assert budget.fits(Hold(usd=0.4))


def test_hours_count_from_the_first_attempt():
    clock = Clock()
    budget = Budget(BudgetConfig(hours=1.0), clock=clock)
    clock.now = 10_000.0
    assert budget.fits(Hold())
    budget.hold(Hold())
    clock.now += 3_599
    assert budget.fits(Hold())
    clock.now += 2
    budget.settle(Hold())
    assert not budget.fits(Hold())
    assert budget.used_up == "llm.budget.hours is used up (1 h)"


@given(
    limit=st.integers(1, 5_000),
    calls=st.lists(st.tuples(st.integers(1, 400), st.floats(0, 1)), max_size=60),
    in_flight=st.integers(1, 8),
)
def test_no_order_of_holding_and_settling_overspends(limit: int, calls: list[tuple[int, float]], in_flight: int):
    budget, under_way, spent = Budget(BudgetConfig(tokens=limit)), [], 0
    for most, share in calls:
        if len(under_way) == in_flight:
            hold, real = under_way.pop(0)
            budget.settle(hold, Usage(tokens_out=real))
            spent += real
        if budget.fits(Hold(most)):
            budget.hold(Hold(most))
            under_way.append((Hold(most), int(most * share)))
    assert spent + sum(hold.tokens for hold, _ in under_way) <= limit


@pytest.mark.parametrize(("text", "n"), [("", 1), ("a" * 400, 101), ("越野跑鞋" * 100, 401), ("naïve café " * 10, 38)])
def test_tokens_are_guessed_by_script(text: str, n: int):
    assert tokens_like(text) == pytest.approx(n, rel=0.1, abs=2)
