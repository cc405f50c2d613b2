"""Where a workspace keeps its towers: one folder, with all that they were made from, so that they outlive a refit.

The folder holds the towers, the text encoder and the catalogue of their training, and `about.json`. Items that came or
changed since are encoded anew when they are loaded; nothing is trained then.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .data.catalog import Catalog
from .data.store import Store, fingerprint
from .errors import DataError
from .retrieval.encode import SvdEncoder
from .retrieval.towers import Towers, load_towers
from .types import TextEncoder

if TYPE_CHECKING:
    from .manifest import Manifest

ABOUT, CATALOG, ENCODER = "about.json", "catalog.parquet", "encoder"


def keep_towers(
    store: Store, print_: str, towers: Towers, catalog: Catalog, encoder: Path, about: dict[str, Any]
) -> None:
    """Write towers under a fingerprint, complete or not at all; `encoder` is the folder of their text encoder."""
    folder = store.towers_path(print_)
    temporary = folder.with_name(f".staging-{folder.name}")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    towers.save(temporary)
    catalog.save(temporary / CATALOG)
    shutil.copytree(encoder, temporary / ENCODER, copy_function=_link)
    (temporary / ABOUT).write_text(json.dumps(about, indent=1) + "\n")
    shutil.rmtree(folder, ignore_errors=True)
    temporary.rename(folder)


def towers_of(
    store: Store, print_: str, catalog: Catalog, *, models: str = "", encoder: TextEncoder | None = None
) -> Towers | None:
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
    shared = encoder if about(store, print_)["models"] == models else None
    towers = load_towers(folder, shared or SvdEncoder.load(folder / ENCODER))
    return towers if trained.frame.equals(catalog.frame) else towers.updated(trained, catalog)


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
    towers = load_towers(folder, SvdEncoder.load(folder / ENCODER)).without_users(sorted(gone))
    keep_towers(store, new, towers, Catalog.load(folder / CATALOG), folder / ENCODER, about(store, print_))
    return new


def tower_figures(store: Store, manifest: Manifest, before: dict[str, Any]) -> dict[str, Any]:
    """Return what `metrics.json` says of the towers of a state; `before` is what it said, {} where there were none."""
    if manifest.towers:
        return {"kept": True, **about(store, manifest.towers)}
    if before.get("kept"):
        why = "a new run began the workspace anew: train them again with `intentfeed train towers`"
        return {"kept": False, "why": why}
    return before


def _link(source: str, target: str) -> str:
    """Let a second name stand for a file that never changes; copy it where the disk knows only one name a file."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target
