"""The dress dialogue of RecBot, 13: after each round the memory is the committed one, and the feed follows.

Fifty items; hard fields are price and material, as in the paper's shop. What colour, pattern and season an item has
stands in its words alone, so that these demands are soft.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from intentfeed.commands.grounded import GroundedParser
from intentfeed.data.catalog import Catalog
from intentfeed.feed.interactive import InteractiveFeed
from intentfeed.feed.parts import FeedParts
from intentfeed.feed.rounds import Session, plain_memory
from intentfeed.types import ACTION_CODE, NO_TIME, History, Interactions

HERE = Path(__file__).parent / "dress"
TODAY = date(2026, 10, 1)
SAID = (
    "These are all short skirts. It is autumn, I would like to see long skirts.",
    "Do you have any in light blue?",
    "Just around 200.",
    "No floral dresses, please.",
    "Lovely, that is exactly what I was looking for!",
)
OWN = ("item_id", "title", "category", "price", "description")


def items() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (HERE / "items.jsonl").read_text(encoding="utf-8").splitlines()]


def shop() -> Catalog:
    rows = items()
    columns: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in OWN}
    return Catalog.of({**columns, "attributes": [json.dumps({"material": row["material"]}) for row in rows]})


def walks() -> Interactions:
    """Return forty people, each along one shelf: every other one looks at short skirts, the rest at long ones."""
    shelves = (range(16), range(16, 36))
    item = [shelves[person % 2][(3 * person + step) % len(shelves[person % 2])]
            for person in range(40) for step in range(5)]  # fmt: skip
    return Interactions(
        user=np.repeat(np.arange(40, dtype=np.int32), 5),
        item=np.array(item, dtype=np.int32),
        action=np.full(200, ACTION_CODE["detail_view"], dtype=np.int8),
        time_s=np.full(200, NO_TIME),
        value=np.full(200, np.nan),
        n_users=40,
        n_items=50,
    )


@pytest.fixture(scope="module")
def feed() -> InteractiveFeed:
    catalog = shop()
    parts = FeedParts.fit(catalog, walks())
    return InteractiveFeed.build(parts, lambda registry: GroundedParser(registry, catalog))


@pytest.fixture(scope="module")
def dialogue(feed: InteractiveFeed) -> list[Session]:
    """Return the session after each round, the first being nobody's words."""
    found = [feed.open(session_id="dress", history=History.of_items([0, 1, 2]), today=TODAY)]
    for text in SAID:
        found.append(feed.command(found[-1], text, today=TODAY))
    return found


def told(session: Session) -> dict[str, Any]:
    """Return the memory as its four cells, without what has ended."""
    return {polarity: plain_memory(session.memory)[polarity] for polarity in ("positive", "negative")}


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_the_memory_after_each_round_is_the_expected_one(dialogue: list[Session], number: int) -> None:
    expected = json.loads((HERE / "memory.json").read_text(encoding="utf-8"))
    assert told(dialogue[number]) == expected[number - 1]


def titles(session: Session) -> list[str]:
    return [item.title for item in session.slate.items]


def prices(session: Session) -> list[float]:
    held = {row["item_id"]: float(row["price"]) for row in items()}
    return [held[item_id] for item_id in session.slate.item_ids]


def test_it_begins_with_short_skirts_and_turns_to_long_ones(dialogue: list[Session]) -> None:
    assert all("Short Skirt" in title for title in titles(dialogue[0])[:5])
    assert all("Long Skirt" in title for title in titles(dialogue[1]))


def test_then_light_blue_ones_come_first(dialogue: list[Session]) -> None:
    blue = ["Light Blue" in title for title in titles(dialogue[2])]
    assert sum(blue) > sum("Light Blue" in title for title in titles(dialogue[1]))
    assert all(blue[:5])
    assert all("Long Skirt" in title for title in titles(dialogue[2]))


def test_then_only_what_costs_about_200(dialogue: list[Session]) -> None:
    assert not all(160 <= price <= 240 for price in prices(dialogue[2]))
    for later in dialogue[3:]:
        assert all(160 <= price <= 240 for price in prices(later))
    assert all("Light Blue" in title and "Long Skirt" in title for title in titles(dialogue[3])[:5])


def test_then_nothing_floral(dialogue: list[Session]) -> None:
    assert any("Floral" in title for title in titles(dialogue[3]))
    assert not any("Floral" in title for title in titles(dialogue[4]))
    left = {change.title: change.words for change in dialogue[4].last.diff.left}
    assert left["Light Blue Garden Floral Long Skirt"].startswith("“No floral")


def test_and_delight_changes_nothing(dialogue: list[Session]) -> None:
    assert dialogue[5].memory is dialogue[4].memory
    assert dialogue[5].slate == dialogue[4].slate
    assert dialogue[5].last.diff.words == "Nothing changed."


def test_each_demand_can_be_taken_back_again(dialogue: list[Session], feed: InteractiveFeed) -> None:
    session = feed.undo(dialogue[5], today=TODAY)  # of the delight, which changed nothing
    for number in (3, 2, 1, 0):
        session = feed.undo(session, today=TODAY)
        assert session.slate == dialogue[number].slate
        assert told(session) == told(dialogue[number])
