"""What is said of a number or a date: a round bound on the right side of the target, a range, or "cheaper"."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Literal

import numpy as np

from ..commands.records import Op, Value
from .slots import Slot, near
from .traits import Trait, Traits

Kind = Literal["price", "year", "date", "number"]
Side = Literal["below", "above", "mixed"]
"""Where the target lies beside the shown items."""
AROUND = 0.2
"""`around 200` is this share to either side (RecBot, 3.3)."""
PLACES = 5
"""Of the feed, the first ones, that people point at."""
POINTS = 0.3
"""How often somebody who is vague points at one item rather than at all."""
ROUND_YEARS = 5
"""Years are named in these steps."""


def bound(trait: Trait, rows: Sequence[int], traits: Traits, rng: np.random.Generator, *, vague: bool,
          complain: bool) -> Slot:  # fmt: skip
    """Return a demand on a number that the target meets, on the side on which the feed is wrong.

    A vague person compares with the feed where the target lies beyond its median, or beyond an item pointed at; an
    exact one names a round number, or a range, or about how much.
    """
    side = side_of(trait, rows, traits)
    if vague and side != "mixed":
        compared = _compared(trait, rows, traits, rng, side, complain)
        if compared is not None:
            return compared
    kind = kind_of(trait, traits)
    if side != "mixed" and rng.random() < 0.7:
        return _one_sided(trait, traits, kind, side, complain)
    if kind in ("price", "number") and trait.number > 0 and rng.random() < 0.5:
        return _around(trait, traits, kind)
    return _between(trait, traits, kind)


def kind_of(trait: Trait, traits: Traits) -> Kind:
    """Return how people speak of a field of numbers."""
    if trait.kind == "date":
        return "date"
    if traits.registry.fields[trait.field].unit == "year":
        return "year"
    return "price" if trait.field == "price" else "number"


def side_of(trait: Trait, rows: Sequence[int], traits: Traits) -> Side:
    """Return on which side of the feed the target lies: below, where most of what is not near it is above."""
    low, high = near(trait, traits)
    numbers = traits.registry.numbers_I(trait.field)[list(rows)]
    n_above, n_below = int((numbers > high).sum()), int((numbers < low).sum())
    if n_above == n_below:
        return "mixed"
    return "below" if n_above > n_below else "above"


def _compared(
    trait: Trait, rows: Sequence[int], traits: Traits, rng: np.random.Generator, side: Side, complain: bool
) -> Slot | None:
    """Return `cheaper`, or `cheaper than the second one`; None where it would not be true of the target."""
    numbers, kind = traits.registry.numbers_I(trait.field)[list(rows)], kind_of(trait, traits)
    below = side == "below"
    fits = [at for at, number in enumerate(numbers[:PLACES].tolist())
            if math.isfinite(number) and (trait.number < number if below else trait.number > number)]  # fmt: skip
    op: Op = "lt" if below else "gt"
    if fits and rng.random() < POINTS:
        at = fits[int(rng.integers(len(fits)))]
        return _slot(trait, traits, f"{kind}.{'less' if below else 'more'}_than", op, float(numbers[at]),
                     places={"place": str(at + 1)}, complaint=False)  # fmt: skip
    held = numbers[np.isfinite(numbers)]
    middle = float(np.median(held)) if len(held) else math.nan
    if not (trait.number < middle if below else trait.number > middle):
        return None
    end = ("too_much" if below else "too_little") if complain else ("less" if below else "more")
    return _slot(trait, traits, f"{kind}.{end}", op, middle, complaint=complain)


def _one_sided(trait: Trait, traits: Traits, kind: Kind, side: Side, complain: bool) -> Slot:
    """Return a round bound: under 50, before 1980, nothing older than 2021."""
    below, x = side == "below", trait.number
    end = ("not_over" if below else "not_under") if complain else ("under" if below else "over")
    if kind == "date":
        year = date.fromordinal(int(x)).year
        said = year + 1 if below else year - 1
        day = date(said, 1, 1) if below else date(said, 12, 31)
        if complain:  # `nothing after 2021` lets 2021 pass, `before 2022` does not let 2022
            said = year
            day = date(said, 12, 31) if below else date(said, 1, 1)
            return _slot(trait, traits, f"{kind}.{end}", "le" if below else "ge", float(day.toordinal()), (str(said),),
                         complaint=True)  # fmt: skip
        return _slot(trait, traits, f"{kind}.{end}", "lt" if below else "gt", float(day.toordinal()), (str(said),))
    if kind == "year":
        step = ROUND_YEARS
        said = int((math.floor(x / step) + 1) * step if below else (math.ceil(x / step) - 1) * step)
    else:
        value = round_up(x) if below else round_down(x)
        ops: Op = "le" if below else "ge"
        return _slot(trait, traits, f"{kind}.{end}", ops, value, (written(value),), complaint=complain)
    if complain:
        return _slot(trait, traits, f"{kind}.{end}", "le" if below else "ge", float(said), (str(said),), complaint=True)
    return _slot(trait, traits, f"{kind}.{end}", "lt" if below else "gt", float(said), (str(said),))


def _around(trait: Trait, traits: Traits, kind: Kind) -> Slot:
    """Return about how much: a round number whose band of AROUND holds the target."""
    middle = _rounded(trait.number)
    if not (1 - AROUND) * middle <= trait.number <= (1 + AROUND) * middle:
        return _between(trait, traits, kind)
    band = (round((1 - AROUND) * middle, 6), round((1 + AROUND) * middle, 6))
    return _slot(trait, traits, f"{kind}.around", "between", band, (written(middle),), approximate=True)


def _between(trait: Trait, traits: Traits, kind: Kind) -> Slot:
    """Return a range with round ends; of years a decade."""
    x = trait.number
    if kind == "year":
        first = int(x // 10 * 10)
        return _slot(trait, traits, "year.decade", "between", (float(first), float(first + 9)), (str(first),))
    if kind == "date":
        year = date.fromordinal(int(x)).year
        ends = (float(date(year, 1, 1).toordinal()), float(date(year, 12, 31).toordinal()))
        return _slot(trait, traits, "date.in", "between", ends, (str(year),))
    low, high = round_down(x), round_up(x)
    return _slot(trait, traits, f"{kind}.between", "between", (low, high), (written(low), written(high)))


def _slot(
    trait: Trait,
    traits: Traits,
    clause: str,
    op: Op,
    value: Value,
    said: tuple[str, ...] = (),
    *,
    places: dict[str, str] | None = None,
    complaint: bool = False,
    approximate: bool = False,
) -> Slot:
    ends = dict(zip(("n", "m"), said, strict=False))
    return Slot(
        demand=traits.demand(trait, value, op=op, approximate=approximate),
        clause=clause,
        places={"field": traits.called(trait.field), **ends, **(places or {})},
        names=said,
        complaint=complaint,
        key=trait.key,
    )


def step_of(x: float) -> float:
    """Return the step in which people name numbers of this size: half of the leading digit's.

    >>> step_of(47.0), step_of(7.3), step_of(1200.0)
    (5.0, 0.5, 500.0)
    """
    return 10.0 ** math.floor(math.log10(abs(x))) / 2 if x else 1.0


def round_up(x: float) -> float:
    """Return the least round number above.

    >>> round_up(47.99), round_up(50.0)
    (50.0, 55.0)
    """
    step = step_of(x)
    return round((math.floor(x / step) + 1) * step, 6)


def round_down(x: float) -> float:
    """Return the greatest round number below.

    >>> round_down(47.99), round_down(45.0)
    (45.0, 40.0)
    """
    step = step_of(x)
    return round((math.ceil(x / step) - 1) * step, 6)


def _rounded(x: float) -> float:
    step = step_of(x)
    return round(max(round(x / step), 1) * step, 6)


def written(x: float) -> str:
    """Return a number as it is typed.

    >>> written(50.0), written(7.5)
    ('50', '7.50')
    """
    return str(int(x)) if float(x).is_integer() else f"{x:.2f}"
