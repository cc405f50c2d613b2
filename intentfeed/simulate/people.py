"""The people of a world: attributes, hidden lifestyles, life events, and how much they do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .language import Language
from .shop import AUDIENCES

N_LIFESTYLES = 18
GENDERS = ("female", "male", "undisclosed")
HOUSEHOLDS = ("single", "couple", "shared flat", "family with children", "couple without children at home")
NEVER = np.iinfo(np.int32).max


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


def draw_people(
    rng: np.random.Generator,
    n: int,
    days: int,
    *,
    events_per_user: float,
    n_heavy: int,
    heavy_events: int,
    language: Language,
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
            "gender": [language.genders[g] for g in gender.tolist()],
            "region": [language.regions[r] for r in rng.integers(len(language.regions), size=n).tolist()],
            "household": [language.households[h] for h in household.tolist()],
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
