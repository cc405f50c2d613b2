"""One history as evidence: the deliberate events, each with its category, its day, and whether it is for or against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..types import NO_TIME, History
from .queries import QueryReader
from .signs import SEARCH, WEIGHT_A, sign
from .tree import CategoryTree

Clock = Literal["time", "order", "none"]
DAY_S = 86_400
AFTER_SEARCH_S = 30 * 60
"""What is looked at within this time of a search says what the search was for."""
AFTER_SEARCH_N = 3
"""The same where the log has only an order."""
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
    query: tuple[str, ...]
    """Query of each search that nothing was looked at after, '' for the rest; empty where there was no search."""

    def __len__(self) -> int:
        return len(self.event_id)


def evidence(history: History, *, as_of: date, tree: CategoryTree, reader: QueryReader) -> Evidence:
    """Return what the history says up to and including `as_of`."""
    dated = history.time_s != NO_TIME
    until_s = (day_number(as_of) + 1) * DAY_S
    signs = sign(history.action, history.value)
    rows = np.flatnonzero((signs != 0) & (~dated | (history.time_s < until_s)))
    clock: Clock = "none" if not history.ordered else "time" if dated.all() else "order"
    node = np.where(history.item >= 0, tree.node_I[history.item] if len(tree.node_I) else 0, 0).astype(np.int32)
    searches = rows[history.action[rows] == SEARCH]
    alone = _place_searches(history, searches, node, clock, reader)
    return Evidence(
        event_id=history.event_id[rows],
        action=history.action[rows],
        item=history.item[rows],
        node=node[rows],
        day=history.time_s[rows] // DAY_S if clock == "time" else np.arange(len(rows)),
        weight=WEIGHT_A[history.action[rows]],
        for_it=signs[rows] > 0,
        clock=clock,
        query=tuple(alone.get(row, "") for row in rows.tolist()) if alone else (),
    )


def _place_searches(
    history: History, searches: NDArray[np.int64], node: NDArray[np.int32], clock: Clock, reader: QueryReader
) -> dict[int, str]:
    """Write into `node` what each search was for, by its words and by what was looked at next.

    Returns the queries, by row, that led to nothing and that no category covers.
    """
    alone = {}
    if clock == "time":
        ends = np.searchsorted(history.time_s, history.time_s[searches] + AFTER_SEARCH_S, side="right")
    else:
        ends = searches + 1 + (AFTER_SEARCH_N if clock == "order" else 0)
    for row, end in zip(searches.tolist(), ends.tolist(), strict=True):
        looked = history.item[row + 1 : min(end, row + 1 + 20)]
        seen = frozenset(reader.tree.node_I[looked[looked >= 0]].tolist()) - {0}
        node[row] = reader.place(history.query[row] or "", seen=seen)
        if not node[row] and not len(looked):
            alone[row] = history.query[row] or ""
    return alone
