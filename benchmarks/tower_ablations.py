"""The ablations of RecGPT-V1, 7.4, on a workspace: without L_tag, without L_cate, β from 0 to 1.

    python benchmarks/tower_ablations.py WS [--epochs 10] [--k 30] [--set paper.dims=32]

Each of the people who are held out is asked with their first tag; the item that they took up last is to be found.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import polars as pl

from intentfeed.config import load_config
from intentfeed.data.store import Store
from intentfeed.manifest import Manifest
from intentfeed.retrieval.ablations import Asked, ablations
from intentfeed.retrieval.fit_towers import TowerData, torch_or_say
from intentfeed.retrieval.held_out import HeldOut
from intentfeed.training_towers import tower_data, train_config


def first_tags(store: Store, held: HeldOut, data: TowerData) -> Asked:
    rows = store.scan("tags").sort("rank").group_by("user_id", maintain_order=True).first()
    first = {user: (tag, path) for user, tag, path in rows.select("user_id", "tag", "category").collect().rows()}
    code = {path: place for place, path in enumerate(data.catalog.categories)}
    found = [first.get(history.user_id, ("", "")) for history in held.histories]
    return Asked(tags=[tag for tag, _ in found], category=np.array([code.get(path, 0) for _, path in found], np.int32))


def main() -> None:
    said = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    said.add_argument("workspace", type=Path)
    said.add_argument("--epochs", type=float, default=10.0)
    said.add_argument("--k", type=int, default=30)
    said.add_argument("--set", action="append", default=[], dest="overrides")
    given = said.parse_args()
    torch_or_say()
    store, config = Store(given.workspace), train_config(given.overrides)
    manifest = Manifest.of(store.completed())
    data = tower_data(store, manifest, load_config(store.root / "config.toml"), config)
    held = HeldOut.of(data, most=config.watched)
    asked = first_tags(store, held, data)
    rows = ablations(held, asked, config.paper, config.fit, epochs=given.epochs, k=given.k)
    columns = [(row.variant, row.beta, round(row.recall, 4), round(row.on_category, 4)) for row in rows]
    names = ["variant", "β", f"recall@{given.k}", "in the tag's category"]
    with pl.Config(tbl_rows=-1, tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True):
        print(f"{len(held):,} people, one tag each, {len(data.catalog):,} items")
        print(pl.DataFrame(columns, schema=names, orient="row"))


if __name__ == "__main__":
    main()
