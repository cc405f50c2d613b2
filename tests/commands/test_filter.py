"""The filter: what it keeps, what it eases and says so, and what never comes back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from intentfeed.commands.config import FilterConfig
from intentfeed.commands.filter import Filter, FilterArgs, _range, nearness
from intentfeed.commands.tools import Pool, ToolContext
from intentfeed.data.catalog import Catalog
from tests.commands.tooling import ROWS, catalog, context, hard, pool, soft, unwanted


def filtered(told: ToolContext, *, before: Pool | None = None, **config: object) -> Pool:
    args = FilterArgs(
        positive_hard=tuple(one.id for one in told.memory.constraints if one.polarity == "positive"),
        negative_hard=tuple(one.id for one in told.memory.constraints if one.polarity == "negative"),
    )
    return Filter(FilterConfig(**config)).run(before or pool(), args, told)


def rows(found: Pool) -> list[int]:
    return np.flatnonzero(found.mask_I).tolist()


def test_what_is_wanted_must_be_met_all_of_it_and_any_one_unwanted_thing_excludes() -> None:
    found = filtered(context(hard("price", "le", 100.0), hard("material", "in", ("steel", "oak"))))
    assert rows(found) == [1, 3, 4, 9]
    assert found.dropped == {"c1": 4, "c2": 4}  # the bench without a price fails the bound, too
    both = context(unwanted(hard("material", "eq", "plastic")), unwanted(hard("price", "ge", 100.0)))
    assert rows(filtered(both)) == [1, 3, 4, 9, 11]  # of what has no price nobody knows that it is dear


def test_a_field_that_most_items_lack_excludes_none_but_costs_a_little() -> None:
    items = [(*row[:2], row[2] if at < 6 else None, *row[3:]) for at, row in enumerate(ROWS)]
    found = filtered(context(hard("price", "le", 50.0), items=catalog(items)))
    assert rows(found) == [2, 3, 5, 6, 7, 8, 9, 10, 11]
    assert found.bonus_I is not None
    assert found.bonus_I[[2, 6]].tolist() == [0, -0.1]


def test_an_approximate_number_is_widened_once_where_the_slate_has_gaps() -> None:
    about = hard("price", "between", (80.0, 120.0), approximate=True, quote="around 100")
    assert rows(filtered(context(about, k=3))) == [0, 1, 7]
    wider = filtered(context(about, k=4))
    assert rows(wider) == [0, 1, 4, 7]  # 60 to 140
    assert [(one.demand_id, one.how) for one in wider.relaxed] == [("c1", "widened")]
    assert wider.relaxed[0].words == "Few items were 80 to 120, so “around 100” now is 60 to 140."
    exact = hard("price", "between", (80.0, 120.0), quote="80 to 120")
    assert filtered(context(exact, k=4)).relaxed == ()
    assert rows(filtered(context(about, k=4), widen=1)) == [0, 1, 7]


def test_widening_that_brings_nothing_is_not_told() -> None:
    about = hard("price", "between", (195.0, 205.0), approximate=True, quote="around 200")
    assert filtered(context(about, k=4)).relaxed == ()


def test_an_exact_demand_is_let_go_only_where_nothing_is_left_the_oldest_first() -> None:
    told = context(
        hard("material", "eq", "oak", quote="made of oak"),
        hard("color", "eq", "green", quote="green"),
        hard("price", "le", 30.0, quote="under 30"),
    )
    found = filtered(told)
    assert rows(found) == [3, 8]
    assert [(one.demand_id, one.how) for one in found.relaxed] == [("c1", "let go")]
    assert found.relaxed[0].words == (
        "Too little meets “made of oak” together with “green” and “under 30”, so it only decides the order for now."
    )
    few = context(hard("color", "eq", "green"), hard("price", "le", 30.0), k=10)
    assert rows(filtered(few)) == [3, 8]
    assert rows(filtered(few, let_go_below=None)) == list(range(12))  # as the paper's notes have it, to fill the slate


def test_a_demand_that_was_not_to_blame_holds_again() -> None:
    told = context(hard("color", "eq", "green", quote="green"), hard("price", "le", 5.0, quote="under 5"))
    found = filtered(told)
    assert rows(found) == [3, 6, 8]
    assert [one.demand_id for one in found.relaxed] == ["c2"]


def test_what_comes_near_a_number_that_nothing_meets_comes_first() -> None:
    found = filtered(context(hard("price", "le", 10.0)))
    assert found.bonus_I is not None
    best = np.argsort(-found.bonus_I, kind="stable")[:2].tolist()
    assert best == [5, 8]  # 12 and 25
    assert found.bonus_I[11] == 0  # no price at all


def test_nothing_unwanted_ever_comes_back_and_the_slate_says_who_emptied_it() -> None:
    told = context(
        hard("price", "le", 5.0),
        unwanted(hard("material", "in", ("plastic", "steel", "canvas"), quote="no plastic, steel or canvas")),
        unwanted(hard("material", "eq", "oak")),
        unwanted(hard("color", "eq", "grey")),
        unwanted(hard("color", "eq", "pink")),
    )
    found = filtered(told)
    assert not found.mask_I.any()
    assert found.emptied_by == ("c2", "c3", "c4")  # nothing is pink
    assert found.relaxed == ()


GREEN = hard("color", "eq", "green", quote="green")


def test_a_value_gives_way_before_the_kind_does_and_a_bound_never() -> None:
    found = filtered(context(soft("category", "Desks"), GREEN, hard("price", "le", 100.0, quote="under 100")))
    assert rows(found) == [1, 2, 3, 8], "desks under 100 of any colour, beside what is green"
    assert [(one.demand_id, one.how) for one in found.relaxed] == [("c2", "let go")]
    assert found.relaxed[0].words == (
        "Too little meets “green” together with “Desks” and “under 100”, so it only decides the order for now."
    )
    assert found.bonus_I is not None
    assert found.bonus_I.nonzero()[0].tolist() == [2], "of the desk whose colour nobody knows more may be hoped"
    hose = filtered(context(soft("category", "Hoses"), GREEN))
    assert rows(hose) == [3, 6, 8, 9]
    assert hose.bonus_I is not None
    assert hose.bonus_I.argmax() == 8, "what meets both comes first"
    assert rows(filtered(context(soft("category", "Hoses"), GREEN, k=1))) == [3, 6, 8], "one is enough for one place"
    assert rows(filtered(context(soft("category", "Desks"), GREEN), kind_first=False)) == [3, 6, 8]
    demanded = filtered(context(hard("category", "eq", "Home > Desks"), GREEN))
    assert rows(demanded) == [0, 1, 2], "nor does a category that is demanded, though it is the older"


def test_of_the_values_only_as_many_give_way_as_must() -> None:
    told = context(soft("category", "Desks"), hard("material", "in", ("steel", "oak")), GREEN, k=2)
    found = filtered(told)
    assert [one.demand_id for one in found.relaxed] == ["c3"]
    assert rows(found) == [0, 1, 3]


def test_for_the_kind_nothing_unwanted_comes_back() -> None:
    steel = soft("material", "steel", polarity="negative")
    assert rows(filtered(context(soft("category", "Desks"), GREEN, steel))) == [0, 2, 3, 6, 8]
    never = unwanted(hard("material", "eq", "plastic"))
    assert rows(filtered(context(soft("category", "Desks"), GREEN, never))) == [0, 1, 3, 6]


def test_what_is_said_later_and_holds_of_nothing_of_the_kind_is_a_change_of_mind() -> None:
    desks = soft("category", "Desks", round=1)
    assert rows(filtered(context(desks, hard("color", "eq", "green", round=2)))) == [3, 6, 8]
    assert rows(filtered(context(desks, hard("color", "eq", "grey", round=2)))) == [0, 1, 2, 9, 11]


def test_who_made_it_gives_way_only_where_nothing_of_the_kind_is_left() -> None:
    items = Catalog.of(
        {
            "item_id": [f"i{row}" for row in range(9)],
            "title": [f"thing {row}" for row in range(9)],
            "category": ["Home > Pans"] * 4 + ["Home > Pots"] * 5,
            "brand": ["Acme", "Bolt", "Bolt", "Bolt", "Acme", "Acme", "Core", "Core", "Core"],
        }
    )
    for brand, left in (("Acme", [0, 4, 5]), ("Core", [0, 1, 2, 3, 6, 7, 8])):
        told = context(soft("category", "Pans"), hard("brand", "eq", brand), items=items)
        assert rows(filtered(told, before=pool(n=9))) == left


NUMBERS = st.floats(0, 250).map(lambda number: round(number, 1))
PRICES = st.one_of(
    st.builds(lambda op, value: hard("price", op, value), st.sampled_from(["lt", "le", "gt", "ge", "eq"]), NUMBERS),
    st.builds(lambda low: hard("price", "between", (0.8 * low, 1.2 * low), approximate=True), NUMBERS),
)
VALUES = st.builds(
    lambda field, value: hard(field, "eq", value),
    st.sampled_from(["color", "material"]),
    st.sampled_from(["green", "grey", "steel", "plastic", "oak"]),
)
DEMANDS = st.lists(
    st.builds(lambda demand, no: unwanted(demand) if no else demand, st.one_of(PRICES, VALUES), st.booleans()),
    max_size=5,
)


@given(DEMANDS, st.integers(1, 12), st.sampled_from([None, 0, 1, 3]))
def test_whatever_is_demanded(demands: list, k: int, let_go_below: int | None) -> None:
    told = context(*demands, k=k)
    found = filtered(told, let_go_below=let_go_below)
    masks, held = told.masks, told.memory.constraints
    for one in held:
        if one.polarity == "negative":
            assert not (found.mask_I & masks.of(one)).any()
    eased = {one.demand_id for one in found.relaxed}
    kept = [one for one in held if one.polarity == "positive" and one.id not in eased]
    for one in kept:
        assert (found.mask_I <= masks.of(one)).all()
    strict = np.all([np.ones(12, dtype=bool), *[masks.of(one) == (one.polarity == "positive") for one in held]], axis=0)
    assert (strict <= found.mask_I).all()  # easing only ever adds
    if strict.any() and let_go_below in (0, 1):
        assert all(one.how == "widened" for one in found.relaxed)


def test_only_what_shows_something_when_it_is_taken_back_is_blamed() -> None:
    plastic, any_price = unwanted(hard("material", "eq", "plastic")), unwanted(hard("price", "ge", 0.0))
    priced = catalog([row for row in ROWS if row[2] is not None])
    found = filtered(context(plastic, any_price, items=priced), before=pool(n=11))
    assert (found.emptied_by, found.emptied_by_all) == (("c2",), False)
    either = unwanted(hard("price", "le", 60.0)), unwanted(hard("price", "gt", 60.0))
    found = filtered(context(*either, items=priced), before=pool(n=11))
    assert (found.emptied_by, found.emptied_by_all) == (("c1", "c2"), False)
    twice = unwanted(hard("price", "le", 999.0)), unwanted(hard("material", "eq", "oak")), any_price
    found = filtered(context(*twice, items=priced), before=pool(n=11))
    assert (found.emptied_by, found.emptied_by_all) == (("c1", "c3"), True)


def test_the_order_in_which_values_are_named_does_not_count_for_nearness() -> None:
    there, back = (context(hard("price", "in", values)) for values in ((12.0, 120.0), (120.0, 12.0)))
    one, two = nearness(there.memory.constraints[0], there), nearness(back.memory.constraints[0], back)
    assert one.tolist() == two.tolist()
    assert one[0] == one[5] == 1


def test_a_date_is_widened_no_further_than_the_calendar() -> None:
    days = [f"{1900 + 8 * at}-05-01" for at in range(12)]
    frame = catalog().frame.with_columns(pl.Series("attributes", [f'{{"made": "{day}"}}' for day in days]))
    latest = replace(hard("made", "between", (3_649_000.0, 3_652_059.0)), approximate=True)
    told = context(latest, hard("price", "le", 1_000.0), items=Catalog(frame))
    assert _range(latest, told)[1] == "9999-12-31"
    assert _range(replace(latest, value=(-5.0, 4e6)), told) == ("0001-01-01", "9999-12-31")
