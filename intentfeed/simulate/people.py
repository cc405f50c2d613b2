"""The people of a world: attributes, hidden lifestyles, life events, and the interests that follow from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .catalogue import Catalogue, popular_items
from .seasons import REGIONS
from .shop import AUDIENCES, Leaf

N_LIFESTYLES = 18
GENDERS = ("female", "male", "undisclosed")
HOUSEHOLDS = ("single", "couple", "shared flat", "family with children", "couple without children at home")
KINDS = ("lasting", "seasonal", "life_event", "new_hobby")
NEVER = np.iinfo(np.int32).max
MIN_SPAN_DAYS = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Arrays [U] beside the table that the shop sees."""

    frame: pl.DataFrame
    allows: NDArray[np.bool_]
    """allows_UA: whether goods for each of AUDIENCES suit the household."""
    tier: NDArray[np.float64]
    """Price level at ease."""
    lifestyle: NDArray[np.int32]
    """The leading one."""
    budget: NDArray[np.float64]
    """Events to expect."""
    n_interests: NDArray[np.int64]
    since: dict[str, NDArray[np.int32]]
    """Day of each life event (baby, dog, cat, move); NEVER where there is none."""

    def __len__(self) -> int:
        return len(self.tier)


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


@dataclass(frozen=True, slots=True)
class Shelves:
    """The leaves as arrays: who a leaf is for, which parent it is in, which parents one may like freely."""

    leaf_parent: NDArray[np.int64]
    parent_leaves: NDArray[np.int64]
    """parent_leaves_PK, padded with -1."""
    leaf_audience: NDArray[np.bool_]
    leaf_free: NDArray[np.bool_]
    """A leaf that one may be interested in: neither necessity nor seasonal nor consumable."""
    parent_acts: NDArray[np.bool_]
    act_names: tuple[str, ...]
    leaf_appeal: NDArray[np.float64]
    parent_appeal: NDArray[np.float64]

    @property
    def n_parents(self) -> int:
        """How many parents there are."""
        return len(self.parent_leaves)


def arrange(rng: np.random.Generator, leaves: Sequence[Leaf]) -> Shelves:
    """Return the leaves as arrays, with the appeal that this world gives each."""
    parents = list(dict.fromkeys(leaf.parent_path for leaf in leaves))
    leaf_parent = np.array([parents.index(leaf.parent_path) for leaf in leaves])
    widest = int(np.bincount(leaf_parent).max())
    table = np.full((len(parents), widest), -1)
    for parent in range(len(parents)):
        members = np.flatnonzero(leaf_parent == parent)
        table[parent, : len(members)] = members
    act_names = tuple(sorted({act for leaf in leaves for act in leaf.acts}))
    acts = np.zeros((len(parents), len(act_names)), dtype=bool)
    for leaf, parent in zip(leaves, leaf_parent.tolist(), strict=True):
        acts[parent, [act_names.index(act) for act in leaf.acts]] = True
    return Shelves(
        leaf_parent=leaf_parent,
        parent_leaves=table,
        leaf_audience=np.array([[name in leaf.audiences for name in AUDIENCES] for leaf in leaves]),
        leaf_free=np.array([leaf.role == "interest" and not leaf.consumable for leaf in leaves]),
        parent_acts=acts,
        act_names=act_names,
        leaf_appeal=rng.lognormal(0.0, 0.7, len(leaves)),
        parent_appeal=rng.lognormal(0.0, 0.5, len(parents)),
    )


def draw_people(
    rng: np.random.Generator, n: int, days: int, *, events_per_user: float, n_heavy: int, heavy_events: int
) -> People:
    """Return `n` people; `n_heavy` of them with at least `heavy_events` events, about 6 % with hardly any."""
    age = np.clip(np.round(rng.gamma(6.0, 4.6, n) + 16), 18, 84).astype(np.int64)
    gender = rng.choice(3, size=n, p=(0.5, 0.46, 0.04))
    household = _households(rng, age)
    since = _life_events(rng, age, household, days)
    ids = rng.permutation(n)
    frame = pl.DataFrame(
        {
            "user_id": [f"u{i:0{len(str(n))}d}" for i in range(1, n + 1)],
            "age": age,
            "gender": [GENDERS[g] for g in gender.tolist()],
            "region": [REGIONS[r] for r in rng.integers(len(REGIONS), size=n).tolist()],
            "household": [HOUSEHOLDS[h] for h in household.tolist()],
        }
    )
    allows = np.ones((n, len(AUDIENCES)), dtype=bool)
    allows[:, AUDIENCES.index("women")] = gender != 1
    allows[:, AUDIENCES.index("men")] = gender != 0
    allows[:, AUDIENCES.index("kids")] = household == 3
    for name in ("baby", "dog", "cat"):
        allows[:, AUDIENCES.index(name)] = since[name] != NEVER
    budget = _budgets(rng, n, events_per_user)
    heavy = ids[:n_heavy]
    budget[heavy] = rng.uniform(1.5, 1.8, n_heavy) * heavy_events
    n_interests = np.clip(np.round(rng.normal(14.9, 3.0, n)), 8, 24).astype(np.int64)
    n_interests[heavy] = rng.integers(17, 25, n_heavy)
    return People(
        frame=frame,
        allows=allows,
        tier=np.clip(rng.normal(0.0, 0.75, n), -1.5, 1.5),
        lifestyle=_lifestyles(rng, age),
        budget=budget,
        n_interests=n_interests,
        since=since,
    )


def _lifestyles(rng: np.random.Generator, age: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the leading lifestyle of each person; each lifestyle has an age around which it is common."""
    centre = rng.uniform(20, 70, N_LIFESTYLES)
    score = -0.5 * ((age[:, None] - centre) / 20.0) ** 2 + rng.gumbel(size=(len(age), N_LIFESTYLES))
    return np.asarray(np.argmax(score, axis=1), dtype=np.int32)


def _households(rng: np.random.Generator, age: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return an index into HOUSEHOLDS that suits the age."""
    young, old = age < 28, age > 56
    roll = rng.random(len(age))
    middle = np.select([roll < 0.22, roll < 0.45, roll < 0.5], [0, 1, 2], 3)
    return np.where(
        young,
        np.select([roll < 0.4, roll < 0.62, roll < 0.95], [0, 1, 2], 3),
        np.where(old, np.select([roll < 0.3, roll < 0.9], [0, 4], 1), middle),
    )


def _life_events(
    rng: np.random.Generator, age: NDArray[np.int64], household: NDArray[np.int64], days: int
) -> dict[str, NDArray[np.int32]]:
    """Return the day of each life event; a pet that was there before the log has day 0."""
    n = len(age)
    inside = (days * rng.uniform(0.12, 0.75, (4, n))).astype(np.int32)
    roll = rng.random((4, n))
    parent = np.isin(household, (1, 3)) & (age >= 23) & (age <= 43)
    pet = np.where(rng.random((2, n)) < 0.7, 0, inside[1:3]).astype(np.int32)
    return {
        "baby": np.where(parent & (roll[0] < 0.28), inside[0], NEVER).astype(np.int32),
        "dog": np.where(roll[1] < 0.17, pet[0], NEVER).astype(np.int32),
        "cat": np.where(roll[2] < 0.19, pet[1], NEVER).astype(np.int32),
        "move": np.where(roll[3] < 0.22, inside[3], NEVER).astype(np.int32),
    }


def _budgets(rng: np.random.Generator, n: int, events_per_user: float) -> NDArray[np.float64]:
    """Return how many events each person should have: wide spread, 3 % under ten, 3 % few."""
    sigma = 0.58
    budget = events_per_user * np.exp(rng.normal(-0.5 * sigma**2, sigma, n))
    roll = rng.random(n)
    few = np.minimum(rng.uniform(15, 150, n), events_per_user)
    return np.where(roll < 0.03, rng.uniform(1.5, 7.0, n), np.where(roll < 0.06, few, budget))


def draw_interests(
    rng: np.random.Generator,
    people: People,
    shelves: Shelves,
    catalogue: Catalogue,
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
    taste = rng.integers(6, size=(N_LIFESTYLES, shelves.n_parents))
    style = np.where(rng.random(n) < 0.7, taste[people.lifestyle[user], parent], rng.integers(6, size=n))
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


def lifestyle_weights(rng: np.random.Generator, shelves: Shelves) -> NDArray[np.float64]:
    """Return weights_SP: how much each hidden lifestyle draws to each parent, through a handful of activities."""
    n_acts = len(shelves.act_names)
    lives = np.zeros((N_LIFESTYLES, n_acts))
    for row in lives:
        row[rng.choice(n_acts, size=min(6, n_acts), replace=False)] = rng.uniform(0.5, 1.5, min(6, n_acts))
    pull = lives @ shelves.parent_acts.T.astype(float)
    own = rng.lognormal(0.0, 0.6, (N_LIFESTYLES, shelves.n_parents))
    return np.asarray(shelves.parent_appeal * own * (0.12 + pull))


def _choose_parents(
    rng: np.random.Generator, people: People, shelves: Shelves, fits_UL: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return (user, parent, number) of each interest, drawn without replacement by the person's mix of lifestyles."""
    n = len(people)
    weights = lifestyle_weights(rng, shelves)
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


def _life_pull(people: People, shelves: Shelves) -> NDArray[np.float64]:
    """Return pull_UP: how much a baby, a pet or a move adds to the parents that belong to it."""
    pull = np.zeros((len(people), shelves.n_parents))
    special = _parent_event(shelves)
    for name, amount in (("baby", 3.0), ("dog", 3.5), ("cat", 3.5), ("move", 1.5)):
        pull += amount * np.outer(people.since[name] != NEVER, special == name)
    return pull


def _parent_event(shelves: Shelves) -> NDArray[np.str_]:
    """Return the life event that each parent belongs to; '' for none."""
    names = np.full(shelves.n_parents, "", dtype="<U4")
    if "moving" in shelves.act_names:
        names[shelves.parent_acts[:, shelves.act_names.index("moving")]] = "move"
    for name in ("baby", "dog", "cat"):
        only = shelves.leaf_audience[:, AUDIENCES.index(name)] & (shelves.leaf_audience.sum(1) == 1)
        names[np.unique(shelves.leaf_parent[only])] = name
    return names


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
