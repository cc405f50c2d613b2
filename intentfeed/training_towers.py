"""Trained towers for a workspace: read its log, catalogue and tags; train (`feed/train.py`); keep what serves."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import Field

from . import __version__
from .config import Config, load_config, settings_of
from .data.catalog import Catalog
from .data.history import interactions_of
from .data.store import Store, fingerprint
from .errors import DataError
from .feed.train import TrainConfig, TrainedFeed, train_feed
from .figures import keep_part
from .inputs import all_events, load_catalog, until
from .intents.phrases import Phrasebook
from .manifest import Manifest
from .retrieval.encode import SvdEncoder
from .retrieval.fit_towers import Fitted, Progress, TowerData, quiet, torch_or_say
from .retrieval.held_out import HeldOut
from .retrieval.indexing import build_index
from .retrieval.paper_events import speaks
from .retrieval.towers import Kind
from .tower_files import TowersInUse, keep_towers, tower_figures


class TrainTowersConfig(TrainConfig):
    """How towers are trained for a workspace."""

    least_events: int = Field(default=50, ge=2)
    """Events that say what people like; with fewer there is nothing to learn."""
    tags_per_item: int = Field(default=8, ge=0)
    """Phrases of an item that teach the tag tower, those that most people have."""


def train_config(overrides: Iterable[str] = ()) -> TrainTowersConfig:
    """Return the settings with `key=value` overrides.

    Raises:
        ConfigError: a key or value is not allowed.
    """
    return settings_of(TrainTowersConfig, {}, overrides)


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What a training came to."""

    workspace: Path
    worked: bool
    """False when these towers were there already."""
    figures: dict[str, Any]
    """As in metrics.json, under `towers`."""


def train_towers(
    workspace: str | Path,
    *,
    kind: Kind | None = None,
    minutes: float = 20.0,
    seed: int = 0,
    resume: bool = False,
    config: TrainTowersConfig | None = None,
    progress: Progress = quiet,
) -> Trained:
    """Return how it went; the workspace then serves with the new towers.

    With `resume` a training that was killed goes on where it was; it must have had the same settings and seed, and the
    workspace the same state.

    Raises:
        DataError: the workspace is none or in use, it has too few events, or the loss became no number.
        ConfigError: torch is not installed, or a setting is wrong.
    """
    config = config or TrainTowersConfig()
    config = config.model_copy(update={"kind": kind or config.kind})
    store = Store(Path(workspace))
    store.completed()
    torch_or_say()
    with store.locked():
        manifest = Manifest.of(store.completed())
        what = fingerprint("towers", __version__, _state(manifest), config.model_dump(mode="json"), seed)
        print_ = fingerprint(what, minutes)
        if manifest.towers == print_:
            figures = tower_figures(store, manifest, {})
            keep_part(store, "towers", figures)  # a kill may have come between the manifest and these
            return Trained(workspace=store.root, worked=False, figures=figures)
        settings = load_config(store.root / "config.toml")
        data = tower_data(store, manifest, settings, config)
        began = time.monotonic()
        trained = train_feed(
            data,
            config,
            feed=settings.feed,
            neighbours=settings.retrieval.neighbours,
            space=settings.retrieval.space,
            seed=seed,
            seconds=minutes * 60,
            folder=store.root / "models" / f".staging-training-{what}",
            faults=store.root / "rejects",
            resume=resume,
            name=what,
            progress=progress,
        )
        towers = trained.towers
        progress("index", 0, 1)
        index = build_index(towers.item_vectors, settings.feed.index)
        said = _about(config, seed, data, trained, manifest, seconds=time.monotonic() - began)
        found = TowersInUse(towers, index, trained.ranker, trained.text_share)
        keep_towers(store, print_, found, data.catalog, store.models_path(manifest.models) / "encoder", said)
        manifest = replace(manifest, towers=print_)
        figures = tower_figures(store, manifest, {})
        store.commit(manifest.to_json())
        keep_part(store, "towers", figures)
        return Trained(workspace=store.root, worked=True, figures=figures)


def tower_data(store: Store, manifest: Manifest, config: Config, train: TrainTowersConfig) -> TowerData:
    """Return what a workspace offers to learn from, as of its day.

    Raises:
        DataError: it is too little.
    """
    catalog = load_catalog(store, manifest.catalog)
    events = all_events(store, manifest.segments["events"], manifest.as_of).collect()
    log, user_ids = interactions_of(events, catalog)
    n_told = int(speaks(log.action).sum())
    if n_told < train.least_events:
        raise DataError(
            f"{store.root} has {n_told:,} events that say what somebody likes, towers need {train.least_events:,}: "
            "run with a longer log first"
        )
    return TowerData(
        catalog=catalog,
        log=log,
        encoder=SvdEncoder.load(store.models_path(manifest.models) / "encoder"),
        user_ids=user_ids,
        tags=item_tags(store, manifest, catalog, config, most=train.tags_per_item),
    )


def item_tags(
    store: Store, manifest: Manifest, catalog: Catalog, config: Config, *, most: int
) -> dict[int, tuple[str, ...]]:
    """Return phrases for items (U22): the one made from its title, then tags of people who took it up.

    A person's tag speaks for the items of their own that stand in the tag's category. A catalogue without categories
    has neither; there the titles stand for tags [ours].
    """
    book = Phrasebook.fit(catalog, config.intents.model.phrases)
    own = book.cut if any(book.cut) else catalog.titles
    told: dict[str, Counter[str]] = {}
    for part, prints in sorted(manifest.segments["tags"].items()):
        for item_id, tag, n in _told(store, manifest, part, prints, catalog):
            told.setdefault(item_id, Counter())[tag] += n
    found = {}
    for row, (item_id, text) in enumerate(zip(catalog.item_ids, own, strict=True)):
        theirs = sorted(told.get(item_id, Counter()).items(), key=lambda pair: (-pair[1], pair[0]))
        texts = tuple(dict.fromkeys([*([text] if text else []), *(tag for tag, _ in theirs)]))[:most]
        if texts:
            found[row] = texts
    return found


def _told(
    store: Store, manifest: Manifest, part: int, prints: Sequence[str], catalog: Catalog
) -> list[tuple[str, str, int]]:
    """Return (item id, tag, people) of one partition."""
    events = until(store.read("events", part, manifest.segments["events"].get(part, ())), manifest.as_of)
    mine = events.select("user_id", "item_id").drop_nulls().unique()
    shelves = catalog.frame.lazy().select("item_id", "category").filter(pl.col("category") != "")
    tags = store.read("tags", part, prints).select("user_id", "category", "tag").unique()
    pairs = mine.join(shelves, on="item_id").join(tags, on=["user_id", "category"])
    return pairs.group_by("item_id", "tag").len().sort("item_id", "tag").collect().rows()


def _state(manifest: Manifest) -> dict[str, Any]:
    """Return what of a workspace bears on its towers."""
    plain = manifest.to_json()
    return {key: plain[key] for key in ("models", "catalog", "as_of")} | {
        table: plain["segments"].get(table, {}) for table in ("events", "tags")
    }


def _about(
    config: TrainTowersConfig, seed: int, data: TowerData, trained: TrainedFeed, manifest: Manifest, *, seconds: float
) -> dict[str, Any]:
    """Return what was trained, from what, and how well it does."""
    return {
        "kind": config.kind,
        "seed": seed,
        "items": trained.towers.n_items,
        "dims": trained.towers.dims,
        "users": data.log.n_users,
        "events": len(data.log),
        "tagged_items": sum(bool(texts) for texts in data.tags.values()),
        **_scores(trained.how, trained.held),
        "seconds": round(seconds, 1),
        "as_of": manifest.as_of.isoformat(),
        "models": manifest.models,
    }


def _scores(found: Fitted, held: HeldOut) -> dict[str, Any]:
    rounded = {"epochs": round(found.epochs, 2), "ended_by": found.why}
    if found.score is None:
        return {**rounded, "watched_users": 0}
    return {
        **rounded,
        "watched_users": len(held),
        "ndcg@10": round(found.score, 4),
        "ndcg@10_popularity": round(held.popularity_ndcg(), 4),
        "ndcg@10_by_epoch": [round(score, 4) for score in found.scores],
    }
