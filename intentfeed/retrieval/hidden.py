"""Items hidden from the log, to be found again: what rankers and towers are judged by while they learn.

Of some people the last item that they took up is hidden, whatever they did with it: asking for purchases alone lost
where it was measured, since it hides more of the log. Nothing of outside validation or test is touched.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..types import ACTIONS, History, Interactions
from .evidence import DEFAULT_WEIGHTS

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
    """Return the log without the last item of up to `n_users` people, evenly spread.

    History and log end for them before the first trace of an item that is asked for as new, or, where what was seen
    may come again (`repeats`), before the last event on it: what came later would show what did not come next. Who has
    nothing before it is never asked.
    """
    at = np.flatnonzero(WEIGHTS[log.action] > 0)
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
    cut = np.full(log.n_users, len(log), dtype=np.int64)
    cut[users[some]] = cut_U[some]
    keep = np.arange(len(log)) < cut[log.user]
    return Hidden(
        log=_only(log, keep),
        histories=[_history(log, *edges) for edges in zip(starts_U[some].tolist(), cut_U[some].tolist(), strict=True)],
        targets=target[users[some]].tolist(),
        users=users[some].tolist(),
    )


def hide_items(hidden: Hidden, share: float) -> Hidden:
    """Return the same without any event on a share of the items: as if they were new, so that new ones are learnt of.

    They stay in the histories of those who are asked, as new ones do when somebody takes one up.
    """
    strange = np.random.default_rng(0).permutation(hidden.log.n_items) < share * hidden.log.n_items
    return replace(hidden, log=_only(hidden.log, ~strange[hidden.log.item])) if hidden.targets else hidden


def _only(log: Interactions, keep: NDArray[np.bool_]) -> Interactions:
    columns = {name: getattr(log, name)[keep] for name in ("user", "item", "action", "time_s", "value")}
    return replace(log, **columns)


def _history(log: Interactions, lo: int, hi: int) -> History:
    history = History.of_items(log.item[lo:hi])
    return replace(history, action=log.action[lo:hi], time_s=log.time_s[lo:hi], value=log.value[lo:hi])
