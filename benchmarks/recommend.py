"""How long does one `recommend` take, and how does that grow with the catalogue?

    python benchmarks/recommend.py                         100,000 items: p50, p99, recall, memory
    python benchmarks/recommend.py --items 100000 1000000  and the ratio of the costs
    python benchmarks/recommend.py --tags 50               people with tags

Catalogues, words and people are drawn from one seed: items lie on shelves, share the words of their shelf, and people
stay on a few shelves. What is looked up has the size and the sparsity that fits of real logs have; the vectors are
drawn around their shelves rather than fitted, so that a million items are ready in minutes. The ranker gives every
feature some weight. Each query is one call of `recommend` with a history alone, in this process, one after another.

Wall time is what a person waits; beside it stands the time of the thread alone, which other work on the machine does
not lengthen.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import sys
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from intentfeed.data.catalog import Catalog
from intentfeed.feed.config import SOURCES, FeedConfig
from intentfeed.feed.filters import Filters
from intentfeed.feed.indexes import Indexes
from intentfeed.feed.model import FeedModel
from intentfeed.feed.parts import FeedParts
from intentfeed.feed.ranker import OF_ITEM, OF_SOURCE, Ranker
from intentfeed.feed.recommend import Query, recommend
from intentfeed.feed.stats import ItemStats
from intentfeed.feed.taste import taste_of
from intentfeed.retrieval.ease import ease_weights
from intentfeed.retrieval.lexical import Lexical
from intentfeed.retrieval.neighbours import CLOSE, NEXT, ItemNeighbours
from intentfeed.retrieval.space import ITEM_GRID, Space, SpaceConfig
from intentfeed.types import ACTION_CODE, History, Interactions, Tag

SHELF = 200
"""Items a shelf."""
WORDS = 60_000
TEXT, LOG = 192, 128
"""Width of the two halves."""


class Phrases:
    """Encodes tags as what the words of a shelf say; the texts are `shelf 12`, and of any other it knows no word."""

    def __init__(self, shelves_ST: NDArray[np.float32]) -> None:
        self._shelves_ST = shelves_ST

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a unit vector a text."""
        unknown = np.zeros_like(self._shelves_ST[0])
        shelf_T = [re.search(r"shelf (\d+)", text.lower()) for text in texts]
        return np.stack([self._shelves_ST[int(shelf[1])] if shelf else unknown for shelf in shelf_T])


def unit(rows: NDArray[Any]) -> NDArray[np.float32]:
    """Return the rows scaled to length 1."""
    return np.asarray(rows / np.sqrt((rows**2).sum(axis=1, keepdims=True)), dtype=np.float32)


def drawn_catalog(n: int, rng: np.random.Generator) -> tuple[Catalog, csr_matrix]:
    """Return items with titles of a shelf's and of common words, and their words as unit rows [I, V]."""
    shelf_I = np.arange(n) // SHELF
    own = rng.zipf(1.3, size=(n, 5)) % 40 + shelf_I[:, None] * 23 % (WORDS - 40)
    common = rng.zipf(1.2, size=(n, 4)) % WORDS
    columns = np.hstack([own, common])
    values = rng.gamma(2.0, 1.0, size=columns.size)
    words_IV = csr_matrix((values, columns.ravel(), np.arange(0, columns.size + 1, 9)), shape=(n, WORDS))
    words_IV.sum_duplicates()
    n_V = np.diff(words_IV.tocsc().indptr)
    words_IV = words_IV[:, np.flatnonzero(n_V <= 0.1 * n)]
    length = np.repeat(np.sqrt(np.asarray(words_IV.multiply(words_IV).sum(axis=1)).ravel()), np.diff(words_IV.indptr))
    words_IV.data = words_IV.data / length
    items = {
        "item_id": [f"i{row}" for row in range(n)],
        "title": [" ".join(f"w{word}" for word in row) for row in columns.tolist()],
        "category": [f"Aisle {shelf // 20} > Shelf {shelf}" for shelf in shelf_I.tolist()],
        "brand": [f"b{brand}" for brand in (rng.zipf(1.3, size=n) % 5000).tolist()],
        "price": rng.gamma(2.0, 20.0, size=n).tolist(),
    }
    return Catalog.of(items), words_IV.astype(np.float32)


def drawn_log(n: int, n_events: int, rng: np.random.Generator) -> Interactions:
    """Return people of twenty events on three shelves each, some items far more popular than others."""
    n_users = n_events // 20
    shelves = rng.integers(0, n // SHELF, size=(n_users, 3))
    shelf = np.take_along_axis(shelves, rng.integers(0, 3, size=(n_users, 20)), axis=1)
    item = shelf * SHELF + rng.zipf(1.4, size=shelf.shape) % SHELF
    user = np.repeat(np.arange(n_users), 20)
    return Interactions(
        user=user.astype(np.int32),
        item=item.ravel().astype(np.int32),
        action=np.full(len(user), ACTION_CODE["purchase"], dtype=np.int8),
        time_s=np.sort(rng.integers(1_600_000_000, 1_700_000_000, size=(n_users, 20)), axis=1).ravel(),
        value=np.full(len(user), np.nan),
        n_users=n_users,
        n_items=n,
    )


def drawn_space(n: int, rng: np.random.Generator) -> tuple[Space, Phrases]:
    """Return vectors around their shelves, which lie around their aisles."""
    shelves = n // SHELF + 1
    halves = []
    for dims in (TEXT, LOG):
        aisle = rng.normal(size=(shelves // 20 + 1, dims))
        shelf = aisle[np.arange(shelves) // 20] + rng.normal(size=(shelves, dims))
        halves.append(shelf.astype(np.float32))
    vectors = np.empty((n, TEXT + LOG), dtype=np.float32)
    for lo in range(0, n, 100_000):
        rows = np.arange(lo, min(n, lo + 100_000))
        text = unit(halves[0][rows // SHELF] + rng.normal(size=(len(rows), TEXT)).astype(np.float32))
        log = unit(halves[1][rows // SHELF] + rng.normal(size=(len(rows), LOG)).astype(np.float32))
        log *= rng.uniform(0.2, 1, size=(len(rows), 1)).astype(np.float32)
        vectors[rows] = np.trunc(np.hstack([text, log]) * ITEM_GRID) / ITEM_GRID
    arrays = {
        "item_vectors": vectors,
        "pooled": vectors[:, TEXT:],
        "trust": np.ones(n, dtype=np.float32),
        "bridge": (rng.normal(size=(TEXT, LOG)) / TEXT**0.5).astype(np.float32),
        "lift": np.ones(1, dtype=np.float32),
    }
    phrases = Phrases(unit(halves[0]))
    return Space(arrays, phrases, SpaceConfig()), phrases


def drawn_parts(
    n: int,
    n_events: int,
    seed: int,
    further: Callable[[Catalog, np.random.Generator], Catalog] = lambda catalog, _: catalog,
) -> tuple[FeedParts, Interactions, dict[str, float]]:
    """Return what the request path works with, its log, and how long the parts took; `further` adds to the items."""
    rng, took = np.random.default_rng(seed), {}
    start = time.perf_counter()
    catalog, words_IV = drawn_catalog(n, rng)
    log = drawn_log(n, n_events, rng)
    space, _ = drawn_space(n, rng)
    took["draw_s"] = time.perf_counter() - start
    start = time.perf_counter()
    near = [ItemNeighbours.fit(log, config) for config in (None, NEXT, CLOSE)]
    took["neighbours_s"] = time.perf_counter() - start
    start = time.perf_counter()
    config = FeedConfig()
    indexes = Indexes.build(space, config=config.index)
    took["indexes_s"] = time.perf_counter() - start
    catalog = further(catalog, rng)
    prints = Lexical.fit(catalog, space.encoder)._prints_I  # no encoder of ours: nothing but the checksums
    weights = {f"{name}.{kind}": 0.1 / (at + 1) for at, name in enumerate(SOURCES) for kind in OF_SOURCE}
    model = FeedModel(
        next=near[1],
        close=near[2],
        ease=ease_weights(log),
        words=Lexical(words_IV, prints, np.arange(words_IV.shape[1])),
        stats=ItemStats.fit(log, 90.0),
        ranker=Ranker({**weights, **{f"item.{kind}": 0.01 for kind in OF_ITEM}}, learnt=True),
        text_share=0.3,
    )
    parts = FeedParts.build(
        catalog=catalog, space=space, neighbours=near[0], model=model, indexes=indexes, config=config
    )
    return parts, log, took


def drawn_queries(log: Interactions, n: int, *, n_tags: int, seed: int) -> list[Query]:
    """Return questions by people of the log, with between one and all of their events."""
    rng = np.random.default_rng(seed)
    starts = np.searchsorted(log.user, np.arange(log.n_users + 1))
    queries = []
    for user in rng.integers(0, log.n_users, size=n).tolist():
        rows = log.item[starts[user] : starts[user + 1]]
        rows = rows[: int(rng.integers(1, len(rows) + 1))]
        shelves = rng.zipf(1.2, size=n_tags) % (log.n_items // SHELF)
        tags = [
            Tag(user_id="", rank=at, tag=f"shelf {shelf}", interest_id="", interest_key="", reason="", category="",
                score=1 / (at + 1), event_ids=())
            for at, shelf in enumerate(shelves.tolist())
        ]  # fmt: skip
        queries.append(Query(history=History.of_items(rows), tags=tags))
    return queries


def timed(queries: Sequence[Query], parts: FeedParts) -> dict[str, float]:
    """Return percentiles in milliseconds, of the wall and of the thread."""
    for query in queries[:50]:
        recommend(query, parts)
    wall, thread = [], []
    for query in queries:
        started, worked = time.perf_counter(), time.thread_time()
        recommend(query, parts)
        wall.append(time.perf_counter() - started)
        thread.append(time.thread_time() - worked)
    found: dict[str, float] = {}
    for name, seconds in (("wall", wall), ("thread", thread)):
        p50, p99 = np.percentile(seconds, [50, 99]) * 1e3
        found |= {f"{name}_p50_ms": round(p50, 2), f"{name}_p99_ms": round(p99, 2)}
        found[f"{name}_mean_ms"] = round(float(np.mean(seconds)) * 1e3, 2)
    return found


def recall(queries: Sequence[Query], parts: FeedParts, k: int = 100) -> dict[str, float]:
    """Return which share of each source's exact best k its search brings."""
    every = np.arange(len(parts.catalog), dtype=np.int32)
    shares: dict[str, list[float]] = {}
    for query in queries:
        assert query.history is not None
        taste = taste_of(query.history)
        for name, source in parts.sources.items():
            answer = source.ask(taste)
            scores = answer.score(every)
            edge = np.partition(scores, len(scores) - k)[len(scores) - k]
            wanted = int((scores > max(edge, 0)).sum())
            if wanted:
                found = answer.search(k)[1]
                shares.setdefault(name, []).append(min(float((found > max(edge, 0)).sum()) / wanted, 1.0))
    return {name: round(float(np.mean(values)), 4) for name, values in shares.items()}


def measured(n: int, args: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of one size."""
    parts, log, took = drawn_parts(n, args.events or 4 * n, args.seed)
    queries = drawn_queries(log, args.queries, n_tags=args.tags, seed=args.seed + 1)
    row: dict[str, Any] = {"items": n, "events": len(log), "tags": args.tags}
    row |= {name: round(seconds, 1) for name, seconds in took.items()}
    row |= timed(queries, parts)
    filtered = [
        Query(history=query.history, filters=Filters(categories=(f"Aisle {at % max(n // SHELF // 20, 1)}",)))
        for at, query in enumerate(queries[: max(args.queries // 10, 20)])
    ]
    row["filtered_p50_ms"] = timed(filtered, parts)["thread_p50_ms"]
    row["recall"] = recall(queries[: args.recall], parts)
    row["indexes"] = {name: type(getattr(parts.tags._indexes, name)).__name__ for name in ("text", "log")}
    row["memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return row


def main() -> None:
    """Print a table, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, nargs="+", default=[100_000])
    parser.add_argument("--events", type=int, default=0, help="by default four an item")
    parser.add_argument("--queries", type=int, default=2_000)
    parser.add_argument("--tags", type=int, default=0)
    parser.add_argument("--recall", type=int, default=50, help="queries that measure recall")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    rows = []
    for n in args.items:
        rows.append(measured(n, args))
        if not args.json:
            print(json.dumps(rows[-1]), file=sys.stderr if args.json else sys.stdout, flush=True)
    ratios = [round(late["thread_mean_ms"] / early["thread_mean_ms"], 2) for early, late in pairwise(rows)]
    if args.json:
        print(json.dumps({"sizes": rows, "ratios": ratios}))
    elif ratios:
        print("cost of a query beside the size before:", ratios)


if __name__ == "__main__":
    main()
