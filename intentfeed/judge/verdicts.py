"""Where the verdicts on a workspace lie: beside what they judge, each sitting in a file of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from ..data.store import Store, fingerprint, replacing

VERDICTS = pl.Schema(
    {
        "task": pl.String,
        "user_id": pl.String,  # '' for an explanation
        "subject": pl.String,  # interest_id, rank of the tag, or interest_key and item_id with a tab between
        "backend": pl.String,  # who made what is judged
        "criterion": pl.String,
        "scheme": pl.String,
        "label": pl.String,
        "passed": pl.Boolean,
        "thought": pl.String,
        "model": pl.String,  # who judged
        "prompt_hash": pl.String,
        "run": pl.String,  # the state that was judged
    }
)


def _folder(store: Store) -> Path:
    return store.root / "verdicts"


def keep_verdicts(store: Store, rows: pl.DataFrame) -> None:
    """Write the verdicts of one sitting; the same ones given twice are one file."""
    with replacing(_folder(store) / f"{fingerprint(rows.rows())}.parquet") as path:
        rows.write_parquet(path)


def read_verdicts(store: Store) -> pl.DataFrame:
    """Return every verdict that a workspace keeps, in the columns of VERDICTS; one that was given twice counts once."""
    files = sorted(_folder(store).glob("*.parquet"))
    rows = [pl.read_parquet(file) for file in files] or [pl.DataFrame(schema=VERDICTS)]
    return pl.concat(rows).unique(maintain_order=True)


def forget_verdicts(store: Store, user_ids: Sequence[str]) -> None:
    """Delete the verdicts about people who leave."""
    for file in sorted(_folder(store).glob("*.parquet")):
        rows = pl.read_parquet(file)
        kept = rows.filter(~pl.col("user_id").is_in(list(user_ids)))
        if kept.height < rows.height:
            with replacing(file) as path:
                kept.write_parquet(path)
