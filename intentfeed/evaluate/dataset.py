"""What is asked, and of which log: a folder of Parquet files or a finished workspace, with its protocol."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from pydantic import Field

from ..config import Config, load_config
from ..data.catalog import Catalog
from ..data.events import partition_events
from ..data.items import read_items
from ..data.mapping import IngestConfig
from ..data.prepare.note import Note, read_note
from ..data.presets import names as preset_names
from ..data.schema import USERS
from ..data.split import How, Part, Split, SplitConfig, split
from ..data.spread import read_part
from ..errors import ConfigError, DataError
from ..types import Settings
from ..workspace import Workspace

DEFAULT_TRAIN = "all"


class TrainSet(Settings):
    """Which rows of train may be learnt from: those with some values in a column of the interactions, or all."""

    column: str = ""
    """Foreign column of the interactions; '' takes all of train."""
    values: tuple[str, ...] = ()
    """Its values that may be learnt from."""
    learn_valid: bool | None = None
    """The test part may also learn from the validation rows; None leaves that to the protocol."""


class Protocol(Settings):
    """How a data set is asked: a property of the data, so that every method is asked alike; printed with each score."""

    how: How = "loo"
    """Where the questions come from."""
    split: SplitConfig = SplitConfig()
    """What may be asked for, and whether what was seen may come again."""
    trains: dict[str, TrainSet] = Field(default_factory=lambda: {DEFAULT_TRAIN: TrainSet()})
    """What may be learnt from, by the name that --train takes."""
    note: str = ""
    """What a reader of the scores must know."""
    partial: str = ""
    """What is missing of the data set as it was published; '' for nothing. Becomes part of the note."""


VALID_TOO = {DEFAULT_TRAIN: TrainSet(), "with-valid": TrainSet(learn_valid=True)}
"""Train sets where the protocol keeps the validation rows from the test."""
PROTOCOLS: dict[str, Protocol] = {
    "amazon-industrial-2018": Protocol(how="given", note="each pair occurs once"),
    "amazon-industrial-minionerec": Protocol(
        how="rows",
        split=SplitConfig(exclude_seen=False, learn_valid=False),
        trains={**VALID_TOO, "strict": TrainSet(column="source", values=("window", "aligned"))},
        note="published rows, items may repeat",
        partial="train is recovered in part and may hold later events of other people",
    ),
    "movielens-1m": Protocol(partial="pairs only, without time: the held-out rating is drawn by lot"),
    "retailrocket-mb": Protocol(how="given", note="the test row is a purchase whose every trace was taken from train"),
}
"""Data sets that need more than leave-one-out over new items, by name of their preset."""


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A log and a catalogue to be asked about, and where they came from."""

    name: str
    catalog: Catalog
    events: pl.DataFrame
    """Columns of schema.EVENTS, `split` where the source has it, and the columns that train sets go by."""
    rows: pl.DataFrame | None
    """Published questions: split, history_item_ids, item_id."""
    protocol: Protocol
    config: Config
    """What the chain runs with."""
    raw_events: pl.DataFrame
    """Rows as the chain reads them; `raw_events[event_id]` is an event's."""
    raw_items: pl.DataFrame
    raw_users: pl.DataFrame | None

    def cut(
        self, part: Part, *, how: How | None = None, exclude_seen: bool | None = None, train: str = DEFAULT_TRAIN
    ) -> Split:
        """Return one part of the split, by the data set's protocol or another, to learn from one of its train sets.

        Raises:
            ConfigError: there is no such train set.
            DataError: nothing can be asked, or what would be learnt leaks.
        """
        known, config = self._train_set(train), self.protocol.split
        if how is not None and how != self.protocol.how:
            config = config.model_copy(update={"learn_valid": True})
        if known.learn_valid is not None:
            config = config.model_copy(update={"learn_valid": known.learn_valid})
        if exclude_seen is not None:
            config = config.model_copy(update={"exclude_seen": exclude_seen})
        how = how or self.protocol.how
        found = split(self._events(known), self.catalog, part=part, how=how, config=config, rows=self.rows)
        return replace(found, train=train)

    def _train_set(self, name: str) -> TrainSet:
        found = self.protocol.trains.get(name)
        if found is None:
            known = ", ".join(self.protocol.trains)
            raise ConfigError(f"{self.name} has no train set {name!r}: choose one of {known}")
        if found.column and not {found.column, "split"} <= set(self.events.columns):
            raise DataError(
                f"train set {name!r} goes by the columns {found.column!r} and 'split', which the interactions of "
                f"{self.name} do not have: choose --train {DEFAULT_TRAIN}"
            )
        return found

    def _events(self, train: TrainSet) -> pl.DataFrame:
        """Return the log without the rows of train that must not be learnt from."""
        if not train.column:
            return self.events
        return self.events.filter((pl.col("split") != "train") | pl.col(train.column).is_in(train.values))


def read_dataset(folder: Path, *, preset: str | None = None, overrides: Iterable[str] = ()) -> Dataset:
    """Return the data set in a folder: interactions.parquet (or events.parquet), items.parquet, optional eval.parquet.

    The preset is the one that a prepared folder names, else the one named like the folder, where there is one.

    Raises:
        DataError: a file or column is missing, or holds too many bad rows.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder: give --data a folder with interactions.parquet and items.parquet")
    prepared, own = read_note(folder), folder.resolve().name
    name = preset or (prepared and prepared.preset) or (own if own in preset_names() else None)
    config = load_config(preset_name=name, overrides=overrides)
    config = config.model_copy(update={"ingest": config.ingest.model_copy(update={"filter": {}})})  # the split decides
    raw_events = _read(folder, "interactions", "events")
    raw_items = _shuffled(_read(folder, "items"))
    catalog, _ = read_items(raw_items, config.ingest)
    with tempfile.TemporaryDirectory(prefix="intentfeed-") as scratch:
        taken = partition_events(raw_events, catalog, config.ingest, folder=Path(scratch), n_partitions=1)
        log = pl.concat([read_part(part) for part in taken.parts.values()])
    rows = _questions(folder / "eval.parquet") if (folder / "eval.parquet").exists() else None
    protocol = _protocol(name or own, raw_events, rows is not None)
    further = {"split", *(train.column for train in protocol.trains.values())} & set(raw_events.columns)
    numbers = log["event_id"].to_list()
    log = log.with_columns(raw_events[name][numbers].cast(pl.String) for name in sorted(further))
    return Dataset(
        name=own,
        catalog=_in_stock(catalog),
        events=log,
        rows=rows,
        protocol=_noted(protocol, prepared),
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
        return Protocol(how="rows", split=SplitConfig(exclude_seen=False, learn_valid=False), trains=VALID_TOO)
    has_test = "split" in log.columns and bool((log["split"].cast(pl.String) == "test").any())
    return Protocol(how="given" if has_test else "loo")


def _noted(protocol: Protocol, prepared: Note | None) -> Protocol:
    """Return the protocol with what is missing in its note; a prepared folder says itself what is."""
    text = protocol.partial if prepared is None else prepared.text
    partial = text if prepared is None or prepared.partial else ""
    note = "; ".join([protocol.note] * (protocol.note not in text) + [text] * bool(text))
    return protocol.model_copy(update={"note": note, "partial": partial})


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


def _questions(path: Path) -> pl.DataFrame:
    """Return published questions, ids as texts: split, history_item_ids, item_id and, where given, user_id."""
    rows = _read(path.parent, path.stem)
    kinds: dict[str, pl.DataType | type[pl.DataType]] = {
        "split": pl.String, "history_item_ids": pl.List(pl.String), "item_id": pl.String, "user_id": pl.String,
    }  # fmt: skip
    lost = [name for name in kinds if name not in rows.columns and name != "user_id"]
    if lost:
        raise DataError(f"{path} has no column {lost[0]!r}: a question is split, history_item_ids and item_id")
    if not isinstance(rows.schema["history_item_ids"], pl.List):
        raise DataError(f"history_item_ids of {path} are no lists: write the ids of a history as a list, oldest first")
    rows = rows.with_columns(pl.col(name).cast(kind) for name, kind in kinds.items() if name in rows.columns)
    for name in [name for name in kinds if name in rows.columns]:
        if rows[name].null_count():
            raise DataError(f"row {rows[name].is_null().arg_max()} of {path} has no {name}: fill it in, or take it out")
    return rows


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
