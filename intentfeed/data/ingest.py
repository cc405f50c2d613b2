"""One job of reading a log: some rows of one file, judged, counted and spread over the partitions.

Jobs know nothing of each other, so any executor may run them.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from ..types import ACTIONS, NO_TIME
from .catalog import Catalog
from .coding import Coded, Lookup, arrow, encode, partitions
from .mapping import IngestConfig
from .normal import KIND, OK, Normal, event_columns, normal, rejected
from .read import RawBatch, RawFile, batches, columns_of, frame_batches, frame_columns
from .schema import REJECT_DETAIL
from .spread import Spread


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What all jobs share."""

    folder: Path
    items: Path
    """The item ids of the catalogue."""
    n_partitions: int
    config: IngestConfig
    max_rejects: int | None = None
    """More bad rows than these stop the run, so a job need not keep them."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """Some rows of one file."""

    number: int
    file: RawFile
    row_groups: tuple[int, ...] | None
    first_event_id: int
    """Of the file's row 0."""
    plan: Plan


@dataclass(kw_only=True)
class Tally:
    """What one job saw."""

    number: int
    n_rows: int = 0
    n_filtered: int = 0
    n_bad: int = 0
    n_rejects: int = 0
    """Bad rows that were kept."""
    n_of_items: int = 0
    """Events with an item of the catalogue."""
    by_kind: Counter[str] = field(default_factory=Counter)
    """Bad rows by what is wrong with them."""
    actions: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(ACTIONS), dtype=np.int64))
    first_us: int | None = None
    last_us: int | None = None
    has_position: bool = False
    seen: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, dtype=np.uint8))
    """Items seen, a bit each."""
    users: pl.DataFrame = field(default_factory=lambda: pl.DataFrame())


def run_file(job: Job) -> Tally:
    """Return what a job saw, its events in place."""
    config = job.plan.config
    found = columns_of(job.file, config)
    columns = event_columns(found, config)
    # JSON lines may bring a column later than the first look could see, so all of them are read.
    wanted = None if job.file.format == "jsonl" else list(dict.fromkeys([*columns.values(), *config.filter]))
    return _run(job, batches(job.file, config, columns=wanted, row_groups=job.row_groups), found)


def run_frame(source: pl.DataFrame | pa.Table, plan: Plan, first_event_id: int) -> Tally:
    """Return what a frame held, its events in place."""
    columns = event_columns(frame_columns(source), plan.config)
    wanted = list(dict.fromkeys([*columns.values(), *plan.config.filter]))
    file = RawFile("the events", "parquet")
    job = Job(number=0, file=file, row_groups=None, first_event_id=first_event_id, plan=plan)
    return _run(job, frame_batches(source.select(wanted)), wanted)


def _run(job: Job, parts: Iterable[RawBatch], found: Sequence[str]) -> Tally:
    """Read, judge and spread the rows of one job."""
    plan = job.plan
    items = load_items(plan.items)
    tally = Tally(number=job.number)
    seen = np.zeros(len(items.ids) + 1, dtype=bool)
    users: list[pl.DataFrame] = []
    with ExitStack() as stack:
        spread = Spread(plan.folder, job=job.number, n_partitions=plan.n_partitions, item_ids=items.ids, stack=stack)
        for batch in parts:
            columns = event_columns([*found, *batch.frame.columns], plan.config)
            events = normal(batch, columns, items.lookup, plan.config)
            rows = _count(tally, events, batch, seen)
            _keep_rejects(job, tally, batch, events, columns)
            if len(rows):
                part = partitions(events.user.values, plan.n_partitions)
                users.append(_users(events.user, rows, part))
                spread.write(events, rows, part, job.first_event_id + batch.rows)
    tally.seen = np.packbits(seen[:-1])
    if users:
        tally.users = add_up(users)
    return tally


def _count(tally: Tally, events: Normal, batch: RawBatch, seen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Count a batch and return its good rows."""
    n, n_malformed = len(batch.rows), len(batch.malformed)
    kept = np.ones(n, dtype=bool) if events.kept is None else events.kept
    good = kept & (events.why == OK)
    rows = np.flatnonzero(good)
    tally.n_rows += n + n_malformed
    tally.n_filtered += n - int(kept.sum())
    tally.n_bad += int(kept.sum()) - len(rows) + n_malformed
    tally.by_kind.update({"row": n_malformed} if n_malformed else {})
    if len(rows) < int(kept.sum()):
        counts = np.bincount(events.why[kept & ~good], minlength=len(KIND))
        tally.by_kind.update({KIND[code]: int(counts[code]) for code in np.flatnonzero(counts)})
    tally.actions += np.bincount(events.action[rows], minlength=len(ACTIONS))
    items = events.item[rows]
    tally.n_of_items += int((items >= 0).sum())
    seen[items] = True  # -1, a search, marks the spare place at the end
    times = events.time_us[rows]
    dated = times[times != NO_TIME]
    if len(dated):
        first, last = int(dated.min()), int(dated.max())
        tally.first_us = first if tally.first_us is None else min(first, tally.first_us)
        tally.last_us = last if tally.last_us is None else max(last, tally.last_us)
    tally.has_position |= events.position is not None and not bool(np.isnan(events.position[rows]).all())
    return rows


def _users(user: Coded, rows: NDArray[np.int64], part: NDArray[np.signedinteger]) -> pl.DataFrame:
    counts = np.bincount(user.codes[rows], minlength=len(user.values))
    used = np.flatnonzero(counts)
    ids = user.values.gather(used)
    return pl.DataFrame({"user_id": ids, "partition": part[used].astype(np.int32), "n_events": counts[used]})


def add_up(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return the users of all frames, each once, with their events added up."""
    users = pl.concat(frames)
    user = encode(users["user_id"])
    n_events = np.bincount(user.codes, weights=users["n_events"].to_numpy()).astype(np.int64)
    part = np.zeros(len(user.values), dtype=np.int32)
    part[user.codes] = users["partition"].to_numpy()
    return pl.DataFrame({"user_id": user.values, "partition": part, "n_events": n_events})


def _keep_rejects(job: Job, tally: Tally, batch: RawBatch, events: Normal, columns: Mapping[str, str]) -> None:
    """Write the batch's bad rows aside: if there are few in all, they are read again at the end."""
    name, limit = job.file.name, job.plan.max_rejects
    if limit is not None and tally.n_rejects > limit:
        return
    frames = []
    if batch.malformed:
        malformed = [(name, bad.row, bad.why, bad.raw, "row") for bad in batch.malformed]
        frames.append(pl.DataFrame(malformed, schema=REJECT_DETAIL, orient="row"))
    if (events.why != OK).any():
        frames.append(rejected(batch, events, columns, name).select(REJECT_DETAIL.names()))
    if frames:
        path = job.plan.folder / "ingest" / f"rejects-{job.number:06d}-{tally.n_rows:012d}.parquet"
        rejects = pl.concat(frames).sort("row")
        rejects.write_parquet(path)
        tally.n_rejects += rejects.height


# The items, as the jobs need them


def write_items(catalog: Catalog, folder: Path) -> Path:
    """Write the item ids where every job finds them; the name tells one catalogue from another."""
    ids = catalog.frame["item_id"]
    _, offsets, letters = arrow(ids).buffers()
    crc = zlib.crc32(letters or b"", zlib.crc32(offsets or b""))
    path = folder / f"items-{len(ids)}-{crc:08x}.parquet"
    ids.to_frame().write_parquet(path)
    return path


@dataclass(frozen=True)
class Items:
    """The item ids of the catalogue, and where each stands in it."""

    ids: pa.Array
    lookup: Lookup


@lru_cache(maxsize=1)
def load_items(path: Path) -> Items:
    """Return what `write_items` wrote; a worker reads it once."""
    ids = pl.read_parquet(path)["item_id"]
    return Items(arrow(ids), Lookup(ids))
