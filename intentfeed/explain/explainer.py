"""Who says why: the protocol of the role, and the season that a day falls into."""

from __future__ import annotations

from datetime import date
from typing import Literal, Protocol

from ..data.catalog import Catalog
from ..types import Backend, Context, Reason

Season = Literal["spring", "summer", "autumn", "winter"]
SEASONS: tuple[Season, ...] = ("winter", "spring", "summer", "autumn")


SEASON_NAMES: dict[str, tuple[str, ...]] = {
    "winter": ("winter", "冬季", "冬天"),
    "spring": ("spring", "春季", "春天"),
    "summer": ("summer", "夏季", "夏天"),
    "autumn": ("autumn", "秋季", "秋天"),
}
"""What catalogues call a season; a sentence says it in the same word."""


def season_of(day: date, *, southern: bool = False) -> Season:
    """Return the meteorological season of a day (U29: the season stands for the date)."""
    quarter = day.month % 12 // 3
    return SEASONS[(quarter + 2) % 4 if southern else quarter]


class Explainer(Protocol):
    """Says why an item is shown, once for an interest and an item, never for a person (RecGPT-V1, 8)."""

    backend: Backend
    catalog: Catalog

    def explain(
        self, interest_key: str, interest_name: str, item: int, context: Context, *, variant: int = 0
    ) -> Reason:
        """Return a sentence that ties the item to the interest; with key '' one from the item's own qualities.

        `item` is a row of the catalogue; another `variant` asks for another sentence. NO_REASON where nothing true
        can be said.
        """
        ...
