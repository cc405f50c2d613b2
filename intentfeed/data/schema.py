"""What a row of each table must hold, in the input and in the workspace; one place names all columns."""

from __future__ import annotations

import polars as pl

UTC = pl.Datetime("us", "UTC")


def _schema(**columns: pl.DataType | type[pl.DataType]) -> pl.Schema:
    return pl.Schema(columns)


EVENTS = _schema(
    user_id=pl.String,
    event_id=pl.Int64,  # row number in the raw input, counted over all its files in reading order
    item_id=pl.String,  # null for a search
    action=pl.String,
    timestamp=UTC,
    position=pl.Int64,
    query=pl.String,
    value=pl.Float64,
    session_id=pl.String,
    context=pl.String,
)
ITEMS = _schema(
    item_id=pl.String,
    title=pl.String,  # '' where the catalogue has no text
    category=pl.String,  # path, ' > ' between levels; '' where unknown
    brand=pl.String,
    price=pl.Float64,
    description=pl.String,
    attributes=pl.String,  # JSON object: every further column, by name; lists stay lists
    short=pl.String,  # compact text for digests: no comma, bar or parenthesis
    status=pl.String,  # available | out_of_stock | withdrawn
)
USERS = _schema(user_id=pl.String, attributes=pl.String)
CONTEXT = _schema(date=pl.Date, place=pl.String, kind=pl.String, text=pl.String)
REJECTS = _schema(source=pl.String, row=pl.Int64, why=pl.String, raw=pl.String)
REJECT_DETAIL = _schema(**REJECTS, kind=pl.String)

DIGESTS = _schema(
    user_id=pl.String,
    text=pl.String,
    n_events=pl.Int64,
    n_reliable=pl.Int64,
    n_lines=pl.Int64,
    n_dropped=pl.Int64,  # (bucket, action, item) facts left out by the token budget
    tokens_raw=pl.Int64,  # every event, one line each
    tokens_before=pl.Int64,  # reliable events, one line each
    tokens_short=pl.Int64,  # the same with the item's short text instead of its record
    tokens_after=pl.Int64,  # the digest
)
INTERESTS = _schema(
    user_id=pl.String,
    interest_id=pl.String,
    key=pl.String,
    name=pl.String,
    listed=pl.Boolean,
    stage=pl.String,
    confidence=pl.Float64,
    willingness=pl.String,
    reasonableness=pl.String,
    status=pl.String,
    reason=pl.String,
    event_ids=pl.List(pl.Int64),
    categories=pl.List(pl.String),
    since=pl.Date,
    until=pl.Date,
    mined_on=pl.Date,
    was_named=pl.String,
    backend=pl.String,
)
TAGS = _schema(
    user_id=pl.String,
    rank=pl.Int64,
    tag=pl.String,
    interest_id=pl.String,
    interest_key=pl.String,
    reason=pl.String,
    category=pl.String,
    score=pl.Float64,
    event_ids=pl.List(pl.Int64),
    backend=pl.String,
)
CLAIM = pl.Struct(
    {
        "kind": pl.String,
        "text": pl.String,
        "item_field": pl.String,
        "value": pl.String,
        "event_ids": pl.List(pl.Int64),
    }
)
EXPLANATIONS = _schema(
    interest_key=pl.String,  # '' for the item-only row, which serves a miss
    item_id=pl.String,
    text=pl.String,
    kind=pl.String,
    frame=pl.String,
    claims=pl.List(CLAIM),
    season=pl.String,
    expires=pl.Date,
    backend=pl.String,
)
SLATES = _schema(
    user_id=pl.String,
    rank=pl.Int64,
    item_id=pl.String,
    title=pl.String,
    score=pl.Float64,
    sources=pl.List(pl.String),
    tag=pl.String,
    interest_id=pl.String,
    interest_key=pl.String,
    reason=pl.String,
    reason_kind=pl.String,
    frame=pl.String,
    claims=pl.List(CLAIM),
    backend=pl.String,
)
TOUCHED = _schema(user_id=pl.String)
TABLES: dict[str, pl.Schema] = {
    "events": EVENTS,
    "digests": DIGESTS,
    "interests": INTERESTS,
    "tags": TAGS,
    "slates": SLATES,
    "explanations": EXPLANATIONS,
}
