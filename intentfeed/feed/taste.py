"""What a history says before anything is looked up: distinct items, oldest first, and how much each counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..data.ratings import below_own_mean
from ..retrieval.evidence import DEFAULT_WEIGHTS
from ..types import ACTION_CODE, ACTIONS, History, Interest

NEGLIGIBLE = 0.05
"""An event that counts less would only take a place from one that counts."""
LONGEST = 400
"""Newest distinct items that count; what lies further back has no weight left."""


NOBODY = History.of_items([])
"""Somebody of whom nothing is known."""


@dataclass(frozen=True, slots=True)
class Taste:
    """Distinct items a person took up, oldest first, with weights up to 1; and all that they have seen."""

    items: tuple[int, ...] = ()
    weights: tuple[float, ...] = ()
    seen: frozenset[int] = frozenset()
    met: tuple[int, ...] = ()
    """The same with what was taken up and then not liked: no sign of liking, but of what comes next."""
    met_weights: tuple[float, ...] = ()
    history: History = field(default=NOBODY, compare=False, repr=False)
    """All that it was read from: actions, times, and what was not liked."""


def taste_of(history: History, interests: Sequence[Interest] = ()) -> Taste:
    """Return the taste of a history: each item stands where it was last, with the weight of its strongest action.

    A rating below the person's own mean is no sign of liking, and stands among what was `met` only; an impression is
    neither. Where interests are known, what shows none of them (errands, gifts, idle looks) counts less the more of
    them there are, and at last not at all [ours].
    """
    weight_of = np.array([DEFAULT_WEIGHTS[action] for action in ACTIONS])
    disliked = below_own_mean(history.action, history.value)
    liked = (history.item >= 0) & (weight_of[history.action] > 0) & ~disliked
    met = (history.item >= 0) & (history.action != ACTION_CODE["impression"])
    weight = weight_of[history.action] * _bearing(history, interests)
    taken = (history.item >= 0) & (weight > 0)
    items, weights = _newest(history.item[taken & liked].tolist(), weight[taken & liked].tolist())
    met_items, met_weights = _newest(history.item[taken].tolist(), weight[taken].tolist())
    return Taste(items, weights, frozenset(history.item[met].tolist()), met_items, met_weights, history)


def _bearing(history: History, interests: Sequence[Interest]) -> NDArray[np.float64]:
    """Return how much each event [N] says of the person, in view of their interests: 1 for evidence of one.

    So does what is too new to be in the log, without a number: it happened on the screen, just now.
    """
    outside = (1 + len(interests)) ** -2.0
    shown = [event_id for interest in interests for event_id in interest.event_ids]
    bears = np.isin(history.event_id, shown) | (history.event_id < 0)
    return np.where(bears, 1.0, outside if outside > NEGLIGIBLE else 0.0)


def taste_of_rows(rows: Sequence[int]) -> Taste:
    """Return the taste of item rows, oldest first, of which nothing more is known."""
    items = [int(row) for row in rows if row >= 0]
    newest, weights = _newest(items, [1.0] * len(items))
    return Taste(newest, weights, frozenset(items), newest, weights, History.of_items(items))


def _newest(items: Sequence[int], weights: Sequence[float]) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Return distinct items, oldest first, with the weight of the strongest event of each, at most 1."""
    strongest: dict[int, float] = {}
    for item, weight in zip(reversed(items), reversed(weights), strict=True):
        strongest[item] = max(weight, strongest.get(item, 0.0))
    newest = list(strongest)[:LONGEST][::-1]
    most = max((strongest[item] for item in newest), default=1.0)  # only the ratios matter
    return tuple(newest), tuple(strongest[item] / most for item in newest)
