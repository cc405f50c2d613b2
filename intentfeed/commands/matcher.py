"""The matcher: how well items go with what was asked for and with the person who asks (RecBot, 5.2).

s_match = α·s_sem + (1 − α)·s_collab; without anything asked for, s_match = s_collab.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..types import Settings
from .alike import spread_out
from .asked import Kind, in_turn, kinds_asked, near_kinds
from .config import MatcherConfig
from .kin import names_kind
from .records import Constraint, Preference
from .tools import Pool, ToolContext
from .vectors import Vectors

Known = Sequence[tuple[Preference, NDArray[np.bool_]]]
FEW = 1_000
"""Items that meet a preference, up to which all of them are looked at."""


class MatcherArgs(Settings):
    """Ids of wanted preferences."""

    positive: tuple[str, ...] = ()
    """What is wanted; empty leaves the personal order."""
    use_collab: bool = True
    """Whether the person's own taste counts."""


class Matcher:
    """Scores items by what was asked for and by the person's taste."""

    name = "matcher"
    description = (
        "Scores items by how well they meet wanted preferences and suit the person. positive takes ids of wanted "
        "preferences; without any, the personal order stands. use_collab=false leaves the person's taste out."
    )
    kind: Literal["score"] = "score"
    args = MatcherArgs

    def __init__(self, config: MatcherConfig | None = None, *, vectors: Vectors | None = None) -> None:
        self.config = config or MatcherConfig()
        self.vectors = vectors
        """Further vectors of the items, such as of their images."""

    def nominate(self, pool: Pool, args: MatcherArgs, context: ToolContext) -> Pool:
        """Return the pool with what meets the preferences, and with what reads most like them."""
        if not self.config.alpha:  # nothing that was asked for counts
            return pool
        rows, focus_I = [pool.nominated], pool.focus_I
        kinds = self._kinds(args, context)
        known, free = self._split(args, kinds, context)
        for any_I in _by_facet(known, kinds).values():
            focus_I = any_I if focus_I is None else focus_I & any_I
        for _, held_I in known:
            some = np.flatnonzero(held_I & pool.mask_I).astype(np.int32)
            rows.append(some if len(some) <= FEW else some[:0])
        if (text := self.intent(free, context)) and self.config.search:
            rows.append(context.items.search(context.items.encode([text])[0], self.config.search, pool.mask_I))
        if context.active is not None and self.config.active and args.use_collab and self.config.search:
            texts = _texts(args, context)
            rows.append(context.active.search(context.history, texts, self.config.search, pool.mask_I)[0])
        for preference, held_I in known:
            if np.count_nonzero(held_I & pool.mask_I) > FEW and self.config.search:
                query_D = context.items.encode([preference.text])[0]
                rows.append(context.items.search(query_D, self.config.search, held_I & pool.mask_I))
        near_I = self._near(kinds, known, free, context)
        if near_I is not None and context.kin is not None:
            rows.append(context.kin.nearest(near_I, pool.mask_I, FEW))
        nominated = np.unique(np.concatenate(rows)).astype(np.int32)
        return replace(pool, nominated=nominated, focus_I=focus_I, near_I=near_I)

    def run(self, pool: Pool, args: MatcherArgs, context: ToolContext) -> Pool:
        """Return the pool with s_match, s_sem and s_collab beside it, and s_kin, which is added to it [ours]."""
        alpha, kinds = self.config.alpha, self._kinds(args, context)
        known, free = self._split(args, kinds, context)
        collab_C = self._collab(pool, args, context) if args.use_collab else np.zeros(len(pool.rows))
        sem_C = np.zeros(len(pool.rows))
        if text := self.intent(free, context):
            sem_C += spread_out(self._cosines([text], pool.rows, context)[0])
        if known:
            cosines_PC = self._cosines([preference.text for preference, _ in known], pool.rows, context)
            for (_, held_I), cosines_C in zip(known, cosines_PC, strict=True):
                sem_C += np.where(held_I[pool.rows], self.config.held, self.config.near * context.alike.of(cosines_C))
        asked = bool(known or free)
        match_C = alpha * sem_C + (1 - alpha) * collab_C if asked else collab_C
        pool = pool.scored(self.name, match_C, sem=sem_C, collab=collab_C)
        near_I = self._near(kinds, known, free, context) if pool.near_I is None else pool.near_I
        if near_I is None:
            return pool
        kin_C, named = near_I[pool.rows], [kind for kind in kinds if not kind.narrows]
        if len(named) > 1:
            ids, of_KC = {kind.demand.id for kind in named}, np.array([kind.held_I[pool.rows] for kind in named])
            met = [held_I[pool.rows] for one, held_I in known if one.id and one.id not in ids]
            met_C = np.sum([np.zeros(len(pool.rows), dtype=np.int64), *met], axis=0)
            kin_C = in_turn(match_C + kin_C, met_C, of_KC) - match_C
        return pool.scored("kin", kin_C)

    def _near(
        self, kinds: Sequence[Kind], known: Known, free: Sequence[Preference], context: ToolContext
    ) -> NDArray[np.float64] | None:
        """Return what it counts for each item to be near in kind to what is meant [I]; None where no kind is.

        The kind is what was asked for; else, where something was, what is on the screen, less the kinds that are
        unwanted; of a catalogue whose categories have but one level that tells too little. A step in the tree weighs
        more than taste and all properties together: who asks for a red bicycle would have a blue one rather than red
        shoes.
        """
        kin, memory = context.kin, context.memory
        if kin is None or not self.config.alpha or not memory.demands:
            return None
        named = [kind for kind in kinds if not kind.narrows]
        if named:
            near_I, steps = near_kinds(named, kin)
            n = len(known) - len(named)
            return self.config.kin * self.config.alpha * self.config.held * (1 + n) * steps * near_I
        if free or not self.config.screen or not len(context.screen) or kin.depth < 2:
            return None
        if any(one.polarity == "positive" and one.field == "category" for one in memory.constraints):
            return None
        left = np.ones(len(context.screen), dtype=np.bool_)
        for demand in memory.demands if self.config.evidence else ():
            held_I = context.witness.held_I(demand) if demand.polarity == "negative" else None
            if held_I is not None and names_kind(demand, held_I, kin):
                left &= ~held_I[context.screen]
        weight = self.config.screen / 2 if known else self.config.screen
        return weight * kin.near(context.screen[left]) if left.any() else None

    def intent(self, preferences: Sequence[Preference], context: ToolContext) -> str:
        """Return the positive intent as one text: preferences as they were said, newest last, then hard demands.

        Numbers are left out: an encoder of words makes nothing of them.
        """
        if not preferences:
            return ""
        hard = [_words(one) for one in context.memory.constraints if one.polarity == "positive"]
        return " ".join([*(preference.text for preference in preferences), *filter(None, hard)])

    def _kinds(self, args: MatcherArgs, context: ToolContext) -> tuple[Kind, ...]:
        """Return the kinds of things that are asked for."""
        if context.kin is None or not self.config.evidence:
            return ()
        wanted = [one for one in context.memory.preferences if one.id in args.positive]
        return kinds_asked(wanted, context.memory.constraints, context.witness, context.kin)

    def _split(
        self, args: MatcherArgs, kinds: Sequence[Kind], context: ToolContext
    ) -> tuple[list[tuple[Preference, NDArray[np.bool_]]], list[Preference]]:
        """Return the preferences that the catalogue can decide, with who meets each; and those that it cannot, or not
        in full."""
        known, free = list[tuple[Preference, NDArray[np.bool_]]](), list[Preference]()
        kind_of = {kind.demand.id: kind for kind in kinds}
        for preference in context.memory.preferences:
            if preference.id in args.positive:
                kind = kind_of.get(preference.id)
                known += [] if kind is None else [(preference, kind.held_I)]
                for one in (preference,) if kind is None else kind.beside():
                    held_I = context.witness.held_I(one) if self.config.evidence else None
                    if held_I is not None and held_I.any():
                        known.append((one, held_I))
                    elif kind is None:
                        free.append(one)
                free += [] if kind is None or kind.whole else [preference]
        return known, free

    def _collab(self, pool: Pool, args: MatcherArgs, context: ToolContext) -> NDArray[np.float64]:
        """Return the collaborative score from 0 to 1: the feed's own, and that of a model that heeds what was asked."""
        if context.active is None or not self.config.active:
            return spread_out(pool.base_C)
        active_C = spread_out(context.active.scores(context.history, _texts(args, context), pool.rows))
        return self.config.active * active_C + (1 - self.config.active) * spread_out(pool.base_C)

    def _cosines(self, texts: Sequence[str], rows: NDArray[np.int32], context: ToolContext) -> NDArray[np.float32]:
        """Return how alike texts and items are [P, C]; with further vectors, blended where an item has one."""
        cosines_PC: NDArray[np.float32] = context.items.encode(texts) @ context.items.vectors_ID[rows].T
        if self.vectors is None:
            return cosines_PC
        return self.vectors.blended(cosines_PC, texts, rows, self.config.vector_weight)


def _by_facet(known: Known, kinds: Sequence[Kind]) -> dict[str, NDArray[np.bool_]]:
    """Return what meets any of the preferences about one thing: nobody wants an item that is both red and blue, or both
    a lamp and a telescope.

    Free words stand for themselves; words beside a kind say of it what may be.
    """
    found: dict[str, NDArray[np.bool_]] = {}
    named = {kind.demand.id for kind in kinds if not kind.narrows}
    for preference, held_I in known:
        if not preference.id:
            continue
        name = preference.facet if preference.facet != "about" else f"about {preference.id}"
        name = "category" if preference.id in named else name
        found[name] = found[name] | held_I if name in found else held_I
    return found


def _texts(args: MatcherArgs, context: ToolContext) -> list[str]:
    """Return what is wanted, hard demands too: such a model has learnt from the values of all fields."""
    said = [
        _words(one) if isinstance(one, Constraint) else one.text if one.id in args.positive else ""
        for one in context.memory.demands
        if one.polarity == "positive"
    ]
    return [text for text in said if text]


def _words(constraint: Constraint) -> str:
    """Return what a hard demand says in words; '' of numbers."""
    value = constraint.value
    if isinstance(value, tuple):
        return " ".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""
