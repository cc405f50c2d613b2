"""Commands as people type them, with what they ask for, and the score of a parser on them.

A line of `said.<language>.jsonl`: `catalogue`, `slate`, `text`, `half` (`held` was written before any parser and is
only looked at for its score), `want` as slots [sign, field or facet, op, value, scope?], and, where not the plain
case, `memory` (slots that hold, with ids c1, c2, …), `feedback`, `retract`, `clear`, `tightens`.

`op` is `=` or `~` for words, `<`, `>`, `..` for numbers; `@all`, `@2&4`, `@-1` stand for the median of those items
of the slate, `@each` for one slot an item, several facets `a|b` for any of them. Whether a slot is hard follows the
registry.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from intentfeed.commands.fields import FieldRegistry
from intentfeed.commands.parser import Parser
from intentfeed.commands.reading.tokens import phrase
from intentfeed.commands.records import Command, Constraint, Delta, Demand, Memory, Preference, Shown
from intentfeed.data.catalog import leaf_name

TODAY = date(2025, 3, 1)
SLATES = {
    ("en11", "dresses"): (67, 68, 131, 202, 240, 265),
    ("en11", "tents"): (53, 570, 603, 725, 826, 968),
    ("en11", "jackets"): (175, 191, 198, 295, 327, 440),
    ("en11", "pans"): (194, 407, 1337),
    ("en12", "boots"): (30, 174, 504, 789, 796, 872),
    ("en12", "lamps"): (110, 214, 431, 598, 655),
    ("en12", "backpacks"): (93, 274, 374, 770, 961, 1206),
    ("zh13", "tents"): (58, 140, 388, 825, 954, 1070),
    ("zh13", "phones"): (49, 229, 323, 366, 487, 892),
}
FIRST = (0, 1, 2, 3, 4, 5)
CELLS = ("hard positive", "hard negative", "soft positive", "soft negative")


@dataclass(frozen=True)
class Slot:
    """One thing asked for, in a form in which two readings can be compared."""

    positive: bool
    facets: tuple[str, ...]
    op: str
    """`is`, `below`, `above` or `between`."""
    value: Any
    hard: bool

    @property
    def cell(self) -> str:
        """Which of the four cells of RecBot, 3.2."""
        return f"{'hard' if self.hard else 'soft'} {'positive' if self.positive else 'negative'}"


@dataclass
class Score:
    """Slots found, expected and answered, by cell; and the commands that went wrong."""

    found: Counter[str] = field(default_factory=Counter)
    expected: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    acts: Counter[str] = field(default_factory=Counter)

    def f1(self, *cells: str) -> float:
        """Return the F1 of some cells taken together."""
        found, expected, answered = (sum(n[cell] for cell in cells) for n in (self.found, self.expected, self.answered))
        return 2 * found / (expected + answered) if expected + answered else 1.0

    @property
    def hard(self) -> float:
        """F1 of what a rule can decide."""
        return self.f1(*CELLS[:2])

    @property
    def soft(self) -> float:
        """F1 of the rest."""
        return self.f1(*CELLS[2:])

    def __str__(self) -> str:
        cells = ", ".join(f"{cell} {self.f1(cell):.3f} ({self.expected[cell]})" for cell in CELLS)
        acts = ", ".join(f"{name} {n}" for name, n in sorted(self.acts.items()))
        return f"hard {self.hard:.3f}, soft {self.soft:.3f}; {cells}; {acts}"


def lines(language: str, half: str) -> list[dict[str, Any]]:
    """Return the commands of one half."""
    path = Path(__file__).with_name(f"said.{language}.jsonl")
    return [line for line in map(json.loads, path.read_text("utf-8").splitlines()) if line["half"] == half]


def slate_of(line: Mapping[str, Any]) -> tuple[Shown, ...]:
    """Return what is on the screen."""
    if not line["slate"]:
        return ()
    rows = SLATES.get((line["catalogue"], line["slate"]), FIRST)
    return tuple(Shown(position=at + 1, row=row) for at, row in enumerate(rows))


def command_of(line: Mapping[str, Any], registry: FieldRegistry) -> Command:
    """Return the command of a line, with its slate and its memory."""
    held = tuple(_demand(slot, f"c{at}", registry) for at, slot in enumerate(line.get("memory", ()), 1))
    memory = Memory(demands=held, next_number=len(held) + 1)
    return Command(text=line["text"], slate=slate_of(line), memory=memory, round=1, today=TODAY)


def score(said: Sequence[Mapping[str, Any]], parser: Callable[[str], tuple[Parser, FieldRegistry]]) -> Score:
    """Return how well commands are read; `parser` gives the parser and the registry of a catalogue."""
    total = Score()
    for line in said:
        reader, registry = parser(line["catalogue"])
        command = command_of(line, registry)
        delta = reader.parse(command)
        expected = [slot for want in line["want"] for slot in _wanted(want, command, registry)]
        answered = [slot for demand in delta.add for slot in _answered(demand)]
        pairs = _pairs(expected, answered, registry)
        total.expected.update(slot.cell for slot in expected)
        total.answered.update(
            answered[at].cell if at not in pairs else expected[pairs[at]].cell for at in range(len(answered))
        )
        total.found.update(expected[at].cell for at in pairs.values())
        acts = _acts(line, delta, command)
        total.acts.update({"acts": 1, "acts right": acts})
        if len(pairs) < max(len(expected), len(answered)) or not acts:
            total.wrong.append(
                _told(line, delta, [expected[at] for at in range(len(expected)) if at not in pairs.values()])
            )
    return total


def _acts(line: Mapping[str, Any], delta: Delta, command: Command) -> bool:
    """Return whether all is right that is no slot: feedback, what is taken back, for how long."""
    scopes = {want[4] if len(want) > 4 else "session" for want in line["want"]}
    return (
        delta.feedback == line.get("feedback", "new")
        and list(delta.retract_ids) == line.get("retract", [])
        and set(delta.clear_fields) >= set(line.get("clear", []))
        and delta.tightens == line.get("tightens", False)
        and (not delta.add or {demand.scope for demand in delta.add} == scopes)
    )


def _demand(slot: Sequence[Any], demand_id: str, registry: FieldRegistry) -> Demand:
    sign, name, op, value = slot[:4]
    polarity: Any = "positive" if sign == "+" else "negative"
    known = registry.field(name)
    if known is None or not known.hard:
        return Preference(id=demand_id, polarity=polarity, facet=name, text=str(value), quote=str(value))
    written: Any = {"<": "le", ">": "ge", "=": "eq", "~": "eq"}[op]
    return Constraint(id=demand_id, polarity=polarity, field=name, op=written, value=value, quote=str(value))


def _wanted(want: Sequence[Any], command: Command, registry: FieldRegistry) -> Iterable[Slot]:
    sign, names, op, value = want[:4]
    facets = tuple(names.split("|"))
    known = registry.field(facets[0])
    hard = known is not None and known.hard and len(facets) == 1
    kind = {"=": "is", "~": "is", "<": "below", ">": "above", "..": "between"}[op]
    if value == "@each":
        for shown in command.slate:
            title = registry.held(shown.row, "title")
            yield Slot(sign == "+", facets, kind, title[0] if isinstance(title, tuple) else "", False)
        return
    if isinstance(value, str) and value.startswith("@"):
        value = _median(value[1:], command, registry, facets[0])
    if known is not None and known.kind == "date":
        value = _ordinals(value)
    for one in value if isinstance(value, list) and op in "=~" else [value]:
        yield Slot(sign == "+", facets, kind, one, hard)


def _ordinals(value: Any) -> Any:
    return float(date.fromisoformat(value).toordinal()) if isinstance(value, str) else value


def _median(said: str, command: Command, registry: FieldRegistry, name: str) -> float:
    rows = [shown.row for shown in command.slate]
    if said != "all":
        rows = [rows[int(at) - 1 if int(at) > 0 else int(at)] for at in said.split("&")]
    return float(np.nanmedian(registry.numbers_I(name)[rows]))


def _answered(demand: Demand) -> Iterable[Slot]:
    positive = demand.polarity == "positive"
    if isinstance(demand, Preference):
        yield Slot(positive, (demand.facet,), "is", demand.text, False)
        return
    kind = {"eq": "is", "in": "is", "contains": "is", "lt": "below", "le": "below", "gt": "above", "ge": "above"}
    op = kind.get(demand.op, "between")
    several = isinstance(demand.value, tuple) and op == "is"
    for one in demand.value if several and isinstance(demand.value, tuple) else [demand.value]:
        yield Slot(positive, (demand.field,), op, one, True)


def _pairs(expected: Sequence[Slot], answered: Sequence[Slot], registry: FieldRegistry) -> dict[int, int]:
    """Return which answered slot is which expected one."""
    pairs: dict[int, int] = {}
    for place, slot in enumerate(answered):
        for at, want in enumerate(expected):
            if at not in pairs.values() and _same(want, slot, registry):
                pairs[place] = at
                break
    return pairs


def _same(want: Slot, got: Slot, registry: FieldRegistry) -> bool:
    if want.positive != got.positive or want.op != got.op:
        return False
    facet = got.facets[0]
    if want.op != "is":
        return facet in want.facets and np.allclose(np.atleast_1d(want.value), np.atleast_1d(got.value), atol=1.01)
    one, other = set(phrase(leaf_name(str(want.value)))), set(phrase(leaf_name(str(got.value))))
    if facet in want.facets:
        free = facet in ("about", "category") and "about" in want.facets
        one, other = one - {"and"}, other - {"and"}
        part = facet == "category" and free and one <= other  # "candles" are "Candles & Diffusers"
        return part or (len(one & other) >= 0.5 * len(one | other) if free else one == other)
    # a value that the catalogue has in several fields is found in any of them
    return (
        one == other
        and _holds(registry, facet, str(want.value))
        and any(_holds(registry, name, str(want.value)) for name in want.facets)
    )


def _holds(registry: FieldRegistry, name: str, value: str) -> bool:
    known = registry.field(name)
    return known is not None and value.casefold() in {leaf_name(held).casefold() for held in known.values}


def _told(line: Mapping[str, Any], delta: Delta, missing: Sequence[Slot]) -> str:
    got = [
        (d.polarity[0], d.facet, d.text) if isinstance(d, Preference) else (d.polarity[0], d.field, d.op, d.value)
        for d in delta.add
    ]
    want = [(slot.positive, slot.facets, slot.op, slot.value) for slot in missing]
    more = (delta.feedback, delta.retract_ids, delta.clear_fields, delta.tightens, [d.scope for d in delta.add])
    return f"{line['catalogue']} {line['text']!r}\n    missing {want}\n    got {got}\n    {more} {delta.ignored}"
