"""What several test files share: the real data sets, where they are at hand."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.data.schema import EVENTS


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real data sets; skip the test where it is absent."""
    folder = Path(os.environ.get("INTENTFEED_SHARED", Path(__file__).parents[2] / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip("the real data sets are not on this machine")
    return folder


@pytest.fixture(scope="session")
def checkerboard() -> tuple[Catalog, pl.DataFrame]:
    """Return 40 squares, even rows black and odd ones white, and 60 people who walk nine of one colour in order."""
    n_items, events = 40, []
    titles = [f"{('black', 'white')[row % 2]} square number{row}" for row in range(n_items)]
    catalog = Catalog.of({"item_id": [f"sq{row:02d}" for row in range(n_items)], "title": titles})
    for person in range(60):
        first = 2 * (7 * person % 20) + person % 2
        walk = [(first + 2 * step) % n_items for step in range(9)]
        events += [(f"p{person:02d}", f"sq{row:02d}", at) for at, row in enumerate(walk)]
    columns = {
        "user_id": [user for user, _, _ in events],
        "event_id": list(range(len(events))),
        "item_id": [item for _, item, _ in events],
        "action": ["purchase"] * len(events),
        "timestamp": [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=at) for _, _, at in events],
    }
    return catalog, pl.DataFrame({name: columns.get(name, [None] * len(events)) for name in EVENTS}, schema=EVENTS)
