"""Which kinds of things are asked for: categories, and nouns that no field knows but titles do [ours].

Where titles say what the items are (`Kin.titles_tell`), "a quiet telescope" is about a telescope, though quiet is a
field and telescope a free word: what it is comes before what it is like. A word counts as a kind by where it stands in
titles (`nouns`) and by how its items stand in the tree:

- a noun whose items stand together is a kind, and what runs out is filled from the shelves that they stand on;
- a noun that is strewn over the shop ("set", "kit") is one where no other kind is named, and tells of no shelf;
- a word that ends no phrase but all of whose items stand together ("courgette" among seeds) is one in the same case, as
  is one that any other text of the items says of a whole shelf;
- all others ("wireless") are properties. So is a noun said of another ("with a leather strap"), or within another
  kind: of "jackets" and "rain jackets" the second narrows the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .evidence import function_words
from .kin import Kin, names_kind
from .nouns import Noun, is_part
from .records import Constraint, Demand, Preference
from .tools import ToolContext
from .witness import Witness

Mask = NDArray[np.bool_]
TOGETHER = 0.1
"""How much nearer than any two items those of a noun stand, from which they tell of shelves (`Kin.together`)."""
CLOSE = 0.6
"""The same for a word that ends no phrase to be a kind."""
SEVERAL = 3
"""Items that such a word needs, and a noun that stands for more words than it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of things that is asked for."""

    demand: Preference
    held_I: Mask
    """Which items are of it."""
    noun: Noun | None = None
    """What titles call it; None of a category."""
    strewn: bool = False
    """Whether it tells of no shelf."""
    narrows: bool = False
    """Whether it is a part of another kind that is asked for, hence a property of that."""

    firm: bool = False
    """Whether it is a category by name."""

    @property
    def whole(self) -> bool:
        """Return whether to be of it is all that the words ask for."""
        return self.noun is None or self.noun.whole

    def beside(self) -> tuple[Preference, ...]:
        """Return the words beside the kind, each without an id: "dragon" of dragon toys, where no title says both."""
        words = self.noun.before if self.noun is not None else ()
        told = [word for word in words if word not in function_words()]
        return tuple(replace(self.demand, id="", facet="about", text=word) for word in told)


def kinds_asked(
    wanted: Sequence[Preference], constraints: Sequence[Constraint], witness: Witness, kin: Kin | None
) -> tuple[Kind, ...]:
    """Return the kinds that positive preferences name, in their order; `constraints` may name categories, too.

    Where nothing is near anything (`kin` is None) categories alone are kinds.
    """
    found = [kind for one in wanted if (kind := _kind(one, witness, kin)) is not None]
    firm = [kind.held_I for kind in found if kind.firm]
    firm += [witness.masks.of(one) for one in constraints if one.polarity == "positive" and one.field == "category"]
    sure = [at for at, kind in enumerate(found) if kind.noun is not None and kind.noun.sure and not kind.strewn]
    kept = list[Kind]()
    for at, kind in enumerate(found):
        larger = [found[other] for other in sure if other < at or (other > at and _n(found[other]) > _n(kind))]
        others = [*firm, *(one.held_I for one in larger)]
        if kind.firm:
            kept.append(kind)
        elif others and _within(kind.held_I, np.any(others, axis=0)):
            kept.append(replace(kind, narrows=True))
        elif at in sure or not (firm or sure):
            kept.append(kind)
    return tuple(kept)


def near_kinds(kinds: Sequence[Kind], kin: Kin) -> tuple[NDArray[np.float64], int]:
    """Return how near each item is to the nearest of some kinds [I], and the steps from 1 to 0."""
    steps = steps_of(kinds, kin)
    return np.asarray(np.max([near_kind(kind, kin, steps) for kind in kinds], axis=0), dtype=np.float64), steps


def near_kind(kind: Kind, kin: Kin, steps: int) -> NDArray[np.float64]:
    """Return how near each item is to a kind [I], in shares of so many steps: 1 where it is of it.

    A step is a level of the tree, or one more word of what was said: who asks for a reading lamp would have another
    lamp of the same shelf, then another lamp, or something else of the shelf.
    """
    if kind.noun is None:
        near_I = kin.near_of(kin.named(kind.held_I))
        return np.where(kind.held_I, 1.0, near_I * kin.depth / steps)
    levels, near_I = kind.noun.levels, np.zeros(len(kind.held_I))
    if not kind.strewn:
        near_I = kin.beside(kind.held_I, kind.noun.shelves_C) * kin.depth
    for held_I in levels[1:]:
        near_I = near_I + held_I
    return np.where(kind.held_I, 1.0, near_I / steps)


def in_turn(scores_C: NDArray[np.float64], met_C: NDArray[np.int64], of_KC: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the same scores dealt out anew, so that of several kinds [K, C] each has its turn: who asks for a kettle
    and a teapot would see both.

    What meets more of what was said beside the kind still comes first; what is of no kind keeps its score.
    """
    found_C, own_C = scores_C.copy(), np.argmax(of_KC, axis=0)
    for met in np.unique(met_C[of_KC.any(axis=0)]):
        some = np.flatnonzero(of_KC.any(axis=0) & (met_C == met))
        some = some[np.argsort(-scores_C[some], kind="stable")]
        turn = np.zeros(len(some), dtype=np.int64)
        for kind in np.unique(own_C[some]):
            its = own_C[some] == kind
            turn[its] = np.arange(np.count_nonzero(its))
        found_C[some[np.argsort(turn, kind="stable")]] = scores_C[some]
    return found_C


def steps_of(kinds: Sequence[Kind], kin: Kin) -> int:
    """Return the steps from a kind to what has nothing to do with it."""
    words = max((len(kind.noun.levels) for kind in kinds if kind.noun is not None), default=0)
    return max(kin.depth + words, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """The kind of things that is asked for, all demands of kinds taken together."""

    held_I: Mask
    """Which items are of it, and nothing that is unwanted."""
    quotes: tuple[str, ...]
    """The words that say so."""
    round: int
    """When that was last said."""
    kinds: tuple[Kind, ...] = ()
    """What it is made of; () where a category must be met, which nothing beside it does."""


def meant(context: ToolContext) -> Meant | None:
    """Return the kind that is asked for; None where none is.

    Any of several kinds will do; a category that is a hard demand must be met; of what is unwanted none is meant.
    """
    memory, witness = context.memory, context.witness
    firm: list[Mask] = []
    for one in memory.demands:
        held_I = witness.held_I(one) if one.polarity == "negative" else None
        firm += [] if held_I is None else [~held_I]
    hard = [one for one in memory.constraints if one.polarity == "positive" and one.field == "category"]
    wanted = [one for one in memory.preferences if one.polarity == "positive"]
    found = kinds_asked(wanted, memory.constraints, witness, context.kin)
    kinds = [kind for kind in found if not kind.narrows]
    said: list[Demand] = [*hard, *(kind.demand for kind in kinds)]
    if not said:
        return None
    firm += [witness.masks.of(one) for one in hard]
    if kinds:
        firm.append(np.any([kind.held_I for kind in kinds], axis=0))
    said.sort(key=memory.demands.index)
    return Meant(
        held_I=np.asarray(np.all(firm, axis=0), dtype=np.bool_),
        quotes=tuple(dict.fromkeys(one.quote for one in said if one.quote)),
        round=max(one.round for one in said),
        kinds=() if hard else tuple(kinds),
    )


def _kind(one: Preference, witness: Witness, kin: Kin | None) -> Kind | None:
    if one.facet not in ("about", "category"):
        return None
    fields = {field.field for field in witness.fields(one)}
    free = kin is not None and kin.titles_tell and not fields and not is_part(one.text, one.quote)
    noun = kin.nouns.of(one.text) if kin is not None and free else None
    if kin is not None and noun is not None:
        kind = Kind(demand=one, held_I=noun.held_I, noun=noun)
        near, n = kin.together(noun.held_I), _n(kind)
        if _stands_in(kind, witness) and (noun.sure or (near >= CLOSE and n >= SEVERAL)):
            return replace(kind, strewn=near < TOGETHER)
    held_I = witness.held_I(one)
    firm = one.facet == "category" or "category" in fields
    if held_I is None or not held_I.any() or (fields and not firm):
        return None
    if not (one.facet == "category" if kin is None else names_kind(one, held_I, kin)):
        return None
    return Kind(demand=one, held_I=held_I, firm=firm)


def _stands_in(kind: Kind, witness: Witness) -> bool:
    """Return whether a noun may stand for more words than titles know together: one toothbrush holder is no stand-in
    for a phone holder."""
    if kind.noun is None or not kind.noun.before or kind.noun.shelves_C.any() or _n(kind) >= SEVERAL:
        return True
    held = [witness.held_I(one) for one in kind.beside()]
    return any(held_I is not None and bool((held_I & kind.held_I).any()) for held_I in held)


def _within(held_I: Mask, others_I: Mask) -> bool:
    return bool(2 * np.count_nonzero(held_I & others_I) >= np.count_nonzero(held_I))


def _n(kind: Kind) -> int:
    return int(np.count_nonzero(kind.held_I))
