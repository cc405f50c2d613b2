"""What a model sees of the catalogue, the screen and the memory, as lines that fit into a prompt (RecBot, 3.5).

The lines about fields are the same for every command, so that a server's prefix cache holds them; what depends on the
command, such as values that its words resemble, comes after them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from ..data.tokens import count_tokens
from .days import day_at
from .fields import Field, FieldRegistry
from .phrases import stems
from .records import Command, Memory, plain

MAX_FIELDS = 60
"""Fields that are told, the most common ones; a demand about another is said in free words."""
_VALUES = (40, 20, 10, 6, 3, 0)
"""Values told of each field: as many as fit."""
_LONGEST = 60
"""Characters of a value that are shown."""
_LIKELY = 16
_BESIDE_TITLE = 6
"""Fields of an item that are shown on the screen's rows, beside its title."""


def told_fields(registry: FieldRegistry) -> tuple[Field, ...]:
    """Return the fields that a command may be about, in the registry's order; free text is none of them."""
    return tuple(field for field in registry.fields.values() if field.kind != "text")[:MAX_FIELDS]


def field_lines(registry: FieldRegistry, most_tokens: int) -> list[str]:
    """Return a line for each field: name, kind, unit, range, and as many of its values as fit into so many tokens."""
    fields = told_fields(registry)
    lines: list[str] = []
    for n_values in _VALUES:
        lines = [_field_line(field, n_values) for field in fields]
        if sum(count_tokens(line) + 2 for line in lines) <= most_tokens:
            break
    return lines


def _field_line(field: Field, n_values: int) -> str:
    about = [{"list": "several values", "value": "one value"}.get(field.kind, field.kind), field.unit]
    if field.low is not None and field.high is not None:
        ends = [_number(end, field.kind) for end in (field.low, field.high)]
        about.append(f"{ends[0]} to {ends[1]}")
    aliases = [name for name in field.aliases[:4] if name != field.name.casefold()]
    about.append(f"also called {', '.join(aliases)}" if aliases and n_values else "")
    head = f"{field.name} ({', '.join(part for part in about if part)})"
    if not field.values or not n_values:
        return head
    told = ", ".join(value[:_LONGEST] for value in field.values[:n_values])
    more = len(field.values) - n_values
    return f"{head}: {told}{f' +{more}' if more > 0 else ''}"


def _number(value: float, kind: str) -> str:
    return day_at(value).isoformat() if kind == "date" else f"{value:.10g}"


def slate_lines(registry: FieldRegistry, command: Command) -> list[tuple[int, str]]:
    """Return place and line of each item on the screen: its title and key fields."""
    return [(shown.position, _item_line(registry.card(shown.row))) for shown in command.slate]


def _item_line(card: dict[str, Any]) -> str:
    parts = [str(card.get("title", "untitled"))[:100]]
    others = [(name, value) for name, value in card.items() if name != "title"][:_BESIDE_TITLE]
    parts += [f"{name}: {_value(value)}" for name, value in others]
    return " | ".join(parts)


def _value(value: object) -> str:
    return ", ".join(str(each)[:40] for each in value[:4]) if isinstance(value, list | tuple) else str(value)[:60]


def memory_lines(memory: Memory, registry: FieldRegistry) -> list[str]:
    """Return what holds as JSON objects with ids, hard and soft told apart: lost labels turn one into the other."""
    lines = []
    for demand in memory.demands:
        told = {
            name: value
            for name, value in plain(demand).items()
            if name not in ("round", "until", "said", "approximate")
        }
        field = registry.field(str(told.get("field", "")))
        if field is not None and field.kind == "date":
            ends = told["value"] if isinstance(told["value"], list) else [told["value"]]
            told["value"] = [_number(end, "date") for end in ends if isinstance(end, int | float)]
        lines.append(json.dumps(_shortened(told), ensure_ascii=False))
    return lines


def cell_lines(memory: Memory) -> list[str]:
    """Return what a planner needs of each demand: id, cell, what it is about; not the person's own words."""
    lines = []
    for demand in memory.demands:
        told = plain(demand)
        hard = told["kind"] == "hard"
        about = {"field": told["field"], "op": told["op"], "value": told["value"]} if hard else {
            "about": told["facet"], "text": told["text"]}  # fmt: skip
        cell = f"{demand.polarity}_hard" if hard else demand.polarity
        lines.append(json.dumps(_shortened({"id": demand.id, "cell": cell, **about}), ensure_ascii=False))
    return lines


def _shortened(told: dict[str, Any]) -> dict[str, Any]:
    """Return an object whose texts and lists are short enough for a line."""
    return {
        name: value[:80] if isinstance(value, str) else value[:8] if isinstance(value, list) else value
        for name, value in told.items()
        if value != ""
    }


class Likely:
    """Finds values of the fields that look like words of a command: of a long vocabulary a prompt shows only a part."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self._held: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
        self._size: dict[tuple[str, str], int] = {}
        for field in fields:
            for rank, value in enumerate(field.values):
                said = stems(value)
                self._size[field.name, value] = len(said)
                for stem in said:
                    self._held[stem].append((rank, field.name, value))

    def lines(self, text: str) -> list[str]:
        """Return lines of `field: value, value`, the values whose words the text says most of."""
        found: dict[tuple[str, str], int] = defaultdict(int)
        ranks: dict[tuple[str, str], int] = {}
        for stem in stems(text):
            for rank, name, value in self._held.get(stem, ()):
                found[name, value] += 1
                ranks[name, value] = rank
        best = sorted(found, key=lambda each: (-found[each] / self._size[each], ranks[each], each))[:_LIKELY]
        names = dict.fromkeys(name for name, _ in best)
        return [f"{name}: {', '.join(value[:_LONGEST] for own, value in best if own == name)}" for name in names]
