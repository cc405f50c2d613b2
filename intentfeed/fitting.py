"""Everything learnt from the whole log at once: fitted once, frozen until the next `--refit`, loaded by each worker."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import polars as pl

from .config import Config
from .data.catalog import Catalog
from .data.history import interactions_of
from .data.store import Store
from .explain.grounded import GroundedExplainer
from .explain.table import ExplanationTable
from .explain.together import Companions
from .feed.indexes import Indexes
from .feed.model import FeedModel
from .feed.parts import FeedParts
from .inputs import all_events, load_catalog, load_people
from .intents.grounded import GroundedTagger
from .interests.grounded import GroundedMiner
from .retrieval.encode import SvdEncoder
from .retrieval.neighbours import ItemNeighbours
from .retrieval.space import Space
from .retrieval.towers import Towers
from .tower_files import TowersInUse, towers_of
from .types import Context, Executor, Interactions


class Saves(Protocol):
    """Anything that can be kept in a folder."""

    def save(self, folder: Path) -> None:
        """Write everything into `folder`."""
        ...


@dataclass(frozen=True)
class FittedCatalog:
    """The items as they were when everything was fitted, which may since have changed."""

    catalog: Catalog

    def save(self, folder: Path) -> None:
        """Write the items."""
        self.catalog.save(folder / "catalog.parquet")

    @classmethod
    def load(cls, folder: Path) -> FittedCatalog:
        """Read what `save` wrote."""
        return cls(Catalog.load(folder / "catalog.parquet"))


@dataclass(frozen=True)
class Models:
    """What a worker needs to think and to serve; a language model stands before these roles in `roles.roles_of`."""

    catalog: Catalog
    space: Space
    neighbours: ItemNeighbours
    indexes: Indexes
    """Of the vectors of `space`."""
    feed: FeedModel
    miner: GroundedMiner
    tagger: GroundedTagger
    explainer: GroundedExplainer
    companions: Companions | None
    """Who chose what with what; only where items have no text to speak for them."""
    trained: TowersInUse | None = None
    """Trained encoders and the ranker that knows them, where `intentfeed train towers` has made some."""

    @property
    def towers(self) -> Towers | None:
        """The trained encoders, where there are any."""
        return self.trained.towers if self.trained else None

    def feed_parts(self, config: Config, explanations: pl.DataFrame, context: Context) -> FeedParts:
        """Return what the request path works with; `explanations` has the columns of schema.EXPLANATIONS."""
        found = self.trained
        return FeedParts.build(
            catalog=self.catalog,
            space=self.space,
            neighbours=self.neighbours,
            model=self.feed.ranking(found.ranker, found.text_share) if found else self.feed,
            indexes=replace(self.indexes, towers=found.index) if found else self.indexes,
            towers=found.towers if found else None,
            config=config.feed,
            reasons=ExplanationTable(
                explanations,
                southern=config.explain.southern,
                max_evidence=config.explain.max_evidence,
                companions=self.companions,
            ),
            context=context,
        )


@dataclass(frozen=True, kw_only=True)
class FitJob:
    """One part of what is fitted, small enough to send to another process."""

    root: Path
    part: str
    models: str
    """Fingerprints of what is fitted, and of the items and the people."""
    catalog: str
    people: str
    events: Mapping[int, tuple[str, ...]]
    """Partition → files that hold its events."""
    as_of: date
    config: Config


FIRST = ("neighbours", "encoder", "miner", "explainer", "companions", "catalog")
THEN = ("feed", "tagger", "space")
LAST = ("indexes",)
"""Parts that build on those above; within each row the longest come first."""


def fit_models(job: FitJob, pool: Executor) -> None:
    """Fit what is not there yet under this fingerprint, part by part, in as many processes as there are."""
    silent = not _catalog(job).has_text
    for parts in (FIRST, THEN, LAST):
        jobs = [replace(job, part=part) for part in parts if part != "companions" or silent]
        for _ in pool.map(fit_part, jobs):
            pass


def fit_part(job: FitJob) -> str:
    """Fit one part into a folder of its own, renamed when complete; return its name."""
    store = Store(job.root)
    folder = store.models_path(job.models) / job.part
    if folder.exists():
        return job.part
    temporary = folder.with_name(f".{job.part}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    _fit(job, store).save(temporary)
    temporary.rename(folder)
    return job.part


def _fit(job: FitJob, store: Store) -> Saves:
    """Return one part, fitted on the whole log; what it builds on is loaded."""
    catalog, config, at = _catalog(job), job.config, job.config.retrieval
    folder = store.models_path(job.models)
    match job.part:
        case "catalog":
            return FittedCatalog(catalog)
        case "encoder":
            return SvdEncoder.fit(catalog, at.encoder)
        case "neighbours":
            return ItemNeighbours.fit(_log(job)[0], at.neighbours)
        case "miner":
            log, user_ids = _log(job)
            people = load_people(store, job.people)
            attributes = [json.loads(people.get(user_id, "{}")) for user_id in user_ids]
            return GroundedMiner.fit(catalog, log, config.interests, people=attributes)
        case "explainer":
            return GroundedExplainer.fit(catalog, config.explain)
        case "companions":
            return Companions.fit(_log(job)[0], item_ids=catalog.item_ids)
    encoder = SvdEncoder.load(folder / "encoder")
    match job.part:
        case "feed":
            log = _log(job)[0]
            return FeedModel.fit(catalog, log, encoder, config.feed, neighbours=at.neighbours, space=at.space)
        case "tagger":
            neighbours = ItemNeighbours.load(folder / "neighbours")
            return GroundedTagger.fit(catalog, _log(job)[0], config.intents, encoder=encoder, neighbours=neighbours)
        case "space":
            return Space.fit(catalog, _log(job)[0], encoder, at.space)
        case "indexes":
            return Indexes.build(Space.load(folder / "space", encoder), config=config.feed.index)
    raise AssertionError(f"nothing called {job.part} is fitted")


@lru_cache(maxsize=1)
def _read_catalog(path: Path) -> Catalog:
    return Catalog.load(path)


def _catalog(job: FitJob) -> Catalog:
    return _read_catalog(Store(job.root).catalog_path(job.catalog))


_LOG: dict[tuple[Path, str], tuple[Interactions, list[str]]] = {}
"""The log of the last fit in this process: every part of it learns from the same one."""


def _log(job: FitJob) -> tuple[Interactions, list[str]]:
    """Return the log as training data, and whose numbers it uses."""
    key = (job.root, job.models)
    if key not in _LOG:
        _LOG.clear()
        _LOG[key] = interactions_of(all_events(Store(job.root), job.events, job.as_of).collect(), _catalog(job))
    return _LOG[key]


def load_models(store: Store, print_: str, catalog_print: str, towers: str = "") -> Models:
    """Return what was fitted, brought up to the catalogue as it stands: new items in, changed ones encoded anew.

    `towers` is the fingerprint of trained ones, '' for none.
    """
    folder = store.models_path(print_)
    fitted, catalog = FittedCatalog.load(folder / "catalog").catalog, load_catalog(store, catalog_print)
    encoder = SvdEncoder.load(folder / "encoder")
    neighbours = ItemNeighbours.load(folder / "neighbours")
    space = Space.load(folder / "space", encoder)
    current = space.updated(fitted, catalog)
    return Models(
        catalog=catalog,
        space=current,
        neighbours=neighbours,
        indexes=Indexes.load(folder / "indexes").updated(space, current),
        feed=FeedModel.load(folder / "feed"),
        miner=GroundedMiner.load(folder / "miner", catalog),
        tagger=GroundedTagger.load(folder / "tagger", catalog, encoder=encoder, neighbours=neighbours),
        explainer=GroundedExplainer.load(folder / "explainer", catalog),
        companions=Companions.load(folder / "companions") if (folder / "companions").exists() else None,
        trained=towers_of(store, towers, catalog, models=print_, encoder=encoder),
    )
