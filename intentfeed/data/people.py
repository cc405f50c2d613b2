"""Who the users are, and what the day was like: the two small optional inputs."""

from __future__ import annotations

from collections import Counter

import polars as pl

from ..errors import ConfigError, DataError
from .columns import text, times
from .fields import attributes, blank
from .mapping import IngestConfig, missing, sources_of
from .read import Source
from .schema import CONTEXT, REJECTS
from .table import read_table

__all__ = ["read_context", "read_users"]


def read_users(source: Source | None, config: IngestConfig) -> tuple[dict[str, str], pl.DataFrame]:
    """Return user id → attributes as a JSON object of texts, {} without a source; and the rows that are no user.

    Raises:
        DataError: there is no user_id, a user occurs twice, or more than `max_bad` of the rows are bad.
        ConfigError: two columns are mapped to one name.
    """
    if source is None:
        return {}, REJECTS.to_frame()
    raw = read_table(source, "users", config)
    found = raw.frame.columns
    names = sources_of("user_id", found, config.user_columns)
    if not names:
        raise missing("the users", "user_id", found, "user_columns")
    ids = text(raw.frame[names[0]])
    bad = raw.without_long_fields(config).mark(blank(ids), "user", ids, "no user_id")
    rejects = raw.check(bad, config)
    rest = {
        name: config.user_columns.get(name, name) for name in found if name != names[0] and name not in config.ignore
    }
    shared = sorted(ours for ours, n in Counter(rest.values()).items() if n > 1)
    if shared:
        raise ConfigError(f"[ingest.user_columns] leads two columns to {shared[0]!r}: give each a name of its own")
    texts = pl.DataFrame([text(raw.frame[name]).alias(ours) for name, ours in rest.items()])
    said = attributes(texts, texts.columns) if rest else pl.Series(["{}"] * len(ids))
    rows = pl.DataFrame({"user_id": ids, "attributes": said}).filter(bad.good)
    twice = rows.filter(rows["user_id"].is_duplicated())["user_id"].unique(maintain_order=True)
    if len(twice):
        example = ", ".join(repr(user_id[:40]) for user_id in twice[:3])
        raise DataError(f"{len(twice):,} user ids occur more than once, first {example}: keep one row for each user")
    return dict(rows.rows()), rejects


def read_context(source: Source | None) -> pl.DataFrame:
    """Return date, place, kind and text of each note on a day, by date; empty without a source.

    Raises:
        DataError: there is no date or no text, or a date is unreadable.
    """
    if source is None:
        return CONTEXT.to_frame()
    raw = read_table(source, "context", IngestConfig())
    for name in ("date", "text"):
        if name not in raw.frame.columns:
            raise missing("the context", name, raw.frame.columns, "…")
    us, bad = times(raw.frame["date"])
    nothing = blank(text(raw.frame["date"]))
    if nothing.any() or bad is not None:
        row = int(nothing.arg_max() or 0) if bad is None else int(bad.argmax())
        value = text(raw.frame["date"])[row]
        raise DataError(f"the context has an unreadable date {value!r} in row {row:,}: write it as 2025-12-24")
    rest = {
        name: text(raw.frame[name]).fill_null("") if name in raw.frame.columns else pl.Series([""] * len(us))
        for name in ("place", "kind", "text")
    }
    dates = pl.Series(us).cast(pl.Datetime("us")).cast(pl.Date)
    return pl.DataFrame({"date": dates, **rest}, schema=CONTEXT).sort("date", maintain_order=True)
