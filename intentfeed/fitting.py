"""Everything learnt from the whole log at once: fitted once, frozen until the next `--refit`, loaded by each worker."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import polars as pl

from .config import Config
from .data.catalog import Catalog
from .data.history import interactions
from .data.store import Store
from .explain.grounded import GroundedExplainer
from .explain.table import ExplanationTable
from .feed.recommend import FeedParts
from .intents.grounded import GroundedTagger
from .intents.tag import Tagger
from .interests.grounded import GroundedMiner
from .interests.mine import Miner
from .retrieval.encode import SvdEncoder
from .retrieval.neighbours import ItemNeighbours
from .retrieval.space import Space
from .types import Context


class Saves(Protocol):
    """Anything that can be kept in a folder."""

    def save(self, folder: Path) -> None:
        """Write everything into `folder`."""
        ...


Fitted = TypeVar("Fitted", bound=Saves)


@dataclass(frozen=True)
class Models:
    """What a worker needs to think and to serve. Another backend of a role takes its place here and nowhere else."""

    catalog: Catalog
    encoder: SvdEncoder
    neighbours: ItemNeighbours
    space: Space
    miner: Miner
    tagger: Tagger
    explainer: GroundedExplainer

    def feed_parts(self, config: Config, table: ExplanationTable, context: Context) -> FeedParts:
        """Return what the request path works with."""
        return FeedParts.build(
            catalog=self.catalog,
            space=self.space,
            neighbours=self.neighbours,
            config=config.feed,
            reasons=table,
            context=context,
        )


def fit_models(store: Store, print_: str, catalog: Catalog, events: pl.LazyFrame, config: Config) -> None:
    """Fit what is not there yet under this fingerprint, each part in a folder of its own, renamed when complete."""
    folder = models_folder(store, print_)
    folder.mkdir(parents=True, exist_ok=True)
    catalog_path = folder / "catalog.parquet"
    if not catalog_path.exists():
        catalog.save(catalog_path.with_suffix(".tmp"))
        catalog_path.with_suffix(".tmp").replace(catalog_path)
    log = interactions(events.collect(), catalog)

    encoder = _once(folder / "encoder", lambda: SvdEncoder.fit(catalog, config.retrieval.encoder), SvdEncoder.load)
    neighbours = _once(
        folder / "neighbours", lambda: ItemNeighbours.fit(log, config.retrieval.neighbours), ItemNeighbours.load
    )
    _once(
        folder / "space",
        lambda: Space.fit(catalog, log, encoder, config.retrieval.space),
        lambda path: Space.load(path, encoder),
    )
    _once(
        folder / "miner",
        lambda: GroundedMiner.fit(catalog, log, config.interests),
        lambda path: GroundedMiner.load(path, catalog),
    )
    _once(
        folder / "tagger",
        lambda: GroundedTagger.fit(catalog, log, config.intents, encoder=encoder, neighbours=neighbours),
        lambda path: GroundedTagger.load(path, catalog, encoder=encoder, neighbours=neighbours),
    )
    _once(
        folder / "explainer",
        lambda: GroundedExplainer.fit(catalog, config.explain),
        lambda path: GroundedExplainer.load(path, catalog),
    )


def load_models(store: Store, print_: str, catalog_print: str) -> Models:
    """Return what was fitted, brought up to the catalogue as it stands: new items in, changed ones encoded anew."""
    folder = models_folder(store, print_)
    catalog = Catalog.load(catalog_path(store, catalog_print))
    encoder = SvdEncoder.load(folder / "encoder")
    neighbours = ItemNeighbours.load(folder / "neighbours")
    space = Space.load(folder / "space", encoder)
    return Models(
        catalog=catalog,
        encoder=encoder,
        neighbours=neighbours,
        space=space.updated(Catalog.load(folder / "catalog.parquet"), catalog),
        miner=GroundedMiner.load(folder / "miner", catalog),
        tagger=GroundedTagger.load(folder / "tagger", catalog, encoder=encoder, neighbours=neighbours),
        explainer=GroundedExplainer.load(folder / "explainer", catalog),
    )


def models_folder(store: Store, print_: str) -> Path:
    """Return where the models of a fingerprint are."""
    return store.root / "models" / f"models-{print_}"


def catalog_path(store: Store, print_: str) -> Path:
    """Return where the items of a fingerprint are."""
    return store.root / "items" / f"items-{print_}.parquet"


def _once(folder: Path, fit: Callable[[], Fitted], load: Callable[[Path], Fitted]) -> Fitted:
    """Return what `folder` holds, fitting and saving it first where it is missing."""
    if not folder.exists():
        temporary = folder.with_name(f".{folder.name}.tmp")
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        fit().save(temporary)
        temporary.rename(folder)
    return load(folder)
