"""Raw logs → events by partition of users, in one pass over the input and in bounded memory.

A job (`ingest`) reads some row groups of one file, or one text file, judges its rows, and appends the good ones to a
file of its own in the folder of each partition.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from ..errors import DataError
from ..types import ACTIONS, Executor
from .catalog import Catalog
from .ingest import Job, Plan, Tally, add_up, run_file, run_frame, write_items
from .mapping import IngestConfig, check_targets, too_many
from .meaning import checked_files, checked_frame
from .normal import COLUMNS, EXAMPLE
from .read import (
    RawFile,
    Source,
    files_of,
    open_parquet,
)
from .schema import REJECT_DETAIL, REJECTS
from .spread import part_folder
from .store import writing_to

JOB_ROWS = 3 << 20
"""Rows of Parquet that one job takes; a row group is never cut."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Ingested:
    """What came in, where it lies, and what was turned away."""

    n_rows: int
    """Rows of the input, all of them; the next free event id is this many after the first."""
    n_filtered: int
    n_events: int
    n_users: int
    n_items_seen: int
    parts: dict[int, Path]
    """Partition → folder of Parquet files with the columns of schema.EVENTS, unsorted; none where it has no event."""
    users: pl.DataFrame
    """user_id, partition, n_events, in user-id order."""
    rejects: pl.DataFrame
    """schema.REJECTS."""
    actions: dict[str, int]
    """Events by action."""
    first: datetime | None
    last: datetime | None
    has_position: bool
    config: IngestConfig
    """As it was applied, with the meaning of `click` decided: what a later update must use."""

    @property
    def has_time(self) -> bool:
        """Whether any event has a timestamp."""
        return self.first is not None


def partition_events(
    source: Source,
    catalog: Catalog,
    config: IngestConfig,
    *,
    folder: Path,
    n_partitions: int,
    first_event_id: int = 0,
    executor: Executor | None = None,
) -> Ingested:
    """Return the events of a log, spread over `folder` by partition of users.

    An event's id is the number of its row in the raw input, counted over all files in name order before anything is
    left out, from `first_event_id` on. Rows that are no event come back with the reason. On an error nothing is left.

    Raises:
        DataError: a file or column is missing, no event fits an item, more than `max_bad` of the rows are bad, or the
            disk is full.
    """
    check_targets(config.event_columns, COLUMNS, "event_columns")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with writing_to(folder):
            return _partition(source, catalog, config, folder, n_partitions, first_event_id, executor)
    except BaseException:
        _sweep(folder, n_partitions)
        raise


def _sweep(folder: Path, n_partitions: int) -> None:
    for part in range(n_partitions):
        shutil.rmtree(part_folder(folder, part), ignore_errors=True)
    shutil.rmtree(folder / "ingest", ignore_errors=True)


def _partition(
    source: Source,
    catalog: Catalog,
    config: IngestConfig,
    folder: Path,
    n_partitions: int,
    first_event_id: int,
    executor: Executor | None,
) -> Ingested:
    _sweep(folder, n_partitions)
    (folder / "ingest").mkdir()
    plan = Plan(folder=folder, items=write_items(catalog, folder / "ingest"), n_partitions=n_partitions, config=config)
    if isinstance(source, pl.DataFrame | pa.Table):
        plan = replace(plan, config=checked_frame(source, config), max_rejects=_limit(source.shape[0], config))
        tallies = [run_frame(source, plan, first_event_id)]
    else:
        if isinstance(source, pl.LazyFrame):
            lazy = folder / "ingest" / "lazy.parquet"
            source.sink_parquet(lazy)
            files = [replace(file, label="the events") for file in files_of(lazy, "events")]
        else:
            files = files_of(source, "events")
        n_rows = None if any(file.format != "parquet" for file in files) else sum(map(_n_rows, files))
        plan = replace(plan, config=checked_files(files, config), max_rejects=_limit(n_rows, config))
        tallies = _run_files(files, plan, first_event_id, executor)
    return _sum(tallies, catalog, plan)


def _limit(n_rows: int | None, config: IngestConfig) -> int | None:
    return None if n_rows is None else int(config.max_bad * n_rows) + 1


# Jobs


def _run_files(files: Sequence[RawFile], plan: Plan, first_event_id: int, executor: Executor | None) -> list[Tally]:
    """Run the jobs of all files; text has no row count, so the file after it waits for it."""
    tallies: list[Tally] = []
    waiting: list[Job] = []
    event_id, number = first_event_id, 0
    for file in files:
        if file.format == "parquet":
            for groups in _cut(file):
                waiting.append(Job(number=number, file=file, row_groups=groups, first_event_id=event_id, plan=plan))
                number += 1
            event_id += _n_rows(file)
            continue
        tallies += _map(waiting, executor)
        job = Job(number=number, file=file, row_groups=None, first_event_id=event_id, plan=plan)
        [tally] = _map([job], executor)
        tallies.append(tally)
        waiting, event_id, number = [], event_id + tally.n_rows, number + 1
    return tallies + _map(waiting, executor)


def _map(jobs: Sequence[Job], executor: Executor | None) -> list[Tally]:
    done = map(run_file, jobs) if executor is None else executor.map(run_file, jobs)
    return sorted(done, key=lambda tally: tally.number)


def _n_rows(file: RawFile) -> int:
    with open_parquet(file) as parquet:
        return int(parquet.metadata.num_rows)


def _cut(file: RawFile) -> Iterator[tuple[int, ...]]:
    """Yield runs of row groups of about JOB_ROWS rows."""
    with open_parquet(file) as parquet:
        sizes = [parquet.metadata.row_group(group).num_rows for group in range(parquet.num_row_groups)]
    groups: list[int] = []
    for group, size in enumerate(sizes):
        if groups and sum(sizes[g] for g in groups) + size > JOB_ROWS:
            yield tuple(groups)
            groups = []
        groups.append(group)
    if groups:
        yield tuple(groups)


# The sum


def _sum(tallies: Sequence[Tally], catalog: Catalog, plan: Plan) -> Ingested:
    n_rows, n_filtered = sum(t.n_rows for t in tallies), sum(t.n_filtered for t in tallies)
    n_bad = sum(t.n_bad for t in tallies)
    rejects = sorted((plan.folder / "ingest").glob("rejects-*.parquet"))
    _check(tallies, catalog, plan.config, rejects)
    firsts = [t.first_us for t in tallies if t.first_us is not None]
    lasts = [t.last_us for t in tallies if t.last_us is not None]
    users = add_up([t.users for t in tallies if t.users.width]).sort("user_id")
    actions = sum((t.actions for t in tallies), np.zeros(len(ACTIONS), dtype=np.int64))
    seen = np.bitwise_or.reduce([t.seen for t in tallies])
    found = Ingested(
        n_rows=n_rows,
        n_filtered=n_filtered,
        n_events=n_rows - n_filtered - n_bad,
        n_users=users.height,
        n_items_seen=int(np.unpackbits(seen).sum()),
        parts={part: part_folder(plan.folder, part) for part in sorted(users["partition"].unique().to_list())},
        users=users,
        rejects=pl.concat([REJECT_DETAIL.to_frame(), *map(pl.read_parquet, rejects)]).select(REJECTS.names()),
        actions={ACTIONS[code]: int(actions[code]) for code in np.flatnonzero(actions)},
        first=_moment(min(firsts)) if firsts else None,
        last=_moment(max(lasts)) if lasts else None,
        has_position=any(t.has_position for t in tallies),
        config=plan.config,
    )
    shutil.rmtree(plan.folder / "ingest")
    return found


def _moment(us: int) -> datetime:
    return EPOCH + timedelta(microseconds=us)


def _check(tallies: Sequence[Tally], catalog: Catalog, config: IngestConfig, rejects: Sequence[Path]) -> None:
    """Raise the error of an input that is unusable as a whole."""
    n_rows, n_filtered = sum(t.n_rows for t in tallies), sum(t.n_filtered for t in tallies)
    n_bad, kept = sum(t.n_bad for t in tallies), n_rows - n_filtered
    if not n_rows:
        raise DataError("the events hold no rows: give a log with at least one")
    if not kept:
        raise DataError(f"the filter {config.filter} leaves none of {n_rows:,} events: mend [ingest.filter]")
    by_kind = sum((t.by_kind for t in tallies), Counter[str]())
    if by_kind["item"] and not any(t.n_of_items for t in tallies):
        ids = ", ".join(repr(item_id[:EXAMPLE]) for item_id in catalog.item_ids[:2])
        raise DataError(
            f"none of the events fits an item, e.g. {_example(rejects, 'item')[0]}, which holds {ids}, …: check that "
            "events and items come from one source, and which columns are mapped to item_id"
        )
    if n_bad > config.max_bad * kept or n_bad == kept:
        worst = max(sorted(by_kind), key=by_kind.__getitem__)
        why, row = _example(rejects, worst)
        raise too_many("the events", n_bad=n_bad, n_rows=kept, kind=worst, why=why, row=row)


def _example(rejects: Sequence[Path], kind: str) -> tuple[str, int]:
    rows = pl.scan_parquet(list(rejects)).filter(pl.col("kind") == kind).select("why", "row").head(1).collect().rows()
    return rows[0] if rows else ("…", 0)
