"""Praise of what is on the screen asks for nothing: `love these lamps`, `the mugs are great`, 这些杯子不错. [ours]

It is told from a wish by the screen: in front of tents, `nice mugs` asks for mugs. Praise with a change, `nice lamps
but cheaper`, is the change alone where most of the screen is of that kind; of a kind that is one among others there,
the praise says which is meant (`that coat is nice, but not in olive`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...data.catalog import SEPARATOR
from ..fields import FieldRegistry
from ..records import Shown
from .said import Said
from .tokens import phrase


@dataclass(frozen=True, slots=True)
class Praise:
    """Tells praise from wishes, by what is on the screen."""

    registry: FieldRegistry

    def without(self, said: Sequence[Said], slate: Sequence[Shown], text: str, *, asks: bool) -> list[Said]:
        """Return what was said without what is but praised; `asks`: the command has words that ask for something."""
        things = [one for one in said if _is_praised(one)]
        gone = [
            one
            for clause in dict.fromkeys(one.clause for one in things)
            for group in ([one for one in things if one.clause == clause],)
            if self._is_shown(group, slate, text, asks=asks)
            for one in group
        ]
        places = [one for one in said if one.pleased and one.place is not None and not (one.negative or asks)]
        return [one for one in said if not any(one is other for other in (*gone, *places))]

    def _is_shown(self, group: Sequence[Said], slate: Sequence[Shown], text: str, *, asks: bool) -> bool:
        """Return whether things that are praised together are what the screen shows, or what it has of a kind."""
        n = sum(all(self._has(shown.row, one, text) for one in group) for shown in slate)
        points = all(one.pleased or one.pointed for one in group) and all(self._is_kind(one) for one in group)
        return 2 * n > len(slate) or (n > 0 and points and not asks)

    @staticmethod
    def _is_kind(one: Said) -> bool:
        return all(entry.field == "category" for entry in one.entries)

    def _has(self, row: int, one: Said, text: str) -> bool:
        if any(self._holds(row, entry.field, entry.values) for entry in one.entries):
            return True
        names = [name for name in ("title", "category") if name in self.registry.fields]
        held = [value for name in names for value in self._values(row, name)]
        words = text[one.mark.start : one.mark.end]
        if not words.isascii():
            return any(words in value for value in held)
        return set(phrase(words)) <= {word for value in held for word in phrase(value)}

    def _holds(self, row: int, name: str, values: Sequence[str]) -> bool:
        held = self._values(row, name)
        return any(value == wanted or value.startswith(f"{wanted}{SEPARATOR}") for value in held for wanted in values)

    def _values(self, row: int, name: str) -> tuple[str, ...]:
        held = self.registry.held(row, name)
        return held if isinstance(held, tuple) else ()


def _is_praised(one: Said) -> bool:
    """Return whether praise speaks of a thing, and nothing else does."""
    turned = one.negative or one.retracted or one.again or one.item
    return (one.pleased or one.praised) and one.mark.kind in ("value", "words") and not turned
