"""The offline table of explanations: what the tags of some users point at, explained once, whoever is shown it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from .data.schema import EXPLANATIONS
from .data.store import Store
from .explain.table import build_table, in_order, pairs_from_tags
from .inputs import load_catalog
from .jobs import Job, concerned, models_of
from .types import Executor

CHUNK = 3_000
"""Pairs that go to a worker at once, whoever works on them: what comes out depends on no number of workers."""


@dataclass(frozen=True)
class Chunk:
    """Some of the pairs, small enough to send to another process."""

    number: int
    job: Job
    pairs: pl.DataFrame


def explain(
    store: Store, jobs: Sequence[Job], old: tuple[str, ...], pool: Executor, *, stale: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    """Return the files of the explanation table, with rows for all pairs that the users of `jobs` need.

    Pairs that the table explains already, and whose row has not expired, are left alone (RecGPT-V1, 8.7). Rows of
    `stale` items and, when the files are folded into one, expired rows are dropped. Chunks of pairs are explained in
    the pool; the file appears when all of them are.
    """
    if not jobs:
        return old
    job = jobs[0]
    fold = bool(old) and (bool(stale) or len(old) >= job.config.run.max_segments)
    files = (job.served,) if fold else (*old, job.served)
    if store.path("explanations", 0, job.served).exists():
        return files
    tags = pl.concat([_new_rows(store, "tags", each) for each in jobs]).collect()
    interests = pl.concat([_new_rows(store, "interests", each) for each in jobs]).filter(pl.col("status") == "kept")
    known = store.read("explanations", 0, old).filter(
        (pl.col("expires") > job.context.as_of) & ~pl.col("item_id").is_in(sorted(stale))
    )
    catalog = load_catalog(store, job.catalog)
    pairs = pairs_from_tags(tags, interests.collect(), catalog, job.config.explain)
    explained = known.select("interest_key", "item_id").unique().collect()
    pairs = pairs.join(explained, on=["interest_key", "item_id"], how="anti", maintain_order="left")
    rows = _explained(pairs, job, pool)
    store.write("explanations", 0, job.served, pl.concat([known.collect(), rows]) if fold else rows)
    return files


def explain_chunk(chunk: Chunk) -> tuple[int, pl.DataFrame]:
    """Return the number of a chunk and the rows of its pairs."""
    job = chunk.job
    return chunk.number, build_table(chunk.pairs, models_of(job).explainer, job.context, config=job.config.explain)


def _explained(pairs: pl.DataFrame, job: Job, pool: Executor) -> pl.DataFrame:
    """Return the rows of all pairs, in the order of a table built at once.

    An item's pairs lie together, so that hardly any item is looked into twice.
    """
    by_item = pairs.sort("item", "interest_key")
    chunks = [Chunk(number, job, part) for number, part in enumerate(by_item.iter_slices(CHUNK))]
    found = dict(pool.map(explain_chunk, chunks))
    return in_order([found[number] for number in range(len(chunks))] or [pl.DataFrame(schema=EXPLANATIONS)])


def _new_rows(store: Store, table: str, job: Job) -> pl.LazyFrame:
    """Return the rows that this job wrote; a folded file holds older ones too."""
    return concerned(pl.scan_parquet(store.path(table, job.part, job.understood)), job)
