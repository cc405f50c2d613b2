"""What a command truly says: what a parser should find in it, and which of two demands takes the place of the other."""

from __future__ import annotations

from dataclasses import dataclass

from ..commands.records import Constraint, Delta, Demand, Feedback


@dataclass(frozen=True, slots=True, kw_only=True)
class Gold:
    """What a command truly says: what a parser should find."""

    feedback: Feedback
    add: tuple[Demand, ...] = ()
    retracts: tuple[Demand, ...] = ()
    clears: tuple[str, ...] = ()
    """Fields about which everything is taken back."""

    def delta(self) -> Delta:
        """Return the same as a parser says it; the ids of what is retracted are the memory's to give."""
        return Delta(feedback=self.feedback, add=self.add, clear_fields=self.clears)


def about_of(demand: Demand) -> str:
    """Return the field or facet of a demand."""
    return demand.field if isinstance(demand, Constraint) else demand.facet


def replaces(new: Demand, old: Demand) -> bool:
    """Return whether a newer demand takes the place of an older one: the same field of numbers, the same thing said
    again, or the very contrary."""
    if about_of(new) != about_of(old) or isinstance(new, Constraint) != isinstance(old, Constraint):
        return False
    if isinstance(new, Constraint) and isinstance(old, Constraint):
        if _is_numeric(new) and _is_numeric(old):
            return True
        return new.value == old.value
    assert not isinstance(new, Constraint)
    assert not isinstance(old, Constraint)
    return new.text == old.text


def _is_numeric(demand: Constraint) -> bool:
    value = demand.value[0] if isinstance(demand.value, tuple) else demand.value
    return isinstance(value, float | int)
