"""Grounded stand-ins for the interactive agents of RecBot, 10: their tools and memories, our parser for the model.

What makes them differ from the interactive feed is what the papers say, and no more: items are remembered instead of
attributes, filters instead of graded penalties, a short list re-ranked instead of the catalogue searched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from ....commands import memory as remembering
from ....commands.records import Command, Constraint, Demand, Memory, Preference, Shown
from ....commands.tools import Pool
from ....feed.interactive import InteractiveFeed
from ....feed.personal import Personal
from ....feed.recommend import Query, recommend_many
from ....simulate.gold import Gold
from ....simulate.sessions import Asked, Feed
from ....types import History
from ...recommender import tie_breaker

F = 10
PERCENTILE = 0.9
"""The soft filter keeps the tenth that is most like the seeds (InteRecAgent's evaluator)."""
CANDIDATES = 100
"""Items that iAgent re-ranks."""
SEEDS = 5
"""Newest items of a history that are liked from the start."""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What an agent is reminded of."""

    history: History
    today: date
    memory: Memory = field(default_factory=Memory)
    round: int = 0
    said: tuple[str, ...] = ()
    liked: tuple[int, ...] = ()
    unwanted: tuple[int, ...] = ()
    pool: tuple[int, ...] = ()


class _Agent:
    """What the agents share: our feed's parser and ranker."""

    def __init__(self, name: str, feed: InteractiveFeed) -> None:
        self.name, self.feed = name, feed

    def hear(self, state: Heard, text: str, rows: Sequence[int]) -> tuple[Heard, tuple[Demand, ...]]:
        """Return the state with the dialogue's positive and negative demands so far, and those of this command."""
        number = state.round + 1
        shown = tuple(Shown(position=at, row=row) for at, row in enumerate(rows[:F], start=1))
        told = Command(text=text, slate=shown, memory=state.memory, round=number, today=state.today)
        delta = self.feed.parser.parse(told)
        memory = remembering.apply(
            state.memory, delta, quote_source=text, round=number, today=state.today, registry=self.feed.registry
        )
        return replace(state, memory=memory, round=number, said=(*state.said, text)), delta.add

    def ranked(self, history: History, mask_I: NDArray[np.bool_], k: int = F) -> list[int]:
        """Return the best items within a mask for a person, by the feed's own ranker."""
        personal = Personal(Query(history=history, k=k), self.feed.parts)
        pool, _ = personal.gathered(Pool(mask_I=mask_I & personal.allowed.mask_I), enough=1)
        order = np.lexsort((pool.rows, -pool.base_C))[:k]
        return [int(row) for row in pool.rows[order]]


class PlainFilter(_Agent):
    """Hard demands filter, the feed ranks what is left; what is soft is not heard.

    Oldest first; a rule that leaves nothing to show is as if it had not been called, since no shop shows an empty
    screen.
    """

    def open(self, asked: Asked) -> Feed:
        """Return the common first feed."""
        return Feed(rows=asked.first, state=Heard(history=asked.history, today=asked.today))

    def command(self, feed: Feed, text: str, gold: Gold) -> Feed:
        """Return what passes all hard demands so far, less those that leave nothing."""
        del gold
        state, _ = self.hear(feed.state, text, feed.rows)
        mask_I = Personal(Query(history=state.history, k=F), self.feed.parts).allowed.mask_I
        for one in state.memory.constraints:
            held_I = self.feed.masks.of(one)
            left_I = mask_I & (held_I if one.polarity == "positive" else ~held_I)
            mask_I = left_I if left_I.any() else mask_I
        return Feed(rows=tuple(self.ranked(state.history, mask_I)), state=state)


class InteRecAgentLike(_Agent):
    """Hard filter, soft filter, ranker on a candidate bus; liked and unwanted *items* as memory (RecBot, 10.1).

    The hard filter takes every wanted thing that a field of the catalogue knows, soft or not, of the whole dialogue, as
    a model would write it into SQL. Free words go to the soft filter, by likeness to the seeds: items of the screen
    that have what is wanted, else the newest of the history. A complaint makes the items of the screen unwanted that
    it is about; no attribute is remembered as disliked, and nothing is penalised by degrees.
    """

    def open(self, asked: Asked) -> Feed:
        """Return the common first feed."""
        liked = tuple(asked.history.item.tolist()[-SEEDS:])
        return Feed(rows=asked.first, state=Heard(history=asked.history, today=asked.today, liked=liked))

    def command(self, feed: Feed, text: str, gold: Gold) -> Feed:
        """Return what the bus holds after the filters, ranked for the person."""
        del gold
        before: Heard = feed.state
        state, new = self.hear(before, text, feed.rows)
        shown = feed.rows[:F]
        bad = {row for one in new if one.polarity == "negative" for row in shown if self._has(one, row)}
        good = {row for one in new if one.polarity == "positive" for row in shown if self._has(one, row)} - bad
        liked = tuple(row for row in dict.fromkeys((*state.liked, *sorted(good))) if row not in bad)
        unwanted = tuple(dict.fromkeys((*(row for row in state.unwanted if row not in good), *sorted(bad))))
        state = replace(state, liked=liked, unwanted=unwanted)
        wanted = [one for one in state.memory.demands if one.polarity == "positive"]
        rows = self.ranked(state.history, self._bus(wanted, state))
        return Feed(rows=tuple(rows), state=state)

    def _has(self, demand: Demand, row: int) -> bool:
        held_I = self.feed.witness.held_I(demand)
        return held_I is not None and bool(held_I[row])

    def _bus(self, wanted: Sequence[Demand], state: Heard) -> NDArray[np.bool_]:
        """Return the candidates that are left; a filter that leaves nothing is as if it had not been called."""
        may_I = self.feed.parts.catalog.available_I.copy()
        may_I[list(state.unwanted)] = False
        bus_I, free = may_I, list[Preference]()
        for one in sorted(wanted, key=lambda each: not isinstance(each, Constraint)):
            held_I = self.feed.witness.held_I(one)
            if held_I is None:
                free += [one] if isinstance(one, Preference) else []
            elif (bus_I & held_I).any():
                bus_I = bus_I & held_I
        return self._like_seeds(bus_I, state) if free else bus_I

    def _like_seeds(self, bus_I: NDArray[np.bool_], state: Heard) -> NDArray[np.bool_]:
        """Return the tenth of the candidates that is most like the liked items."""
        vectors_ID, rows = self.feed.items.vectors_ID, np.flatnonzero(bus_I)
        if not len(rows) or not state.liked:
            return bus_I
        alike_R = (vectors_ID[rows] @ vectors_ID[list(state.liked)].T).max(axis=1)
        kept_I = np.zeros_like(bus_I)
        kept_I[rows[alike_R >= np.quantile(alike_R, PERCENTILE)]] = True
        return kept_I


class IAgentLike(_Agent):
    """The platform's first hundred, re-ranked by the instruction, all commands so far (RecBot, 10.2): no search.

    An item's score is the share of the dialogue's demands that it meets, whatever their cell, then likeness of its text
    to the instruction, then its place on the platform's list, a tenth each.
    """

    def open(self, asked: Asked) -> Feed:
        """Return the common first feed; the platform's list is drawn up now and never again."""
        rows_NK, _ = recommend_many([asked.history], CANDIDATES, self.feed.parts)
        pool = tuple(row for row in rows_NK[0].tolist() if row >= 0)
        return Feed(rows=asked.first, state=Heard(history=asked.history, today=asked.today, pool=pool))

    def command(self, feed: Feed, text: str, gold: Gold) -> Feed:
        """Return the first of the list, re-ranked."""
        del gold
        state, _ = self.hear(feed.state, text, feed.rows)
        rows = np.array(state.pool, dtype=np.int32)
        met_C = np.zeros(len(rows))
        for one in state.memory.demands:
            held_I = self.feed.witness.held_I(one)
            if held_I is not None:
                met_C += held_I[rows] == (one.polarity == "positive")
        met_C /= max(1, len(state.memory.demands))
        query_D = self.feed.items.encode([" ".join(state.said)])[0]
        place_C = np.linspace(1, 0, len(rows))
        score_C = met_C + 0.1 * (self.feed.items.vectors_ID[rows] @ query_D) + 0.1 * place_C
        best = np.lexsort((tie_breaker(len(self.feed.parts.catalog))[rows], -score_C))[:F]
        return Feed(rows=tuple(int(row) for row in rows[best]), state=state)
