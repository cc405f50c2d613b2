"""Where a workspace keeps its towers: one folder, with all that they were made from, so that they outlive a refit.

The folder holds the towers, the text encoder and the catalogue of their training, and `about.json`. Items that came or
changed since are encoded anew when they are loaded; nothing is trained then.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .data.catalog import Catalog
from .data.store import Store, fingerprint
from .errors import DataError
from .feed.indexes import bring_up
from .feed.ranker import Ranker
from .retrieval.encode import SvdEncoder
from .retrieval.index import Index
from .retrieval.indexing import load_index
from .retrieval.towers import Towers, load_towers
from .types import TextEncoder

if TYPE_CHECKING:
    from .manifest import Manifest

ABOUT, CATALOG, ENCODER, INDEX, RANKER = "about.json", "catalog.parquet", "encoder", "index", "ranker.json"


@dataclass(frozen=True)
class TowersInUse:
    """Towers, what finds their items, and the ranker that was learnt beside them."""

    towers: Towers
    index: Index
    ranker: Ranker
    text_share: float


def keep_towers(
    store: Store, print_: str, found: TowersInUse, catalog: Catalog, encoder: Path, about: dict[str, Any]
) -> None:
    """Write towers under a fingerprint, complete or not at all; `encoder` is the folder of their text encoder."""
    folder = store.towers_path(print_)
    temporary = folder.with_name(f".staging-{folder.name}")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    found.towers.save(temporary)
    found.index.save(temporary / INDEX)
    found.ranker.save(temporary / RANKER)
    catalog.save(temporary / CATALOG)
    shutil.copytree(encoder, temporary / ENCODER, copy_function=link)
    told = {**about, "text_share": found.text_share}
    (temporary / ABOUT).write_text(json.dumps(told, indent=1) + "\n")
    shutil.rmtree(folder, ignore_errors=True)
    temporary.rename(folder)


def towers_of(
    store: Store, print_: str, catalog: Catalog, *, models: str = "", encoder: TextEncoder | None = None
) -> TowersInUse | None:
    """Return the towers of a fingerprint for the catalogue as it stands, None where there are none.

    `encoder` is that of the models of this fingerprint; towers that were trained beside them share it.

    Raises:
        DataError: the catalogue is not the one that they were trained on, grown.
    """
    if not print_:
        return None
    folder = store.towers_path(print_)
    trained = Catalog.load(folder / CATALOG)
    if trained.item_ids != catalog.item_ids[: len(trained)]:
        raise DataError(
            f"the towers of {store.root} know another catalogue: train them anew with `intentfeed train towers`"
        )
    told = about(store, print_)
    shared = encoder if told["models"] == models else None
    towers = load_towers(folder, shared or SvdEncoder.load(folder / ENCODER))
    current, index = towers, load_index(folder / INDEX)
    if not trained.frame.equals(catalog.frame):
        current = towers.updated(trained, catalog)
        bring_up(index, towers.item_vectors, current.item_vectors)
    return TowersInUse(current, index, Ranker.load(folder / RANKER), told["text_share"])


def about(store: Store, print_: str) -> dict[str, Any]:
    """Return how towers came to be."""
    found: dict[str, Any] = json.loads((store.towers_path(print_) / ABOUT).read_text())
    return found


def forget_in_towers(store: Store, print_: str, gone: Collection[str]) -> str:
    """Return the fingerprint of the towers in which these people are strangers, which are then there, too."""
    if not print_ or not gone:
        return print_
    folder = store.towers_path(print_)
    new = fingerprint(print_, "forgot", sorted(gone))
    catalog = Catalog.load(folder / CATALOG)
    found = towers_of(store, print_, catalog)
    assert found is not None
    stripped = replace(found, towers=found.towers.without_users(sorted(gone)))
    keep_towers(store, new, stripped, catalog, folder / ENCODER, about(store, print_))
    return new


def tower_figures(store: Store, manifest: Manifest, before: dict[str, Any]) -> dict[str, Any]:
    """Return what `metrics.json` says of the towers of a state; `before` is what it said, {} where there were none."""
    if manifest.towers:
        return {"kept": True, **about(store, manifest.towers)}
    if before.get("kept"):
        why = "a new run began the workspace anew: train them again with `intentfeed train towers`"
        return {"kept": False, "why": why}
    return before


def link(source: str, target: str) -> str:
    """Let a second name stand for a file that never changes; copy it where the disk knows only one name a file."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target
