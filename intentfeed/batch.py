"""The nightly path, on one page: read the log, learn from all of it, understand each user, explain, serve.

Users are cut into partitions by a stable hash. A partition goes in, files come out, each under a name that ends in the
fingerprint of what it was made from: a rerun after a crash finds them and goes on, a rerun with nothing new does
nothing. The manifest is written last; until then readers see the state before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from . import __version__
from .active_files import active_figures
from .asking import Asking, asking_through, thought
from .config import Config, dump_config, load_config
from .data.read import Source
from .data.store import Store, fingerprint, replacing
from .estimate import Estimate
from .executor import executor
from .explaining import explain
from .figures import Clock, figures, keep_figures, read_figures
from .fitting import FitJob, fit_models
from .inputs import (
    check_apart,
    content,
    context_on,
    describe,
    load_catalog,
    take_events,
    take_items,
    take_people,
)
from .jobs import Job, PartReport, ask_interests, ask_tags, serve, understand
from .llm.log import CallLog
from .manifest import Manifest
from .roles import log_of
from .short_names import shortened
from .tower_files import tower_figures
from .types import Executor
from .who import floor_of

Progress = Callable[[str, int, int], None]
"""Told of (stage, done, of) as partitions complete."""


def quiet(_stage: str, _done: int, _of: int) -> None:
    """Show no progress."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a run or an update did."""

    workspace: Path
    worked: bool
    """False when everything was already there."""
    n_touched: int
    """Users whose rows were made anew."""
    figures: dict[str, Any] = field(default_factory=dict)
    estimate: Estimate | None = None
    """What asking would cost, where that was asked."""


def run(
    events: Source,
    items: Source,
    *,
    workspace: str | Path,
    users: Source | None = None,
    context: Source | None = None,
    config: Config | None = None,
    as_of: date | None = None,
    limit: int | None = None,
    estimate: bool = False,
    progress: Progress = quiet,
) -> Outcome:
    """Return what the whole chain made of a log; the workspace then holds every table.

    With `limit`, only the first users by id get rows; all of them stay in the statistics. With `estimate` nobody is
    asked and nothing becomes the workspace's state: what comes back is the price of asking.

    Raises:
        DataError: an input is unusable, the workspace is in use or of another version, or the disk is full.
        ConfigError: a setting is wrong.
        EndpointError: the language model cannot be reached or cannot do what is needed.
        BudgetError: there is no budget to ask it.
        AnswersAwaited: the questions lie in batch files and wait to be answered.
    """
    config = config or load_config()
    store = Store(Path(workspace))
    given = {"events": events, "items": items, "users": users, "context": context}
    check_apart(store, given)
    with store.locked():
        sources = {what: describe(source, what) for what, source in given.items()}
        settings = config.model_dump(mode="json", exclude={"llm", "commands"})  # they bear on no statistics
        print_ = fingerprint("run", __version__, sources, settings, as_of, limit)
        before = store.manifest()
        if not estimate and before is not None and before["base"] == print_ and _is_thought(before, config, store):
            _take_commands(store, config)
            return Outcome(workspace=store.root, worked=False, n_touched=0, figures=read_figures(store))

        clock = Clock()
        with (
            executor(config.run.workers) as pool,
            asking_through(store, config, pool, progress, estimate=estimate) as asking,
        ):
            with clock.timed("read"):
                inputs = _Inputs(events=events, items=items, users=users, context=context)
                manifest, config = _take(store, print_, inputs, config, pool, as_of=as_of)
            if asking is not None:
                with clock.timed("shorten"):
                    manifest = replace(manifest, catalog=shortened(store, manifest, config, asking))
            return refresh(store, manifest, config, pool, clock, progress, limit=limit, asking=asking)


@dataclass(frozen=True, kw_only=True)
class _Inputs:
    """What a run is given to read."""

    events: Source
    items: Source
    users: Source | None
    context: Source | None


def _take(
    store: Store, print_: str, inputs: _Inputs, config: Config, pool: Executor, *, as_of: date | None
) -> tuple[Manifest, Config]:
    """Bring the inputs into the workspace; return the state that they begin, and the settings as they were applied."""
    catalog, _ = take_items(store, print_, inputs.items, config)
    people = take_people(store, print_, inputs.users, config)
    taken = take_events(store, print_, inputs.events, catalog, config, executor=pool)
    taken = replace(taken, content=content(inputs.events, "events"))
    today = context_on(inputs.context, as_of or taken.last_day)
    manifest = Manifest(
        base=print_,
        run=print_,
        n_partitions=config.run.n_partitions,
        as_of=today.as_of,
        context_notes=today.notes,
        catalog=print_,
        people=people,
        models=print_,
        taken=(taken,),
        segments={"events": dict.fromkeys(taken.parts, (print_,))},
    )
    return manifest, config.model_copy(update={"ingest": taken.ingest})


def _take_commands(store: Store, config: Config) -> None:
    """Let a finished run listen by new settings: they are for serving, and nothing is made anew for them."""
    kept = load_config(store.root / "config.toml")
    if kept.commands != config.commands:
        with replacing(store.root / "config.toml") as path:
            path.write_text(dump_config(kept.model_copy(update={"commands": config.commands})))


def _is_thought(before: Mapping[str, Any], config: Config, store: Store) -> bool:
    """Return whether the state was made with these answers of a language model, and none is missing."""
    return before["thought"] == thought("", config, CallLog(log_of(store.root))) and not before["n_open"]


def refresh(
    store: Store,
    manifest: Manifest,
    config: Config,
    pool: Executor,
    clock: Clock,
    progress: Progress,
    *,
    limit: int | None = None,
    standing: Manifest | None = None,
    asking: Asking | None = None,
) -> Outcome:
    """Fit everything, make every user's rows anew, commit."""
    print_ = manifest.run
    with clock.timed("fit"):
        fit_models(
            FitJob(
                root=store.root,
                part="",
                models=manifest.models,
                catalog=manifest.catalog,
                people=manifest.people,
                events=manifest.segments["events"],
                as_of=manifest.as_of,
                config=config,
            ),
            pool,
        )
    floor = floor_for(store, manifest, config)
    jobs = [
        Job(
            root=store.root,
            part=part,
            config=config,
            context=manifest.context,
            models=manifest.models,
            catalog=manifest.catalog,
            people=manifest.people,
            towers=manifest.towers,
            events=prints,
            understood=print_,
            served=print_,
            old_understood=standing.segments["interests"].get(part, ()) if standing else (),
            only=only,
            floor=floor,
        )
        for part, prints, only in manifest.shares(store, limit)
    ]
    done = think_and_serve(store, jobs, pool, clock, progress, asking=asking)
    if done is None:
        return Outcome(workspace=store.root, worked=False, n_touched=0, estimate=asking.estimate() if asking else None)
    manifest = manifest.with_base(done.jobs, done.explanations)
    return commit(store, manifest, config, clock, done.reports, n_touched=None, asking=asking)


def floor_for(store: Store, manifest: Manifest, config: Config) -> float:
    """Return the worth from which a user is among those whom the model thinks about; 0 where nobody is asked."""
    if not config.llm.on:
        return 0.0
    return floor_of(store, manifest.segments["events"], load_catalog(store, manifest.catalog), config.llm.who)


def commit(
    store: Store,
    manifest: Manifest,
    config: Config,
    clock: Clock,
    reports: Sequence[PartReport],
    *,
    n_touched: int | None,
    asking: Asking | None = None,
) -> Outcome:
    """Write settings and figures, then the manifest: from here on readers see the new state. None means everybody."""
    if asking is not None:
        now = thought("", config, asking.log)
        manifest = replace(manifest, thought=now, n_open=asking.outcome["failed"])
    found = figures(store, manifest, clock, reports)
    if towers := tower_figures(store, manifest, read_figures(store).get("towers", {})):
        found["towers"] = towers
    if active := active_figures(store, manifest, read_figures(store).get("active", {})):
        found["active"] = active
    if asking is not None:
        found["llm"] = asking.figures(reports)
    with replacing(store.root / "config.toml") as path:
        path.write_text(dump_config(config))
    keep_figures(store, found)
    store.commit(manifest.to_json())
    return Outcome(
        workspace=store.root, worked=True, n_touched=found["users"] if n_touched is None else n_touched, figures=found
    )


@dataclass(frozen=True, kw_only=True)
class Done:
    """What thinking and serving left: the jobs under the fingerprints of what they wrote."""

    jobs: list[Job]
    reports: list[PartReport]
    explanations: tuple[str, ...]
    """Files of the explanation table."""


def think_and_serve(
    store: Store,
    jobs: Sequence[Job],
    pool: Executor,
    clock: Clock,
    progress: Progress,
    *,
    old_explanations: tuple[str, ...] = (),
    stale: frozenset[str] = frozenset(),
    asking: Asking | None = None,
) -> Done | None:
    """Understand the users of each job, explain what their tags point at, serve them; None after an estimate."""
    if asking is not None:
        with clock.timed("ask"):
            asking.ask("miner", ask_interests, jobs)
            asking.ask("tagger", ask_tags, jobs)
        print_ = partial(thought, config=jobs[0].config, log=asking.log) if jobs else str
        jobs = [replace(job, understood=print_(job.understood), served=print_(job.served)) for job in jobs]
    with clock.timed("understand"):
        reports = _each(pool, "understand", understand, jobs, progress)
    with clock.timed("explain"):
        jobs, explanations = explain(store, jobs, old_explanations, pool, stale=stale, asking=asking)
    if asking is not None and asking.is_estimate:
        return None
    with clock.timed("serve"):
        ready = [replace(job, explanations=explanations) for job in jobs]
        reports += _each(pool, "serve", serve, ready, progress)
    return Done(jobs=ready, reports=reports, explanations=explanations)


def _each(
    pool: Executor, stage: str, fn: Callable[[Job], PartReport], jobs: Sequence[Job], progress: Progress
) -> list[PartReport]:
    reports: list[PartReport] = []
    progress(stage, 0, len(jobs))
    for report in pool.map(fn, jobs):
        reports.append(report)
        progress(stage, len(reports), len(jobs))
    return reports
