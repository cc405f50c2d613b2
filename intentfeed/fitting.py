"""Everything learnt from the whole log at once: fitted once, frozen until the next `--refit`, loaded by each worker."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import polars as pl

from .config import Config
from .data.catalog import Catalog
from .data.history import interactions
from .data.store import Store, replacing
from .explain.explainer import Explainer
from .explain.grounded import GroundedExplainer
from .explain.table import ExplanationTable
from .explain.together import Companions
from .feed.model import FeedModel
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
    space: Space
    neighbours: ItemNeighbours
    feed: FeedModel
    miner: Miner
    tagger: Tagger
    explainer: Explainer
    companions: Companions | None
    """Who chose what with what; only where items have no text to speak for them."""

    def feed_parts(self, config: Config, explanations: pl.DataFrame, context: Context) -> FeedParts:
        """Return what the request path works with; `explanations` has the columns of schema.EXPLANATIONS."""
        return FeedParts.build(
            catalog=self.catalog,
            space=self.space,
            neighbours=self.neighbours,
            model=self.feed,
            config=config.feed,
            reasons=ExplanationTable(
                explanations,
                southern=config.explain.southern,
                max_evidence=config.explain.max_evidence,
                companions=self.companions,
            ),
            context=context,
        )


def fit_models(
    store: Store, print_: str, catalog: Catalog, events: pl.DataFrame, people: Mapping[str, str], config: Config
) -> None:
    """Fit what is not there yet under this fingerprint, each part in a folder of its own, renamed when complete."""
    folder = models_folder(store, print_)
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / "catalog.parquet") as path:
        catalog.save(path)
    log = interactions(events, catalog)
    user_ids = events.filter(pl.col("item_id").is_in(catalog.item_ids))["user_id"].unique().sort().to_list()
    at = config.retrieval

    encoder = _once(folder / "encoder", lambda: SvdEncoder.fit(catalog, at.encoder), SvdEncoder.load)
    neighbours = _once(folder / "neighbours", lambda: ItemNeighbours.fit(log, at.neighbours), ItemNeighbours.load)
    _once(
        folder / "space",
        lambda: Space.fit(catalog, log, encoder, at.space),
        lambda path: Space.load(path, encoder),
    )
    _once(
        folder / "feed",
        lambda: FeedModel.fit(catalog, log, encoder, config.feed, neighbours=at.neighbours, space=at.space),
        FeedModel.load,
    )
    attributes = [json.loads(people.get(user_id, "{}")) for user_id in user_ids]
    _once(
        folder / "miner",
        lambda: GroundedMiner.fit(catalog, log, config.interests, people=attributes),
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
    if not catalog.has_text:
        _once(
            folder / "companions",
            lambda: Companions.fit(log, item_ids=catalog.item_ids, user_ids=user_ids),
            Companions.load,
        )


def load_models(store: Store, print_: str, catalog_print: str) -> Models:
    """Return what was fitted, brought up to the catalogue as it stands: new items in, changed ones encoded anew."""
    folder = models_folder(store, print_)
    fitted, catalog = Catalog.load(folder / "catalog.parquet"), Catalog.load(catalog_path(store, catalog_print))
    encoder = SvdEncoder.load(folder / "encoder")
    neighbours = ItemNeighbours.load(folder / "neighbours")
    return Models(
        catalog=catalog,
        space=Space.load(folder / "space", encoder).updated(fitted, catalog),
        neighbours=neighbours,
        feed=FeedModel.load(folder / "feed"),
        miner=GroundedMiner.load(folder / "miner", catalog),
        tagger=GroundedTagger.load(folder / "tagger", catalog, encoder=encoder, neighbours=neighbours),
        explainer=GroundedExplainer.load(folder / "explainer", catalog),
        companions=Companions.load(folder / "companions") if (folder / "companions").exists() else None,
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
