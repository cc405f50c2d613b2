"""Quantities in words → number and unit; which units convert into each other (names: `units.toml`). [ours]"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ..data.fields import price

PLAIN = r"[-+]?\d{1,3}(?:\.\d{3})+,\d+|[-+]?(?:\d{1,3}(?:[,\u00a0\u202f ]\d{3})+|\d+)(?:[.,]\d+)?|[-+]?[.,]\d+"
_NUMBER = re.compile(PLAIN)
_MEASURE = re.compile(rf"(?P<before>[^\d\s.,+-]{{1,3}})?\s?(?P<number>{PLAIN})[\s-]?(?P<after>[^\d\s][^\d]{{0,15}})?")
_LEADING_ZERO = re.compile(r"0\d")
LONGEST = 40
"""Characters of a text that can be a quantity."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measure: what it measures, and how many of the kind's base it is."""

    name: str
    kind: str
    factor: float = 1.0

    @property
    def is_money(self) -> bool:
        """Whether it is a currency, which converts into nothing and may stand before its number."""
        return self.kind == self.name and self.name.isupper()


@cache
def units() -> dict[str, Unit]:
    """Return the known units by each of their names, case-folded."""
    held = tomllib.loads(files(__package__).joinpath("units.toml").read_text("utf-8"))
    return {
        written.casefold(): Unit(name, kind, float(entry["factor"]))
        for kind, entries in held.items()
        for name, entry in entries.items()
        for written in entry["names"]
    }


def unit(written: str) -> Unit | None:
    """Return the unit that a word names; None for a word that names none.

    >>> unit("Kilos").name, unit("毫升").kind, unit("red")
    ('kg', 'volume', None)
    """
    return units().get(" ".join(written.casefold().split()))


def number(text: str) -> float | None:
    """Return the number that a text is; None where it is more than a number, or a code such as `007`.

    >>> number("1,299.50"), number("-3"), number("0,5"), number("007"), number("3 pack")
    (1299.5, -3.0, 0.5, None, None)
    """
    text = text.strip()
    if len(text) > LONGEST or not _NUMBER.fullmatch(text) or _LEADING_ZERO.match(text.lstrip("+-")):
        return None
    return price(text)


def measure(text: str) -> tuple[float, Unit] | None:
    """Return a quantity and its unit; a single further word counts as a unit of its own. None for anything else.

    >>> measure("2.5 kg"), measure("€ 12"), measure("1.2米x1.6米")
    ((2.5, Unit(name='kg', kind='mass', factor=1000.0)), (12.0, Unit(name='EUR', kind='EUR', factor=1.0)), None)
    """
    text = text.strip()
    found = _MEASURE.fullmatch(text) if len(text) <= LONGEST else None
    if found is None or bool(found["before"]) == bool(found["after"]) or _LEADING_ZERO.match(found["number"]):
        return None
    said = found["before"] or found["after"].strip()
    named = unit(said)
    if found["before"] and (named is None or not named.is_money):
        return None
    if named is None and (not said.isalpha() or len(said) < 2):
        return None
    value = price(found["number"])
    return None if value is None else (value, named or Unit(said.casefold(), said.casefold()))


def converted(value: float, *, given: str, wanted: str) -> float | None:
    """Return a number of one unit in another; None where they measure different things or are unknown.

    >>> converted(2, given="kg", wanted="g"), converted(2, given="kg", wanted="cm")
    (2000.0, None)
    """
    if given == wanted:
        return value
    one, other = unit(given), unit(wanted)
    return value * one.factor / other.factor if one and other and one.kind == other.kind else None
