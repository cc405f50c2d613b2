"""The filter: hard demands as masks, and the honest easing of what nothing meets (RecBot, 4.3 and 5.1)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..types import Settings
from .asked import Meant, meant, near_kinds
from .config import FilterConfig
from .days import day_at
from .easing import easing_in
from .records import Constraint
from .tools import Pool, Relaxed, ToolContext
from .units import converted

Mask = NDArray[np.bool_]
NEXT = 0.45
"""How much less it counts for what is next of kin to meet a value that was let go: less than a step of kinship does."""
SILENT = 0.25
"""What it counts not to say whether one has a value that was let go."""


class FilterArgs(Settings):
    """Ids of hard demands."""

    positive_hard: tuple[str, ...] = ()
    """What every item must meet."""
    negative_hard: tuple[str, ...] = ()
    """What no item may be."""


class Filter:
    """Keeps what meets every hard demand. Nothing unwanted ever comes back, whatever is left."""

    name = "filter"
    description = (
        "Keeps the items that meet every hard demand. Use it whenever there is one. positive_hard takes ids of wanted "
        "constraints, negative_hard those of unwanted ones."
    )
    kind: Literal["restrict"] = "restrict"
    args = FilterArgs

    def __init__(self, config: FilterConfig | None = None) -> None:
        self.config = config or FilterConfig()

    def run(self, pool: Pool, args: FilterArgs, context: ToolContext) -> Pool:
        """Return the pool without what the demands exclude."""
        unwanted, wanted = _named(args.negative_hard, context), _named(args.positive_hard, context)
        floor_I, dropped = pool.mask_I, dict(pool.dropped)
        for constraint in unwanted:
            floor_I = _drop(floor_I, ~context.masks.of(constraint), constraint, dropped)
        if not floor_I.any():
            left = replace(pool, mask_I=floor_I, dropped=dropped)
            blamed, together = _blamed(pool.mask_I, unwanted, context)
            return left if pool.emptied_by else replace(left, emptied_by=blamed, emptied_by_all=together)
        mask_I = floor_I
        for constraint in wanted:
            mask_I = _drop(mask_I, passes(constraint, context), constraint, dropped)
        eased = replace(pool, mask_I=mask_I, dropped=dropped)
        return self._nudged(self._eased(eased, floor_I, wanted, context), wanted, context)

    def _eased(self, pool: Pool, floor_I: Mask, wanted: Sequence[Constraint], context: ToolContext) -> Pool:
        """Widen what was approximate where the slate has gaps, then let go of demands where too little is left."""
        held = list(wanted)
        if self.config.widen > 1 and np.count_nonzero(pool.mask_I) < context.k:
            pool, held = self._widened(pool, floor_I, held, context)
        pool, held = self._given_way(pool, floor_I, held, context)
        least = context.k if self.config.let_go_below is None else self.config.let_go_below
        least = min(least, int(np.count_nonzero(floor_I)))
        if np.count_nonzero(pool.mask_I) >= least:
            return pool
        kept, gone = _fewest(floor_I, held, held, least, context)
        return self._let_go(replace(pool, mask_I=_all(floor_I, kept, context)), gone, kept, context)

    def _given_way(
        self, pool: Pool, floor_I: Mask, wanted: list[Constraint], context: ToolContext
    ) -> tuple[Pool, list[Constraint]]:
        """Let values give way before the kind does [ours]: who asks for boots in size 42 would have boots of another
        size rather than trousers in 42. What meets both comes first, and no bound of a number is let go for it. Who
        made it counts for more than what it is like, and gives way only where nothing of the kind is left. What was
        said later than the kind, and holds of nothing of it, is no property of it but a change of mind.
        """
        kind = meant(context) if self.config.kind_first else None
        values = [one for one in wanted if kind is not None and _is_value(one, context)]
        if kind is None or not values:
            return pool, wanted
        of_I, held = floor_I & kind.held_I, wanted
        later = [one for one in values if one.round > kind.round]
        if later and not _all(of_I, later, context).any():
            return pool, wanted
        for may_go, most in (([one for one in values if one.field != "brand"], context.k), (values, 1)):
            may_go = [one for one in may_go if one in held]
            firm_I = _all(of_I, [one for one in held if one not in may_go], context)
            least = min(most, int(np.count_nonzero(firm_I)))
            if np.count_nonzero(pool.mask_I & of_I) < least:
                kept, gone = _fewest(of_I, held, may_go, least, context)
                pool = replace(pool, mask_I=pool.mask_I | _all(of_I, kept, context))
                pool, held = self._let_go(pool, gone, kept, context, of_I=of_I, beside=kind.quotes), kept
        return self._filled(pool, floor_I, kind, values, held, context), held

    def _filled(
        self,
        pool: Pool,
        floor_I: Mask,
        kind: Meant,
        values: Sequence[Constraint],
        held: Sequence[Constraint],
        context: ToolContext,
    ) -> Pool:
        """Let in what is next of kin where the kind itself runs out [ours]: beside two torches rather another lamp than
        anything that is rechargeable. Of the same shelf what has the values comes first. Where enough of the kin has
        them, where nothing of the kind is left at all, and where nothing that has nothing to do with it would fill the
        slate either, nothing is let in: a short slate of what was asked for is better than a full one.
        """
        values = [one for one in values if one.field != "brand"]
        firm_I = _all(floor_I, [one for one in held if one not in values], context)
        n = np.count_nonzero(firm_I & kind.held_I)
        if not kind.kinds or context.kin is None or not 0 < n < context.k:
            return pool
        near_I, _ = near_kinds(kind.kinds, context.kin)
        if np.count_nonzero(pool.mask_I) < context.k and not (pool.mask_I & (near_I <= 0)).any():
            return pool
        with_values = _all(floor_I, [*held, *(one for one in values if one not in held)], context) & (near_I > 0)
        if np.count_nonzero(with_values | (pool.mask_I & kind.held_I)) >= context.k:
            return pool
        more_I = np.zeros_like(firm_I)
        for level in np.unique(near_I[firm_I & (near_I > 0)])[::-1]:
            more_I = firm_I & (near_I >= level)
            if np.count_nonzero(more_I) >= context.k:
                break
        of_I = more_I & ~kind.held_I
        gone = [one for one in values if one in held and (of_I & ~passes(one, context)).any()]
        beside = [one for one in held if one not in gone]
        told = self._told(gone, [*kind.quotes, *(one.quote for one in beside)], context)
        bonus_I = self._bonus_I(pool, values, of_I, NEXT * self.config.bonus, context)
        return replace(pool, mask_I=pool.mask_I | more_I, bonus_I=bonus_I, relaxed=(*pool.relaxed, *told))

    def _widened(
        self, pool: Pool, floor_I: Mask, wanted: list[Constraint], context: ToolContext
    ) -> tuple[Pool, list[Constraint]]:
        wider = [_wider(one, self.config.widen) for one in wanted]
        mask_I = _all(floor_I, wider, context)
        if np.count_nonzero(mask_I) <= np.count_nonzero(pool.mask_I):
            return pool, wanted
        words = easing_in(context.witness.catalog.language)
        told = [
            Relaxed(
                demand_id=new.id,
                how="widened",
                words=words.wider(old.quote, was=_range(old, context), now=_range(new, context)),
            )
            for old, new in zip(wanted, wider, strict=True)
            if new != old
        ]
        return replace(pool, mask_I=mask_I, relaxed=(*pool.relaxed, *told)), wider

    def _let_go(
        self,
        pool: Pool,
        gone: Sequence[Constraint],
        kept: Sequence[Constraint],
        context: ToolContext,
        *,
        of_I: Mask | None = None,
        beside: Sequence[str] = (),
    ) -> Pool:
        """Turn demands into a bonus: for what meets them, and of numbers for what comes near.

        `of_I` says which items it is for, `beside` in which words.
        """
        if not gone:
            return pool
        bonus_I = self._bonus_I(pool, gone, of_I, self.config.bonus, context)
        told = self._told(gone, [*beside, *(one.quote for one in kept)], context)
        return replace(pool, bonus_I=bonus_I, relaxed=(*pool.relaxed, *told))

    @staticmethod
    def _bonus_I(  # noqa: N802
        pool: Pool, gone: Sequence[Constraint], of_I: Mask | None, bonus: float, context: ToolContext
    ) -> NDArray[np.float64]:
        """Return what is added to the score of each item [I], with a bonus for meeting what was let go."""
        bonus_I = np.zeros(len(pool.mask_I)) if pool.bonus_I is None else pool.bonus_I.copy()
        for constraint in gone:
            near_I = nearness(constraint, context)
            bonus_I += bonus * (near_I if of_I is None else np.where(of_I, near_I, 0))
        return bonus_I

    @staticmethod
    def _told(gone: Sequence[Constraint], beside: Sequence[str], context: ToolContext) -> list[Relaxed]:
        """Return what was let go in words."""
        words, others = easing_in(context.witness.catalog.language), list(dict.fromkeys(beside))
        return [Relaxed(demand_id=one.id, how="let go", words=words.gone(one.quote, others)) for one in gone]

    def _nudged(self, pool: Pool, wanted: Sequence[Constraint], context: ToolContext) -> Pool:
        lenient = [context.masks.missing(one) for one in wanted if context.masks.lenient(one)]
        if not lenient or not self.config.missing_nudge:
            return pool
        bonus_I = np.zeros(len(pool.mask_I)) if pool.bonus_I is None else pool.bonus_I
        return replace(pool, bonus_I=bonus_I + self.config.missing_nudge * np.sum(lenient, axis=0))


def passes(constraint: Constraint, context: ToolContext) -> Mask:
    """Return which items are not excluded by something wanted [I]: a field that most items lack excludes none."""
    held_I = context.masks.of(constraint)
    return held_I | context.masks.missing(constraint) if context.masks.lenient(constraint) else held_I


def nearness(constraint: Constraint, context: ToolContext) -> NDArray[np.float64]:
    """Return 1 for what meets a demand, of numbers less the further they lie off, else 0 [I].

    Of what does not say whether it has a value more may be hoped than of what has another.
    """
    held = context.masks.of(constraint).astype(np.float64)
    field = context.registry.field(constraint.field)
    ends = _ends(constraint)
    if field is None or field.kind not in ("number", "date") or ends is None:
        return np.where(context.masks.missing(constraint), np.maximum(held, SILENT), held)
    ends = _in_unit(ends, constraint.unit, field.unit)
    numbers_I = context.registry.numbers_I(constraint.field)
    known = np.isfinite(numbers_I)
    spread = float(np.ptp(numbers_I[known])) if known.any() else 0.0
    scale = min(max(abs(end) for end in ends if np.isfinite(end)), spread) or 1.0
    off_I = np.maximum(ends[0] - numbers_I, numbers_I - ends[1])
    near_I = np.where(known, scale / (scale + np.maximum(off_I, 0)), 0)
    return np.where(held > 0, 1.0, 0.5 * near_I)


def _drop(mask_I: Mask, kept_I: Mask, constraint: Constraint, dropped: dict[str, int]) -> Mask:
    left = mask_I & kept_I
    n = int(np.count_nonzero(mask_I)) - int(np.count_nonzero(left))
    if n:
        dropped[constraint.id] = dropped.get(constraint.id, 0) + n
    return left


def _all(floor_I: Mask, wanted: Sequence[Constraint], context: ToolContext) -> Mask:
    mask_I = floor_I
    for constraint in wanted:
        mask_I = mask_I & passes(constraint, context)
    return mask_I


def _fewest(
    floor_I: Mask, wanted: list[Constraint], may_go: Sequence[Constraint], least: int, context: ToolContext
) -> tuple[list[Constraint], list[Constraint]]:
    """Return what is kept and what goes, the oldest first, so that at least so many items are left if that can be."""
    kept, gone = wanted, list[Constraint]()
    for constraint in may_go:
        if np.count_nonzero(_all(floor_I, kept, context)) >= least:
            break
        kept, gone = [one for one in kept if one is not constraint], [*gone, constraint]
    for constraint in reversed(gone):  # what was not to blame holds again
        again = [one for one in wanted if one in kept or one is constraint]
        if np.count_nonzero(_all(floor_I, again, context)) >= least:
            kept = again
    return kept, [one for one in gone if one not in kept]


def _is_value(constraint: Constraint, context: ToolContext) -> bool:
    """Return whether a demand is about a property: no number, no day, no category."""
    field = context.registry.field(constraint.field)
    return field is not None and field.kind in ("value", "list")


def _blamed(mask_I: Mask, unwanted: Sequence[Constraint], context: ToolContext) -> tuple[tuple[str, ...], bool]:
    """Return whose taking back leaves something: any one of those, or else, and True, all of those together.

    Of those together the newest are named first, so that what was said long ago holds where it can.
    """
    if not mask_I.any():
        return (), False
    kept = {one.id: ~context.masks.of(one) for one in unwanted}

    def left(without: Collection[str]) -> bool:
        return bool(np.all([mask_I, *(kept_I for name, kept_I in kept.items() if name not in without)], axis=0).any())

    if alone := tuple(name for name in kept if left((name,))):
        return alone, False
    back = dict.fromkeys(kept)
    for name in kept:
        if left([other for other in back if other != name]):
            del back[name]
    return tuple(back), True


def _named(ids: Sequence[str], context: ToolContext) -> list[Constraint]:
    """Return the constraints of some ids, oldest first."""
    return [one for one in context.memory.constraints if one.id in ids]


def _wider(constraint: Constraint, times: float) -> Constraint:
    """Return an approximate demand with its range widened about its middle."""
    ends = _ends(constraint)
    if not constraint.approximate or constraint.op != "between" or ends is None:
        return constraint
    middle, half = (ends[0] + ends[1]) / 2, (ends[1] - ends[0]) / 2
    return replace(constraint, value=(middle - times * half, middle + times * half))


def _ends(constraint: Constraint) -> tuple[float, float] | None:
    """Return the lowest and highest number that meets a demand; None where it is not about numbers."""
    value = constraint.value
    if isinstance(value, tuple):
        numbers = [one for one in value if not isinstance(one, str)]
        return (min(numbers), max(numbers)) if numbers and len(numbers) == len(value) else None
    if isinstance(value, str):
        return None
    if constraint.op in ("lt", "le"):
        return -np.inf, value
    return (value, np.inf) if constraint.op in ("gt", "ge") else (value, value)


def _in_unit(ends: tuple[float, float], given: str, wanted: str) -> tuple[float, float]:
    """Return the ends in the field's unit, as masks compare them."""
    if not given or not wanted or given == wanted:
        return ends
    low, high = (converted(end, given=given, wanted=wanted) if np.isfinite(end) else end for end in ends)
    return ends if low is None or high is None else (low, high)


def _range(constraint: Constraint, context: ToolContext) -> tuple[str, str]:
    """Return the ends of an approximate demand as a person reads them."""
    field, ends = context.registry.field(constraint.field), _ends(constraint) or (0.0, 0.0)
    if field is not None and field.kind == "date":
        return day_at(ends[0]).isoformat(), day_at(ends[1]).isoformat()
    return f"{ends[0]:g}", f"{ends[1]:g}"
