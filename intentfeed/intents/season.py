"""When is each category wanted? Months learnt from the log, and from the season that the catalogue gives its items."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ..types import NO_TIME, Settings

SEASONS: dict[str, tuple[int, ...]] = {
    "winter": (12, 1, 2), "spring": (3, 4, 5), "summer": (6, 7, 8), "autumn": (9, 10, 11), "fall": (9, 10, 11),
}  # fmt: skip
"""Northern months of the seasons' names, for a catalogue that names them beside a log that cannot teach them."""
DAY_S = 86_400
NAMED = {"winter": "冬季", "spring": "春季", "summer": "夏季", "autumn": "秋季"}
_SAID = {
    "winter": re.compile(r"\bwinter\b|\bchristmas\b|\bxmas\b|冬[季天款装日]|加绒|圣诞"),
    "summer": re.compile(r"\bsummer\b|夏[季天款装日]"),
    "autumn": re.compile(r"\bautumn\b|\bhalloween\b|秋[季天款装日]|万圣节"),
    "spring": re.compile(r"\beaster\b|春[季天款装日]"),
}  # fmt: skip
"""How a phrase names a season; spring and fall mean too much else in English."""


class SeasonConfig(Settings):
    """What counts as a season."""

    attribute: str = "season"
    """Attribute of the items that holds their season."""
    min_days: int = Field(default=360, ge=1)
    """Shorter logs teach no months."""
    prior: float = Field(default=30.0, gt=0)
    """Events without any season that each category starts from."""
    southern: bool = False
    """Whether seasons named in the catalogue are those of the southern half."""
    named_lift: float = Field(default=2.0, ge=1)
    """How much more an item is wanted in its named season, where the log cannot teach it."""


def month_lift(
    category_N: NDArray[np.int32],
    time_s: NDArray[np.int64],
    n_categories: int,
    config: SeasonConfig,
    *,
    named_CV: NDArray[np.float64],
    names: Sequence[str],
) -> NDArray[np.float32]:
    """Return lift_CM [C, 12]: how much more than on average over the year a category is wanted in each month.

    1 throughout where neither log nor catalogue knows. `named_CV` is the share of a category's items of each named
    season; it is where a category starts from, so that one with few events still has a season.
    """
    dated = time_s != NO_TIME
    count_CM = np.zeros((n_categories, 12))
    if dated.any() and int(np.ptp(time_s[dated])) >= config.min_days * DAY_S:
        month = time_s[dated].astype("datetime64[s]").astype("datetime64[M]").astype(np.int64) % 12
        np.add.at(count_CM, (category_N[dated], month), 1)
    total_M = count_CM.sum(axis=0)
    learnt = bool((total_M > 0).all())
    share_M = total_M / total_M.sum() if learnt else np.full(12, 1 / 12)
    named_VM = _named(count_CM, share_M, named_CV, names, config) if learnt else _by_name(names, config)
    start_CM = named_CV @ named_VM + (1 - named_CV.sum(axis=1, keepdims=True))
    if not learnt:
        named: NDArray[np.float32] = start_CM.astype(np.float32)
        return named
    expected_CM = count_CM.sum(axis=1, keepdims=True) * share_M
    lift_CM: NDArray[np.float64] = (count_CM + config.prior * start_CM * share_M) / (
        expected_CM + config.prior * share_M
    )
    learnt_CM: NDArray[np.float32] = lift_CM.astype(np.float32)
    return learnt_CM


def named_seasons(
    attributes: Sequence[dict[str, Any]], category_I: NDArray[np.int32], n_categories: int, attribute: str
) -> tuple[NDArray[np.float64], list[str]]:
    """Return share_CV and the names V: which part of a category's items the catalogue gives which season."""
    value_I = [row.get(attribute) for row in attributes]
    said_I = [value.strip().lower() if isinstance(value, str) else "" for value in value_I]
    names = sorted(set(said_I) - {""})
    code = {name: at for at, name in enumerate(names)}
    share_CV = np.zeros((n_categories, len(names)))
    for row, said in enumerate(said_I):
        if said:
            share_CV[category_I[row], code[said]] += 1
    size_C = np.maximum(np.bincount(category_I, minlength=n_categories), 1)
    return share_CV / size_C[:, None], names


def season_of(month: int, *, southern: bool) -> str:
    """Return the season of a month: winter, spring, summer or autumn."""
    month = (month + 5) % 12 + 1 if southern else month
    return next(name for name in NAMED if month in SEASONS[name])


def season_name(day: date, language: Literal["en", "zh"], *, southern: bool) -> str:
    """Return how a day's season is called."""
    name = season_of(day.month, southern=southern)
    return NAMED[name] if language == "zh" else name


def wrong_season(text: str, month: int, *, southern: bool) -> str | None:
    """Return why a phrase that names a season is out of it: neither the one at hand nor the one about to begin.

    >>> wrong_season("winter coat", 6, southern=False)
    'is for winter, and it is summer'
    >>> wrong_season("winter coat", 11, southern=False) is wrong_season("warm coat", 6, southern=False) is None
    True
    """
    fitting = {season_of(month, southern=southern), season_of(month % 12 + 1, southern=southern)}
    named = [name for name, said in _SAID.items() if said.search(text)]
    if not named or fitting & set(named):
        return None
    return f"is for {named[0]}, and it is {season_of(month, southern=southern)}"


def _named(
    count_CM: NDArray[np.float64],
    share_M: NDArray[np.float64],
    named_CV: NDArray[np.float64],
    names: Sequence[str],
    config: SeasonConfig,
) -> NDArray[np.float64]:
    """Return lift_VM of the named seasons as the log has them."""
    count_VM = named_CV.T @ count_CM
    expected_VM = count_VM.sum(axis=1, keepdims=True) * share_M
    lift_VM: NDArray[np.float64] = (count_VM + config.prior * share_M) / (expected_VM + config.prior * share_M)
    return lift_VM if len(names) else np.ones((0, 12))


def _by_name(names: Sequence[str], config: SeasonConfig) -> NDArray[np.float64]:
    """Return lift_VM of the named seasons by what their names mean; 1 for a name that is not a season's."""
    lift_VM = np.ones((len(names), 12))
    for at, name in enumerate(names):
        months = SEASONS.get(name)
        if months:
            shift = 6 if config.southern else 0
            inside = [(month - 1 + shift) % 12 for month in months]
            lift_VM[at] = 1 / config.named_lift
            lift_VM[at, inside] = config.named_lift
    return lift_VM
