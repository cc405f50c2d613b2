"""A small shop whose people are of four kinds, so that the right next category is known."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np

from intentfeed.data.catalog import Catalog
from intentfeed.intents.grounded import GroundedTagger
from intentfeed.retrieval.encode import SvdEncoder
from intentfeed.retrieval.neighbours import ItemNeighbours
from intentfeed.types import ACTION_CODE, NO_TIME, Context, History, Interactions, Interest

SHELVES = {
    "Outdoors > Hiking": ("Hiking Boots", "Trekking Poles", "Daypacks", "Rain Jackets", "Head Torches"),
    "Kitchen > Cooking": ("Frying Pans", "Saucepans", "Chef Knives", "Stock Pots", "Rolling Pins"),
    "Garden > Growing": ("Seed Trays", "Watering Cans", "Pruning Shears", "Plant Pots", "Garden Forks"),
    "Music > Playing": ("Guitar Strings", "Drum Sticks", "Music Stands", "Guitar Straps", "Violin Bows"),
}
MODIFIERS = ("waterproof", "lightweight", "folding", "professional", "compact", "classic")
MATERIALS = ("carbon", "steel", "bamboo", "leather")
BRANDS = ("Quorvex", "Nimblo", "Hartwell")
PER_LEAF = 12
TODAY = date(2024, 12, 15)
START = datetime(2023, 1, 1, tzinfo=UTC)


def leaves() -> list[str]:
    """Return the 20 category paths."""
    return [f"{shelf} > {leaf}" for shelf, names in SHELVES.items() for leaf in names]


def shop_catalog() -> Catalog:
    """Return 240 items: every leaf in several modifiers, materials and brands."""
    rows: dict[str, list[object]] = {"item_id": [], "title": [], "category": [], "brand": [], "attributes": []}
    for number, path in enumerate(leaves()):
        for at in range(PER_LEAF):
            brand = BRANDS[at % 3]
            modifier, material = MODIFIERS[(at + number) % 6], MATERIALS[(at // 3 + number) % 4]
            core = path.rpartition(" > ")[2]
            rows["item_id"].append(f"i{number:02d}{at:02d}")
            rows["title"].append(f"{brand} X{at}00 {modifier.title()} {material.title()} {core}, {at + 3} cm")
            rows["category"].append(path)
            rows["brand"].append(brand)
            rows["attributes"].append(json.dumps({"material": material, "model": f"X{at}00"}))
    return Catalog.of(rows)


def shop_log(catalog: Catalog) -> Interactions:
    """Return 80 people, 20 of each kind, who view an item anywhere, then one of each leaf of their shelf."""
    rng = np.random.default_rng(7)
    user, item, when = [], [], []
    for person in range(80):
        shelf = person % 4
        codes = [int(rng.integers(20))] + [shelf * 5 + leaf for leaf in rng.permutation(5)]
        for at, leaf in enumerate(codes):
            user.append(person)
            item.append(leaf * PER_LEAF + int(rng.integers(PER_LEAF)))
            when.append(int((START + timedelta(days=int(person * 9 + 20 * at))).timestamp()))
    n = len(user)
    return Interactions(
        user=np.array(user, np.int32),
        item=np.array(item, np.int32),
        action=np.full(n, ACTION_CODE["detail_view"], np.int8),
        time_s=np.array(when, np.int64),
        value=np.full(n, np.nan),
        n_users=80,
        n_items=len(catalog),
    )


def past_of(*events: tuple[str, int | str, int | None], user_id: str = "u") -> History:
    """Return a history of (action, catalogue row or search text, days before TODAY or None), oldest first."""
    noon = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
    times = [NO_TIME if days is None else int((noon - timedelta(days=days)).timestamp()) for _, _, days in events]
    return History(
        user_id=user_id,
        attributes={},
        event_id=np.arange(100, 100 + len(events), dtype=np.int64),
        action=np.array([ACTION_CODE[action] for action, _, _ in events], np.int8),
        item=np.array([what if isinstance(what, int) else -1 for _, what, _ in events], np.int32),
        time_s=np.array(times, np.int64),
        value=np.full(len(events), np.nan),
        query=[what if isinstance(what, str) else None for _, what, _ in events],
    )


def interest_in(*categories: str, number: int = 1, status: str = "kept", name: str = "an interest") -> Interest:
    """Return an interest that covers these categories."""
    return Interest(
        user_id="u",
        interest_id=f"matched interest_{number:02d}",
        key=f"key {number}",
        name=name,
        listed=True,
        stage="active",
        confidence=0.8,
        willingness="spontaneity",
        reasonableness="strong",
        status=status,  # type: ignore[arg-type]
        reason="",
        event_ids=(100,),
        categories=categories,
    )


@dataclass(frozen=True)
class Shop:
    """Everything about the small shop."""

    catalog: Catalog
    log: Interactions
    encoder: SvdEncoder
    neighbours: ItemNeighbours
    tagger: GroundedTagger
    today: Context


def build_shop() -> Shop:
    """Return the shop, its log and a tagger fitted on both."""
    catalog = shop_catalog()
    log = shop_log(catalog)
    encoder, neighbours = SvdEncoder.fit(catalog), ItemNeighbours.fit(log)
    tagger = GroundedTagger.fit(catalog, log, encoder=encoder, neighbours=neighbours)
    return Shop(catalog, log, encoder, neighbours, tagger, Context(as_of=TODAY))
