"""What people care about: latent interests with a life span, a focus and a taste, drawn through hidden lifestyles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .catalogue import Catalogue, popular_items
from .people import N_LIFESTYLES, NEVER, People
from .shelves import Shelves
from .shop import AUDIENCES
from .titles import STYLES

KINDS = ("lasting", "seasonal", "life_event", "new_hobby")
MIN_SPAN_DAYS = 150
MOVING = frozenset(["moving", "搬家"])
"""What the vocabularies call the activity that a move brings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interests:
    """Latent interests [N], sorted by user, and the leaves each is about [P]."""

    user: NDArray[np.int64]
    number: NDArray[np.int64]
    """Counted within the user."""
    parent: NDArray[np.int64]
    start: NDArray[np.float64]
    end: NDArray[np.float64]
    """In days of the log; past its end where the interest goes on."""
    strength: NDArray[np.float64]
    kind: NDArray[np.int8]
    season: NDArray[np.int8]
    style: NDArray[np.int8]
    brand: NDArray[np.int32]
    look: NDArray[np.int32]
    pair_interest: NDArray[np.int64]
    pair_leaf: NDArray[np.int64]
    pair_weight: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.user)


def draw_interests(
    rng: np.random.Generator,
    people: People,
    shelves: Shelves,
    catalogue: Catalogue,
    *,
    days: int,
    seasons: NDArray[np.int8],
) -> Interests:
    """Return everybody's latent interests, no two of a person under one parent.

    `days` counts the log and the future after it; `seasons` holds the season of each leaf as an index into SEASONS.
    """
    fits_UL = (people.allows.astype(np.int8) @ shelves.leaf_audience.T.astype(np.int8) > 0) & shelves.leaf_free
    user, parent, number = _choose_parents(rng, people, shelves, fits_UL)
    n = len(user)
    start, end, kind = _life_spans(rng, people, shelves, user, parent, days)
    pair_interest, pair_leaf, pair_weight = _focus(rng, shelves, fits_UL, user, parent)
    first = np.searchsorted(pair_interest, np.arange(n))
    season = seasons[pair_leaf[first]]
    kind = np.where((kind == 0) & (season > 0), 1, kind)
    anchor = popular_items(rng, catalogue, pair_leaf[first])
    taste = rng.integers(len(STYLES), size=(N_LIFESTYLES, shelves.n_parents))
    style = np.where(rng.random(n) < 0.7, taste[people.lifestyle[user], parent], rng.integers(len(STYLES), size=n))
    return Interests(
        user=user,
        number=number,
        parent=parent,
        start=start,
        end=end,
        strength=rng.lognormal(0.0, 0.8, n),
        kind=kind.astype(np.int8),
        season=season,
        style=style.astype(np.int8),
        brand=np.where(rng.random(n) < 0.6, catalogue.brand[anchor], -1).astype(np.int32),
        look=np.where(rng.random(n) < 0.6, catalogue.look[anchor], -1).astype(np.int32),
        pair_interest=pair_interest,
        pair_leaf=pair_leaf,
        pair_weight=pair_weight,
    )


def _choose_parents(
    rng: np.random.Generator, people: People, shelves: Shelves, fits_UL: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return (user, parent, number) of each interest, drawn without replacement by the person's mix of lifestyles."""
    n = len(people)
    weights = _lifestyle_weights(rng, shelves)
    second, share = rng.integers(N_LIFESTYLES, size=n), rng.uniform(0.55, 0.95, n)[:, None]
    pull_UP = share * weights[people.lifestyle] + (1 - share) * weights[second]
    fits_UP = np.zeros((n, shelves.n_parents), dtype=bool)
    for leaf, parent in enumerate(shelves.leaf_parent.tolist()):
        fits_UP[:, parent] |= fits_UL[:, leaf]
    score = np.where(fits_UP, np.log(pull_UP) + rng.gumbel(size=pull_UP.shape), -np.inf)
    score += _life_pull(people, shelves)
    order = np.argsort(-score, axis=1, kind="stable")[:, :24]
    n_fit = np.minimum(people.n_interests, fits_UP.sum(1))
    taken = np.arange(order.shape[1]) < n_fit[:, None]
    user, number = np.nonzero(taken)
    return user, order[taken], number


def _lifestyle_weights(rng: np.random.Generator, shelves: Shelves) -> NDArray[np.float64]:
    """Return weights_SP: how much each hidden lifestyle draws to each parent, through a handful of activities."""
    n_acts = len(shelves.act_names)
    lives = np.zeros((N_LIFESTYLES, n_acts))
    for row in lives:
        row[rng.choice(n_acts, size=min(6, n_acts), replace=False)] = rng.uniform(0.5, 1.5, min(6, n_acts))
    pull = lives @ shelves.parent_acts.T.astype(float)
    own = rng.lognormal(0.0, 0.6, (N_LIFESTYLES, shelves.n_parents))
    return np.asarray(shelves.parent_appeal * own * (0.12 + pull))


def _life_pull(people: People, shelves: Shelves) -> NDArray[np.float64]:
    """Return pull_UP: how much a baby, a pet or a move adds to the parents that belong to it."""
    pull = np.zeros((len(people), shelves.n_parents))
    special = _parent_event(shelves)
    for name, amount in (("baby", 3.0), ("dog", 3.5), ("cat", 3.5), ("move", 1.5)):
        pull += amount * np.outer(people.since[name] != NEVER, special == name)
    return pull


def _life_spans(
    rng: np.random.Generator,
    people: People,
    shelves: Shelves,
    user: NDArray[np.int64],
    parent: NDArray[np.int64],
    days: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Return (start, end, kind): half last throughout, the rest begin or end inside; a life event sets the start."""
    n = len(user)
    roll, least = rng.random(n), min(MIN_SPAN_DAYS, days / 4)
    begins, ends = rng.uniform(0.08, 0.75, n) * days, rng.uniform(0.25, 0.95, n) * days
    start = np.where((roll > 0.68), begins, 0.0)
    end = np.where((roll > 0.48) & (roll <= 0.68) | (roll > 0.9), ends, days + 1.0)
    end = np.where((end <= days) & (end < start + least), start + least, end)
    kind = np.where((start > 0) & (rng.random(n) < 0.5), 3, 0)
    event = _parent_event(shelves)[parent]
    for name, since in people.since.items():
        born = (event == name) & (since[user] != NEVER) & (since[user] > 0)
        start = np.where(born, since[user], start)
        end = np.where(born, days + 1.0, end)
        kind = np.where(born, 2, kind)
    return start, end, kind


def _parent_event(shelves: Shelves) -> NDArray[np.str_]:
    """Return the life event that each parent belongs to; '' for none."""
    names = np.full(shelves.n_parents, "", dtype="<U4")
    for act in MOVING & set(shelves.act_names):
        names[shelves.parent_acts[:, shelves.act_names.index(act)]] = "move"
    for name in ("baby", "dog", "cat"):
        only = shelves.leaf_audience[:, AUDIENCES.index(name)] & (shelves.leaf_audience.sum(1) == 1)
        names[np.unique(shelves.leaf_parent[only])] = name
    return names


def _focus(
    rng: np.random.Generator,
    shelves: Shelves,
    fits_UL: NDArray[np.bool_],
    user: NDArray[np.int64],
    parent: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the (interest, leaf, weight) pairs: one leaf, or several siblings."""
    leaves = shelves.parent_leaves[parent]
    open_ = (leaves >= 0) & fits_UL[user[:, None], np.maximum(leaves, 0)]
    score = np.where(open_, np.log(shelves.leaf_appeal[np.maximum(leaves, 0)]) + rng.gumbel(size=leaves.shape), -np.inf)
    rank = np.argsort(np.argsort(-score, axis=1, kind="stable"), axis=1, kind="stable")
    width = 1 + rng.choice(4, size=len(user), p=(0.30, 0.34, 0.22, 0.14))
    width = np.where(width == 4, leaves.shape[1], width)
    kept = open_ & (rank < width[:, None])
    interest, column = np.nonzero(kept)
    return interest, leaves[interest, column], rng.gamma(2.5, 1.0, len(interest)) + 0.3
