"""One history as evidence: the deliberate events, each with its category, its day, and whether it is for or against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..types import NO_TIME, History
from .queries import QueryReader
from .signs import SEARCH, WEIGHT_A, sign
from .tree import CategoryTree

Clock = Literal["time", "short", "order", "none"]
"""What spread over time can be tested by: dates; dates, but all in one short stay; an order; nothing."""
DAY_S = 86_400
MOSTLY = 0.8
"""Part of the events with a date from which the history has dates."""
STAY_DAYS = 28
STAY_SHARE = 0.8
"""A person with this part of all events within so many days was there for a short stay only."""
FEW_DAYS = 6
"""A person who was there on fewer days was, too."""
AFTER_SEARCH_S = 30 * 60
"""What is looked at within this time of a search says what the search was for."""
AFTER_SEARCH_N = 3
"""The same where the log has only an order."""
DATED: frozenset[Clock] = frozenset(("time", "short"))
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


def day_number(day: date) -> int:
    """Return the days since 1970."""
    return day.toordinal() - EPOCH_ORDINAL


def date_of(day: int) -> date:
    """Return the date of a day number."""
    return date.fromordinal(day + EPOCH_ORDINAL)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The deliberate events of one person up to a day, oldest first, as columns [N]."""

    event_id: NDArray[np.int64]
    action: NDArray[np.int8]
    item: NDArray[np.int32]
    node: NDArray[np.int32]
    """Category node of the item or of the search; 0 where unknown."""
    day: NDArray[np.int64]
    """Days since 1970, or the place in the sequence where the log has no time."""
    weight: NDArray[np.float64]
    """What the event says, at least 0."""
    for_it: NDArray[np.bool_]
    """False for a rating under the person's own mean."""
    clock: Clock
    alone: Mapping[int, str]
    """Row → query of each search that no category covers and nothing was looked at after."""
    other: Mapping[int, str]
    """Row → query of each event that followed a search for something else than what was then looked at."""

    def __len__(self) -> int:
        return len(self.event_id)

    @property
    def n_for(self) -> int:
        """Number of events that speak for something."""
        return int(np.count_nonzero(self.for_it))


def evidence(history: History, *, as_of: date, tree: CategoryTree, reader: QueryReader) -> Evidence:
    """Return what the history says up to and including `as_of`."""
    dated = history.time_s != NO_TIME
    mostly = len(history) > 0 and dated.mean() >= MOSTLY
    # Undated events come last; where they are few, they are taken for as late as the last dated one.
    time_s = np.where(dated, history.time_s, history.time_s[dated][-1]) if mostly else history.time_s
    until_s = (day_number(as_of) + 1) * DAY_S
    signs = sign(history.action, history.value)
    rows = np.flatnonzero((signs != 0) & (~dated | (history.time_s < until_s)))
    clock: Clock = "none" if not history.ordered else "order"
    if mostly and len(rows):
        clock = "short" if _is_short(time_s[rows[signs[rows] > 0]] // DAY_S) else "time"
    node = np.where(history.item >= 0, tree.node_I[history.item] if len(tree.node_I) else 0, 0).astype(np.int32)
    alone: dict[int, str] = {}
    other: dict[int, str] = {}
    if (history.action[rows] == SEARCH).any():
        alone, other = _place_searches(history, time_s, node, clock, reader)
    return Evidence(
        event_id=history.event_id[rows],
        action=history.action[rows],
        item=history.item[rows],
        node=node[rows],
        day=time_s[rows] // DAY_S if clock in DATED else np.arange(len(rows)),
        weight=WEIGHT_A[history.action[rows]],
        for_it=signs[rows] > 0,
        clock=clock,
        alone={place: alone[row] for place, row in enumerate(rows.tolist()) if row in alone} if alone else {},
        other={place: other[row] for place, row in enumerate(rows.tolist()) if row in other} if other else {},
    )


def _is_short(day: NDArray[np.int64]) -> bool:
    """Return whether a person whose events fall on `day`, in order, was there for a short stay only."""
    if not len(day):
        return True
    inside = np.searchsorted(day, day + STAY_DAYS) - np.arange(len(day))
    n_days = 1 + int(np.count_nonzero(day[1:] != day[:-1]))
    return n_days < FEW_DAYS or bool(inside.max() >= STAY_SHARE * len(day))


def _place_searches(
    history: History, time_s: NDArray[np.int64], node: NDArray[np.int32], clock: Clock, reader: QueryReader
) -> tuple[dict[int, str], dict[int, str]]:
    """Write into `node` what each search was for, by its words and by what was looked at until the next one.

    Returns `alone` and `other` of the evidence, by row of the history. Where a third of the searches seem to be for
    something else, it is the titles that do not speak the person's language, and `other` is empty.
    """
    searches = np.flatnonzero(history.action == SEARCH)
    ends = np.append(searches[1:], len(history))
    if clock in DATED:
        soon = np.searchsorted(time_s, time_s[searches] + AFTER_SEARCH_S, side="right")
    else:
        soon = searches + 1 + (AFTER_SEARCH_N if clock == "order" else 0)
    alone, other = {}, {}
    n_led, n_else = 0, 0
    for row, end in zip(searches.tolist(), np.minimum(ends, soon).tolist(), strict=True):
        query = history.query[row] or ""
        looked = history.item[row + 1 : end]
        seen = frozenset(reader.tree.node_I[looked[looked >= 0]].tolist()) - {0}
        node[row] = reader.place(query, seen=seen)
        if not node[row] and not len(looked):
            alone[row] = query
        if seen:
            n_led += 1
            if query and not reader.covers(query, seen):
                n_else += 1
                other.update(dict.fromkeys(range(row + bool(node[row]), end), query))
    return alone, other if 3 * n_else <= n_led else {}
