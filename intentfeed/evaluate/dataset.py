"""What is asked, and of which log: a folder of Parquet files or a finished workspace, with its protocol."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from ..config import Config, load_config
from ..data.catalog import Catalog
from ..data.events import partition_events, read_part
from ..data.items import read_items
from ..data.mapping import IngestConfig
from ..data.presets import names as preset_names
from ..data.schema import USERS
from ..data.split import How, Part, Split, SplitConfig, split
from ..errors import DataError
from ..types import Settings
from ..workspace import Workspace


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
    """What the chain runs with."""
    raw_events: pl.DataFrame
    """Rows as the chain reads them; `raw_events[event_id]` is an event's."""
    raw_items: pl.DataFrame
    raw_users: pl.DataFrame | None

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
    name = preset or (folder.resolve().name if folder.resolve().name in preset_names() else None)
    config = load_config(preset_name=name, overrides=overrides)
    config = config.model_copy(update={"ingest": config.ingest.model_copy(update={"filter": {}})})  # the split decides
    raw_events = _read(folder, "interactions", "events")
    raw_items = _shuffled(_read(folder, "items"))
    catalog, _ = read_items(raw_items, config.ingest)
    with tempfile.TemporaryDirectory(prefix="intentfeed-") as scratch:
        taken = partition_events(raw_events, catalog, config.ingest, folder=Path(scratch), n_partitions=1)
        log = pl.concat([read_part(part) for part in taken.parts.values()])
    if "split" in raw_events.columns:
        log = log.with_columns(raw_events["split"][log["event_id"].to_list()])
    rows = _read(folder, "eval") if (folder / "eval.parquet").exists() else None
    return Dataset(
        name=folder.resolve().name,
        catalog=_in_stock(catalog),
        events=log,
        rows=rows,
        protocol=_protocol(name or folder.resolve().name, log, rows is not None),
        config=config,
        raw_events=raw_events.drop("split", strict=False),
        raw_items=raw_items,
        raw_users=_read(folder, "users") if (folder / "users.parquet").exists() else None,
    )


def read_workspace(root: Path) -> Dataset:
    """Return the log and the catalogue of a finished workspace, to be asked leave-one-out.

    Raises:
        DataError: no completed run is there.
    """
    found = Workspace(root)
    people = found.people
    catalog = Catalog.load(found.store.catalog_path(found.manifest.catalog))
    catalog = _in_stock(Catalog(_shuffled(catalog.frame)))
    log = found.store.scan("events").collect().sort("event_id")
    log = log.with_columns(pl.int_range(pl.len()).alias("event_id"))  # dense again, whatever ingest turned away
    return Dataset(
        name=root.resolve().name,
        catalog=catalog,
        events=log,
        rows=None,
        protocol=Protocol(),
        config=found.config.model_copy(update={"ingest": IngestConfig(max_bad=1.0)}),
        raw_events=log.drop("event_id"),
        raw_items=_spread(catalog.frame.drop("short", "status")),
        raw_users=_spread(pl.DataFrame(sorted(people.items()), schema=USERS, orient="row")) if people else None,
    )


def _protocol(name: str, log: pl.DataFrame, has_rows: bool) -> Protocol:
    """Return the known protocol of a data set, or the one that its files suggest."""
    if name in PROTOCOLS:
        return PROTOCOLS[name]
    if has_rows:
        return Protocol(how="rows", split=SplitConfig(exclude_seen=False, learn_valid=False))
    has_test = "split" in log.columns and bool((log["split"] == "test").any())
    return Protocol(how="given" if has_test else "loo")


def _read(folder: Path, *names: str) -> pl.DataFrame:
    """Return the first of the files that exists."""
    for name in names:
        path = folder / f"{name}.parquet"
        if path.exists():
            try:
                return pl.read_parquet(path)
            except pl.exceptions.ComputeError as error:
                raise DataError(f"{path} is no Parquet file that can be read ({error}): write it again") from error
    raise DataError(f"{folder} has no {names[0]}.parquet: a data set is a folder of interactions and items")


def _in_stock(catalog: Catalog) -> Catalog:
    """Return the catalogue with everything in stock: today's stock says nothing of the day of a question."""
    return Catalog(catalog.frame.with_columns(status=pl.lit("available")))


def _shuffled(items: pl.DataFrame) -> pl.DataFrame:
    """Return the rows in an order that says nothing.

    Ids and rows are often handed out as events come in, so that a tie settled by row would leak the log.
    """
    return items[np.random.default_rng(0).permutation(items.height)]


def _spread(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with their JSON attributes as columns of their own, as an input has them."""
    found = [json.loads(text) for text in rows["attributes"].to_list()]
    names = sorted({name for attributes in found for name in attributes} - set(rows.columns))
    columns = [pl.Series(name, [each.get(name) for each in found], strict=False) for name in names]
    return rows.drop("attributes").with_columns(columns)
