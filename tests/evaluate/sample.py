"""A report over the checkerboard, with somebody who cannot run, somebody who breaks off, and hostile words."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import polars as pl

from intentfeed.data.catalog import Catalog
from intentfeed.evaluate.baselines.item_knn import ItemKnn
from intentfeed.evaluate.baselines.popularity import Popularity
from intentfeed.evaluate.baselines.text_knn import TextKnn
from intentfeed.evaluate.dataset import read_dataset
from intentfeed.evaluate.offline import EvalConfig, compare
from intentfeed.evaluate.recommender import CannotRun
from intentfeed.evaluate.report import Report

CONFIG = EvalConfig(draws=60, seeds=(0, 1))


class Mine(ItemKnn):
    """One of ours, by its name, that gathers from two sources."""

    name: ClassVar[str] = "intentfeed-mine"

    def variants(self):
        for variant in super().variants():
            mine = Mine(variant.config)
            mine._log, mine._similarity = variant._log, variant._similarity
            yield mine

    def sources(self, split):
        ids, _ = self.recommend_many(split.cases.histories, 5, exclude_seen=True)
        return {"left": ids[:, :4], "right": ids[:, 3:]}


class Blind(Popularity):
    """Has nothing to work with; its reason is hostile."""

    name: ClassVar[str] = "text-embedding-knn"

    def fit(self, interactions, catalog):
        raise CannotRun("no encoder <script>alert(1)</script> is named")


class Broken(Popularity):
    """Breaks off."""

    name: ClassVar[str] = "sasrec"

    def fit(self, interactions, catalog):
        raise FloatingPointError("loss is NaN at step 3: the batch lies in batch.npz")


def sample_report(folder: Path, catalog: Catalog, events: pl.DataFrame) -> Report:
    """Return the report; the folder's name becomes the data set's."""
    events.select("user_id", "item_id", "action", "timestamp").write_parquet(folder / "interactions.parquet")
    catalog.frame.select("item_id", "title").write_parquet(folder / "items.parquet")
    dataset = read_dataset(folder)
    valid = dataset.cut("valid")
    results = compare([Popularity, TextKnn, ItemKnn, Blind, Broken, Mine], dataset.catalog, valid=valid, config=CONFIG)
    return Report(dataset=dataset, split=valid, config=CONFIG, results=results, notes=("look <i>twice</i>",))
