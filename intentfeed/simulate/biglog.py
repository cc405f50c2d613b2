"""A log of any size for benchmarks: no truth, little memory, several files in order of time."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..types import ACTIONS
from .catalogue import Catalogue, build_catalogue, popular_items
from .english import ENGLISH
from .events import DAY_S
from .shop import choose_leaves
from .titles import N_QUERIES

START = date(2022, 3, 1)
DAYS = 1096
CLICKS = 0.40
"""Share of plain clicks, exactly, in every file; the rest is deliberate behaviour."""
LEAVES_PER_USER = 10
CHANCES = {"click": 0.70, "detail_view": 0.42, "review_read": 0.10, "favorite": 0.11, "cart": 0.15, "purchase": 0.09}
SEARCHES = 0.12
"""Per shown item, like CHANCES."""


def big_log(
    folder: Path, *, n_events: int = 20_000_000, n_users: int = 200_000, seed: int = 0, per_file: int = 1_000_000
) -> tuple[Path, Path]:
    """Return (events folder, items file): `n_events` events of three years in several files, ordered by time.

    Users differ widely in how much they do, and come back to the same ten leaves. Takes about two seconds a file
    and holds one file in memory.
    """
    rng = np.random.default_rng([seed, 99])
    leaves = choose_leaves(rng, 420)
    catalogue = build_catalogue(rng, leaves, n_items=8_400, start=START, days=DAYS, language=ENGLISH)
    events = folder / "events"
    events.mkdir(parents=True, exist_ok=True)
    catalogue.frame.sort("item_id").write_parquet(folder / "items.parquet", compression="zstd", compression_level=1)
    activity = np.cumsum(rng.lognormal(0.0, 1.0, n_users))
    habits = rng.integers(len(leaves), size=(n_users, LEAVES_PER_USER), dtype=np.int16)
    names = pl.Series([f"u{number:07d}" for number in range(n_users)])
    edges = np.unique([*range(0, n_events, per_file), n_events])
    for part, (lo, hi) in enumerate(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)):
        span = (lo / n_events * DAYS * DAY_S, hi / n_events * DAYS * DAY_S)
        frame = _slice(rng, catalogue, activity=activity, habits=habits, names=names, n=hi - lo, span=span)
        frame.write_parquet(events / f"part-{part:03d}.parquet", compression="zstd", compression_level=1)
    return events, folder / "items.parquet"


def _slice(
    rng: np.random.Generator,
    catalogue: Catalogue,
    *,
    activity: NDArray[np.float64],
    habits: NDArray[np.int16],
    names: pl.Series,
    n: int,
    span: tuple[float, float],
) -> pl.DataFrame:
    """Return `n` events within `span` seconds, in order of time."""
    n_visits = int(n / (sum(CHANCES.values()) + SEARCHES) / 2.3) + 16
    user = np.searchsorted(activity, rng.random(n_visits) * activity[-1], side="right")
    leaf = habits[user, rng.integers(LEAVES_PER_USER, size=n_visits)].astype(np.int64)
    begin = rng.uniform(*span, n_visits)
    slots = np.minimum(rng.geometric(1 / 2.6, n_visits), 20)
    visit = np.repeat(np.arange(n_visits), slots)
    item = popular_items(rng, catalogue, leaf[visit])
    chance = np.array([SEARCHES, *CHANCES.values()], dtype=np.float32)
    slot, step = np.nonzero(rng.random((len(visit), len(chance)), dtype=np.float32) < chance)
    kept = _exact(rng, step == 1, n)
    slot, step = slot[kept], step[kept]
    time_s = np.minimum(begin[visit[slot]] + 40 * (slot - np.searchsorted(visit, visit[slot])) + 5 * step, span[1] - 1)
    order = np.lexsort((slot, time_s))
    slot, step, time_s = slot[order], step[order], time_s[order].astype(np.int64)
    return _frame(
        rng, catalogue, names, visit=visit[slot], user=user[visit[slot]], item=item[slot], step=step, time_s=time_s
    )


def _exact(rng: np.random.Generator, click: NDArray[np.bool_], n: int) -> NDArray[np.int64]:
    """Return the rows to keep so that `n` remain, of which the share CLICKS are clicks."""
    n_clicks = round(n * CLICKS)
    parts = [np.flatnonzero(click), np.flatnonzero(~click)]
    kept = [rng.permutation(rows)[:want] for rows, want in zip(parts, (n_clicks, n - n_clicks), strict=True)]
    return np.sort(np.concatenate(kept))


def _frame(
    rng: np.random.Generator,
    catalogue: Catalogue,
    names: pl.Series,
    *,
    visit: NDArray[np.int64],
    user: NDArray[np.int64],
    item: NDArray[np.int64],
    step: NDArray[np.int64],
    time_s: NDArray[np.int64],
) -> pl.DataFrame:
    """Return the events in the columns of the data contract."""
    start = int(datetime(START.year, START.month, START.day, tzinfo=UTC).timestamp())
    search = pl.Series(step == 0)
    asked = pl.Series(item * N_QUERIES + rng.integers(N_QUERIES, size=len(item)))
    codes = np.array([ACTIONS.index("search"), *(ACTIONS.index(action) for action in CHANCES)])
    return pl.DataFrame(
        {
            "user_id": names.gather(user),
            "item_id": catalogue.frame["item_id"].gather(pl.Series(item).set(search, None)),
            "action": pl.Series(ACTIONS, dtype=pl.String).gather(codes[step]),
            "timestamp": pl.Series((time_s + start) * 1_000_000).cast(pl.Datetime("us", "UTC")),
            "query": pl.Series(catalogue.queries, dtype=pl.String).gather(asked.set(~search, None)),
            "session_id": f"s{time_s[0]}-" + pl.Series(visit).cast(pl.String),
        }
    )
