"""How a foreign log is read as ours: columns, actions, rows to leave out, and how much may be wrong."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from pydantic import Field

from ..errors import ConfigError, DataError
from ..types import ACTIONS, Action, Settings

Value = str | int | float | bool
COMMON_ACTIONS: dict[str, Action] = {
    "view": "detail_view", "pageview": "detail_view", "page_view": "detail_view", "pv": "detail_view",
    "detail": "detail_view", "view_item": "detail_view", "clk": "click", "show": "impression", "fav": "favorite",
    "favourite": "favorite", "wishlist": "favorite", "addtocart": "cart", "add_to_cart": "cart", "add-to-cart": "cart",
    "buy": "purchase", "order": "purchase", "transaction": "purchase", "rating": "rate", "query": "search",
}  # fmt: skip
"""What other logs call our actions; tried after the config's own `actions`, without regard to case."""

HINTS: dict[str, tuple[str, ...]] = {
    "user_id": ("user", "userid", "uid", "visitorid", "visitor_id", "customer_id", "reviewerid"),
    "item_id": ("item", "itemid", "iid", "asin", "product_id", "sku", "movieid", "movie_id", "article_id"),
    "action": ("behavior", "behaviour", "event", "event_type", "type"),
    "timestamp": ("time", "ts", "date", "datetime", "unixreviewtime", "event_time"),
    "date": ("day", "timestamp"),
}
"""Names under which a missing column may hide; they are offered to the user, never taken silently."""


class IngestConfig(Settings):
    """How foreign columns, actions and rows become events and items; sections of it come as presets."""

    event_columns: dict[str, str] = Field(default_factory=dict)
    """Foreign column → column of an event; `behavior` is read as `action` anyway."""
    item_columns: dict[str, str] = Field(default_factory=dict)
    """Foreign column → column of an item. Several may map to one: the first that is filled counts."""
    user_columns: dict[str, str] = Field(default_factory=dict)
    """Foreign column → column of a user."""
    ignore: tuple[str, ...] = ()
    """Foreign columns of items and users that say nothing and become no attribute."""
    actions: dict[str, Action] = Field(default_factory=dict)
    """Foreign action → ours."""
    default_action: Action | None = None
    """The action of a log that has no such column."""
    single_view: bool = True
    """Read `click` as `detail_view` where the log knows no other kind of view."""
    filter: dict[str, Value | tuple[Value, ...]] = Field(default_factory=dict)
    """Keep only the events that have this value, or one of these, in the foreign column."""
    time_unit: Literal["auto", "s", "ms", "us", "ns"] = "auto"
    """Of numeric timestamps: s, ms, us or ns; auto goes by their size, value by value."""
    time_format: str | None = None
    """strptime pattern of timestamps that are text but not ISO 8601."""
    category_separators: tuple[str, ...] = ()
    """Between the levels of a category path that is text; () takes ` > ` and `|`, and `/` where most paths have it."""
    max_bad: float = Field(default=0.01, ge=0, le=1)
    """Share of rows that may be rejected before the run stops."""
    max_field_bytes: int = Field(default=1 << 20, ge=1)
    """A row with a longer field is rejected."""
    max_row_bytes: int = Field(default=16 << 20, ge=1 << 10, lt=1 << 31)
    """A longer row or field stops the run: a quote is not closed, or the file is not what it seems."""
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    """Of CSV; None goes by the header line."""


def action_of(foreign: str, config: IngestConfig) -> Action | None:
    """Return our name of a foreign action, or None where it is unknown."""
    if foreign in config.actions:
        return config.actions[foreign]
    plain = foreign.strip().lower()
    return next((ours for ours in ACTIONS if ours == plain), COMMON_ACTIONS.get(plain))


def sources_of(ours: str, found: Sequence[str], columns: Mapping[str, str]) -> list[str]:
    """Return the foreign columns that hold our column: those mapped to it in their order, else its namesake."""
    mapped = [foreign for foreign, target in columns.items() if target == ours and foreign in found]
    if mapped:
        return mapped
    displaced = ours in columns and columns[ours] != ours
    return [ours] if ours in found and not displaced else []


def check_targets(columns: Mapping[str, str], known: Iterable[str], section: str) -> None:
    """Raise ConfigError where a mapping aims at a column that we do not have."""
    known = list(known)
    for foreign, target in columns.items():
        if target not in known:
            near = difflib.get_close_matches(target, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
            raise ConfigError(f"[ingest.{section}] maps {foreign!r} to {target!r}, which is no column of ours: {hint}")


def missing(what: str, ours: str, found: Sequence[str], section: str) -> DataError:
    """Return the error of a missing column, with the columns found and the likeliest one to map."""
    lower = {name.lower(): name for name in found}
    likely = [lower[name] for name in HINTS.get(ours, ()) if name in lower]
    likely += [lower[name] for name in difflib.get_close_matches(ours, list(lower), n=1)]
    hint = f'map the right one under [ingest.{section}], e.g. "{likely[0] if likely else "its_name"}" = "{ours}"'
    names = ", ".join(found[:12]) + (", …" if len(found) > 12 else "")
    return DataError(f"there is no column {ours!r} in {what} (found: {names or 'none'}): {hint}")


def too_many(what: str, *, n_bad: int, n_rows: int, kind: str, why: str, row: int) -> DataError:
    """Return the error of too many bad rows: how many, the commonest reason with an example, how to mend it."""
    mend = {
        "action": 'map it under [ingest.actions], e.g. "view" = "detail_view"',
        "time": "set ingest.time_format or ingest.time_unit",
        "item": "check that events and items come from one source",
        "size": "cut it, or raise ingest.max_field_bytes",
        "status": "write available, out_of_stock or withdrawn",
    }.get(kind, "mend the file")
    return DataError(
        f"{n_bad:,} of {n_rows:,} rows of {what} are unusable, more than the allowed share, most often as in row "
        f"{row:,}: {why}; {mend}, or allow more with --max-bad"
    )
