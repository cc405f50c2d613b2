"""The plain records of the interactive feed: what was said, what holds, what is to be done about it (RecBot, 2 and 3).

All are frozen and go to JSON and back through `plain` and `read_demand`, so that memory can be shown, kept and undone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

Polarity = Literal["positive", "negative"]
"""Wanted, or unwanted: a negative demand names the unwanted thing itself and is never negated twice (RecBot, 3.3)."""

Op = Literal["eq", "in", "lt", "le", "gt", "ge", "between", "contains"]
"""How a field is compared; negation is the polarity's business."""

Scope = Literal["session", "season", "always"]
"""How long a demand holds [ours]: until the session ends, until the season turns, until it is taken back."""

Feedback = Literal["new", "revise", "reset", "satisfied", "neutral"]
"""What a command does to the memory (RecBot, 3.4)."""

Speaker = Literal["grounded", "llm"]

Value = str | float | tuple[str, ...] | tuple[float, float]
"""A field's value, several of which any will do, or the two ends of a range, both included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """A hard demand: a rule decides it from one field of the item."""

    id: str = ""
    """Given by the memory: `c1`, `c2`, …; never used again."""
    polarity: Polarity
    field: str
    """A name of the field registry."""
    op: Op
    value: Value
    """Numbers for numeric fields (a date as its ordinal day), the catalogue's own spelling for others."""
    unit: str = ""
    approximate: bool = False
    """`around 200`: `value` is a range that may be widened once."""
    quote: str
    """The words of the command that say it."""
    round: int = 0
    """Of the session, when it was said."""
    scope: Scope = "session"
    until: date | None = None
    """First day on which it no longer holds; None where none is set."""
    said: date | None = None
    """Day on which it was said first; None where that was not written down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """A soft demand: how well an item meets it is a matter of degree."""

    id: str = ""
    polarity: Polarity
    facet: str
    """What it is about: a name of the field registry, such as `category`, or `about` for free words."""
    text: str
    """The thing itself, never negated: `floral print`, not `no floral print`."""
    quote: str
    round: int = 0
    scope: Scope = "session"
    until: date | None = None
    said: date | None = None


Demand = Constraint | Preference
"""One thing that a person asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """What one command changes; emitted by a parser, applied by the memory, which is code (RecBot, 3.4)."""

    feedback: Feedback
    add: tuple[Demand, ...] = ()
    """Without ids."""
    retract_ids: tuple[str, ...] = ()
    clear_fields: tuple[str, ...] = ()
    """Fields and facets about which everything said is forgotten."""
    ignored: tuple[str, ...] = ()
    """What was understood and could not be taken up, each with its reason in words: nothing vanishes."""
    tightens: bool = False
    """`even cheaper`: numeric bounds are intersected with those that hold instead of taking their place."""
    widens: bool = False
    """`also red`, `or blue`: values of a single-valued field stand beside those that hold instead of in their place."""
    speaker: Speaker = "grounded"


Why = Literal[
    "retracted", "replaced", "cleared", "reset", "expired", "undone", "contradicted", "suspended", "undecidable"
]
"""Why a demand no longer holds; `suspended`: what was said for the session took its place, and it stands after that;
`undecidable`: the items have its field no longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A demand that no longer holds, and why."""

    demand: Demand
    round: int
    why: Why
    by: str = ""
    """The words that ended it, where words did."""
    day: date | None = None
    """On which it stopped holding; None where that was not written down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What holds now, in the order in which it was said (P_t), and all that held once."""

    demands: tuple[Demand, ...] = ()
    ended: tuple[Ended, ...] = ()
    next_number: int = 1
    """Of ids: they only grow."""

    @property
    def constraints(self) -> tuple[Constraint, ...]:
        """The hard ones."""
        return tuple(demand for demand in self.demands if isinstance(demand, Constraint))

    @property
    def preferences(self) -> tuple[Preference, ...]:
        """The soft ones."""
        return tuple(demand for demand in self.demands if isinstance(demand, Preference))

    def cell(self, polarity: Polarity, kind: type[Constraint] | type[Preference]) -> tuple[Demand, ...]:
        """Return one of the four cells of RecBot, 3.2."""
        return tuple(demand for demand in self.demands if demand.polarity == polarity and isinstance(demand, kind))

    def demand(self, demand_id: str) -> Demand | None:
        """Return the demand of an id that holds; None where none does."""
        return next((demand for demand in self.demands if demand.id == demand_id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One item on the screen, as a parser sees it."""

    position: int
    """From 1."""
    row: int
    """In the catalogue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What a person typed, and in front of what."""

    text: str
    slate: tuple[Shown, ...] = ()
    memory: Memory = Memory()
    round: int = 0
    today: date
    subject: str = ""
    """Whom or which session it is about, for the ledger of questions to a model and for erasure; it is never sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One tool call."""

    tool: str
    args: Mapping[str, Any] = field(default_factory=dict)


Plan = tuple[Step, ...]


def plain(demand: Demand) -> dict[str, Any]:
    """Return a demand as JSON values; `kind` says which it is, and `said` stands there where the day is known."""
    shared = {
        "id": demand.id,
        "polarity": demand.polarity,
        "quote": demand.quote,
        "round": demand.round,
        "scope": demand.scope,
        "until": demand.until.isoformat() if demand.until else None,
    }
    if demand.said is not None:
        shared["said"] = demand.said.isoformat()
    if isinstance(demand, Preference):
        return {"kind": "soft", "facet": demand.facet, "text": demand.text, **shared}
    value = list(demand.value) if isinstance(demand.value, tuple) else demand.value
    hard = {"field": demand.field, "op": demand.op, "value": value, "unit": demand.unit}
    return {"kind": "hard", **hard, "approximate": demand.approximate, **shared}


def read_demand(held: Mapping[str, Any]) -> Demand:
    """Return the demand that `plain` wrote."""
    more = {name: value for name, value in held.items() if name not in ("kind", "value")}
    more |= {name: date.fromisoformat(held[name]) if held.get(name) else None for name in ("until", "said")}
    if held["kind"] == "soft":
        return Preference(**more)
    value = held["value"]
    return Constraint(
        **more, value=tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
    )
