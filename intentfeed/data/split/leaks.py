"""What must not be learnt: a copy of a held-out row, or what came after the question of its own user.

Only what can be proved is refused. Repeats of an item at another time are a property of the split, not a leak; events
of other people after the question are one, but only a time cut rules them out, so they are for the notes to say.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ...errors import DataError
from .cases import Cases, Part

SAME = ["user_id", "item_id", "action", "timestamp", "position", "value", "query"]
"""Rows that agree in all of these are one event, logged twice."""
NAMED = 3
"""Leaked events that a message names."""
NO_ORDER = (
    "the log has neither time nor order: whether train holds copies of the held-out rows, or later events, "
    "cannot be told"
)
MEND = "mend the column `split`, or choose --split loo"


def refuse_copies(known: pl.DataFrame, held: pl.DataFrame) -> None:
    """Refuse to learn from a row that also stands among the held-out ones, under whatever event id.

    Raises:
        DataError: the copies are named.
    """
    twins = held.select(*SAME, pl.col("event_id").alias("held_id"), pl.col("split").alias("held_in"))
    copies = known.join(twins, on=SAME, how="inner", nulls_equal=True).sort("event_id", "held_id")
    copies = copies.unique("event_id", keep="first", maintain_order=True)
    if copies.height:
        named = [
            f"event {row['event_id']} of user {row['user_id']!r} = {row['held_in']} event {row['held_id']}"
            for row in copies.head(NAMED).iter_rows(named=True)
        ]
        count = _count(copies.height, "stands", "stand")
        raise DataError(f"{count} among the held-out rows, too ({_listed(named, copies)}): {MEND}")


def refuse_later(known: pl.DataFrame, asked: pl.DataFrame, what: str) -> None:
    """Refuse to learn from what lies at or after the first question of its own user.

    Both frames tell a row's place `at` in the order of its user; `asked` has user_id and the place of each question.

    Raises:
        DataError: the later events are named.
    """
    first = asked.group_by("user_id").agg(pl.col("at").min().alias("first"))
    later = known.join(first, on="user_id", how="inner").filter(pl.col("at") >= pl.col("first")).sort("user_id", "at")
    if later.height:
        named = [
            f"event {row['event_id']} of user {row['user_id']!r}" for row in later.head(NAMED).iter_rows(named=True)
        ]
        raise DataError(
            f"{_count(later.height, 'lies', 'lie')} after the {what} row of their own user ({_listed(named, later)}): "
            f"{MEND}"
        )


def refuse_learnt_answers(known: pl.DataFrame, cases: Cases, n_given: NDArray[np.int64], part: Part) -> None:
    """Refuse published questions that train goes on to answer, for users whose held-out rows the log does not have.

    A history shorter than the longest of the file is its user's whole past. So where train begins with exactly that
    past and goes on with exactly the target, the answer itself is learnt. `n_given` is the length of each history as
    it was published [P]. Longer histories prove nothing, as nobody knows where in the log they begin.

    Raises:
        DataError: the learnt answers are named.
    """
    whole = np.flatnonzero((n_given > 0) & (n_given < n_given.max(initial=0))).tolist()
    asked = [cases.users[row] for row in whole]
    learnt = known.filter("counts", pl.col("user_id").is_in(asked)).group_by("user_id", maintain_order=True)
    past = {user: (items, ids) for user, items, ids in learnt.agg("item", "event_id").iter_rows()}
    found = []
    for row in whole:
        user, history = cases.users[row], cases.histories[row].tolist()
        items, ids = past.get(user, ([], []))
        if len(history) == n_given[row] and items[: len(history) + 1] == [*history, int(cases.target[row])]:
            found.append((ids[len(history)], user))
    if found:
        named = [f"event {event_id} of user {user!r}" for event_id, user in sorted(found)[:NAMED]]
        raise DataError(
            f"{_count(len(found), 'is', 'are')} the answer to a {part} row of eval.parquet ({_listed(named, found)}): "
            "take the answers out of train"
        )


def refuse_other_names(sides: pl.Series, known: Sequence[str]) -> None:
    """Refuse a column `split` with names that would be passed over in silence; rows without any may stand aside.

    Raises:
        DataError: the first other name, and how many rows have one.
    """
    other = sides.filter(~sides.is_in(known))  # of a null nothing is said
    if len(other):
        rows = "1 row" if len(other) == 1 else f"{len(other):,} rows"
        raise DataError(
            f"the column `split` says {other.sort()[0]!r} ({rows} of another name than {', '.join(known)}): rename it, "
            "or leave it empty where a row is to stand aside"
        )


def _count(n: int, one: str, many: str) -> str:
    return f"{n:,} event to learn from {one}" if n == 1 else f"{n:,} events to learn from {many}"


def _listed(named: list[str], whole: pl.DataFrame | list[tuple[int, str]]) -> str:
    return ", ".join(named) + (", …" if len(whole) > len(named) else "")
