"""Records ↔ rows: what the stages pass to each other, as the tables of the workspace hold it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any, TypeVar

import polars as pl

from ..types import Claim, Interest, Reason, Slate, SlateItem, Tag
from .schema import EXPLANATIONS, INTERESTS, SLATES, TAGS

Record = TypeVar("Record", Interest, Tag)


def interest_rows(interests: Iterable[Interest]) -> pl.DataFrame:
    """Return the interests as a table with the columns of schema.INTERESTS."""
    return _frame(interests, INTERESTS)


def tag_rows(tags: Iterable[Tag]) -> pl.DataFrame:
    """Return the tags as a table with the columns of schema.TAGS."""
    return _frame(tags, TAGS)


def slate_rows(slates: Iterable[Slate]) -> pl.DataFrame:
    """Return the slates as a table with the columns of schema.SLATES, one row an item shown."""
    rows = [_slate_row(slate.user_id, shown) for slate in slates for shown in slate.items]
    return pl.DataFrame(rows, schema=SLATES, orient="row")


def interests_by_user(rows: pl.DataFrame) -> dict[str, list[Interest]]:
    """Return each user's interests in table order."""
    return _by_user(rows, Interest)


def tags_by_user(rows: pl.DataFrame) -> dict[str, list[Tag]]:
    """Return each user's tags in table order."""
    return _by_user(rows, Tag)


def reason_of(row: Mapping[str, Any]) -> Reason:
    """Return the reason that a row of slates or of explanations holds."""
    text = row["reason"] if "reason" in row else row["text"]
    kind = row["reason_kind"] if "reason_kind" in row else row["kind"]
    return Reason(
        text=text,
        kind=kind,
        interest_key=row["interest_key"] or None,
        claims=tuple(Claim(**{**claim, "event_ids": tuple(claim["event_ids"])}) for claim in row["claims"]),
        frame=row["frame"],
        backend=row["backend"],
    )


def slate_of(user_id: str, rows: pl.DataFrame) -> Slate:
    """Return one user's slate from the rows of the table."""
    return Slate(
        user_id=user_id,
        items=tuple(
            SlateItem(
                rank=row["rank"],
                item_id=row["item_id"],
                title=row["title"],
                score=row["score"],
                sources=tuple(row["sources"]),
                tag=row["tag"],
                interest_id=row["interest_id"],
                reason=reason_of(row),
            )
            for row in rows.sort("rank").to_dicts()
        ),
    )


def explanation_rows(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Return rows of the explanation table with the columns of schema.EXPLANATIONS."""
    return pl.DataFrame(list(rows), schema=EXPLANATIONS, orient="row")


def _frame(records: Iterable[Any], schema: pl.Schema) -> pl.DataFrame:
    """Return records whose fields are the columns; column by column, which is the quick way in."""
    records = list(records)
    columns = {name: [getattr(record, name) for record in records] for name in schema}
    return pl.DataFrame(
        {name: [list(value) for value in column] if isinstance(schema[name], pl.List) else column
         for name, column in columns.items()},
        schema=schema,
    )  # fmt: skip


def _by_user(rows: pl.DataFrame, kind: type[Record]) -> dict[str, list[Record]]:
    names = [field.name for field in fields(kind)]
    found: dict[str, list[Record]] = {}
    for row in rows.select(names).iter_rows(named=True):
        plain = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
        found.setdefault(row["user_id"], []).append(kind(**plain))  # type: ignore[arg-type]
    return found


def _slate_row(user_id: str, shown: SlateItem) -> dict[str, Any]:
    return {
        "user_id": user_id,
        "rank": shown.rank,
        "item_id": shown.item_id,
        "title": shown.title,
        "score": shown.score,
        "sources": list(shown.sources),
        "tag": shown.tag,
        "interest_id": shown.interest_id,
        "interest_key": shown.reason.interest_key,
        "reason": shown.reason.text,
        "reason_kind": shown.reason.kind,
        "frame": shown.reason.frame,
        "claims": [{**asdict(claim), "event_ids": list(claim.event_ids)} for claim in shown.reason.claims],
        "backend": shown.reason.backend,
    }
