"""What came in: sources by fingerprint, and the three inputs as a run keeps them in its workspace."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from .config import Config
from .data.catalog import Catalog
from .data.events import partition_events
from .data.items import read_items
from .data.mapping import IngestConfig
from .data.people import read_context, read_users
from .data.read import Source, files_of
from .data.schema import EVENTS, USERS
from .data.short import ShortConfig, short_texts
from .data.store import FOLDERS, Store, fingerprint, replacing
from .errors import DataError
from .types import Context, Executor


@dataclass(frozen=True, kw_only=True)
class EventsIn:
    """What one batch of events held; kept beside them, so that a rerun need not read the log again."""

    print_: str
    n_rows: int
    n_events: int
    n_users: int
    n_rejected: int
    n_filtered: int
    parts: tuple[int, ...]
    """Partitions that have events."""
    actions: Mapping[str, int]
    last_day: date | None
    ingest: IngestConfig
    """The settings as applied; an update must use the same."""
    content: str = ""
    """What identifies the rows themselves, so that the same ones given twice count once."""

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        plain = {name.name: getattr(self, name.name) for name in fields(self)}
        return {
            **plain,
            "parts": list(self.parts),
            "actions": dict(self.actions),
            "last_day": self.last_day and self.last_day.isoformat(),
            "ingest": self.ingest.model_dump(mode="json"),
        }

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> EventsIn:
        """Return what `to_json` wrote."""
        return cls(
            **{
                **found,
                "parts": tuple(found["parts"]),
                "last_day": date.fromisoformat(found["last_day"]) if found["last_day"] else None,
                "ingest": IngestConfig.model_validate(found["ingest"]),
            }
        )


def describe(source: Source | None, what: str) -> Any:
    """Return what identifies a source: names, sizes and times of its files, or a hash of a frame's rows.

    Raises:
        DataError: there are no files, or one of them is empty; `what` says of which input.
    """
    if source is None:
        return None
    if isinstance(source, pl.LazyFrame):
        source = source.collect()
    if isinstance(source, pa.Table):
        source = pl.DataFrame(source)
    if isinstance(source, pl.DataFrame):
        rows = source.hash_rows(seed=0)
        return ["frame", source.columns, source.height, int(rows.sum() or 0), fingerprint(rows.head(1000).to_list())]
    keys = ("name", "size", "mtime", "LastModified", "ETag")
    found = (file.system.info(file.path) for file in files_of(source, what))
    return [{key: str(info[key]) for key in keys if key in info} for info in found]


def content(source: Source | None, what: str) -> str:
    """Return what identifies the rows of a source, wherever they lie; '' for none."""
    if source is None:
        return ""
    if not isinstance(source, str | Path):
        return fingerprint(describe(source, what))
    digest = hashlib.blake2b(digest_size=8)
    for file in files_of(source, what):
        with file.system.open(file.path, "rb") as handle:
            while block := handle.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def check_apart(store: Store, sources: Mapping[str, Source | None]) -> None:
    """Refuse a workspace inside the folder of an input, or an input among its tables: a run would read what it writes.

    Raises:
        DataError: it is.
    """
    root = store.root.resolve()
    for what, source in sources.items():
        if not isinstance(source, str | Path):
            continue
        folder = Path(str(source).removeprefix("file://")).resolve()
        tables = any(folder.is_relative_to(root / name) for name in FOLDERS)
        if folder.is_dir() and (tables or root.is_relative_to(folder)):
            raise DataError(
                f"the workspace {store.root} and the folder of the {what} {source} lie one inside the other, so the "
                "next run would read what this one writes: choose a workspace beside the folder"
            )
        inside = [file.path for file in files_of(source, what) if file.is_local and store.holds(Path(file.path))]
        if inside:
            raise DataError(
                f"{inside[0]} is what a run wrote into the workspace {store.root}, not {what}: give the files that "
                "the log comes from"
            )


def take_items(store: Store, print_: str, source: Source, config: Config) -> tuple[Catalog, str]:
    """Return the catalogue, compact texts included, and the fingerprint under which the workspace keeps it."""
    path = store.catalog_path(print_)
    if not path.exists():
        catalog, rejects = read_items(source, config.ingest)
        keep_rejects(store, "items", print_, rejects)
        keep_catalog(store, print_, with_short_texts(catalog, config.short))  # last: its being there ends the work
    return Catalog.load(path), print_


def with_short_texts(catalog: Catalog, config: ShortConfig) -> Catalog:
    """Return the catalogue with the compact text of each item (RecGPT-V1, 2.2)."""
    return Catalog(catalog.frame.with_columns(short_texts(catalog, config).alias("short")))


def keep_catalog(store: Store, print_: str, catalog: Catalog) -> None:
    """Write the catalogue under a fingerprint."""
    with replacing(store.catalog_path(print_)) as path:
        catalog.save(path)


def take_people(store: Store, print_: str, source: Source | None, config: Config) -> str:
    """Write users and their attributes, and return the fingerprint under which the workspace keeps them."""
    path = store.people_path(print_)
    if not path.exists():
        people, rejects = read_users(source, config.ingest)
        keep_rejects(store, "users", print_, rejects)
        keep_people(store, print_, people)
    return print_


def keep_people(store: Store, print_: str, people: Mapping[str, str]) -> None:
    """Write the attributes of users under a fingerprint."""
    rows = pl.DataFrame(sorted(people.items()), schema=USERS, orient="row")
    with replacing(store.people_path(print_)) as path:
        rows.write_parquet(path)


def load_catalog(store: Store, print_: str) -> Catalog:
    """Return the catalogue of a fingerprint."""
    return Catalog.load(store.catalog_path(print_))


def load_people(store: Store, print_: str) -> dict[str, str]:
    """Return the attributes of users, as JSON by user id, of a fingerprint."""
    return dict(pl.read_parquet(store.people_path(print_)).rows())


def take_events(
    store: Store,
    print_: str,
    source: Source,
    catalog: Catalog,
    config: Config,
    *,
    executor: Executor,
    first_event_id: int = 0,
) -> EventsIn:
    """Return what the events held, once they lie in the workspace by partition of users."""
    marker = store.root / "events" / f"taken-{print_}.json"
    if not marker.exists():
        staging = store.root / "events" / f".staging-{print_}"
        shutil.rmtree(staging, ignore_errors=True)
        taken = partition_events(
            source,
            catalog,
            config.ingest,
            folder=staging,
            n_partitions=config.run.n_partitions,
            first_event_id=first_event_id,
            executor=executor,
        )
        for part, folder in taken.parts.items():
            place = store.path("events", part, print_)
            shutil.rmtree(place, ignore_errors=True)
            folder.rename(place)
        shutil.rmtree(staging, ignore_errors=True)
        keep_rejects(store, "events", print_, taken.rejects)
        found = EventsIn(
            print_=print_,
            n_rows=taken.n_rows,
            n_events=taken.n_events,
            n_users=taken.n_users,
            n_rejected=taken.rejects.height,
            n_filtered=taken.n_filtered,
            parts=tuple(sorted(taken.parts)),
            actions=taken.actions,
            last_day=taken.last and taken.last.date(),
            ingest=taken.config,
        )
        with replacing(marker) as path:
            path.write_text(json.dumps(found.to_json()))
    return EventsIn.of(json.loads(marker.read_text()))


def keep_rejects(store: Store, what: str, print_: str, rejects: pl.DataFrame) -> None:
    """Write rows that were turned away, with the reason, where a person can read them."""
    if rejects.height:
        with replacing(store.root / "rejects" / f"{what}-{print_}.jsonl") as path:
            rejects.write_ndjson(path)


def all_events(store: Store, files: Mapping[int, Sequence[str]], as_of: date) -> pl.LazyFrame:
    """Return the events of everybody up to the end of a day; undated ones count as known."""
    frames = [store.read("events", part, prints) for part, prints in sorted(files.items())]
    return until(pl.concat(frames) if frames else EVENTS.to_frame().lazy(), as_of)


def check_day(store: Store, files: Mapping[int, Sequence[str]], as_of: date) -> None:
    """Refuse a day before all events, on which nobody would be known.

    Raises:
        DataError: it is one.
    """
    parts = [store.read("events", part, prints).select("timestamp") for part, prints in sorted(files.items())]
    if all(until(part, as_of).head(1).collect().is_empty() for part in parts):
        first = min((day for part in parts if (day := part.min().collect().item()) is not None), default=None)
        if first is not None:
            raise DataError(f"no event lies on or before {as_of}, the first is of {first.date()}: choose a later day")


def until(events: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """Return the events that were known on a day."""
    return events.filter(pl.col("timestamp").is_null() | (pl.col("timestamp").dt.date() <= as_of))


def context_on(source: Source | None, as_of: date | None) -> Context:
    """Return the day that we think for and what the context table says of it; today, for a log without times."""
    day = as_of or datetime.now(tz=UTC).date()
    return Context(as_of=day, notes=tuple(read_context(source).filter(pl.col("date") == day)["text"].to_list()))
