"""A tiny shop whose people are easily told: sixty who restock soap; some run, some garden, some women sew."""

from collections.abc import Iterable, Mapping
from datetime import date

import numpy as np
import polars as pl

from intentfeed.data.catalog import Catalog
from intentfeed.data.history import interactions
from intentfeed.data.schema import EVENTS
from intentfeed.interests.evidence import EPOCH_ORDINAL
from intentfeed.types import ACTION_CODE, NO_TIME, Context, History, Interactions

SHOES = "Outdoors > Running > Trail Shoes"
SOCKS = "Outdoors > Running > Running Socks"
SEEDS = "Garden > Plants > Seeds"
POTS = "Garden > Plants > Pots"
SOAP = "Home > Cleaning > Dish Soap"
YARN = "Crafts > Needlework > Sewing Kits"
PHONES = "Electronics > Phones > Handsets"
CATEGORIES = (SHOES, SOCKS, SEEDS, POTS, SOAP, YARN, PHONES)
PER_CATEGORY = 8
FIRST = date(2024, 1, 1).toordinal() - EPOCH_ORDINAL
AS_OF = date(2025, 12, 31)
TODAY = Context(as_of=AS_OF)

Row = tuple[str, int, int] | tuple[str, str, int]
"""(action, item or query, days after FIRST)."""


def item(category: str, number: int = 0) -> int:
    """Return the catalogue row of one of a category's items."""
    return CATEGORIES.index(category) * PER_CATEGORY + number % PER_CATEGORY


def catalogue() -> Catalog:
    names = [(category, n) for category in CATEGORIES for n in range(PER_CATEGORY)]
    return Catalog.of(
        {
            "item_id": [f"i{row}" for row in range(len(names))],
            "title": [f"{category.rpartition(' > ')[2]} model {chr(65 + n)}" for category, n in names],
            "category": [category for category, _ in names],
            "brand": [f"Brand {n % 4}" for _, n in names],
        }
    )


def history(
    rows: Iterable[Row],
    *,
    user_id: str = "u",
    attributes: Mapping[str, str] | None = None,
    clock: str = "time",
    values: Mapping[int, float] | None = None,
) -> History:
    """Return a history; rows of one day follow one another by a minute."""
    rows = list(rows)
    order = sorted(range(len(rows)), key=lambda n: rows[n][2]) if clock == "time" else list(range(len(rows)))
    rows = [rows[n] for n in order]
    day = np.array([row[2] for row in rows], dtype=np.int64)
    return History(
        user_id=user_id,
        attributes=attributes or {},
        event_id=np.array(order, dtype=np.int64),
        action=np.array([ACTION_CODE[row[0]] for row in rows], dtype=np.int8),
        item=np.array([row[1] if isinstance(row[1], int) else -1 for row in rows], dtype=np.int32),
        time_s=(FIRST + day) * 86_400 + 60 * np.arange(len(rows)) if clock == "time" else np.full(len(rows), NO_TIME),
        value=np.array([(values or {}).get(n, np.nan) for n in order]),
        query=[row[1] if isinstance(row[1], str) else None for row in rows],
        ordered=clock != "none",
    )


def looks(category: str, days: Iterable[int], *, action: str = "detail_view") -> list[Row]:
    """Return one event a day, each of another item of the category."""
    return [(action, item(category, n), day) for n, day in enumerate(days)]


def restocks(category: str, days: Iterable[int]) -> list[Row]:
    """Return one purchase of the same item a day."""
    return [("purchase", item(category), day) for day in days]


def background(n: int = 60) -> list[Row]:
    """Return what makes a person one with many events, none of them about what the tests ask."""
    return looks(PHONES, range(0, 720, 720 // n))


def everybody() -> tuple[Interactions, list[Mapping[str, str]]]:
    """Return the log of sixty people, and their attributes."""
    events, people = [], []
    for user in range(60):
        woman = user % 2 == 0
        people.append({"gender": "f" if woman else "m"})
        rows: list[Row] = restocks(SOAP, range(user % 30, 720, 40))
        if user % 3 == 0:
            rows += looks(SHOES, range(user, 720, 30)) + looks(SOCKS, range(user, 720, 60))
        if user % 3 == 1:
            rows += looks(SEEDS, range(user, 720, 30)) + looks(POTS, range(user, 720, 60), action="favorite")
        if user % 3 == 2:
            rows += looks(PHONES, range(user, 720, 30))
        if woman and user % 6 != 4:
            rows += looks(YARN, range(user, 720, 25))
        events += [(f"u{user:02d}", action, f"i{row}", FIRST + day) for action, row, day in rows]
    frame = pl.DataFrame(events, schema=["user_id", "action", "item_id", "day"], orient="row").with_row_index(
        "event_id"
    )
    frame = frame.with_columns(pl.from_epoch(pl.col("day"), "d").cast(EVENTS["timestamp"]).alias("timestamp"))
    gaps = [pl.lit(None, kind).alias(name) for name, kind in EVENTS.items() if name not in frame.columns]
    frame = frame.with_columns(gaps).select(pl.col(name).cast(kind) for name, kind in EVENTS.items())
    return interactions(frame, catalogue()), people
