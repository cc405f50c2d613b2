"""The simulator's shelf as a data set: twenty-eight people who take things as they come, asked leave-one-out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from intentfeed.evaluate.commands.sitting import Sitting
from intentfeed.evaluate.dataset import Dataset, read_dataset
from tests.simulate.shelf import N, shelf_traits


def shelf_dataset(folder: Path) -> Dataset:
    """Return the shelf with its log."""
    catalog = shelf_traits().catalog
    rng = np.random.default_rng(4)
    rows = [(row, user, step) for user in range(28) for step, row in enumerate(rng.permutation(N)[:8].tolist())]
    pl.DataFrame(
        {
            "user_id": [f"p{user:02d}" for _, user, _ in rows],
            "item_id": [catalog.item_ids[row] for row, _, _ in rows],
            "action": ["purchase"] * len(rows),
            "timestamp": [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=step) for _, _, step in rows],
        }
    ).write_parquet(folder / "interactions.parquet")
    attributes = pl.DataFrame(catalog.attributes, schema={"colour": pl.String, "year": pl.Int64, "material": pl.String})
    items = catalog.frame.select("item_id", "title", "category", "brand", "price").hstack(attributes)
    items.write_parquet(folder / "items.parquet")
    return read_dataset(folder)


def shelf_sitting(folder: Path) -> Sitting:
    """Return a sitting in front of the shelf."""
    return Sitting(shelf_dataset(folder))
