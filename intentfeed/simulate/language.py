"""What a world needs of a language: how its shop writes titles, its people queries and its calendar the days."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .shop import Leaf
    from .titles import Draft

Rng = np.random.Generator


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language; the codes of SEASONS and AUDIENCES stay within the code, a reader sees their words."""

    folder: Path
    """Its vocabulary."""
    styles: tuple[str, ...]
    palettes: Mapping[str, tuple[str, ...]]
    audiences: Mapping[str, str]
    """What the catalogue calls each of AUDIENCES."""
    seasons: Mapping[str, str]
    """What it calls each of SEASONS."""
    title: Callable[[Rng, Leaf, Draft], str]
    variant: Callable[[Leaf, Draft], str]
    """The title of the same model in another colour or size."""
    book_title: Callable[[Rng, Leaf, Draft], str]
    describe: Callable[[Rng, Leaf, Draft], str]
    queries: Callable[[Rng, Draft], list[str]]
    """N_QUERIES wordings, the plain ones first."""
    brand_name: Callable[[Rng, str], str]
    """A name for a brand of a department."""
    line: Callable[[Rng], str]
    """The name of a model line."""
    person: Callable[[Rng], str]
    gifts: Mapping[str, tuple[str, ...]]
    """Audience → what people type who look for a gift for one of them."""
    genders: tuple[str, str, str]
    """Female, male, undisclosed."""
    households: tuple[str, ...]
    """In the order of people.HOUSEHOLDS."""
    regions: tuple[str, ...]
    holidays: Mapping[tuple[int, int], str]
    weather: Mapping[str, tuple[str, ...]]
    season_begins: Callable[[str], str]
    trend: Callable[[Leaf], str]
    joined: str
    """Between the two names of an interest."""
    price_points: Callable[[np.ndarray], np.ndarray]
    """Prices as shops set them."""
