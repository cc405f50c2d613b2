"""What an update brings into a workspace, and whom it concerns."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from .config import Config
from .data.catalog import Catalog
from .data.items import item_delta
from .data.read import Source
from .data.store import Store
from .errors import DataError
from .executor import executor
from .inputs import (
    EventsIn,
    keep_catalog,
    keep_people,
    keep_rejects,
    load_catalog,
    take_events,
    with_short_texts,
)
from .manifest import Manifest
from .types import partition_of


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What an update brings, once it lies in the workspace."""

    print_: str
    taken: EventsIn | None
    catalog: str
    people: str
    touched: frozenset[str]
    """Users to think of anew."""
    gone: frozenset[str]
    """Users to forget."""
    stale: frozenset[str]
    """Items whose fields changed: what was said of them before must not be said again."""
    fresh: frozenset[str]
    """Those, and the new ones."""


def take_changes(
    store: Store,
    before: Manifest,
    config: Config,
    print_: str,
    *,
    events: Source | None,
    items: Source | None,
    gone: frozenset[str],
) -> Changes:
    """Bring what is new into the workspace, and say whom it concerns.

    Raises:
        DataError: an input is unusable, or a person to delete is unknown; the state is as it was.
    """
    known = load_catalog(store, before.catalog)
    catalog, changed, stale, fresh = known, frozenset[str](), frozenset[str](), frozenset[str]()
    if items is not None:
        delta = item_delta(known, items, config.ingest)
        catalog = _with_new_short_texts(delta.catalog, {*delta.added, *delta.changed}, config)
        keep_rejects(store, "items", print_, delta.rejects)
        keep_catalog(store, print_, catalog)
        stale, fresh = frozenset(delta.changed), frozenset({*delta.added, *delta.changed})
        changed = stale | {*delta.out_of_stock, *delta.withdrawn}
    _check_known(store, before, gone)
    taken = None
    if events is not None:
        with executor(1) as here:
            taken = take_events(
                store, print_, events, catalog, config, executor=here, first_event_id=before.next_event_id
            )
    touched = (_users_of(store, taken) | _shown(store, before, changed)) - gone
    people = before.people
    if gone:
        rows = pl.read_parquet(store.people_path(before.people)).filter(~pl.col("user_id").is_in(sorted(gone)))
        keep_people(store, print_, dict(rows.rows()))
        people = print_
        shutil.rmtree(store.root / "rejects", ignore_errors=True)  # they may quote the rows of those who leave
    return Changes(
        print_=print_,
        taken=taken,
        catalog=print_ if items is not None else before.catalog,
        people=people,
        touched=frozenset(touched),
        gone=gone,
        stale=stale,
        fresh=fresh,
    )


def by_part(users: Iterable[str], n_partitions: int) -> dict[int, list[str]]:
    """Return the users of each partition that has any, by id."""
    found: dict[int, list[str]] = {}
    for user in sorted(users):
        found.setdefault(partition_of(user, n_partitions), []).append(user)
    return found


def _users_of(store: Store, taken: EventsIn | None) -> set[str]:
    if taken is None:
        return set()
    frames = [store.read("events", part, (taken.print_,)).select("user_id") for part in taken.parts]
    return set(pl.concat(frames).unique().collect()["user_id"].to_list()) if frames else set()


def _shown(store: Store, before: Manifest, items: frozenset[str]) -> set[str]:
    """Return the users whose slate shows one of the items."""
    if not items:
        return set()
    frames = [store.read("slates", part, prints) for part, prints in sorted(before.segments["slates"].items())]
    rows = pl.concat(frames).filter(pl.col("item_id").is_in(sorted(items))).select("user_id").unique()
    return set(rows.collect()["user_id"].to_list())


def _check_known(store: Store, before: Manifest, gone: frozenset[str]) -> None:
    found: set[str] = set()
    for part, names in by_part(gone, before.n_partitions).items():
        rows = store.read("events", part, before.segments["events"].get(part, ()))
        found |= set(rows.filter(pl.col("user_id").is_in(names)).select("user_id").unique().collect()["user_id"])
    unknown = sorted(gone - found)
    if unknown:
        raise DataError(
            f"{len(unknown)} of the people to delete are not in {store.root}, the first being {unknown[0]!r}: "
            "check the ids; nothing was changed"
        )


def _with_new_short_texts(catalog: Catalog, item_ids: set[str], config: Config) -> Catalog:
    """Return the catalogue with compact texts for new and changed items; all others keep theirs."""
    new = with_short_texts(catalog, config.short).frame["short"]
    keep = ~pl.col("item_id").is_in(sorted(item_ids))
    return Catalog(catalog.frame.with_columns(pl.when(keep).then(pl.col("short")).otherwise(new).alias("short")))
