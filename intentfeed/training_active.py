"""The active-intent-aware score for a workspace: read its log and catalogue; train; keep what serves."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import Field

from . import __version__
from .active_files import active_figures, keep_active
from .config import Config, load_config, settings_of
from .data.history import interactions_of
from .data.store import Store, fingerprint
from .errors import DataError
from .feed.active import FeedJudge
from .figures import keep_part
from .inputs import all_events, load_catalog
from .manifest import Manifest
from .retrieval.active_intents import Facets
from .retrieval.encode import SvdEncoder
from .retrieval.fit_active import TrainActiveConfig, TrainedActive, train_active
from .retrieval.fit_towers import Progress, TowerData, quiet, torch_or_say
from .retrieval.paper_events import speaks
from .training_towers import Trained


class TrainActiveTowersConfig(TrainActiveConfig):
    """How the active-intent-aware score is trained for a workspace."""

    least_events: int = Field(default=50, ge=2)
    """Events that say what people like; with fewer there is nothing to learn."""


def active_config(overrides: Iterable[str] = ()) -> TrainActiveTowersConfig:
    """Return the settings with `key=value` overrides.

    Raises:
        ConfigError: a key or value is not allowed.
    """
    return settings_of(TrainActiveTowersConfig, {}, overrides)


def train_active_towers(
    workspace: str | Path,
    *,
    minutes: float = 20.0,
    seed: int = 0,
    resume: bool = False,
    config: TrainActiveTowersConfig | None = None,
    progress: Progress = quiet,
) -> Trained:
    """Return how it went; the workspace's interactive feed then scores what people ask for with them, if they are
    worth it: where hidden items are found no better with them, they are kept, said to be so, and serve nobody.

    With `resume` a training that was killed goes on where it was; it must have had the same settings and seed, and the
    workspace the same state.

    Raises:
        DataError: the workspace is none or in use, it has too few events or nothing to ask for, or the loss became no
            number.
        ConfigError: torch is not installed, or a setting is wrong.
    """
    config = config or TrainActiveTowersConfig()
    store = Store(Path(workspace))
    store.completed()
    torch_or_say()
    with store.locked():
        manifest = Manifest.of(store.completed())
        what = fingerprint("active", __version__, _state(manifest), config.model_dump(mode="json"), seed)
        print_ = fingerprint(what, minutes)
        if manifest.active == print_:
            figures = active_figures(store, manifest, {})
            keep_part(store, "active", figures)  # a kill may have come between the manifest and these
            return Trained(workspace=store.root, worked=False, figures=figures)
        settings = load_config(store.root / "config.toml")
        data = _data(store, manifest, config)
        facets = Facets.of(data.catalog, config.active.intents)
        began = time.monotonic()
        trained = train_active(
            data,
            facets,
            config,
            repeats=not settings.feed.exclude_seen,
            seed=seed,
            seconds=minutes * 60,
            judge=_judge(settings, config),
            folder=store.root / "models" / f".staging-active-{what}",
            faults=store.root / "rejects",
            resume=resume,
            name=what,
            progress=progress,
        )
        said = {
            "seed": seed,
            "items": trained.towers.n_items,
            "values": len(facets),
            "users": data.log.n_users,
            "events": len(data.log),
            **_scores(trained),
            "seconds": round(time.monotonic() - began, 1),
            "as_of": manifest.as_of.isoformat(),
            "models": manifest.models,
        }
        keep_active(store, print_, trained.towers, data.catalog, store.models_path(manifest.models) / "encoder", said)
        manifest = replace(manifest, active=print_)
        figures = active_figures(store, manifest, {})
        store.commit(manifest.to_json())
        keep_part(store, "active", figures)
        return Trained(workspace=store.root, worked=True, figures=figures)


def _judge(settings: Config, config: TrainActiveTowersConfig) -> FeedJudge:
    """Return who says whether the workspace's interactive feed is better with the score."""
    return FeedJudge(
        feed=settings.feed,
        commands=settings.commands,
        shares=config.shares,
        neighbours=settings.retrieval.neighbours,
        space=settings.retrieval.space,
    )


def _data(store: Store, manifest: Manifest, config: TrainActiveTowersConfig) -> TowerData:
    """Return what a workspace offers to learn from, as of its day."""
    catalog = load_catalog(store, manifest.catalog)
    events = all_events(store, manifest.segments["events"], manifest.as_of).collect()
    log, user_ids = interactions_of(events, catalog)
    n_told = int(speaks(log.action).sum())
    if n_told < config.least_events:
        raise DataError(
            f"{store.root} has {n_told:,} events that say what somebody likes, an active score needs "
            f"{config.least_events:,}: run with a longer log first"
        )
    encoder = SvdEncoder.load(store.models_path(manifest.models) / "encoder")
    return TowerData(catalog=catalog, log=log, encoder=encoder, user_ids=user_ids, tags={})


def _state(manifest: Manifest) -> dict[str, Any]:
    """Return what of a workspace bears on its active towers."""
    plain = manifest.to_json()
    return {key: plain[key] for key in ("models", "catalog", "as_of")} | {"events": plain["segments"].get("events", {})}


def _scores(trained: TrainedActive) -> dict[str, Any]:
    rounded = {"epochs": round(trained.how.epochs, 2), "ended_by": trained.how.why, "watched_users": trained.n_watched}
    if trained.worth is not None:
        rounded |= trained.worth.figures()
    if trained.ndcg is None:
        return rounded
    silent, asked = trained.ndcg
    by_epoch = [round(score, 4) for score in trained.how.scores]
    return {**rounded, "ndcg@10": round(silent, 4), "ndcg@10_asked": round(asked, 4), "score_by_epoch": by_epoch}
