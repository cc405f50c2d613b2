"""One day later: new events, changed items, people who leave. Only the users concerned are touched."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl

from . import __version__
from .asking import asking_through
from .batch import Outcome, Progress, commit, floor_for, quiet, refresh, think_and_serve
from .config import Config, dump_config, load_config
from .data.catalog import Catalog
from .data.items import item_delta
from .data.read import Source
from .data.store import Store, fingerprint, replacing
from .errors import DataError
from .executor import executor
from .figures import Clock, read_figures
from .inputs import (
    EventsIn,
    check_apart,
    check_day,
    content,
    keep_catalog,
    keep_people,
    keep_rejects,
    load_catalog,
    take_events,
    with_short_texts,
)
from .jobs import Job
from .judge.verdicts import forget_verdicts
from .llm.log import CallLog
from .manifest import Manifest
from .roles import log_of
from .short_names import shortened
from .tower_files import forget_in_towers
from .types import partition_of

ONE_PROCESS = 400
"""Up to so many users, starting further processes costs more than it saves."""


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What an update brings, once it lies in the workspace."""

    print_: str
    taken: EventsIn | None
    catalog: str
    people: str
    touched: frozenset[str]
    """Users to think of anew."""
    gone: frozenset[str]
    """Users to forget."""
    stale: frozenset[str]
    """Items whose fields changed: what was said of them before must not be said again."""
    fresh: frozenset[str]
    """Those, and the new ones."""


def update(
    workspace: str | Path,
    *,
    events: Source | None = None,
    items: Source | None = None,
    delete: Iterable[str] = (),
    refit: bool = False,
    as_of: date | None = None,
    endpoint: str | None = None,
    progress: Progress = quiet,
) -> Outcome:
    """Return what changed. Statistics stay as they were fitted, unless `refit`; then everybody is thought of anew.

    Touched are the users with new events, and those whose slate shows an item that changed, left or ran out. No other
    user's rows change. People in `delete` leave every table, the events included; what was fitted holds sums over
    everybody and forgets them at the next refit. The same files given twice count once. A language model is asked as
    in the run, or at another `endpoint`; '' asks none.

    Raises:
        DataError: an input is unusable, a person to delete is unknown, or the workspace is in use or none.
    """
    store = Store(Path(workspace))
    store.completed()
    check_apart(store, {"events": events, "item delta": items})
    with store.locked():
        before = Manifest.of(store.completed())
        config = _as_begun(load_config(store.root / "config.toml"), before)
        settings = config
        if endpoint is not None:
            config = config.model_copy(update={"llm": config.llm.model_copy(update={"endpoint": endpoint})})
        gone = frozenset(delete)
        came = content(events, "events")
        events = None if came in before.contents else events
        if events is None and items is None and not gone and not refit and as_of in (None, before.as_of):
            return Outcome(workspace=store.root, worked=False, n_touched=0, figures=read_figures(store))

        clock = Clock()
        given = (came if events is not None else "", content(items, "item delta"), sorted(gone), refit, as_of)
        print_ = fingerprint("update", __version__, before.run, before.towers, *given)
        with clock.timed("read"):
            changes = _take(store, before, config, print_, events=events, items=items, gone=gone)
            changes = replace(changes, taken=changes.taken and replace(changes.taken, content=came))
            after = _after(store, before, changes, as_of)
        check_day(store, after.segments["events"], after.as_of)
        after = replace(after, towers=forget_in_towers(store, before.towers, gone))
        if refit:
            after = replace(after, models=print_)
            with (
                executor(config.run.workers) as pool,
                asking_through(store, config, pool, progress) as asking,
            ):
                _forget(store, gone)
                outcome = refresh(store, after, config, pool, clock, progress, standing=before, asking=asking)
            if endpoint is not None:
                _keep_settings(store, settings)
            return outcome
        workers = 1 if len(changes.touched) <= ONE_PROCESS else config.run.workers
        with executor(workers) as pool, asking_through(store, config, pool, progress) as asking:
            if asking is not None:
                after = replace(after, catalog=shortened(store, after, config, asking, only=changes.fresh))
            jobs = list(_jobs(before, after, changes, config, store))
            old = before.segments["explanations"].get(0, ())
            done = think_and_serve(
                store, jobs, pool, clock, progress, old_explanations=old, stale=changes.stale, asking=asking
            )
        assert done is not None
        after = after.with_update(done.jobs, done.explanations)
        _forget(store, gone)
        touched = len(changes.touched | gone)
        outcome = commit(store, after, config, clock, done.reports, n_touched=touched, asking=asking)
        if endpoint is not None:
            _keep_settings(store, settings)
        return outcome


def _keep_settings(store: Store, config: Config) -> None:
    """Leave the workspace with the endpoint that it had: another one was for this time."""
    with replacing(store.root / "config.toml") as path:
        path.write_text(dump_config(config))


def _forget(store: Store, gone: frozenset[str]) -> None:
    """Delete what was said to a language model about people who leave, and what a judge said."""
    if gone and log_of(store.root).exists():
        CallLog(log_of(store.root)).forget(sorted(gone))
    forget_verdicts(store, sorted(gone))


def _as_begun(config: Config, before: Manifest) -> Config:
    """Return the settings with what the workspace was begun with, whatever its config.toml has become since."""
    run = config.run.model_copy(update={"n_partitions": before.n_partitions})
    return config.model_copy(update={"run": run, "ingest": before.taken[0].ingest})


def _take(
    store: Store,
    before: Manifest,
    config: Config,
    print_: str,
    *,
    events: Source | None,
    items: Source | None,
    gone: frozenset[str],
) -> Changes:
    """Bring what is new into the workspace, and say whom it concerns."""
    known = load_catalog(store, before.catalog)
    catalog, changed, stale, fresh = known, frozenset[str](), frozenset[str](), frozenset[str]()
    if items is not None:
        delta = item_delta(known, items, config.ingest)
        catalog = _with_new_short_texts(delta.catalog, {*delta.added, *delta.changed}, config)
        keep_rejects(store, "items", print_, delta.rejects)
        keep_catalog(store, print_, catalog)
        stale, fresh = frozenset(delta.changed), frozenset({*delta.added, *delta.changed})
        changed = stale | {*delta.out_of_stock, *delta.withdrawn}
    _check_known(store, before, gone)
    taken = None
    if events is not None:
        with executor(1) as here:
            taken = take_events(
                store, print_, events, catalog, config, executor=here, first_event_id=before.next_event_id
            )
    touched = (_users_of(store, taken) | _shown(store, before, changed)) - gone
    people = before.people
    if gone:
        rows = pl.read_parquet(store.people_path(before.people)).filter(~pl.col("user_id").is_in(sorted(gone)))
        keep_people(store, print_, dict(rows.rows()))
        people = print_
        shutil.rmtree(store.root / "rejects", ignore_errors=True)  # they may quote the rows of those who leave
    return Changes(
        print_=print_,
        taken=taken,
        catalog=print_ if items is not None else before.catalog,
        people=people,
        touched=frozenset(touched),
        gone=gone,
        stale=stale,
        fresh=fresh,
    )


def _after(store: Store, before: Manifest, changes: Changes, as_of: date | None) -> Manifest:
    """Return the state that the update leads to, its events in place; user tables follow."""
    files = dict(before.segments["events"])
    for part in changes.taken.parts if changes.taken else ():
        files[part] = (*files.get(part, ()), changes.print_)
    for part in {partition_of(user, before.n_partitions) for user in changes.gone}:
        files[part] = (_erase(store, part, files[part], changes),)
    new_day = changes.taken.last_day if changes.taken else None
    today = as_of or max(day for day in (before.as_of, new_day) if day)
    return replace(
        before,
        run=changes.print_,
        as_of=today,
        context_notes=before.context_notes if today == before.as_of else (),  # what held on another day
        catalog=changes.catalog,
        people=changes.people,
        taken=(*before.taken, *((changes.taken,) if changes.taken else ())),
        segments={**before.segments, "events": files},
    )


def _erase(store: Store, part: int, prints: Sequence[str], changes: Changes) -> str:
    """Write the events of a partition anew without those who leave, and return the new fingerprint."""
    print_ = fingerprint(changes.print_, "erased")
    folder = store.path("events", part, print_)
    folder.mkdir(parents=True, exist_ok=True)
    rows = store.read("events", part, prints).filter(~pl.col("user_id").is_in(sorted(changes.gone)))
    with replacing(folder / "events.parquet") as path:
        rows.collect().write_parquet(path)
    return print_


def _jobs(before: Manifest, after: Manifest, changes: Changes, config: Config, store: Store) -> Iterator[Job]:
    """Yield one job for each partition that has users to think of or to forget.

    Where items changed that nobody is shown, one about nobody is left: what is said of these items is part of it.
    """
    users, gone = (_by_part(names, after.n_partitions) for names in (changes.touched, changes.gone))
    floor = floor_for(store, after, config)
    parts = sorted({*users, *gone})
    if not parts and after.catalog != before.catalog:
        parts = sorted(before.segments["interests"])[:1]
    for part in parts:
        old = before.segments["interests"].get(part, ())
        fold = part in gone or len(old) >= config.run.max_segments
        yield Job(
            root=store.root,
            part=part,
            config=config,
            context=after.context,
            models=after.models,
            catalog=after.catalog,
            people=after.people,
            towers=after.towers,
            events=after.segments["events"].get(part, ()),
            understood=changes.print_,
            served=changes.print_,
            old_understood=old,
            old_served=before.segments["slates"].get(part, ()),
            only=tuple(users.get(part, ())),
            gone=tuple(gone.get(part, ())),
            mode="whole" if not old else "fold" if fold else "segment",
            floor=floor,
        )


def _by_part(users: Iterable[str], n_partitions: int) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for user in sorted(users):
        found.setdefault(partition_of(user, n_partitions), []).append(user)
    return found


def _users_of(store: Store, taken: EventsIn | None) -> set[str]:
    if taken is None:
        return set()
    frames = [store.read("events", part, (taken.print_,)).select("user_id") for part in taken.parts]
    return set(pl.concat(frames).unique().collect()["user_id"].to_list()) if frames else set()


def _shown(store: Store, before: Manifest, items: frozenset[str]) -> set[str]:
    """Return the users whose slate shows one of the items."""
    if not items:
        return set()
    frames = [store.read("slates", part, prints) for part, prints in sorted(before.segments["slates"].items())]
    rows = pl.concat(frames).filter(pl.col("item_id").is_in(sorted(items))).select("user_id").unique()
    return set(rows.collect()["user_id"].to_list())


def _check_known(store: Store, before: Manifest, gone: frozenset[str]) -> None:
    found: set[str] = set()
    for part, names in _by_part(gone, before.n_partitions).items():
        rows = store.read("events", part, before.segments["events"].get(part, ()))
        found |= set(rows.filter(pl.col("user_id").is_in(names)).select("user_id").unique().collect()["user_id"])
    unknown = sorted(gone - found)
    if unknown:
        raise DataError(
            f"{len(unknown)} of the people to delete are not in {store.root}, the first being {unknown[0]!r}: "
            "check the ids; nothing was changed"
        )


def _with_new_short_texts(catalog: Catalog, item_ids: set[str], config: Config) -> Catalog:
    """Return the catalogue with compact texts for new and changed items; all others keep theirs."""
    new = with_short_texts(catalog, config.short).frame["short"]
    keep = ~pl.col("item_id").is_in(sorted(item_ids))
    return Catalog(catalog.frame.with_columns(pl.when(keep).then(pl.col("short")).otherwise(new).alias("short")))
