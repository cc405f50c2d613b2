"""The offline table of explanations: what the tags of some users point at, explained once, whoever is shown it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from .asking import Asking, thought
from .data.schema import EXPLANATIONS
from .data.store import Store
from .explain.groups import slices, with_groups
from .explain.llm import LLMExplainer
from .explain.pairs import pairs_from_tags
from .explain.table import in_order, write_table
from .inputs import load_catalog
from .jobs import Job, concerned, open_calls, roles_for
from .llm.client import Call
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
    store: Store,
    jobs: Sequence[Job],
    old: tuple[str, ...],
    pool: Executor,
    *,
    stale: frozenset[str] = frozenset(),
    asking: Asking | None = None,
) -> tuple[list[Job], tuple[str, ...]]:
    """Return the jobs, and the files of the explanation table, with rows for all pairs that their users need.

    Pairs that the table explains already, and whose row has not expired, are left alone (RecGPT-V1, 8.7). Rows of
    `stale` items and, when the files are folded into one, expired rows are dropped. Chunks of pairs are explained in
    the pool; the file appears when all of them are. What is served depends on it: a language model's sentences, which
    are asked for here, change the jobs' fingerprint.
    """
    if not jobs:
        return [], old
    known: pl.LazyFrame | None = None
    chunks: list[Chunk] = []
    if asking is not None and asking.asks("explainer"):
        known, chunks = _work(store, jobs, old, stale, by_interest=True)
        asking.ask("explainer", ask_sentences, chunks)
        jobs = [replace(job, served=thought(job.served, job.config, asking.log)) for job in jobs]
        chunks = [replace(chunk, job=jobs[0]) for chunk in chunks]
    job = jobs[0]
    fold = bool(old) and (bool(stale) or len(old) >= job.config.run.max_segments)
    files = (job.served,) if fold else (*old, job.served)
    if not store.path("explanations", 0, job.served).exists():
        if known is None:
            known, chunks = _work(store, jobs, old, stale, by_interest=False)
        rows, spoke = _explained(chunks, pool)
        if asking is not None:
            asking.spoke += spoke
        store.write("explanations", 0, job.served, pl.concat([known.collect(), rows]) if fold else rows)
    return list(jobs), files


def ask_sentences(chunk: Chunk) -> list[Call]:
    """Return the open questions to the explainer about a chunk of pairs."""
    roles = roles_for(chunk.job)
    assert isinstance(roles.explainer, LLMExplainer)
    return open_calls(roles.explainer.calls(chunk.pairs, chunk.job.context), roles.log)


def explain_chunk(chunk: Chunk) -> tuple[int, pl.DataFrame, Counter[str]]:
    """Return the number of a chunk, the rows of its pairs, and who wrote them where a language model may."""
    job, roles = chunk.job, roles_for(chunk.job)
    fallback = None
    if isinstance(roles.explainer, LLMExplainer):
        roles.explainer.expect(chunk.pairs)
        fallback = roles.grounded_explainer
    written = write_table(chunk.pairs, roles.explainer, job.context, config=job.config.explain, fallback=fallback)
    return chunk.number, written.rows, roles.spoke()


def _work(
    store: Store, jobs: Sequence[Job], old: tuple[str, ...], stale: frozenset[str], *, by_interest: bool
) -> tuple[pl.LazyFrame, list[Chunk]]:
    """Return the rows that stand, and the pairs that lack one, in chunks.

    An item's pairs lie together, so that hardly any item is looked into twice; or an interest's, where several of
    its items go into one question.
    """
    job = jobs[0]
    tags = pl.concat([_new_rows(store, "tags", each) for each in jobs]).collect()
    interests = pl.concat([_new_rows(store, "interests", each) for each in jobs]).filter(pl.col("status") == "kept")
    known = store.read("explanations", 0, old).filter(
        (pl.col("expires") > job.context.as_of) & ~pl.col("item_id").is_in(sorted(stale))
    )
    catalog = load_catalog(store, job.catalog)
    pairs = pairs_from_tags(tags, interests.collect(), catalog, job.config.explain)
    explained = known.select("interest_key", "item_id").unique().collect()
    pairs = pairs.join(explained, on=["interest_key", "item_id"], how="anti", maintain_order="left")
    parts = _by_question(pairs, jobs, store) if by_interest else pairs.sort("item", "interest_key").iter_slices(CHUNK)
    return known, [Chunk(number, job, part) for number, part in enumerate(parts)]


def _by_question(pairs: pl.DataFrame, jobs: Sequence[Job], store: Store) -> list[pl.DataFrame]:
    """Return the pairs in chunks that tear no question apart, the most popular items of an interest first."""
    config, catalog = jobs[0].config.llm.explainer, load_catalog(store, jobs[0].catalog)
    seen = pl.concat([store.read("events", job.part, job.events).select("item_id") for job in jobs])
    fame = dict(seen.drop_nulls().group_by("item_id").len().collect().iter_rows())
    numbered = with_groups(
        pairs,
        size=config.items_per_call,
        per_interest=config.per_interest,
        alone=config.alone,
        popularity=[fame.get(item_id, 0) for item_id in catalog.item_ids],
    )
    return slices(numbered, CHUNK)


def _explained(chunks: Sequence[Chunk], pool: Executor) -> tuple[pl.DataFrame, Counter[str]]:
    """Return the rows of all pairs, in the order of a table built at once, and who wrote them."""
    found, who = dict[int, pl.DataFrame](), Counter[str]()
    for number, rows, spoke in pool.map(explain_chunk, chunks):
        found[number] = rows
        who += spoke
    return in_order([found[number] for number in range(len(chunks))] or [pl.DataFrame(schema=EXPLANATIONS)]), who


def _new_rows(store: Store, table: str, job: Job) -> pl.LazyFrame:
    """Return the rows that this job wrote; a folded file holds older ones too."""
    return concerned(pl.scan_parquet(store.path(table, job.part, job.understood)), job)
