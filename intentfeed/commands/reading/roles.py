"""Which field of a catalogue is its price, its date, its length: found by name and unit, asked for by words. [ours]"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..fields import Field, FieldRegistry
from ..units import unit
from .cues import Cues
from .tokens import phrase

NAMED = "named:"
"""Begins the role of a word that grades the field named beside it."""
MONEY = ("EUR", "USD", "GBP", "CNY", "JPY")


def name_of(role: str) -> str:
    """Return the name of a role as it is said beside a number.

    >>> name_of("price"), name_of("named:rating")
    ('role:price', 'rating')
    """
    return role.removeprefix(NAMED) if role.startswith(NAMED) else f"role:{role}"


def role_of(name: str) -> str:
    """Return the role that a word grades beside a name: the other way round.

    >>> role_of("role:price"), role_of("rating")
    ('price', 'named:rating')
    """
    return name.removeprefix("role:") if name.startswith("role:") else f"{NAMED}{name}"


class Roles:
    """The fields with numbers of a catalogue, by the part they play."""

    def __init__(self, registry: FieldRegistry, cues: Cues) -> None:
        self._registry, self._cues = registry, cues
        self.silent = cues.stop | {words for words, cue in cues.phrases.items() if "both" in cue.kinds}
        """Words that tell no two things apart."""
        self.numeric: tuple[Field, ...] = tuple(
            sorted(
                (field for field in registry.fields.values() if field.kind in ("number", "date")),
                key=lambda field: (not field.hard, -field.coverage, field.name),
            )
        )
        self.fields: Mapping[str, tuple[Field, ...]] = {name: self._playing(name) for name in cues.roles}

    def named(self, name: str) -> tuple[Field, ...]:
        """Return the fields that a name said beside a number means: of a role, or of one field; the best first."""
        if name.startswith("role:"):
            return self.fields.get(name.removeprefix("role:"), ())
        field = self._registry.field(name)
        if field is None:
            return ()
        if field.kind in ("number", "date"):
            return (field,)
        return tuple(other for other in self.numeric if other.name.startswith(f"{name} "))

    def graded(self, role: str) -> tuple[Field, ...]:
        """Return the fields that a word grades: those that play its role, or those that a name beside it means."""
        return self.named(role.removeprefix(NAMED)) if role.startswith(NAMED) else self.fields.get(role, ())

    def cleared(self, name: str) -> tuple[str, ...]:
        """Return the names of all fields that somebody forgets who names one."""
        if not name.startswith("role:"):
            return (name, *(field.name for field in self.named(name) if field.name != name))
        words = {part for spelled in self._cues.roles[name.removeprefix("role:")].fields for part in phrase(spelled)}
        texts = [field for field in self._registry.fields.values() if set(phrase(field.name)) & words]
        return tuple(dict.fromkeys(field.name for field in (*self.named(name), *texts)))

    def of_unit(self, name: str) -> tuple[Field, ...]:
        """Return the fields whose numbers a unit can measure."""
        said = unit(name)
        return tuple(field for field in self.numeric if said is not None and self._kind(field) == said.kind)

    def unit_of(self, field: Field) -> str:
        """Return the unit of a field's numbers: its own, else that of the role it plays; '' for none."""
        if field.unit:
            return field.unit
        for name, role in self._cues.roles.items():
            if role.unit and field in self.fields[name]:
                own = [held for word in phrase(field.name) if (held := unit(word)) is not None]
                counts = any(_within(phrase(word), phrase(field.name)) for word in role.unitless)
                return own[0].name if own else "" if counts else role.unit
        return ""

    def years(self) -> tuple[Field, ...]:
        """Return the fields that a year speaks of."""
        return tuple(field for field in self.fields.get("date", ()) if field.kind == "date" or _may_be_year(field))

    def _kind(self, field: Field) -> str:
        name = self.unit_of(field)
        held = unit(name) if name else None
        return held.kind if held is not None else ""

    def _playing(self, name: str) -> tuple[Field, ...]:
        words = [phrase(spelled) for spelled in self._cues.roles[name].fields]
        return tuple(field for field in self.numeric if self._plays(name, field, words))

    def _plays(self, name: str, field: Field, words: Sequence[tuple[str, ...]]) -> bool:
        if name == "price" and field.unit in MONEY:
            return True
        if name == "date" and (field.kind == "date" or field.unit == "year"):
            return True
        spelled = [phrase(alias) for alias in (field.name, *field.aliases)]
        return any(_within(part, alias) for part in words for alias in spelled)


def _within(part: tuple[str, ...], whole: tuple[str, ...]) -> bool:
    return any(whole[at : at + len(part)] == part for at in range(len(whole) - len(part) + 1))


def _may_be_year(field: Field) -> bool:
    return field.low is not None and field.high is not None and field.low >= 1000 and field.high <= 2200
