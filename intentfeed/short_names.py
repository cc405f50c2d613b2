"""Item-level compression by a language model (RecGPT-V1, 2.2): what an item is called in every digest from then on."""

from __future__ import annotations

import polars as pl

from .asking import Asking
from .config import Config
from .data.catalog import Catalog
from .data.store import Store, fingerprint
from .inputs import keep_catalog, load_catalog
from .jobs import open_calls
from .manifest import Manifest
from .roles import language_of
from .shortening import Shortener


def shortened(
    store: Store, manifest: Manifest, config: Config, asking: Asking, *, only: frozenset[str] | None = None
) -> str:
    """Return the fingerprint of the catalogue in which items have the short text that the model gave them.

    Asked about are the items that occur in the log; with `only`, these. All others keep their text, and so does one
    whose answer does not hold. An item keeps its text until its record changes, so that nothing is asked twice.
    """
    if not asking.asks("shortener"):
        return manifest.catalog
    catalog = load_catalog(store, manifest.catalog)
    wanted = _occurring(store, manifest) if only is None else pl.Series(sorted(only), dtype=pl.String)
    frame = catalog.frame.filter(pl.col("item_id").is_in(wanted.implode())).sort("item_id")
    shortener = Shortener(
        answers=asking.log, llm=config.llm, language=language_of(config, catalog), config=config.llm.shortener
    )
    asking.ask_all("shortener", open_calls(shortener.calls(frame), asking.log))
    print_ = fingerprint(manifest.catalog, "shortened", shortener.shorts(frame).to_list())
    if not store.catalog_path(print_).exists():
        keep_catalog(store, print_, _renamed(catalog, frame.select("item_id", new=shortener.shorts(frame))))
    return print_


def _occurring(store: Store, manifest: Manifest) -> pl.Series:
    """Return the ids of the items in the log."""
    parts = manifest.segments["events"].items()
    frames = [store.read("events", part, prints).select(pl.col("item_id").unique()) for part, prints in parts]
    return pl.concat(frames).unique().drop_nulls().collect()["item_id"]


def _renamed(catalog: Catalog, shorts: pl.DataFrame) -> Catalog:
    frame = catalog.frame.join(shorts, on="item_id", how="left", maintain_order="left")
    return Catalog(frame.with_columns(short=pl.coalesce("new", "short")).drop("new"))
