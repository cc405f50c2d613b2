"""Amounts and comparisons → demands on fields with numbers: which field, which way, how far. [ours]"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from ..fields import Field, FieldRegistry
from ..records import Command, Constraint, Demand, Op, Polarity, Preference, Shown, Value
from ..units import converted
from .cues import Cues
from .numbers import Amount
from .roles import Roles
from .said import Said

YEARS: Final = (1000, 2200)
"""What can be a year."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Reads numbers against the fields of one catalogue."""

    registry: FieldRegistry
    roles: Roles
    cues: Cues
    approximate_share: float
    """`around 200` reaches so far to either side (RecBot, 3.3)."""
    approximate_years: int

    def amount(self, said: Said, command: Command, quote: str) -> Demand | str:
        """Return the demand that an amount makes, or why it makes none."""
        amount = said.amount
        assert amount is not None
        standing = self._standing(command) if not said.bound and not said.near else None
        field = self._field(said, amount, standing)
        if field is None:
            return f"{quote!r}: no field of this catalogue has such a number"
        low, high = self._in_unit(amount, field)
        if field in self.roles.years() and not amount.days and not YEARS[0] <= high <= YEARS[1]:
            return f"{quote!r}: no year"
        bound = said.bound
        plain = not (bound or said.near or said.name or amount.unit or amount.money or amount.year or amount.days)
        if plain and (amount.bare or (field.low is not None and high < field.low)):
            return f"{quote!r}: no word says what the number is of"
        if not bound and not said.near and not amount.decade:
            dated = bool(said.name) and field in self.roles.years()  # "released in 2019"
            if standing is not None and standing.field == field.name and not dated:
                bound = {"le": "below", "lt": "below", "ge": "above", "gt": "above"}.get(standing.op, "")
            if not bound and (field in self.roles.fields.get("price", ()) or (amount.unit and not amount.year)):
                bound = "below" if low == high else "between"
        op, value = self._bounded(field, low, high, bound, said)
        near = said.near and bound not in ("below", "above")
        return self._demand(field, op, value, negative=said.negative, near=near, quote=quote)

    def comparison(self, said: Said, slate: Sequence[Shown], quote: str) -> Demand | str:
        """Return the demand that a word such as `cheaper` makes: the median of the items it points at is the limit."""
        assert said.grade is not None
        field, middle = self._middle(said.grade.role, slate)
        if field is None or middle is None or not field.hard:
            own = said.grade.direction == ("lower" if said.less else "higher")
            text = said.words if own else said.grade.lower if said.less else said.grade.higher
            if not text:
                return f"{quote!r}: nothing on the screen to compare with"
            return Preference(polarity="positive", facet="about", text=text, quote=quote)
        return self._demand(field, "lt" if said.less else "gt", middle, negative=False, near=False, quote=quote)

    def plays(self, role: str, name: str) -> bool:
        """Return whether a field plays a role."""
        return any(field.name == name for field in self.roles.graded(role))

    def has(self, role: str) -> bool:
        """Return whether some hard field plays a role, so that plain words may grade it."""
        return any(field.hard for field in self.roles.graded(role))

    # Which field

    def _field(self, said: Said, amount: Amount, standing: Constraint | None) -> Field | None:
        named = self.roles.named(said.name) if said.name else ()
        if amount.unit:
            measured = self.roles.of_unit(amount.unit)
            both = [field for field in measured if field in named]
            if both or measured:
                return (both or measured)[0]
            return named[0] if named and not named[0].unit else None
        bare = not (amount.money or said.bound or said.near or amount.year)
        if named and bare and named[0].unit and self.plays("size", named[0].name):
            return None  # "size 12" is no 12 cm
        if named and (not amount.year or any(field in self.roles.years() for field in named) or not self.roles.years()):
            return named[0]
        if amount.days:
            return next(iter(self.roles.years()), None)
        prices = self.roles.fields.get("price", ())
        if amount.money:
            return prices[0] if prices else None
        if (
            amount.year
            and (years := self.roles.years())
            and (not prices or said.timed or amount.dated or not said.bound)
        ):
            return years[0]
        if standing is not None:
            return self.registry.field(standing.field)
        if prices:
            return prices[0]
        return self._fitting(amount)

    def _fitting(self, amount: Amount) -> Field | None:
        """Return the field whose range a bare number lies in, where there is one."""
        fitting = [
            field
            for field in self.roles.numeric
            if field.kind == "number" and field.low is not None and field.high is not None
            if field.low <= amount.high and amount.low <= field.high and field.unit != "year"
        ]
        return fitting[0] if len(fitting) == 1 else None

    def _standing(self, command: Command) -> Constraint | None:
        """Return the newest demand on a number that holds: what `make that 80` speaks of."""
        held = [demand for demand in command.memory.constraints if self._is_numeric(demand.field)]
        return held[-1] if held else None

    def _is_numeric(self, name: str) -> bool:
        field = self.registry.field(name)
        return field is not None and field.kind in ("number", "date")

    # How far

    def _in_unit(self, amount: Amount, field: Field) -> tuple[float, float]:
        if amount.days and field.kind != "date":
            return float(date.fromordinal(int(amount.low)).year), float(date.fromordinal(int(amount.high)).year)
        unit = self.roles.unit_of(field)
        if not amount.unit or not unit:
            return amount.low, amount.high
        low, high = (converted(value, given=amount.unit, wanted=unit) for value in (amount.low, amount.high))
        return (amount.low if low is None else low), (amount.high if high is None else high)

    def _bounded(self, field: Field, low: float, high: float, bound: str, said: Said) -> tuple[Op, Value]:
        """Return the comparison and its value; years become days where the field has dates."""
        dates = field.kind == "date" and not (said.amount is not None and said.amount.days)
        if said.amount is not None and said.amount.days:
            return "ge", low
        if said.near and bound not in ("below", "above"):
            years = dates or field in self.roles.years()
            reach = self.approximate_years if years else None
            low, high = (low - reach, high + reach) if reach is not None else self._around(low, high)
            return "between", (_first_day(low), _last_day(high)) if dates else (low, high)
        if bound == "below":
            if dates:
                return ("lt", _first_day(low)) if said.strict else ("le", _last_day(high))
            return ("lt" if said.strict else "le"), high
        if bound == "above":
            if dates:
                return ("gt", _last_day(high)) if said.strict else ("ge", _first_day(low))
            return ("gt" if said.strict else "ge"), low
        if dates:
            return "between", (_first_day(low), _last_day(high))
        return ("between", (low, high)) if low != high else ("eq", low)

    def _around(self, low: float, high: float) -> tuple[float, float]:
        share = self.approximate_share
        return round(low * (1 - share), 6), round(high * (1 + share), 6)

    def _middle(self, role: str, slate: Sequence[Shown]) -> tuple[Field | None, float | None]:
        """Return the field that plays a role for most of some items, and its median over them."""
        best: tuple[Field | None, float | None] = (None, None)
        most = 0
        for field in self.roles.graded(role):
            numbers = self.registry.numbers_I(field.name)[[shown.row for shown in slate]] if slate else np.empty(0)
            there = numbers[~np.isnan(numbers)]
            if len(there) > most:
                most, best = len(there), (field, float(np.median(there)))
            elif best[0] is None:
                best = (field, None)
        return best

    def _demand(self, field: Field, op: Op, value: Value, *, negative: bool, near: bool, quote: str) -> Demand:
        polarity: Polarity = "negative" if negative else "positive"
        if not field.hard:
            return Preference(polarity=polarity, facet=field.name, text=_told(field, op, value), quote=quote)
        return Constraint(
            polarity=polarity, field=field.name, op=op, value=value, unit=field.unit, approximate=near, quote=quote
        )


def _told(field: Field, op: Op, value: Value) -> str:
    """Return a limit in words, for a field that no rule can decide."""
    numbers = value if isinstance(value, tuple) else (value,)
    shown = " to ".join(_plain(field, number) for number in numbers)
    sign = {"lt": "under ", "le": "at most ", "gt": "over ", "ge": "at least "}.get(op, "")
    return f"{sign}{shown}"


def _plain(field: Field, number: object) -> str:
    if not isinstance(number, float | int):
        return str(number)
    if field.kind == "date":
        return date.fromordinal(int(number)).isoformat()
    return f"{number:g} {field.unit}".strip()


def _first_day(year: float) -> float:
    return float(date(_year(year), 1, 1).toordinal())


def _last_day(year: float) -> float:
    return float(date(_year(year), 12, 31).toordinal())


def _year(year: float) -> int:
    return int(min(max(year, 1), 9999))
