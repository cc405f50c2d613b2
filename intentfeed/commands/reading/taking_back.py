"""Which demands of the memory words take back: `forget the budget`, `blue is fine again` (RecBot, 3.4). [ours]"""

from __future__ import annotations

from dataclasses import dataclass

from ...data.catalog import leaf_name
from ..records import Constraint, Demand, Memory
from .limits import Limits
from .merging import numbers, several
from .said import Said
from .tokens import phrase


@dataclass(frozen=True, slots=True)
class TakingBack:
    """Finds what words speak of among what holds."""

    memory: Memory
    limits: Limits

    def of(self, one: Said) -> tuple[list[str], list[str]]:
        """Return the fields that are cleared, where a field is named, or the ids of the demands spoken of."""
        if one.mark.kind == "name" or (one.name and not one.entries):
            return list(self.limits.roles.cleared(one.name)), []
        spoken = [demand for demand in self.memory.demands if self._speaks_of(one, demand)]
        whole = [demand for demand in spoken if _is_whole(one, demand)]
        return [], [demand.id for demand in whole or spoken]

    def speaks(self, one: Said) -> bool:
        """Return whether something that holds is spoken of."""
        return any(self._speaks_of(one, demand) for demand in self.memory.demands)

    def newest(self) -> list[str]:
        """Return the ids of what was said last."""
        last = max((demand.round for demand in self.memory.demands), default=0)
        return [demand.id for demand in self.memory.demands if demand.round == last]

    def _speaks_of(self, one: Said, demand: Demand) -> bool:
        if isinstance(demand, Constraint):
            return self._speaks_of_rule(one, demand)
        if one.grade is not None or one.amount is not None:
            return False
        if _is_whole(one, demand):
            return True
        names = [leaf_name(entry.values[0]) for entry in one.entries]
        words = {word for text in (one.mark.said, *names) for word in phrase(text)}
        common = words & set(phrase(demand.text))
        return any((word,) not in self.limits.roles.silent for word in common)

    def _speaks_of_rule(self, one: Said, demand: Constraint) -> bool:
        if one.grade is not None:
            return self.limits.plays(one.grade.role, demand.field)
        if one.amount is not None:
            return one.amount.high in numbers(demand) or one.mark.said in map(str, several(demand))
        values = set(map(str, several(demand)))
        return any(entry.field == demand.field and values & set(entry.values) for entry in one.entries)


def _is_whole(one: Said, demand: Demand) -> bool:
    """Return whether a demand is about all that is said, and not about a word of it."""
    if isinstance(demand, Constraint):
        return True
    names = [leaf_name(value) for entry in one.entries for value in entry.values if entry.field == demand.facet]
    return phrase(leaf_name(demand.text)) in [phrase(text) for text in (one.mark.said, *names)]
