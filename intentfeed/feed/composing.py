"""From a scored pool to a slate: best first, with reasons, the scores behind them, and a sentence where it is empty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..commands.asked import Kind, kinds_asked
from ..commands.kin import Kin
from ..commands.records import Constraint, Demand, Memory
from ..commands.tools import Pool
from ..commands.witness import Witness
from ..types import Slate
from .parts import FeedParts
from .recommend import Query, Ranked, explain
from .sentences import Sentences, sentences_in
from .slate import compose, places

TERMS = {"matcher": "match", "attenuator": "atten", "aggregator": "final"}
"""What the scores of the paper's tools are called in a record; others have their tool's name."""


def composed(
    pool: Pool, ranked: Ranked, query: Query, memory: Memory, parts: FeedParts, *, keep: Sequence[int] = ()
) -> tuple[Slate, tuple[int, ...]]:
    """Return the slate and its rows: by s_final, ties by personal score, then by row (RecBot, 5.4).

    Without anything asked for it is the slate of `recommend`, tags and categories having no more than their share. A
    category keeps to its share as long as nothing but what must or must not be was said, and nothing of categories.
    Rows to `keep` stand first, in their order, as far as they may be shown.
    """
    kept_C = np.flatnonzero(ranked.found.kept)
    score_C = final_of(pool)
    order = np.lexsort((pool.rows, -pool.base_C, -score_C))
    total_F = np.full(len(ranked.found.rows), -np.inf, dtype=np.float32)
    total_F[kept_C[order]] = -np.arange(len(order), dtype=np.float32)
    if len(keep):
        first = np.flatnonzero(np.isin(ranked.found.rows, keep) & ranked.found.kept)
        total_F[first] = len(keep) - np.array([keep.index(row) for row in ranked.found.rows[first].tolist()])
    plain = not len(keep) and not memory.demands and set(pool.scores) <= {"matcher"}
    told = query.interests and not len(keep)
    shares = told and all(isinstance(one, Constraint) and one.field != "category" for one in memory.demands)
    chosen = compose(
        np.where(ranked.found.kept, ranked.total_C, np.float32(-np.inf)) if plain else total_F,
        np.where(ranked.found.kept, ranked.base_C, np.float32(-np.inf)) if plain else total_F,
        ranked.tag_C,
        k=query.k,
        per_tag=places(query.k, parts.config.tag_share) if plain else query.k + 1,
        category_I=parts.catalog.category_I[ranked.found.rows] if shares else None,
        per_category=places(query.k, parts.config.category_share),
    )
    slate = explain(query, ranked, chosen, parts)
    rows = tuple(int(ranked.found.rows[at]) for at, _ in chosen)
    if not plain:
        place = np.searchsorted(pool.rows, rows)
        items = tuple(
            replace(item, score=float(score_C[at])) for item, at in zip(slate.items, place.tolist(), strict=True)
        )
        slate = replace(slate, items=items)
    return slate, rows


def new_first(slate: Slate, rows: Sequence[int], before: Sequence[int]) -> tuple[Slate, tuple[int, ...]]:
    """Return the slate and its rows with what has come before what was on the screen already, each in its order."""
    order = sorted(range(len(rows)), key=lambda at: rows[at] in before)
    items = tuple(replace(slate.items[at], rank=rank) for rank, at in enumerate(order, start=1))
    return replace(slate, items=items), tuple(rows[at] for at in order)


def as_it_was(slate: Slate, before: Slate) -> Slate:
    """Return the slate with what stood on the one before told as it was told there."""
    told = {item.item_id: item for item in before.items}
    return replace(
        slate, items=tuple(replace(told.get(item.item_id, item), rank=item.rank) for item in slate.items)
    )  # fmt: skip


def final_of(pool: Pool) -> NDArray[np.float64]:
    """Return the final score [C]; the personal one where no tool merged any."""
    return pool.base_C if pool.final_C is None else pool.final_C


def scores_of(pool: Pool, rows: Sequence[int], slate: Slate) -> dict[str, dict[str, float]]:
    """Return what each score of each shown item was, by item id: `s_match`, `s_sem`, `s_atten`, `s_final`, …"""
    named = {**pool.parts, **pool.scores, "final": final_of(pool)}
    if pool.bonus_I is not None:
        named["filter"] = pool.bonus_I[pool.rows]
    place = np.searchsorted(pool.rows, rows).tolist()
    return {
        item.item_id: {f"s_{TERMS.get(name, name)}": round(float(score_C[at]), 6) for name, score_C in named.items()}
        for item, at in zip(slate.items, place, strict=True)
    }


def why_empty(pool: Pool, memory: Memory, *, language: str = "en") -> str:
    """Return one sentence on why nothing is shown, naming the words that emptied the slate."""
    told = sentences_in(language)
    blamed = [demand for demand_id in pool.emptied_by if (demand := memory.demand(demand_id))]
    if not blamed:
        return told.unranked if pool.mask_I.any() else told.used_up
    several = told.emptied_by_all if pool.emptied_by_all else told.emptied_by_any
    quoted = told.listed([_quoted(demand, told) for demand in blamed])
    return (told.emptied_by_one if len(blamed) == 1 else several).format(quoted=quoted)


def fallen_short(pool: Pool, rows: Sequence[int], memory: Memory, witness: Witness, *, kin: Kin) -> str:
    """Return one sentence where less is left of what was wanted than is shown; '' where all of it is that.

    Where wishes are among it that the catalogue cannot decide, or a kind that is less than was said, it tells of the
    kind alone: of that less can be left than is shown, whatever else was wished. Any of several kinds will do, and any
    of several values of a field.
    """
    wanted = [one for one in memory.preferences if one.polarity == "positive"]
    kinds = {kind.demand.id: kind for kind in kinds_asked(wanted, memory.constraints, witness, kin)}
    named = [kind for kind in kinds.values() if not kind.narrows]
    told = sentences_in(witness.catalog.language)
    held = [(one, kinds[one.id].held_I if one.id in kinds else witness.held_I(one)) for one in wanted]
    known = [(one, held_I) for one, held_I in held if held_I is not None]
    if not rows or not known:
        return ""
    if len(known) < len(wanted) or not all(kind.whole for kind in kinds.values()):
        quoted = [_called(kind, told) for kind in named]
        return _short([("", kind.held_I) for kind in named], quoted, _bounds(pool, memory, witness), pool, rows, told)
    ids = {kind.demand.id for kind in named}
    by_name = [
        ("" if one.id in ids else one.id if one.facet == "about" else one.facet, held_I) for one, held_I in known
    ]
    quoted = [_quoted(one, told) for one, _ in known]
    return _short(by_name, quoted, _bounds(pool, memory, witness), pool, rows, told)


def _bounds(pool: Pool, memory: Memory, witness: Witness) -> list[tuple[Constraint, NDArray[np.bool_]]]:
    """Return what had to be met and was not eased, with what meets it [I]."""
    eased = {one.demand_id for one in pool.relaxed}
    held = [one for one in memory.constraints if one.polarity == "positive" and one.id not in eased]
    return [(one, witness.masks.of(one)) for one in held]


def _short(
    held: Sequence[tuple[str, NDArray[np.bool_]]],
    quoted: Sequence[str],
    bounds: Sequence[tuple[Constraint, NDArray[np.bool_]]],
    pool: Pool,
    rows: Sequence[int],
    told: Sentences,
) -> str:
    """Return the sentence where not all rows are what was wanted, and no more of it is left: any of what has one name,
    of all the names. The bounds that keep some of it away are named beside it."""
    by_name: dict[str, NDArray[np.bool_]] = {}
    for name, held_I in held:
        by_name[name] = by_name[name] | held_I if name in by_name else held_I
    if not by_name:
        return ""
    met_I = np.all(list(by_name.values()), axis=0)
    n = int(np.count_nonzero(met_I[list(rows)]))
    if n == len(rows) or n < np.count_nonzero(met_I & pool.mask_I):  # there is more, which something else outweighs
        return ""
    one_name = len(by_name) == 1
    listed = told.listed(list(dict.fromkeys(quoted)), told.either if one_name else told.both)
    within = [_quoted(one, told) for one, held_I in bounds if (met_I & ~held_I).any()]
    listed = told.listed(list(dict.fromkeys([listed, *within])), told.both)
    if not n:
        return (told.nothing_of if one_name else told.nothing_of_all).format(quoted=listed)
    return (told.one_of if n == 1 else told.some_of).format(n=n, quoted=listed)


def _called(kind: Kind, told: Sentences) -> str:
    """Return the words for a kind: of more than the kind, those of it that titles know."""
    known = kind.noun is not None and not kind.whole
    return told.quoted.format(text=kind.noun.text) if known and kind.noun else _quoted(kind.demand, told)


def _quoted(demand: Demand, told: Sentences) -> str:
    return told.quoted.format(text=demand.quote or demand.id)
