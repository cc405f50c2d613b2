"""What is done to one partition: understand its users, then serve them. Partition in, files out, atomically."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal

import polars as pl

from .config import Config
from .data.compress import compress
from .data.history import histories
from .data.item_table import ItemTable, item_table
from .data.records import interest_rows, interests_by_user, slate_rows, tag_rows, tags_by_user
from .data.store import Store
from .feed.recommend import FeedParts, Query, recommend
from .fitting import Models, load_models
from .inputs import until
from .interests.profile import merge
from .types import Context, Interest

UNDERSTOOD = ("digests", "interests", "tags")


@dataclass(frozen=True, kw_only=True)
class Job:
    """One partition's work, small enough to send to another process or machine."""

    root: Path
    part: int
    config: Config
    context: Context
    models: str
    """Fingerprints of what was fitted, and of the items and the people as they stand."""
    catalog: str
    people: str
    events: tuple[str, ...]
    """Files that hold the partition's events."""
    understood: str
    """Fingerprint of the digests, interests and tags to be written, and of the slates."""
    served: str
    old_understood: tuple[str, ...] = ()
    """Files that hold them now, oldest first; () at a first run."""
    old_served: tuple[str, ...] = ()
    explanations: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None
    """Users concerned; None means all."""
    gone: tuple[str, ...] = ()
    """Users to be forgotten."""
    mode: Literal["whole", "segment", "fold"] = "whole"
    """Write a file that stands alone, one that supersedes the users concerned, or fold all files into one."""


@dataclass(kw_only=True)
class PartReport:
    """What one partition cost."""

    part: int
    n_users: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    peak_mb: float = 0.0
    """Most memory that the process had held when the partition was done."""

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the time of the block to a stage."""
        start = time.perf_counter()
        yield
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - start
        self.peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def understand(job: Job) -> PartReport:
    """Write digests, interests and tags of the users concerned; what is already there is left alone."""
    store, report = Store(job.root), PartReport(part=job.part)
    if all(store.path(table, job.part, job.understood).exists() for table in UNDERSTOOD):
        return report
    with report.timed("read"):
        models = models_of(job)
        events, people = _events(store, job), _people(store, job)
        standing = interests_by_user(concerned(store.read("interests", job.part, job.old_understood), job).collect())
    with report.timed("compress"):
        digests = compress(events, _items(job), job.config.compress, as_of=job.context.as_of)
        text_of = dict(digests.select("user_id", "text").iter_rows())

    profiles, tags = [], []
    for history in histories(events, models.catalog, people):
        with report.timed("mine"):
            mined = models.miner.mine(history, text_of.get(history.user_id, ""), job.context)
            profile = merge(standing.get(history.user_id, []), mined, as_of=job.context.as_of)
            profiles += profile
        with report.timed("tag"):
            tags += models.tagger.tag(history, kept(profile), job.context)
        report.n_users += 1

    with report.timed("write"):
        tables = {"digests": digests, "interests": interest_rows(profiles), "tags": tag_rows(tags)}
        for table in UNDERSTOOD:
            _write(store, job, table, tables[table])
    return report


def serve(job: Job) -> PartReport:
    """Write the slates of the users concerned, each item with its reason; what is already there is left alone."""
    store, report = Store(job.root), PartReport(part=job.part)
    if store.path("slates", job.part, job.served).exists():
        return report
    with report.timed("read"):
        models = models_of(job)
        events, people = _events(store, job), _people(store, job)
        understood = (job.understood,) if job.mode != "segment" else (*job.old_understood, job.understood)
        interests = interests_by_user(concerned(store.read("interests", job.part, understood), job).collect())
        tags = tags_by_user(concerned(store.read("tags", job.part, understood), job).collect())
        parts = _feed_parts(
            job.root, job.models, job.catalog, job.explanations, job.context, job.config.model_dump_json()
        )

    slates = []
    for history in histories(events, models.catalog, people):
        with report.timed("recommend"):
            query = Query(
                user_id=history.user_id,
                history=history,
                interests=kept(interests.get(history.user_id, [])),
                tags=tags.get(history.user_id, []),
                k=job.config.feed.k,
            )
            slates.append(recommend(query, parts))
        report.n_users += 1

    with report.timed("write"):
        _write(store, job, "slates", slate_rows(slates))
    return report


def kept(profile: list[Interest]) -> list[Interest]:
    """Return the interests that hold, strongest first as they stand in the profile."""
    return [interest for interest in profile if interest.status == "kept"]


@lru_cache(maxsize=1)
def _loaded(root: Path, models: str, catalog: str) -> Models:
    return load_models(Store(root), models, catalog)


def models_of(job: Job) -> Models:
    """Return what was fitted; a worker loads it once."""
    return _loaded(job.root, job.models, job.catalog)


@lru_cache(maxsize=1)
def _feed_parts(
    root: Path, models: str, catalog: str, explanations: tuple[str, ...], context: Context, config: str
) -> FeedParts:
    """Return what the request path works with; a worker puts it together once."""
    rows = Store(root).read("explanations", 0, explanations).collect()
    return _loaded(root, models, catalog).feed_parts(Config.model_validate_json(config), rows, context)


@lru_cache(maxsize=1)
def _item_table(root: Path, models: str, catalog: str) -> ItemTable:
    return item_table(_loaded(root, models, catalog).catalog.frame)


def _items(job: Job) -> ItemTable:
    """Return what compression needs of the items; a worker computes it once."""
    return _item_table(job.root, job.models, job.catalog)


def concerned(frame: pl.LazyFrame, job: Job) -> pl.LazyFrame:
    """Return the rows of the users that a job is about."""
    if job.gone:
        frame = frame.filter(~pl.col("user_id").is_in(job.gone))
    return frame if job.only is None else frame.filter(pl.col("user_id").is_in(job.only))


def _events(store: Store, job: Job) -> pl.DataFrame:
    return until(concerned(store.read("events", job.part, job.events), job), job.context.as_of).collect()


def _people(store: Store, job: Job) -> dict[str, str]:
    return dict(concerned(pl.scan_parquet(store.people_path(job.people)), job).collect().rows())


def _write(store: Store, job: Job, table: str, rows: pl.DataFrame) -> None:
    """Write the rows of the users concerned in the job's mode."""
    out, old = (job.served, job.old_served) if table == "slates" else (job.understood, job.old_understood)
    touched = pl.DataFrame({"user_id": sorted({*(job.only or ()), *job.gone})}, schema={"user_id": pl.String})
    if job.mode == "segment":
        store.write("touched", job.part, out, touched)
    elif job.mode == "fold":
        before = store.read(table, job.part, old).join(touched.lazy(), on="user_id", how="anti").collect()
        rows = pl.concat([before, rows.select(before.columns).cast(before.schema)])
    store.write(table, job.part, out, rows.sort("user_id", maintain_order=True))
