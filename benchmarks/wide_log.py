"""A large log for benchmarks: heavy users, popular items, people who come back to what they saw; quick to make."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import polars as pl

AS_OF = date(2025, 3, 20)
DAYS = 3 * 365
FILES = 8
ACTIONS = ("click", "detail_view", "search", "favorite", "cart", "purchase", "review_read")
SHARES = (0.40, 0.26, 0.10, 0.06, 0.08, 0.05, 0.05)


def wide_log(folder: Path, *, n_events: int, n_users: int, n_items: int, seed: int = 0) -> None:
    """Write items.parquet and a log in eight files, each a stretch of time; heavy users, popular items, repeats."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    _items(rng, n_items).write_parquet(folder / "items.parquet")
    activity = rng.lognormal(0.0, 1.2, n_users)
    people = (np.cumsum(activity) / activity.sum()).astype(np.float64)
    popularity = np.arange(1, n_items + 1, dtype=np.float64) ** -1.15
    wanted = np.cumsum(popularity) / popularity.sum()
    shuffled = rng.permutation(n_items)
    users = pl.Series([f"user{n:07}" for n in range(n_users)])
    items = pl.Series([f"B{n:09}" for n in range(n_items)])
    queries = pl.Series(_phrases(rng, 200_000, 2))
    (folder / "events").mkdir()
    for part in range(FILES):
        n = n_events * (part + 1) // FILES - n_events * part // FILES
        frame = _stretch(rng, n, part, people, wanted, shuffled)
        frame = frame.with_columns(
            user_id=users.gather(frame["user"]),
            item_id=pl.when(pl.col("action") != "search").then(items.gather(frame["item"])),
            query=pl.when(pl.col("action") == "search").then(queries.gather(frame["item"] % len(queries))),
        )
        frame.select("user_id", "item_id", "action", "timestamp", "query").write_parquet(
            folder / "events" / f"part-{part}.parquet", compression="zstd", row_group_size=1 << 18
        )


def _stretch(
    rng: np.random.Generator, n: int, part: int, people: np.ndarray, wanted: np.ndarray, shuffled: np.ndarray
) -> pl.DataFrame:
    """Return a stretch of time; a third of the events come back to the item of an earlier one within minutes."""
    user = np.searchsorted(people, rng.random(n)).clip(max=len(people) - 1)
    item = shuffled[np.searchsorted(wanted, rng.random(n)).clip(max=len(wanted) - 1)]
    length = DAYS * 86_400 // FILES
    second = rng.integers(part * length, (part + 1) * length, n)
    back = rng.integers(0, n, n // 3)
    user[: n // 3], item[: n // 3], second[: n // 3] = (
        user[back],
        item[back],
        second[back] + rng.integers(20, 900, n // 3),
    )
    action = pl.Series(ACTIONS).gather(rng.choice(len(ACTIONS), n, p=SHARES))
    start = int(datetime(AS_OF.year, AS_OF.month, AS_OF.day, tzinfo=UTC).timestamp()) - DAYS * 86_400
    stamp = pl.Series("timestamp", (start + second) * 1_000_000).cast(pl.Datetime("us", "UTC"))
    return pl.DataFrame({"user": user, "item": item, "action": action, "timestamp": stamp}).sort(
        "timestamp", maintain_order=True
    )


def _words(rng: np.random.Generator, n: int) -> list[str]:
    syllables = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "il")]
    picked = rng.integers(0, len(syllables), (n, 3))
    sizes = rng.integers(2, 4, n)
    return ["".join(syllables[s] for s in row[:size]) for row, size in zip(picked, sizes, strict=True)]


def _phrases(rng: np.random.Generator, n: int, size: int) -> list[str]:
    words = np.array(_words(rng, 5_000))
    return [" ".join(row) for row in words[rng.integers(0, len(words), (n, size))]]


def _items(rng: np.random.Generator, n: int) -> pl.DataFrame:
    """Return items with titles of a usual length: brand, words of the leaf, words of its own, filler, model, size."""
    leaves = [f"{a.title()} > {b.title()} {c}" for a, b, c in (p.split() for p in _phrases(rng, 2_000, 3))]
    brands = [word.title() for word in _words(rng, 3_000)]
    leaf, brand = rng.integers(0, len(leaves), n), rng.integers(0, len(brands), n)
    own = _phrases(rng, n, 3)
    filler = ("with", "for", "premium quality", "free shipping", "new")
    title = [
        f"{brands[brand[i]]} {leaves[leaf[i]].rpartition(' > ')[2]} {own[i]} {filler[i % 5]} XK{i:06}, {i % 40 + 1} cm"
        for i in range(n)
    ]
    return pl.DataFrame(
        {
            "item_id": [f"B{i:09}" for i in range(n)],
            "title": title,
            "category": [leaves[i] for i in leaf],
            "brand": [brands[i] for i in brand],
        }
    )
