"""Items hidden from the log, to be found again: what rankers and towers are judged by while they learn.

Of some people the last item is hidden that they took up in earnest: by the most deliberate action that is common in
the log, so that a shop learns what leads to purchases, not to views. Nothing of outside validation or test is touched.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..retrieval.evidence import DEFAULT_WEIGHTS
from ..types import ACTIONS, History, Interactions

COMMON = 0.25
"""Share of the people who must have done something for it to be asked for."""
WEIGHTS = np.array([DEFAULT_WEIGHTS[action] for action in ACTIONS])


@dataclass(frozen=True)
class Hidden:
    """The log without the last item of some people, what they did before, and those items."""

    log: Interactions
    histories: list[History]
    targets: list[int]
    users: list[int]
    """Their numbers in the log."""


def hide_last(log: Interactions, n_users: int, *, repeats: bool = False) -> Hidden:
    """Return the log without the last item taken up in earnest by up to `n_users` people, evenly spread.

    Of an item that is asked for as new every trace is hidden, and the history ends before the first one; where what was
    seen may come again (`repeats`), only the last event is hidden. Who has nothing before it is never asked.
    """
    at = np.flatnonzero(_in_earnest(log))
    users, ends = np.unique(log.user[at][::-1], return_index=True)
    last_U = at[::-1][ends]
    target = np.full(log.n_users, -1, dtype=np.int64)
    target[users] = log.item[last_U]
    if repeats:
        cut_U = last_U
    else:
        traces = np.flatnonzero(target[log.user] == log.item)
        cut_U = traces[np.unique(log.user[traces], return_index=True)[1]]
    starts_U = np.searchsorted(log.user, users)
    told = np.concatenate([[0], np.cumsum(WEIGHTS[log.action] > 0)])
    able = np.flatnonzero(told[cut_U] > told[starts_U])
    if not len(able) or n_users <= 0:
        return Hidden(log, [], [], [])
    some = able[np.unique(np.linspace(0, len(able) - 1, min(n_users, len(able))).astype(np.int64))]
    keep = np.ones(len(log), dtype=np.bool_)
    if repeats:
        keep[cut_U[some]] = False
    else:
        asked = np.zeros(log.n_users, dtype=np.bool_)
        asked[users[some]] = True
        keep[traces[asked[log.user[traces]]]] = False
    return Hidden(
        log=_only(log, keep),
        histories=[_history(log, *edges) for edges in zip(starts_U[some].tolist(), cut_U[some].tolist(), strict=True)],
        targets=target[users[some]].tolist(),
        users=users[some].tolist(),
    )


def _in_earnest(log: Interactions) -> NDArray[np.bool_]:
    """Return which events [N] are of the most deliberate kind that is common, or more deliberate still."""
    pairs = np.unique(log.user.astype(np.int64) * len(ACTIONS) + log.action)
    n_people = np.bincount(pairs % len(ACTIONS), minlength=len(ACTIONS))
    common = (n_people >= COMMON * max(log.n_users, 1)) & (WEIGHTS > 0)
    least = WEIGHTS[common].max() if common.any() else np.inf
    in_earnest: NDArray[np.bool_] = WEIGHTS[log.action] >= min(least, WEIGHTS.max())
    return in_earnest if common.any() else WEIGHTS[log.action] > 0


def _only(log: Interactions, keep: NDArray[np.bool_]) -> Interactions:
    columns = {name: getattr(log, name)[keep] for name in ("user", "item", "action", "time_s", "value")}
    return replace(log, **columns)


def _history(log: Interactions, lo: int, hi: int) -> History:
    history = History.of_items(log.item[lo:hi])
    return replace(history, action=log.action[lo:hi], time_s=log.time_s[lo:hi], value=log.value[lo:hi])
