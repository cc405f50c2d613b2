"""The nightly path, on one page: read the log, learn from all of it, understand each user, explain, serve.

Users are cut into partitions by a stable hash. A partition goes in, files come out, each under a name that ends in the
fingerprint of what it was made from: a rerun after a crash finds them and goes on, a rerun with nothing new does
nothing. The manifest is written last; until then readers see the state before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from . import steps
from .config import Config, load_config
from .data.read import Source
from .data.store import Store, fingerprint
from .executor import executor
from .jobs import UNDERSTOOD, Job, serve, understand

Progress = Callable[[str, int, int], None]
"""Told of (stage, done, of) as partitions complete."""


def quiet(stage: str, done: int, of: int) -> None:
    """Show no progress."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a run or an update did."""

    workspace: Path
    worked: bool
    """False when everything was already there."""
    n_touched: int
    """Users whose rows were made anew."""
    metrics: dict[str, Any] = field(default_factory=dict)


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
    progress: Progress = quiet,
) -> Outcome:
    """Return the outcome of the whole chain over a log; the workspace then holds every table.

    Users beyond `limit` keep their part in the statistics and get no rows of their own.

    Raises:
        DataError: the input is unusable, the workspace is in use or of another version, or the disk is full.
        ConfigError: a setting is wrong.
    """
    config = config or load_config()
    store = Store(Path(workspace))
    with store.locked():
        sources = steps.describe_sources(events=events, items=items, users=users, context=context)
        print_ = fingerprint("run", sources, config.model_dump(mode="json"), as_of, limit)
        before = store.manifest()
        if before is not None and before["print"] == print_:
            return Outcome(workspace=store.root, worked=False, n_touched=0, metrics=steps.read_metrics(store))

        clock = steps.Clock()
        with executor(config.run.workers) as pool:
            with clock.timed("read"):
                read = steps.read_inputs(store, print_, pool, config, events=events, items=items, users=users)
                today = steps.context_of(context, as_of or read.last_day)
                only = steps.limited(store, read, limit)
            with clock.timed("fit"):
                models = steps.fit(store, print_, config, read)
            jobs = [
                Job(
                    root=store.root,
                    part=part,
                    config=config,
                    context=today,
                    models=models,
                    catalog=read.catalog,
                    people=read.people,
                    events=(read.events,),
                    understood=print_,
                    served=print_,
                    only=only,
                )
                for part in range(config.run.n_partitions)
            ]
            with clock.timed("understand"):
                reports = steps.each(pool, understand, jobs, progress)
            with clock.timed("explain"):
                steps.explain(store, print_, jobs, UNDERSTOOD)
            with clock.timed("serve"):
                reports += steps.each(pool, serve, [steps.explained(job, (print_,)) for job in jobs], progress)

        manifest = steps.first_manifest(print_, config, read, models, today, sources)
        return steps.finish(store, manifest, config, clock, reports)
