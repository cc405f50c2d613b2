"""What becomes of a demand that holds when another is made: RecBot's ⊕ and its conflicts, as one table (RecBot, 3.4).

The paper's rules leave room; what is decided here is what a person means [ours]:

- A new bound takes the place of the old one (`under 50`, then `under 80`), but the other end stays: `over 20` after
  `under 50` is a range. Where no number could pass both, the newest holds. `even cheaper` never loosens.
- `nothing over 40` is a bound like `at most 40`. Holes add up: `not 1995`, then `not 1996`.
- Of a field that an item has only one value of, a new value takes the place of the old one in a later command (`blue
  ones`, then `red ones`), for an item cannot have both; `also red` adds. Of lists and free words all hold together.
- Wanting one value says nothing against refusing another: only the same value, or one that lies within it (`no shoes`
  against `running shoes`), is a conflict. Of `red or blue`, `not red` leaves blue.
- The same thing once as a rule and once as a preference is one thing: the rule stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ..data.catalog import SEPARATOR
from .evidence import content
from .fields import FieldRegistry
from .normal import key, phrases, spaced_text
from .ranges import Ranges, allowed, meet, side, within
from .records import Constraint, Demand, Op, Preference

Fate = Literal["stays", "same", "covers", "replaced", "contradicted"]
"""Of the old one: untouched; says the same; already says more than the new one; gives way; is taken back."""

ABOUT = "about"
"""The facet of free words."""
_SIZES = ("lt", "le", "gt", "ge", "between")


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """What becomes of the old demand, and what is left of one that is taken back in part."""

    fate: Fate
    left: Constraint | None = None
    """Of several values, those that stay."""
    taken: Constraint | None = None
    """And those that do not."""


STAYS = Relation(fate="stays")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How the new demand was said."""

    registry: FieldRegistry
    tightens: bool = False
    widens: bool = False
    together: bool = False
    """Both are of one command, and stand side by side where they can."""


def relation(old: Demand, new: Demand, rules: Rules) -> Relation:
    """Return what becomes of the old demand."""
    if isinstance(old, Constraint) and isinstance(new, Constraint):
        if old.field != new.field:
            return STAYS
        if old.polarity != new.polarity and {old.op, new.op} <= {"eq", "in"}:
            return _opposed(old, new, rules)
        before, after = _numbers(old, rules.registry), _numbers(new, rules.registry)
        if before is not None and after is not None:
            blocked = [value for value in _points(old) if not within(((value, value),), after)]
            if blocked and (rules.tightens or side(after) == "hole"):
                return _without(old, blocked)  # of `1995 or 1999`, what is left
            return Relation(fate=_bounds(old, before, new, after, rules))
        return STAYS if before is not None or after is not None else _words(old, new, rules)
    if isinstance(old, Preference) and isinstance(new, Preference):
        return _leanings(old, new, rules)
    return _mixed(old, new, rules)


def same(one: Demand, other: Demand, rules: Rules) -> bool:
    """Return whether two demands say the same."""
    return relation(one, other, replace(rules, tightens=False, widens=False)).fate == "same"


def alternatives(one: Demand, other: Demand, registry: FieldRegistry) -> bool:
    """Return whether two demands ask for values of which an item can have only one, so that either must do."""
    return (
        isinstance(one, Constraint)
        and isinstance(other, Constraint)
        and one.field == other.field
        and one.polarity == other.polarity == "positive"
        and {one.op, other.op} <= {"eq", "in"}
        and single_valued(one.field, registry)
    )


def either(one: Demand, other: Demand, *, widens: bool = False) -> Demand:
    """Return the first of two alternatives with the values of both.

    Of a path and one below it only the one below is meant, unless the second widens the first.
    """
    assert isinstance(one, Constraint)
    assert isinstance(other, Constraint)
    values: dict[str, str | float] = {}
    for demand in (one, other):
        for value in demand.value if isinstance(demand.value, tuple) else (demand.value,):
            values.setdefault(key(value) if isinstance(value, str) else f"{value!r}", value)
    nested = [(above, below) for above in values for below in values if below.startswith(above + SEPARATOR)]
    needless = {below if widens else above for above, below in nested}
    kept = tuple(value for name, value in values.items() if name not in needless)
    return replace(one, op="in" if len(kept) > 1 else "eq", value=kept if len(kept) > 1 else kept[0])  # type: ignore[arg-type]


def single_valued(name: str, registry: FieldRegistry) -> bool:
    """Return whether an item has at most one value of a field, so that it cannot meet two."""
    field = registry.field(name)
    return field is not None and field.kind in ("value", "category", "number", "date")


# Numbers


def _numbers(demand: Constraint, registry: FieldRegistry) -> Ranges | None:
    """Return what numbers a constraint lets through; None for one on words."""
    field = registry.field(demand.field)
    if demand.op in _SIZES or (field is not None and field.kind in ("number", "date") and demand.op != "contains"):
        return allowed(demand)
    return None


def _points(demand: Constraint) -> list[float]:
    """Return the single numbers that a constraint asks for."""
    wanted = demand.polarity == "positive" and demand.op in ("eq", "in")
    return [value for value in _values(demand) if not isinstance(value, str)] if wanted else []


def _bounds(old: Constraint, before: Ranges, new: Constraint, after: Ranges, rules: Rules) -> Fate:
    if before == after and old.polarity == new.polarity:
        return "same"
    if rules.widens and old.polarity == new.polarity == "positive" and {old.op, new.op} <= {"eq", "in"}:
        return "covers" if within(after, before) else "replaced"
    if not meet(before, after):
        return "contradicted"
    if side(before) == "hole" and any(not within(((value, value),), before) for value in _points(new)):
        return "contradicted"
    holes = "hole" in (side(before), side(after))
    if rules.tightens or holes:
        if within(after, before):
            return "replaced" if not holes or side(before) == side(after) else "stays"
        return "covers" if within(before, after) and not holes else "stays"
    return "stays" if {side(before), side(after)} == {"upper", "lower"} else "replaced"


# Words decided by a rule


def _words(old: Constraint, new: Constraint, rules: Rules) -> Relation:
    had, has = _named(old), _named(new)
    if old.polarity != new.polarity:
        return _opposed(old, new, rules)  # one of them looks for words
    if had == has and (old.op == "contains") == (new.op == "contains"):
        return Relation(fate="same")
    if (old.op == "contains") != (new.op == "contains"):
        return STAYS
    if new.polarity == "negative":
        return Relation(fate="covers") if has < had else Relation(fate="replaced") if had < has else STAYS
    if not single_valued(new.field, rules.registry) or new.op == "contains" or rules.together:
        return STAYS
    if rules.widens:
        return Relation(fate="covers") if has < had else Relation(fate="replaced")
    return Relation(fate="replaced")


def _opposed(old: Constraint, new: Constraint, rules: Rules) -> Relation:
    """Take back what of the old one the new one contradicts."""
    clashing = [
        value
        for value in _values(old)
        if any(_clash(old, _text(value), new, _text(other), rules) for other in _values(new))
    ]
    return _without(old, clashing)


def _without(old: Constraint, values: Sequence[str | float]) -> Relation:
    """Return what becomes of a rule that is taken back for some of its values."""
    left = [value for value in _values(old) if value not in values]
    if not values:
        return STAYS
    if not left:
        return Relation(fate="contradicted")
    return Relation(fate="contradicted", left=_only(old, left), taken=_only(old, values))


def _clash(one: Constraint, value: str, other: Constraint, second: str, rules: Rules) -> bool:
    """Return whether everything that has the wanted value has the refused one."""
    wanting, wanted, refusing, refused = (
        (one, value, other, second) if one.polarity == "positive" else (other, second, one, value)
    )
    if refusing.op == "contains":
        text = spaced_text(wanted)
        return any(phrase in text for phrase in phrases(refused))
    if wanting.op == "contains":
        return False
    if key(wanted) == key(refused):
        return True
    field = rules.registry.field(wanting.field)
    if field is None or field.kind != "category":
        return False
    return f"{SEPARATOR}{key(wanted)}{SEPARATOR}".startswith(f"{SEPARATOR}{key(refused)}{SEPARATOR}")


def _values(demand: Constraint) -> list[str | float]:
    return list(demand.value) if isinstance(demand.value, tuple) else [demand.value]


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value!r}"


def _named(demand: Constraint) -> frozenset[str]:
    return frozenset(key(_text(value)) for value in _values(demand))


# Preferences


def _has_one(facet: str, registry: FieldRegistry) -> bool:
    """Return whether only one preference of a facet can be met; free words stand side by side, whatever it is called.

    A catalogue may have an attribute called `about`, too, and nobody can tell the two apart.
    """
    return facet != ABOUT and single_valued(facet, registry)


def lemmas(text: str, facet: str, registry: FieldRegistry) -> frozenset[str]:
    """Return the one form in which a text is compared, without names of fields: `light blue colour` is `light blue`.

    A text of nothing but small words, or of names, is itself.
    """
    words = content(text) or frozenset([key(text)])
    field = registry.field(facet) if facet != ABOUT else None
    others = frozenset[str]().union(*(content(alias) for alias in field.aliases)) if field else frozenset[str]()
    return words - registry.own_names - others or words


def _leanings(old: Preference, new: Preference, rules: Rules) -> Relation:
    equal = lemmas(old.text, old.facet, rules.registry) == lemmas(new.text, new.facet, rules.registry)
    if old.polarity != new.polarity:
        return Relation(fate="contradicted") if equal else STAYS
    if equal:
        return Relation(fate="same")
    wants = new.polarity == "positive" and old.facet == new.facet and _has_one(new.facet, rules.registry)
    return Relation(fate="replaced") if wants and not rules.together and not rules.widens else STAYS


def _mixed(old: Demand, new: Demand, rules: Rules) -> Relation:
    """Hold a rule and a preference together: on the same value they are one, or in conflict."""
    rule, leaning = (old, new) if isinstance(old, Constraint) else (new, old)
    if not isinstance(rule, Constraint) or not isinstance(leaning, Preference):
        return STAYS
    if rule.op not in ("eq", "in", "contains") or _numbers(rule, rules.registry) is not None:
        return STAYS
    equal = [value for value in _values(rule) if _says(_text(value), rule, leaning, rules.registry)]
    if rule.polarity == leaning.polarity:
        if equal and len(equal) == len(_values(rule)):
            return Relation(fate="covers" if rule is old else "replaced")
        one = _has_one(rule.field, rules.registry) and leaning.facet == rule.field
        wants = new.polarity == "positive" and one and not rules.together and not rules.widens
        return Relation(fate="replaced") if wants else STAYS
    if not equal:
        return STAYS
    return Relation(fate="contradicted") if rule is not old else _without(rule, equal)


def _only(rule: Constraint, values: Iterable[str | float]) -> Constraint:
    held = tuple(values)
    op: Op = "eq" if rule.op == "in" and len(held) == 1 else rule.op
    return replace(rule, op=op, value=held if len(held) > 1 else held[0])  # type: ignore[arg-type]


def _says(value: str, rule: Constraint, leaning: Preference, registry: FieldRegistry) -> bool:
    """Return whether a value, or the last level of a path, is what a preference says."""
    said = lemmas(leaning.text, leaning.facet, registry)
    return any(lemmas(text, rule.field, registry) == said for text in (value, value.rpartition(SEPARATOR)[2]))
