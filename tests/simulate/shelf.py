"""A shelf of 120 things for the simulator's tests: two levels of category, brand, price, year, colour, material."""

from __future__ import annotations

import json
from functools import cache

from intentfeed.commands.fields import FieldRegistry
from intentfeed.commands.masks import Masks
from intentfeed.data.catalog import Catalog
from intentfeed.data.split import Cases
from intentfeed.simulate.traits import Traits
from intentfeed.types import History

KINDS = (
    "Wear > Long Skirts",
    "Wear > Short Skirts",
    "Wear > Boots",
    "Home > Lamps",
    "Home > Desk Chairs",
    "Home > Rugs",
)
BRANDS = ("Arbeck", "Bolmer", "Cestra", "Dunvik")
COLOURS = ("light blue", "crimson", "olive")
MATERIALS = ("linen", "oak")
N = 120


@cache
def shelf_traits() -> Traits:
    """Return the askable side of the shelf."""
    rows = range(N)
    attributes = []
    for row in rows:
        held: dict[str, object] = {"colour": COLOURS[row % 3], "year": 1970 + (row * 7) % 50}
        if row % 4 == 0:
            held["material"] = MATERIALS[row // 4 % 2]
        attributes.append(json.dumps(held))
    catalog = Catalog.of(
        {
            "item_id": [f"thing{row:03d}" for row in rows],
            "title": [f"{BRANDS[row % 4]} Modell {chr(65 + row % 26)}{row:03d}" for row in rows],
            "category": [KINDS[row // 20] for row in rows],
            "brand": [BRANDS[row % 4] for row in rows],
            "price": [round(5 + (row * 37) % 200 + 0.99, 2) for row in rows],
            "attributes": attributes,
        }
    )
    registry = FieldRegistry.of(catalog)
    return Traits(catalog, registry, Masks(registry, catalog))


def shelf_cases(n: int = 40) -> Cases:
    """Return `n` people with five items each and another one held out."""
    import numpy as np

    histories = [np.array([(7 * user + 3 * step) % N for step in range(5)], dtype=np.int32) for user in range(n)]
    users = [f"p{user:02d}" for user in range(n)]
    target = np.array([(7 * user + 50) % N for user in range(n)], dtype=np.int32)
    events = [History.of_items(history, user_id=user) for user, history in zip(users, histories, strict=True)]
    return Cases(users=users, histories=histories, target=target, events=events)
