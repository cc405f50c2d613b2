"""The offline table of explanations: what the tags of some users point at, explained once, whoever is shown it."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from .data.store import Store
from .explain.table import build_table, pairs_from_tags
from .fitting import load_models
from .jobs import Job, concerned


def explain(
    store: Store, jobs: Sequence[Job], old: tuple[str, ...], *, stale: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    """Return the files of the explanation table, with rows for all pairs that the users of `jobs` need.

    Pairs that the table explains already, and whose row has not expired, are left alone (RecGPT-V1, 8.7). Rows of
    `stale` items and, when the files are folded into one, expired rows are dropped.
    """
    if not jobs:
        return old
    job = jobs[0]
    fold = bool(old) and (bool(stale) or len(old) >= job.config.run.max_segments)
    files = (job.served,) if fold else (*old, job.served)
    if store.path("explanations", 0, job.served).exists():
        return files
    models = load_models(store, job.models, job.catalog)
    tags = pl.concat([_new_rows(store, "tags", each) for each in jobs]).collect()
    interests = pl.concat([_new_rows(store, "interests", each) for each in jobs]).filter(pl.col("status") == "kept")
    known = store.read("explanations", 0, old).filter(
        (pl.col("expires") > job.context.as_of) & ~pl.col("item_id").is_in(sorted(stale))
    )
    pairs = pairs_from_tags(tags, interests.collect(), models.catalog, job.config.explain)
    explained = known.select("interest_key", "item_id").unique().collect()
    pairs = pairs.join(explained, on=["interest_key", "item_id"], how="anti", maintain_order="left")
    rows = build_table(pairs, models.explainer, job.context, config=job.config.explain)
    store.write("explanations", 0, job.served, pl.concat([known.collect(), rows]) if fold else rows)
    return files


def _new_rows(store: Store, table: str, job: Job) -> pl.LazyFrame:
    """Return the rows that this job wrote; a folded file holds older ones too."""
    return concerned(pl.scan_parquet(store.path(table, job.part, job.understood)), job)
