"""One day later: new events, changed items, people who leave. Only the users concerned are touched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl

from . import __version__
from .asking import asking_through
from .batch import Outcome, Progress, commit, floor_for, quiet, refresh, think_and_serve
from .changes import Changes, by_part, take_changes
from .config import Config, dump_config, load_config
from .data.read import Source
from .data.store import Store, fingerprint, replacing
from .executor import executor
from .figures import Clock, read_figures
from .inputs import (
    check_apart,
    check_day,
    content,
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
        settings = _as_begun(load_config(store.root / "config.toml"), before)
        gone, came = frozenset(delete), content(events, "events")
        events = None if came in before.contents else events
        if events is None and items is None and not gone and not refit and as_of in (None, before.as_of):
            return Outcome(workspace=store.root, worked=False, n_touched=0, figures=read_figures(store))

        config = settings if endpoint is None else _asking_at(endpoint, settings)
        given = (came if events is not None else "", content(items, "item delta"), sorted(gone), refit, as_of)
        print_ = fingerprint("update", __version__, before.run, before.towers, *given)
        clock = Clock()
        with clock.timed("read"):
            changes = take_changes(store, before, config, print_, events=events, items=items, gone=gone)
            changes = replace(changes, taken=changes.taken and replace(changes.taken, content=came))
            after = _after(store, before, changes, as_of)
        check_day(store, after.segments["events"], after.as_of)
        after = replace(after, towers=forget_in_towers(store, before.towers, gone))
        day = _Day(store, config, before, after, changes, clock, progress)
        outcome = day.of_everybody() if refit else day.of_touched()
        if endpoint is not None:
            _keep_settings(store, settings)
        return outcome


@dataclass(frozen=True)
class _Day:
    """An update under way: the state before, and the one that it leads to, its events in place."""

    store: Store
    config: Config
    before: Manifest
    after: Manifest
    changes: Changes
    clock: Clock
    progress: Progress

    def of_everybody(self) -> Outcome:
        """Fit everything and think of everybody anew."""
        store, config, after = self.store, self.config, replace(self.after, models=self.changes.print_)
        with (
            executor(config.run.workers) as pool,
            asking_through(store, config, pool, self.progress) as asking,
        ):
            _forget(store, self.changes.gone)
            return refresh(store, after, config, pool, self.clock, self.progress, standing=self.before, asking=asking)

    def of_touched(self) -> Outcome:
        """Think of those anew whom the changes concern."""
        store, config, after, changes = self.store, self.config, self.after, self.changes
        workers = 1 if len(changes.touched) <= ONE_PROCESS else config.run.workers
        with executor(workers) as pool, asking_through(store, config, pool, self.progress) as asking:
            if asking is not None:
                after = replace(after, catalog=shortened(store, after, config, asking, only=changes.fresh))
            done = think_and_serve(
                store,
                list(_jobs(self.before, after, changes, config, store)),
                pool,
                self.clock,
                self.progress,
                old_explanations=self.before.segments["explanations"].get(0, ()),
                stale=changes.stale,
                asking=asking,
            )
        assert done is not None
        after = after.with_update(done.jobs, done.explanations)
        _forget(store, changes.gone)
        touched = len(changes.touched | changes.gone)
        return commit(store, after, config, self.clock, done.reports, n_touched=touched, asking=asking)


def _asking_at(endpoint: str, config: Config) -> Config:
    return config.model_copy(update={"llm": config.llm.model_copy(update={"endpoint": endpoint})})


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
    users, gone = (by_part(names, after.n_partitions) for names in (changes.touched, changes.gone))
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
