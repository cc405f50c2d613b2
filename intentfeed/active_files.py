"""Where a workspace keeps its active towers: one folder, with all that they were made from, beside the plain ones.

The folder holds the towers, the text encoder and the catalogue of their training, and `about.json`. Items that came or
changed since are encoded anew when they are loaded; nothing is trained then.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .data.catalog import Catalog
from .data.store import Store
from .errors import DataError
from .retrieval.active import ActiveTowers
from .retrieval.active_worth import UNJUDGED
from .retrieval.encode import SvdEncoder
from .tower_files import ABOUT, CATALOG, ENCODER, link
from .types import TextEncoder

if TYPE_CHECKING:
    from .manifest import Manifest


def keep_active(
    store: Store, print_: str, towers: ActiveTowers, catalog: Catalog, encoder: Path, about: dict[str, Any]
) -> None:
    """Write active towers under a fingerprint, complete or not at all; `encoder` is the folder of their encoder."""
    folder = store.active_path(print_)
    temporary = folder.with_name(f".staging-{folder.name}")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    towers.save(temporary)
    catalog.save(temporary / CATALOG)
    shutil.copytree(encoder, temporary / ENCODER, copy_function=link)
    (temporary / ABOUT).write_text(json.dumps(about, indent=1) + "\n")
    shutil.rmtree(folder, ignore_errors=True)
    temporary.rename(folder)


def active_of(
    store: Store, print_: str, catalog: Catalog, *, models: str = "", encoder: TextEncoder | None = None
) -> ActiveTowers | None:
    """Return the active towers of a fingerprint for the catalogue as it stands, None where there are none that serve.

    `encoder` is that of the models of this fingerprint; towers that were trained beside them share it.

    Raises:
        DataError: the catalogue is not the one that they were trained on, grown.
    """
    if not print_ or not serves(about_active(store, print_)):
        return None
    folder = store.active_path(print_)
    trained = Catalog.load(folder / CATALOG)
    if trained.item_ids != catalog.item_ids[: len(trained)]:
        raise DataError(
            f"the active towers of {store.root} know another catalogue: train them anew with `intentfeed train active`"
        )
    shared = encoder if about_active(store, print_)["models"] == models else None
    towers = ActiveTowers.load(folder, shared or SvdEncoder.load(folder / ENCODER))
    return towers if trained.frame.equals(catalog.frame) else towers.updated(trained, catalog)


def about_active(store: Store, print_: str) -> dict[str, Any]:
    """Return how they came to be."""
    found: dict[str, Any] = json.loads((store.active_path(print_) / ABOUT).read_text())
    return found


def serves(about: Mapping[str, Any]) -> bool:
    """Return whether towers serve of which this is written; those from before anybody judged them do."""
    return bool(about.get("serves", True))


def share_of(store: Store, print_: str, most: float) -> float:
    """Return the share in the personal score that hidden items gave the towers of a fingerprint, at most `most`."""
    return min(float(about_active(store, print_).get("share", UNJUDGED)), most)


def active_figures(store: Store, manifest: Manifest, before: dict[str, Any]) -> dict[str, Any]:
    """Return what `metrics.json` says of the active towers of a state; `before` is what it said, {} for nothing."""
    if manifest.active:
        return {"kept": True, **about_active(store, manifest.active)}
    if before.get("kept"):
        why = "a new run began the workspace anew: train them again with `intentfeed train active`"
        return {"kept": False, "why": why}
    return before
