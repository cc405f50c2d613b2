"""When are two slots the same thing? Polarity and field agree, operators are of one class, values are near [ours].

Of several values ("A or B") all must be there and none besides: half of them is another demand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ...commands.evidence import function_words
from ...commands.fields import FieldRegistry
from ...commands.masks import Masks
from ...commands.normal import key
from ...commands.records import Constraint, Demand, Op, Preference
from ...data.catalog import SEPARATOR, Catalog, leaf_name
from ...data.script import matching_words
from ...simulate.topics import stem
from ...simulate.traits import ABOUT, Traits

CLASS = {"lt": "le", "le": "le", "gt": "ge", "ge": "ge", "between": "between", "eq": "in", "in": "in", "contains": "in"}
CONTRARY: Mapping[Op, Op] = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt"}
NEAR = 0.01
"""Numbers agree within this share."""
NEAR_YEARS, NEAR_DAYS = 1.0, 366.0
OVERLAP = 0.5
LEVELS = 2
"""A path above or below counts as the same from this many levels down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """What matching must know of a catalogue: kinds and units of fields, and which fields say the same."""

    registry: FieldRegistry
    twins: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, registry: FieldRegistry, catalog: Catalog) -> Matching:
        """Return what a catalogue says."""
        traits = Traits(catalog, registry, Masks(registry, catalog))
        return cls(registry=registry, twins={name: twin for name in registry.fields if (twin := traits.twin(name))})

    def name(self, field_name: str) -> str:
        """Return a field's name, or that of the fuller field that says the same."""
        return self.twins.get(field_name, field_name)


def agree(found: Demand, gold: Demand, matching: Matching) -> bool:
    """Return whether a slot that was found is the slot that is meant."""
    found, gold = plainly(found), plainly(gold)
    if found.polarity != gold.polarity:
        return False
    if isinstance(found, Constraint) and isinstance(gold, Constraint):
        return _hard(found, gold, matching)
    if isinstance(found, Preference) and isinstance(gold, Preference):
        return _soft(found, gold, matching)
    return _across(found, gold, matching)


def plainly(demand: Demand) -> Demand:
    """Return a one-sided bound on what is unwanted as the bound on what is wanted: not over 50 is at most 50."""
    if isinstance(demand, Constraint) and demand.polarity == "negative" and demand.op in CONTRARY:
        return replace(demand, polarity="positive", op=CONTRARY[demand.op])
    return demand


def _hard(found: Constraint, gold: Constraint, matching: Matching) -> bool:
    if matching.name(found.field) != matching.name(gold.field) or CLASS[found.op] != CLASS[gold.op]:
        return False
    mine, theirs = _parts(found), _parts(gold)
    if all(isinstance(value, float | int) for value in (*mine, *theirs)):
        pairs = zip(sorted(map(float, mine)), sorted(map(float, theirs)), strict=False)
        return len(mine) == len(theirs) and all(near(one, other, gold.field, matching) for one, other in pairs)
    return {key(str(value)) for value in mine} == {key(str(value)) for value in theirs}


def _soft(found: Preference, gold: Preference, matching: Matching) -> bool:
    mine, theirs = matching.name(found.facet), matching.name(gold.facet)
    if mine == theirs and mine != ABOUT:
        if _kind(matching, gold.facet) == "category":
            return same_category(found.text, gold.text)
        return key(found.text) == key(gold.text) or overlap(found.text, gold.text)
    if ABOUT in (mine, theirs):
        return overlap(found.text, gold.text) if mine == theirs else shares_word(found.text, gold.text)
    return False


def _across(found: Demand, gold: Demand, matching: Matching) -> bool:
    """Return whether a hard and a soft slot are one thing: fields that say the same, or free words for a value."""
    hard, soft = (found, gold) if isinstance(found, Constraint) else (gold, found)
    assert isinstance(hard, Constraint)
    assert isinstance(soft, Preference)
    texts = [str(value) for value in _parts(hard) if isinstance(value, str)]
    twins = matching.name(hard.field) == matching.name(soft.facet) and soft.facet != ABOUT
    return twins and bool(texts) and all(key(leaf_name(text)) == key(leaf_name(soft.text)) for text in texts)


def same_category(one: str, other: str) -> bool:
    """Return whether two paths are one: equal, the one at least two levels down above the other, or of one last level.

    >>> same_category("Wear > Skirts", "Wear > Skirts > Long"), same_category("Wear", "Wear > Skirts")
    (True, False)
    >>> same_category("Boots", "Wear > Shoes > boots")
    True
    """
    mine, theirs = key(one).split(key(SEPARATOR).strip()), key(other).split(key(SEPARATOR).strip())
    mine, theirs = [level.strip() for level in mine], [level.strip() for level in theirs]
    short = min(len(mine), len(theirs))
    if mine == theirs or {stem(word) for word in mine[-1].split()} == {stem(word) for word in theirs[-1].split()}:
        return True
    return short >= LEVELS and mine[:short] == theirs[:short]


def overlap(one: str, other: str) -> bool:
    """Return whether texts share half of their stems (Jaccard).

    >>> overlap("floral prints", "floral print"), overlap("floral print", "plain")
    (True, False)
    """
    mine, theirs = _stems(one), _stems(other)
    return bool(mine | theirs) and len(mine & theirs) / len(mine | theirs) >= OVERLAP


def shares_word(one: str, other: str) -> bool:
    """Return whether texts share a content word."""
    return bool(_stems(leaf_name(one)) & _stems(leaf_name(other)))


def _stems(text: str) -> set[str]:
    return {stem(word) for word in matching_words(text.casefold()) if word not in function_words()}


def _parts(demand: Constraint) -> tuple[str | float, ...]:
    return demand.value if isinstance(demand.value, tuple) else (demand.value,)


def _kind(matching: Matching, name: str) -> str:
    known = matching.registry.field(name)
    return known.kind if known is not None else ""


def near(one: float, other: float, name: str, matching: Matching) -> bool:
    """Return whether two numbers of a field agree: within 1 %, of years within one, of dates within a year."""
    known = matching.registry.field(name)
    if known is not None and known.kind == "date":
        return abs(one - other) <= NEAR_DAYS
    if known is not None and known.unit == "year":
        return abs(one - other) <= NEAR_YEARS
    return abs(one - other) <= NEAR * max(abs(one), abs(other)) + 1e-9
