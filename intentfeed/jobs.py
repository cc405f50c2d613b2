"""What is done to one partition: ask about its users, understand, serve. Partition in, files out, atomically."""

from __future__ import annotations

import resource
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal

import polars as pl

from .config import Config
from .data.compress import compress
from .data.history import histories
from .data.records import interest_rows, interests_by_user, slate_rows, tag_rows, tags_by_user
from .data.store import Store
from .feed.parts import FeedParts
from .feed.recommend import Query, recommend
from .fitting import Models, load_models
from .inputs import until
from .intents.llm import LLMTagger
from .interests.llm import LLMMiner
from .interests.profile import merge
from .llm.client import Call
from .llm.log import CallLog
from .roles import Roles, log_of, roles_of
from .types import NO_TIME, Context, History, Interest, Tag

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
    towers: str
    """Fingerprint of the trained towers; '' for none."""
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
    floor: float = 0.0
    """Worth from which a user is among the `llm.who.top`."""


@dataclass(kw_only=True)
class PartReport:
    """What one partition cost."""

    part: int
    n_users: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    peak_mb: float = 0.0
    """Most memory that the process had held when the partition was done."""
    spoke: Counter[str] = field(default_factory=Counter)
    """Who thought how often, where a language model may: `miner llm`, `tagger grounded/refused`."""

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
    roles = roles_for(job)
    digests, persons = _persons(store, job, roles, report)
    profiles, tags = [], []
    for person in persons:
        with report.timed("mine"):
            profile = person.profile(roles, job.context)
        with report.timed("tag"):
            tags += person.tags(roles, profile, job.context)
        profiles += profile
        report.n_users += 1
    report.spoke = roles.spoke()

    with report.timed("write"):
        tables = {"digests": digests, "interests": interest_rows(profiles), "tags": tag_rows(tags)}
        for table in UNDERSTOOD:
            _write(store, job, table, tables[table])
    return report


@dataclass(frozen=True, kw_only=True)
class Person:
    """One user as thinking finds them: what they did, and what was thought of them before."""

    history: History
    digest: str
    standing: list[Interest]
    old_tags: list[Tag]
    settled: bool
    """Nothing has happened since a language model thought about them, and that is to stand."""

    def profile(self, roles: Roles, context: Context) -> list[Interest]:
        """Return the interests as they stand on this day."""
        if self.settled:
            return self.standing
        return merge(self.standing, roles.miner.mine(self.history, self.digest, context), as_of=context.as_of)

    def tags(self, roles: Roles, profile: list[Interest], context: Context) -> list[Tag]:
        """Return the tags of the interests that hold."""
        return self.old_tags if self.settled else roles.tagger.tag(self.history, kept(profile), context)


def _persons(store: Store, job: Job, roles: Roles, report: PartReport) -> tuple[pl.DataFrame, Iterator[Person]]:
    """Return the digests of the users concerned, and the users."""
    with report.timed("read"):
        events, people = _events(store, job), _people(store, job)
        standing = interests_by_user(concerned(store.read("interests", job.part, job.old_understood), job).collect())
        keeps = job.config.llm.on and job.config.llm.who.changed
        rows = concerned(store.read("tags", job.part, job.old_understood if keeps else ()), job).collect()
        old_tags = tags_by_user(rows)
    with report.timed("compress"):
        digests = compress(events, roles.items, job.config.compress, as_of=job.context.as_of)
        text_of = dict(digests.select("user_id", "text").iter_rows())

    def each() -> Iterator[Person]:
        for history in histories(events, models_of(job).catalog, people):
            before = standing.get(history.user_id, [])
            yield Person(
                history=history,
                digest=text_of.get(history.user_id, ""),
                standing=before,
                old_tags=old_tags.get(history.user_id, []),
                settled=keeps and _is_settled(before, history),
            )

    return digests, each()


def _is_settled(standing: list[Interest], history: History) -> bool:
    """Return whether a language model has thought about a person since their last event."""
    thought = [interest.mined_on for interest in standing if interest.backend == "llm" and interest.mined_on]
    if not thought or not len(history) or history.time_s.max() == NO_TIME:
        return False
    return datetime.fromtimestamp(int(history.time_s.max()), UTC).date() <= max(thought)


def ask_interests(job: Job) -> list[Call]:
    """Return the open questions to the miner about the users concerned."""
    roles = roles_for(job)
    assert isinstance(roles.miner, LLMMiner)
    _, persons = _persons(Store(job.root), job, roles, PartReport(part=job.part))
    calls = [roles.miner.call(it.history, it.digest, job.context) for it in persons if not it.settled]
    return open_calls(calls, roles.log)


def ask_tags(job: Job) -> list[Call]:
    """Return the open questions to the tagger, the miner's answers being there."""
    roles = roles_for(job)
    assert isinstance(roles.tagger, LLMTagger)
    _, persons = _persons(Store(job.root), job, roles, PartReport(part=job.part))
    calls = [
        roles.tagger.call(it.history, kept(it.profile(roles, job.context)), job.context)
        for it in persons
        if not it.settled
    ]
    roles.spoke()  # the miner will speak again when it counts
    return open_calls(calls, roles.log)


def open_calls(calls: Iterable[Call | None], log: CallLog | None) -> list[Call]:
    """Return the calls without a final reply."""
    asked = {call.key: call for call in calls if call is not None}
    missing = set(asked) if log is None else set(log.missing(list(asked)))
    return [call for key, call in asked.items() if key in missing]


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
            job.root,
            job.models,
            job.catalog,
            job.towers,
            job.explanations,
            job.context,
            job.config.model_dump_json(),
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
def _loaded(root: Path, models: str, catalog: str, towers: str) -> Models:
    return load_models(Store(root), models, catalog, towers)


def models_of(job: Job) -> Models:
    """Return what was fitted; a worker loads it once."""
    return _loaded(job.root, job.models, job.catalog, job.towers)


@lru_cache(maxsize=1)
def _feed_parts(
    root: Path, models: str, catalog: str, towers: str, explanations: tuple[str, ...], context: Context, config: str
) -> FeedParts:
    """Return what the request path works with; a worker puts it together once."""
    rows = Store(root).read("explanations", 0, explanations).collect()
    return _loaded(root, models, catalog, towers).feed_parts(Config.model_validate_json(config), rows, context)


@lru_cache(maxsize=1)
def _roles(root: Path, models: str, catalog: str, towers: str, config: str, floor: float) -> Roles:
    return roles_of(_loaded(root, models, catalog, towers), Config.model_validate_json(config), log_of(root), floor)


def roles_for(job: Job) -> Roles:
    """Return who thinks; a worker puts them together once."""
    return _roles(job.root, job.models, job.catalog, job.towers, job.config.model_dump_json(), job.floor)


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
