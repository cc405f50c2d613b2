"""A small outfitter of which everything is known: eight categories, twelve items each, with attributes and prices."""

from __future__ import annotations

import json
from datetime import date

from intentfeed.data.catalog import Catalog
from intentfeed.explain.events import EventFact, EventLookup
from intentfeed.types import Context, Interest, Tag

SUMMER, WINTER = Context(as_of=date(2025, 7, 1)), Context(as_of=date(2025, 12, 10))
LEAVES = {
    "Outdoor > Tents": ("Tent", "Ultralight"), "Outdoor > Sleeping Bags": ("Sleeping Bag", "Packable"),
    "Outdoor > Trail Running": ("Trail Shoes", "Grippy"), "Kitchen > Jams, Jellies & Preserves": ("Jam", "Organic"),
    "Kitchen > Coffee Makers": ("Coffee Maker", "Compact"), "Kitchen > Knives": ("Chef Knife", "Forged"),
    "Home > Rugs": ("Wool Rug", "Tufted"), "Home > Children's": ("Story Book", "Illustrated"),
}  # fmt: skip
BRANDS = ("Northfold", "Harrow & Pike", "Velm")
COLOURS = ("red", "blue", "olive")


def outfitter() -> Catalog:
    """Return the items: number 0 of each category is the only waterproof one, numbers 0 to 2 are the cheapest."""
    rows = []
    for path, (noun, feature) in LEAVES.items():
        for n in range(12):
            colour, brand = COLOURS[n % 3], BRANDS[n % 3]
            attributes = {"feature": feature.lower() if n % 2 else "plain", "colour": colour, "waterproof": n == 0}
            if path == "Outdoor > Tents":
                attributes["season"] = "summer"
            rows.append(
                {
                    "item_id": f"{noun.replace(' ', '').lower()}{n:02d}",
                    "title": f"{brand} {feature if n % 2 else 'Plain'} {noun}, {colour.title()}, Pack of {n + 1}",
                    "category": path,
                    "brand": brand,
                    "price": 10.0 + 5 * n,
                    "description": f"A {feature.lower()} {noun.lower()} in {colour}, plain and waterproof as it comes.",
                    "attributes": json.dumps(attributes),
                }
            )
    return Catalog.of({name: [row[name] for row in rows] for name in rows[0]})


def interest_in(path: str, *, user_id: str = "ann", event_ids: tuple[int, ...] = (0, 1, 2)) -> Interest:
    """Return a kept interest in a category."""
    return Interest(
        user_id=user_id, interest_id=path, key=f"category:{path}", name=path.split(" > ")[-1], listed=True,
        stage="stable", confidence=0.9, willingness="spontaneity", reasonableness="strong", status="kept",
        reason="seen often", event_ids=event_ids, categories=(path,),
    )  # fmt: skip


def log_of(catalog: Catalog) -> EventLookup:
    """Return a log in which Ann viewed tents 0 to 2, then bought jam 3; Bob viewed tents 4 and 5."""
    rows = catalog.row_of
    log = [EventFact("ann", "detail_view", rows[f"tent0{n}"]) for n in range(3)]
    log += [EventFact("ann", "purchase", rows["jam03"])]
    log += [EventFact("bob", "detail_view", rows[f"tent0{n}"]) for n in (4, 5)]
    return dict(enumerate(log)).get


def tag(interest: Interest, category: str, n: int = 0) -> Tag:
    """Return a tag of an interest that leads to a category."""
    return Tag(
        user_id=interest.user_id, rank=n, tag=f"tag {n}", interest_id=interest.interest_id, interest_key=interest.key,
        reason="", category=category, score=1.0, event_ids=(),
    )  # fmt: skip


TENTS, BAGS, RUGS = (interest_in(path) for path in ("Outdoor > Tents", "Outdoor > Sleeping Bags", "Home > Rugs"))
JAM = "Kitchen > Jams, Jellies & Preserves"
