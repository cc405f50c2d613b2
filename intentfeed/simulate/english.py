"""The English world: the words of the other modules put together."""

from __future__ import annotations

from . import brands, people, seasons, titles
from .catalogue import price_points
from .language import Language
from .shop import AUDIENCES, SEASONS, VOCABULARY, Leaf

GIFT_WORDS = {
    "women": ("mum", "wife", "sister", "her"),
    "men": ("dad", "husband", "brother", "him"),
    "kids": ("6 year old", "nephew", "niece", "8 year old"),
    "baby": ("newborn", "baby shower", "1st birthday"),
    "unisex": ("friend", "colleague", "birthday"),
}
"""Whom a gift is for, in the words of the search box."""


def _season_begins(season: str) -> str:
    return f"{season.capitalize()} begins"


def _trend(leaf: Leaf) -> str:
    return f"Everybody is talking about {leaf.name.lower()} ({leaf.parent})"


ENGLISH = Language(
    folder=VOCABULARY,
    styles=titles.STYLES,
    palettes=titles.PALETTES,
    audiences={name: name for name in AUDIENCES},
    seasons={name: name for name in SEASONS},
    title=titles.shop_title,
    variant=titles.variant_title,
    book_title=titles.book_title,
    describe=titles.describe,
    queries=titles.queries,
    brand_name=brands.brand_name,
    line=brands.line_name,
    person=brands.person,
    gifts={audience: tuple(f"gift for {word}" for word in group) for audience, group in GIFT_WORDS.items()},
    genders=people.GENDERS,
    households=people.HOUSEHOLDS,
    regions=seasons.REGIONS,
    holidays=seasons.HOLIDAYS,
    weather=seasons.WEATHER,
    season_begins=_season_begins,
    trend=_trend,
    joined=" and ",
    price_points=price_points,
)
