"""What is asked, and of which log: a folder of Parquet files or a finished workspace, with its protocol."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ..config import Config, load_config
from ..data.catalog import Catalog
from ..data.events import partition_events, read_part
from ..data.items import read_items
from ..data.presets import preset_names
from ..data.split import How, Part, Split, SplitConfig, split
from ..data.store import Store
from ..errors import DataError
from ..types import Settings


class Protocol(Settings):
    """How a data set is asked: a property of the data, so that every method is asked alike; printed with each score."""

    how: How = "loo"
    """Where the questions come from."""
    split: SplitConfig = SplitConfig()
    """What may be asked for, and whether what was seen may come again."""
    note: str = ""
    """What a reader of the scores must know."""


PROTOCOLS: dict[str, Protocol] = {
    "amazon-industrial-2018": Protocol(how="given", note="each pair occurs once"),
    "amazon-industrial-minionerec": Protocol(
        how="rows",
        split=SplitConfig(exclude_seen=False, learn_valid=False),
        note="published rows, items may repeat; train is recovered in part and may hold later events of other people",
    ),
    "movielens-1m": Protocol(note="partial, without time: the held-out rating is drawn by lot"),
    "retailrocket-mb": Protocol(how="given", note="the test row is a purchase whose every trace was taken from train"),
}
"""Data sets that need more than leave-one-out over new items, by name of their preset."""


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A log and a catalogue to be asked about, and where they came from."""

    name: str
    catalog: Catalog
    events: pl.DataFrame
    """Columns of schema.EVENTS, and `split` where the source has it."""
    rows: pl.DataFrame | None
    """Published questions: split, history_item_ids, item_id."""
    protocol: Protocol
    config: Config
    """What the chain would run with."""
    source_events: Path | None = None
    """The log as it came; None for a workspace."""
    source_items: Path | None = None
    source_users: Path | None = None

    def cut(self, part: Part, *, how: How | None = None, exclude_seen: bool | None = None) -> Split:
        """Return one part of the split, by the data set's protocol or another."""
        config = self.protocol.split
        if how is not None and how != self.protocol.how:
            config = config.model_copy(update={"learn_valid": True})
        if exclude_seen is not None:
            config = config.model_copy(update={"exclude_seen": exclude_seen})
        return split(self.events, self.catalog, part=part, how=how or self.protocol.how, config=config, rows=self.rows)


def read_dataset(folder: Path, *, preset: str | None = None, overrides: Iterable[str] = ()) -> Dataset:
    """Return the data set in a folder: interactions.parquet (or events.parquet), items.parquet, optional eval.parquet.

    The preset is the one named like the folder, where there is one.

    Raises:
        DataError: a file or column is missing, or holds too many bad rows.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder: give --data a folder with interactions.parquet and items.parquet")
    name = preset or (folder.name if folder.name in preset_names() else None)
    config = load_config(preset_name=name, overrides=overrides)
    ingest = config.ingest.model_copy(update={"filter": {}})  # the split decides what is learnt from, not a filter
    events, items = _first(folder, "interactions", "events"), _first(folder, "items")
    catalog, _ = read_items(items, ingest)
    with tempfile.TemporaryDirectory(prefix="intentfeed-") as scratch:
        taken = partition_events(events, catalog, ingest, folder=Path(scratch), n_partitions=1)
        log = pl.concat([read_part(part) for part in taken.parts.values()])
    given = pl.read_parquet_schema(events)
    if "split" in given:
        kept = pl.read_parquet(events, columns=["split"]).with_row_index("event_id")
        log = log.join(kept.with_columns(pl.col("event_id").cast(pl.Int64)), on="event_id", maintain_order="left")
    rows = folder / "eval.parquet"
    users = folder / "users.parquet"
    return Dataset(
        name=folder.resolve().name,
        catalog=_all_available(catalog),
        events=log,
        rows=pl.read_parquet(rows) if rows.exists() else None,
        protocol=_protocol(name or folder.name, log, rows.exists()),
        config=config,
        source_events=events,
        source_items=items,
        source_users=users if users.exists() else None,
    )


def read_workspace(root: Path) -> Dataset:
    """Return the log and the catalogue of a finished workspace, to be asked leave-one-out.

    Raises:
        DataError: no completed run is there.
    """
    store = Store(root)
    manifest = store.manifest()
    if manifest is None:
        raise DataError(f"{root} holds no completed run: start one with `intentfeed run … -o {root}`")
    catalog = Catalog.load(root / "items" / f"items-{manifest['catalog']}.parquet")
    return Dataset(
        name=root.resolve().name,
        catalog=_all_available(catalog),
        events=store.scan("events").collect(),
        rows=None,
        protocol=Protocol(),
        config=load_config(root / "config.toml"),
    )


def _protocol(name: str, log: pl.DataFrame, has_rows: bool) -> Protocol:
    """Return the known protocol of a data set, or the one that its files suggest."""
    if name in PROTOCOLS:
        return PROTOCOLS[name]
    if has_rows:
        return Protocol(how="rows", split=SplitConfig(exclude_seen=False, learn_valid=False))
    has_test = "split" in log.columns and bool((log["split"] == "test").any())
    return Protocol(how="given" if has_test else "loo")


def _first(folder: Path, *names: str) -> Path:
    """Return the first of the files that exists."""
    for name in names:
        if (folder / f"{name}.parquet").exists():
            return folder / f"{name}.parquet"
    raise DataError(f"{folder} has no {names[0]}.parquet: a data set is a folder of interactions and items")


def _all_available(catalog: Catalog) -> Catalog:
    """Return the catalogue as if everything were in stock: today's stock says nothing of the day of the question."""
    return Catalog(catalog.frame.with_columns(status=pl.lit("available")))
