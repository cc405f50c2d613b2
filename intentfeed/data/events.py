"""Raw logs → events by partition of users, in one pass over the input and in bounded memory.

A job reads some row groups of one file (or one text file), judges its rows, and appends the good ones to a file of its
own in the folder of each partition. Jobs know nothing of each other, so any executor may run them.
"""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ..errors import DataError
from ..types import ACTIONS, NO_TIME, Executor
from .catalog import Catalog
from .coding import Coded, Lookup, arrow, compact, encode, partitions
from .columns import text
from .mapping import IngestConfig, action_of, check_targets, missing, too_many
from .normal import COLUMNS, ITEM, OK, TEXTS, Normal, event_columns, normal, rejected
from .read import RawBatch, RawFile, Source, batches, columns_of, files_of, frame_batches, open_parquet
from .schema import REJECT_DETAIL, REJECTS

__all__ = ["IngestConfig", "Ingested", "partition_events", "read_part"]

JOB_ROWS = 3 << 20
"""Rows of Parquet that one job takes; a row group is never cut."""
TEXT = pa.dictionary(pa.int32(), pa.large_string())
PART_SCHEMA = pa.schema(
    [
        ("user_id", TEXT),
        ("event_id", pa.int64()),
        ("item_id", TEXT),
        ("action", TEXT),
        ("timestamp", pa.timestamp("us", "UTC")),
        ("position", pa.int64()),
        ("query", TEXT),
        ("value", pa.float64()),
        ("session_id", TEXT),
        ("context", TEXT),
    ]
)
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


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """What all jobs share."""

    folder: Path
    items: Path
    """The item ids of the catalogue."""
    n_partitions: int
    config: IngestConfig


@dataclass(frozen=True, kw_only=True)
class _Job:
    """Some rows of one file."""

    number: int
    file: RawFile
    row_groups: tuple[int, ...] | None
    first_event_id: int
    """Of the file's row 0."""
    plan: _Plan


@dataclass(kw_only=True)
class _Tally:
    """What one job saw."""

    number: int
    config: IngestConfig
    n_rows: int = 0
    n_filtered: int = 0
    n_bad: int = 0
    n_of_items: int = 0
    """Events with an item of the catalogue."""
    n_foreign: int = 0
    """Rows whose item the catalogue does not hold."""
    actions: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(ACTIONS), dtype=np.int64))
    first_us: int | None = None
    last_us: int | None = None
    has_position: bool = False
    seen: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, dtype=np.uint8))
    """Items seen, a bit each."""
    users: pl.DataFrame = field(default_factory=lambda: pl.DataFrame())


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
        DataError: a file or column is missing, no event fits an item, or more than `max_bad` of the rows are bad.
    """
    check_targets(config.event_columns, COLUMNS, "event_columns")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return _partition(source, catalog, config, folder, n_partitions, first_event_id, executor)
    except BaseException:
        _sweep(folder, n_partitions)
        raise


def _sweep(folder: Path, n_partitions: int) -> None:
    for part in range(n_partitions):
        shutil.rmtree(_part(folder, part), ignore_errors=True)
    shutil.rmtree(folder / "ingest", ignore_errors=True)


def _part(folder: Path, part: int) -> Path:
    return folder / f"part-{part:04d}"


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
    plan = _Plan(
        folder=folder, items=_write_items(catalog, folder / "ingest"), n_partitions=n_partitions, config=config
    )
    if isinstance(source, pl.DataFrame | pa.Table):
        tallies = [_run_frame(source, plan, first_event_id)]
    else:
        if isinstance(source, pl.LazyFrame):
            lazy = folder / "ingest" / "lazy.parquet"
            source.sink_parquet(lazy)
            files = [replace(file, label="the events") for file in files_of(lazy, "events")]
        else:
            files = files_of(source, "events")
        plan = replace(plan, config=_checked(files, config))
        tallies = _run_files(files, plan, first_event_id, executor)
    return _sum(tallies, catalog, plan)


# What the columns and actions mean, before anything is read in full


def _checked(files: Sequence[RawFile], config: IngestConfig) -> IngestConfig:
    """Return the config with the meaning of `click` decided; every file has the columns that it needs."""
    found = {file.path: columns_of(file, config) for file in files}
    for file in files:
        _check_columns(file.name, found[file.path], config)

    def distinct() -> set[str]:
        texts: set[str] = set()
        for file in files:
            name = event_columns(found[file.path], config).get("action")
            if name is not None:
                texts |= _distinct(batches(file, config, columns=[name]), name)
        return texts

    return _decided(config, distinct)


def _check_columns(what: str, found: Sequence[str], config: IngestConfig) -> None:
    columns = event_columns(found, config)
    needed = ["user_id", "item_id"] + (["action"] if config.default_action is None else [])
    for ours in needed:
        if ours not in columns:
            raise missing(what, ours, found, "event_columns")
    for foreign in config.filter:
        if foreign not in found:
            raise DataError(
                f"{what} has no column {foreign!r} to filter by (found: {', '.join(found)}): mend [ingest.filter]"
            )


def _distinct(parts: Iterable[RawBatch], name: str) -> set[str]:
    texts: set[str] = set()
    for batch in parts:
        if name in batch.frame.columns:
            texts.update(encode(text(batch.frame[name])).values.to_list())
    return texts


def _decided(config: IngestConfig, distinct: Callable[[], set[str]]) -> IngestConfig:
    """Return the config with `click` read as a detail view where the log knows no other kind of view."""
    if not config.single_view or config.default_action is not None or "click" in config.actions.values():
        return config.model_copy(update={"single_view": False})
    foreign = distinct()
    meant = {name: action_of(name, config) for name in foreign}
    actions = dict(config.actions)
    if "detail_view" not in meant.values():
        actions |= {name: "detail_view" for name, action in sorted(meant.items()) if action == "click"}
    return config.model_copy(update={"single_view": False, "actions": actions})


# Jobs


def _run_files(files: Sequence[RawFile], plan: _Plan, first_event_id: int, executor: Executor | None) -> list[_Tally]:
    """Run the jobs of all files; text has no row count, so the file after it waits for it."""
    tallies: list[_Tally] = []
    waiting: list[_Job] = []
    event_id, number = first_event_id, 0
    for file in files:
        if file.format == "parquet":
            for groups in _cut(file):
                waiting.append(_Job(number=number, file=file, row_groups=groups, first_event_id=event_id, plan=plan))
                number += 1
            event_id += _n_rows(file)
            continue
        tallies += _map(waiting, executor)
        job = _Job(number=number, file=file, row_groups=None, first_event_id=event_id, plan=plan)
        [tally] = _map([job], executor)
        tallies.append(tally)
        waiting, event_id, number = [], event_id + tally.n_rows, number + 1
    return tallies + _map(waiting, executor)


def _map(jobs: Sequence[_Job], executor: Executor | None) -> list[_Tally]:
    done = map(_run_file, jobs) if executor is None else executor.map(_run_file, jobs)
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


def _run_file(job: _Job) -> _Tally:
    config = job.plan.config
    columns = event_columns(columns_of(job.file, config), config)
    wanted = list(dict.fromkeys([*columns.values(), *config.filter]))
    return _run(job, batches(job.file, config, columns=wanted, row_groups=job.row_groups), columns)


def _run_frame(source: pl.DataFrame | pa.Table, plan: _Plan, first_event_id: int) -> _Tally:
    found = list(source.columns if isinstance(source, pl.DataFrame) else source.column_names)
    _check_columns("the events", found, plan.config)
    config, columns = plan.config, event_columns(found, plan.config)

    def distinct() -> set[str]:
        return _distinct(frame_batches(source.select([columns["action"]])), columns["action"])

    plan = replace(plan, config=_decided(config, distinct))
    wanted = list(dict.fromkeys([*columns.values(), *config.filter]))
    file = RawFile("the events", "parquet")
    job = _Job(number=0, file=file, row_groups=None, first_event_id=first_event_id, plan=plan)
    return _run(job, frame_batches(source.select(wanted)), columns)


def _run(job: _Job, parts: Iterable[RawBatch], columns: Mapping[str, str]) -> _Tally:
    """Read, judge and spread the rows of one job."""
    plan = job.plan
    items = _items(plan.items)
    tally = _Tally(number=job.number, config=plan.config)
    seen = np.zeros(len(items.ids) + 1, dtype=bool)
    users: list[pl.DataFrame] = []
    with ExitStack() as stack:
        spread = _Spread(job, items.ids, stack)
        for batch in parts:
            events = normal(batch, columns, items.lookup, plan.config)
            rows = _count(tally, events, batch, seen)
            _keep_rejects(job, tally, batch, events, columns)
            if len(rows):
                part = partitions(events.user.values, plan.n_partitions)
                users.append(_users(events.user, rows, part))
                spread.write(events, rows, part, job.first_event_id + batch.rows)
    tally.seen = np.packbits(seen[:-1])
    if users:
        tally.users = _added(users)
    return tally


def _count(tally: _Tally, events: Normal, batch: RawBatch, seen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Count a batch and return its good rows."""
    n, n_malformed = len(batch.rows), len(batch.malformed)
    kept = np.ones(n, dtype=bool) if events.kept is None else events.kept
    good = kept & (events.why == OK)
    rows = np.flatnonzero(good)
    tally.n_rows += n + n_malformed
    tally.n_filtered += n - int(kept.sum())
    tally.n_bad += int(kept.sum()) - len(rows) + n_malformed
    tally.n_foreign += int((kept & (events.why == ITEM)).sum())
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


def _users(user: Coded, rows: NDArray[np.int64], part: NDArray[np.int16]) -> pl.DataFrame:
    counts = np.bincount(user.codes[rows], minlength=len(user.values))
    used = np.flatnonzero(counts)
    ids = user.values.gather(used)
    return pl.DataFrame({"user_id": ids, "partition": part[used].astype(np.int32), "n_events": counts[used]})


def _added(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return the users of all frames, each once, with their events added up."""
    users = pl.concat(frames)
    user = encode(users["user_id"])
    n_events = np.bincount(user.codes, weights=users["n_events"].to_numpy()).astype(np.int64)
    part = np.zeros(len(user.values), dtype=np.int32)
    part[user.codes] = users["partition"].to_numpy()
    return pl.DataFrame({"user_id": user.values, "partition": part, "n_events": n_events})


def _keep_rejects(job: _Job, tally: _Tally, batch: RawBatch, events: Normal, columns: Mapping[str, str]) -> None:
    """Write the batch's bad rows aside: if there are few in all, they are read again at the end."""
    name = job.file.name
    frames = []
    if batch.malformed:
        malformed = [(name, bad.row, bad.why, bad.raw, "row") for bad in batch.malformed]
        frames.append(pl.DataFrame(malformed, schema=REJECT_DETAIL, orient="row"))
    if (events.why != OK).any():
        frames.append(rejected(batch, events, columns, name).select(REJECT_DETAIL.names()))
    if frames:
        path = job.plan.folder / "ingest" / f"rejects-{job.number:06d}-{tally.n_rows:012d}.parquet"
        pl.concat(frames).sort("row").write_parquet(path)


# The files of the partitions


class _Spread:
    """Appends events to one file a partition."""

    def __init__(self, job: _Job, item_ids: pa.Array, stack: ExitStack) -> None:
        self._job, self._item_ids, self._stack = job, item_ids, stack
        self._writers: dict[int, pq.ParquetWriter] = {}

    def write(
        self, events: Normal, rows: NDArray[np.int64], part: NDArray[np.int16], event_id: NDArray[np.int64]
    ) -> None:
        """Write the `rows` of a batch; `part` is the partition of each distinct user."""
        part_of_row = part[events.user.codes[rows]]
        rows = rows[np.argsort(part_of_row, kind="stable")]
        ends = np.cumsum(np.bincount(part_of_row, minlength=self._job.plan.n_partitions))
        columns = _Columns(events, self._item_ids, rows, event_id)
        lo = 0
        for number, hi in enumerate(ends.tolist()):
            if hi > lo:
                self._writer(number).write_table(columns.table(lo, hi))
            lo = hi

    def _writer(self, part: int) -> pq.ParquetWriter:
        if part not in self._writers:
            folder = _part(self._job.plan.folder, part)
            folder.mkdir(exist_ok=True)
            self._writers[part] = self._stack.enter_context(
                pq.ParquetWriter(
                    folder / f"{self._job.number:06d}.parquet",
                    PART_SCHEMA,
                    compression="lz4",
                    use_dictionary=[*TEXTS, "action"],
                    dictionary_pagesize_limit=64 << 20,
                    column_encoding=dict.fromkeys(("event_id", "timestamp"), "DELTA_BINARY_PACKED"),
                    write_statistics=False,
                    store_schema=False,
                )
            )
        return self._writers[part]


class _Columns:
    """The columns of a batch in the order of its partitions, to be cut into tables."""

    def __init__(
        self, events: Normal, item_ids: pa.Array, rows: NDArray[np.int64], event_id: NDArray[np.int64]
    ) -> None:
        texts = {"user_id": events.user, "query": events.query, "session_id": events.session_id}
        texts["context"] = events.context
        self._values = {name: arrow(column.values) for name, column in texts.items() if len(column.values)}
        self._codes = {name: texts[name].codes[rows] for name in self._values}
        self._values["item_id"], self._codes["item_id"] = item_ids, events.item[rows]
        self._action = events.action[rows].astype(np.int32)
        self._event_id, self._time_us = event_id[rows], events.time_us[rows]
        self._position = None if events.position is None else events.position[rows]
        self._value = None if events.value is None else events.value[rows]

    def table(self, lo: int, hi: int) -> pa.Table:
        """Return some rows in PART_SCHEMA."""
        n, time_us = hi - lo, self._time_us[lo:hi]
        columns = {name: compact(self._codes[name][lo:hi], values) for name, values in self._values.items()}
        columns |= {name: pa.nulls(n, TEXT) for name in TEXTS if name not in columns}
        columns["event_id"] = pa.array(self._event_id[lo:hi])
        columns["action"] = pa.DictionaryArray.from_arrays(pa.array(self._action[lo:hi]), _ACTION_TEXTS)
        undated = time_us == NO_TIME
        columns["timestamp"] = pa.array(time_us, PART_SCHEMA.field("timestamp").type, mask=undated)
        columns["position"] = pa.nulls(n, pa.int64())
        if self._position is not None:
            columns["position"] = pa.array(self._position[lo:hi], from_pandas=True).cast(pa.int64(), safe=False)
        columns["value"] = pa.nulls(n, pa.float64())
        if self._value is not None:
            columns["value"] = pa.array(self._value[lo:hi], from_pandas=True)
        return pa.table([columns[name] for name in PART_SCHEMA.names], schema=PART_SCHEMA)


_ACTION_TEXTS = pa.array(ACTIONS, pa.large_string())


def read_part(folder: Path) -> pl.DataFrame:
    """Return the events of one partition of `Ingested.parts`, in the columns of schema.EVENTS, in event-id order."""
    return pl.read_parquet(folder).sort("event_id")


# The items, as the jobs need them


def _write_items(catalog: Catalog, folder: Path) -> Path:
    """Write the item ids where every job finds them; the name tells one catalogue from another."""
    ids = catalog.frame["item_id"]
    crc = zlib.crc32(",".join(catalog.item_ids).encode())
    path = folder / f"items-{len(ids)}-{crc:08x}.parquet"
    ids.to_frame().write_parquet(path)
    return path


@dataclass(frozen=True)
class _Items:
    """The item ids of the catalogue, and where each stands in it."""

    ids: pa.Array
    lookup: Lookup


@lru_cache(maxsize=1)
def _items(path: Path) -> _Items:
    ids = pl.read_parquet(path)["item_id"]
    return _Items(arrow(ids), Lookup(ids))


# The sum


def _sum(tallies: Sequence[_Tally], catalog: Catalog, plan: _Plan) -> Ingested:
    n_rows, n_filtered = sum(t.n_rows for t in tallies), sum(t.n_filtered for t in tallies)
    n_bad = sum(t.n_bad for t in tallies)
    rejects = _rejects(plan.folder / "ingest")
    _check(tallies, n_rows, n_filtered, n_bad, rejects, catalog, plan.config)
    shutil.rmtree(plan.folder / "ingest")
    firsts = [t.first_us for t in tallies if t.first_us is not None]
    lasts = [t.last_us for t in tallies if t.last_us is not None]
    users = _added([t.users for t in tallies if t.users.width]).sort("user_id")
    actions = sum((t.actions for t in tallies), np.zeros(len(ACTIONS), dtype=np.int64))
    seen = np.bitwise_or.reduce([t.seen for t in tallies])
    return Ingested(
        n_rows=n_rows,
        n_filtered=n_filtered,
        n_events=n_rows - n_filtered - n_bad,
        n_users=users.height,
        n_items_seen=int(np.unpackbits(seen).sum()),
        parts={part: _part(plan.folder, part) for part in sorted(users["partition"].unique().to_list())},
        users=users,
        rejects=rejects.select(REJECTS.names()),
        actions={ACTIONS[code]: int(actions[code]) for code in np.flatnonzero(actions)},
        first=_moment(min(firsts)) if firsts else None,
        last=_moment(max(lasts)) if lasts else None,
        has_position=any(t.has_position for t in tallies),
        config=tallies[0].config,
    )


def _moment(us: int) -> datetime:
    return EPOCH + timedelta(microseconds=us)


def _rejects(folder: Path) -> pl.DataFrame:
    paths = sorted(folder.glob("rejects-*.parquet"))
    return pl.concat([pl.read_parquet(path) for path in paths]) if paths else REJECT_DETAIL.to_frame()


def _check(
    tallies: Sequence[_Tally],
    n_rows: int,
    n_filtered: int,
    n_bad: int,
    rejects: pl.DataFrame,
    catalog: Catalog,
    config: IngestConfig,
) -> None:
    if not n_rows:
        raise DataError("the events hold no rows: give a log with at least one")
    if n_filtered == n_rows:
        raise DataError(f"the filter {config.filter} leaves none of {n_rows:,} events: mend [ingest.filter]")
    n_foreign = sum(t.n_foreign for t in tallies)
    if n_foreign and not sum(t.n_of_items for t in tallies):
        ids = ", ".join(repr(item_id) for item_id in catalog.item_ids[:2])
        example = rejects.filter(pl.col("kind") == "item")["why"][0]
        raise DataError(
            f"none of the events fits an item, e.g. {example}, which holds {ids}, …: check that events and items come "
            "from the same source, and the columns mapped to item_id"
        )
    if n_bad > config.max_bad * (n_rows - n_filtered) or n_bad == n_rows - n_filtered:
        raise too_many("the events", rejects, n_bad, n_rows - n_filtered)
